//! What is to be done for a cluster. The processes of a local one are restarted as its own desired state.

use super::kubernetes;
use crate::cluster::{Cluster, ClusterDesired, Look, TargetKind};
use crate::operation::{Operation, OperationError, OperationState, Request};
use crate::status::JobFacts;
use crate::time::{MINUTE, Millis, SECOND};

/// How long the processes of a cluster that ended by themselves are left alone before they are started again.
pub const RELAUNCH_AFTER: i64 = 5 * SECOND;
/// How long they are left alone when the cluster came to an end within a minute of its last answer or launch.
pub const RELAUNCH_AFTER_CRASH: i64 = MINUTE;

/// One thing to do for a cluster. `Step` and `Finish` are notes; the others go outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClusterAction {
    /// Start what does not run.
    Launch {
        /// Whether it had run and ended by itself: worth an event.
        again: bool,
    },
    /// End all processes, or delete what is ours in Kubernetes.
    Terminate,
    /// Nothing is left of an application's cluster: it is history.
    Retire,
    /// The step that the operation is at.
    Step {
        /// The step's word.
        name: &'static str,
        /// What it waits for.
        detail: String,
    },
    /// The operation has ended.
    Finish {
        /// How.
        state: OperationState,
        /// Why it failed.
        error: Option<OperationError>,
    },
}

/// What to do next for a cluster. `jobs`: those that have to do with it.
#[must_use]
pub fn plan_cluster(cluster: &Cluster, look: &Look, operation: Option<&Operation>, jobs: &[JobFacts], now: Millis) -> Vec<ClusterAction> {
    match cluster.target {
        _ if !cluster.managed() => Vec::new(),
        TargetKind::Standalone => Vec::new(),
        TargetKind::Kubernetes => kubernetes::plan(cluster, look, operation, jobs, now),
        TargetKind::Local => local(cluster, look, operation, now),
    }
}

fn local(cluster: &Cluster, look: &Look, operation: Option<&Operation>, now: Millis) -> Vec<ClusterAction> {
    match operation {
        Some(open) if now > open.deadline_at => vec![failed("deadline", format!("Cluster {} did not get there in time.", cluster.name))],
        Some(open) if matches!(open.request, Request::ClusterStop) => stop(look, open),
        Some(open) => start(cluster, look, open),
        None => keep(cluster, look, now),
    }
}

fn alive(look: &Look) -> usize {
    look.processes.iter().filter(|process| process.pid.is_some()).count()
}

fn wanted(cluster: &Cluster) -> usize {
    1 + cluster.task_managers as usize
}

fn start(cluster: &Cluster, look: &Look, operation: &Operation) -> Vec<ClusterAction> {
    let died = look
        .processes
        .iter()
        .find(|process| process.pid.is_none() && process.ended_at.is_some_and(|at| at > operation.created_at));
    if let Some(dead) = died {
        let code = dead
            .exit_code
            .map_or_else(|| "an unknown exit code".to_owned(), |code| format!("exit code {code}"));
        return vec![failed(
            "process_ended",
            format!("The {} of cluster {} ended with {code} while starting.", dead.role, cluster.name),
        )];
    }
    if alive(look) < wanted(cluster) {
        let mut actions = step(operation, "launch", "Starting JobManager and TaskManagers.".to_owned());
        actions.push(ClusterAction::Launch { again: false });
        return actions;
    }
    if look.reachable() && look.task_managers >= cluster.task_managers {
        return vec![ClusterAction::Finish {
            state: OperationState::Succeeded,
            error: None,
        }];
    }
    step(
        operation,
        "wait_until_ready",
        format!("{} of {} TaskManagers have registered.", look.task_managers, cluster.task_managers),
    )
}

fn stop(look: &Look, operation: &Operation) -> Vec<ClusterAction> {
    if alive(look) == 0 {
        return vec![ClusterAction::Finish {
            state: OperationState::Succeeded,
            error: None,
        }];
    }
    let mut actions = step(operation, "terminate", "Ending TaskManagers and JobManager.".to_owned());
    actions.push(ClusterAction::Terminate);
    actions
}

/// No operation is open: what ended by itself is started again, not faster than it could be of use.
fn keep(cluster: &Cluster, look: &Look, now: Millis) -> Vec<ClusterAction> {
    if cluster.desired == ClusterDesired::Stopped || alive(look) >= wanted(cluster) {
        return Vec::new();
    }
    let last_end = look.processes.iter().filter_map(|process| process.ended_at).max();
    let crashing =
        matches!((last_end, look.contact_at), (Some(end), Some(contact)) if end.since(contact) > MINUTE) || look.contact_at.is_none();
    let pause = if crashing { RELAUNCH_AFTER_CRASH } else { RELAUNCH_AFTER };
    match last_end {
        Some(end) if now.since(end) < pause => Vec::new(),
        _ => vec![ClusterAction::Launch { again: true }],
    }
}

pub(super) fn failed(code: &str, message: String) -> ClusterAction {
    let hint = "Look at the cluster's logs, mend the cause, then start it again.".to_owned();
    ClusterAction::Finish {
        state: OperationState::Failed,
        error: Some(OperationError {
            code: code.to_owned(),
            message,
            hint,
        }),
    }
}

pub(super) fn step(operation: &Operation, name: &'static str, detail: String) -> Vec<ClusterAction> {
    match operation.steps.last() {
        Some(last) if last.name == name && last.detail == detail => Vec::new(),
        _ => vec![ClusterAction::Step { name, detail }],
    }
}
