//! Clusters, their looks, Flink versions and installations.

use domain::Millis;
use domain::cluster::{ClusterDesired, Look, ProcessLook, TargetKind, UnmanagedJob};
use domain::flink_version::{FlinkVersion, Installation, InstallationState, VersionNumber};
use domain::id::{ClusterId, FlinkVersionId};
use domain::operation::{OperationState, Request};
use domain::ports::InstallSource;
use domain::run::Outcome;

use super::bed::on_each_engine;
use super::world::{World, end, ended, standalone};
use crate::{NewCluster, NewClusterOperation, StoreError, Write, new_id, now};

fn refused<T: std::fmt::Debug>(outcome: Result<T, StoreError>) {
    assert!(matches!(outcome, Err(StoreError::Conflict(_))), "{outcome:?}");
}

#[test]
fn a_cluster_in_use_is_not_deleted() {
    on_each_engine(|store, _| async move {
        let world = World::new(store.clone()).await;
        let (team, id) = (world.team.id, world.cluster.id);
        let run = world.running().await;
        assert_eq!(store.jobs_on_cluster(id).await.unwrap(), [(world.now().await, run.clone())]);
        refused(store.delete_cluster(team, id, None).await);
        world
            .commit(vec![Write::EndRun {
                run_id: run.id,
                end: end(Outcome::Finished),
                events: Vec::new(),
            }])
            .await
            .unwrap();
        let start = world.request(world.start()).await;
        refused(store.delete_cluster(team, id, None).await);
        world
            .commit(vec![Write::Operation(ended(start, OperationState::Failed))])
            .await
            .unwrap();
        let of_cluster = NewClusterOperation {
            team_id: team,
            cluster_id: id,
            request: Request::ClusterStop,
            requested_by: None,
            deadline_at: now(),
            generation: Some(0),
            supersede: None,
            idempotency: None,
            message: "Cluster stop requested.".to_owned(),
        };
        let stop = store.request_cluster(of_cluster).await.unwrap();
        refused(store.delete_cluster(team, id, None).await);
        world
            .commit(vec![Write::Operation(ended(stop, OperationState::Succeeded))])
            .await
            .unwrap();
        let other = store.create_team("other").await.unwrap();
        assert_eq!(store.delete_cluster(other.id, id, None).await, Err(StoreError::NotFound));
        store.delete_cluster(team, id, Some(world.user)).await.unwrap();
        assert_eq!(store.cluster(team, id).await, Err(StoreError::NotFound));
        assert_eq!(world.now().await.cluster_id, None);
        assert_eq!(store.run_any(run.id).await.unwrap().cluster_id, id, "history keeps it");
        assert!(store.job_view(team, world.job.id).await.unwrap().cluster.is_none());
    });
}

#[test]
fn a_flink_version_in_use_is_not_deleted() {
    on_each_engine(|store, _| async move {
        let world = World::new(store.clone()).await;
        let of = |version| FlinkVersion {
            id: FlinkVersionId(new_id()),
            version,
            home: "/opt/flink".to_owned(),
            java_home: "/opt/java".to_owned(),
            source: "added".to_owned(),
            created_at: Millis(1),
        };
        let (old, new) = (of(VersionNumber::new(1, 20, 5)), of(VersionNumber::new(2, 2, 1)));
        store.insert_flink_version(&old).await.unwrap();
        store.insert_flink_version(&new).await.unwrap();
        refused(store.insert_flink_version(&of(new.version)).await);
        assert_eq!(store.flink_versions().await.unwrap(), [new.clone(), old.clone()]);
        assert_eq!(store.flink_version_by_number(old.version).await.unwrap(), Some(old.clone()));
        let local = NewCluster {
            target: TargetKind::Local,
            flink_version_id: Some(new.id),
            target_id: None,
            jars: Vec::new(),
            desired: ClusterDesired::Running,
            ..standalone(&world.team, "local")
        };
        let cluster = store.create_cluster(local.clone()).await.unwrap();
        refused(store.delete_flink_version(new.id).await);
        assert_eq!(store.flink_version(new.id).await.unwrap(), new);
        refused(store.delete_cluster(world.team.id, cluster.id, None).await);
        let stopped = Write::ClusterDesired {
            cluster_id: cluster.id,
            generation: 0,
            desired: ClusterDesired::Stopped,
        };
        world.commit(vec![stopped]).await.unwrap();
        store.delete_cluster(world.team.id, cluster.id, None).await.unwrap();
        store.delete_flink_version(new.id).await.unwrap();
        assert_eq!(store.delete_flink_version(new.id).await, Err(StoreError::NotFound));
        refused(store.create_cluster(local).await);
    });
}

#[test]
fn a_look_is_kept_whole_and_told_of_only_when_it_is_news() {
    on_each_engine(|store, _| async move {
        let world = World::new(store.clone()).await;
        let id = world.cluster.id;
        assert_eq!(store.look(id).await.unwrap(), Look::default());
        let mut look = Look {
            incarnation: Some("a".to_owned()),
            contact_at: Some(Millis(10)),
            looked_at: Some(Millis(10)),
            unreachable_since: None,
            error: None,
            reported_version: Some("2.2.1".to_owned()),
            kubernetes: Some(domain::cluster::KubernetesLook {
                cause: Some("The image cannot be pulled.".to_owned()),
                ..Default::default()
            }),
            task_managers: 2,
            slots_total: 4,
            slots_free: 3,
            unmanaged: vec![UnmanagedJob {
                flink_job_id: "f".repeat(32),
                name: "陌生人".to_owned(),
                state: "RUNNING".to_owned(),
            }],
            processes: vec![ProcessLook {
                role: "jobmanager".to_owned(),
                pid: Some(7),
                exit_code: None,
                ended_at: None,
            }],
        };
        store.save_look(id, &look).await.unwrap();
        assert_eq!(store.look(id).await.unwrap(), look);
        let told = store.newest_change().await.unwrap();
        (look.contact_at, look.looked_at) = (Some(Millis(20)), Some(Millis(20)));
        store.save_look(id, &look).await.unwrap();
        assert_eq!(store.look(id).await.unwrap(), look);
        assert_eq!(store.newest_change().await.unwrap(), told, "only the times are others");
        look.unreachable_since = Some(Millis(30));
        world
            .commit(vec![Write::Look {
                cluster_id: id,
                look: look.clone(),
            }])
            .await
            .unwrap();
        assert!(store.newest_change().await.unwrap() > told);
        assert_eq!(store.clusters(world.team.id).await.unwrap()[0].look, look);
        assert_eq!(store.looks(&[id, ClusterId(new_id())]).await.unwrap().len(), 1);
        refused(store.save_look(ClusterId(new_id()), &look).await);
    });
}

#[test]
fn address_and_version_are_kept_until_told_otherwise() {
    on_each_engine(|store, _| async move {
        let world = World::new(store.clone()).await;
        let id = world.cluster.id;
        store.set_cluster_rest(id, Some("http://127.0.0.1:8081"), None).await.unwrap();
        world
            .commit(vec![Write::ClusterRest {
                cluster_id: id,
                rest_url: None,
                version: Some(VersionNumber::new(1, 20, 5)),
            }])
            .await
            .unwrap();
        let cluster = store.cluster_any(id).await.unwrap();
        assert_eq!(
            (cluster.rest_url.as_deref(), cluster.version),
            (Some("http://127.0.0.1:8081"), Some(VersionNumber::new(1, 20, 5)))
        );
        assert_eq!(cluster.configuration, world.cluster.configuration);
        refused(store.set_cluster_rest(ClusterId(new_id()), Some("x"), None).await);
    });
}

#[test]
fn an_installation_that_nobody_works_on_has_failed() {
    on_each_engine(|store, _| async move {
        let source = InstallSource::Archive {
            base_url: Some("https://mirror.example/flink".to_owned()),
        };
        let open = store.create_installation(VersionNumber::new(2, 2, 1), &source).await.unwrap();
        let done = store
            .create_installation(VersionNumber::new(1, 20, 5), &InstallSource::Pypi)
            .await
            .unwrap();
        let done = Installation {
            state: InstallationState::Succeeded,
            share: Some(0.25),
            ended_at: Some(Millis(3)),
            ..done
        };
        store.update_installation(&done).await.unwrap();
        assert_eq!(store.end_open_installations().await.unwrap(), 1);
        assert_eq!(store.installation(done.id).await.unwrap(), done);
        let failed = store.installation(open.id).await.unwrap();
        assert_eq!((failed.state, failed.source), (InstallationState::Failed, source));
        assert!(failed.error.unwrap().contains("the server ended while installing"));
        assert_eq!(store.installations().await.unwrap().len(), 2);
    });
}
