//! Tables of Flink versions, clusters, and who works on them.

use sea_orm::DbBackend;
use sea_orm_migration::sea_query::ColumnDef;

use super::{NewTable, id, line, maybe_id, maybe_number, maybe_text, maybe_word, name, number, sha256, text, word};

/// The tables.
pub fn tables(backend: DbBackend) -> Vec<NewTable> {
    vec![
        NewTable::new(
            "flink_versions",
            vec![
                id("id"),
                word("version"),
                text(backend, "home"),
                text(backend, "java_home"),
                word("source"),
                number("created_at"),
            ],
        )
        .primary(&["id"])
        .unique("uq_flink_versions_version", &["version"]),
        installations(backend),
        clusters(backend),
        looks(backend),
        NewTable::new(
            "instances",
            vec![id("id"), line("name"), number("started_at"), number("heartbeat_at")],
        )
        .primary(&["id"]),
        NewTable::new("leases", vec![id("cluster_id"), id("owner"), number("epoch"), number("expires_at")]).primary(&["cluster_id"]),
    ]
}

fn installations(backend: DbBackend) -> NewTable {
    NewTable::new(
        "installations",
        vec![
            id("id"),
            word("version"),
            text(backend, "source"),
            word("state"),
            text(backend, "message"),
            ColumnDef::new(name("share")).double().null().to_owned(),
            maybe_text(backend, "error"),
            number("started_at"),
            maybe_number("ended_at"),
        ],
    )
    .primary(&["id"])
}

fn clusters(backend: DbBackend) -> NewTable {
    NewTable::new(
        "clusters",
        vec![
            id("id"),
            id("team_id"),
            line("name"),
            sha256("name_key"),
            word("target"),
            maybe_id("flink_version_id"),
            maybe_word("version"),
            maybe_text(backend, "rest_url"),
            number("task_managers"),
            number("slots"),
            text(backend, "configuration"),
            word("desired"),
            number("generation"),
            maybe_id("operation_id"),
            number("created_at"),
            number("revision"),
        ],
    )
    .primary(&["id"])
    .belongs("team_id", "teams")
    .unique("uq_clusters_name", &["team_id", "name_key"])
    .index("ix_clusters_flink_version", &["flink_version_id"])
}

fn looks(backend: DbBackend) -> NewTable {
    NewTable::new(
        "looks",
        vec![
            id("cluster_id"),
            maybe_text(backend, "incarnation"),
            maybe_number("contact_at"),
            maybe_number("looked_at"),
            maybe_number("unreachable_since"),
            maybe_text(backend, "error"),
            maybe_text(backend, "reported_version"),
            number("task_managers"),
            number("slots_total"),
            number("slots_free"),
            text(backend, "unmanaged"),
            text(backend, "processes"),
        ],
    )
    .primary(&["cluster_id"])
}
