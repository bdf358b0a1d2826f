//! Moves one job on: read its facts, look closer where the plan needs it, plan, write the notes, make the calls;
//! again until there is nothing to do.

use domain::cluster::Look;
use domain::effect::EffectState;
use domain::id::{ClusterId, JobId};
use domain::observation::Observation;
use domain::operation::Request;
use domain::plan::start::latest;
use domain::plan::{Action, Plan, Sights, Stored, plan, restart};
use domain::ports::{Endpoint, SavepointProgress};
use domain::run::Run;
use domain::snapshot::{Snapshot, SnapshotState};
use domain::status::JobFacts;
use store::{Lease, StoreError, Write};

use crate::{Engine, call, evidence, message, note, observe};

/// Rounds in one walk; each settles something, so a handful is enough and an endless loop is impossible.
const ROUNDS: usize = 8;

/// What this tick's look saw, fresher than the rows.
#[derive(Clone, Default)]
pub(crate) struct Fresh {
    /// News of a cluster.
    pub look: Option<(ClusterId, Look)>,
    /// What was seen of the newest run.
    pub observation: Option<Observation>,
}

/// Moves a job on as far as this look allows; answers whether another look is worth while at once.
pub(crate) async fn advance(engine: &Engine, lease: Option<&Lease>, id: JobId, fresh: &Fresh) -> bool {
    match walk(engine, lease, id, fresh).await {
        Ok(look_again) => look_again,
        Err(StoreError::Conflict(why)) => {
            tracing::debug!(job = %id, why, "the job changed while it was worked on; looking again");
            true
        }
        Err(StoreError::NotFound) => false,
        Err(error) => {
            tracing::warn!(job = %id, %error, "the job could not be moved on; trying again");
            false
        }
    }
}

async fn walk(engine: &Engine, lease: Option<&Lease>, id: JobId, fresh: &Fresh) -> Result<bool, StoreError> {
    let mut seen = None;
    for _ in 0..ROUNDS {
        let mut facts = engine.store.job_facts(id).await?;
        refresh(&mut facts, fresh);
        let mut sights = look_closer(engine, lease, &facts).await?;
        sights.evidence = seen.take();
        let Plan { actions, because } = plan(&facts, &sights, store::now());
        if actions.is_empty() {
            return Ok(false);
        }
        tracing::debug!(job = %id, because, ?actions, "next");
        if actions.iter().any(|action| matches!(action, Action::Restart { .. })) {
            message::before_restart(engine, &facts).await?;
        }
        note::write(engine, lease, &facts, &sights, &actions).await?;
        for action in &actions {
            match action {
                Action::CollectEvidence => seen = Some(evidence::collect(engine, &facts).await),
                action if action.call() => {
                    call::make(engine, lease, &facts, action).await?;
                    return Ok(true);
                }
                _ => {}
            }
        }
    }
    Ok(true)
}

/// Puts this tick's look in the place of the rows, where it is about the same run and cluster.
fn refresh(facts: &mut JobFacts, fresh: &Fresh) {
    if let (Some(known), Some((id, look))) = (facts.cluster.as_mut(), &fresh.look)
        && known.cluster.id == *id
    {
        known.look = look.clone();
    }
    let of_run = |seen: &&Observation| facts.run.as_ref().is_some_and(|run| run.id == seen.run_id);
    if let Some(seen) = fresh.observation.as_ref().filter(of_run) {
        facts.observation = Some(seen.clone());
    }
}

/// Asks Flink and the storage about savepoints under way, and the store for what a start may choose from.
async fn look_closer(engine: &Engine, lease: Option<&Lease>, facts: &JobFacts) -> Result<Sights, StoreError> {
    let mut sights = Sights::default();
    let endpoint = facts
        .cluster
        .as_ref()
        .filter(|cluster| cluster.look.reachable())
        .and_then(|cluster| observe::endpoint(&cluster.cluster));
    for snapshot in facts
        .snapshots
        .iter()
        .filter(|snapshot| snapshot.state == SnapshotState::Triggering)
    {
        let progress = match &endpoint {
            Some(endpoint) => progress(engine, facts, snapshot, endpoint).await,
            None => None,
        };
        let over = facts.run.as_ref().is_none_or(|run| run.id != snapshot.run_id || !run.live());
        let silent = matches!(progress, None | Some(SavepointProgress::NotKnown)) && over;
        if silent || matches!(progress, Some(SavepointProgress::Completed { .. } | SavepointProgress::NotKnown)) {
            sights.stored.insert(snapshot.id, stored(engine, snapshot).await);
        }
        if let Some(progress) = progress {
            sights.progress.insert(snapshot.id, progress);
        }
    }
    let starts = facts
        .lifecycle
        .as_ref()
        .is_some_and(|open| matches!(open.request, Request::Start { .. } | Request::Replace { .. }));
    let restarts = facts.run.as_ref().filter(|_| restart::due(facts, store::now()));
    if starts || restarts.is_some() {
        let mut known = engine.store.snapshots(facts.job.team_id, facts.job.id, 500, None).await?;
        known.retain(|snapshot| restarts.is_none_or(|run| run.id == snapshot.run_id));
        sights.snapshots = still_there(engine, lease, known).await?;
    }
    Ok(sights)
}

/// Snapshots whose files are gone are marked so, newest first, until one is found (or cannot be looked at): a start from
/// the latest state takes one that exists.
async fn still_there(engine: &Engine, lease: Option<&Lease>, mut known: Vec<Snapshot>) -> Result<Vec<Snapshot>, StoreError> {
    loop {
        let Some(newest) = latest(&known).map(|found| found.id) else {
            return Ok(known);
        };
        let Some(snapshot) = known.iter_mut().find(|snapshot| snapshot.id == newest) else {
            return Ok(known);
        };
        if stored(engine, snapshot).await != Stored::Nothing {
            return Ok(known);
        }
        snapshot.state = SnapshotState::Failed;
        snapshot.error = Some("Its files are not where they were any more.".to_owned());
        engine.store.commit(lease, vec![Write::Snapshot(snapshot.clone())]).await?;
    }
}

async fn progress(engine: &Engine, facts: &JobFacts, snapshot: &Snapshot, endpoint: &Endpoint) -> Option<SavepointProgress> {
    let operation = snapshot.operation_id?;
    let effect = facts
        .effects
        .iter()
        .find(|effect| effect.operation_id == operation && effect.name == operation.hex())?;
    if matches!(effect.state, EffectState::Intended | EffectState::Refused) {
        return None;
    }
    let trigger = effect
        .answer
        .clone()
        .filter(|_| effect.state == EffectState::Accepted)
        .unwrap_or_else(|| operation.hex());
    let run: &Run = facts.run.as_ref().filter(|run| run.id == snapshot.run_id)?;
    match engine
        .ports
        .control
        .savepoint_progress(endpoint, &run.id.flink_job_id(), &trigger)
        .await
    {
        Ok(progress) => Some(progress),
        Err(error) => {
            tracing::debug!(snapshot = %snapshot.id, %error, "the savepoint's progress could not be read");
            None
        }
    }
}

async fn stored(engine: &Engine, snapshot: &Snapshot) -> Stored {
    let directory = snapshot.path.as_deref().unwrap_or(&snapshot.directory);
    match engine.ports.storage.find(directory).await {
        Ok(Some(found)) => Stored::Found(found),
        Ok(None) => Stored::Nothing,
        Err(error) => Stored::Unreadable(error.to_string()),
    }
}
