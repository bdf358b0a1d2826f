//! Timelines and the change feed.

use domain::id::EventId;
use domain::operation::{OperationState, Request};
use domain::run::Outcome;
use domain::snapshot::SnapshotState;

use super::bed::on_each_engine;
use super::world::{World, end, ended};
use crate::{EventFilter, NewEvent, Write, now};

/// Nouns that the feed names after a sequence, in order, without the events.
async fn nouns(world: &World, after: i64) -> Vec<String> {
    let changes = world.store.changes_after(after, 1000).await.unwrap();
    assert!(changes.is_sorted_by_key(|change| change.sequence));
    changes
        .into_iter()
        .map(|change| change.noun)
        .filter(|noun| noun != "event")
        .collect()
}

#[test]
fn each_write_is_told() {
    on_each_engine(|store, _| async move {
        let world = World::new(store.clone()).await;
        let first = store.changes_after(0, 1000).await.unwrap();
        assert!(
            first
                .iter()
                .all(|change| change.noun == "user" || change.team_id == Some(world.team.id))
        );
        assert_eq!(
            nouns(&world, 0).await,
            ["team", "user", "cluster", "job", "draft", "job", "release", "job"]
        );
        let mut at = store.newest_change().await.unwrap();
        let operation = world.request(world.start()).await;
        assert_eq!(nouns(&world, at).await, ["operation", "job"]);
        at = store.newest_change().await.unwrap();
        let run = world.run(&operation);
        world
            .commit(vec![Write::InsertRun(run.clone()), Write::UpdateRun(run.clone())])
            .await
            .unwrap();
        assert_eq!(nouns(&world, at).await, ["run", "job"], "one row for each thing");
        let told = store.changes_after(at, 1).await.unwrap();
        assert_eq!((told[0].id.clone(), told[0].job_id), (run.id.to_string(), Some(world.job.id)));
        at = store.newest_change().await.unwrap();
        world
            .commit(vec![
                Write::Operation(ended(operation, OperationState::Succeeded)),
                Write::Snapshot(world.snapshot(&run, SnapshotState::Complete)),
                Write::EndRun {
                    run_id: run.id,
                    end: end(Outcome::Finished),
                    events: Vec::new(),
                },
            ])
            .await
            .unwrap();
        assert_eq!(nouns(&world, at).await, ["operation", "job", "snapshot", "run"]);
    });
}

#[test]
fn pruning_keeps_the_place() {
    on_each_engine(|store, _| async move {
        assert_eq!((store.newest_change().await.unwrap(), store.oldest_change().await.unwrap()), (0, 0));
        let world = World::new(store.clone()).await;
        let newest = store.newest_change().await.unwrap();
        assert_eq!(store.prune_changes(now().plus(-60_000)).await.unwrap(), 0);
        assert!(store.prune_changes(now().plus(60_000)).await.unwrap() > 0);
        assert_eq!(
            (store.oldest_change().await.unwrap(), store.newest_change().await.unwrap()),
            (newest, newest)
        );
        world.request(world.start()).await;
        assert!(store.newest_change().await.unwrap() > newest);
    });
}

#[test]
fn events_are_in_order_and_page() {
    on_each_engine(|store, _| async move {
        let world = World::new(store.clone()).await;
        let other = world.another("other").await;
        let events = (0..25)
            .map(|n| NewEvent::new(world.team.id, "told", format!("{n}")).job(world.job.id))
            .collect();
        store.append_events(events).await.unwrap();
        store
            .append_events(vec![NewEvent::new(world.team.id, "told", "elsewhere").job(other.job.id)])
            .await
            .unwrap();
        let mut filter = EventFilter {
            job_id: Some(world.job.id),
            limit: 10,
            ..EventFilter::default()
        };
        let mut messages: Vec<String> = Vec::new();
        let mut last: Option<EventId> = None;
        loop {
            let page = store.events(world.team.id, &filter).await.unwrap();
            if page.is_empty() {
                break;
            }
            for event in page {
                assert!(last.is_none_or(|last| event.id < last), "newest first");
                last = Some(event.id);
                messages.push(event.message);
            }
            filter.before = last;
        }
        let told: Vec<String> = (0..25).rev().map(|n| n.to_string()).collect();
        assert_eq!(messages[..25], told);
        assert_eq!(messages[25..].len(), 3, "created, draft saved, released");
    });
}

#[test]
fn those_who_wait_are_woken() {
    on_each_engine(|store, _| async move {
        let world = World::new(store.clone()).await;
        let (mut wake, mut changes) = (store.wake(), store.changes_watch());
        wake.mark_unchanged();
        changes.mark_unchanged();
        store.append_events(vec![NewEvent::new(world.team.id, "told", "…")]).await.unwrap();
        assert!(changes.has_changed().unwrap() && !wake.has_changed().unwrap());
        let operation = world.request(world.start()).await;
        assert!(wake.has_changed().unwrap());
        wake.mark_unchanged();
        store.request_operation(world.asks(Request::Delete)).await.unwrap_err();
        assert!(!wake.has_changed().unwrap(), "nothing was asked");
        store.cancel_operation(world.team.id, operation.id, world.user).await.unwrap();
        assert!(wake.has_changed().unwrap());
    });
}
