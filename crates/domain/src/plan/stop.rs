//! The walk of Stop: with savepoint, drained, or by cancelling.

use super::{
    Action, CANCELLING, Sent, alive_in_flink, application, end, failed, reachable, savepoint, sent, step, still_running, succeeded,
};
use crate::effect::EffectKind;
use crate::operation::{Operation, OperationError};
use crate::run::{Outcome, Run, StopMode};
use crate::snapshot::SnapshotState;
use crate::status::JobFacts;
use crate::time::Millis;

pub(super) fn stop(facts: &JobFacts, operation: &Operation, mode: StopMode, now: Millis) -> Vec<Action> {
    let Some(run) = &facts.run else { return vec![succeeded(operation)] };
    if run.live() {
        return work(facts, operation, mode, now);
    }
    if mode == StopMode::Cancel && run.ghost_since.is_some() {
        return ghost(facts, operation, now);
    }
    match result(facts, operation, mode, run) {
        Stopped::Waiting => Vec::new(),
        Stopped::Done => vec![succeeded(operation)],
        Stopped::Otherwise(error) => vec![failed(operation, error, None)],
    }
}

/// Works on a run that may still be running.
pub(super) fn work(facts: &JobFacts, operation: &Operation, mode: StopMode, now: Millis) -> Vec<Action> {
    if mode == StopMode::Cancel
        && let Some(cluster) = application::cluster(facts).filter(|_| sent(facts) != Sent::Not)
        && let Some(actions) = application::cancel(facts, cluster, operation, now)
    {
        return actions;
    }
    if !alive_in_flink(facts) {
        let detail = match sent(facts) {
            Sent::InFlight(_) => "A submission is in flight; waiting until it is known what became of it.",
            _ if reachable(facts) => "Looking for the job by its id.",
            _ => "Waiting for the cluster to answer: nobody can stop what cannot be reached.",
        };
        return step(operation, "wait_for_cluster", detail);
    }
    match mode {
        StopMode::Cancel => cancel(facts, operation, now),
        StopMode::Savepoint | StopMode::Drain => stop_with_savepoint(facts, operation, mode, now),
    }
}

fn cancel(facts: &JobFacts, operation: &Operation, now: Millis) -> Vec<Action> {
    let mut actions = step(operation, "cancel", CANCELLING);
    actions.extend(end::cancel_again(facts, operation.id, now));
    actions
}

fn stop_with_savepoint(facts: &JobFacts, operation: &Operation, mode: StopMode, now: Millis) -> Vec<Action> {
    let call = Action::StopWithSavepoint {
        operation_id: operation.id,
        drain: mode == StopMode::Drain,
    };
    match savepoint::work(facts, operation, EffectKind::StopWithSavepoint, call, now) {
        savepoint::Taking::Working(actions) => actions,
        savepoint::Taking::Complete => step(
            operation,
            "wait_until_ended",
            "The savepoint is complete; waiting for the job's end.",
        ),
        // Law 5: the job goes on, and is desired again.
        savepoint::Taking::Failed(error) => vec![failed(operation, error, still_running(facts, operation))],
    }
}

/// A stop of what was seen alive after its end.
fn ghost(facts: &JobFacts, operation: &Operation, now: Millis) -> Vec<Action> {
    if alive_in_flink(facts) {
        return cancel(facts, operation, now);
    }
    vec![Action::MarkGhost(false), succeeded(operation)]
}

/// What a stop came to once the run has ended.
pub(super) enum Stopped {
    /// The savepoint's fate is not known yet.
    Waiting,
    /// As asked.
    Done,
    /// The run ended, but not by this stop.
    Otherwise(OperationError),
}

pub(super) fn result(facts: &JobFacts, operation: &Operation, mode: StopMode, run: &Run) -> Stopped {
    if mode == StopMode::Cancel {
        return Stopped::Done;
    }
    let snapshot = operation
        .snapshot_id
        .and_then(|id| facts.snapshots.iter().find(|known| known.id == id));
    let by_us = run
        .end
        .as_ref()
        .is_some_and(|end| matches!(end.outcome, Outcome::Stopped | Outcome::NeverRan));
    match snapshot.map(|known| known.state) {
        Some(SnapshotState::Triggering) => Stopped::Waiting,
        Some(SnapshotState::Complete) => Stopped::Done,
        // "Stopped, savepoint unverified at …": never lost, and the job did stop.
        Some(SnapshotState::Unverified) if by_us => Stopped::Done,
        None if run.end.as_ref().is_some_and(|end| end.outcome == Outcome::NeverRan) => Stopped::Done,
        _ => Stopped::Otherwise(savepoint::job_ended_first(facts)),
    }
}
