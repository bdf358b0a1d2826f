//! Tables of the timelines, the change feed and the keys of requests.

use sea_orm::DbBackend;

use super::{NewTable, id, maybe_id, number, sha256, text, word};

/// The tables.
pub fn tables(backend: DbBackend) -> Vec<NewTable> {
    let mut sequence = number("sequence");
    sequence.auto_increment().primary_key();
    vec![
        events(backend),
        NewTable::new(
            "changes",
            vec![
                sequence,
                maybe_id("team_id"),
                word("noun"),
                word("id"),
                maybe_id("job_id"),
                number("at"),
            ],
        )
        .index("ix_changes_at", &["at"]),
        NewTable::new(
            "idempotency_keys",
            vec![
                id("user_id"),
                sha256("key_sha256"),
                sha256("body_sha256"),
                id("operation_id"),
                number("created_at"),
            ],
        )
        .primary(&["user_id", "key_sha256"])
        .index("ix_idempotency_keys_at", &["created_at"]),
    ]
}

fn events(backend: DbBackend) -> NewTable {
    NewTable::new(
        "events",
        vec![
            id("id"),
            id("team_id"),
            maybe_id("job_id"),
            maybe_id("cluster_id"),
            maybe_id("run_id"),
            maybe_id("operation_id"),
            word("code"),
            text(backend, "message"),
            maybe_id("user_id"),
            number("at"),
        ],
    )
    .primary(&["id"])
    .index("ix_events_team", &["team_id", "id"])
    .index("ix_events_job", &["job_id", "id"])
    .index("ix_events_cluster", &["cluster_id", "id"])
}
