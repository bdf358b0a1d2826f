//! The label of a cluster and what may be done with it: computed from what is asked and what was seen,
//! never stored. The same functions guard the routes and grey the buttons.

use serde::{Deserialize, Serialize};

use crate::actions::Verdict;
use crate::cluster::{Cluster, ClusterDesired, Look, TargetKind};
use crate::operation::{Operation, Request};
use crate::time::Millis;

/// The word on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClusterLabel {
    /// Not running, as asked.
    Stopped,
    /// Coming up.
    Starting,
    /// Its JobManager answers.
    Running,
    /// Its JobManager should answer and does not.
    Unreachable,
    /// Being ended.
    Stopping,
}

/// What the screen shows of a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterStatus {
    /// The word.
    pub label: ClusterLabel,
    /// Why it is this word.
    pub sentence: String,
    /// Who said so.
    pub evidence: &'static str,
    /// When they last said so.
    pub evidence_at: Option<Millis>,
}

/// Verdicts on everything that can be asked of a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterActions {
    /// Start its processes.
    pub start: Verdict,
    /// End its processes.
    pub stop: Verdict,
    /// Remove it.
    pub delete: Verdict,
    /// Change how its address is spoken to.
    pub connection: Verdict,
    /// Change the jars of its next start.
    pub jars: Verdict,
    /// Change whether it is only looked at.
    pub access: Verdict,
}

/// The label with its sentence and evidence.
#[must_use]
pub fn cluster_status(cluster: &Cluster, look: &Look, operation: Option<&Operation>) -> ClusterStatus {
    let (label, sentence) = label(cluster, look, operation);
    let evidence = if look.contact_at.is_some() {
        "JobManager REST"
    } else {
        "Not seen yet"
    };
    ClusterStatus {
        label,
        sentence,
        evidence,
        evidence_at: look.contact_at,
    }
}

fn label(cluster: &Cluster, look: &Look, operation: Option<&Operation>) -> (ClusterLabel, String) {
    if let Some(open) = operation {
        return step(open);
    }
    if cluster.desired == ClusterDesired::Stopped && cluster.managed() {
        return (ClusterLabel::Stopped, "Nothing runs, as asked.".to_owned());
    }
    if look.reachable() {
        let (free, all) = (look.slots_free, look.slots_total);
        return (
            ClusterLabel::Running,
            format!("Its JobManager answers; {free} of {all} slots are free."),
        );
    }
    let why = look.error.as_deref().unwrap_or("no answer");
    match look.unreachable_since {
        Some(_) => (ClusterLabel::Unreachable, format!("Its JobManager does not answer: {why}.")),
        None => (ClusterLabel::Starting, "Its JobManager has not answered yet.".to_owned()),
    }
}

fn step(open: &Operation) -> (ClusterLabel, String) {
    let (label, fallback) = match open.request {
        Request::ClusterStop => (ClusterLabel::Stopping, "Its processes are being ended."),
        _ => (ClusterLabel::Starting, "Its processes are being started."),
    };
    let step = open.steps.last().filter(|step| step.ended_at.is_none() && !step.detail.is_empty());
    (label, step.map_or_else(|| fallback.to_owned(), |step| step.detail.clone()))
}

/// What may be done with a cluster now; `live_runs` are those of jobs of ours that may still run on it.
#[must_use]
pub fn cluster_actions(cluster: &Cluster, operation: Option<&Operation>, live_runs: usize) -> ClusterActions {
    ClusterActions {
        start: start(cluster, operation),
        stop: stop(cluster, operation),
        delete: delete(cluster, operation, live_runs),
        connection: connection(cluster),
        jars: jars(cluster, operation),
        access: access(cluster),
    }
}

/// Whether a Flink job of somebody else on a cluster may be taken over.
#[must_use]
pub fn adopt_unmanaged(cluster: &Cluster, look: &Look) -> Verdict {
    if cluster.read_only {
        no("cluster_read_only", "Its cluster is only looked at: open that for jobs first.")
    } else if look.reachable() {
        yes()
    } else {
        no(
            "cluster_unreachable",
            "Its cluster does not answer, so nobody knows whether it still runs.",
        )
    }
}

const fn yes() -> Verdict {
    Verdict {
        allowed: true,
        code: "",
        reason: String::new(),
    }
}

fn no(code: &'static str, reason: impl Into<String>) -> Verdict {
    Verdict {
        allowed: false,
        code,
        reason: reason.into(),
    }
}

fn busy(open: &Operation) -> Verdict {
    let what = if matches!(open.request, Request::ClusterStop) {
        "stopped"
    } else {
        "started"
    };
    no(
        "operation_running",
        format!("It is being {what}; wait for {} or cancel it.", open.id),
    )
}

fn not_managed() -> Verdict {
    no("not_managed", "Somebody else runs this cluster; start and stop it where it runs.")
}

fn start(cluster: &Cluster, operation: Option<&Operation>) -> Verdict {
    match operation {
        _ if !cluster.managed() => not_managed(),
        Some(open) => busy(open),
        None if cluster.desired == ClusterDesired::Running => no(
            "already_running",
            "It is to run already; what ends of it is started again by itself.",
        ),
        None => yes(),
    }
}

/// A stop takes the place of an open start.
fn stop(cluster: &Cluster, operation: Option<&Operation>) -> Verdict {
    match operation {
        _ if !cluster.managed() => not_managed(),
        Some(open) if matches!(open.request, Request::ClusterStop) => busy(open),
        None if cluster.desired == ClusterDesired::Stopped => no("already_stopped", "It is not running."),
        _ => yes(),
    }
}

fn delete(cluster: &Cluster, operation: Option<&Operation>, live_runs: usize) -> Verdict {
    match operation {
        Some(open) => busy(open),
        None if cluster.managed() && cluster.desired == ClusterDesired::Running => no("still_running", "Stop it first."),
        None if live_runs > 0 => no(
            "has_runs",
            format!("{live_runs} of its jobs may still be running: stop them first."),
        ),
        None => yes(),
    }
}

/// Our own clusters are there for our jobs.
fn access(cluster: &Cluster) -> Verdict {
    if cluster.managed() {
        no(
            "managed",
            "It is a cluster of ours: only those of somebody else are merely looked at.",
        )
    } else {
        yes()
    }
}

fn connection(cluster: &Cluster) -> Verdict {
    if cluster.target == TargetKind::Standalone {
        yes()
    } else {
        no("not_standalone", "Only a standalone cluster has a connection of its own.")
    }
}

fn jars(cluster: &Cluster, operation: Option<&Operation>) -> Verdict {
    match operation {
        _ if !cluster.managed() => no(
            "not_managed",
            "Somebody else runs this cluster; its jars are put into lib where it runs.",
        ),
        _ if cluster.target == TargetKind::Kubernetes => no("not_local", "Its jars come with its image, or by its pod template."),
        Some(open) => busy(open),
        None => yes(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use uuid::Uuid;

    use super::*;
    use crate::id::{ClusterId, OperationId, TeamId};
    use crate::operation::OperationState;

    fn cluster(target: TargetKind, desired: ClusterDesired) -> Cluster {
        Cluster {
            id: ClusterId(Uuid::nil()),
            team_id: TeamId(Uuid::nil()),
            name: "c".to_owned(),
            target,
            flink_version_id: None,
            version: None,
            rest_url: None,
            connection: None,
            task_managers: 1,
            slots: 4,
            configuration: BTreeMap::new(),
            target_id: None,
            deployment: None,
            read_only: false,
            mode: crate::draft::Mode::Session,
            desired,
            generation: 1,
            operation_id: None,
            created_at: Millis(0),
            revision: 1,
        }
    }

    fn open(request: Request) -> Operation {
        Operation {
            id: OperationId(Uuid::nil()),
            team_id: TeamId(Uuid::nil()),
            job_id: None,
            cluster_id: None,
            request,
            generation: 1,
            run_id: None,
            snapshot_id: None,
            state: OperationState::Running,
            steps: Vec::new(),
            error: None,
            requested_by: None,
            created_at: Millis(0),
            deadline_at: Millis(1),
            ended_at: None,
            revision: 1,
        }
    }

    #[test]
    fn labels() {
        use ClusterDesired::{Running, Stopped};
        use ClusterLabel as L;
        use TargetKind::{Kubernetes, Local, Standalone};
        let answers = Look {
            contact_at: Some(Millis(1)),
            ..Look::default()
        };
        let silent = Look {
            unreachable_since: Some(Millis(2)),
            ..answers.clone()
        };
        let (start, stop) = (open(Request::ClusterStart), open(Request::ClusterStop));
        let cases = [
            (Local, Stopped, Look::default(), None, L::Stopped),
            (Local, Running, Look::default(), None, L::Starting),
            (Local, Running, answers.clone(), None, L::Running),
            (Local, Running, answers.clone(), Some(&start), L::Starting),
            (Local, Stopped, answers.clone(), Some(&stop), L::Stopping),
            (Local, Running, silent.clone(), None, L::Unreachable),
            (Kubernetes, Stopped, Look::default(), None, L::Stopped),
            (Kubernetes, Running, answers.clone(), None, L::Running),
            (Standalone, Stopped, answers, None, L::Running),
            (Standalone, Running, silent, None, L::Unreachable),
        ];
        for (target, desired, look, operation, expected) in cases {
            let got = cluster_status(&cluster(target, desired), &look, operation);
            assert_eq!(got.label, expected, "{target:?} {desired:?} {look:?}");
        }
    }

    #[test]
    fn verdicts() {
        use ClusterDesired::{Running, Stopped};
        use TargetKind::{Kubernetes, Local, Standalone};
        let (start, stop) = (open(Request::ClusterStart), open(Request::ClusterStop));
        let cases = [
            (Kubernetes, Stopped, None, 0, ["", "already_stopped", "", "not_local"]),
            (Kubernetes, Running, None, 0, ["already_running", "", "still_running", "not_local"]),
            (Local, Stopped, None, 0, ["", "already_stopped", "", ""]),
            (Local, Running, None, 0, ["already_running", "", "still_running", ""]),
            (
                Local,
                Running,
                Some(&start),
                0,
                ["operation_running", "", "operation_running", "operation_running"],
            ),
            (
                Local,
                Stopped,
                Some(&stop),
                0,
                ["operation_running", "operation_running", "operation_running", "operation_running"],
            ),
            (Local, Stopped, None, 2, ["", "already_stopped", "has_runs", ""]),
            (Standalone, Running, None, 0, ["not_managed", "not_managed", "", "not_managed"]),
            (
                Standalone,
                Running,
                None,
                1,
                ["not_managed", "not_managed", "has_runs", "not_managed"],
            ),
        ];
        for (target, desired, operation, runs, expected) in cases {
            let got = cluster_actions(&cluster(target, desired), operation, runs);
            let codes = [got.start.code, got.stop.code, got.delete.code, got.jars.code];
            assert_eq!(codes, expected, "{target:?} {desired:?}");
            assert_eq!(got.start.allowed, got.start.code.is_empty());
            assert_eq!(got.connection.allowed, target == Standalone);
        }
    }
}
