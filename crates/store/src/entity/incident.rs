//! Rows of incidents.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "incidents")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub team_id: Uuid,
    pub job_id: Uuid,
    pub job_name: String,
    pub run_id: Option<Uuid>,
    pub kind: String,
    pub since: i64,
    pub cause: String,
    pub opened_at: i64,
    pub well_since: Option<i64>,
    pub closed_at: Option<i64>,
    pub open_key: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
