//! Rows of evidence's files, compressed.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "evidence_files")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub run_id: Uuid,
    pub team_id: Uuid,
    pub job_id: Uuid,
    pub kind: String,
    pub process: String,
    pub name: String,
    pub content: Vec<u8>,
    pub size_bytes: i64,
    pub stored_bytes: i64,
    pub collected_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
