//! Rows of restart policies.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "restart_policies")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub job_id: Uuid,
    pub team_id: Uuid,
    pub policy: String,
    pub active: bool,
    pub given_up_run_id: Option<Uuid>,
    pub given_up_at: Option<i64>,
    pub given_up_reason: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
