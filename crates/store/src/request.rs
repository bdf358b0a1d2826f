//! How operations begin: one transaction that takes the one place on the job or cluster, writes what is
//! desired, and inserts the operation with its event. The law is kept here: one lifecycle operation per
//! job, one savepoint beside it, one operation per cluster. Of many callers at once one gets the place;
//! the others are told whose it is.

use domain::Millis;
use domain::cluster::ClusterDesired;
use domain::id::{ClusterId, JobId, OperationId, TeamId, UserId};
use domain::job::Desired;
use domain::operation::{Operation, OperationState, Request};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, IntoActiveModel, QueryFilter, QuerySelect};
use uuid::Uuid;

use crate::application::{self, NewApplication};
use crate::clock::new_id;
use crate::column::word;
use crate::connect::Store;
use crate::entity::{cluster, job, operation as operations};
use crate::event::NewEvent;
use crate::fault::{Fault, StoreError};
use crate::idempotency::{Idempotency, Known, look_up, remember};
use crate::job::desired_columns;
use crate::operation;
use crate::transaction::{Scope, Tx};

/// A request about a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOperation {
    /// The team.
    pub team_id: TeamId,
    /// The job.
    pub job_id: JobId,
    /// What to do: anything but the requests about clusters.
    pub request: Request,
    /// Where the job stands from now on; none leaves it where it is.
    pub cluster_id: Option<ClusterId>,
    /// The cluster of its own on which the job stands from now on, instead.
    pub application: Option<NewApplication>,
    /// Who asks.
    pub requested_by: Option<UserId>,
    /// When it is given up.
    pub deadline_at: Millis,
    /// The job's generation that the caller has looked at when it decided that this is allowed. Another
    /// one is answered with [`Requested::Changed`].
    pub generation: Option<i64>,
    /// The open operation whose place this one takes.
    pub supersede: Option<OperationId>,
    /// The caller's key against doing it twice.
    pub idempotency: Option<Idempotency>,
    /// The sentence of the event; empty for a standard one.
    pub message: String,
}

/// A request about a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewClusterOperation {
    /// The team.
    pub team_id: TeamId,
    /// The cluster.
    pub cluster_id: ClusterId,
    /// `ClusterStart` or `ClusterStop`.
    pub request: Request,
    /// Who asks.
    pub requested_by: Option<UserId>,
    /// When it is given up.
    pub deadline_at: Millis,
    /// As of [`NewOperation::generation`].
    pub generation: Option<i64>,
    /// The open operation whose place this one takes.
    pub supersede: Option<OperationId>,
    /// The caller's key against doing it twice.
    pub idempotency: Option<Idempotency>,
    /// The sentence of the event; empty for a standard one.
    pub message: String,
}

/// Why a request was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Requested {
    /// The place is taken by this operation.
    #[error("another operation is under way: wait for {}, or cancel it", .0.id)]
    Busy(Box<Operation>),
    /// The key was used with another body.
    #[error("this idempotency key was used for another request: use a new key")]
    Mismatch,
    /// Something newer happened than what the caller has looked at: read again and decide again.
    #[error("the job or cluster has changed meanwhile: look at it again")]
    Changed,
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

type Outcome = Result<Result<Operation, Requested>, Fault>;

impl Store {
    /// Begins an operation on a job. Start, Replace and Adopt set desired to running their release, Stop and
    /// Delete to stopped, each with the next generation; Savepoint changes neither and has a place of its
    /// own. Everything or nothing is written.
    ///
    /// # Errors
    /// See [`Requested`]; `NotFound` inside when the team has no such job.
    pub async fn request_operation(&self, new: NewOperation) -> Result<Operation, Requested> {
        self.write(Scope::Request, new, |tx, new| async move { on_job(&tx, &new).await })
            .await?
    }

    /// Begins the start or stop of a cluster: sets what is desired of it, with the next generation.
    ///
    /// # Errors
    /// See [`Requested`]; `NotFound` inside when the team has no such cluster.
    pub async fn request_cluster(&self, new: NewClusterOperation) -> Result<Operation, Requested> {
        self.write(Scope::Request, new, |tx, new| async move { on_cluster(&tx, &new).await })
            .await?
    }
}

async fn on_job(tx: &Tx, new: &NewOperation) -> Outcome {
    if let Some(answer) = known(tx, new.idempotency.as_ref()).await? {
        return Ok(answer);
    }
    stands(tx, new).await?;
    let id = OperationId(new_id());
    if !take_job(tx, new, id).await? {
        return refused_job(tx, new).await;
    }
    if let Some(own) = &new.application {
        application::place(tx, (new.team_id, new.job_id), own).await?;
    }
    let generation = crate::job::row(&tx.conn, new.job_id).await?.generation;
    let begun = Operation {
        job_id: Some(new.job_id),
        team_id: new.team_id,
        requested_by: new.requested_by,
        deadline_at: new.deadline_at,
        ..blank(tx, id, generation, new.request.clone())
    };
    begin(tx, &begun, new.supersede, &new.message).await?;
    remember(tx, new.idempotency.as_ref(), id.0).await?;
    Ok(Ok(begun))
}

/// What is desired after a request, if it says anything about that.
fn desired(request: &Request) -> Result<Option<Desired>, Fault> {
    match request {
        Request::Start { release_id, .. } | Request::Replace { release_id, .. } | Request::Adopt { release_id, .. } => {
            Ok(Some(Desired::Running { release_id: *release_id }))
        }
        Request::Stop { .. } | Request::Delete => Ok(Some(Desired::Stopped)),
        Request::Savepoint => Ok(None),
        Request::Restart { .. } => Err(Fault::invalid("a restart by policy was asked for as if by a user")),
        Request::ClusterStart | Request::ClusterStop => Err(Fault::invalid("a request about a cluster was made of a job")),
    }
}

/// Refuses a place on a cluster that is gone. Its row stays locked until this is committed, so that it is
/// not deleted in between.
async fn stands(tx: &Tx, new: &NewOperation) -> Result<(), Fault> {
    let Some(id) = new.cluster_id else { return Ok(()) };
    let found = cluster::Entity::find_by_id(id.0)
        .filter(cluster::Column::TeamId.eq(new.team_id.0))
        .lock_exclusive()
        .one(&tx.conn)
        .await?;
    if found.is_some() {
        return Ok(());
    }
    owned(tx, new).await?;
    Err(Fault::conflict("the cluster is gone: choose another one"))
}

/// Takes the place on the job; false when it is not free or the generation is another one.
async fn take_job(tx: &Tx, new: &NewOperation, id: OperationId) -> Result<bool, Fault> {
    let desired = desired(&new.request)?;
    let slot = if desired.is_some() {
        job::Column::LifecycleId
    } else {
        job::Column::SavepointId
    };
    let mut free = slot.is_null();
    if let Some(old) = new.supersede {
        free = free.or(slot.eq(old.0));
    }
    let mut update = job::Entity::update_many()
        .col_expr(slot, Expr::value(id.0))
        .col_expr(job::Column::Revision, Expr::col(job::Column::Revision).add(1))
        .filter(job::Column::Id.eq(new.job_id.0))
        .filter(job::Column::TeamId.eq(new.team_id.0))
        .filter(free);
    if let Some(generation) = new.generation {
        update = update.filter(job::Column::Generation.eq(generation));
    }
    if let Some(desired) = desired {
        let (want, release_id) = desired_columns(desired);
        update = update
            .col_expr(job::Column::Desired, Expr::value(want))
            .col_expr(job::Column::DesiredReleaseId, Expr::value(release_id))
            .col_expr(job::Column::Generation, Expr::col(job::Column::Generation).add(1));
    }
    if let Some(cluster) = new.cluster_id {
        update = update.col_expr(job::Column::ClusterId, Expr::value(cluster.0));
    }
    Ok(update.exec(&tx.conn).await?.rows_affected > 0)
}

/// The job's row, where it is the team's.
async fn owned(tx: &Tx, new: &NewOperation) -> Result<job::Model, Fault> {
    let row = crate::job::row(&tx.conn, new.job_id).await?;
    if row.team_id != new.team_id.0 {
        return Err(StoreError::NotFound.into());
    }
    Ok(row)
}

/// Why the place on the job was not taken.
async fn refused_job(tx: &Tx, new: &NewOperation) -> Outcome {
    // A caller with the same key may have been first while this one waited for the row.
    if let Some(answer) = known(tx, new.idempotency.as_ref()).await? {
        return Ok(answer);
    }
    let row = owned(tx, new).await?;
    let holder = if new.request == Request::Savepoint {
        row.savepoint_id
    } else {
        row.lifecycle_id
    };
    busy(tx, holder).await
}

async fn on_cluster(tx: &Tx, new: &NewClusterOperation) -> Outcome {
    if let Some(answer) = known(tx, new.idempotency.as_ref()).await? {
        return Ok(answer);
    }
    let id = OperationId(new_id());
    let taken = take_cluster(tx, new, id).await?;
    if !taken && let Some(answer) = known(tx, new.idempotency.as_ref()).await? {
        return Ok(answer);
    }
    let row = cluster::Entity::find_by_id(new.cluster_id.0)
        .filter(cluster::Column::TeamId.eq(new.team_id.0))
        .one(&tx.conn)
        .await?;
    let row = row.ok_or(StoreError::NotFound)?;
    if !taken {
        return busy(tx, row.operation_id).await;
    }
    let begun = Operation {
        cluster_id: Some(new.cluster_id),
        team_id: new.team_id,
        requested_by: new.requested_by,
        deadline_at: new.deadline_at,
        ..blank(tx, id, row.generation, new.request.clone())
    };
    begin(tx, &begun, new.supersede, &new.message).await?;
    remember(tx, new.idempotency.as_ref(), id.0).await?;
    Ok(Ok(begun))
}

/// Takes the place on the cluster; false when it is not free or the generation is another one.
async fn take_cluster(tx: &Tx, new: &NewClusterOperation, id: OperationId) -> Result<bool, Fault> {
    let desired = match new.request {
        Request::ClusterStart => ClusterDesired::Running,
        Request::ClusterStop => ClusterDesired::Stopped,
        _ => return Err(Fault::invalid("a request about a job was made of a cluster")),
    };
    let mut free = cluster::Column::OperationId.is_null();
    if let Some(old) = new.supersede {
        free = free.or(cluster::Column::OperationId.eq(old.0));
    }
    let mut update = cluster::Entity::update_many()
        .col_expr(cluster::Column::OperationId, Expr::value(id.0))
        .col_expr(cluster::Column::Desired, Expr::value(word(&desired)?))
        .col_expr(cluster::Column::Generation, Expr::col(cluster::Column::Generation).add(1))
        .col_expr(cluster::Column::Revision, Expr::col(cluster::Column::Revision).add(1))
        .filter(cluster::Column::Id.eq(new.cluster_id.0))
        .filter(cluster::Column::TeamId.eq(new.team_id.0))
        .filter(free);
    if let Some(generation) = new.generation {
        update = update.filter(cluster::Column::Generation.eq(generation));
    }
    Ok(update.exec(&tx.conn).await?.rows_affected > 0)
}

/// The answer that a key already has.
async fn known(tx: &Tx, key: Option<&Idempotency>) -> Result<Option<Result<Operation, Requested>>, Fault> {
    match look_up(tx, key).await? {
        Known::New => Ok(None),
        Known::Other => Ok(Some(Err(Requested::Mismatch))),
        Known::Same(id) => Ok(Some(operation::find(tx, id).await?.ok_or(Requested::Store(StoreError::NotFound)))),
    }
}

/// The answer while another operation has the place; without one the generation was the reason.
async fn busy(tx: &Tx, holder: Option<Uuid>) -> Outcome {
    let Some(holder) = holder else { return Ok(Err(Requested::Changed)) };
    let found = operation::find(tx, holder).await?;
    Ok(Err(found.map_or(Requested::Changed, |found| Requested::Busy(Box::new(found)))))
}

/// An open operation about nothing yet.
const fn blank(tx: &Tx, id: OperationId, generation: i64, request: Request) -> Operation {
    Operation {
        id,
        team_id: TeamId(Uuid::nil()),
        job_id: None,
        cluster_id: None,
        request,
        generation,
        run_id: None,
        snapshot_id: None,
        state: OperationState::Running,
        steps: Vec::new(),
        error: None,
        requested_by: None,
        created_at: tx.at,
        deadline_at: tx.at,
        ended_at: None,
        revision: 1,
    }
}

/// Inserts the operation with its event, and ends the one whose place it took.
pub(crate) async fn begin(tx: &Tx, begun: &Operation, supersede: Option<OperationId>, message: &str) -> Result<(), Fault> {
    let row = operation::row_of(begun)?;
    operations::Entity::insert(row.into_active_model())
        .exec_without_returning(&tx.conn)
        .await?;
    let kind = begun.request.kind();
    if let Some(old) = supersede
        && operation::end(tx, old, OperationState::Superseded).await?
        && let Some(old) = operation::find(tx, old.0).await?
    {
        let text = format!("'{}' took the place of '{}'.", kind, old.request.kind());
        tx.event(about(begun, NewEvent::new(begun.team_id, "operation_superseded", text)).operation(old.id));
        operation::changed(tx, &old);
    }
    let text = if message.is_empty() {
        format!("Requested: {}.", kind.replace('_', " "))
    } else {
        message.to_owned()
    };
    tx.event(about(begun, NewEvent::new(begun.team_id, format!("{kind}_requested"), text)).operation(begun.id));
    operation::changed(tx, begun);
    Ok(())
}

fn about(begun: &Operation, mut event: NewEvent) -> NewEvent {
    event.job_id = begun.job_id;
    event.cluster_id = begun.cluster_id;
    event.user(begun.requested_by)
}
