//! Facts of jobs: whole, and in a constant number of queries.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use domain::Millis;
use domain::cluster::Look;
use domain::effect::EffectState;
use domain::observation::{Observation, Presence};
use domain::operation::{OperationState, Request};
use domain::run::{Outcome, Run, Source};
use domain::snapshot::{Snapshot, SnapshotState};

use super::bed::on_each_engine;
use super::world::{World, effect, end, ended, spec, standalone};
use crate::{JobFilter, NewDraft, NewOperation, Requested, Store, StoreError, Write};

#[test]
fn facts_are_whole() {
    on_each_engine(|store, _| async move {
        let world = World::new(store.clone()).await;
        let run = world.running().await;
        let seen = |source| Observation {
            run_id: run.id,
            source,
            presence: Presence::Absent,
            incarnation: None,
            seen_at: Millis(1),
        };
        let savepoint = world.request(world.asks(Request::Savepoint)).await;
        let mut stop = world.request(world.stop()).await;
        let taken = world.snapshot(&run, SnapshotState::Complete);
        stop.snapshot_id = Some(taken.id);
        let waiting = world.snapshot(&run, SnapshotState::Unverified);
        let look = Look {
            slots_total: 9,
            ..Look::default()
        };
        let call = effect(&run, EffectState::Sent);
        world
            .commit(vec![
                Write::Observation(seen(Source::ProcessExit)),
                Write::Observation(seen(Source::JobManagerRest)),
                Write::Snapshot(taken.clone()),
                Write::Snapshot(waiting.clone()),
                Write::Snapshot(world.snapshot(&run, SnapshotState::Failed)),
                Write::Operation(stop.clone()),
                Write::Effect(call.clone()),
                Write::Look {
                    cluster_id: world.cluster.id,
                    look: look.clone(),
                },
            ])
            .await
            .unwrap();
        let facts = store.job_facts(world.job.id).await.unwrap();
        assert_eq!(facts.job, world.now().await);
        assert_eq!(facts.run.as_ref(), Some(&run));
        assert_eq!(facts.lifecycle.as_ref().map(|of| of.id), Some(stop.id));
        assert_eq!(facts.savepoint.as_ref().map(|of| of.id), Some(savepoint.id));
        assert_eq!(facts.observation, Some(seen(Source::JobManagerRest)));
        assert_eq!(facts.effects, [call]);
        assert_eq!(facts.snapshots, [taken, waiting]);
        assert_eq!(
            facts.cluster.as_ref().map(|of| (of.cluster.id, &of.look)),
            Some((world.cluster.id, &look))
        );
        let view = store.job_view(world.team.id, world.job.id).await.unwrap();
        assert!(view.effects.is_empty() && view.snapshots.is_empty());
        assert_eq!(
            (view.run, view.lifecycle, view.observation),
            (facts.run, facts.lifecycle, facts.observation)
        );
    });
}

#[test]
fn a_live_run_stands_where_it_runs_and_an_ended_one_where_the_job_is_asked() {
    on_each_engine(|store, _| async move {
        let world = World::new(store.clone()).await;
        let run = world.running().await;
        let there = store.create_cluster(standalone(&world.team, "there")).await.unwrap();
        let moved = NewOperation {
            cluster_id: Some(there.id),
            ..world.start()
        };
        let operation = world.request(moved).await;
        let place = async || {
            let facts = store.job_facts(world.job.id).await.unwrap();
            facts.cluster.map(|of| of.cluster.id)
        };
        assert_eq!(place().await, Some(world.cluster.id));
        let savepoint = world.snapshot(&run, SnapshotState::Triggering);
        let end = Write::EndRun {
            run_id: run.id,
            end: end(Outcome::Canceled),
            events: Vec::new(),
        };
        world.commit(vec![Write::Snapshot(savepoint.clone()), end]).await.unwrap();
        // Only the cluster that it ran on can say what became of its savepoint.
        assert_eq!(place().await, Some(world.cluster.id));
        let complete = Snapshot {
            state: SnapshotState::Complete,
            ..savepoint
        };
        world.commit(vec![Write::Snapshot(complete)]).await.unwrap();
        assert_eq!(place().await, Some(there.id));
        let view = store.job_view(world.team.id, world.job.id).await.unwrap();
        assert_eq!(view.cluster.map(|of| of.cluster.id), Some(there.id));
        assert_eq!(operation.generation, 2);
    });
}

fn counted(store: &Store) -> (Store, Arc<AtomicUsize>) {
    let queries = Arc::new(AtomicUsize::new(0));
    let mut store = store.clone();
    let counter = Arc::clone(&queries);
    store.reader.set_metric_callback(move |_| {
        counter.fetch_add(1, Ordering::SeqCst);
    });
    (store, queries)
}

#[test]
fn a_hundred_jobs_take_as_many_queries_as_one() {
    on_each_engine(|store, _| async move {
        let world = World::new(store.clone()).await;
        world.running().await;
        world.request(world.stop()).await;
        let (counting, queries) = counted(&store);
        let filter = JobFilter::default();
        let all = async || {
            let views = counting.job_views(world.team.id, &filter).await.unwrap().len();
            let views = (views, queries.swap(0, Ordering::SeqCst));
            let jobs = counting.engine_jobs(world.cluster.id).await.unwrap().len();
            let jobs = (jobs, queries.swap(0, Ordering::SeqCst));
            counting.engine_clusters().await.unwrap();
            (views, jobs, queries.swap(0, Ordering::SeqCst))
        };
        let one = all().await;
        for n in 0..30 {
            let another = world.another(&format!("job {n}")).await;
            another.running().await;
            another.request(another.stop()).await;
        }
        let many = all().await;
        assert_eq!((one.0.0, one.1.0, many.0.0, many.1.0), (1, 1, 31, 31));
        assert_eq!((one.0.1, one.1.1, one.2), (many.0.1, many.1.1, many.2));
        assert!(many.0.1 > 0 && many.0.1 <= 8, "{}", many.0.1);
    });
}

#[test]
fn the_engine_is_given_what_it_has_work_with_and_nothing_else() {
    on_each_engine(|store, _| async move {
        let world = World::new(store.clone()).await;
        let names = async || {
            let jobs = store.engine_jobs(world.cluster.id).await.unwrap();
            jobs.into_iter().map(|facts| facts.job.name).collect::<Vec<_>>()
        };
        let done = |run: &Run| Write::EndRun {
            run_id: run.id,
            end: end(Outcome::Canceled),
            events: Vec::new(),
        };
        assert!(names().await.is_empty(), "nothing was asked");
        let (live, asked, ghost, unsettled, ended_one) = (
            world.another("live").await,
            world.another("asked").await,
            world.another("ghost").await,
            world.another("unsettled").await,
            world.another("ended").await,
        );
        live.running().await;
        asked.request(asked.start()).await;
        let run = ghost.running().await;
        world
            .commit(vec![
                done(&run),
                Write::UpdateRun(Run {
                    ghost_since: Some(Millis(1)),
                    ..run
                }),
            ])
            .await
            .unwrap();
        let run = unsettled.running().await;
        world
            .commit(vec![
                done(&run),
                Write::Snapshot(unsettled.snapshot(&run, SnapshotState::Triggering)),
            ])
            .await
            .unwrap();
        let run = ended_one.running().await;
        world.commit(vec![done(&run)]).await.unwrap();
        assert_eq!(names().await, ["live", "asked", "ghost", "unsettled"]);
        let work = store.engine_clusters().await.unwrap();
        assert_eq!(
            work.iter().map(|work| (work.live_runs, work.open_operations)).collect::<Vec<_>>(),
            [(1, 1)]
        );
    });
}

#[test]
fn an_operation_of_a_job_that_stands_nowhere_is_found() {
    on_each_engine(|store, _| async move {
        let world = World::new(store.clone()).await;
        store.delete_cluster(world.team.id, world.cluster.id, None).await.unwrap();
        assert!(store.engine_unplaced().await.unwrap().is_empty());
        let gone = store.request_operation(world.start()).await;
        assert!(
            matches!(gone, Err(Requested::Store(StoreError::Conflict(_)))),
            "nothing is started where nothing is: {gone:?}"
        );
        let delete = world
            .request(NewOperation {
                cluster_id: None,
                ..world.asks(Request::Delete)
            })
            .await;
        let unplaced = store.engine_unplaced().await.unwrap();
        assert_eq!(
            unplaced
                .iter()
                .map(|facts| facts.lifecycle.as_ref().map(|of| of.id))
                .collect::<Vec<_>>(),
            [Some(delete.id)]
        );
        world
            .commit(vec![
                Write::DeleteJob(world.job.id),
                Write::Operation(ended(delete, OperationState::Succeeded)),
            ])
            .await
            .unwrap();
        assert!(store.engine_unplaced().await.unwrap().is_empty());
        assert!(store.engine_clusters().await.unwrap().is_empty());
    });
}

#[test]
fn a_job_whose_draft_names_a_cluster_that_is_gone_can_be_deleted() {
    on_each_engine(|store, _| async move {
        let world = World::new(store.clone()).await;
        store.delete_cluster(world.team.id, world.cluster.id, None).await.unwrap();
        let draft = NewDraft {
            team_id: world.team.id,
            job_id: world.job.id,
            base_revision: None,
            spec: spec("SELECT 1", &world.cluster),
            saved_by: world.user,
        };
        store.save_draft(draft).await.unwrap();
        assert_eq!(world.now().await.cluster_id, Some(world.cluster.id));
        world
            .request(NewOperation {
                cluster_id: None,
                ..world.asks(Request::Delete)
            })
            .await;
        assert_eq!(store.engine_unplaced().await.unwrap().len(), 1);
    });
}
