//! Savepoints: the row before the call, complete when Flink returned the path or `_metadata` is listed there.

use super::{Action, RESEND_AFTER, Sights, Stored, effect, failed, incarnation, reachable, step, succeeded};
use crate::effect::{Effect, EffectKind, EffectState};
use crate::operation::{Operation, OperationError};
use crate::ports::SavepointProgress;
use crate::run::Run;
use crate::snapshot::{Snapshot, SnapshotState};
use crate::status::JobFacts;
use crate::time::{MINUTE, Millis};

/// How long after a run's end Flink is asked for its savepoint, before the savepoint counts as one that nobody could verify.
const ASKED_FOR: i64 = 2 * MINUTE;

/// Notes for every snapshot under way whose fate is known, whether its operation still waits or not.
pub(super) fn settle(facts: &JobFacts, sights: &Sights, now: Millis) -> Vec<Action> {
    facts
        .snapshots
        .iter()
        .filter(|snapshot| snapshot.state == SnapshotState::Triggering)
        .filter_map(|snapshot| settled(facts, sights, snapshot, now))
        .map(|snapshot| Action::RecordSnapshot(Box::new(snapshot)))
        .collect()
}

fn settled(facts: &JobFacts, sights: &Sights, snapshot: &Snapshot, now: Millis) -> Option<Snapshot> {
    let complete = |path: &str| Snapshot {
        state: SnapshotState::Complete,
        path: Some(path.to_owned()),
        completed_at: Some(now),
        ..snapshot.clone()
    };
    let failed = |error: &str| Snapshot {
        state: SnapshotState::Failed,
        error: Some(error.to_owned()),
        ..snapshot.clone()
    };
    match sights.progress.get(&snapshot.id) {
        Some(SavepointProgress::Completed { location }) => return Some(with_size(complete(location), sights)),
        // A stop may fail after its savepoint was complete: that savepoint is not lost.
        Some(SavepointProgress::Failed {
            location: Some(location),
            cause,
        }) => {
            return Some(Snapshot {
                error: Some(cause.clone()),
                ..complete(location)
            });
        }
        Some(SavepointProgress::Failed { cause, location: None }) => return Some(failed(cause)),
        Some(SavepointProgress::InProgress | SavepointProgress::NotKnown) | None => {}
    }
    let over = facts.run.as_ref().is_none_or(|run| run.id != snapshot.run_id || !run.live());
    match sights.stored.get(&snapshot.id) {
        Some(Stored::Found(found)) => Some(Snapshot {
            size_bytes: Some(found.size_bytes),
            completed_at: found.written_at.or(Some(now)),
            ..complete(&found.path)
        }),
        Some(Stored::Nothing) if over => Some(failed("Its job has ended, and no complete savepoint is in its directory.")),
        Some(Stored::Unreadable(why)) if over && !may_be_told(facts, sights, snapshot, now) => Some(Snapshot {
            state: SnapshotState::Unverified,
            error: Some(format!("It may be complete; nobody could look: {why}")),
            ..snapshot.clone()
        }),
        _ => None,
    }
}

/// Whether Flink, which has not answered this time, may still say what became of a savepoint.
fn may_be_told(facts: &JobFacts, sights: &Sights, snapshot: &Snapshot, now: Millis) -> bool {
    let run = facts.run.as_ref().filter(|run| run.id == snapshot.run_id);
    let ended = run.and_then(|run| run.end.as_ref()).map(|end| end.at);
    !sights.progress.contains_key(&snapshot.id) && ended.is_some_and(|at| now.since(at) < ASKED_FOR)
}

fn with_size(snapshot: Snapshot, sights: &Sights) -> Snapshot {
    match sights.stored.get(&snapshot.id) {
        Some(Stored::Found(found)) => Snapshot {
            size_bytes: Some(found.size_bytes),
            ..snapshot
        },
        _ => snapshot,
    }
}

/// The open savepoint operation.
pub(super) fn operation(facts: &JobFacts, operation: &Operation, now: Millis) -> Vec<Action> {
    let call = Action::TriggerSavepoint {
        operation_id: operation.id,
    };
    match work(facts, operation, EffectKind::TriggerSavepoint, call, now) {
        Taking::Working(actions) => actions,
        Taking::Complete => vec![succeeded(operation)],
        Taking::Failed(error) => vec![failed(operation, error, None)],
    }
}

/// How far the savepoint of an operation is.
pub(super) enum Taking {
    /// These actions next; none means wait.
    Working(Vec<Action>),
    /// It is complete.
    Complete,
    /// It is not going to be.
    Failed(OperationError),
}

/// Drives the savepoint of one operation, alone or with a stop.
pub(super) fn work(facts: &JobFacts, operation: &Operation, kind: EffectKind, call: Action, now: Millis) -> Taking {
    let known = operation
        .snapshot_id
        .and_then(|id| facts.snapshots.iter().find(|snapshot| snapshot.id == id));
    match known.map(|snapshot| (snapshot.state, snapshot)) {
        Some((SnapshotState::Complete, snapshot)) => match &snapshot.error {
            None => Taking::Complete,
            Some(cause) => Taking::Failed(error(
                "stop_failed",
                cause,
                "The savepoint itself is complete and kept; the job goes on. Mend the cause and stop again.",
            )),
        },
        Some((SnapshotState::Failed, snapshot)) => {
            let cause = snapshot.error.as_deref().unwrap_or("Flink names no cause.");
            Taking::Failed(error(
                "savepoint_failed",
                cause,
                "The job goes on running. Mend the cause and try again.",
            ))
        }
        Some((SnapshotState::Unverified, snapshot)) => {
            let message = format!("The savepoint in {} could not be verified.", snapshot.directory);
            Taking::Failed(error(
                "savepoint_unverified",
                &message,
                "Look into that directory: with a _metadata file in it, it is complete.",
            ))
        }
        Some((SnapshotState::Triggering, _)) | None => triggering(facts, operation, kind, call, now),
    }
}

fn triggering(facts: &JobFacts, operation: &Operation, kind: EffectKind, call: Action, now: Millis) -> Taking {
    if facts.run.as_ref().is_none_or(|run| !run.live()) {
        let waits = operation.snapshot_id.is_some();
        return if waits {
            Taking::Working(Vec::new())
        } else {
            Taking::Failed(job_ended_first(facts))
        };
    }
    match effect(facts, kind, operation.id) {
        None => Taking::Working(send(facts, operation, call)),
        Some(sent) => match sent.state {
            EffectState::Intended => Taking::Working(send(facts, operation, call)),
            EffectState::Accepted => Taking::Working(step(operation, "savepoint", "Flink is writing the savepoint.")),
            EffectState::Refused => {
                let answer = sent.answer.as_deref().unwrap_or("Flink refused it and names no cause.");
                Taking::Failed(error(
                    "savepoint_refused",
                    answer,
                    "The job goes on running. Mend the cause and try again.",
                ))
            }
            EffectState::Sent | EffectState::Unknown => Taking::Working(resend(facts, operation, sent, call, now)),
        },
    }
}

/// The same trigger id again is harmless from Flink 1.15 on; before, only the directory can tell.
fn resend(facts: &JobFacts, operation: &Operation, sent: &Effect, call: Action, now: Millis) -> Vec<Action> {
    let idempotent = facts
        .cluster
        .as_ref()
        .and_then(|c| c.cluster.version)
        .is_some_and(|version| version.capabilities().trigger_id);
    let same_life = sent.incarnation.as_deref() == incarnation(facts);
    let due = sent.sent_at.is_none_or(|at| now.since(at) >= RESEND_AFTER);
    if idempotent && same_life && due && reachable(facts) {
        vec![call]
    } else {
        step(operation, "savepoint", "No answer to the trigger; looking again.")
    }
}

fn send(facts: &JobFacts, operation: &Operation, call: Action) -> Vec<Action> {
    if !reachable(facts) {
        return step(operation, "wait_for_cluster", "Waiting for the cluster to answer again.");
    }
    let mut actions = step(operation, "savepoint", "Asking Flink for a savepoint.");
    actions.push(call);
    actions
}

pub(super) fn job_ended_first(facts: &JobFacts) -> OperationError {
    let reason = facts
        .run
        .as_ref()
        .and_then(|run: &Run| run.end.as_ref())
        .map_or("", |end| end.reason.as_str());
    error(
        "job_ended_first",
        &format!("The job ended before the savepoint was taken. {reason}"),
        "Start it again from its newest snapshot, if it should go on.",
    )
}

fn error(code: &str, message: &str, hint: &str) -> OperationError {
    OperationError {
        code: code.to_owned(),
        message: message.to_owned(),
        hint: hint.to_owned(),
    }
}
