//! The law of one operation per job, and what keeps it.

use domain::cluster::ClusterDesired;
use domain::id::OperationId;
use domain::job::Desired;
use domain::operation::{OperationState, Request};
use domain::run::StartOptions;

use super::bed::on_each_engine;
use super::world::{World, busy, ended};
use crate::{EventFilter, Idempotency, NewClusterOperation, NewOperation, Requested, StoreError, Write, new_id, now};

#[test]
fn fifty_starts_at_once_are_one_operation_and_the_others_learn_its_id() {
    on_each_engine(|store, _| async move {
        let world = World::new(store).await;
        let calls = (0..50).map(|_| {
            let (store, new) = (world.store.clone(), world.start());
            tokio::spawn(async move { store.request_operation(new).await })
        });
        let mut won = Vec::new();
        let mut lost = Vec::new();
        for call in calls.collect::<Vec<_>>() {
            match call.await.unwrap() {
                Ok(operation) => won.push(operation.id),
                Err(error) => lost.push(busy(error).id),
            }
        }
        assert_eq!(won.len(), 1);
        assert_eq!(lost, vec![won[0]; 49]);
        let job = world.now().await;
        assert_eq!(job.lifecycle_id, Some(won[0]));
        assert_eq!(job.generation, 1, "one intent, one generation");
        assert_eq!(
            job.desired,
            Desired::Running {
                release_id: world.release.id
            }
        );
        assert_eq!(world.store.operations(world.team.id, job.id, 100, None).await.unwrap().len(), 1);
        let events = world
            .store
            .events(
                world.team.id,
                &EventFilter {
                    job_id: Some(job.id),
                    ..EventFilter::default()
                },
            )
            .await
            .unwrap();
        assert_eq!(events.iter().filter(|event| event.code == "start_requested").count(), 1);
    });
}

fn keyed(world: &World, key: &str, body: &str) -> NewOperation {
    let idempotency = Idempotency {
        user_id: world.user,
        key: key.to_owned(),
        body_sha256: body.repeat(64),
    };
    NewOperation {
        idempotency: Some(idempotency),
        ..world.start()
    }
}

#[test]
fn the_same_key_and_body_is_one_operation_and_another_body_a_mismatch() {
    on_each_engine(|store, _| async move {
        let world = World::new(store).await;
        let first = world.request(keyed(&world, "key", "a")).await;
        assert_eq!(world.request(keyed(&world, "key", "a")).await.id, first.id);
        assert_eq!(
            world.store.request_operation(keyed(&world, "key", "b")).await,
            Err(Requested::Mismatch)
        );
        // Also after the operation has ended, and with what it has come to.
        world
            .commit(vec![Write::Operation(ended(first.clone(), OperationState::Succeeded))])
            .await
            .unwrap();
        let again = world.request(keyed(&world, "key", "a")).await;
        assert_eq!((again.id, again.state), (first.id, OperationState::Succeeded));
        assert_eq!(world.now().await.generation, 1);
        assert_ne!(world.request(keyed(&world, "other key", "a")).await.id, first.id);
        assert_eq!(world.store.prune_idempotency().await.unwrap(), 0, "keys are kept for a day");
    });
}

#[test]
fn the_same_key_many_times_at_once_is_one_operation_for_all() {
    on_each_engine(|store, _| async move {
        let world = World::new(store).await;
        let calls = (0..20).map(|_| {
            let (store, new) = (world.store.clone(), keyed(&world, "🔑 key", "a"));
            tokio::spawn(async move { store.request_operation(new).await.map(|operation| operation.id) })
        });
        let mut ids = Vec::new();
        for call in calls.collect::<Vec<_>>() {
            ids.push(call.await.unwrap().unwrap());
        }
        ids.dedup();
        assert_eq!(ids.len(), 1);
    });
}

#[test]
fn a_newer_intent_supersedes_the_one_it_names_and_no_other() {
    on_each_engine(|store, _| async move {
        let world = World::new(store).await;
        let start = world.request(world.start()).await;
        let stranger = NewOperation {
            supersede: Some(OperationId(new_id())),
            ..world.stop()
        };
        assert_eq!(busy(world.store.request_operation(stranger).await.unwrap_err()).id, start.id);
        let stop = world
            .request(NewOperation {
                supersede: Some(start.id),
                ..world.stop()
            })
            .await;
        let old = world.store.operation(world.team.id, start.id).await.unwrap();
        assert_eq!(old.state, OperationState::Superseded);
        assert!(old.ended_at.is_some());
        let job = world.now().await;
        assert_eq!(
            (job.lifecycle_id, job.generation, job.desired),
            (Some(stop.id), 2, Desired::Stopped)
        );
        assert_eq!(stop.generation, 2);
        // The engine still thinks of the first one: its end takes nothing from the second.
        world
            .commit(vec![Write::Operation(ended(start.clone(), OperationState::Succeeded))])
            .await
            .unwrap();
        let old = world.store.operation(world.team.id, start.id).await.unwrap();
        assert_eq!(old.state, OperationState::Superseded, "an end is an end");
        assert_eq!(world.now().await.lifecycle_id, Some(stop.id));
        // Superseding what has ended meanwhile is an ordinary request.
        world
            .commit(vec![Write::Operation(ended(stop.clone(), OperationState::Failed))])
            .await
            .unwrap();
        world
            .request(NewOperation {
                supersede: Some(stop.id),
                ..world.start()
            })
            .await;
        assert_eq!(
            world.store.operation(world.team.id, stop.id).await.unwrap().state,
            OperationState::Failed
        );
    });
}

#[test]
fn a_decision_on_an_old_look_is_sent_back() {
    on_each_engine(|store, _| async move {
        let world = World::new(store).await;
        let first = world
            .request(NewOperation {
                generation: Some(0),
                ..world.start()
            })
            .await;
        world
            .commit(vec![Write::Operation(ended(first, OperationState::Succeeded))])
            .await
            .unwrap();
        let late = NewOperation {
            generation: Some(0),
            ..world.start()
        };
        assert_eq!(world.store.request_operation(late).await, Err(Requested::Changed));
        assert_eq!(world.now().await.generation, 1);
        let fresh = NewOperation {
            generation: Some(1),
            ..world.stop()
        };
        world.request(fresh).await;
    });
}

#[test]
fn a_savepoint_has_a_place_of_its_own_and_changes_no_intent() {
    on_each_engine(|store, _| async move {
        let world = World::new(store).await;
        world.running().await;
        let savepoint = world.request(world.asks(Request::Savepoint)).await;
        assert_eq!(
            busy(world.store.request_operation(world.asks(Request::Savepoint)).await.unwrap_err()).id,
            savepoint.id
        );
        let stop = world.request(world.stop()).await;
        let job = world.now().await;
        assert_eq!((job.savepoint_id, job.lifecycle_id), (Some(savepoint.id), Some(stop.id)));
        assert_eq!((savepoint.generation, job.generation), (1, 2));
        assert_eq!(world.store.open_operations_of_job(job.id).await.unwrap().len(), 2);
    });
}

#[test]
fn cancelling_frees_the_place_and_leaves_what_is_desired() {
    on_each_engine(|store, _| async move {
        let world = World::new(store).await;
        let start = world.request(world.start()).await;
        let other = world.store.create_team("other").await.unwrap();
        assert_eq!(
            world.store.cancel_operation(other.id, start.id, world.user).await,
            Err(StoreError::NotFound)
        );
        let cancelled = world.store.cancel_operation(world.team.id, start.id, world.user).await.unwrap();
        assert_eq!(cancelled.state, OperationState::Cancelled);
        let job = world.now().await;
        assert_eq!(
            (job.lifecycle_id, job.desired),
            (
                None,
                Desired::Running {
                    release_id: world.release.id
                }
            )
        );
        let again = world.store.cancel_operation(world.team.id, start.id, world.user).await;
        assert!(matches!(again, Err(StoreError::Conflict(_))), "{again:?}");
        let run = world.commit(vec![Write::InsertRun(world.run(&start))]).await;
        assert!(
            matches!(run, Err(StoreError::Conflict(_))),
            "nothing is started for an operation that has ended: {run:?}"
        );
    });
}

#[test]
fn another_team_sees_nothing_and_a_request_of_the_wrong_kind_is_refused() {
    on_each_engine(|store, _| async move {
        let world = World::new(store).await;
        let other = world.store.create_team("other").await.unwrap();
        let foreign = NewOperation {
            team_id: other.id,
            cluster_id: None,
            ..world.start()
        };
        assert_eq!(
            world.store.request_operation(foreign).await,
            Err(Requested::Store(StoreError::NotFound))
        );
        let wrong = world.store.request_operation(world.asks(Request::ClusterStart)).await;
        assert!(matches!(wrong, Err(Requested::Store(StoreError::Invalid(_)))), "{wrong:?}");
        assert_eq!(world.now().await, world.job);
    });
}

#[test]
fn a_cluster_has_one_operation_too() {
    on_each_engine(|store, _| async move {
        let world = World::new(store).await;
        let of = |request: Request, supersede| NewClusterOperation {
            team_id: world.team.id,
            cluster_id: world.cluster.id,
            request,
            requested_by: Some(world.user),
            deadline_at: now().plus(60_000),
            generation: None,
            supersede,
            idempotency: None,
            message: String::new(),
        };
        let start = world.store.request_cluster(of(Request::ClusterStart, None)).await.unwrap();
        assert_eq!(
            busy(world.store.request_cluster(of(Request::ClusterStart, None)).await.unwrap_err()).id,
            start.id
        );
        let stop = world.store.request_cluster(of(Request::ClusterStop, Some(start.id))).await.unwrap();
        assert_eq!(world.store.operation_any(start.id).await.unwrap().state, OperationState::Superseded);
        let cluster = world.store.cluster(world.team.id, world.cluster.id).await.unwrap();
        assert_eq!(
            (cluster.operation_id, cluster.desired, cluster.generation),
            (Some(stop.id), ClusterDesired::Stopped, 2)
        );
        world
            .commit(vec![Write::Operation(ended(stop.clone(), OperationState::Succeeded))])
            .await
            .unwrap();
        let cluster = world.store.cluster_any(world.cluster.id).await.unwrap();
        assert_eq!(cluster.operation_id, None);
        assert_eq!(
            world.store.cluster_operations(world.team.id, cluster.id, 10).await.unwrap().len(),
            2
        );
        assert!(world.store.open_operations_of_cluster(cluster.id).await.unwrap().is_empty());
        let wrong = of(
            Request::Start {
                release_id: world.release.id,
                options: StartOptions::default(),
            },
            None,
        );
        assert!(matches!(
            world.store.request_cluster(wrong).await,
            Err(Requested::Store(StoreError::Invalid(_)))
        ));
    });
}
