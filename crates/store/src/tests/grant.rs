//! Grants of Flink versions: a team has clusters only of what is granted to it, also when both happen at once.

use std::collections::BTreeSet;

use domain::flink_version::{FlinkVersion, VersionNumber};
use domain::grant::Grant;
use domain::id::FlinkVersionId;

use super::bed::on_each_engine;
use super::world::standalone;
use crate::{NewCluster, StoreError, new_id, now};

#[test]
fn a_grant_that_is_used_is_not_taken_away() {
    on_each_engine(|store, _| async move {
        let (one, two) = (store.create_team("one").await.unwrap(), store.create_team("two").await.unwrap());
        let version = FlinkVersion {
            id: FlinkVersionId(new_id()),
            version: VersionNumber::new(2, 2, 1),
            home: "/opt/flink".to_owned(),
            java_home: "/opt/java".to_owned(),
            source: "added".to_owned(),
            created_at: now(),
        };
        store.insert_flink_version(&version).await.unwrap();
        let granted = async |team| store.granted_flink_versions(team).await.unwrap().len();
        assert_eq!((granted(one.id).await, granted(two.id).await), (1, 1), "all teams unless told");
        let only = |team| Grant::Teams(BTreeSet::from([team]));
        assert_eq!(store.grant_flink_version(version.id, only(one.id)).await, Ok(Grant::AllTeams));
        assert_eq!((granted(one.id).await, granted(two.id).await), (1, 0));
        let cluster = |team: &domain::team::Team, name: &str| NewCluster {
            flink_version_id: Some(version.id),
            ..standalone(team, name)
        };
        let made = store.create_cluster(cluster(&one, "a")).await.unwrap();
        assert!(matches!(
            store.create_cluster(cluster(&two, "b")).await,
            Err(StoreError::Conflict(_))
        ));
        let refused = store.grant_flink_version(version.id, only(two.id)).await.unwrap_err();
        assert!(
            matches!(&refused, StoreError::Conflict(why) if why.contains("'a' of team 'one'")),
            "{refused:?}"
        );
        assert_eq!((granted(one.id).await, granted(two.id).await), (1, 0), "nothing was changed");
        let none = Grant::Teams(BTreeSet::new());
        assert!(store.grant_flink_version(version.id, none.clone()).await.is_err());
        assert_eq!(store.grant_flink_version(version.id, Grant::AllTeams).await, Ok(only(one.id)));
        assert_eq!(granted(two.id).await, 1);
        store.delete_cluster(one.id, made.id, None).await.unwrap();
        store.grant_flink_version(version.id, none.clone()).await.unwrap();
        assert_eq!(granted(one.id).await, 0, "no team at all is not every team");
        assert_eq!(store.flink_version_grants().await.unwrap()[&version.id], none);
        store.delete_flink_version(version.id).await.unwrap();
        assert!(store.flink_version_grants().await.unwrap().is_empty());
        assert_eq!(
            store.grant_flink_version(version.id, Grant::AllTeams).await,
            Err(StoreError::NotFound)
        );
    });
}
