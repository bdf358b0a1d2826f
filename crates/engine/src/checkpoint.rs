//! Checkpoints of running jobs: the newest complete one of each run is kept as a snapshot, so that "latest" is
//! known when the cluster is gone. One request a minute for each running job.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::cluster::Cluster;
use domain::id::{RunId, SnapshotId};
use domain::observation::{FlinkState, Presence};
use domain::plan::Stored;
use domain::ports::Checkpoint;
use domain::run::Run;
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

/// The checkpoint row of a run that has ended: what its directory holds now. The row of the last minute may name a
/// checkpoint that a newer one has replaced since, and a job that finished takes its checkpoints along (also with
/// retention, seen on 1.13 – 2.3).
pub(crate) async fn after_end(engine: &Engine, facts: &JobFacts, newest: Option<&Checkpoint>) -> Result<Option<Write>, StoreError> {
    let Some(run) = &facts.run else { return Ok(None) };
    let known = row(engine, run).await?;
    let stored = match directory(engine, facts, run) {
        Some(directory) => match engine.ports.storage.find(&directory).await {
            Ok(Some(found)) => Stored::Found(found),
            Ok(None) => Stored::Nothing,
            Err(error) => Stored::Unreadable(error.to_string()),
        },
        None => Stored::Nothing,
    };
    let finished = matches!(
        facts.observation.as_ref().map(|seen| &seen.presence),
        Some(Presence::Present {
            state: FlinkState::Finished,
            ..
        })
    );
    let stored = match stored {
        // It need not be looked at to be known.
        Stored::Unreadable(_) if finished => Stored::Nothing,
        stored => stored,
    };
    Ok(left(known, run, newest, &stored).map(Write::Snapshot))
}

/// Where Flink keeps the checkpoints of a run.
fn directory(engine: &Engine, facts: &JobFacts, run: &Run) -> Option<String> {
    let root = engine.checkpoints_of(facts.job.id, facts.cluster.as_ref().map(|cluster| &cluster.cluster))?;
    Some(format!("{root}/{}", run.id.flink_job_id()))
}

/// What is left of a run's checkpoints: the storage's word, else the last that Flink said.
fn left(known: Option<Snapshot>, run: &Run, newest: Option<&Checkpoint>, stored: &Stored) -> Option<Snapshot> {
    match stored {
        Stored::Found(found) => {
            let number = found.path.rsplit_once("chk-").and_then(|(_, number)| number.parse().ok());
            let checkpoint = Checkpoint {
                id: number.unwrap_or_default(),
                completed_at: found.written_at,
                triggered_at: found.written_at,
                size_bytes: Some(found.size_bytes),
                path: Some(found.path.clone()),
                ..Checkpoint::default()
            };
            snapshot(known, run, &checkpoint)
        }
        Stored::Nothing => known.map(|row| Snapshot {
            state: SnapshotState::Failed,
            error: Some("It is not in its directory any more: Flink removes the checkpoints of a job that finishes.".to_owned()),
            ..row
        }),
        Stored::Unreadable(why) => match newest {
            Some(newest) => snapshot(known, run, newest),
            None => known.map(|row| Snapshot {
                state: SnapshotState::Unverified,
                error: Some(format!("A newer one may have replaced it; nobody could look: {why}")),
                ..row
            }),
        },
    }
}

#[cfg(test)]
mod tests {
    use domain::id::{ClusterId, JobId, OperationId, ReleaseId, TeamId};
    use domain::ports::StoredSnapshot;
    use domain::run::{RunCause, StartOptions};

    use super::*;

    fn run() -> Run {
        Run {
            id: RunId(store::new_id()),
            job_id: JobId(store::new_id()),
            team_id: TeamId(store::new_id()),
            release_id: ReleaseId(store::new_id()),
            release_number: 1,
            cluster_id: ClusterId(store::new_id()),
            generation: 1,
            attempt: 1,
            cause: RunCause::Start,
            options: StartOptions::default(),
            restore_path: None,
            operation_id: OperationId(store::new_id()),
            created_at: Millis(1),
            running_at: None,
            stop_intent: None,
            end: None,
            ghost_since: None,
        }
    }

    fn checkpoint(id: i64) -> Checkpoint {
        Checkpoint {
            id,
            path: Some(format!("file:/c/chk-{id}")),
            ..Checkpoint::default()
        }
    }

    #[test]
    fn what_the_directory_holds_wins_over_what_was_last_heard() {
        let run = run();
        let known = snapshot(None, &run, &checkpoint(5));
        let found = Stored::Found(StoredSnapshot {
            path: "file:/c/chk-9".to_owned(),
            size_bytes: 7,
            written_at: Some(Millis(3)),
        });
        let kept = left(known.clone(), &run, Some(&checkpoint(8)), &found).unwrap();
        assert_eq!(
            (kept.path.as_deref(), kept.checkpoint_id, kept.state),
            (Some("file:/c/chk-9"), Some(9), SnapshotState::Complete)
        );
        assert_eq!(known.as_ref().map(|row| row.id), Some(kept.id), "one row for each run");
        assert!(left(None, &run, None, &found).is_some(), "also when nothing had been heard yet");
        assert_eq!(
            left(known.clone(), &run, None, &Stored::Nothing).map(|row| row.state),
            Some(SnapshotState::Failed)
        );
        let unreadable = Stored::Unreadable("s3".to_owned());
        assert_eq!(
            left(known.clone(), &run, None, &unreadable).map(|row| row.state),
            Some(SnapshotState::Unverified)
        );
        assert_eq!(
            left(known, &run, Some(&checkpoint(8)), &unreadable).and_then(|row| row.checkpoint_id),
            Some(8)
        );
    }
}
