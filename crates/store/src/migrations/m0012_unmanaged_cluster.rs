//! Clusters in Kubernetes that somebody else made: which Deployment it is, and whether it is only looked at. Older servers go on
//! adding clusters, which are ours.

use sea_orm_migration::sea_query::{ColumnDef, IntoIden};
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

use super::m0010_application::add;

/// See the module.
pub struct UnmanagedCluster;

impl MigrationName for UnmanagedCluster {
    fn name(&self) -> &'static str {
        "m0012_unmanaged_cluster"
    }
}

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for UnmanagedCluster {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // A name in Kubernetes has at most 253 characters.
        add(manager, "clusters", ColumnDef::new("deployment".into_iden()).string_len(253).null()).await?;
        let mut read_only = ColumnDef::new("read_only".into_iden());
        add(manager, "clusters", read_only.boolean().not_null().default(false)).await
    }
}
