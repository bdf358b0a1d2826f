//! Rows of the audit list.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "audit")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub at: i64,
    pub team_id: Option<Uuid>,
    pub user_id: Option<Uuid>,
    pub token_id: Option<Uuid>,
    pub token_name: Option<String>,
    pub operation: String,
    pub noun: String,
    pub noun_id: Option<String>,
    pub noun_name: Option<String>,
    pub address: Option<String>,
    pub state_before: Option<String>,
    pub state_after: Option<String>,
    pub status: i64,
    pub code: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
