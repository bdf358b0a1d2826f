//! Versions are numbered without doubles, what is used stays, limits hold, and the forgotten go.

use std::collections::BTreeSet;

use domain::artifact::{Artifact, ArtifactKind, ArtifactRef, Digest, Holder, PinnedArtifact};
use domain::id::UploadId;
use domain::upload::{Content, Upload, UploadLimits};

use super::bed::on_each_engine;
use super::world::{World, content, spec, standalone};
use crate::{ArtifactFilter, NewArtifact, NewDraft, NewRelease, Store, StoreError, UploadRefused, artifact_reference, new_id, now};

fn upload(world: &World, name: &str) -> Upload {
    Upload {
        id: UploadId(new_id()),
        team_id: world.team.id,
        name: name.to_owned(),
        file_name: format!("{name}-1.0.jar"),
        kind: Some(ArtifactKind::Connector),
        size_bytes: 10,
        sha256: Some(Digest::of([9; 32])),
        created_by: world.user,
        created_at: now(),
        expires_at: now().plus(1000),
    }
}

async fn begun(world: &World, name: &str) -> Upload {
    let new = upload(world, name);
    world.store.create_upload(new.clone(), UploadLimits::default()).await.unwrap();
    new
}

fn complete(upload: Upload, byte: u8) -> NewArtifact {
    NewArtifact {
        created_by: upload.created_by,
        content: Content {
            digest: Digest::of([byte; 32]),
            size_bytes: upload.size_bytes,
            kind: ArtifactKind::Connector,
            entry_classes: vec!["a.B".to_owned()],
        },
        upload,
    }
}

async fn made(world: &World, name: &str, byte: u8) -> Artifact {
    let new = complete(begun(world, name).await, byte);
    world.store.create_artifact(new).await.unwrap().0
}

fn named(name: &str, version: Option<i64>) -> ArtifactRef {
    ArtifactRef {
        name: name.to_owned(),
        version,
    }
}

async fn save(world: &World, jars: Vec<ArtifactRef>) {
    let mut spec = spec("SELECT 1", &world.cluster);
    spec.jars = jars;
    let draft = NewDraft {
        team_id: world.team.id,
        job_id: world.job.id,
        base_revision: None,
        spec,
        saved_by: world.user,
    };
    world.store.save_draft(draft).await.unwrap();
}

fn release(world: &World, artifacts: &[&Artifact]) -> NewRelease {
    let mut content = content("job", spec("SELECT 1", &world.cluster));
    content.artifacts = artifacts.iter().copied().map(PinnedArtifact::from).collect();
    NewRelease {
        team_id: world.team.id,
        job_id: world.job.id,
        draft_revision: 1,
        content,
        findings: Vec::new(),
        overridden: false,
        note: String::new(),
        created_by: world.user,
    }
}

async fn users(store: &Store, artifact: &Artifact) -> Vec<String> {
    let mut uses = store.artifact_uses(artifact.team_id, std::slice::from_ref(artifact)).await.unwrap();
    uses.remove(&artifact.id).unwrap().1.iter().map(ToString::to_string).collect()
}

#[test]
fn uploads_at_once_are_versions_without_doubles() {
    on_each_engine(|store, _| async move {
        let world = World::new(store.clone()).await;
        let mut uploads = Vec::new();
        for number in 0..12_u8 {
            // Pairs of equal bytes: each pair is one version, or two where another came between.
            uploads.push(complete(begun(&world, "orders").await, number / 2));
        }
        let made = uploads.into_iter().map(|new| {
            let store = store.clone();
            tokio::spawn(async move { store.create_artifact(new).await.unwrap() })
        });
        let (mut versions, mut created) = (BTreeSet::new(), 0);
        for one in made.collect::<Vec<_>>() {
            let (artifact, new) = one.await.unwrap();
            versions.insert(artifact.version);
            created += i64::from(new);
        }
        assert_eq!(versions, (1..=created).collect());
        assert!((6..=12).contains(&created), "{created}");
        let filter = ArtifactFilter {
            name: Some("orders".to_owned()),
            limit: 100,
            ..ArtifactFilter::default()
        };
        let mut all = store.artifacts(world.team.id, &filter).await.unwrap();
        all.sort_by_key(|one| one.version);
        assert!(
            all.windows(2).all(|two| two[0].digest != two[1].digest),
            "no version has the bytes of the one before"
        );
        assert!(store.uploads(world.team.id).await.unwrap().is_empty());
    });
}

#[test]
fn a_version_is_read_as_it_was_made() {
    on_each_engine(|store, _| async move {
        let world = World::new(store.clone()).await;
        let begun = begun(&world, "订单🚀").await;
        assert_eq!(store.upload(world.team.id, begun.id).await.unwrap(), begun);
        let (one, new) = store.create_artifact(complete(begun.clone(), 1)).await.unwrap();
        assert!(new && one.version == 1 && one.entry_classes == ["a.B"], "{one:?}");
        assert_eq!(
            store.create_artifact(complete(begun, 1)).await,
            Err(StoreError::NotFound),
            "an upload completes once"
        );
        assert_eq!(store.artifact(world.team.id, one.id).await.unwrap(), one);
        let two = made(&world, "订单🚀", 2).await;
        let team = world.team.id;
        assert_eq!(store.artifact_by_ref(team, &named("订单🚀", None)).await.unwrap(), two);
        assert_eq!(store.artifact_by_ref(team, &named("订单🚀", Some(1))).await.unwrap(), one);
        assert_eq!(
            store.artifact_by_ref(team, &named("订单🚀", Some(3))).await,
            Err(StoreError::NotFound)
        );
        made(&world, "other", 1).await;
        let list = async |filter: ArtifactFilter| {
            let filter = ArtifactFilter { limit: 10, ..filter };
            let found = store.artifacts(team, &filter).await.unwrap();
            found
                .into_iter()
                .map(|one| format!("{} {}", one.name, one.version))
                .collect::<Vec<_>>()
        };
        assert_eq!(list(ArtifactFilter::default()).await, ["other 1", "订单🚀 2"]);
        let search = |text: &str| ArtifactFilter {
            search: Some(text.to_owned()),
            ..ArtifactFilter::default()
        };
        assert_eq!(list(search("OTH")).await, ["other 1"]);
        assert!(list(search("%")).await.is_empty(), "signs are taken literally");
        let kind = ArtifactFilter {
            kind: Some(ArtifactKind::JobJar),
            ..ArtifactFilter::default()
        };
        assert!(list(kind).await.is_empty());
        let elsewhere = store.create_team("elsewhere").await.unwrap().id;
        assert_eq!(store.artifact(elsewhere, one.id).await, Err(StoreError::NotFound));
        assert_eq!(store.delete_artifact(elsewhere, one.id).await, Err(StoreError::NotFound));
        assert_eq!(
            store.artifact_by_ref(elsewhere, &named("other", None)).await,
            Err(StoreError::NotFound)
        );
        let known = store.known_digests(&[Digest::of([1; 32]), Digest::of([3; 32])]).await.unwrap();
        assert_eq!(known, [Digest::of([1; 32])]);
    });
}

#[test]
fn what_is_used_is_not_deleted() {
    on_each_engine(|store, _| async move {
        let world = World::new(store.clone()).await;
        let (one, two) = (made(&world, "kafka", 1).await, made(&world, "kafka", 2).await);
        save(&world, vec![named("kafka", None), named("nowhere", None)]).await;
        assert_eq!(users(&store, &two).await, ["the draft of job 'job'"], "no version means the newest");
        assert!(users(&store, &one).await.is_empty());
        save(&world, vec![named("kafka", Some(1)), named("kafka", Some(1))]).await;
        assert_eq!(users(&store, &one).await, ["the draft of job 'job'"]);
        assert!(users(&store, &two).await.is_empty(), "what an older draft used is free");
        let released = store.create_release(release(&world, &[&two])).await.unwrap();
        assert_eq!(users(&store, &two).await, [format!("release {} of job 'job'", released.number)]);
        save(&world, vec![]).await;
        store.delete_artifact(world.team.id, one.id).await.unwrap();
        let refused = store.delete_artifact(world.team.id, two.id).await.unwrap_err();
        assert!(
            matches!(&refused, StoreError::Conflict(why) if why.contains("version 2 of the artifact 'kafka' is used by release 2 of job 'job'")),
            "{refused:?}"
        );
        let gone = store.create_release(release(&world, &[&one])).await.unwrap_err();
        assert!(
            matches!(&gone, StoreError::Conflict(why) if why.contains("was deleted meanwhile")),
            "{gone:?}"
        );
        store.commit(None, vec![crate::Write::DeleteJob(world.job.id)]).await.unwrap();
        let (_, last) = store.delete_artifact(world.team.id, two.id).await.unwrap();
        assert!(last, "nothing else has these bytes");
    });
}

#[test]
fn a_cluster_holds_what_it_has_in_lib() {
    on_each_engine(|store, _| async move {
        let world = World::new(store.clone()).await;
        let one = made(&world, "fs", 1).await;
        let mut stopped = standalone(&world.team, "with jars");
        stopped.desired = domain::cluster::ClusterDesired::Stopped;
        let cluster = store.create_cluster(stopped).await.unwrap().id;
        let team = world.team.id;
        store
            .write(crate::transaction::Scope::Plain, (), move |tx, _| async move {
                let used = BTreeSet::from([named("fs", Some(1))]);
                artifact_reference::replace(&tx, team, (Holder::Cluster(cluster), None), used).await
            })
            .await
            .unwrap();
        assert_eq!(users(&store, &one).await, ["cluster 'with jars'"]);
        assert!(matches!(store.delete_artifact(team, one.id).await, Err(StoreError::Conflict(_))));
        store.delete_cluster(team, cluster, None).await.unwrap();
        store.delete_artifact(team, one.id).await.unwrap();
    });
}

/// Whoever comes first wins, and the other one is told: never a release that pins what is gone.
#[test]
fn a_delete_and_a_release_at_once() {
    on_each_engine(|store, _| async move {
        let world = World::new(store.clone()).await;
        for number in 0..10 {
            let one = made(&world, &format!("jar {number}"), number).await;
            let (pins, deletes) = (store.clone(), store.clone());
            let (new, team, id) = (release(&world, &[&one]), world.team.id, one.id);
            let released = tokio::spawn(async move { pins.create_release(new).await });
            let deleted = tokio::spawn(async move { deletes.delete_artifact(team, id).await });
            let (released, deleted) = (released.await.unwrap(), deleted.await.unwrap());
            assert!(released.is_ok() != deleted.is_ok(), "{released:?} {deleted:?}");
            assert_eq!(store.artifact(team, id).await.is_ok(), released.is_ok());
        }
    });
}

#[test]
fn limits_hold_and_the_forgotten_go() {
    on_each_engine(|store, _| async move {
        let world = World::new(store.clone()).await;
        made(&world, "kept", 1).await;
        let limits = UploadLimits {
            team_bytes: 35,
            open: 3,
            ..UploadLimits::default()
        };
        let begin = (0..10).map(|number| {
            let (store, new) = (store.clone(), upload(&world, &format!("jar {number}")));
            tokio::spawn(async move { store.create_upload(new, limits).await })
        });
        let mut begun = 0;
        for one in begin.collect::<Vec<_>>() {
            match one.await.unwrap() {
                Ok(()) => begun += 1,
                Err(refused) => assert_eq!(refused, UploadRefused::TooLarge { used: 30, most: 35 }),
            }
        }
        assert_eq!(begun, 2, "ten bytes are kept, and two more uploads fit");
        let wide = UploadLimits {
            team_bytes: 1000,
            ..limits
        };
        store.create_upload(upload(&world, "third"), wide).await.unwrap();
        assert_eq!(
            store.create_upload(upload(&world, "fourth"), wide).await,
            Err(UploadRefused::TooMany(3))
        );
        let open = store.uploads(world.team.id).await.unwrap();
        let ids: Vec<UploadId> = open.iter().map(|one| one.id).collect();
        assert!(store.expire_uploads(now().plus(-60_000)).await.unwrap().is_empty());
        store.prolong_upload(ids[0], now().plus(1_000_000)).await.unwrap();
        assert_eq!(store.expire_uploads(now().plus(60_000)).await.unwrap().len(), 2);
        assert_eq!(store.known_uploads(&ids).await.unwrap(), [ids[0]]);
        store.delete_upload(world.team.id, ids[0]).await.unwrap();
        assert_eq!(store.delete_upload(world.team.id, ids[0]).await, Err(StoreError::NotFound));
    });
}
