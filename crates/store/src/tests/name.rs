//! Names are text: any script, any length that is allowed, compared byte by byte on every engine.

use super::bed::on_each_engine;
use super::world::{World, standalone};
use crate::{JobFilter, JobPatch, NewJob, StoreError};

const NAMES: &[&str] = &[
    "订单汇总",
    "🚀 launch 👩‍👩‍👧",
    "O'Brien \"quoted\" `ticks`; DROP TABLE jobs; --",
    "back\\slash %_! wild",
    "straße",
    "strasse",
    "STRASSE",
    "café",
    "cafe\u{301}",
    "cafe",
    "a",
    "A",
    "ａ",
    "ⅷ",
];

#[test]
fn names_that_differ_in_any_byte_are_different_names() {
    on_each_engine(|store, _| async move {
        let world = World::new(store.clone()).await;
        let long = "字".repeat(300);
        let other = "字".repeat(299) + "宇";
        for name in NAMES.iter().copied().chain([long.as_str(), other.as_str()]) {
            let new = || NewJob {
                team_id: world.team.id,
                name: name.to_owned(),
                description: name.to_owned(),
                labels: [].into(),
                created_by: world.user,
            };
            let job = store.create_job(new()).await.unwrap();
            assert_eq!((job.name.as_str(), job.description.as_str()), (name, name));
            assert_eq!(store.job_by_name(world.team.id, name).await.unwrap(), Some(job), "{name}");
            assert!(matches!(store.create_job(new()).await, Err(StoreError::Conflict(_))), "{name}");
            let team = store.create_team(name).await.unwrap();
            assert_eq!(store.team_by_name(name).await.unwrap(), team);
            let cluster = store.create_cluster(standalone(&world.team, name)).await.unwrap();
            assert_eq!(store.cluster_by_name(world.team.id, name).await.unwrap(), Some(cluster));
            store.create_user(name, None, false).await.unwrap();
            assert_eq!(store.user_by_name(name).await.unwrap().unwrap().name, name);
            // The same name in another team is another job.
            store.create_job(NewJob { team_id: team.id, ..new() }).await.unwrap();
        }
        assert_eq!(
            store.jobs(world.team.id, &JobFilter::default()).await.unwrap().len(),
            NAMES.len() + 3
        );
    });
}

#[test]
fn a_search_finds_parts_in_any_case_and_takes_signs_literally() {
    on_each_engine(|store, _| async move {
        let world = World::new(store.clone()).await;
        for name in ["Ünïcode Größe", "100% sure", "100 sure", "under_score", "underXscore", "bang! here"] {
            store
                .create_job(NewJob {
                    team_id: world.team.id,
                    name: name.to_owned(),
                    description: String::new(),
                    labels: [].into(),
                    created_by: world.user,
                })
                .await
                .unwrap();
        }
        let found = async |text: &str| {
            let filter = JobFilter {
                search: Some(text.to_owned()),
                ..JobFilter::default()
            };
            let jobs = store.jobs(world.team.id, &filter).await.unwrap();
            jobs.into_iter().map(|job| job.name).collect::<Vec<_>>()
        };
        assert_eq!(found("üNÏCODE").await, ["Ünïcode Größe"]);
        assert_eq!(found("0%").await, ["100% sure"]);
        assert_eq!(found("r_s").await, ["under_score"]);
        assert_eq!(found("G!").await, ["bang! here"]);
        assert_eq!(found("what it DOES").await, ["job"], "descriptions count too");
        assert!(found("'; --").await.is_empty());
    });
}

#[test]
fn renaming_keeps_the_rest_and_respects_the_names_of_others() {
    on_each_engine(|store, _| async move {
        let world = World::new(store.clone()).await;
        world.another("taken").await;
        let patch = |name: &str| JobPatch {
            name: Some(name.to_owned()),
            description: None,
            labels: None,
            by: world.user,
        };
        assert!(matches!(
            store.change_job(world.team.id, world.job.id, patch("taken")).await,
            Err(StoreError::Conflict(_))
        ));
        let renamed = store.change_job(world.team.id, world.job.id, patch("neu 🚀")).await.unwrap();
        assert_eq!(
            (renamed.name.as_str(), renamed.draft_revision, renamed.release_number),
            ("neu 🚀", 1, 1)
        );
        assert_eq!(store.draft(world.team.id, world.job.id, None).await.unwrap().revision, 1);
        assert_eq!(store.job_by_name(world.team.id, "job").await.unwrap(), None);
        let described = JobPatch {
            name: None,
            description: Some("other".to_owned()),
            labels: None,
            by: world.user,
        };
        let job = store.change_job(world.team.id, world.job.id, described).await.unwrap();
        assert_eq!((job.name.as_str(), job.description.as_str()), ("neu 🚀", "other"));
        let other = store.create_team("other").await.unwrap();
        assert_eq!(
            store.change_job(other.id, world.job.id, patch("x")).await,
            Err(StoreError::NotFound)
        );
    });
}
