//! Decisions as tables: starts, ends, and what lies around them.

use super::bed::*;

use super::{Action, Evidence, MAIN_GRACE, Sights, plan};
use crate::cluster::ClusterDesired;
use crate::effect::EffectState;
use crate::observation::{FlinkState, Observation, Presence};
use crate::run::{Outcome, Run, RunEnd, Source, StopMode};
use crate::status::{ConditionKind, JobFacts, Label, status};

#[test]
fn a_start_submits_once_and_waits_for_all_tasks() {
    let mut fresh = facts();
    fresh.lifecycle = Some(operation(100, start_request(), 1));
    check_now(&fresh, &["step:submit", "submit:true:-"]);
    check_now(&starting(EffectState::Intended, None), &["submit:false:-"]);
    check_now(&starting(EffectState::Accepted, None), &["step:wait_until_running"]);
    check_now(
        &starting(EffectState::Accepted, Some(present(FlinkState::Created, 0))),
        &["step:wait_until_running"],
    );
    check_now(
        &starting(EffectState::Accepted, Some(present(FlinkState::Running, 1))),
        &["step:wait_until_running"],
    );
    check_now(
        &starting(EffectState::Accepted, Some(present(FlinkState::Running, 2))),
        &["running", "finish:Succeeded:"],
    );
    let forgotten = JobFacts {
        lifecycle: None,
        ..starting(EffectState::Accepted, Some(present(FlinkState::Running, 2)))
    };
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
        check_now(
            &starting(state, Some(present(FlinkState::Running, 2))),
            &["running", "finish:Succeeded:"],
        );
    }
    // Another life: nobody knows, so it is not sent again.
    let restarted = heard_at(lost, T.plus(MAIN_GRACE), "life-2");
    check(&restarted, &Sights::default(), T.plus(MAIN_GRACE), &["evidence"]);
    check(&restarted, &evidence_read(), T.plus(MAIN_GRACE), &["end:Unknown"]);
}

#[test]
fn a_look_from_before_the_submission_proves_nothing() {
    let early = heard_at(starting(EffectState::Accepted, Some(Presence::Absent)), T.plus(-650), LIFE);
    check_now(&early, &["step:wait_until_running"]);
    check(
        &starting(EffectState::Accepted, Some(Presence::Absent)),
        &evidence_read(),
        T,
        &["end:Unknown"],
    );
}

#[test]
fn a_refused_submission_that_is_not_in_flink_is_a_failure_with_flinks_words() {
    let mut refused = starting(EffectState::Refused, Some(Presence::Absent));
    refused.effects[0].answer = Some("Table 'x' was not found".to_owned());
    let actions = plan(&refused, &Sights::default(), T).actions;
    let Some(Action::EndRun(end)) = actions.first() else {
        panic!("{actions:?}")
    };
    assert_eq!(
        (end.outcome, end.source, end.reason.as_str()),
        (Outcome::Failed, Source::Submission, "Table 'x' was not found")
    );
    refused.run = refused.run.map(|run| Run {
        end: Some(end.clone()),
        ..run
    });
    check_now(&refused, &["finish:Failed:submission_refused"]);
}

#[test]
fn nothing_happens_while_flink_cannot_be_reached() {
    for presence in [None, Some(Presence::Unknown), Some(present(FlinkState::Running, 2))] {
        let mut quiet = unreachable(starting(EffectState::Accepted, presence));
        quiet.lifecycle = None;
        quiet.run = quiet.run.map(|run| Run {
            running_at: Some(T),
            ..run
        });
        check(&quiet, &Sights::default(), T.plus(36_000_000), &[]);
    }
    let shown = unreachable(starting(EffectState::Accepted, Some(present(FlinkState::Running, 2))));
    let shown = status(&JobFacts { lifecycle: None, ..shown }, T);
    assert_eq!(
        (shown.label, shown.conditions[0].kind),
        (Label::Running, ConditionKind::Unreachable)
    );
}

#[test]
fn an_end_is_written_with_its_evidence_and_is_sticky() {
    let mut over = starting(EffectState::Accepted, Some(present(FlinkState::Failed, 0)));
    over.lifecycle = None;
    check_now(&over, &["evidence"]);
    let sights = Sights {
        evidence: Some(Evidence {
            cause: Some("boom".to_owned()),
            ..Evidence::default()
        }),
        ..Sights::default()
    };
    let actions = plan(&over, &sights, T).actions;
    assert!(
        matches!(&actions[..], [Action::EndRun(end)] if end.outcome == Outcome::Failed && end.reason == "boom"),
        "{actions:?}"
    );
    over.run = over.run.map(|run| Run {
        end: Some(RunEnd {
            at: T,
            outcome: Outcome::Failed,
            reason: String::new(),
            source: Source::JobManagerRest,
        }),
        ..run
    });
    check_now(&over, &[]);
}

#[test]
fn a_bounded_job_may_finish_before_its_start_is_done_and_is_not_started_again() {
    let mut over = starting(EffectState::Accepted, Some(present(FlinkState::Finished, 2)));
    let sights = Sights {
        evidence: Some(Evidence::default()),
        ..Sights::default()
    };
    check(&over, &sights, T, &["end:Finished"]);
    let end = RunEnd {
        at: T,
        outcome: Outcome::Finished,
        reason: String::new(),
        source: Source::JobManagerRest,
    };
    over.run = over.run.map(|run| Run { end: Some(end), ..run });
    check_now(&over, &["finish:Succeeded:"]);
    over.lifecycle = None;
    check(&over, &Sights::default(), T.plus(36_000_000), &[]);
}

#[test]
fn a_restarted_jobmanager_ends_the_run_as_unknown() {
    let mut lost = heard_at(starting(EffectState::Accepted, Some(Presence::Absent)), T, "life-2");
    lost.lifecycle = None;
    let actions = plan(&lost, &evidence_read(), T).actions;
    assert!(
        matches!(&actions[..], [Action::EndRun(end)] if end.outcome == Outcome::Unknown && end.reason.contains("restarted")),
        "{actions:?}"
    );
}

#[test]
fn a_ghost_is_shown_and_cancelled_only_with_a_stop_intent() {
    let mut ghost = starting(EffectState::Accepted, Some(present(FlinkState::Running, 2)));
    ghost.lifecycle = None;
    let end = RunEnd {
        at: T.plus(-100),
        outcome: Outcome::NeverRan,
        reason: String::new(),
        source: Source::JobManagerRest,
    };
    ghost.run = ghost.run.map(|run| Run { end: Some(end), ..run });
    check_now(&ghost, &["ghost:true"]);
    ghost.run = ghost.run.map(|run| Run {
        ghost_since: Some(T),
        ..run
    });
    check_now(&ghost, &[]);
    assert_eq!(status(&ghost, T).conditions[0].kind, ConditionKind::Ghost);
    ghost.run = ghost.run.map(|run| Run {
        stop_intent: Some(StopMode::Cancel),
        ..run
    });
    check_now(&ghost, &["cancel"]);
}

#[test]
fn an_operation_past_its_deadline_fails_and_leaves_the_job_as_it_is() {
    let late = T.plus(700_000);
    check(
        &unreachable(starting(EffectState::Sent, None)),
        &Sights::default(),
        late,
        &["finish:Failed:deadline"],
    );
    check(
        &stopping(StopMode::Savepoint, 2),
        &Sights::default(),
        late,
        &["finish:Failed:deadline:running again"],
    );
}

#[test]
fn the_end_of_the_process_ends_what_was_sent_to_it() {
    let mut dead = unreachable(starting(EffectState::Accepted, Some(Presence::Absent)));
    dead.lifecycle = None;
    dead.observation = dead.observation.map(|seen| Observation {
        source: Source::ProcessExit,
        ..seen
    });
    check_now(&dead, &["evidence"]);
    check(&dead, &evidence_read(), T, &["end:Unknown"]);
    assert!(super::ends_with_its_process(&dead));
    if let Some(cluster) = &mut dead.cluster {
        cluster.cluster.desired = ClusterDesired::Stopped;
    }
    check(&dead, &evidence_read(), T, &["end:Canceled"]);
    // What was never sent has nothing on that process.
    dead.effects.clear();
    assert!(!super::ends_with_its_process(&dead));
}
