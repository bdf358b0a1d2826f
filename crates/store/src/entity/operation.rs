//! Rows of operations.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "operations")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub team_id: Uuid,
    pub job_id: Option<Uuid>,
    pub cluster_id: Option<Uuid>,
    pub kind: String,
    pub request: String,
    pub generation: i64,
    pub run_id: Option<Uuid>,
    pub snapshot_id: Option<Uuid>,
    pub state: String,
    pub steps: String,
    pub error: Option<String>,
    pub requested_by: Option<Uuid>,
    pub created_at: i64,
    pub deadline_at: i64,
    pub ended_at: Option<i64>,
    pub revision: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
