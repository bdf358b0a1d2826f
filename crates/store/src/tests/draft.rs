//! Drafts are never overwritten silently.

use domain::draft::MAX_SCRIPT_BYTES;

use super::bed::on_each_engine;
use super::world::{World, spec};
use crate::{DraftError, NewDraft, StoreError};

fn on(world: &World, base: Option<i64>, sql: &str) -> NewDraft {
    NewDraft {
        team_id: world.team.id,
        job_id: world.job.id,
        base_revision: base,
        spec: spec(sql, &world.cluster),
        saved_by: world.user,
    }
}

#[test]
fn a_save_on_an_older_revision_is_shown_the_newest() {
    on_each_engine(|store, _| async move {
        let world = World::new(store.clone()).await;
        let second = store.save_draft(on(&world, Some(1), "SELECT 2")).await.unwrap();
        assert_eq!(second.revision, 2);
        let late = store.save_draft(on(&world, Some(1), "SELECT 3")).await;
        assert_eq!(
            late,
            Err(DraftError::Changed {
                current: Some(Box::new(second.clone()))
            })
        );
        assert_eq!(store.draft(world.team.id, world.job.id, None).await.unwrap(), second);
        assert_eq!(
            store
                .draft(world.team.id, world.job.id, Some(1))
                .await
                .unwrap()
                .spec
                .code
                .sql()
                .unwrap(),
            "SELECT 1"
        );
        let forced = store.save_draft(on(&world, None, "SELECT 4")).await.unwrap();
        assert_eq!(forced.revision, 3);
        assert_eq!(world.now().await.draft_revision, 3);
        let gone = NewDraft {
            team_id: domain::id::TeamId(crate::new_id()),
            ..on(&world, None, "")
        };
        assert_eq!(store.save_draft(gone).await, Err(DraftError::Store(StoreError::NotFound)));
    });
}

#[test]
fn of_many_saves_on_one_revision_one_is_saved() {
    on_each_engine(|store, _| async move {
        let world = World::new(store.clone()).await;
        let saves = (0..20).map(|n| {
            let (store, new) = (store.clone(), on(&world, Some(1), &format!("SELECT {n}")));
            tokio::spawn(async move { store.save_draft(new).await })
        });
        let mut saved = 0;
        for save in saves.collect::<Vec<_>>() {
            match save.await.unwrap() {
                Ok(draft) => saved += draft.revision - 1,
                Err(error) => assert!(matches!(error, DraftError::Changed { current: Some(_) }), "{error:?}"),
            }
        }
        assert_eq!(saved, 1);
    });
}

#[test]
fn the_newest_fifty_are_kept_and_long_scripts_come_back_whole() {
    on_each_engine(|store, _| async move {
        let world = World::new(store.clone()).await;
        for revision in 1..60 {
            store.save_draft(on(&world, Some(revision), "SELECT 'x'")).await.unwrap();
        }
        let kept = store.drafts(world.team.id, world.job.id).await.unwrap();
        assert_eq!((kept.len(), kept[0].revision, kept[49].revision), (50, 60, 11));
        let long = "-- 长 🚀 \u{0} '\"\\\n".repeat(MAX_SCRIPT_BYTES / 20);
        let long = long.replace('\u{0}', "");
        store.save_draft(on(&world, Some(60), &long)).await.unwrap();
        assert_eq!(
            store
                .draft(world.team.id, world.job.id, None)
                .await
                .unwrap()
                .spec
                .code
                .sql()
                .unwrap(),
            long
        );
        assert_eq!(store.draft(world.team.id, world.job.id, Some(3)).await, Err(StoreError::NotFound));
    });
}
