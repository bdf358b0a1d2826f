//! Rows of variables. `value` is sealed where it is a secret.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "variables")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub team_id: Uuid,
    pub name: String,
    pub name_key: String,
    pub secret: bool,
    pub value: String,
    pub former: Option<String>,
    pub description: String,
    pub revision: i64,
    pub created_at: i64,
    pub changed_at: i64,
    pub changed_by: Uuid,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
