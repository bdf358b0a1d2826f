//! Decisions as tables: the stories of the design where a session cluster shows them, and what lies around them.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::{Action, Evidence, MAIN_GRACE, RESEND_AFTER, SUBMIT_TIMEOUT, Sights, Stored, plan};
use crate::cluster::{Cluster, ClusterDesired, Look, TargetKind};
use crate::effect::{Effect, EffectKind, EffectState};
use crate::flink_version::VersionNumber;
use crate::id::*;
use crate::job::{Desired, Job};
use crate::observation::{FlinkState, Observation, Presence};
use crate::operation::{Operation, OperationState, Request};
use crate::ports::{SavepointProgress, StoredSnapshot};
use crate::run::{Outcome, Run, RunCause, RunEnd, Source, StartFrom, StartOptions, StopMode};
use crate::snapshot::{Snapshot, SnapshotKind, SnapshotState};
use crate::status::{ClusterFacts, ConditionKind, JobFacts, Label, status};
use crate::time::Millis;

const T: Millis = Millis(1_000_000);
const LIFE: &str = "life-1";

fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn start_request() -> Request {
    Request::Start { release_id: ReleaseId(id(5)), options: StartOptions::default() }
}

fn operation(n: u128, request: Request, generation: i64) -> Operation {
    Operation {
        id: OperationId(id(n)),
        team_id: TeamId(id(1)),
        job_id: Some(JobId(id(2))),
        cluster_id: None,
        request,
        generation,
        run_id: None,
        snapshot_id: None,
        state: OperationState::Running,
        steps: Vec::new(),
        error: None,
        requested_by: None,
        created_at: T.plus(-1_000),
        deadline_at: T.plus(600_000),
        ended_at: None,
        revision: 1,
    }
}

fn run(generation: i64) -> Run {
    Run {
        id: RunId(id(7)),
        job_id: JobId(id(2)),
        team_id: TeamId(id(1)),
        release_id: ReleaseId(id(5)),
        release_number: 1,
        cluster_id: ClusterId(id(3)),
        generation,
        attempt: 1,
        cause: RunCause::Start,
        options: StartOptions::default(),
        restore_path: None,
        operation_id: OperationId(id(100)),
        created_at: T.plus(-900),
        running_at: None,
        stop_intent: None,
        end: None,
        ghost_since: None,
    }
}

fn effect(kind: EffectKind, operation: u128, state: EffectState) -> Effect {
    Effect {
        id: EffectId(id(operation + 1_000)),
        operation_id: OperationId(id(operation)),
        run_id: RunId(id(7)),
        kind,
        name: "n".to_owned(),
        incarnation: Some(LIFE.to_owned()),
        state,
        answer: None,
        tries: i64::from(state != EffectState::Intended),
        intended_at: T.plus(-800),
        sent_at: (state != EffectState::Intended).then(|| T.plus(-700)),
        answered_at: matches!(state, EffectState::Accepted | EffectState::Refused).then(|| T.plus(-600)),
    }
}

/// A job whose cluster answered just now, in its first life.
fn facts() -> JobFacts {
    let cluster = Cluster {
        id: ClusterId(id(3)),
        team_id: TeamId(id(1)),
        name: "local".to_owned(),
        target: TargetKind::Local,
        flink_version_id: None,
        version: Some(VersionNumber::new(2, 2, 1)),
        rest_url: Some("http://127.0.0.1:1".to_owned()),
        task_managers: 1,
        slots: 4,
        configuration: BTreeMap::new(),
        desired: ClusterDesired::Running,
        generation: 1,
        operation_id: None,
        created_at: T,
        revision: 1,
    };
    let look = Look { incarnation: Some(LIFE.to_owned()), contact_at: Some(T), looked_at: Some(T), slots_total: 4, slots_free: 4, ..Look::default() };
    JobFacts {
        job: Job {
            id: JobId(id(2)),
            team_id: TeamId(id(1)),
            name: "orders".to_owned(),
            description: String::new(),
            desired: Desired::Running { release_id: ReleaseId(id(5)) },
            generation: 1,
            cluster_id: Some(ClusterId(id(3))),
            run_id: None,
            lifecycle_id: None,
            savepoint_id: None,
            draft_revision: 1,
            release_number: 1,
            created_at: T,
            revision: 1,
        },
        run: None,
        lifecycle: None,
        savepoint: None,
        observation: None,
        cluster: Some(ClusterFacts { cluster, look }),
        effects: Vec::new(),
        snapshots: Vec::new(),
    }
}

fn seen(presence: Presence) -> Option<Observation> {
    let incarnation = Some(LIFE.to_owned());
    Some(Observation { run_id: RunId(id(7)), source: Source::JobManagerRest, presence, incarnation, seen_at: T })
}

fn present(state: FlinkState, running: u32) -> Presence {
    Presence::Present { state, tasks_running: running, tasks_total: 2, since: None, ended_at: None }
}

/// A start whose run was sent this way.
fn starting(submit: EffectState, presence: Option<Presence>) -> JobFacts {
    let mut facts = facts();
    facts.lifecycle = Some(operation(100, start_request(), 1));
    facts.run = Some(run(1));
    facts.effects = vec![effect(EffectKind::Submit, 100, submit)];
    facts.observation = presence.and_then(seen);
    facts
}

/// A job that runs, with a stop of this kind open.
fn stopping(mode: StopMode, generation: i64) -> JobFacts {
    let mut facts = starting(EffectState::Accepted, Some(present(FlinkState::Running, 2)));
    facts.lifecycle = Some(operation(200, Request::Stop { mode }, generation));
    facts.job.generation = generation;
    facts
}

fn snapshot(state: SnapshotState) -> Snapshot {
    Snapshot {
        id: SnapshotId(id(9)),
        job_id: JobId(id(2)),
        team_id: TeamId(id(1)),
        run_id: RunId(id(7)),
        release_number: 1,
        operation_id: Some(OperationId(id(200))),
        kind: SnapshotKind::Savepoint,
        state,
        directory: "file:///s/2/200".to_owned(),
        path: (state == SnapshotState::Complete).then(|| "file:///s/2/200/savepoint-1".to_owned()),
        format: None,
        size_bytes: None,
        checkpoint_id: None,
        error: None,
        created_at: T,
        completed_at: Some(T),
    }
}

fn words(actions: &[Action]) -> Vec<String> {
    actions
        .iter()
        .map(|action| match action {
            Action::EndRun(end) => format!("end:{:?}", end.outcome),
            Action::MarkRunning => "running".to_owned(),
            Action::MarkGhost(alive) => format!("ghost:{alive}"),
            Action::RecordSnapshot(snapshot) => format!("snapshot:{:?}", snapshot.state),
            Action::Step { name, .. } => format!("step:{name}"),
            Action::Finish { state, error, desired, .. } => {
                let error = error.as_ref().map_or("", |error| error.code.as_str());
                format!("finish:{state:?}:{error}{}", if desired.is_some() { ":running again" } else { "" })
            }
            Action::DeleteJob => "delete".to_owned(),
            Action::Submit { new, restore_path } => format!("submit:{new}:{}", restore_path.as_deref().unwrap_or("-")),
            Action::TriggerSavepoint { .. } => "savepoint".to_owned(),
            Action::StopWithSavepoint { drain, .. } => format!("stop:{drain}"),
            Action::Cancel { .. } => "cancel".to_owned(),
            Action::CollectEvidence => "evidence".to_owned(),
        })
        .collect()
}

#[track_caller]
fn check(facts: &JobFacts, sights: &Sights, now: Millis, expected: &[&str]) {
    assert_eq!(words(&plan(facts, sights, now).actions), expected);
}

#[track_caller]
fn check_now(facts: &JobFacts, expected: &[&str]) {
    check(facts, &Sights::default(), T, expected);
}

/// The same facts with the JobManager last heard of at a later time.
fn heard_at(mut facts: JobFacts, at: Millis, life: &str) -> JobFacts {
    if let Some(cluster) = &mut facts.cluster {
        cluster.look.contact_at = Some(at);
        cluster.look.incarnation = Some(life.to_owned());
    }
    facts
}

fn unreachable(mut facts: JobFacts) -> JobFacts {
    if let Some(cluster) = &mut facts.cluster {
        cluster.look.unreachable_since = Some(T.plus(-60_000));
    }
    facts
}

#[test]
fn a_start_submits_once_and_waits_for_all_tasks() {
    let mut fresh = facts();
    fresh.lifecycle = Some(operation(100, start_request(), 1));
    check_now(&fresh, &["step:submit", "submit:true:-"]);
    check_now(&starting(EffectState::Intended, None), &["submit:false:-"]);
    check_now(&starting(EffectState::Accepted, None), &["step:wait_until_running"]);
    check_now(&starting(EffectState::Accepted, Some(present(FlinkState::Created, 0))), &["step:wait_until_running"]);
    check_now(&starting(EffectState::Accepted, Some(present(FlinkState::Running, 1))), &["step:wait_until_running"]);
    check_now(&starting(EffectState::Accepted, Some(present(FlinkState::Running, 2))), &["running", "finish:Succeeded:"]);
    let forgotten = JobFacts { lifecycle: None, ..starting(EffectState::Accepted, Some(present(FlinkState::Running, 2))) };
    check_now(&forgotten, &["running"]);
}

#[test]
fn a_start_waits_for_a_cluster_that_comes_and_fails_on_one_that_is_stopped() {
    let mut fresh = unreachable(facts());
    fresh.lifecycle = Some(operation(100, start_request(), 1));
    check_now(&fresh, &["step:wait_for_cluster"]);
    if let Some(cluster) = &mut fresh.cluster {
        cluster.cluster.desired = ClusterDesired::Stopped;
    }
    check_now(&fresh, &["finish:Failed:cluster_stopped"]);
    fresh.cluster = None;
    check_now(&fresh, &["finish:Failed:cluster_gone"]);
}

#[test]
fn a_lost_answer_is_looked_for_by_id_in_the_same_life_before_it_is_sent_again() {
    let lost = starting(EffectState::Sent, Some(Presence::Absent));
    // Main may still be running.
    check_now(&lost, &["step:submit"]);
    let later = heard_at(lost.clone(), T.plus(MAIN_GRACE), LIFE);
    check(&later, &Sights::default(), T.plus(MAIN_GRACE), &["submit:false:-"]);
    // Found: the same run goes on, whatever the answer was.
    for state in [EffectState::Sent, EffectState::Unknown, EffectState::Refused] {
        check_now(&starting(state, Some(present(FlinkState::Running, 2))), &["running", "finish:Succeeded:"]);
    }
    // Another life: nobody knows, so it is not sent again.
    let restarted = heard_at(lost, T.plus(MAIN_GRACE), "life-2");
    check(&restarted, &Sights::default(), T.plus(MAIN_GRACE), &["end:Unknown"]);
}

#[test]
fn a_look_from_before_the_submission_proves_nothing() {
    let early = heard_at(starting(EffectState::Accepted, Some(Presence::Absent)), T.plus(-650), LIFE);
    check_now(&early, &["step:wait_until_running"]);
    check_now(&starting(EffectState::Accepted, Some(Presence::Absent)), &["end:Unknown"]);
}

#[test]
fn a_refused_submission_that_is_not_in_flink_is_a_failure_with_flinks_words() {
    let mut refused = starting(EffectState::Refused, Some(Presence::Absent));
    refused.effects[0].answer = Some("Table 'x' was not found".to_owned());
    let actions = plan(&refused, &Sights::default(), T).actions;
    let Some(Action::EndRun(end)) = actions.first() else { panic!("{actions:?}") };
    assert_eq!((end.outcome, end.source, end.reason.as_str()), (Outcome::Failed, Source::Submission, "Table 'x' was not found"));
    refused.run = refused.run.map(|run| Run { end: Some(end.clone()), ..run });
    check_now(&refused, &["finish:Failed:submission_refused"]);
}

#[test]
fn nothing_happens_while_flink_cannot_be_reached() {
    for presence in [None, Some(Presence::Unknown), Some(present(FlinkState::Running, 2))] {
        let mut quiet = unreachable(starting(EffectState::Accepted, presence));
        quiet.lifecycle = None;
        quiet.run = quiet.run.map(|run| Run { running_at: Some(T), ..run });
        check(&quiet, &Sights::default(), T.plus(36_000_000), &[]);
    }
    let shown = unreachable(starting(EffectState::Accepted, Some(present(FlinkState::Running, 2))));
    let shown = status(&JobFacts { lifecycle: None, ..shown }, T);
    assert_eq!((shown.label, shown.conditions[0].kind), (Label::Running, ConditionKind::Unreachable));
}

#[test]
fn an_end_is_written_with_its_evidence_and_is_sticky() {
    let mut over = starting(EffectState::Accepted, Some(present(FlinkState::Failed, 0)));
    over.lifecycle = None;
    check_now(&over, &["evidence"]);
    let sights = Sights { evidence: Some(Evidence { cause: Some("boom".to_owned()), checkpoint: None }), ..Sights::default() };
    let actions = plan(&over, &sights, T).actions;
    assert!(matches!(&actions[..], [Action::EndRun(end)] if end.outcome == Outcome::Failed && end.reason == "boom"), "{actions:?}");
    over.run = over.run.map(|run| Run { end: Some(RunEnd { at: T, outcome: Outcome::Failed, reason: String::new(), source: Source::JobManagerRest }), ..run });
    check_now(&over, &[]);
}

#[test]
fn a_bounded_job_may_finish_before_its_start_is_done_and_is_not_started_again() {
    let mut over = starting(EffectState::Accepted, Some(present(FlinkState::Finished, 2)));
    let sights = Sights { evidence: Some(Evidence::default()), ..Sights::default() };
    check(&over, &sights, T, &["end:Finished"]);
    let end = RunEnd { at: T, outcome: Outcome::Finished, reason: String::new(), source: Source::JobManagerRest };
    over.run = over.run.map(|run| Run { end: Some(end), ..run });
    check_now(&over, &["finish:Succeeded:"]);
    over.lifecycle = None;
    check(&over, &Sights::default(), T.plus(36_000_000), &[]);
}

#[test]
fn a_restarted_jobmanager_ends_the_run_as_unknown() {
    let mut lost = heard_at(starting(EffectState::Accepted, Some(Presence::Absent)), T, "life-2");
    lost.lifecycle = None;
    let actions = plan(&lost, &Sights::default(), T).actions;
    assert!(matches!(&actions[..], [Action::EndRun(end)] if end.outcome == Outcome::Unknown && end.reason.contains("restarted")), "{actions:?}");
}

#[test]
fn a_stop_pressed_during_a_start_waits_for_what_is_in_flight() {
    let stop = |submit, presence: Option<Presence>| {
        let mut facts = starting(submit, presence);
        facts.lifecycle = Some(operation(200, Request::Stop { mode: StopMode::Cancel }, 2));
        facts
    };
    check_now(&stop(EffectState::Intended, None), &["end:NeverRan"]);
    check_now(&stop(EffectState::Sent, Some(Presence::Absent)), &["step:wait_for_cluster"]);
    check_now(&stop(EffectState::Accepted, Some(present(FlinkState::Created, 0))), &["step:cancel", "cancel"]);
    let late = heard_at(stop(EffectState::Sent, Some(Presence::Absent)), T.plus(SUBMIT_TIMEOUT), LIFE);
    check(&late, &Sights::default(), T.plus(SUBMIT_TIMEOUT), &["end:NeverRan"]);
}

#[test]
fn stop_with_savepoint_writes_its_row_waits_and_keeps_the_path() {
    let mut stop = stopping(StopMode::Savepoint, 2);
    check_now(&stop, &["step:savepoint", "stop:false"]);
    stop.effects.push(effect(EffectKind::StopWithSavepoint, 200, EffectState::Accepted));
    stop.snapshots = vec![snapshot(SnapshotState::Triggering)];
    stop.lifecycle = stop.lifecycle.map(|open| Operation { snapshot_id: Some(SnapshotId(id(9))), ..open });
    check_now(&stop, &["step:savepoint"]);
    let progress = |progress| Sights { progress: [(SnapshotId(id(9)), progress)].into(), ..Sights::default() };
    check(&stop, &progress(SavepointProgress::Completed { location: "p".to_owned() }), T, &["snapshot:Complete"]);
    check(&stop, &progress(SavepointProgress::Failed { cause: "disk".to_owned(), location: None }), T, &["snapshot:Failed"]);
    check(&stop, &progress(SavepointProgress::InProgress), T, &["step:savepoint"]);
    stop.snapshots = vec![snapshot(SnapshotState::Complete)];
    check_now(&stop, &["step:wait_until_ended"]);
    // Law 5: a savepoint that failed leaves the job running and desired.
    stop.snapshots = vec![snapshot(SnapshotState::Failed)];
    check_now(&stop, &["finish:Failed:savepoint_failed:running again"]);
}

#[test]
fn a_savepoint_that_was_complete_before_the_stop_failed_is_kept() {
    let mut stop = stopping(StopMode::Savepoint, 2);
    stop.effects.push(effect(EffectKind::StopWithSavepoint, 200, EffectState::Accepted));
    stop.snapshots = vec![snapshot(SnapshotState::Triggering)];
    stop.lifecycle = stop.lifecycle.map(|open| Operation { snapshot_id: Some(SnapshotId(id(9))), ..open });
    let failed = SavepointProgress::Failed { cause: "stop failed".to_owned(), location: Some("p".to_owned()) };
    let sights = Sights { progress: [(SnapshotId(id(9)), failed)].into(), ..Sights::default() };
    let actions = plan(&stop, &sights, T).actions;
    let [Action::RecordSnapshot(kept)] = &actions[..] else { panic!("{actions:?}") };
    assert_eq!((kept.state, kept.path.as_deref()), (SnapshotState::Complete, Some("p")));
    stop.snapshots = vec![(**kept).clone()];
    check_now(&stop, &["finish:Failed:stop_failed:running again"]);
}

#[test]
fn a_stop_whose_server_died_finds_the_savepoint_in_its_directory() {
    let mut stop = stopping(StopMode::Savepoint, 2);
    stop.effects.push(effect(EffectKind::StopWithSavepoint, 200, EffectState::Sent));
    stop.snapshots = vec![snapshot(SnapshotState::Triggering)];
    stop.lifecycle = stop.lifecycle.map(|open| Operation { snapshot_id: Some(SnapshotId(id(9))), ..open });
    let end = RunEnd { at: T, outcome: Outcome::Stopped, reason: String::new(), source: Source::JobManagerRest };
    stop.run = stop.run.map(|run| Run { end: Some(end), stop_intent: Some(StopMode::Savepoint), ..run });
    let found = StoredSnapshot { path: "p".to_owned(), size_bytes: 1, written_at: None };
    let stored = |stored| Sights { stored: [(SnapshotId(id(9)), stored)].into(), ..Sights::default() };
    check(&stop, &stored(Stored::Found(found)), T, &["snapshot:Complete"]);
    check(&stop, &stored(Stored::Unreadable("s3".to_owned())), T, &["snapshot:Unverified"]);
    check(&stop, &stored(Stored::Nothing), T, &["snapshot:Failed"]);
    check_now(&stop, &[]);
    for (state, expected) in [
        (SnapshotState::Complete, "finish:Succeeded:"),
        (SnapshotState::Unverified, "finish:Succeeded:"),
        (SnapshotState::Failed, "finish:Failed:job_ended_first"),
    ] {
        stop.snapshots = vec![snapshot(state)];
        check_now(&stop, &[expected]);
    }
}

#[test]
fn an_unanswered_trigger_is_sent_again_only_where_its_id_makes_that_harmless() {
    let mut stop = stopping(StopMode::Drain, 2);
    stop.effects.push(effect(EffectKind::StopWithSavepoint, 200, EffectState::Sent));
    check_now(&stop, &["step:savepoint"]);
    check(&stop, &Sights::default(), T.plus(RESEND_AFTER), &["stop:true"]);
    if let Some(cluster) = &mut stop.cluster {
        cluster.cluster.version = Some(VersionNumber::new(1, 14, 6));
    }
    check(&stop, &Sights::default(), T.plus(RESEND_AFTER), &["step:savepoint"]);
}

#[test]
fn a_cancel_is_repeated_until_flink_reports_the_end() {
    let mut stop = stopping(StopMode::Cancel, 2);
    check_now(&stop, &["step:cancel", "cancel"]);
    stop.effects.push(effect(EffectKind::Cancel, 200, EffectState::Sent));
    check_now(&stop, &["step:cancel"]);
    check(&stop, &Sights::default(), T.plus(RESEND_AFTER), &["step:cancel", "cancel"]);
    let end = RunEnd { at: T, outcome: Outcome::Canceled, reason: String::new(), source: Source::JobManagerRest };
    stop.run = stop.run.map(|run| Run { end: Some(end), ..run });
    check_now(&stop, &["finish:Succeeded:"]);
}

#[test]
fn replace_stops_the_old_run_and_starts_from_its_savepoint() {
    let request = Request::Replace {
        release_id: ReleaseId(id(5)),
        stop: StopMode::Savepoint,
        options: StartOptions { state: StartFrom::Latest, ..StartOptions::default() },
    };
    let mut replace = stopping(StopMode::Savepoint, 2);
    replace.lifecycle = Some(operation(200, request, 2));
    check_now(&replace, &["step:savepoint", "stop:false"]);
    replace.snapshots = vec![snapshot(SnapshotState::Complete)];
    replace.lifecycle = replace.lifecycle.map(|open| Operation { snapshot_id: Some(SnapshotId(id(9))), ..open });
    let end = RunEnd { at: T, outcome: Outcome::Stopped, reason: String::new(), source: Source::JobManagerRest };
    replace.run = replace.run.map(|run| Run { end: Some(end), ..run });
    let sights = Sights { snapshots: vec![snapshot(SnapshotState::Complete)], ..Sights::default() };
    check(&replace, &sights, T, &["step:submit", "submit:true:file:///s/2/200/savepoint-1"]);
    check(&replace, &Sights::default(), T, &["finish:Failed:no_snapshot"]);
}

#[test]
fn a_ghost_is_shown_and_cancelled_only_with_a_stop_intent() {
    let mut ghost = starting(EffectState::Accepted, Some(present(FlinkState::Running, 2)));
    ghost.lifecycle = None;
    let end = RunEnd { at: T.plus(-100), outcome: Outcome::NeverRan, reason: String::new(), source: Source::JobManagerRest };
    ghost.run = ghost.run.map(|run| Run { end: Some(end), ..run });
    check_now(&ghost, &["ghost:true"]);
    ghost.run = ghost.run.map(|run| Run { ghost_since: Some(T), ..run });
    check_now(&ghost, &[]);
    assert_eq!(status(&ghost, T).conditions[0].kind, ConditionKind::Ghost);
    ghost.run = ghost.run.map(|run| Run { stop_intent: Some(StopMode::Cancel), ..run });
    check_now(&ghost, &["cancel"]);
}

#[test]
fn an_operation_past_its_deadline_fails_and_leaves_the_job_as_it_is() {
    let late = T.plus(700_000);
    check(&unreachable(starting(EffectState::Sent, None)), &Sights::default(), late, &["finish:Failed:deadline"]);
    check(&stopping(StopMode::Savepoint, 2), &Sights::default(), late, &["finish:Failed:deadline:running again"]);
}

#[test]
fn the_end_of_the_process_ends_what_was_sent_to_it() {
    let mut dead = unreachable(starting(EffectState::Accepted, Some(Presence::Absent)));
    dead.lifecycle = None;
    dead.observation = dead.observation.map(|seen| Observation { source: Source::ProcessExit, ..seen });
    check_now(&dead, &["end:Unknown"]);
    if let Some(cluster) = &mut dead.cluster {
        cluster.cluster.desired = ClusterDesired::Stopped;
    }
    check_now(&dead, &["end:Canceled"]);
}

#[test]
fn the_newest_snapshot_is_the_last_one_complete() {
    let at = |n: u128, completed: i64, state| Snapshot { id: SnapshotId(id(n)), completed_at: Some(Millis(completed)), ..snapshot(state) };
    let all = [at(1, 5, SnapshotState::Complete), at(2, 9, SnapshotState::Complete), at(3, 20, SnapshotState::Complete), at(4, 30, SnapshotState::Unverified)];
    assert_eq!(super::start::latest(&all).map(|found| found.id), Some(SnapshotId(id(3))));
    assert_eq!(super::start::latest(&[]), None);
}

/// The verbs that are allowed, in the order of the struct.
fn allowed(facts: &JobFacts) -> String {
    let actions = crate::actions::actions(facts);
    [
        ("start", actions.start),
        ("stop", actions.stop),
        ("cancel", actions.cancel),
        ("savepoint", actions.savepoint),
        ("replace", actions.replace),
        ("delete", actions.delete),
        ("detach", actions.detach),
    ]
    .into_iter()
    .filter(|(_, verdict)| {
        assert_eq!(verdict.allowed, verdict.reason.is_empty(), "a refusal has a reason, a permission none: {verdict:?}");
        verdict.allowed
    })
    .map(|(verb, _)| verb)
    .collect::<Vec<_>>()
    .join(" ")
}

#[test]
fn what_may_be_asked_follows_from_the_facts() {
    let running = JobFacts { lifecycle: None, ..starting(EffectState::Accepted, Some(present(FlinkState::Running, 2))) };
    let deploying = JobFacts { lifecycle: None, ..starting(EffectState::Accepted, Some(present(FlinkState::Running, 1))) };
    let ended = |outcome| {
        let end = RunEnd { at: T, outcome, reason: String::new(), source: Source::JobManagerRest };
        JobFacts { run: running.run.clone().map(|run| Run { end: Some(end), ..run }), observation: None, ..running.clone() }
    };
    let unreleased = JobFacts { job: Job { release_number: 0, ..facts().job }, ..facts() };
    let rows = [
        ("never released", unreleased, "delete"),
        ("released", facts(), "start delete"),
        ("start open", starting(EffectState::Sent, None), "cancel"),
        ("tasks being deployed", deploying, "cancel replace"),
        ("running", running.clone(), "stop cancel savepoint replace"),
        ("unreachable", unreachable(running.clone()), "stop cancel savepoint replace detach"),
        ("stop with savepoint open", stopping(StopMode::Savepoint, 2), "cancel"),
        ("cancel open", stopping(StopMode::Cancel, 2), ""),
        ("finished", ended(Outcome::Finished), "start delete"),
        ("result unknown", ended(Outcome::Unknown), "start delete"),
    ];
    for (name, facts, expected) in rows {
        assert_eq!(allowed(&facts), expected, "{name}");
    }
}

#[test]
fn the_label_follows_from_the_facts() {
    let live = |state, tasks, ran: bool| {
        let mut facts = JobFacts { lifecycle: None, ..starting(EffectState::Accepted, Some(present(state, tasks))) };
        facts.run = facts.run.map(|run| Run { running_at: ran.then_some(T), ..run });
        facts
    };
    let ended = |outcome, stop_intent| {
        let end = RunEnd { at: T, outcome, reason: "why".to_owned(), source: Source::JobManagerRest };
        let mut facts = live(FlinkState::Running, 2, true);
        facts.run = facts.run.map(|run| Run { end: Some(end), stop_intent, ..run });
        facts
    };
    let rows = [
        (facts(), Label::Draft),
        (starting(EffectState::Sent, None), Label::Starting),
        (live(FlinkState::Created, 0, false), Label::Starting),
        (live(FlinkState::Running, 1, false), Label::Starting),
        (live(FlinkState::Running, 2, true), Label::Running),
        (live(FlinkState::Running, 1, true), Label::Restarting),
        (live(FlinkState::Restarting, 0, true), Label::Restarting),
        (live(FlinkState::Failing, 0, true), Label::Restarting),
        (live(FlinkState::Suspended, 0, true), Label::Restarting),
        (live(FlinkState::Cancelling, 0, true), Label::Stopping),
        (stopping(StopMode::Savepoint, 2), Label::Stopping),
        (ended(Outcome::Finished, None), Label::Finished),
        (ended(Outcome::Failed, None), Label::Failed),
        (ended(Outcome::Canceled, Some(StopMode::Cancel)), Label::Stopped),
        (ended(Outcome::Stopped, Some(StopMode::Savepoint)), Label::Stopped),
        (ended(Outcome::NeverRan, Some(StopMode::Cancel)), Label::Stopped),
        (ended(Outcome::NeverRan, None), Label::Failed),
        (ended(Outcome::Unknown, None), Label::Ended),
    ];
    for (facts, expected) in rows {
        let shown = status(&facts, T);
        assert_eq!(shown.label, expected, "{:?}", facts.run);
        assert!(!shown.sentence.is_empty() && !shown.evidence.is_empty(), "{shown:?}");
    }
}

#[test]
fn a_local_clusters_processes_are_kept_as_desired() {
    use super::cluster::{ClusterAction, RELAUNCH_AFTER, plan_cluster};
    use crate::cluster::ProcessLook;
    let ClusterFacts { cluster, look } = facts().cluster.unwrap();
    let process = |role: &str, alive: bool| ProcessLook {
        role: role.to_owned(),
        pid: alive.then_some(42),
        exit_code: (!alive).then_some(137),
        ended_at: (!alive).then_some(T),
    };
    let both = |jobmanager, taskmanager| Look {
        processes: vec![process("jobmanager", jobmanager), process("taskmanager-1", taskmanager)],
        task_managers: u32::from(taskmanager),
        ..look.clone()
    };
    let words = |cluster: &Cluster, look: &Look, open: Option<Request>, now| -> Vec<String> {
        let open = open.map(|request| operation(300, request, 1));
        let named = |action: &ClusterAction| match action {
            ClusterAction::Launch { again } => format!("launch:{again}"),
            ClusterAction::Terminate => "terminate".to_owned(),
            ClusterAction::Step { name, .. } => format!("step:{name}"),
            ClusterAction::Finish { state, error } => format!("finish:{state:?}:{}", error.as_ref().map_or("", |error| error.code.as_str())),
        };
        plan_cluster(cluster, look, open.as_ref(), now).iter().map(named).collect()
    };
    let start = || Some(Request::ClusterStart);
    assert_eq!(words(&cluster, &Look::default(), start(), T), ["step:launch", "launch:false"]);
    assert_eq!(words(&cluster, &Look { task_managers: 0, ..both(true, true) }, start(), T), ["step:wait_until_ready"]);
    assert_eq!(words(&cluster, &both(true, true), start(), T), ["finish:Succeeded:"]);
    assert_eq!(words(&cluster, &both(false, true), start(), T), ["finish:Failed:process_ended"], "a Flink that dies while starting");
    assert_eq!(words(&cluster, &both(true, true), start(), T.plus(700_000)), ["finish:Failed:deadline"]);
    assert_eq!(words(&cluster, &both(true, false), Some(Request::ClusterStop), T), ["step:terminate", "terminate"]);
    assert_eq!(words(&cluster, &both(false, false), Some(Request::ClusterStop), T), ["finish:Succeeded:"]);
    assert!(words(&cluster, &both(true, true), None, T).is_empty());
    assert!(words(&cluster, &both(false, true), None, T).is_empty(), "not faster than it could be of use");
    assert_eq!(words(&cluster, &both(false, true), None, T.plus(RELAUNCH_AFTER)), ["launch:true"]);
    let stopped = Cluster { desired: ClusterDesired::Stopped, ..cluster.clone() };
    assert!(words(&stopped, &both(false, false), None, T.plus(RELAUNCH_AFTER)).is_empty());
    let standalone = Cluster { target: TargetKind::Standalone, ..cluster };
    assert!(words(&standalone, &Look::default(), start(), T).is_empty(), "somebody else runs it");
}
