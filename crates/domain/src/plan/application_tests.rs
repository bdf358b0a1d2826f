//! Applications in Kubernetes: the eight stories with an API server in them, as tables.

use super::bed::*;
use super::cluster::{ClusterAction, plan_cluster};
use super::{MAX_CRASHES, RESEND_AFTER, SUBMIT_TIMEOUT};
use crate::cluster::{Cluster, KubernetesLook, LastWords, Look, TargetKind};
use crate::draft::Mode;
use crate::effect::{EffectKind, EffectState};
use crate::observation::FlinkState;
use crate::operation::Request;
use crate::ports::{ContainerEnd, DeploymentSight, PodRole, PodSight};
use crate::run::{Outcome, RunEnd, Source, StopMode};
use crate::snapshot::SnapshotState;
use crate::status::{JobFacts, Label, status};
use crate::time::Millis;

/// What the API server shows.
#[derive(Clone, Copy, PartialEq)]
enum Seen {
    /// Our Deployment with its JobManager, restarted so often.
    Ours(u32),
    /// A Deployment of that name, which is not ours.
    Theirs,
    /// Nothing.
    Nothing,
    /// A pod that is still ending.
    LastPod,
    /// It does not answer.
    NoAnswer,
}

fn pod(restarts: u32) -> PodSight {
    PodSight {
        name: "sw-1-abc".to_owned(),
        uid: "u".to_owned(),
        role: PodRole::JobManager,
        phase: "Running".to_owned(),
        running: true,
        restarts,
        ended: (restarts > 0).then(|| ContainerEnd {
            exit_code: 2,
            reason: "Error".to_owned(),
            at: Some(T),
        }),
        cause: None,
        deleting: false,
        init: None,
    }
}

fn shown(cluster: &Cluster, seen: Seen) -> KubernetesLook {
    let deployment = |epoch: String| {
        Some(DeploymentSight {
            uid: "d".to_owned(),
            epoch: Some(epoch),
            replicas: 1,
            deleting: false,
        })
    };
    let nothing = KubernetesLook::default();
    match seen {
        Seen::Ours(restarts) => KubernetesLook {
            deployment: deployment(cluster.epoch()),
            pods: vec![pod(restarts)],
            ..nothing
        },
        Seen::Theirs => KubernetesLook {
            deployment: deployment("another".to_owned()),
            ..nothing
        },
        Seen::LastPod => KubernetesLook {
            pods: vec![pod(0)],
            ..nothing
        },
        Seen::NoAnswer => KubernetesLook {
            error: Some("connection refused".to_owned()),
            ..nothing
        },
        Seen::Nothing => nothing,
    }
}

/// The facts with the cluster of an application, seen at a moment; its JobManager does not answer.
fn on_kubernetes(mut facts: JobFacts, seen: Seen, at: Millis) -> JobFacts {
    let of = facts.cluster.as_mut().unwrap();
    of.cluster.target = TargetKind::Kubernetes;
    of.cluster.mode = Mode::Application;
    of.look = Look {
        looked_at: Some(at),
        unreachable_since: Some(T),
        kubernetes: Some(shown(&of.cluster, seen)),
        ..Look::default()
    };
    facts
}

fn answering(mut facts: JobFacts) -> JobFacts {
    let look = &mut facts.cluster.as_mut().unwrap().look;
    look.unreachable_since = None;
    look.contact_at = look.looked_at;
    facts
}

const LATER: Millis = T.plus(60_000);

#[test]
fn a_start_needs_no_cluster_and_is_sent_until_all_objects_are_there() {
    let mut asked = facts();
    asked.lifecycle = Some(operation(100, start_request(), 1));
    check_now(&on_kubernetes(asked, Seen::Nothing, T), &["step:submit", "submit:true:-"]);
    let rows = [
        (EffectState::Intended, Seen::Nothing, T, vec!["submit:false:-"]),
        // The server was killed between two objects, or the API server did not answer: the rest is created.
        (EffectState::Sent, Seen::Ours(0), T.plus(RESEND_AFTER), vec!["submit:false:-"]),
        (EffectState::Unknown, Seen::NoAnswer, T.plus(RESEND_AFTER), vec!["submit:false:-"]),
        (EffectState::Sent, Seen::Ours(0), T.plus(-700), vec!["step:submit"]),
        (EffectState::Accepted, Seen::Ours(0), T, vec!["step:wait_until_running"]),
        (EffectState::Accepted, Seen::NoAnswer, T, vec!["step:wait_until_running"]),
    ];
    for (state, seen, now, expected) in rows {
        let facts = on_kubernetes(starting(state, None), seen, now);
        check(&facts, &evidence_read(), now, &expected);
    }
}

#[test]
fn only_the_api_server_proves_that_a_run_is_gone() {
    let running = || starting(EffectState::Accepted, Some(present(FlinkState::Running, 2)));
    let rows = [
        (Seen::Nothing, LATER, vec!["end:Unknown"]),
        (Seen::Theirs, LATER, vec!["end:Unknown"]),
        // Its pod may still run main.
        (Seen::LastPod, LATER, vec!["running", "finish:Succeeded:"]),
        (Seen::NoAnswer, LATER, vec!["running", "finish:Succeeded:"]),
        // A look from before the objects were there proves nothing.
        (Seen::Nothing, T.plus(-650), vec!["running", "finish:Succeeded:"]),
    ];
    for (seen, at, expected) in rows {
        check(&on_kubernetes(running(), seen, at), &evidence_read(), LATER, &expected);
    }
    // An empty list of a JobManager that recovers says nothing either.
    let recovering = answering(on_kubernetes(
        starting(EffectState::Accepted, Some(crate::observation::Presence::Absent)),
        Seen::Ours(1),
        LATER,
    ));
    check(&recovering, &evidence_read(), LATER, &["step:wait_until_running"]);
}

#[test]
fn what_kubernetes_refuses_and_what_never_comes_up_has_failed_with_its_cause() {
    let refused = on_kubernetes(starting(EffectState::Refused, None), Seen::Nothing, T);
    check_now(&refused, &["end:Failed"]);
    let crashing = |restarts| on_kubernetes(starting(EffectState::Accepted, None), Seen::Ours(restarts), LATER);
    check(&crashing(MAX_CRASHES - 1), &evidence_read(), LATER, &["step:wait_until_running"]);
    check(&crashing(MAX_CRASHES), &Default::default(), LATER, &["evidence"]);
    check(&crashing(MAX_CRASHES), &evidence_read(), LATER, &["end:Failed"]);
    // A job that has run is Flink's to restart.
    let mut ran = crashing(MAX_CRASHES);
    ran.run.as_mut().unwrap().running_at = Some(T);
    check(&ran, &evidence_read(), LATER, &["step:wait_until_running"]);
}

#[test]
fn a_cancel_is_flinks_where_it_answers_and_else_deletes_the_cluster() {
    let running = answering(on_kubernetes(stopping(StopMode::Cancel, 2), Seen::Ours(0), T));
    check_now(&running, &["step:cancel", "cancel"]);
    let silent = on_kubernetes(stopping(StopMode::Cancel, 2), Seen::Ours(0), T);
    check_now(&silent, &["step:cancel", "delete cluster"]);
    let mut asked = silent.clone();
    asked.effects.push(effect(EffectKind::DeleteCluster, 200, EffectState::Accepted));
    check_now(&asked, &["step:cancel"]);
    check(&asked, &Default::default(), LATER, &["step:cancel", "delete cluster"]);
    let mut gone = on_kubernetes(asked, Seen::Nothing, LATER);
    gone.run.as_mut().unwrap().stop_intent = Some(StopMode::Cancel);
    check(&gone, &evidence_read(), LATER, &["end:Canceled"]);
    // A submission in flight may still arrive until its time is over.
    let mut in_flight = on_kubernetes(stopping(StopMode::Cancel, 2), Seen::Nothing, LATER);
    in_flight.observation = None;
    in_flight.effects = vec![effect(EffectKind::Submit, 100, EffectState::Unknown)];
    check(&in_flight, &evidence_read(), LATER, &["step:cancel", "delete cluster"]);
    let over = T.plus(SUBMIT_TIMEOUT);
    check(
        &on_kubernetes(in_flight, Seen::Nothing, over),
        &evidence_read(),
        over,
        &["end:NeverRan"],
    );
}

#[test]
fn the_label_says_what_is_waited_for() {
    let mut waiting = on_kubernetes(starting(EffectState::Accepted, None), Seen::Ours(0), T);
    waiting.lifecycle = None;
    let kubernetes = waiting.cluster.as_mut().unwrap().look.kubernetes.as_mut().unwrap();
    kubernetes.cause = Some("The image flink:0 cannot be pulled.".to_owned());
    let status = status(&waiting, LATER);
    assert_eq!(
        (status.label, status.sentence.as_str()),
        (Label::Starting, "The image flink:0 cannot be pulled.")
    );
    assert!(status.conditions.is_empty(), "{:?}", status.conditions);
}

#[test]
fn what_the_program_threw_comes_first_but_for_a_container_without_memory() {
    let thrown = "java.lang.IllegalStateException: no topic";
    let facts = |reason: &str, of: &str, cause: Option<&str>| {
        let mut facts = on_kubernetes(starting(EffectState::Accepted, None), Seen::Ours(MAX_CRASHES), LATER);
        let kubernetes = facts.cluster.as_mut().unwrap().look.kubernetes.as_mut().unwrap();
        kubernetes.cause = cause.map(str::to_owned);
        kubernetes.pods[0].ended.as_mut().unwrap().reason = reason.to_owned();
        kubernetes.last_words = Some(LastWords {
            pod: of.to_owned(),
            life: 1,
            cause: thrown.to_owned(),
        });
        facts
    };
    let loops = Some("the JobManager ends again and again.");
    let rows = [
        (
            "Error",
            "sw-1-abc",
            loops,
            "java.lang.IllegalStateException: no topic. So the JobManager ends again and again.",
        ),
        (
            "Error",
            "sw-1-abc",
            None,
            "java.lang.IllegalStateException: no topic. So the JobManager ended; its next life begins.",
        ),
        ("OOMKilled", "sw-1-abc", loops, "the JobManager ends again and again."),
        // Of a pod that is history.
        ("Error", "sw-1-old", loops, "the JobManager ends again and again."),
    ];
    for (reason, of, cause, expected) in rows {
        let mut facts = facts(reason, of, cause);
        facts.lifecycle = None;
        assert_eq!(status(&facts, LATER).sentence, expected);
    }
    let mut read = evidence_read();
    read.evidence.as_mut().unwrap().cause = Some(thrown.to_owned());
    for (reason, expected) in [
        ("Error", thrown),
        ("OOMKilled", "Its JobManager needed more memory than its container has"),
    ] {
        let planned = super::plan(&facts(reason, "sw-1-abc", loops), &read, LATER);
        let super::Action::EndRun(end) = &planned.actions[0] else {
            panic!("{planned:?}")
        };
        assert!(end.reason.starts_with(expected), "{}", end.reason);
    }
}

fn words(facts: &JobFacts, open: Option<Request>, now: Millis) -> Vec<&'static str> {
    let of = facts.cluster.as_ref().unwrap();
    let open = open.map(|request| operation(300, request, 1));
    let planned = plan_cluster(&of.cluster, &of.look, open.as_ref(), std::slice::from_ref(facts), now);
    let word = |action: &ClusterAction| match action {
        ClusterAction::Launch { .. } => "launch",
        ClusterAction::Terminate => "terminate",
        ClusterAction::Retire => "retire",
        ClusterAction::Step { name, .. } => name,
        ClusterAction::Finish { error: None, .. } => "done",
        ClusterAction::Finish { .. } => "failed",
    };
    planned.iter().map(word).collect()
}

#[test]
fn the_cluster_of_a_run_goes_with_it_and_is_forgotten_when_it_is_gone() {
    let ended = |seen| {
        let mut facts = on_kubernetes(starting(EffectState::Accepted, None), seen, LATER);
        facts.lifecycle = None;
        facts.run.as_mut().unwrap().end = Some(RunEnd {
            at: T,
            outcome: Outcome::Failed,
            reason: "boom".to_owned(),
            source: Source::JobManagerRest,
        });
        facts
    };
    let none: [&str; 0] = [];
    assert_eq!(words(&ended(Seen::Ours(0)), None, LATER), ["terminate"]);
    assert_eq!(words(&ended(Seen::LastPod), None, LATER), none);
    assert_eq!(words(&ended(Seen::NoAnswer), None, LATER), none);
    assert_eq!(
        words(&ended(Seen::Theirs), None, LATER),
        ["retire"],
        "somebody else's is left alone"
    );
    assert_eq!(words(&ended(Seen::Nothing), None, LATER), ["retire"]);
    let live = on_kubernetes(starting(EffectState::Accepted, None), Seen::Nothing, LATER);
    assert_eq!(words(&live, None, LATER), none, "the end of the run comes first");
    // A job that is being moved stands at its next cluster already, while this one is still to say where its savepoint is.
    let mut moving = ended(Seen::Ours(0));
    moving.job.cluster_id = None;
    moving.snapshots = vec![snapshot(SnapshotState::Triggering)];
    assert_eq!(words(&moving, None, LATER), none);
    moving.snapshots = vec![snapshot(SnapshotState::Complete)];
    assert_eq!(words(&moving, None, LATER), ["terminate"]);
}

#[test]
fn a_cluster_of_somebody_else_is_left_alone() {
    let none: [&str; 0] = [];
    for seen in [Seen::Theirs, Seen::Nothing, Seen::LastPod, Seen::NoAnswer] {
        let mut facts = on_kubernetes(facts(), seen, LATER);
        let of = facts.cluster.as_mut().unwrap();
        of.cluster.mode = Mode::Session;
        of.cluster.deployment = Some("shared".to_owned());
        assert_eq!(of.cluster.deployment_name(), "shared");
        assert_eq!(of.look.deployment(&of.cluster).is_some(), seen == Seen::Theirs, "whoever made it");
        for open in [None, Some(Request::ClusterStart), Some(Request::ClusterStop)] {
            assert_eq!(words(&facts, open, T.plus(700_000)), none);
        }
    }
}

#[test]
fn a_session_cluster_is_created_and_deleted_as_asked_and_otherwise_left_alone() {
    let session = |seen, reachable: bool| {
        let mut facts = on_kubernetes(facts(), seen, LATER);
        facts.cluster.as_mut().unwrap().cluster.mode = Mode::Session;
        if reachable { answering(facts) } else { facts }
    };
    let (start, stop) = (|| Some(Request::ClusterStart), || Some(Request::ClusterStop));
    let none: [&str; 0] = [];
    assert_eq!(words(&session(Seen::Nothing, false), start(), T), ["launch", "launch"]);
    assert_eq!(words(&session(Seen::Ours(0), false), start(), T), ["wait_until_ready"]);
    assert_eq!(words(&session(Seen::Ours(0), true), start(), T), ["done"]);
    assert_eq!(words(&session(Seen::Ours(0), false), start(), T.plus(700_000)), ["failed"]);
    assert_eq!(words(&session(Seen::Ours(0), true), stop(), T), ["terminate", "terminate"]);
    assert_eq!(words(&session(Seen::Theirs, true), stop(), T), ["done"]);
    assert_eq!(words(&session(Seen::Nothing, false), stop(), T), ["done"]);
    assert_eq!(
        words(&session(Seen::Nothing, false), None, LATER),
        none,
        "deleted by hand: said, not fought"
    );
}
