//! What the objects of a run's cluster were: `objects` is the JSON list of them, without secrets. Runs of older servers have
//! none.

use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

use super::m0001_begin::{NewTable, id, number, text};

/// See the module.
pub struct Manifests;

impl MigrationName for Manifests {
    fn name(&self) -> &'static str {
        "m0011_manifests"
    }
}

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Manifests {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = vec![
            id("run_id"),
            id("team_id"),
            id("job_id"),
            text(manager.get_database_backend(), "objects"),
            number("created_at"),
        ];
        NewTable::new("run_manifests", columns)
            .primary(&["run_id"])
            .index("ix_run_manifests_job", &["job_id", "created_at"])
            .create(manager)
            .await
    }
}
