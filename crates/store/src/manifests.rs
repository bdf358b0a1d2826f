//! The objects that were made in Kubernetes for each run of an application, without secrets: what a later release is compared
//! with. Those of a job's newest run stay; older ones go with the evidence.

use domain::Millis;
use domain::id::{JobId, RunId, TeamId};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, QueryTrait};
use serde_json::Value;

use crate::clock::now;
use crate::column::{FromRow, from_json, json};
use crate::connect::Store;
use crate::entity::{job, run_manifests as rows};
use crate::fault::{Fault, StoreError};
use crate::transaction::{Scope, Tx};

/// Most bytes of the objects of one run.
pub const MAX_BYTES: usize = 2 << 20;

/// The objects of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct RunManifests {
    /// The run.
    pub run_id: RunId,
    /// The objects in the order of creation, without secrets.
    pub objects: Vec<Value>,
    /// When they were last sent.
    pub created_at: Millis,
}

impl FromRow<rows::Model> for RunManifests {
    fn from_row(row: rows::Model) -> Result<Self, StoreError> {
        Ok(Self {
            run_id: RunId(row.run_id),
            objects: from_json("run_manifests.objects", &row.objects)?,
            created_at: Millis(row.created_at),
        })
    }
}

/// Writes what a run's objects are.
pub(crate) async fn save(tx: &Tx, (team_id, job_id): (TeamId, JobId), run_id: RunId, objects: &[Value]) -> Result<(), Fault> {
    rows::Entity::delete_by_id(run_id.0).exec(&tx.conn).await?;
    let text = json(&objects)?;
    if objects.is_empty() || text.len() > MAX_BYTES {
        return Ok(());
    }
    let row = rows::Model {
        run_id: run_id.0,
        team_id: team_id.0,
        job_id: job_id.0,
        objects: text,
        created_at: tx.at.0,
    };
    rows::Entity::insert(row.into_active_model())
        .exec_without_returning(&tx.conn)
        .await?;
    Ok(())
}

/// Removes those of a job that is deleted.
pub(crate) async fn delete(tx: &Tx, id: JobId) -> Result<(), Fault> {
    rows::Entity::delete_many()
        .filter(rows::Column::JobId.eq(id.0))
        .exec(&tx.conn)
        .await?;
    Ok(())
}

impl Store {
    /// The objects of a run of a team; nothing where none were kept.
    ///
    /// # Errors
    /// `Invalid` for a stored value that cannot be read.
    pub async fn run_manifests(&self, team_id: TeamId, run_id: RunId) -> Result<Option<RunManifests>, StoreError> {
        let row = rows::Entity::find_by_id(run_id.0)
            .filter(rows::Column::TeamId.eq(team_id.0))
            .one(&self.reader)
            .await?;
        row.map(RunManifests::from_row).transpose()
    }

    /// The objects of the newest run of a job of which any were kept.
    ///
    /// # Errors
    /// `Invalid` for a stored value that cannot be read.
    pub async fn newest_manifests(&self, team_id: TeamId, job_id: JobId) -> Result<Option<RunManifests>, StoreError> {
        let row = rows::Entity::find()
            .filter(rows::Column::JobId.eq(job_id.0))
            .filter(rows::Column::TeamId.eq(team_id.0))
            .order_by_desc(rows::Column::CreatedAt)
            .order_by_desc(rows::Column::RunId)
            .limit(1)
            .one(&self.reader)
            .await?;
        row.map(RunManifests::from_row).transpose()
    }

    /// Removes those that are older than this, but for those of each job's newest run; answers how many.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn prune_manifests(&self, age: i64) -> Result<u64, StoreError> {
        let oldest = now().plus(-age);
        self.write(Scope::Plain, oldest, |tx, oldest| async move {
            let newest = job::Entity::find()
                .select_only()
                .column(job::Column::RunId)
                .filter(job::Column::RunId.is_not_null());
            let gone = rows::Entity::delete_many()
                .filter(rows::Column::CreatedAt.lt(oldest.0))
                .filter(rows::Column::RunId.not_in_subquery(newest.into_query()))
                .exec(&tx.conn)
                .await?;
            Ok(gone.rows_affected)
        })
        .await
    }
}
