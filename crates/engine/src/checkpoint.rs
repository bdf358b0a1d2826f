//! Checkpoints of running jobs: the newest complete one of each run is kept as a snapshot, so that "latest" is
//! known when the cluster is gone. One request a minute for each running job.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::cluster::Cluster;
use domain::id::{RunId, SnapshotId};
use domain::ports::Checkpoint;
use domain::run::{Outcome, Run, RunEnd};
use domain::snapshot::{Snapshot, SnapshotKind, SnapshotState};
use domain::status::JobFacts;
use domain::time::{MINUTE, Millis};
use store::{Lease, StoreError, Write};

use crate::{Engine, observe};

/// When each run's checkpoints were last asked for; forgotten with the task, which costs one request.
#[derive(Clone, Default)]
pub(crate) struct Clock(Arc<Mutex<HashMap<RunId, Millis>>>);

impl Clock {
    /// Asks for the checkpoints of the runs whose minute is over, each in a task of its own.
    pub(crate) fn tick(&self, engine: &Engine, lease: &Lease, cluster: &Cluster, jobs: &[JobFacts]) {
        let Some(endpoint) = observe::endpoint(cluster) else { return };
        for facts in jobs {
            let running = facts.observation.as_ref().is_some_and(|seen| seen.presence.all_tasks_running());
            let Some(run) = facts.run.as_ref().filter(|run| run.live() && running) else {
                continue;
            };
            if !self.due(run.id, store::now()) {
                continue;
            }
            let (engine, lease, endpoint, run) = (engine.clone(), lease.clone(), endpoint.clone(), run.clone());
            tokio::spawn(async move {
                match engine.ports.reader.checkpoints(&endpoint, &run.id.flink_job_id()).await {
                    Ok(found) => keep(&engine, &lease, &run, found.latest).await,
                    Err(error) => tracing::debug!(run = %run.id, %error, "checkpoints could not be read"),
                }
            });
        }
    }

    fn due(&self, run: RunId, now: Millis) -> bool {
        let mut asked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // The first look comes soon after the start, when the first checkpoint is being made.
        let last = *asked.entry(run).or_insert_with(|| now.plus(-MINUTE));
        let due = now.since(last) >= MINUTE;
        if due {
            asked.insert(run, now);
        }
        due
    }
}

async fn keep(engine: &Engine, lease: &Lease, run: &Run, newest: Option<Checkpoint>) {
    let Some(newest) = newest else { return };
    let kept = match row(engine, run).await {
        Ok(row) => match snapshot(row, run, &newest) {
            Some(snapshot) => engine.store.commit(Some(lease), vec![Write::Snapshot(snapshot)]).await,
            None => Ok(()),
        },
        Err(error) => Err(error),
    };
    if let Err(error) = kept {
        tracing::warn!(run = %run.id, %error, "the newest checkpoint could not be written down");
    }
}

/// The run's checkpoint row, if it has one.
async fn row(engine: &Engine, run: &Run) -> Result<Option<Snapshot>, StoreError> {
    let known = engine.store.snapshots(run.team_id, run.job_id, 500, None).await?;
    Ok(known
        .into_iter()
        .find(|snapshot| snapshot.run_id == run.id && snapshot.kind == SnapshotKind::Checkpoint))
}

fn snapshot(row: Option<Snapshot>, run: &Run, newest: &Checkpoint) -> Option<Snapshot> {
    let path = newest.path.clone().filter(|path| !path.is_empty() && !newest.savepoint)?;
    if row.as_ref().is_some_and(|row| row.path.as_ref() == Some(&path)) {
        return None;
    }
    Some(Snapshot {
        id: row.map_or_else(|| SnapshotId(store::new_id()), |row| row.id),
        job_id: run.job_id,
        team_id: run.team_id,
        run_id: run.id,
        release_number: run.release_number,
        operation_id: None,
        kind: SnapshotKind::Checkpoint,
        state: SnapshotState::Complete,
        directory: path.clone(),
        path: Some(path),
        format: None,
        size_bytes: newest.size_bytes,
        checkpoint_id: Some(newest.id),
        error: None,
        created_at: newest.triggered_at.unwrap_or_else(store::now),
        completed_at: newest.completed_at,
    })
}

/// The checkpoint row of a run that has ended: brought up to date by the evidence, and taken back where the job
/// finished and Flink removed its checkpoints with it (also with retention, seen on 1.13 – 2.3).
pub(crate) async fn after_end(
    engine: &Engine,
    facts: &JobFacts,
    end: &RunEnd,
    newest: Option<&Checkpoint>,
) -> Result<Vec<Write>, StoreError> {
    let Some(run) = &facts.run else { return Ok(Vec::new()) };
    let row = row(engine, run).await?;
    if matches!(end.outcome, Outcome::Finished | Outcome::Stopped) {
        let Some(row) = row else { return Ok(Vec::new()) };
        let gone = matches!(engine.ports.storage.find(&row.directory).await, Ok(None));
        if !gone {
            return Ok(Vec::new());
        }
        let error = Some("Flink removed it when the job finished.".to_owned());
        let state = SnapshotState::Failed;
        return Ok(vec![Write::Snapshot(Snapshot { state, error, ..row })]);
    }
    Ok(newest
        .and_then(|newest| snapshot(row, run, newest))
        .map(Write::Snapshot)
        .into_iter()
        .collect())
}
