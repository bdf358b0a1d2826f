//! Rows of the newest news of each cluster.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "looks")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub cluster_id: Uuid,
    pub incarnation: Option<String>,
    pub contact_at: Option<i64>,
    pub looked_at: Option<i64>,
    pub unreachable_since: Option<i64>,
    pub error: Option<String>,
    pub reported_version: Option<String>,
    pub task_managers: i64,
    pub slots_total: i64,
    pub slots_free: i64,
    pub unmanaged: String,
    pub processes: String,
    pub kubernetes: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
