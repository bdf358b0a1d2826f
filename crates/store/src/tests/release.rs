//! Releases are numbered without gaps and never change.

use domain::sql::{Finding, Severity};

use super::bed::on_each_engine;
use super::world::{World, content, spec};
use crate::{NewRelease, StoreError};

fn of(world: &World, sql: &str) -> NewRelease {
    let finding = Finding {
        code: "unknown_column".to_owned(),
        severity: Severity::Error,
        line: 1,
        column: 2,
        end_line: 1,
        end_column: 5,
        message: "no column 'x'".to_owned(),
        suggestion: None,
        detail: Some("org.apache…".to_owned()),
        field: None,
    };
    NewRelease {
        team_id: world.team.id,
        job_id: world.job.id,
        draft_revision: 1,
        content: content("name", spec(sql, &world.cluster)),
        findings: vec![finding],
        overridden: true,
        note: "a note".to_owned(),
        created_by: world.user,
    }
}

#[test]
fn numbers_have_no_gaps_and_no_doubles() {
    on_each_engine(|store, _| async move {
        let world = World::new(store.clone()).await;
        let releases = (0..20).map(|n| {
            let (store, new) = (store.clone(), of(&world, &format!("SELECT {n}")));
            tokio::spawn(async move { store.create_release(new).await.unwrap().number })
        });
        let mut numbers = Vec::new();
        for release in releases.collect::<Vec<_>>() {
            numbers.push(release.await.unwrap());
        }
        numbers.sort_unstable();
        assert_eq!(numbers, (2..=21).collect::<Vec<_>>());
        assert_eq!(world.now().await.release_number, 21);
    });
}

#[test]
fn a_release_is_read_as_it_was_made() {
    on_each_engine(|store, _| async move {
        let world = World::new(store.clone()).await;
        let made = store.create_release(of(&world, "SELECT '订单' -- \"quoted\"")).await.unwrap();
        assert_eq!(made.digest, made.content.digest().unwrap());
        assert_eq!(store.release(world.team.id, made.id).await.unwrap(), made);
        assert_eq!(store.release_by_number(world.team.id, world.job.id, 2).await.unwrap(), made);
        assert_eq!(store.newest_release(world.team.id, world.job.id).await.unwrap(), made);
        assert_eq!(
            store.release_by_number(world.team.id, world.job.id, 3).await,
            Err(StoreError::NotFound)
        );
        let list = store.releases(world.team.id, world.job.id, 1, None).await.unwrap();
        let line = &list[0];
        assert_eq!(
            (line.id, line.number, &line.digest, &line.findings),
            (made.id, 2, &made.digest, &made.findings)
        );
        assert_eq!(
            (line.cluster_id, line.parallelism, line.overridden),
            (Some(world.cluster.id), Some(2), true)
        );
        let rest = store.releases(world.team.id, world.job.id, 10, Some(line.number)).await.unwrap();
        assert_eq!(rest.iter().map(|line| line.number).collect::<Vec<_>>(), [1]);
        assert_eq!(store.release_numbers(&[made.id]).await.unwrap().get(&made.id), Some(&2));
        let other = store.create_team("other").await.unwrap();
        assert_eq!(store.release(other.id, made.id).await, Err(StoreError::NotFound));
        assert!(store.releases(other.id, world.job.id, 10, None).await.unwrap().is_empty());
    });
}
