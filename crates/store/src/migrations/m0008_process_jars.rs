//! Which jars a cluster's processes were started with is kept beside those that it is to have. Until now nobody could change
//! the latter, so that what runs has what it is to have.

use sea_orm_migration::sea_orm::ConnectionTrait;
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

/// See the module.
pub struct ProcessJars;

impl MigrationName for ProcessJars {
    fn name(&self) -> &'static str {
        "m0008_process_jars"
    }
}

/// Adds what is not there yet, so that it can be run again.
const COPY: &str = "INSERT INTO artifact_references (holder, holder_id, place, team_id, job_id, name_key, version) \
    SELECT 'cluster_processes', asked.holder_id, asked.place, asked.team_id, asked.job_id, asked.name_key, asked.version \
    FROM artifact_references asked JOIN clusters ON clusters.id = asked.holder_id \
    LEFT JOIN artifact_references known \
    ON known.holder = 'cluster_processes' AND known.holder_id = asked.holder_id AND known.place = asked.place \
    WHERE asked.holder = 'cluster' AND clusters.desired = 'running' AND known.holder IS NULL";

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for ProcessJars {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(COPY).await.map(|_| ())
    }
}
