//! Rows of runs.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "runs")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub job_id: Uuid,
    pub team_id: Uuid,
    pub release_id: Uuid,
    pub release_number: i64,
    pub cluster_id: Uuid,
    pub generation: i64,
    pub attempt: i64,
    pub cause: String,
    pub options: String,
    pub restore_path: Option<String>,
    pub operation_id: Uuid,
    pub created_at: i64,
    pub running_at: Option<i64>,
    pub stop_intent: Option<String>,
    pub ended_at: Option<i64>,
    pub outcome: Option<String>,
    pub end_reason: Option<String>,
    pub end_source: Option<String>,
    pub ghost_since: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
