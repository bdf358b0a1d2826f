//! Rows of clusters as they were asked for.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "clusters")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub team_id: Uuid,
    pub name: String,
    pub name_key: String,
    pub target: String,
    pub flink_version_id: Option<Uuid>,
    pub version: Option<String>,
    pub rest_url: Option<String>,
    pub connection: Option<String>,
    pub task_managers: i64,
    pub slots: i64,
    pub configuration: String,
    pub target_id: Option<Uuid>,
    pub deployment: Option<String>,
    pub read_only: bool,
    pub mode: String,
    pub desired: String,
    pub generation: i64,
    pub operation_id: Option<Uuid>,
    pub created_at: i64,
    pub revision: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
