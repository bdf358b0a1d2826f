//! Facts of jobs and clusters for `plan` and `status`: gathered in a constant number of queries, however
//! many jobs there are, inside one read transaction, so that they belong together. Scripts are not read.

use std::collections::{BTreeMap, BTreeSet};

use domain::cluster::{Cluster, ClusterDesired, Look};
use domain::effect::Effect;
use domain::id::{ClusterId, JobId, OperationId, RunId, TeamId};
use domain::job::Job;
use domain::observation::Observation;
use domain::operation::{Operation, OperationState};
use domain::run::{Run, Source};
use domain::snapshot::Snapshot;
use domain::status::{ClusterFacts, JobFacts};
use sea_orm::sea_query::SimpleExpr;
use sea_orm::{ColumnTrait, Condition, DatabaseTransaction, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};
use uuid::Uuid;

use crate::column::{all, word};
use crate::connect::Store;
use crate::entity::{cluster, effect, job, observation, operation, run, snapshot};
use crate::fault::{Fault, StoreError};
use crate::job::{JobFilter, page};
use crate::snapshot::unsettled;
use crate::{cluster as clusters, job as jobs, restart, variable_use};

/// A cluster that the engine has work with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterWork {
    /// The cluster as it was asked for.
    pub cluster: Cluster,
    /// The newest news of it.
    pub look: Look,
    /// Its own open operation.
    pub operation: Option<Operation>,
    /// Runs on it that may still be running.
    pub live_runs: u64,
    /// Open operations of jobs that stand on it.
    pub open_operations: u64,
}

/// How much to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Depth {
    /// What a label needs.
    View,
    /// What a plan needs: also effects and snapshots.
    Plan,
}

/// Rows of one kind by the id that they are looked up with.
type By<K, V> = BTreeMap<K, V>;

/// So many jobs at once: statements have at most 32,766 parameters (SQLite).
const AT_ONCE: usize = 5_000;

async fn gather(conn: &DatabaseTransaction, rows: Vec<job::Model>, depth: Depth) -> Result<Vec<JobFacts>, Fault> {
    let mut facts = Vec::with_capacity(rows.len());
    let mut rest = rows.into_iter();
    loop {
        let some: Vec<job::Model> = rest.by_ref().take(AT_ONCE).collect();
        if some.is_empty() {
            return Ok(facts);
        }
        facts.extend(gather_some(conn, all(some)?, depth).await?);
    }
}

async fn gather_some(conn: &DatabaseTransaction, jobs: Vec<Job>, depth: Depth) -> Result<Vec<JobFacts>, Fault> {
    let mut runs = runs(conn, &jobs).await?;
    let mut operations = operations(conn, &jobs).await?;
    let mut observations = observations(conn, &runs).await?;
    let (mut effects, mut snapshots) = match depth {
        Depth::View => Default::default(),
        Depth::Plan => (effects(conn, &runs).await?, snapshots(conn, &jobs, &operations).await?),
    };
    let places = places(&jobs, &runs, &snapshots);
    let clusters = clusters_of(conn, &places).await?;
    let newest = jobs.iter().map(|job| (job.id, job.run_id.and_then(|id| runs.get(&id)).cloned()));
    let mut restarts = restart::gather(conn, &newest.collect()).await?;
    let mut outdated = match depth {
        Depth::View => variable_use::outdated(conn, &jobs, &runs).await?,
        Depth::Plan => By::default(),
    };
    let facts = jobs.into_iter().map(|job| {
        let run = job.run_id.and_then(|id| runs.remove(&id));
        let cluster = places.get(&job.id).and_then(|id| clusters.get(id)).cloned();
        JobFacts {
            lifecycle: job.lifecycle_id.and_then(|id| operations.remove(&id)),
            savepoint: job.savepoint_id.and_then(|id| operations.remove(&id)),
            observation: job.run_id.and_then(|id| observations.remove(&id)),
            effects: job.run_id.and_then(|id| effects.remove(&id)).unwrap_or_default(),
            snapshots: snapshots.remove(&job.id).unwrap_or_default(),
            restart: restarts.remove(&job.id),
            outdated: outdated.remove(&job.id).unwrap_or_default(),
            cluster,
            run,
            job,
        }
    });
    Ok(facts.collect())
}

/// The cluster of each job: that of the run while it lives or its cluster is still to say what became of a savepoint, else
/// where the job stands. A job that is being moved stands at its next cluster already.
fn places(jobs: &[Job], runs: &By<RunId, Run>, snapshots: &By<JobId, Vec<Snapshot>>) -> By<JobId, ClusterId> {
    let place = |job: &Job| {
        let waits = |run: &Run| snapshots.get(&job.id).is_some_and(|all| all.iter().any(|one| one.waits_for(run)));
        let run = job.run_id.and_then(|id| runs.get(&id)).filter(|run| run.live() || waits(run));
        run.map(|run| run.cluster_id).or(job.cluster_id)
    };
    jobs.iter().filter_map(|job| Some((job.id, place(job)?))).collect()
}

async fn runs(conn: &DatabaseTransaction, jobs: &[Job]) -> Result<By<RunId, Run>, Fault> {
    let ids: Vec<Uuid> = jobs.iter().filter_map(|job| job.run_id.map(|id| id.0)).collect();
    if ids.is_empty() {
        return Ok(By::default());
    }
    let runs: Vec<Run> = all(run::Entity::find().filter(run::Column::Id.is_in(ids)).all(conn).await?)?;
    Ok(runs.into_iter().map(|run| (run.id, run)).collect())
}

async fn operations(conn: &DatabaseTransaction, jobs: &[Job]) -> Result<By<OperationId, Operation>, Fault> {
    let ids: Vec<Uuid> = jobs
        .iter()
        .flat_map(|job| [job.lifecycle_id, job.savepoint_id])
        .flatten()
        .map(|id| id.0)
        .collect();
    if ids.is_empty() {
        return Ok(By::default());
    }
    let query = operation::Entity::find().filter(operation::Column::Id.is_in(ids));
    let open: Vec<Operation> = all(query
        .filter(operation::Column::State.eq(word(&OperationState::Running)?))
        .all(conn)
        .await?)?;
    Ok(open.into_iter().map(|operation| (operation.id, operation)).collect())
}

async fn observations(conn: &DatabaseTransaction, runs: &By<RunId, Run>) -> Result<By<RunId, Observation>, Fault> {
    if runs.is_empty() {
        return Ok(By::default());
    }
    let query = observation::Entity::find()
        .filter(observation::Column::RunId.is_in(runs.keys().map(|id| id.0)))
        .filter(observation::Column::Source.eq(word(&Source::JobManagerRest)?));
    let found: Vec<Observation> = all(query.all(conn).await?)?;
    Ok(found.into_iter().map(|observation| (observation.run_id, observation)).collect())
}

async fn clusters_of(conn: &DatabaseTransaction, places: &By<JobId, ClusterId>) -> Result<By<ClusterId, ClusterFacts>, Fault> {
    let ids: BTreeSet<Uuid> = places.values().map(|id| id.0).collect();
    let rows = cluster::Entity::find().filter(cluster::Column::Id.is_in(ids)).all(conn).await?;
    Ok(clusters::facts(conn, rows)
        .await?
        .into_iter()
        .map(|facts| (facts.cluster.id, facts))
        .collect())
}

async fn effects(conn: &DatabaseTransaction, runs: &By<RunId, Run>) -> Result<By<RunId, Vec<Effect>>, Fault> {
    let query = effect::Entity::find()
        .filter(effect::Column::RunId.is_in(runs.keys().map(|id| id.0)))
        .order_by_asc(effect::Column::Id);
    let found: Vec<Effect> = all(query.all(conn).await?)?;
    let mut by = BTreeMap::<RunId, Vec<Effect>>::new();
    for effect in found {
        by.entry(effect.run_id).or_default().push(effect);
    }
    Ok(by)
}

/// Snapshots that the open operations take, and those of which nobody knows yet what became of them.
async fn snapshots(conn: &DatabaseTransaction, jobs: &[Job], open: &By<OperationId, Operation>) -> Result<By<JobId, Vec<Snapshot>>, Fault> {
    let taken = open.values().filter_map(|operation| operation.snapshot_id).map(|id| id.0);
    let waiting = Condition::all()
        .add(snapshot::Column::JobId.is_in(jobs.iter().map(|job| job.id.0)))
        .add(snapshot::Column::State.is_in(unsettled()?));
    let wanted = Condition::any()
        .add(snapshot::Column::Id.is_in(taken))
        .add(snapshot::Column::OperationId.is_in(open.keys().map(|id| id.0)))
        .add(waiting);
    let found: Vec<Snapshot> = all(snapshot::Entity::find()
        .filter(wanted)
        .order_by_asc(snapshot::Column::Id)
        .all(conn)
        .await?)?;
    let mut by = BTreeMap::<JobId, Vec<Snapshot>>::new();
    for snapshot in found {
        by.entry(snapshot.job_id).or_default().push(snapshot);
    }
    Ok(by)
}

/// Jobs that the engine has work with on a cluster.
async fn rows_on(conn: &DatabaseTransaction, id: ClusterId) -> Result<Vec<job::Model>, Fault> {
    let here = || {
        run::Entity::find()
            .select_only()
            .column(run::Column::Id)
            .filter(run::Column::ClusterId.eq(id.0))
    };
    let moving = Condition::any()
        .add(run::Column::EndedAt.is_null())
        .add(run::Column::GhostSince.is_not_null());
    let unsettled = snapshot::Entity::find()
        .select_only()
        .column(snapshot::Column::JobId)
        .filter(snapshot::Column::State.is_in(unsettled()?))
        .filter(snapshot::Column::RunId.in_subquery(here().into_query()));
    let open = Condition::all().add(job::Column::ClusterId.eq(id.0)).add(open_slot());
    let wanted = Condition::any()
        .add(job::Column::RunId.in_subquery(here().filter(moving).into_query()))
        .add(job::Column::Id.in_subquery(unsettled.into_query()))
        .add(open)
        .add(restart::waiting()?.add(job::Column::ClusterId.eq(id.0)));
    Ok(job::Entity::find().filter(wanted).order_by_asc(job::Column::Id).all(conn).await?)
}

/// Jobs with an open operation that stand on no cluster that there is.
async fn rows_nowhere(conn: &DatabaseTransaction) -> Result<Vec<job::Model>, Fault> {
    let known = cluster::Entity::find().select_only().column(cluster::Column::Id).into_query();
    let nowhere = job::Column::ClusterId.is_null().or(job::Column::ClusterId.not_in_subquery(known));
    Ok(job::Entity::find()
        .filter(nowhere)
        .filter(open_slot())
        .order_by_asc(job::Column::Id)
        .all(conn)
        .await?)
}

/// How many rows each cluster has, of a query grouped by cluster.
fn tally(rows: Vec<(Uuid, i64)>) -> By<ClusterId, u64> {
    rows.into_iter()
        .map(|(id, count)| (ClusterId(id), u64::try_from(count).unwrap_or(0)))
        .collect()
}

/// Runs that may still be running, by cluster.
async fn live_runs(conn: &DatabaseTransaction) -> Result<By<ClusterId, u64>, Fault> {
    let query = run::Entity::find()
        .select_only()
        .column(run::Column::ClusterId)
        .column_as(run::Column::Id.count(), "live")
        .filter(run::Column::EndedAt.is_null())
        .group_by(run::Column::ClusterId);
    Ok(tally(query.into_tuple().all(conn).await?))
}

/// Jobs with an open operation, by cluster.
async fn busy_jobs(conn: &DatabaseTransaction) -> Result<By<ClusterId, u64>, Fault> {
    let query = job::Entity::find()
        .select_only()
        .column(job::Column::ClusterId)
        .column_as(job::Column::Id.count(), "open")
        .filter(job::Column::ClusterId.is_not_null())
        .filter(open_slot())
        .group_by(job::Column::ClusterId);
    Ok(tally(query.into_tuple().all(conn).await?))
}

/// A job whose place for operations is taken.
fn open_slot() -> SimpleExpr {
    job::Column::LifecycleId.is_not_null().or(job::Column::SavepointId.is_not_null())
}

async fn work(conn: &DatabaseTransaction) -> Result<Vec<ClusterWork>, Fault> {
    let known = clusters::facts(conn, cluster::Entity::find().order_by_asc(cluster::Column::Id).all(conn).await?).await?;
    let ids = known.iter().filter_map(|facts| facts.cluster.operation_id.map(|id| id.0));
    let rows = operation::Entity::find().filter(operation::Column::Id.is_in(ids)).all(conn).await?;
    let operations: Vec<Operation> = all(rows)?;
    let mut operations: By<OperationId, Operation> = operations.into_iter().map(|operation| (operation.id, operation)).collect();
    let (live, open) = (live_runs(conn).await?, busy_jobs(conn).await?);
    let count = |of: &By<ClusterId, u64>, id| of.get(&id).copied().unwrap_or(0);
    let all = known.into_iter().map(|facts| ClusterWork {
        live_runs: count(&live, facts.cluster.id),
        open_operations: count(&open, facts.cluster.id),
        operation: facts
            .cluster
            .operation_id
            .and_then(|id| operations.remove(&id))
            .filter(|operation| operation.state.open()),
        cluster: facts.cluster,
        look: facts.look,
    });
    let busy = |work: &ClusterWork| {
        work.cluster.desired == ClusterDesired::Running || work.operation.is_some() || work.live_runs > 0 || work.open_operations > 0
    };
    Ok(all.filter(busy).collect())
}

impl Store {
    /// The facts of a page of a team's jobs, newest first, without effects and snapshots.
    ///
    /// # Errors
    /// `Invalid` for a stored value that cannot be read.
    pub async fn job_views(&self, team_id: TeamId, filter: &JobFilter) -> Result<Vec<JobFacts>, StoreError> {
        self.read(filter.clone(), move |conn, filter| async move {
            let rows = page(&*conn, team_id, &filter).await?;
            gather(&conn, rows, Depth::View).await
        })
        .await
    }

    /// The facts of one job of a team, without effects and snapshots.
    ///
    /// # Errors
    /// `NotFound` when the team has no such job.
    pub async fn job_view(&self, team_id: TeamId, id: JobId) -> Result<JobFacts, StoreError> {
        self.read((), move |conn, _| async move {
            let row = jobs::row(&*conn, id).await?;
            if row.team_id != team_id.0 {
                return Err(StoreError::NotFound.into());
            }
            Ok(gather(&conn, vec![row], Depth::View).await?.pop().ok_or(StoreError::NotFound)?)
        })
        .await
    }

    /// All facts of one job of any team: for the engine.
    ///
    /// # Errors
    /// `NotFound` when there is none.
    pub async fn job_facts(&self, id: JobId) -> Result<JobFacts, StoreError> {
        self.read((), move |conn, _| async move {
            let row = jobs::row(&*conn, id).await?;
            Ok(gather(&conn, vec![row], Depth::Plan).await?.pop().ok_or(StoreError::NotFound)?)
        })
        .await
    }

    /// Clusters that the engine has work with: desired running, or with a live run, or with an open
    /// operation of their own or of a job that stands on them.
    ///
    /// # Errors
    /// `Invalid` for a stored value that cannot be read.
    pub async fn engine_clusters(&self) -> Result<Vec<ClusterWork>, StoreError> {
        self.read((), |conn, _| async move { work(&conn).await }).await
    }

    /// All facts of the jobs that the engine has work with on a cluster: their newest run lives there or
    /// is a ghost there, or they stand there with an open operation or with a run that a policy may restart, or a snapshot of a run there is
    /// triggering or unverified.
    ///
    /// # Errors
    /// `Invalid` for a stored value that cannot be read.
    pub async fn engine_jobs(&self, id: ClusterId) -> Result<Vec<JobFacts>, StoreError> {
        self.read((), move |conn, _| async move {
            let rows = rows_on(&conn, id).await?;
            gather(&conn, rows, Depth::Plan).await
        })
        .await
    }

    /// All facts of jobs with an open operation that stand on no cluster, or on one that is gone, such as
    /// the deletion of a job that never ran.
    ///
    /// # Errors
    /// `Invalid` for a stored value that cannot be read.
    pub async fn engine_unplaced(&self) -> Result<Vec<JobFacts>, StoreError> {
        self.read((), |conn, _| async move {
            let rows = rows_nowhere(&conn).await?;
            gather(&conn, rows, Depth::Plan).await
        })
        .await
    }
}
