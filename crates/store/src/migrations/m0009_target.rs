//! Targets: namespaces of Kubernetes clusters. Who may use one stands in `restrictions` and `grants`, as of Flink versions.

use sea_orm::DbBackend;
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

use super::m0001_begin::{NewTable, id, line, maybe_text, number, sha256, text};

/// See the module.
pub struct Targets;

impl MigrationName for Targets {
    fn name(&self) -> &'static str {
        "m0009_target"
    }
}

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Targets {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        targets(manager.get_database_backend()).create(manager).await
    }
}

/// `place`, `defaults` and `tested` are JSON; a kubeconfig in `place` is sealed.
fn targets(backend: DbBackend) -> NewTable {
    NewTable::new(
        "targets",
        vec![
            id("id"),
            line("name"),
            sha256("name_key"),
            text(backend, "place"),
            text(backend, "defaults"),
            maybe_text(backend, "tested"),
            number("revision"),
            number("created_at"),
        ],
    )
    .primary(&["id"])
    .unique("uq_targets_name", &["name_key"])
}
