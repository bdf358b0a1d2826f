//! What the screen says and what may be asked, as tables.

use super::bed::*;

use crate::effect::EffectState;
use crate::job::Job;
use crate::observation::FlinkState;
use crate::run::{Outcome, Run, RunEnd, Source, StopMode};
use crate::status::{JobFacts, Label, status};

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
        assert_eq!(
            verdict.allowed,
            verdict.reason.is_empty(),
            "a refusal has a reason, a permission none: {verdict:?}"
        );
        verdict.allowed
    })
    .map(|(verb, _)| verb)
    .collect::<Vec<_>>()
    .join(" ")
}

#[test]
fn what_may_be_asked_follows_from_the_facts() {
    let running = JobFacts {
        lifecycle: None,
        ..starting(EffectState::Accepted, Some(present(FlinkState::Running, 2)))
    };
    let deploying = JobFacts {
        lifecycle: None,
        ..starting(EffectState::Accepted, Some(present(FlinkState::Running, 1)))
    };
    let ended = |outcome| {
        let end = RunEnd {
            at: T,
            outcome,
            reason: String::new(),
            source: Source::JobManagerRest,
        };
        JobFacts {
            run: running.run.clone().map(|run| Run { end: Some(end), ..run }),
            observation: None,
            ..running.clone()
        }
    };
    let unreleased = JobFacts {
        job: Job {
            release_number: 0,
            ..facts().job
        },
        ..facts()
    };
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
        let mut facts = JobFacts {
            lifecycle: None,
            ..starting(EffectState::Accepted, Some(present(state, tasks)))
        };
        facts.run = facts.run.map(|run| Run {
            running_at: ran.then_some(T),
            ..run
        });
        facts
    };
    let ended = |outcome, stop_intent| {
        let end = RunEnd {
            at: T,
            outcome,
            reason: "why".to_owned(),
            source: Source::JobManagerRest,
        };
        let mut facts = live(FlinkState::Running, 2, true);
        facts.run = facts.run.map(|run| Run {
            end: Some(end),
            stop_intent,
            ..run
        });
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
