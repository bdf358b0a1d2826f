//! Rows of evidence: one for each ended run.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "evidence")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub run_id: Uuid,
    pub team_id: Uuid,
    pub job_id: Uuid,
    pub collected_at: i64,
    pub missing: Option<String>,
    pub logs_of: Option<Uuid>,
    pub expired_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
