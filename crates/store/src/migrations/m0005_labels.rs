//! Labels of jobs: a column of JSON text. None where a job has none, so that older servers go on adding jobs.

use sea_orm::DbBackend;
use sea_orm_migration::sea_query::{ColumnDef, IntoIden, Table};
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

/// See the module.
pub struct Labels;

impl MigrationName for Labels {
    fn name(&self) -> &'static str {
        "m0005_labels"
    }
}

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Labels {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.has_column("jobs", "labels").await? {
            return Ok(());
        }
        let mut column = ColumnDef::new("labels".into_iden());
        match manager.get_database_backend() {
            DbBackend::MySql => column.custom("longtext"),
            _ => column.text(),
        };
        let mut change = Table::alter();
        change.table("jobs".into_iden()).add_column(column.null());
        manager.alter_table(change).await
    }
}
