//! The restart policy as tables (law 8).

use super::bed::*;
use super::{Action, Sights, plan};
use crate::cluster::ClusterDesired;
use crate::effect::EffectState;
use crate::id::{ReleaseId, RunId};
use crate::job::Desired;
use crate::observation::FlinkState;
use crate::operation::Request;
use crate::restart::{GivenUp, RestartFacts, RestartPolicy, RestartState, RestartWhen};
use crate::run::{Outcome, Run, RunEnd, Source, StartFrom, StartOptions, StopMode};
use crate::snapshot::{Snapshot, SnapshotKind, SnapshotState};
use crate::status::{ConditionKind, JobFacts, Label, status};
use crate::time::{HOUR, MINUTE, Millis, SECOND};

fn policy() -> RestartPolicy {
    RestartPolicy {
        when: RestartWhen::Failed,
        jitter: 0,
        ..RestartPolicy::default()
    }
}

fn ended(outcome: Outcome, source: Source) -> JobFacts {
    let mut facts = starting(EffectState::Accepted, Some(present(FlinkState::Failed, 0)));
    facts.lifecycle = None;
    facts.run = facts.run.map(|run| Run {
        running_at: Some(T.plus(-800)),
        end: Some(RunEnd {
            at: T,
            outcome,
            reason: "boom".to_owned(),
            source,
        }),
        ..run
    });
    facts.restart = Some(RestartFacts {
        policy: policy(),
        given_up: None,
        failures: vec![T],
    });
    facts
}

fn failed() -> JobFacts {
    ended(Outcome::Failed, Source::JobManagerRest)
}

fn run_of(facts: &mut JobFacts) -> &mut Run {
    facts.run.as_mut().unwrap()
}

fn restart_of(facts: &mut JobFacts) -> &mut RestartFacts {
    facts.restart.as_mut().unwrap()
}

/// The first delay is over, and the JobManager was heard after that.
const DUE: Millis = T.plus(10 * SECOND);
const NOW: Millis = T.plus(11 * SECOND);

fn heard(facts: JobFacts) -> JobFacts {
    heard_at(facts, NOW, LIFE)
}

#[test]
fn a_failure_is_restarted_once_its_delay_is_over_and_flink_was_heard_since() {
    let facts = failed();
    check(&heard_at(facts.clone(), DUE.plus(-1), LIFE), &Sights::default(), DUE.plus(-1), &[]);
    // The delay is over, but the look is older than that.
    check(&heard_at(facts.clone(), DUE, LIFE), &Sights::default(), NOW, &[]);
    check(&heard(facts.clone()), &Sights::default(), NOW, &["restart:1:None"]);
    check(&unreachable(heard(facts.clone())), &Sights::default(), NOW, &[]);
    let mut stopped = heard(facts.clone());
    stopped.cluster.as_mut().unwrap().cluster.desired = ClusterDesired::Stopped;
    check(&stopped, &Sights::default(), NOW, &[]);
    // The server was away for three hours: the failure is counted at its own time, and restarted at once.
    let late = T.plus(3 * HOUR);
    check(&heard_at(facts, late, LIFE), &Sights::default(), late, &["restart:1:None"]);
}

#[test]
fn the_policy_sleeps_for_everything_that_is_no_failure() {
    let with = |change: &dyn Fn(&mut JobFacts)| {
        let mut facts = heard(failed());
        change(&mut facts);
        facts
    };
    let lost = |facts: &mut JobFacts| restart_of(facts).policy.when = RestartWhen::FailedOrLost;
    let rows: Vec<(&str, JobFacts, &[&str])> = vec![
        ("no policy", with(&|f| f.restart = None), &[]),
        ("never", with(&|f| restart_of(f).policy.when = RestartWhen::Never), &[]),
        ("finished", heard(ended(Outcome::Finished, Source::JobManagerRest)), &[]),
        ("cancelled outside", heard(ended(Outcome::Canceled, Source::JobManagerRest)), &[]),
        ("never ran", heard(ended(Outcome::NeverRan, Source::JobManagerRest)), &[]),
        ("lost", heard(ended(Outcome::Unknown, Source::ProcessExit)), &[]),
        ("stop asked for", with(&|f| run_of(f).stop_intent = Some(StopMode::Savepoint)), &[]),
        ("desired stopped", with(&|f| f.job.desired = Desired::Stopped), &[]),
        (
            "another release desired",
            with(&|f| {
                f.job.desired = Desired::Running {
                    release_id: ReleaseId(id(6)),
                }
            }),
            &[],
        ),
        ("a newer intent", with(&|f| f.job.generation = 2), &[]),
        (
            "savepoint open",
            with(&|f| f.savepoint = Some(operation(300, Request::Savepoint, 1))),
            &[],
        ),
        ("its own start refused", heard(ended(Outcome::Failed, Source::Submission)), &[]),
        (
            "lost, and that is chosen",
            {
                let mut facts = heard(ended(Outcome::Unknown, Source::ProcessExit));
                lost(&mut facts);
                facts
            },
            &["restart:1:None"],
        ),
        (
            "detached by a user, and lost is chosen",
            {
                let mut facts = heard(ended(Outcome::Unknown, Source::User));
                lost(&mut facts);
                facts
            },
            &[],
        ),
        (
            "a restart refused",
            {
                let mut facts = heard(ended(Outcome::Failed, Source::Submission));
                run_of(&mut facts).attempt = 2;
                facts
            },
            &["restart:1:None"],
        ),
    ];
    for (name, facts, expected) in rows {
        let actions: Vec<String> = words(&plan(&facts, &Sights::default(), NOW).actions)
            .into_iter()
            .filter(|word| word.starts_with("restart") || word.starts_with("give"))
            .collect();
        assert_eq!(actions, expected, "{name}");
    }
}

#[test]
fn delays_grow_to_the_longest_one_and_the_limit_ends_them() {
    let failures = |count: i64| (0..count).map(|n| T.plus(-n * SECOND)).collect::<Vec<_>>();
    for (count, delay) in [(1, 10), (2, 20), (3, 40), (4, 80), (5, 160)] {
        let mut facts = failed();
        restart_of(&mut facts).failures = failures(count);
        let due = T.plus(delay * SECOND);
        check(&heard_at(facts.clone(), due, LIFE), &Sights::default(), due.plus(-1), &[]);
        let restart = format!("restart:{count}:None");
        check(&heard_at(facts, due.plus(1), LIFE), &Sights::default(), due.plus(1), &[&restart]);
    }
    let mut loops = failed();
    restart_of(&mut loops).failures = failures(6);
    check_now(&loops, &["give up"]);
    // Failures that are older than the window do not count; nor do those that came after it was decided.
    restart_of(&mut loops).failures = (0..6).map(|n| T.plus(-n * 3 * MINUTE)).collect();
    let due = T.plus(80 * SECOND);
    check(
        &heard_at(loops, due.plus(1), LIFE),
        &Sights::default(),
        due.plus(1),
        &["restart:4:None"],
    );
}

#[test]
fn a_crash_loop_stays_until_somebody_starts_the_job() {
    let mut facts = heard(failed());
    restart_of(&mut facts).given_up = Some(GivenUp {
        run_id: RunId(id(7)),
        at: T,
        reason: "It failed 6 times.".to_owned(),
    });
    check(&facts, &Sights::default(), NOW.plus(HOUR), &[]);
    let shown = status(&facts, NOW);
    assert_eq!(shown.label, Label::Failed);
    assert!(shown.conditions.iter().any(|found| found.kind == ConditionKind::CrashLoop));
    // A later run is a later story.
    restart_of(&mut facts).given_up.as_mut().unwrap().run_id = RunId(id(8));
    check(&facts, &Sights::default(), NOW, &["restart:1:None"]);
}

#[test]
fn jitter_is_the_same_for_the_same_run_and_within_its_share() {
    let due = |run: u128| {
        let mut facts = failed();
        restart_of(&mut facts).policy.jitter = 50;
        run_of(&mut facts).id = RunId(id(run));
        crate::restart::due_at(&facts).unwrap().since(T)
    };
    let delays: Vec<i64> = (0..256).map(due).collect();
    assert_eq!(delays, (0..256).map(due).collect::<Vec<_>>());
    assert!(delays.iter().all(|delay| (5_000..=15_000).contains(delay)), "{delays:?}");
    let distinct: std::collections::BTreeSet<_> = delays.iter().collect();
    assert!(distinct.len() > 100, "{distinct:?}");
}

#[test]
fn it_goes_on_from_the_newest_state_of_the_run_that_failed() {
    let checkpoint = |run: u128, path: &str, state, at: i64| Snapshot {
        run_id: RunId(id(run)),
        kind: SnapshotKind::Checkpoint,
        path: Some(path.to_owned()),
        completed_at: Some(Millis(at)),
        ..snapshot(state)
    };
    let from = |snapshots: Vec<Snapshot>, restore: Option<&str>, state| {
        let mut facts = heard(failed());
        run_of(&mut facts).restore_path = restore.map(str::to_owned);
        restart_of(&mut facts).policy.state = state;
        let sights = Sights {
            snapshots,
            ..Sights::default()
        };
        words(&plan(&facts, &sights, NOW).actions).join(" ")
    };
    let path = |path: &str| format!("restart:1:{:?}", StartFrom::Path { path: path.to_owned() });
    let (complete, unsure, gone) = (SnapshotState::Complete, SnapshotState::Unverified, SnapshotState::Failed);
    let latest = RestartState::Latest;
    let two = vec![
        checkpoint(7, "c1", complete, 1),
        checkpoint(7, "c2", complete, 2),
        checkpoint(8, "c9", complete, 9),
    ];
    assert_eq!(from(two.clone(), None, latest), path("c2"));
    assert_eq!(from(two, None, RestartState::None), "restart:1:None");
    assert_eq!(from(vec![checkpoint(7, "c3", unsure, 3)], Some("s"), latest), path("c3"));
    // It never made a checkpoint: what it started from still holds all of its state.
    assert_eq!(from(vec![checkpoint(8, "c9", complete, 9)], Some("s"), latest), path("s"));
    assert_eq!(from(Vec::new(), None, latest), "restart:1:None");
    assert_eq!(from(vec![checkpoint(7, "c4", gone, 4)], Some("s"), latest), "give up");
}

#[test]
fn the_restart_is_a_start_of_its_own_with_the_next_attempt() {
    let mut facts = heard(failed());
    let request = Request::Restart {
        release_id: ReleaseId(id(5)),
        options: StartOptions {
            state: StartFrom::Path { path: "c2".to_owned() },
            ..StartOptions::default()
        },
    };
    facts.lifecycle = Some(operation(400, request, 1));
    check(&facts, &Sights::default(), NOW, &["step:submit", "submit:true:c2"]);
    assert_eq!(status(&facts, NOW).label, Label::Restarting);
    // Its run is live now, and waited for.
    let run = run_of(&mut facts);
    (run.operation_id, run.attempt, run.end) = (operation(400, Request::Savepoint, 1).id, 2, None);
    facts.effects = vec![effect(crate::effect::EffectKind::Submit, 400, EffectState::Accepted)];
    facts.observation = seen(present(FlinkState::Running, 2));
    check(&facts, &Sights::default(), NOW, &["running", "finish:Succeeded:"]);
}

#[test]
fn the_label_says_when_and_the_way_out_is_open() {
    let facts = heard(failed());
    let shown = status(&facts, T.plus(2 * SECOND));
    assert_eq!(
        (shown.label, shown.sentence.as_str()),
        (Label::Restarting, "Restarting in 8 s (attempt 1 of 5 in 10 min). It ended: boom")
    );
    let waiting = status(&unreachable(facts.clone()), NOW);
    assert_eq!(
        waiting.sentence,
        "Restarting once cluster local answers again (attempt 1 of 5 in 10 min). It ended: boom"
    );
    let actions = crate::actions::actions(&facts);
    assert!(actions.start.allowed && actions.cancel.allowed);
    assert_eq!(actions.stop.code, "restart_pending");
    // A cancel is the word that there shall be no restart: it has nothing else to do.
    let mut stopped = facts;
    stopped.job.generation = 2;
    stopped.job.desired = Desired::Stopped;
    stopped.lifecycle = Some(operation(200, Request::Stop { mode: StopMode::Cancel }, 2));
    check(&stopped, &Sights::default(), NOW, &["finish:Succeeded:"]);
}

#[test]
fn a_policy_that_cannot_be_kept_is_refused_with_its_field() {
    let rows: [(&str, RestartPolicy); 8] = [
        ("", policy()),
        ("limit", RestartPolicy { limit: 0, ..policy() }),
        (
            "windowSeconds",
            RestartPolicy {
                window: 59 * SECOND,
                ..policy()
            },
        ),
        (
            "initialDelaySeconds",
            RestartPolicy {
                initial_delay: 0,
                ..policy()
            },
        ),
        ("factor", RestartPolicy { factor: 11, ..policy() }),
        (
            "maximumDelaySeconds",
            RestartPolicy {
                maximum_delay: SECOND,
                ..policy()
            },
        ),
        ("jitterPercent", RestartPolicy { jitter: 51, ..policy() }),
        // Five restarts wait 310 s: within 300 s the limit would never be reached.
        (
            "windowSeconds",
            RestartPolicy {
                window: 5 * MINUTE,
                ..policy()
            },
        ),
    ];
    for (field, policy) in rows {
        assert_eq!(policy.check().err().map_or("", |error| error.field), field, "{policy:?}");
    }
}

#[test]
fn giving_up_says_what_happened_last() {
    let mut facts = failed();
    restart_of(&mut facts).failures = vec![T; 6];
    let actions = plan(&facts, &Sights::default(), T).actions;
    let [Action::GiveUpRestarts { reason }] = &actions[..] else {
        panic!("{actions:?}")
    };
    assert_eq!(
        reason,
        "It failed 6 times in 10 min, so it is not restarted any more. The last time: boom"
    );
}
