//! The task of one cluster: look, write what changed, keep its processes as desired, move its jobs on.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::cluster::{Cluster, KubernetesLook, Look};
use domain::id::{ClusterId, JobId, RunId};
use domain::operation::{Operation, OperationState, Step};
use domain::plan::ends_with_its_process;
use domain::run::Run;
use domain::status::JobFacts;
use store::{Lease, NewEvent, StoreError, Write};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::job::{self, Fresh};
use crate::keep::{Keeper, Kept};
use crate::log::{self, KeptNames};
use crate::observe::{self, Sighting};
use crate::{Engine, checkpoint, kubernetes};

/// How long a lease lasts without being renewed, in milliseconds.
const LEASE: i64 = 30_000;
/// Between two looks while an operation is open.
const BUSY: Duration = Duration::from_millis(250);
/// Between two looks while something changes by itself, or while the cluster does not answer.
const MOVING: Duration = Duration::from_secs(3);
/// Between two looks at a quiet cluster.
const QUIET: Duration = Duration::from_secs(20);

/// Between two looks at a local cluster's processes.
const PROCESSES: Duration = Duration::from_secs(1);

/// Jobs that a task is working on: one walk at a time for each.
#[derive(Clone, Default)]
struct Walking(Arc<Mutex<HashSet<JobId>>>);

impl Walking {
    fn enter(&self, job: JobId) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(job)
    }

    fn leave(&self, job: JobId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&job);
    }
}

struct Follower {
    engine: Engine,
    id: ClusterId,
    walking: Walking,
    nudge: Arc<Notify>,
    checkpoints: checkpoint::Clock,
    kept: KeptNames,
}

/// Follows a cluster until it has no work left, the lease is lost, or the server ends; looks at once when nudged.
pub(crate) async fn follow(engine: Engine, id: ClusterId, nudge: Arc<Notify>, shutdown: CancellationToken) {
    let lease = match engine.store.claim_cluster(id, engine.instance, LEASE).await {
        Ok(Some(lease)) => lease,
        Ok(None) => return,
        Err(error) => {
            tracing::warn!(cluster = %id, %error, "the cluster could not be claimed");
            return;
        }
    };
    let follower = Follower {
        engine,
        id,
        walking: Walking::default(),
        nudge: Arc::clone(&nudge),
        checkpoints: checkpoint::Clock::default(),
        kept: KeptNames::default(),
    };
    let mut lease = lease;
    let mut due = tokio::time::Instant::now();
    loop {
        let late = tokio::time::Instant::now().saturating_duration_since(due);
        metrics::histogram!("streamwright_look_late_seconds").record(late.as_secs_f64());
        let pause = match follower.tick(&mut lease).await {
            Ok(Some(pause)) => pause,
            Ok(None) => break,
            Err(StoreError::Conflict(why)) => {
                tracing::info!(cluster = %id, why, "gave the cluster up");
                break;
            }
            Err(error) => {
                tracing::warn!(cluster = %id, %error, "a look at the cluster failed; trying again");
                MOVING
            }
        };
        due = tokio::time::Instant::now() + pause;
        tokio::select! {
            () = shutdown.cancelled() => break,
            () = nudge.notified() => due = tokio::time::Instant::now(),
            // Earlier only where a process of this host has ended.
            () = follower.rest(pause) => due = due.min(tokio::time::Instant::now()),
        }
    }
    // Without it the next owner waits until the lease has expired.
    if let Err(error) = follower.engine.store.release_lease(&lease).await {
        tracing::debug!(cluster = %id, %error, "the lease was not given back");
    }
}

impl Follower {
    /// One round; answers how long to wait, or nothing when the cluster has no work left.
    async fn tick(&self, lease: &mut Lease) -> Result<Option<Duration>, StoreError> {
        let store = &self.engine.store;
        *lease = store.renew(lease, LEASE).await?;
        let cluster = store.cluster_any(self.id).await?;
        let before = store.look(self.id).await?;
        let operation = store.open_operations_of_cluster(self.id).await?.into_iter().next();
        let jobs = store.engine_jobs(self.id).await?;
        let idle = cluster.desired == domain::cluster::ClusterDesired::Stopped && operation.is_none() && jobs.is_empty();
        let mut sighting = observe::look(&self.engine, &cluster, &before).await;
        let reached = sighting
            .address
            .as_ref()
            .and_then(|address| kubernetes::reached(&self.engine, &cluster, address));
        store.commit(Some(lease), reached.into_iter().collect()).await?;
        self.classify(&cluster, &mut sighting, &jobs).await?;
        log::after_look(&self.engine, (lease, &self.kept), (&cluster, &jobs), (&before, &mut sighting)).await?;
        let jobs = self.record(lease, &cluster, (&before, &sighting), jobs).await?;
        // A job that moves to another cluster is walked where its run still lives.
        let here = |facts: &&JobFacts| facts.cluster.as_ref().is_none_or(|of| of.cluster.id == self.id);
        for facts in jobs.iter().filter(here) {
            self.walk(lease, facts, (self.id, &sighting));
        }
        // The next life of a process would write over the logs of the last one.
        if !jobs.iter().any(ends_with_its_process) {
            let keeper = Keeper {
                engine: &self.engine,
                cluster: &cluster,
                look: &sighting.look,
                operation: operation.as_ref(),
            };
            if keeper.keep(lease, &jobs).await? == Kept::Retired {
                return Ok(None);
            }
        }
        self.checkpoints.tick(&self.engine, lease, &cluster, &jobs);
        Ok((!idle).then(|| pause((&cluster, &sighting.look), operation.as_ref(), &jobs)))
    }

    /// Waits; a process of this host that ends in the meantime is noticed at once, which costs no request.
    async fn rest(&self, pause: Duration) {
        let end = tokio::time::Instant::now() + pause;
        let folder = self.id.hex();
        let before = self.engine.ports.host.processes(&folder).await.ok();
        loop {
            let left = end.saturating_duration_since(tokio::time::Instant::now());
            tokio::time::sleep(left.min(PROCESSES)).await;
            let over = left <= PROCESSES;
            if over || self.engine.ports.host.processes(&folder).await.ok() != before {
                return;
            }
        }
    }

    /// Tells ours from strangers; an ended run of ours that is alive is walked as a ghost.
    async fn classify(&self, cluster: &Cluster, sighting: &mut Sighting, jobs: &[JobFacts]) -> Result<(), StoreError> {
        let Some(sight) = &sighting.sight else { return Ok(()) };
        let ours: Vec<String> = jobs
            .iter()
            .filter_map(|facts| facts.run.as_ref())
            .map(|run| run.id.flink_job_id())
            .collect();
        let mut strangers = observe::unmanaged(sight, &ours);
        let ids: Vec<RunId> = strangers
            .iter()
            .filter_map(|job| format!("run_{}", job.flink_job_id).parse().ok())
            .collect();
        if !ids.is_empty() {
            for run in self.engine.store.runs_by_ids(&ids).await? {
                strangers.retain(|job| job.flink_job_id != run.id.flink_job_id());
                self.haunt(cluster, sighting, &run).await?;
            }
        }
        sighting.look.unmanaged = strangers;
        Ok(())
    }

    /// Walks a job whose ended run is alive.
    async fn haunt(&self, cluster: &Cluster, sighting: &Sighting, run: &Run) -> Result<(), StoreError> {
        let facts = self.engine.store.job_facts(run.job_id).await?;
        if facts.run.is_some_and(|newest| newest.id == run.id) {
            let fresh = Fresh {
                look: Some((cluster.id, sighting.look.clone())),
                observation: observe::of_run(run, sighting, cluster),
            };
            job::advance(&self.engine, None, run.job_id, &fresh).await;
        }
        Ok(())
    }

    /// Writes what changed; answers the facts as they are now.
    async fn record(
        &self,
        lease: &Lease,
        cluster: &Cluster,
        looks: (&Look, &Sighting),
        jobs: Vec<JobFacts>,
    ) -> Result<Vec<JobFacts>, StoreError> {
        let (before, sighting) = looks;
        let mut writes: Vec<Write> = observe::look_row(cluster, before, &sighting.look).into_iter().collect();
        let mut current = Vec::with_capacity(jobs.len());
        for mut facts in jobs {
            writes.extend(observe::restarted(&facts, looks, cluster).map(Write::Event));
            let seen = facts.run.as_ref().and_then(|run| observe::of_run(run, sighting, cluster));
            if let Some(seen) = seen.filter(|seen| observe::differs(facts.observation.as_ref(), seen)) {
                writes.extend(observe::state_event(&facts, &seen).map(Write::Event));
                writes.push(Write::Observation(seen.clone()));
                facts.observation = Some(seen);
            }
            current.push(facts);
        }
        if !writes.is_empty() {
            self.engine.store.commit(Some(lease), writes).await?;
        }
        Ok(current)
    }

    /// Moves one job on in a task of its own, so that a slow submission holds up nobody else.
    fn walk(&self, lease: &Lease, facts: &JobFacts, (cluster, sighting): (ClusterId, &Sighting)) {
        let id = facts.job.id;
        if !self.walking.enter(id) {
            return;
        }
        let fresh = Fresh {
            look: Some((cluster, sighting.look.clone())),
            observation: facts.observation.clone(),
        };
        let (engine, lease, walking, nudge) = (self.engine.clone(), lease.clone(), self.walking.clone(), Arc::clone(&self.nudge));
        tokio::spawn(async move {
            let look_again = job::advance(&engine, Some(&lease), id, &fresh).await;
            walking.leave(id);
            if look_again {
                nudge.notify_one();
            }
        });
    }
}

/// Whether the API server answers and still has something of a cluster: it tells when that is gone, and watches make asking
/// cheap.
fn leaving(look: &Look) -> bool {
    let there = |kubernetes: &KubernetesLook| kubernetes.deployment.is_some() || !kubernetes.pods.is_empty();
    look.kubernetes
        .as_ref()
        .is_some_and(|kubernetes| kubernetes.error.is_none() && there(kubernetes))
}

fn pause((cluster, look): (&Cluster, &Look), operation: Option<&Operation>, jobs: &[JobFacts]) -> Duration {
    let open = operation.is_some() || jobs.iter().any(|facts| facts.lifecycle.is_some() || facts.savepoint.is_some());
    let settled = |facts: &JobFacts| facts.observation.as_ref().is_some_and(|seen| seen.presence.all_tasks_running());
    let quiet = look.reachable()
        && jobs
            .iter()
            .filter(|facts| facts.run.as_ref().is_some_and(domain::run::Run::live))
            .all(settled);
    let used = jobs.iter().any(|facts| facts.run.as_ref().is_some_and(domain::run::Run::live));
    let leaves = cluster.is_application() && !used && leaving(look);
    let usual = match (open, quiet) {
        _ if leaves => BUSY,
        (true, _) if look.reachable() || operation.is_some() => BUSY,
        (false, true) => QUIET,
        _ => MOVING,
    };
    // A restart wants a look from after it fell due.
    let due = jobs.iter().filter_map(domain::restart::due_at).min().filter(|_| look.reachable());
    due.map_or(usual, |at| {
        let left = u64::try_from(at.since(store::now())).unwrap_or(0);
        usual.min(BUSY + Duration::from_millis(left))
    })
}

/// The write of an operation with one more step, the one before ended.
pub(crate) fn with_step(operation: &Operation, name: &str, detail: String) -> Write {
    let mut operation = operation.clone();
    push_step(&mut operation, name, detail);
    Write::Operation(operation)
}

/// Appends a step, or changes the detail of the one being worked on.
pub(crate) fn push_step(operation: &mut Operation, name: &str, detail: String) {
    let now = store::now();
    match operation.steps.last_mut() {
        Some(last) if last.name == name && last.ended_at.is_none() => last.detail = detail,
        last => {
            if let Some(last) = last {
                last.ended_at.get_or_insert(now);
            }
            operation.steps.push(Step {
                name: name.to_owned(),
                started_at: now,
                ended_at: None,
                detail,
            });
        }
    }
}

pub(crate) fn finished(operation: &Operation, state: OperationState, error: Option<domain::operation::OperationError>) -> Vec<Write> {
    let mut operation = operation.clone();
    let event = end_operation(&mut operation, state, error);
    vec![Write::Operation(operation), Write::Event(event)]
}

/// Ends an operation; answers the event that says so.
pub(crate) fn end_operation(
    operation: &mut Operation,
    state: OperationState,
    error: Option<domain::operation::OperationError>,
) -> NewEvent {
    let now = store::now();
    if let Some(last) = operation.steps.last_mut() {
        last.ended_at.get_or_insert(now);
    }
    operation.state = state;
    operation.ended_at = Some(now);
    metrics::counter!("streamwright_operations_total", "kind" => operation.request.kind(), "state" => format!("{state:?}")).increment(1);
    let what = operation.request.kind().replace('_', " ");
    let (code, message) = match &error {
        None => (format!("{}_succeeded", operation.request.kind()), format!("Done: {what}.")),
        Some(error) => (
            format!("{}_failed", operation.request.kind()),
            format!("Failed: {what}. {}", error.message),
        ),
    };
    operation.error = error;
    let mut event = NewEvent::new(operation.team_id, &code, message).operation(operation.id);
    event.job_id = operation.job_id;
    event.cluster_id = operation.cluster_id;
    event.run_id = operation.run_id;
    event
}
