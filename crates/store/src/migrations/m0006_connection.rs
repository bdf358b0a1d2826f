//! How a standalone cluster's address is spoken to: a column of sealed text. None where the address asks for nothing, so
//! that older servers go on adding clusters.

use sea_orm::DbBackend;
use sea_orm_migration::sea_query::{ColumnDef, IntoIden, Table};
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

/// See the module.
pub struct Connection;

impl MigrationName for Connection {
    fn name(&self) -> &'static str {
        "m0006_connection"
    }
}

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Connection {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.has_column("clusters", "connection").await? {
            return Ok(());
        }
        let mut column = ColumnDef::new("connection".into_iden());
        match manager.get_database_backend() {
            DbBackend::MySql => column.custom("longtext"),
            _ => column.text(),
        };
        let mut change = Table::alter();
        change.table("clusters".into_iden()).add_column(column.null());
        manager.alter_table(change).await
    }
}
