//! Tables of jobs, their drafts and their releases.

use sea_orm::DbBackend;

use super::{NewTable, id, line, maybe_id, maybe_number, number, sha256, text, word, yes_no};

/// The tables.
pub fn tables(backend: DbBackend) -> Vec<NewTable> {
    vec![jobs(backend), drafts(backend), releases(backend)]
}

fn jobs(backend: DbBackend) -> NewTable {
    NewTable::new(
        "jobs",
        vec![
            id("id"),
            id("team_id"),
            line("name"),
            sha256("name_key"),
            text(backend, "description"),
            text(backend, "search_text"),
            word("desired"),
            maybe_id("desired_release_id"),
            number("generation"),
            maybe_id("cluster_id"),
            maybe_id("run_id"),
            maybe_id("lifecycle_id"),
            maybe_id("savepoint_id"),
            number("draft_revision"),
            number("release_number"),
            number("created_at"),
            number("revision"),
        ],
    )
    .primary(&["id"])
    .belongs("team_id", "teams")
    .unique("uq_jobs_name", &["team_id", "name_key"])
    .index("ix_jobs_team", &["team_id", "id"])
    .index("ix_jobs_cluster", &["cluster_id"])
    .index("ix_jobs_run", &["run_id"])
    .index("ix_jobs_lifecycle", &["lifecycle_id"])
    .index("ix_jobs_savepoint", &["savepoint_id"])
}

fn drafts(backend: DbBackend) -> NewTable {
    NewTable::new(
        "drafts",
        vec![
            id("job_id"),
            number("revision"),
            text(backend, "spec"),
            id("saved_by"),
            number("saved_at"),
        ],
    )
    .primary(&["job_id", "revision"])
    .belongs("job_id", "jobs")
}

fn releases(backend: DbBackend) -> NewTable {
    NewTable::new(
        "releases",
        vec![
            id("id"),
            id("job_id"),
            id("team_id"),
            number("number"),
            number("draft_revision"),
            text(backend, "content"),
            sha256("digest"),
            word("version"),
            maybe_id("cluster_id"),
            maybe_number("parallelism"),
            text(backend, "findings"),
            yes_no("overridden"),
            text(backend, "note"),
            id("created_by"),
            number("created_at"),
        ],
    )
    .primary(&["id"])
    .belongs("job_id", "jobs")
    .unique("uq_releases_number", &["job_id", "number"])
}
