//! Clusters in Kubernetes: the target that they are in, and whether they are shared or belong to one run. Older servers go on
//! adding clusters: the target may be missing, and the mode is that of a session cluster.

use sea_orm::DbBackend;
use sea_orm_migration::sea_query::{ColumnDef, IntoIden, Table};
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

/// See the module.
pub struct Application;

impl MigrationName for Application {
    fn name(&self) -> &'static str {
        "m0010_application"
    }
}

/// Adds a column where it is not there yet.
pub(super) async fn add(manager: &SchemaManager<'_>, table: &str, column: &mut ColumnDef) -> Result<(), DbErr> {
    if manager.has_column(table, column.get_column_name()).await? {
        return Ok(());
    }
    let mut change = Table::alter();
    change.table(table.to_owned().into_iden()).add_column(column);
    manager.alter_table(change).await
}

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Application {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add(manager, "clusters", ColumnDef::new("target_id".into_iden()).uuid().null()).await?;
        let mut mode = ColumnDef::new("mode".into_iden());
        add(manager, "clusters", mode.string_len(20).not_null().default("session")).await?;
        let mut kubernetes = ColumnDef::new("kubernetes".into_iden());
        match manager.get_database_backend() {
            DbBackend::MySql => kubernetes.custom("longtext"),
            _ => kubernetes.text(),
        };
        add(manager, "looks", kubernetes.null()).await
    }
}
