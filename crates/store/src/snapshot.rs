//! Savepoints and checkpoints that we know of.

use domain::Millis;
use domain::id::{ClusterId, JobId, OperationId, RunId, SnapshotId, TeamId};
use domain::snapshot::{Snapshot, SnapshotState};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, Iterable, QueryFilter, QueryOrder, QuerySelect, QueryTrait};

use crate::column::{FromRow, all, from_word, time, word};
use crate::connect::Store;
use crate::entity::{run, snapshot};
use crate::fault::{Fault, StoreError};
use crate::transaction::Tx;

impl FromRow<snapshot::Model> for Snapshot {
    fn from_row(row: snapshot::Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: SnapshotId(row.id),
            job_id: JobId(row.job_id),
            team_id: TeamId(row.team_id),
            run_id: RunId(row.run_id),
            release_number: row.release_number,
            operation_id: row.operation_id.map(OperationId),
            kind: from_word("snapshots.kind", &row.kind)?,
            state: from_word("snapshots.state", &row.state)?,
            directory: row.directory,
            path: row.path,
            format: row.format,
            size_bytes: row.size_bytes,
            checkpoint_id: row.checkpoint_id,
            error: row.error,
            created_at: Millis(row.created_at),
            completed_at: time(row.completed_at),
        })
    }
}

fn row_of(of: &Snapshot) -> Result<snapshot::Model, StoreError> {
    Ok(snapshot::Model {
        id: of.id.0,
        job_id: of.job_id.0,
        team_id: of.team_id.0,
        run_id: of.run_id.0,
        release_number: of.release_number,
        operation_id: of.operation_id.map(|id| id.0),
        kind: word(&of.kind)?,
        state: word(&of.state)?,
        directory: of.directory.clone(),
        path: of.path.clone(),
        format: of.format.clone(),
        size_bytes: of.size_bytes,
        checkpoint_id: of.checkpoint_id,
        error: of.error.clone(),
        created_at: of.created_at.0,
        completed_at: of.completed_at.map(|at| at.0),
    })
}

/// Inserts a snapshot, or writes what became of it.
pub(crate) async fn save(tx: &Tx, of: &Snapshot) -> Result<(), Fault> {
    let changing = snapshot::Column::iter().filter(|column| {
        !matches!(
            column,
            snapshot::Column::Id
                | snapshot::Column::JobId
                | snapshot::Column::TeamId
                | snapshot::Column::RunId
                | snapshot::Column::CreatedAt
        )
    });
    let other = OnConflict::column(snapshot::Column::Id).update_columns(changing).to_owned();
    snapshot::Entity::insert(row_of(of)?.into_active_model())
        .on_conflict(other)
        .exec_without_returning(&tx.conn)
        .await?;
    tx.changed(Some(of.team_id), "snapshot", of.id, Some(of.job_id));
    Ok(())
}

/// The words of the states in which nobody knows yet what became of a snapshot.
pub(crate) fn unsettled() -> Result<[String; 2], StoreError> {
    Ok([word(&SnapshotState::Triggering)?, word(&SnapshotState::Unverified)?])
}

impl Store {
    /// A page of a job's snapshots, newest first. `before`: only older ones than this.
    ///
    /// # Errors
    /// `Invalid` for a stored value that cannot be read.
    pub async fn snapshots(
        &self,
        team_id: TeamId,
        job_id: JobId,
        limit: u64,
        before: Option<SnapshotId>,
    ) -> Result<Vec<Snapshot>, StoreError> {
        let mut query = snapshot::Entity::find()
            .filter(snapshot::Column::JobId.eq(job_id.0))
            .filter(snapshot::Column::TeamId.eq(team_id.0));
        if let Some(before) = before {
            query = query.filter(snapshot::Column::Id.lt(before.0));
        }
        Ok(all(query
            .order_by_desc(snapshot::Column::Id)
            .limit(limit)
            .all(&self.reader)
            .await?)?)
    }

    /// A snapshot of a team.
    ///
    /// # Errors
    /// `NotFound` when the team has no such snapshot.
    pub async fn snapshot(&self, team_id: TeamId, id: SnapshotId) -> Result<Snapshot, StoreError> {
        let row = snapshot::Entity::find_by_id(id.0)
            .filter(snapshot::Column::TeamId.eq(team_id.0))
            .one(&self.reader)
            .await?;
        Snapshot::from_row(row.ok_or(StoreError::NotFound)?)
    }

    /// A snapshot of any team: for the engine.
    ///
    /// # Errors
    /// `NotFound` when there is none.
    pub async fn snapshot_any(&self, id: SnapshotId) -> Result<Snapshot, StoreError> {
        let row = snapshot::Entity::find_by_id(id.0).one(&self.reader).await?;
        Snapshot::from_row(row.ok_or(StoreError::NotFound)?)
    }

    /// The complete snapshot of a job that was completed last.
    ///
    /// # Errors
    /// `Invalid` for a stored value that cannot be read.
    pub async fn newest_snapshot(&self, job_id: JobId) -> Result<Option<Snapshot>, StoreError> {
        let row = snapshot::Entity::find()
            .filter(snapshot::Column::JobId.eq(job_id.0))
            .filter(snapshot::Column::State.eq(word(&SnapshotState::Complete)?))
            .order_by_desc(snapshot::Column::CompletedAt)
            .order_by_desc(snapshot::Column::Id)
            .one(&self.reader)
            .await?;
        row.map(Snapshot::from_row).transpose()
    }

    /// Snapshots of runs on a cluster of which nobody knows yet what became of them: triggering or
    /// unverified. Oldest first.
    ///
    /// # Errors
    /// `Invalid` for a stored value that cannot be read.
    pub async fn unsettled_snapshots(&self, id: ClusterId) -> Result<Vec<Snapshot>, StoreError> {
        let runs = run::Entity::find()
            .select_only()
            .column(run::Column::Id)
            .filter(run::Column::ClusterId.eq(id.0))
            .into_query();
        let rows = snapshot::Entity::find()
            .filter(snapshot::Column::State.is_in(unsettled()?))
            .filter(snapshot::Column::RunId.in_subquery(runs))
            .order_by_asc(snapshot::Column::Id)
            .all(&self.reader)
            .await?;
        Ok(all(rows)?)
    }
}
