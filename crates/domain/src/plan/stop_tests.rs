//! Decisions as tables: stops, savepoints and what is started after them.

use super::bed::*;

use super::{Action, RESEND_AFTER, SUBMIT_TIMEOUT, Sights, Stored, plan};
use crate::effect::{EffectKind, EffectState};
use crate::flink_version::VersionNumber;
use crate::id::*;
use crate::observation::{FlinkState, Presence};
use crate::operation::{Operation, Request};
use crate::ports::{SavepointProgress, StoredSnapshot};
use crate::run::{Outcome, Run, RunEnd, Source, StartFrom, StartOptions, StopMode};
use crate::snapshot::{Snapshot, SnapshotKind, SnapshotState};
use crate::status::JobFacts;
use crate::time::Millis;

#[test]
fn a_stop_pressed_during_a_start_waits_for_what_is_in_flight() {
    let stop = |submit, presence: Option<Presence>| {
        let mut facts = starting(submit, presence);
        facts.lifecycle = Some(operation(200, Request::Stop { mode: StopMode::Cancel }, 2));
        facts
    };
    check_now(&stop(EffectState::Intended, None), &["end:NeverRan"]);
    check_now(&stop(EffectState::Sent, Some(Presence::Absent)), &["step:wait_for_cluster"]);
    check_now(
        &stop(EffectState::Accepted, Some(present(FlinkState::Created, 0))),
        &["step:cancel", "cancel"],
    );
    let late = heard_at(stop(EffectState::Sent, Some(Presence::Absent)), T.plus(SUBMIT_TIMEOUT), LIFE);
    check(&late, &Sights::default(), T.plus(SUBMIT_TIMEOUT), &["end:NeverRan"]);
}

#[test]
fn stop_with_savepoint_writes_its_row_waits_and_keeps_the_path() {
    let mut stop = stopping(StopMode::Savepoint, 2);
    check_now(&stop, &["step:savepoint", "stop:false"]);
    stop = triggered(EffectState::Accepted);
    check_now(&stop, &["step:savepoint"]);
    let progress = |progress| Sights {
        progress: [(SnapshotId(id(9)), progress)].into(),
        ..Sights::default()
    };
    check(
        &stop,
        &progress(SavepointProgress::Completed { location: "p".to_owned() }),
        T,
        &["snapshot:Complete"],
    );
    check(
        &stop,
        &progress(SavepointProgress::Failed {
            cause: "disk".to_owned(),
            location: None,
        }),
        T,
        &["snapshot:Failed"],
    );
    check(&stop, &progress(SavepointProgress::InProgress), T, &["step:savepoint"]);
    stop.snapshots = vec![snapshot(SnapshotState::Complete)];
    check_now(&stop, &["step:wait_until_ended"]);
    // Law 5: a savepoint that failed leaves the job running and desired.
    stop.snapshots = vec![snapshot(SnapshotState::Failed)];
    check_now(&stop, &["finish:Failed:savepoint_failed:running again"]);
}

/// A stop that has asked Flink for its savepoint and has not heard of it yet.
fn triggered(state: EffectState) -> JobFacts {
    let mut stop = stopping(StopMode::Savepoint, 2);
    stop.effects.push(effect(EffectKind::StopWithSavepoint, 200, state));
    stop.snapshots = vec![snapshot(SnapshotState::Triggering)];
    stop.lifecycle = stop.lifecycle.map(|open| Operation {
        snapshot_id: Some(SnapshotId(id(9))),
        ..open
    });
    stop
}

#[test]
fn a_savepoint_that_was_complete_before_the_stop_failed_is_kept() {
    let mut stop = triggered(EffectState::Accepted);
    let failed = SavepointProgress::Failed {
        cause: "stop failed".to_owned(),
        location: Some("p".to_owned()),
    };
    let sights = Sights {
        progress: [(SnapshotId(id(9)), failed)].into(),
        ..Sights::default()
    };
    let actions = plan(&stop, &sights, T).actions;
    let [Action::RecordSnapshot(kept)] = &actions[..] else {
        panic!("{actions:?}")
    };
    assert_eq!((kept.state, kept.path.as_deref()), (SnapshotState::Complete, Some("p")));
    stop.snapshots = vec![(**kept).clone()];
    check_now(&stop, &["finish:Failed:stop_failed:running again"]);
}

#[test]
fn a_stop_whose_server_died_finds_the_savepoint_in_its_directory() {
    let mut stop = triggered(EffectState::Sent);
    let end = RunEnd {
        at: T,
        outcome: Outcome::Stopped,
        reason: String::new(),
        source: Source::JobManagerRest,
    };
    stop.run = stop.run.map(|run| Run {
        end: Some(end),
        stop_intent: Some(StopMode::Savepoint),
        ..run
    });
    let found = StoredSnapshot {
        path: "p".to_owned(),
        size_bytes: 1,
        written_at: None,
    };
    let stored = |stored| Sights {
        stored: [(SnapshotId(id(9)), stored)].into(),
        ..Sights::default()
    };
    check(&stop, &stored(Stored::Found(found)), T, &["snapshot:Complete"]);
    // Flink did not answer this once: nobody else can say, so it is asked again for a while.
    let unreadable = || stored(Stored::Unreadable("s3".to_owned()));
    check(&stop, &unreadable(), T.plus(119_000), &[]);
    check(&stop, &unreadable(), T.plus(120_000), &["snapshot:Unverified"]);
    let forgotten = Sights {
        progress: [(SnapshotId(id(9)), SavepointProgress::NotKnown)].into(),
        ..unreadable()
    };
    check(&stop, &forgotten, T, &["snapshot:Unverified"]);
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
    let end = RunEnd {
        at: T,
        outcome: Outcome::Canceled,
        reason: String::new(),
        source: Source::JobManagerRest,
    };
    stop.run = stop.run.map(|run| Run { end: Some(end), ..run });
    check_now(&stop, &["finish:Succeeded:"]);
}

#[test]
fn replace_stops_the_old_run_and_starts_from_its_savepoint() {
    let request = Request::Replace {
        release_id: ReleaseId(id(5)),
        stop: StopMode::Savepoint,
        options: StartOptions {
            state: StartFrom::Latest,
            ..StartOptions::default()
        },
    };
    let mut replace = stopping(StopMode::Savepoint, 2);
    replace.lifecycle = Some(operation(200, request, 2));
    check_now(&replace, &["step:savepoint", "stop:false"]);
    replace.snapshots = vec![snapshot(SnapshotState::Complete)];
    replace.lifecycle = replace.lifecycle.map(|open| Operation {
        snapshot_id: Some(SnapshotId(id(9))),
        ..open
    });
    let end = RunEnd {
        at: T,
        outcome: Outcome::Stopped,
        reason: String::new(),
        source: Source::JobManagerRest,
    };
    replace.run = replace.run.map(|run| Run { end: Some(end), ..run });
    let sights = Sights {
        snapshots: vec![snapshot(SnapshotState::Complete)],
        ..Sights::default()
    };
    check(&replace, &sights, T, &["step:submit", "submit:true:file:///s/2/200/savepoint-1"]);
    check(&replace, &Sights::default(), T, &["finish:Failed:no_snapshot"]);

    // An older state would lose what came after it: never taken because nobody could look at the newest.
    let older = |kind| Snapshot {
        id: SnapshotId(id(8)),
        kind,
        created_at: T.plus(-60_000),
        path: Some("s3://old".to_owned()),
        ..snapshot(SnapshotState::Complete)
    };
    replace.snapshots = vec![snapshot(SnapshotState::Unverified)];
    for kind in [SnapshotKind::Savepoint, SnapshotKind::Checkpoint] {
        let sights = Sights {
            snapshots: vec![snapshot(SnapshotState::Unverified), older(kind)],
            ..Sights::default()
        };
        check(&replace, &sights, T, &["finish:Failed:savepoint_unverified"]);
    }
    let newer = Snapshot {
        created_at: T.plus(60_000),
        ..older(SnapshotKind::Savepoint)
    };
    let sights = Sights {
        snapshots: vec![snapshot(SnapshotState::Unverified), newer],
        ..Sights::default()
    };
    check(&replace, &sights, T, &["step:submit", "submit:true:s3://old"]);
}

#[test]
fn the_newest_snapshot_is_the_last_one_complete() {
    let at = |n: u128, completed: i64, state| Snapshot {
        id: SnapshotId(id(n)),
        completed_at: Some(Millis(completed)),
        ..snapshot(state)
    };
    let all = [
        at(1, 5, SnapshotState::Complete),
        at(2, 9, SnapshotState::Complete),
        at(3, 20, SnapshotState::Complete),
        at(4, 30, SnapshotState::Unverified),
    ];
    assert_eq!(super::start::latest(&all).map(|found| found.id), Some(SnapshotId(id(3))));
    assert_eq!(super::start::latest(&[]), None);
}
