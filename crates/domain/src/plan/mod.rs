//! `plan`: from all that is known of a job to what is to be done next. Pure: the engine observes, calls this,
//! writes the notes of the answer in one transaction, then makes its calls, each with its intent written first.
//!
//! Precedence: the end of a run, then savepoints that settle, then the open operations. Without an open
//! operation nothing but the record changes: observing is not acting (law 1).

mod adopt;
#[cfg(test)]
mod adopt_tests;
mod application;
#[cfg(test)]
mod application_tests;
#[cfg(test)]
mod bed;
pub mod cluster;
#[cfg(test)]
mod cluster_tests;
mod end;
#[cfg(test)]
mod incident_tests;
pub(crate) mod kubernetes;
pub mod restart;
#[cfg(test)]
mod restart_tests;
mod savepoint;
#[cfg(test)]
mod shown_tests;
pub mod start;
mod stop;
#[cfg(test)]
mod stop_tests;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use crate::effect::{Effect, EffectKind, EffectState};
use crate::evidence::EvidenceFile;
use crate::id::{OperationId, RunId, SnapshotId};
use crate::job::Desired;
use crate::observation::Presence;
use crate::operation::{Operation, OperationError, OperationState, Request};
use crate::ports::{Checkpoint, SavepointProgress, StoredSnapshot};
use crate::run::{Run, RunEnd, Source, StartOptions, StopMode};
use crate::snapshot::Snapshot;
use crate::status::JobFacts;
use crate::time::{MINUTE, Millis, SECOND};

/// How long a program's main may run inside `/jars/:id/run` before a lost answer is taken for a lost request
/// and it is sent again under the same job id. Too short only costs a refused duplicate.
pub const MAIN_GRACE: i64 = 5 * SECOND;
/// After this long a submission without an answer cannot come true any more: the client's own time-out.
pub const SUBMIT_TIMEOUT: i64 = 2 * MINUTE;
/// Between two sendings of the same idempotent call.
pub const RESEND_AFTER: i64 = 5 * SECOND;
/// The sentence of the step that cancels.
pub const CANCELLING: &str = "Cancelling; waiting for Flink to report its end.";
/// The sentence of the step that deletes the cluster of an application.
pub const DELETING: &str = "Deleting its cluster; waiting until nothing of it is left.";
/// After so many ends of its JobManager a program that never came to run has failed.
pub const MAX_CRASHES: u32 = 3;
/// How often a submission is sent before only the deadline decides.
pub const MAX_TRIES: i64 = 5;

/// What was seen on this tick only: answers to looks that are not stored.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sights {
    /// What Flink says of savepoints under way.
    pub progress: HashMap<SnapshotId, SavepointProgress>,
    /// What the state storage says of savepoints that Flink does not speak of any more.
    pub stored: HashMap<SnapshotId, Stored>,
    /// Exceptions and checkpoints of a run that has ended.
    pub evidence: Option<Evidence>,
    /// Snapshots of the job that a start may choose from; read while a start is open or a restart is due.
    pub snapshots: Vec<Snapshot>,
}

/// What a state storage says of a snapshot's directory.
#[derive(Debug, Clone, PartialEq)]
pub enum Stored {
    /// Complete.
    Found(StoredSnapshot),
    /// Nothing complete is there.
    Nothing,
    /// It cannot be read from here.
    Unreadable(String),
}

/// What is kept of a run's end.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Evidence {
    /// The first cause of the newest exception.
    pub cause: Option<String>,
    /// The newest complete checkpoint.
    pub checkpoint: Option<Checkpoint>,
    /// Logs and exceptions to keep.
    pub files: Vec<EvidenceFile>,
    /// The run that the logs are kept with, where it is another one.
    pub logs_of: Option<RunId>,
    /// What could not be read, as a sentence.
    pub missing: Option<String>,
}

/// One thing to do. Notes change rows and are written together; calls go outside afterwards, in order.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Note: the run has ended.
    EndRun(RunEnd),
    /// Note: all tasks were seen running for the first time.
    MarkRunning,
    /// Note: an ended run was seen alive, or is not any more.
    MarkGhost(bool),
    /// Note: what became of a snapshot.
    RecordSnapshot(Box<Snapshot>),
    /// Note: the step that an operation is at.
    Step {
        /// The operation.
        operation_id: OperationId,
        /// The step's word.
        name: &'static str,
        /// What it waits for.
        detail: String,
    },
    /// Note: an operation has ended.
    Finish {
        /// The operation.
        operation_id: OperationId,
        /// How.
        state: OperationState,
        /// Why it failed.
        error: Option<OperationError>,
        /// What is desired from now on, where a failed stop leaves the job running.
        desired: Option<Desired>,
    },
    /// Note: remove the job's rows.
    DeleteJob,
    /// Note: the restart policy begins a start of its own.
    Restart {
        /// The how-manieth within the policy's window.
        number: u32,
        /// How, the state resolved.
        options: StartOptions,
    },
    /// Note: the restart policy gives up after this run.
    GiveUpRestarts {
        /// Why, as a sentence.
        reason: String,
    },
    /// Call: send a submission; a new run where the run is not of this intent yet.
    Submit {
        /// Whether a run has to be made first.
        new: bool,
        /// Where it starts from.
        restore_path: Option<String>,
    },
    /// Write only: a Flink job of somebody else becomes a run of this intent.
    Adopt {
        /// The run that it becomes.
        run_id: RunId,
    },
    /// Call: take a savepoint for this operation.
    TriggerSavepoint {
        /// The operation.
        operation_id: OperationId,
    },
    /// Call: stop with savepoint for this operation.
    StopWithSavepoint {
        /// The operation.
        operation_id: OperationId,
        /// Flush event time first.
        drain: bool,
    },
    /// Call: cancel the run for this operation.
    Cancel {
        /// The operation.
        operation_id: OperationId,
    },
    /// Call: delete the cluster of an application for this operation.
    DeleteCluster {
        /// The operation.
        operation_id: OperationId,
    },
    /// Look: read exceptions, checkpoints and logs of the run before its end is written.
    CollectEvidence,
}

impl Action {
    /// Whether it goes outside; everything else is a note.
    #[must_use]
    pub const fn call(&self) -> bool {
        matches!(
            self,
            Self::Submit { .. }
                | Self::Adopt { .. }
                | Self::TriggerSavepoint { .. }
                | Self::StopWithSavepoint { .. }
                | Self::Cancel { .. }
                | Self::DeleteCluster { .. }
                | Self::CollectEvidence
        )
    }
}

/// What to do next, and why.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    /// In this order.
    pub actions: Vec<Action>,
    /// For the log.
    pub because: &'static str,
}

impl Plan {
    fn of(action: Action, because: &'static str) -> Self {
        Self {
            actions: vec![action],
            because,
        }
    }

    /// Whether there is nothing to do but to look again.
    #[must_use]
    pub fn idle(&self) -> bool {
        self.actions.is_empty()
    }
}

/// Whether the live run is about to end with its JobManager's process: its logs are read before a next life of the
/// process begins to write over them.
#[must_use]
pub fn ends_with_its_process(facts: &JobFacts) -> bool {
    let by_exit = facts.observation.as_ref().is_some_and(|seen| seen.source == Source::ProcessExit);
    by_exit && presence(facts) == Some(&Presence::Absent) && facts.run.as_ref().is_some_and(Run::live) && sent(facts) != Sent::Not
}

/// What to do next for a job.
#[must_use]
pub fn plan(facts: &JobFacts, sights: &Sights, now: Millis) -> Plan {
    if let Some(plan) = end::of_run(facts, sights, now) {
        return plan;
    }
    let settled = savepoint::settle(facts, sights, now);
    if !settled.is_empty() {
        return Plan {
            actions: settled,
            because: "a savepoint has settled",
        };
    }
    let mut plan = Plan::default();
    if let Some(operation) = &facts.savepoint {
        plan.actions
            .extend(overdue(facts, operation, now).unwrap_or_else(|| savepoint::operation(facts, operation, now)));
        plan.because = "a savepoint is open";
    }
    if let Some(operation) = &facts.lifecycle {
        plan.actions
            .extend(overdue(facts, operation, now).unwrap_or_else(|| lifecycle(facts, sights, operation, now)));
        plan.because = "a lifecycle operation is open";
    }
    if plan.idle() {
        plan.actions.extend(end::ghost(facts, now));
        plan.actions.extend(first_running(facts));
        plan.actions.extend(restart::restart(facts, sights, now));
    }
    plan
}

/// A run whose start nobody waits for any more is seen running for the first time.
fn first_running(facts: &JobFacts) -> Option<Action> {
    let run = facts.run.as_ref().filter(|run| run.live() && run.running_at.is_none())?;
    let seen = facts.observation.as_ref().filter(|seen| seen.run_id == run.id)?;
    seen.presence.all_tasks_running().then_some(Action::MarkRunning)
}

fn lifecycle(facts: &JobFacts, sights: &Sights, operation: &Operation, now: Millis) -> Vec<Action> {
    match &operation.request {
        Request::Start { options, .. } | Request::Restart { options, .. } => start::start(facts, sights, operation, options, now),
        Request::Stop { mode } => stop::stop(facts, operation, *mode, now),
        Request::Replace { stop, options, .. } => replace(facts, sights, operation, (*stop, options), now),
        Request::Adopt { run_id, .. } => adopt::adopt(facts, operation, *run_id, now),
        Request::Delete => delete(facts, operation),
        Request::Savepoint | Request::ClusterStart | Request::ClusterStop => Vec::new(),
    }
}

/// Stop what runs of an older intent, then start: the two walks one after the other.
fn replace(
    facts: &JobFacts,
    sights: &Sights,
    operation: &Operation,
    how: (StopMode, &crate::run::StartOptions),
    now: Millis,
) -> Vec<Action> {
    let (mode, options) = how;
    let old = facts.run.as_ref().filter(|run| run.generation < operation.generation);
    match old {
        Some(run) if run.live() => stop::work(facts, operation, mode, now),
        Some(run) => match stop::result(facts, operation, mode, run) {
            stop::Stopped::Waiting => Vec::new(),
            stop::Stopped::Done => start::start(facts, sights, operation, options, now),
            stop::Stopped::Otherwise(error) => vec![failed(operation, error, None)],
        },
        None => start::start(facts, sights, operation, options, now),
    }
}

fn delete(facts: &JobFacts, operation: &Operation) -> Vec<Action> {
    if facts.run.as_ref().is_some_and(Run::live) {
        let error = OperationError {
            code: "still_running".to_owned(),
            message: "The job may still be running.".to_owned(),
            hint: "Stop or cancel it, then delete it.".to_owned(),
        };
        return vec![failed(operation, error, None)];
    }
    vec![Action::DeleteJob]
}

/// An operation past its deadline ends; what it sent is still recorded when it comes true.
fn overdue(facts: &JobFacts, operation: &Operation, now: Millis) -> Option<Vec<Action>> {
    (now > operation.deadline_at).then(|| {
        let waited_for = operation.steps.last().map_or("", |step| step.detail.as_str());
        let error = OperationError {
            code: "deadline".to_owned(),
            message: format!("Not done within its time. It was at: {waited_for}"),
            hint: "What was already sent to Flink goes on and is recorded when it comes true. Look at the job's state, then try again or cancel the job.".to_owned(),
        };
        vec![failed(operation, error, still_running(facts, operation))]
    })
}

/// After a stop that failed, what runs is desired again.
fn still_running(facts: &JobFacts, operation: &Operation) -> Option<Desired> {
    let stops = matches!(operation.request, Request::Stop { .. } | Request::Replace { .. });
    let run = facts.run.as_ref().filter(|run| stops && run.live())?;
    Some(Desired::Running {
        release_id: run.release_id,
    })
}

fn failed(operation: &Operation, error: OperationError, desired: Option<Desired>) -> Action {
    Action::Finish {
        operation_id: operation.id,
        state: OperationState::Failed,
        error: Some(error),
        desired,
    }
}

fn succeeded(operation: &Operation) -> Action {
    Action::Finish {
        operation_id: operation.id,
        state: OperationState::Succeeded,
        error: None,
        desired: None,
    }
}

/// A step note, unless the operation is at that step with that detail already.
fn step(operation: &Operation, name: &'static str, detail: impl Into<String>) -> Vec<Action> {
    let detail = detail.into();
    match operation.steps.last() {
        Some(last) if last.name == name && last.detail == detail && last.ended_at.is_none() => Vec::new(),
        _ => vec![Action::Step {
            operation_id: operation.id,
            name,
            detail,
        }],
    }
}

fn effect(facts: &JobFacts, kind: EffectKind, operation_id: OperationId) -> Option<&Effect> {
    let run_id = facts.run.as_ref()?.id;
    facts
        .effects
        .iter()
        .find(|effect| effect.kind == kind && effect.operation_id == operation_id && effect.run_id == run_id)
}

/// How far the submission of the newest run is.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Sent<'a> {
    /// Nothing went out.
    Not,
    /// It went out; no answer is known.
    InFlight(&'a Effect),
    /// Flink took it.
    Accepted(&'a Effect),
    /// The answer was not a success: look by id.
    Refused(&'a Effect),
}

fn sent(facts: &JobFacts) -> Sent<'_> {
    let run_id = facts.run.as_ref().map(|run| run.id);
    let submit = facts
        .effects
        .iter()
        .find(|effect| effect.kind == EffectKind::Submit && Some(effect.run_id) == run_id);
    match submit {
        None => Sent::Not,
        Some(effect) => match effect.state {
            EffectState::Intended => Sent::Not,
            EffectState::Sent | EffectState::Unknown => Sent::InFlight(effect),
            EffectState::Accepted => Sent::Accepted(effect),
            EffectState::Refused => Sent::Refused(effect),
        },
    }
}

fn incarnation(facts: &JobFacts) -> Option<&str> {
    facts.cluster.as_ref()?.look.incarnation.as_deref()
}

fn reachable(facts: &JobFacts) -> bool {
    facts.cluster.as_ref().is_some_and(|cluster| cluster.look.reachable())
}

/// Whether the JobManager was heard after a moment: an older look proves nothing about what was sent since.
fn heard_after(facts: &JobFacts, moment: Option<Millis>) -> bool {
    let contact = facts.cluster.as_ref().and_then(|cluster| cluster.look.contact_at);
    matches!((contact, moment), (Some(contact), Some(moment)) if contact > moment)
}

fn presence(facts: &JobFacts) -> Option<&Presence> {
    let run_id = facts.run.as_ref()?.id;
    facts
        .observation
        .as_ref()
        .filter(|seen| seen.run_id == run_id)
        .map(|seen| &seen.presence)
}

fn alive_in_flink(facts: &JobFacts) -> bool {
    matches!(presence(facts), Some(Presence::Present { state, .. }) if !state.ended())
}
