//! The clusters of applications in rows: made with the request that needs them, gone when nothing uses them.

use std::collections::BTreeMap;

use domain::Millis;
use domain::cluster::{Cluster, ClusterDesired, TargetKind};
use domain::draft::Mode;
use domain::flink_version::VersionNumber;
use domain::id::{ClusterId, RunId};
use domain::operation::OperationState;
use domain::restart::{RestartPolicy, RestartWhen};
use domain::run::{Outcome, Run, RunCause, RunEnd};
use domain::target::{KubernetesAccess, KubernetesDefaults, KubernetesPlace, Target};

use super::bed::on_each_engine;
use super::world::{World, busy, end, ended};
use crate::{NewApplication, NewOperation, NewTarget, StoreError, Write, now};

async fn target(world: &World) -> Target {
    let new = NewTarget {
        name: "lab".to_owned(),
        place: KubernetesPlace {
            access: KubernetesAccess::InCluster,
            context: None,
            namespace: "flink".to_owned(),
        },
        defaults: KubernetesDefaults::default(),
    };
    world.store.create_target(new).await.unwrap()
}

fn application(target: &Target) -> NewApplication {
    NewApplication {
        target_id: target.id,
        version: VersionNumber::new(1, 20, 5),
        configuration: BTreeMap::from([("a.key".to_owned(), "a value".to_owned())]),
    }
}

fn start(world: &World, target: &Target) -> NewOperation {
    NewOperation {
        cluster_id: None,
        application: Some(application(target)),
        ..world.start()
    }
}

async fn cluster(world: &World) -> Cluster {
    let id = world.now().await.cluster_id.expect("the job stands somewhere");
    world.store.cluster_any(id).await.unwrap()
}

/// Started and running in a cluster of its own, with the operation ended.
async fn running(world: &World, target: &Target) -> (Cluster, Run) {
    let operation = world.request(start(world, target)).await;
    let cluster = cluster(world).await;
    let run = Run {
        id: RunId(cluster.id.0),
        cluster_id: cluster.id,
        ..world.run(&operation)
    };
    let writes = vec![
        Write::InsertRun(run.clone()),
        Write::Operation(ended(operation, OperationState::Succeeded)),
    ];
    world.commit(writes).await.unwrap();
    (cluster, run)
}

async fn fails(world: &World, run: &Run) {
    let write = Write::EndRun {
        run_id: run.id,
        end: RunEnd {
            at: Millis(now().0),
            ..end(Outcome::Failed)
        },
        events: Vec::new(),
    };
    world.commit(vec![write]).await.unwrap();
}

async fn followed(world: &World) -> Vec<ClusterId> {
    let work = world.store.engine_clusters().await.unwrap();
    work.into_iter().map(|work| work.cluster.id).collect()
}

#[test]
fn a_request_makes_the_cluster_and_places_the_job_on_it() {
    on_each_engine(|store, _| async move {
        let world = World::new(store).await;
        let target = target(&world).await;
        let operation = world.request(start(&world, &target)).await;
        let made = cluster(&world).await;
        assert_eq!(
            (made.target, made.mode, made.desired, made.target_id),
            (TargetKind::Kubernetes, Mode::Application, ClusterDesired::Running, Some(target.id))
        );
        assert_eq!(
            (made.version, &made.configuration),
            (Some(VersionNumber::new(1, 20, 5)), &application(&target).configuration)
        );
        assert_eq!((made.name, made.rest_url), (format!("sw-{}", made.id.base32()), None));
        assert!(followed(&world).await.contains(&made.id));
        let listed = world.store.clusters(world.team.id).await.unwrap();
        assert!(
            listed.iter().all(|of| of.cluster.id != made.id),
            "it is no session cluster to choose"
        );

        // A request that is not taken makes none.
        let before = followed(&world).await;
        assert_eq!(
            busy(world.store.request_operation(start(&world, &target)).await.unwrap_err()).id,
            operation.id
        );
        assert_eq!((followed(&world).await, world.now().await.cluster_id), (before, Some(made.id)));
        let refused = world.store.delete_target(target.id).await.unwrap_err();
        assert!(matches!(refused, StoreError::Conflict(_)), "{refused}");
    });
}

#[test]
fn a_restart_makes_another_one() {
    on_each_engine(|store, _| async move {
        let world = World::new(store).await;
        let target = target(&world).await;
        let policy = RestartPolicy {
            when: RestartWhen::Failed,
            ..RestartPolicy::default()
        };
        world
            .store
            .set_restart_policy(world.team.id, world.job.id, policy, world.user)
            .await
            .unwrap();
        let (old, run) = running(&world, &target).await;
        fails(&world, &run).await;
        assert!(followed(&world).await.contains(&old.id), "its restart is awaited there");
        let begin = Write::BeginRestart {
            application: Some(application(&target)),
            after: run.id,
            operation: world.restart_of(&run),
            message: "again".to_owned(),
        };
        world.commit(vec![begin.clone()]).await.unwrap();
        let new = cluster(&world).await;
        assert_ne!(new.id, old.id);
        assert_eq!(
            world.store.cluster_any(old.id).await.unwrap().id,
            old.id,
            "until it is proven to be gone"
        );
        // Once: another owner with the same facts makes no cluster.
        let before = followed(&world).await;
        assert!(matches!(world.commit(vec![begin]).await, Err(StoreError::Conflict(_))));
        assert_eq!((followed(&world).await, cluster(&world).await.id), (before, new.id));
        world.commit(vec![Write::RetireCluster(old.id)]).await.unwrap();
        assert_eq!(world.now().await.cluster_id, Some(new.id), "the job stands on the new one");
    });
}

#[test]
fn what_is_used_is_not_retired_and_what_is_not_leaves_its_run() {
    on_each_engine(|store, _| async move {
        let world = World::new(store).await;
        let target = target(&world).await;
        let retire = |id| vec![Write::RetireCluster(id)];
        let refused = |outcome: Result<(), StoreError>| assert!(matches!(outcome, Err(StoreError::Conflict(_))), "{outcome:?}");

        let operation = world.request(start(&world, &target)).await;
        let first = cluster(&world).await;
        refused(world.commit(retire(first.id)).await);
        world
            .commit(vec![Write::Operation(ended(operation, OperationState::Failed))])
            .await
            .unwrap();
        world.commit(retire(first.id)).await.unwrap();
        assert_eq!(world.now().await.cluster_id, None);

        let (own, run) = running(&world, &target).await;
        refused(world.commit(retire(own.id)).await);
        fails(&world, &run).await;
        world.commit(retire(own.id)).await.unwrap();
        world.commit(retire(own.id)).await.unwrap();
        assert_eq!(world.store.cluster_any(own.id).await, Err(StoreError::NotFound));
        assert!(!followed(&world).await.contains(&own.id));
        let kept = world.store.run_any(run.id).await.unwrap();
        assert_eq!((kept.cluster_id, kept.cause), (own.id, RunCause::Start));

        assert!(
            matches!(world.commit(retire(world.cluster.id)).await, Err(StoreError::Invalid(_))),
            "a session cluster"
        );
        world.store.delete_target(target.id).await.unwrap();
    });
}
