//! What is trouble and what is not, as a table.

use super::bed::*;
use crate::cluster::ClusterDesired;
use crate::effect::EffectState;
use crate::incident::{Health, IncidentKind, NO_CHECKPOINT_AFTER, UNREACHABLE_AFTER, health};
use crate::job::Desired;
use crate::observation::FlinkState;
use crate::run::{Outcome, RunEnd, Source, StopMode};
use crate::status::JobFacts;
use crate::time::{MINUTE, Millis, SECOND};

/// A job all of whose tasks run.
fn running() -> JobFacts {
    let mut facts = starting(EffectState::Accepted, Some(present(FlinkState::Running, 2)));
    facts.lifecycle = None;
    facts
}

fn unreachable(since: Millis) -> JobFacts {
    let mut facts = running();
    let look = &mut facts.cluster.as_mut().unwrap().look;
    look.unreachable_since = Some(since);
    look.error = Some("connection refused".to_owned());
    facts
}

fn ended(outcome: Outcome, source: Source) -> JobFacts {
    let mut facts = running();
    facts.run.as_mut().unwrap().end = Some(RunEnd {
        at: T,
        outcome,
        reason: "boom".to_owned(),
        source,
    });
    facts
}

/// The kind of trouble, else how it is.
fn seen(facts: &JobFacts, checkpoint: Option<Millis>, now: Millis) -> Result<IncidentKind, Health> {
    match health(facts, checkpoint, now) {
        Health::Trouble(trouble) => Ok(trouble.kind),
        other => Err(other),
    }
}

#[test]
fn only_long_silence_and_long_want_of_checkpoints_are_trouble() {
    let late = T.plus(UNREACHABLE_AFTER);
    let rows = [
        ("runs", running(), None, late, Err(Health::Well)),
        (
            "is silent for a moment",
            unreachable(T),
            None,
            late.plus(-SECOND),
            Err(Health::Waiting),
        ),
        ("is silent for long", unreachable(T), None, late, Ok(IncidentKind::Unreachable)),
        ("made one just now", running(), Some(late), late, Err(Health::Well)),
        (
            "made one a while ago",
            running(),
            Some(T),
            T.plus(NO_CHECKPOINT_AFTER - SECOND),
            Err(Health::Well),
        ),
        (
            "made none for long",
            running(),
            Some(T),
            T.plus(NO_CHECKPOINT_AFTER),
            Ok(IncidentKind::NoCheckpoint),
        ),
        // Nothing is known of its checkpoints: it may make none on purpose.
        (
            "never makes any",
            running(),
            None,
            T.plus(10 * NO_CHECKPOINT_AFTER),
            Err(Health::Well),
        ),
    ];
    for (what, facts, checkpoint, now, expected) in rows {
        assert_eq!(seen(&facts, checkpoint, now), expected, "{what}");
    }
    // A job that was restored from an old checkpoint gets its time from the moment it runs.
    let mut restored = running();
    restored.run.as_mut().unwrap().running_at = Some(T.plus(NO_CHECKPOINT_AFTER));
    assert_eq!(seen(&restored, Some(T), T.plus(NO_CHECKPOINT_AFTER + MINUTE)), Err(Health::Well));
}

#[test]
fn what_somebody_asked_for_is_never_trouble() {
    let late = T.plus(10 * NO_CHECKPOINT_AFTER);
    let mut stopped = unreachable(T);
    stopped.job.desired = Desired::Stopped;
    let mut being_stopped = unreachable(T);
    being_stopped.lifecycle = stopping(StopMode::Savepoint, 2).lifecycle;
    let mut asked = ended(Outcome::Failed, Source::JobManagerRest);
    asked.run.as_mut().unwrap().stop_intent = Some(StopMode::Cancel);
    let mut cluster_stopped = ended(Outcome::Canceled, Source::ProcessExit);
    cluster_stopped.cluster.as_mut().unwrap().cluster.desired = ClusterDesired::Stopped;
    let rows = [
        ("stopped", stopped, Health::Idle),
        ("being stopped", being_stopped, Health::Waiting),
        ("failed while it was stopped", asked, Health::Idle),
        ("ended with its cluster", cluster_stopped, Health::Idle),
        ("given up by detach", ended(Outcome::Unknown, Source::User), Health::Idle),
        // Whoever pressed Start has the answer.
        ("refused by Flink", ended(Outcome::Failed, Source::Submission), Health::Idle),
        ("finished", ended(Outcome::Finished, Source::JobManagerRest), Health::Well),
    ];
    for (what, facts, expected) in rows {
        assert_eq!(health(&facts, Some(T), late), expected, "{what}");
    }
}

#[test]
fn the_cause_says_what_is_done_about_it() {
    let Health::Trouble(trouble) = health(&ended(Outcome::Failed, Source::JobManagerRest), None, T) else {
        panic!("a failure is no trouble")
    };
    assert_eq!(trouble.cause, "boom – It stays so until somebody starts it.");
    let Health::Trouble(trouble) = health(&ended(Outcome::Unknown, Source::ProcessExit), None, T) else {
        panic!("a lost run is no trouble")
    };
    assert_eq!((trouble.kind, trouble.since), (IncidentKind::EndedUnknown, T));
}
