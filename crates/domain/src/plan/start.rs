//! The walk of Start: wait for the cluster, submit once, wait until all tasks run.

use super::{
    Action, MAIN_GRACE, MAX_TRIES, Sent, Sights, application, failed, heard_after, incarnation, presence, reachable, sent, step, succeeded,
};
use crate::cluster::{Cluster, ClusterDesired};
use crate::observation::Presence;
use crate::operation::{Operation, OperationError, Request};
use crate::run::{Outcome, Run, RunEnd, Source, StartFrom, StartOptions};
use crate::snapshot::{Snapshot, SnapshotKind, SnapshotState};
use crate::status::JobFacts;
use crate::time::Millis;

pub(super) fn start(facts: &JobFacts, sights: &Sights, operation: &Operation, options: &StartOptions, now: Millis) -> Vec<Action> {
    match facts.run.as_ref().filter(|run| made_by(operation, run)) {
        None => begin(facts, sights, operation, options),
        Some(Run { end: Some(end), .. }) => vec![ended(operation, end)],
        Some(_) => follow(facts, operation, now),
    }
}

/// A restart by policy has the generation of the run that failed, but an attempt of its own.
fn made_by(operation: &Operation, run: &Run) -> bool {
    match operation.request {
        Request::Restart { .. } => run.operation_id == operation.id,
        _ => run.generation == operation.generation,
    }
}

/// Nothing of this intent exists yet.
fn begin(facts: &JobFacts, sights: &Sights, operation: &Operation, options: &StartOptions) -> Vec<Action> {
    if facts.run.as_ref().is_some_and(Run::live) {
        return vec![failed(
            operation,
            error(
                "old_run_alive",
                "An older run of this job may still be running.",
                "Stop it or detach it, then start again.",
            ),
            None,
        )];
    }
    let Some(cluster) = &facts.cluster else {
        return vec![failed(
            operation,
            error(
                "cluster_gone",
                "The cluster that the release names does not exist any more.",
                "Choose another cluster, release and start again.",
            ),
            None,
        )];
    };
    // The cluster of an application comes with its run.
    if !cluster.cluster.is_application() && (!reachable(facts) || cluster.cluster.version.is_none()) {
        if cluster.cluster.desired == ClusterDesired::Stopped {
            let message = format!("Cluster {} is stopped.", cluster.cluster.name);
            return vec![failed(
                operation,
                error("cluster_stopped", &message, "Start the cluster, then the job."),
                None,
            )];
        }
        let why = cluster.look.error.as_deref().unwrap_or("it has not answered yet");
        return step(
            operation,
            "wait_for_cluster",
            format!("Waiting for cluster {}: {why}.", cluster.cluster.name),
        );
    }
    match restore_path(options, &sights.snapshots) {
        Ok(restore_path) => {
            let mut actions = step(operation, "submit", submitting(&cluster.cluster));
            actions.push(Action::Submit { new: true, restore_path });
            actions
        }
        Err(error) => vec![failed(operation, error, None)],
    }
}

/// The sentence of the step that submits.
#[must_use]
pub fn submitting(cluster: &Cluster) -> String {
    if cluster.is_application() {
        format!("Creating cluster {} in Kubernetes.", cluster.name)
    } else {
        format!("Sending it to cluster {}.", cluster.name)
    }
}

/// Which path a start restores from, chosen among the job's snapshots.
///
/// # Errors
/// Why none can be chosen, with what to do.
pub fn restore_path(options: &StartOptions, snapshots: &[Snapshot]) -> Result<Option<String>, OperationError> {
    match &options.state {
        StartFrom::None => Ok(None),
        StartFrom::Path { path } => Ok(Some(path.clone())),
        StartFrom::Latest => newest(snapshots),
        StartFrom::Snapshot { snapshot_id } => match snapshots.iter().find(|known| known.id == *snapshot_id) {
            Some(Snapshot {
                state: SnapshotState::Complete | SnapshotState::Unverified,
                path,
                directory,
                ..
            }) => Ok(Some(path.clone().unwrap_or_else(|| directory.clone()))),
            Some(_) => Err(error(
                "snapshot_incomplete",
                "The chosen snapshot is not complete.",
                "Choose another one.",
            )),
            None => Err(error(
                "snapshot_gone",
                "The chosen snapshot is not known any more.",
                "Choose another one.",
            )),
        },
    }
}

/// The path of the newest snapshot. Never that of an older one because nobody could look at the newest: what the job did in
/// between would be done again, or be lost.
fn newest(snapshots: &[Snapshot]) -> Result<Option<String>, OperationError> {
    let found = latest(snapshots);
    let unsure = snapshots
        .iter()
        .filter(|known| known.kind == SnapshotKind::Savepoint && known.state == SnapshotState::Unverified)
        .max_by_key(|known| known.created_at)
        .filter(|unsure| found.is_none_or(|found| found.created_at < unsure.created_at));
    match (unsure, found) {
        (Some(unsure), _) => {
            let message = format!(
                "Nobody could verify the newest savepoint, in {}, and an older state would lose what came after it.",
                unsure.directory
            );
            let hint = "Look into that directory: with a _metadata file in it, it is complete; choose it then, else an older one.";
            Err(error("savepoint_unverified", &message, hint))
        }
        (None, Some(found)) => Ok(found.path.clone()),
        (None, None) => Err(error(
            "no_snapshot",
            "The job has no complete savepoint or checkpoint to start from.",
            "Start it without state, or give the path of one.",
        )),
    }
}

/// The newest complete snapshot, by its completion.
#[must_use]
pub fn latest(snapshots: &[Snapshot]) -> Option<&Snapshot> {
    snapshots
        .iter()
        .filter(|known| known.state == SnapshotState::Complete && known.path.is_some())
        .max_by_key(|known| (known.completed_at, known.created_at))
}

/// A live run of this intent: make sure that it was sent, then wait for its tasks.
fn follow(facts: &JobFacts, operation: &Operation, now: Millis) -> Vec<Action> {
    let seen = presence(facts);
    if let Some(
        here @ Presence::Present {
            state,
            tasks_running,
            tasks_total,
            ..
        },
    ) = seen
    {
        if here.all_tasks_running() {
            return vec![Action::MarkRunning, succeeded(operation)];
        }
        return step(
            operation,
            "wait_until_running",
            format!("{}: {tasks_running} of {tasks_total} tasks run.", state.word()),
        );
    }
    if let Some(cluster) = application::cluster(facts) {
        return application::follow(facts, cluster, operation, now);
    }
    match sent(facts) {
        Sent::Not if reachable(facts) => vec![Action::Submit {
            new: false,
            restore_path: None,
        }],
        Sent::Not => step(operation, "wait_for_cluster", "Waiting for the cluster to answer again.".to_owned()),
        Sent::InFlight(effect) => {
            let gone = seen == Some(&Presence::Absent) && heard_after(facts, effect.sent_at.map(|at| at.plus(MAIN_GRACE)));
            if gone && effect.incarnation.as_deref() == incarnation(facts) && effect.tries < MAX_TRIES {
                return vec![Action::Submit {
                    new: false,
                    restore_path: None,
                }];
            }
            let since = effect.sent_at.map_or(0, |at| now.since(at) / 10_000 * 10);
            step(
                operation,
                "submit",
                format!("No answer to the submission for {since} s; looking for the job by its id."),
            )
        }
        Sent::Accepted(_) | Sent::Refused(_) => step(operation, "wait_until_running", "Looking for the job by its id.".to_owned()),
    }
}

fn ended(operation: &Operation, end: &RunEnd) -> Action {
    let (code, hint) = match (end.outcome, end.source) {
        (Outcome::Finished | Outcome::Stopped, _) => return succeeded(operation),
        (Outcome::Failed, Source::Submission) => ("submission_refused", "Mend the job, release it and start it again."),
        (Outcome::Failed, _) => ("job_failed", "The job's Exceptions have the whole trace."),
        (Outcome::Canceled, _) => ("canceled", "Start it again if that was not meant."),
        (Outcome::NeverRan | Outcome::Unknown, _) => ("run_lost", "Look at the cluster, then start the job again."),
    };
    failed(operation, error(code, &end.reason, hint), None)
}

fn error(code: &str, message: &str, hint: &str) -> OperationError {
    OperationError {
        code: code.to_owned(),
        message: message.to_owned(),
        hint: hint.to_owned(),
    }
}
