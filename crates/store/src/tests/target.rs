//! Targets: kept, changed by revision, granted, copied with their sealed kubeconfig.

use std::collections::BTreeSet;

use domain::grant::Grant;
use domain::id::TargetId;
use domain::secret::Sealed;
use domain::target::{KubernetesAccess, KubernetesDefaults, KubernetesPlace, TargetProbe, TargetReport, TargetTest};

use super::bed::{on_each_engine, on_each_pair};
use super::copy::{copy, rows};
use super::world::standalone;
use crate::{NewCluster, NewTarget, StoreError, new_id, now};

fn new(name: &str) -> NewTarget {
    let sealed = Sealed::new("sealed of 字".to_owned());
    NewTarget {
        name: name.to_owned(),
        place: KubernetesPlace {
            access: KubernetesAccess::Kubeconfig { sealed },
            context: Some("prod".to_owned()),
            namespace: "flink".to_owned(),
        },
        defaults: KubernetesDefaults {
            state_root: Some("s3://bucket/state".to_owned()),
            configuration: [("s3.endpoint".to_owned(), "http://minio:9000 \"'字".to_owned())].into(),
            job_manager_template: Some("kind: Pod # 字\n".repeat(8_000)),
            ..KubernetesDefaults::default()
        },
    }
}

#[test]
fn a_target_is_what_was_written_until_somebody_changes_that_revision() {
    on_each_engine(|store, _| async move {
        let made = store.create_target(new("lab")).await.unwrap();
        let (name, place, defaults) = (made.name.clone(), made.place.clone(), made.defaults.clone());
        assert_eq!(NewTarget { name, place, defaults }, new("lab"));
        assert_eq!(store.target(made.id).await.as_ref(), Ok(&made));
        assert_eq!(store.target_by_name("lab").await.as_ref(), Ok(&made));
        assert_eq!(store.target_by_name("LAB").await, Err(StoreError::NotFound));
        let taken = store.create_target(new("lab")).await.unwrap_err();
        assert!(matches!(&taken, StoreError::Conflict(why) if why.contains("'lab'")), "{taken:?}");
        let other = store.create_target(new("Lab")).await.unwrap();

        let changed = store.change_target(made.id, Some(1), new("new name")).await.unwrap().unwrap();
        assert_eq!(
            (changed.revision, changed.name.as_str(), changed.created_at),
            (2, "new name", made.created_at)
        );
        assert_eq!(
            store.change_target(made.id, Some(1), new("late")).await,
            Ok(None),
            "somebody was first"
        );
        assert_eq!(store.target(made.id).await.as_ref(), Ok(&changed));
        assert!(matches!(
            store.change_target(made.id, None, new("Lab")).await,
            Err(StoreError::Conflict(_))
        ));
        assert_eq!(store.change_target(made.id, None, new("any")).await.unwrap().unwrap().revision, 3);
        let names: Vec<String> = store.targets().await.unwrap().into_iter().map(|target| target.name).collect();
        assert_eq!(names, ["Lab", "any"]);
        store.delete_target(other.id).await.unwrap();
        for gone in [other.id, TargetId(new_id())] {
            assert_eq!(store.delete_target(gone).await, Err(StoreError::NotFound));
            assert_eq!(store.change_target(gone, None, new("x")).await, Err(StoreError::NotFound));
        }
    });
}

#[test]
fn a_target_is_for_no_team_until_it_is_granted() {
    on_each_engine(|store, _| async move {
        let (one, two) = (store.create_team("one").await.unwrap(), store.create_team("two").await.unwrap());
        let made = store.create_target(new("lab")).await.unwrap();
        let seen = async |team| store.granted_targets(team).await.unwrap().len();
        assert_eq!((seen(one.id).await, seen(two.id).await), (0, 0));
        let nobody = Grant::Teams(BTreeSet::new());
        let only = Grant::Teams(BTreeSet::from([one.id]));
        assert_eq!(store.grant_target(made.id, only.clone()).await, Ok(nobody));
        assert_eq!((seen(one.id).await, seen(two.id).await), (1, 0));
        assert!(store.flink_version_grants().await.unwrap().is_empty(), "another noun");
        assert_eq!(store.grant_target(made.id, Grant::AllTeams).await, Ok(only.clone()));
        assert_eq!((seen(one.id).await, seen(two.id).await), (1, 1));
        store.grant_target(made.id, only).await.unwrap();
        store.delete_target(made.id).await.unwrap();
        assert!(store.target_grants().await.unwrap().is_empty());
        assert_eq!(store.grant_target(made.id, Grant::AllTeams).await, Err(StoreError::NotFound));
    });
}

#[test]
fn a_target_that_a_cluster_uses_is_neither_deleted_nor_taken_away() {
    on_each_engine(|store, _| async move {
        let (one, two) = (store.create_team("one").await.unwrap(), store.create_team("two").await.unwrap());
        let made = store.create_target(new("lab")).await.unwrap();
        let only = |team| Grant::Teams(BTreeSet::from([team]));
        store.grant_target(made.id, only(one.id)).await.unwrap();
        let there = NewCluster {
            target_id: Some(made.id),
            ..standalone(&one, "a")
        };
        let cluster = store.create_cluster(there).await.unwrap();
        let refused = [
            store.delete_target(made.id).await.unwrap_err(),
            store.grant_target(made.id, only(two.id)).await.unwrap_err(),
        ];
        for refused in refused {
            assert!(
                matches!(&refused, StoreError::Conflict(why) if why.contains("'a' of team 'one' uses this target")),
                "{refused:?}"
            );
        }
        assert_eq!(store.granted_targets(one.id).await, Ok(vec![made.clone()]), "nothing was changed");
        store.delete_cluster(one.id, cluster.id, None).await.unwrap();
        store.delete_target(made.id).await.unwrap();
    });
}

#[test]
fn a_probe_is_written_while_it_is_the_newest_and_its_cancel_stays() {
    on_each_engine(|store, _| async move {
        let id = store.create_target(new("lab")).await.unwrap().id;
        let begun = TargetProbe {
            at: now(),
            until: domain::Millis(now().0 + 60_000),
            version: "2.2.1".to_owned(),
            sentence: "It begins.".to_owned(),
            cancelled: false,
            checks: None,
        };
        assert!(!store.cancel_target_probe(id).await.unwrap());
        let test = TargetTest {
            at: now(),
            revision: 1,
            report: TargetReport::failed("reach the API server", String::new()),
            probe: Some(begun.clone()),
        };
        store.keep_target_test(id, test).await.unwrap();
        assert!(store.keep_target_probe(id, begun.clone()).await.unwrap());
        assert!(store.cancel_target_probe(id).await.unwrap());
        assert!(
            !store.keep_target_probe(id, begun.clone()).await.unwrap(),
            "it was cancelled meanwhile"
        );
        let over = TargetProbe {
            checks: Some(Vec::new()),
            ..begun.clone()
        };
        store.keep_target_probe(id, over).await.unwrap();
        let kept = store.target_test(id).await.unwrap().unwrap().probe.unwrap();
        assert!(kept.cancelled && kept.checks.is_some());
        assert!(!store.cancel_target_probe(id).await.unwrap(), "it is over");
        let earlier = TargetProbe {
            at: domain::Millis(1),
            ..begun
        };
        assert!(!store.keep_target_probe(id, earlier).await.unwrap(), "another one is the newest");
    });
}

#[test]
fn the_last_test_is_kept_with_the_revision_that_it_was_of() {
    on_each_engine(|store, _| async move {
        let made = store.create_target(new("lab")).await.unwrap();
        assert!(store.target_tests().await.unwrap().is_empty());
        let test = TargetTest {
            probe: None,
            at: now(),
            revision: 1,
            report: TargetReport::failed("reach the API server", "it does not answer, 字".to_owned()),
        };
        store.keep_target_test(made.id, test.clone()).await.unwrap();
        let changed = store.change_target(made.id, Some(1), new("lab")).await.unwrap().unwrap();
        assert_eq!(changed.revision, 2, "a test is no change");
        assert_eq!(store.target_tests().await.unwrap(), [(made.id, test.clone())].into());
        store.keep_target_test(TargetId(new_id()), test).await.unwrap();
        assert_eq!(store.target_tests().await.unwrap().len(), 1);
    });
}

#[test]
fn targets_move_from_each_engine_to_each_other() {
    on_each_pair(|from, to, _| async move {
        let team = from.create_team("one").await.unwrap();
        let made = from.create_target(new("lab")).await.unwrap();
        from.grant_target(made.id, Grant::Teams(BTreeSet::from([team.id]))).await.unwrap();
        copy(&from, &to, false).await.unwrap();
        assert_eq!(rows(&to).await, rows(&from).await);
        assert_eq!(to.granted_targets(team.id).await, Ok(vec![made]));
    });
}
