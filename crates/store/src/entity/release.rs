//! Rows of releases. `content` is the canonical text that the digest was made of.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "releases")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub job_id: Uuid,
    pub team_id: Uuid,
    pub number: i64,
    pub draft_revision: i64,
    pub content: String,
    pub digest: String,
    pub version: String,
    pub cluster_id: Option<Uuid>,
    pub parallelism: Option<i64>,
    pub findings: String,
    pub overridden: bool,
    pub note: String,
    pub created_by: Uuid,
    pub created_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
