//! What is to be done for a cluster in Kubernetes. What somebody else deletes or changes there is said, and not fought.

use super::cluster::{ClusterAction, failed, step};
use super::restart;
use crate::cluster::{Cluster, KubernetesLook, Look};
use crate::operation::{Operation, OperationState, Request};
use crate::ports::PodSight;
use crate::status::JobFacts;
use crate::time::Millis;

/// What to do next for a cluster in Kubernetes. `jobs`: those that have to do with it.
pub(super) fn plan(cluster: &Cluster, look: &Look, operation: Option<&Operation>, jobs: &[JobFacts], now: Millis) -> Vec<ClusterAction> {
    if cluster.is_application() {
        return application(cluster, look, jobs);
    }
    match operation {
        Some(open) if now > open.deadline_at => vec![failed(
            "deadline",
            format!("Cluster {} did not get there in time. {}", cluster.name, waits_for(look)),
        )],
        Some(open) if matches!(open.request, Request::ClusterStop) => stop(cluster, look, open),
        Some(open) => start(cluster, look, open),
        None => Vec::new(),
    }
}

/// The cluster of one run: once nothing uses it any more it goes, and is forgotten when it is proven to be gone.
fn application(cluster: &Cluster, look: &Look, jobs: &[JobFacts]) -> Vec<ClusterAction> {
    let here = |facts: &&JobFacts| facts.job.cluster_id == Some(cluster.id);
    let lives = |facts: &JobFacts| facts.run.as_ref().is_some_and(|run| run.live() && run.cluster_id == cluster.id);
    let used = jobs.iter().any(lives)
        || jobs.iter().any(|facts| asked_for_a_savepoint(cluster, facts))
        || jobs.iter().filter(here).any(|facts| facts.lifecycle.is_some());
    // The restart is made where the end of this cluster can be seen.
    let awaited = jobs.iter().filter(here).any(restart::pending);
    if used {
        Vec::new()
    } else if let Some(deployment) = look.deployment(cluster) {
        (!deployment.deleting).then_some(ClusterAction::Terminate).into_iter().collect()
    } else if !awaited && look.proves_gone(cluster, cluster.created_at) {
        vec![ClusterAction::Retire]
    } else {
        Vec::new()
    }
}

/// Whether a savepoint of a run on the cluster is not known to be complete yet: only its JobManager can say.
fn asked_for_a_savepoint(cluster: &Cluster, facts: &JobFacts) -> bool {
    let Some(run) = facts.run.as_ref().filter(|run| run.cluster_id == cluster.id) else {
        return false;
    };
    facts.snapshots.iter().any(|snapshot| snapshot.waits_for(run))
}

fn start(cluster: &Cluster, look: &Look, operation: &Operation) -> Vec<ClusterAction> {
    if look.deployment(cluster).is_none_or(|deployment| deployment.replicas == 0) {
        let mut actions = step(operation, "launch", "Creating its objects in Kubernetes.".to_owned());
        actions.push(ClusterAction::Launch { again: false });
        return actions;
    }
    if look.reachable() {
        return vec![ClusterAction::Finish {
            state: OperationState::Succeeded,
            error: None,
        }];
    }
    step(operation, "wait_until_ready", waits_for(look))
}

fn stop(cluster: &Cluster, look: &Look, operation: &Operation) -> Vec<ClusterAction> {
    if look.proves_gone(cluster, operation.created_at) {
        return vec![ClusterAction::Finish {
            state: OperationState::Succeeded,
            error: None,
        }];
    }
    let mut actions = step(
        operation,
        "terminate",
        "Deleting its objects; waiting until its pods are gone.".to_owned(),
    );
    if look.deployment(cluster).is_some_and(|deployment| !deployment.deleting) {
        actions.push(ClusterAction::Terminate);
    }
    actions
}

/// What the program threw in the JobManager's last life, where that is why it ended. A container without memory logs all
/// kinds of things.
fn thrown(kubernetes: &KubernetesLook) -> Option<&str> {
    let pod = kubernetes.job_manager()?;
    let words = kubernetes.last_words.as_ref().filter(|words| words.pod == pod.name)?;
    (pod.ended.is_some() && !out_of_memory(pod)).then_some(words.cause.as_str())
}

/// Whether the pod's container was ended for want of memory.
pub(super) fn out_of_memory(pod: &PodSight) -> bool {
    pod.ended.as_ref().is_some_and(|end| end.reason == "OOMKilled")
}

/// What keeps a cluster from answering, the first cause.
#[must_use]
pub fn waits_for(look: &Look) -> String {
    let Some(kubernetes) = &look.kubernetes else {
        return "Waiting for Kubernetes.".to_owned();
    };
    if let Some(error) = &kubernetes.error {
        return format!("The API server does not answer: {error}.");
    }
    let thrown = thrown(kubernetes).filter(|_| !look.reachable());
    match (&kubernetes.cause, thrown) {
        (Some(cause), Some(thrown)) => return format!("{}. So {cause}", thrown.trim_end_matches('.')),
        (Some(cause), None) => return cause.clone(),
        (None, Some(thrown)) => return format!("{}. So the JobManager ended; its next life begins.", thrown.trim_end_matches('.')),
        (None, None) => {}
    }
    match kubernetes.job_manager() {
        None => "Waiting for the JobManager's pod.".to_owned(),
        Some(pod) if !pod.running => format!("Waiting for the JobManager's pod {}: {}.", pod.name, pod.phase),
        Some(_) if !look.reachable() => "Waiting for the JobManager to answer.".to_owned(),
        Some(_) => "Looking for the job by its id.".to_owned(),
    }
}
