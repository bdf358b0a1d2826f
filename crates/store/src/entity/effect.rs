//! Rows of calls outside.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "effects")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub operation_id: Uuid,
    pub run_id: Uuid,
    pub kind: String,
    pub name: String,
    pub incarnation: Option<String>,
    pub state: String,
    pub answer: Option<String>,
    pub tries: i64,
    pub intended_at: i64,
    pub sent_at: Option<i64>,
    pub answered_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
