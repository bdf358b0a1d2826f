//! Operations: reading them, writing how far they are, cancelling them. How they begin is in
//! [`crate::request`]. The end of an operation is sticky: what is written afterwards may add steps to the
//! record, never another end.

use domain::Millis;
use domain::id::{ClusterId, JobId, OperationId, RunId, SnapshotId, TeamId, UserId};
use domain::operation::{Operation, OperationState};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::column::{FromRow, all, from_json, from_word, json, time, word};
use crate::connect::Store;
use crate::entity::{cluster, job, operation};
use crate::event::NewEvent;
use crate::fault::{Fault, StoreError};
use crate::transaction::{Scope, Tx};

impl FromRow<operation::Model> for Operation {
    fn from_row(row: operation::Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: OperationId(row.id),
            team_id: TeamId(row.team_id),
            job_id: row.job_id.map(JobId),
            cluster_id: row.cluster_id.map(ClusterId),
            request: from_json("operations.request", &row.request)?,
            generation: row.generation,
            run_id: row.run_id.map(RunId),
            snapshot_id: row.snapshot_id.map(SnapshotId),
            state: from_word("operations.state", &row.state)?,
            steps: from_json("operations.steps", &row.steps)?,
            error: row.error.map(|text| from_json("operations.error", &text)).transpose()?,
            requested_by: row.requested_by.map(UserId),
            created_at: Millis(row.created_at),
            deadline_at: Millis(row.deadline_at),
            ended_at: time(row.ended_at),
            revision: row.revision,
        })
    }
}

/// The row of an operation.
pub(crate) fn row_of(of: &Operation) -> Result<operation::Model, StoreError> {
    Ok(operation::Model {
        id: of.id.0,
        team_id: of.team_id.0,
        job_id: of.job_id.map(|id| id.0),
        cluster_id: of.cluster_id.map(|id| id.0),
        kind: of.request.kind().to_owned(),
        request: json(&of.request)?,
        generation: of.generation,
        run_id: of.run_id.map(|id| id.0),
        snapshot_id: of.snapshot_id.map(|id| id.0),
        state: word(&of.state)?,
        steps: json(&of.steps)?,
        error: of.error.as_ref().map(json).transpose()?,
        requested_by: of.requested_by.map(|id| id.0),
        created_at: of.created_at.0,
        deadline_at: of.deadline_at.0,
        ended_at: of.ended_at.map(|at| at.0),
        revision: of.revision,
    })
}

/// The operation of an id, inside a transaction.
pub(crate) async fn find(tx: &Tx, id: Uuid) -> Result<Option<Operation>, Fault> {
    let row = operation::Entity::find_by_id(id).one(&tx.conn).await?;
    Ok(row.map(Operation::from_row).transpose()?)
}

/// Names an operation and what it is about in the change feed.
pub(crate) fn changed(tx: &Tx, of: &Operation) {
    tx.changed(Some(of.team_id), "operation", of.id, of.job_id);
    if let Some(job) = of.job_id {
        tx.changed(Some(of.team_id), "job", job, Some(job));
    }
    if let Some(cluster) = of.cluster_id {
        tx.changed(Some(of.team_id), "cluster", cluster, None);
    }
}

/// Writes how far an operation is; an end frees the place that it holds. Of one that has ended already
/// only steps, run and snapshot are taken.
pub(crate) async fn save(tx: &Tx, of: &Operation) -> Result<(), Fault> {
    let record = operation::Entity::update_many()
        .col_expr(operation::Column::Steps, Expr::value(json(&of.steps)?))
        .col_expr(operation::Column::RunId, Expr::value(of.run_id.map(|id| id.0)))
        .col_expr(operation::Column::SnapshotId, Expr::value(of.snapshot_id.map(|id| id.0)))
        .col_expr(operation::Column::Revision, Expr::col(operation::Column::Revision).add(1))
        .filter(operation::Column::Id.eq(of.id.0));
    let ended_at = of.ended_at.or_else(|| (!of.state.open()).then_some(tx.at));
    let open = record
        .clone()
        .col_expr(operation::Column::State, Expr::value(word(&of.state)?))
        .col_expr(operation::Column::Error, Expr::value(of.error.as_ref().map(json).transpose()?))
        .col_expr(operation::Column::DeadlineAt, Expr::value(of.deadline_at.0))
        .col_expr(operation::Column::EndedAt, Expr::value(ended_at.map(|at| at.0)))
        .filter(operation::Column::State.eq(word(&OperationState::Running)?));
    // The place on the job before the operation itself: the same order of locks as in requests.
    if !of.state.open() {
        free(tx, of.id).await?;
    }
    if open.exec(&tx.conn).await?.rows_affected == 0 && record.exec(&tx.conn).await?.rows_affected == 0 {
        return Err(Fault::conflict(format!("the operation {} is gone", of.id)));
    }
    changed(tx, of);
    Ok(())
}

/// Frees the place that an operation holds on its job or cluster, if it still does.
async fn free(tx: &Tx, id: OperationId) -> Result<(), Fault> {
    for slot in [job::Column::LifecycleId, job::Column::SavepointId] {
        job::Entity::update_many()
            .col_expr(slot, Expr::value(Option::<Uuid>::None))
            .col_expr(job::Column::Revision, Expr::col(job::Column::Revision).add(1))
            .filter(slot.eq(id.0))
            .exec(&tx.conn)
            .await?;
    }
    cluster::Entity::update_many()
        .col_expr(cluster::Column::OperationId, Expr::value(Option::<Uuid>::None))
        .col_expr(cluster::Column::Revision, Expr::col(cluster::Column::Revision).add(1))
        .filter(cluster::Column::OperationId.eq(id.0))
        .exec(&tx.conn)
        .await?;
    Ok(())
}

/// Ends an operation without its work being done; false when it has ended already.
pub(crate) async fn end(tx: &Tx, id: OperationId, state: OperationState) -> Result<bool, Fault> {
    let done = operation::Entity::update_many()
        .col_expr(operation::Column::State, Expr::value(word(&state)?))
        .col_expr(operation::Column::EndedAt, Expr::value(tx.at.0))
        .col_expr(operation::Column::Revision, Expr::col(operation::Column::Revision).add(1))
        .filter(operation::Column::Id.eq(id.0))
        .filter(operation::Column::State.eq(word(&OperationState::Running)?))
        .exec(&tx.conn)
        .await?;
    Ok(done.rows_affected > 0)
}

impl Store {
    /// How many operations of all teams are open.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn count_open_operations(&self) -> Result<u64, StoreError> {
        let open = operation::Entity::find().filter(operation::Column::State.eq(word(&OperationState::Running)?));
        Ok(open.count(&self.reader).await?)
    }

    /// An operation of a team.
    ///
    /// # Errors
    /// `NotFound` when the team has no such operation.
    pub async fn operation(&self, team_id: TeamId, id: OperationId) -> Result<Operation, StoreError> {
        let row = operation::Entity::find_by_id(id.0)
            .filter(operation::Column::TeamId.eq(team_id.0))
            .one(&self.reader)
            .await?;
        Operation::from_row(row.ok_or(StoreError::NotFound)?)
    }

    /// An operation of any team: for the engine.
    ///
    /// # Errors
    /// `NotFound` when there is none.
    pub async fn operation_any(&self, id: OperationId) -> Result<Operation, StoreError> {
        let row = operation::Entity::find_by_id(id.0).one(&self.reader).await?;
        Operation::from_row(row.ok_or(StoreError::NotFound)?)
    }

    /// A page of a job's operations, newest first. `before`: only older ones than this.
    ///
    /// # Errors
    /// `Invalid` for a stored value that cannot be read.
    pub async fn operations(
        &self,
        team_id: TeamId,
        job_id: JobId,
        limit: u64,
        before: Option<OperationId>,
    ) -> Result<Vec<Operation>, StoreError> {
        let mut about = Condition::all()
            .add(operation::Column::TeamId.eq(team_id.0))
            .add(operation::Column::JobId.eq(job_id.0));
        if let Some(before) = before {
            about = about.add(operation::Column::Id.lt(before.0));
        }
        self.newest_operations(about, limit).await
    }

    /// The newest operations of a cluster itself, newest first.
    ///
    /// # Errors
    /// `Invalid` for a stored value that cannot be read.
    pub async fn cluster_operations(&self, team_id: TeamId, id: ClusterId, limit: u64) -> Result<Vec<Operation>, StoreError> {
        let about = Condition::all()
            .add(operation::Column::TeamId.eq(team_id.0))
            .add(operation::Column::ClusterId.eq(id.0));
        self.newest_operations(about, limit).await
    }

    async fn newest_operations(&self, about: Condition, limit: u64) -> Result<Vec<Operation>, StoreError> {
        let rows = operation::Entity::find()
            .filter(about)
            .order_by_desc(operation::Column::Id)
            .limit(limit)
            .all(&self.reader)
            .await?;
        Ok(all(rows)?)
    }

    /// The open operations of a job: at most one of its life and one savepoint.
    ///
    /// # Errors
    /// `Invalid` for a stored value that cannot be read.
    pub async fn open_operations_of_job(&self, id: JobId) -> Result<Vec<Operation>, StoreError> {
        let open = operation::Column::State.eq(word(&OperationState::Running)?);
        self.newest_operations(Condition::all().add(operation::Column::JobId.eq(id.0)).add(open), 100)
            .await
    }

    /// The open operations of a cluster itself: at most one.
    ///
    /// # Errors
    /// `Invalid` for a stored value that cannot be read.
    pub async fn open_operations_of_cluster(&self, id: ClusterId) -> Result<Vec<Operation>, StoreError> {
        let open = operation::Column::State.eq(word(&OperationState::Running)?);
        self.newest_operations(Condition::all().add(operation::Column::ClusterId.eq(id.0)).add(open), 100)
            .await
    }

    /// Stops waiting for an operation: it ends as cancelled and its place is free. What it has begun
    /// outside goes on and is recorded; what is desired stays as it is.
    ///
    /// # Errors
    /// `NotFound` when the team has no such operation; `Conflict` when it has ended already.
    pub async fn cancel_operation(&self, team_id: TeamId, id: OperationId, by: UserId) -> Result<Operation, StoreError> {
        self.write(Scope::Request, (), move |tx, _| async move {
            let found = find(&tx, id.0)
                .await?
                .filter(|found| found.team_id == team_id)
                .ok_or(StoreError::NotFound)?;
            // As in `save`: the place first.
            free(&tx, id).await?;
            if !end(&tx, id, OperationState::Cancelled).await? {
                return Err(Fault::conflict("the operation has ended already: look at what became of it"));
            }
            let message = format!(
                "Stopped waiting for '{}'. What it has begun goes on and is recorded.",
                found.request.kind()
            );
            let mut event = NewEvent::new(team_id, "operation_cancelled", message).operation(id).user(Some(by));
            event.job_id = found.job_id;
            event.cluster_id = found.cluster_id;
            tx.event(event);
            changed(&tx, &found);
            Ok(find(&tx, id.0).await?.ok_or(StoreError::NotFound)?)
        })
        .await
    }
}
