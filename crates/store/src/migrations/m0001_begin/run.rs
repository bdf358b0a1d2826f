//! Tables of runs, operations, effects, observations and snapshots.

use sea_orm::DbBackend;

use super::{NewTable, id, line, maybe_id, maybe_number, maybe_text, maybe_word, number, text, word};

/// The tables.
pub fn tables(backend: DbBackend) -> Vec<NewTable> {
    vec![
        runs(backend),
        operations(backend),
        effects(backend),
        observations(backend),
        snapshots(backend),
    ]
}

fn runs(backend: DbBackend) -> NewTable {
    NewTable::new(
        "runs",
        vec![
            id("id"),
            id("job_id"),
            id("team_id"),
            id("release_id"),
            number("release_number"),
            id("cluster_id"),
            number("generation"),
            number("attempt"),
            word("cause"),
            text(backend, "options"),
            maybe_text(backend, "restore_path"),
            id("operation_id"),
            number("created_at"),
            maybe_number("running_at"),
            maybe_word("stop_intent"),
            maybe_number("ended_at"),
            maybe_word("outcome"),
            maybe_text(backend, "end_reason"),
            maybe_word("end_source"),
            maybe_number("ghost_since"),
        ],
    )
    .primary(&["id"])
    .belongs("job_id", "jobs")
    .unique("uq_runs_attempt", &["job_id", "generation", "attempt"])
    .index("ix_runs_live", &["cluster_id", "ended_at"])
    .index("ix_runs_ghost", &["cluster_id", "ghost_since"])
}

fn operations(backend: DbBackend) -> NewTable {
    NewTable::new(
        "operations",
        vec![
            id("id"),
            id("team_id"),
            maybe_id("job_id"),
            maybe_id("cluster_id"),
            word("kind"),
            text(backend, "request"),
            number("generation"),
            maybe_id("run_id"),
            maybe_id("snapshot_id"),
            word("state"),
            text(backend, "steps"),
            maybe_text(backend, "error"),
            maybe_id("requested_by"),
            number("created_at"),
            number("deadline_at"),
            maybe_number("ended_at"),
            number("revision"),
        ],
    )
    .primary(&["id"])
    .index("ix_operations_job", &["job_id", "id"])
    .index("ix_operations_cluster", &["cluster_id", "id"])
    .index("ix_operations_state", &["state"])
}

fn effects(backend: DbBackend) -> NewTable {
    NewTable::new(
        "effects",
        vec![
            id("id"),
            id("operation_id"),
            id("run_id"),
            word("kind"),
            line("name"),
            maybe_text(backend, "incarnation"),
            word("state"),
            maybe_text(backend, "answer"),
            number("tries"),
            number("intended_at"),
            maybe_number("sent_at"),
            maybe_number("answered_at"),
        ],
    )
    .primary(&["id"])
    .belongs("run_id", "runs")
    .index("ix_effects_run", &["run_id"])
    .index("ix_effects_operation", &["operation_id"])
}

fn observations(backend: DbBackend) -> NewTable {
    NewTable::new(
        "observations",
        vec![
            id("run_id"),
            word("source"),
            text(backend, "presence"),
            maybe_text(backend, "incarnation"),
            number("seen_at"),
        ],
    )
    .primary(&["run_id", "source"])
    .belongs("run_id", "runs")
}

fn snapshots(backend: DbBackend) -> NewTable {
    NewTable::new(
        "snapshots",
        vec![
            id("id"),
            id("job_id"),
            id("team_id"),
            id("run_id"),
            number("release_number"),
            maybe_id("operation_id"),
            word("kind"),
            word("state"),
            text(backend, "directory"),
            maybe_text(backend, "path"),
            maybe_word("format"),
            maybe_number("size_bytes"),
            maybe_number("checkpoint_id"),
            maybe_text(backend, "error"),
            number("created_at"),
            maybe_number("completed_at"),
        ],
    )
    .primary(&["id"])
    .belongs("job_id", "jobs")
    .index("ix_snapshots_job", &["job_id", "id"])
    .index("ix_snapshots_state", &["state", "run_id"])
}
