//! What is different for an application: its cluster comes and goes with the run. Creating its objects is the submission,
//! and harmless when repeated; its end is proven by Flink, else by the API server.

use super::end::being_started;
use super::kubernetes::{out_of_memory, waits_for};
use super::{
    Action, DELETING, MAX_CRASHES, Plan, RESEND_AFTER, SUBMIT_TIMEOUT, Sent, Sights, alive_in_flink, effect, presence, reachable, sent,
    step,
};
use crate::effect::{Effect, EffectKind, EffectState};
use crate::observation::Presence;
use crate::operation::Operation;
use crate::ports::PodSight;
use crate::run::{Outcome, Run, RunEnd, Source, StopMode};
use crate::status::{ClusterFacts, JobFacts};
use crate::time::Millis;

/// The cluster, where it is that of one application run.
pub(super) fn cluster(facts: &JobFacts) -> Option<&ClusterFacts> {
    facts.cluster.as_ref().filter(|cluster| cluster.cluster.is_application())
}

/// Whether the API server proved, after a moment, that nothing of the application's cluster is left.
pub(super) fn gone(cluster: &ClusterFacts, after: Option<Millis>) -> bool {
    after.is_some_and(|after| cluster.look.proves_gone(&cluster.cluster, after))
}

/// A live run that Flink has not shown yet: make sure that its objects are there, then wait.
pub(super) fn follow(facts: &JobFacts, cluster: &ClusterFacts, operation: &Operation, now: Millis) -> Vec<Action> {
    let again = vec![Action::Submit {
        new: false,
        restore_path: None,
    }];
    match sent(facts) {
        Sent::Not => again,
        Sent::InFlight(effect) if due(effect, now) => again,
        Sent::InFlight(effect) => {
            let why = effect.answer.as_deref().map_or_else(String::new, |why| format!(": {why}"));
            step(operation, "submit", format!("Creating its objects in Kubernetes{why}."))
        }
        Sent::Accepted(_) => step(operation, "wait_until_running", waits_for(&cluster.look)),
        Sent::Refused(_) => Vec::new(),
    }
}

/// The end of a run that Flink does not show as ended.
pub(super) fn end(facts: &JobFacts, cluster: &ClusterFacts, sights: &Sights, run: &Run, now: Millis) -> Option<Plan> {
    let end = |outcome, source, reason: &str| RunEnd {
        at: now,
        outcome,
        reason: reason.to_owned(),
        source,
    };
    let found = match sent(facts) {
        Sent::Not => return None,
        Sent::Refused(effect) => end(
            Outcome::Failed,
            Source::Submission,
            effect.answer.as_deref().unwrap_or("Kubernetes refused its objects."),
        ),
        Sent::InFlight(effect) => {
            let over = effect.sent_at.map(|at| at.plus(SUBMIT_TIMEOUT));
            if being_started(facts, run) || !gone(cluster, over) {
                return None;
            }
            end(Outcome::NeverRan, Source::Kubernetes, "Its objects were never created.")
        }
        Sent::Accepted(effect) if gone(cluster, effect.answered_at) => match run.stop_intent {
            Some(StopMode::Cancel) => end(
                Outcome::Canceled,
                Source::Kubernetes,
                "Cancelled, as asked: its cluster was deleted.",
            ),
            _ => end(
                Outcome::Unknown,
                Source::Kubernetes,
                "Its Deployment was deleted, and not by Streamwright.",
            ),
        },
        Sent::Accepted(_) => end(Outcome::Failed, Source::Kubernetes, &crash(facts, cluster, run)?),
    };
    if found.outcome == Outcome::Failed && found.source == Source::Kubernetes && sights.evidence.is_none() {
        return Some(Plan::of(
            Action::CollectEvidence,
            "the JobManager ends again and again; its log is read before that is written",
        ));
    }
    let cause = sights.evidence.as_ref().and_then(|evidence| evidence.cause.clone());
    let reason = cause
        .filter(|_| found.outcome == Outcome::Failed && !killed(cluster))
        .unwrap_or_else(|| found.reason.clone());
    Some(Plan::of(Action::EndRun(RunEnd { reason, ..found }), "Kubernetes proves it"))
}

/// Why a program that never came to run will not: its JobManager has ended too often.
fn crash(facts: &JobFacts, cluster: &ClusterFacts, run: &Run) -> Option<String> {
    let seen = matches!(presence(facts), Some(Presence::Present { .. }));
    let kubernetes = cluster.look.kubernetes.as_ref().filter(|kubernetes| kubernetes.error.is_none())?;
    let pod = kubernetes.job_manager()?;
    if seen || run.running_at.is_some() || pod.restarts < MAX_CRASHES {
        return None;
    }
    Some(crash_words(pod))
}

/// Whether the JobManager was ended for want of memory: what it logged before is not why.
fn killed(cluster: &ClusterFacts) -> bool {
    let pod = cluster.look.kubernetes.as_ref().and_then(|kubernetes| kubernetes.job_manager());
    pod.is_some_and(out_of_memory)
}

fn crash_words(pod: &PodSight) -> String {
    if out_of_memory(pod) {
        return format!(
            "Its JobManager needed more memory than its container has and was killed (OOMKilled), {} times before the job ran. Give it more memory, or Flink's JVM overhead a larger share.",
            pod.restarts
        );
    }
    let how = pod.ended.as_ref().map_or_else(String::new, |end| {
        format!(", the last time with exit code {} ({})", end.exit_code, end.reason)
    });
    format!(
        "Its JobManager ended {} times before the job ran{how}. Its log has the cause.",
        pod.restarts
    )
}

/// A cancel of what Flink does not run, or cannot be asked about: its cluster is deleted. Nothing where Flink is to cancel it.
pub(super) fn cancel(facts: &JobFacts, cluster: &ClusterFacts, operation: &Operation, now: Millis) -> Option<Vec<Action>> {
    if alive_in_flink(facts) && reachable(facts) {
        return None;
    }
    let mut actions = step(operation, "cancel", DELETING);
    let deleted = effect(facts, EffectKind::DeleteCluster, operation.id);
    let there = cluster
        .look
        .deployment(&cluster.cluster)
        .is_some_and(|deployment| !deployment.deleting);
    if deleted.is_none() || (there && deleted.is_some_and(|effect| due(effect, now))) {
        actions.push(Action::DeleteCluster {
            operation_id: operation.id,
        });
    }
    Some(actions)
}

/// Whether a call that is harmless when repeated is to be made again.
fn due(effect: &Effect, now: Millis) -> bool {
    effect.state == EffectState::Intended || effect.sent_at.is_none_or(|at| now.since(at) >= RESEND_AFTER)
}
