//! Rows of jobs with what is desired of them.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "jobs")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub team_id: Uuid,
    pub name: String,
    pub name_key: String,
    pub description: String,
    pub search_text: String,
    pub labels: Option<String>,
    pub desired: String,
    pub desired_release_id: Option<Uuid>,
    pub generation: i64,
    pub cluster_id: Option<Uuid>,
    pub run_id: Option<Uuid>,
    pub lifecycle_id: Option<Uuid>,
    pub savepoint_id: Option<Uuid>,
    pub draft_revision: i64,
    pub release_number: i64,
    pub created_at: i64,
    pub revision: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
