//! Rows of savepoints and checkpoints.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "snapshots")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub job_id: Uuid,
    pub team_id: Uuid,
    pub run_id: Uuid,
    pub release_number: i64,
    pub operation_id: Option<Uuid>,
    pub kind: String,
    pub state: String,
    pub directory: String,
    pub path: Option<String>,
    pub format: Option<String>,
    pub size_bytes: Option<i64>,
    pub checkpoint_id: Option<i64>,
    pub error: Option<String>,
    pub created_at: i64,
    pub completed_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
