//! Opening databases: new ones, at the same time, of newer servers, with values that nobody knows.

use sea_orm::ConnectionTrait;

use super::bed::on_each_engine;
use super::world::World;
use crate::{JobFilter, Store, StoreError};

#[test]
fn many_servers_may_open_one_database_at_once() {
    on_each_engine(|store, url| async move {
        let (tables, kept) = (store.schema_version().await.unwrap(), store.create_team("kept").await.unwrap());
        assert!(tables.as_str() > "m0001_begin", "{tables}");
        // Back to an empty database in which every opener finds work to do.
        for table in ["seaql_migrations", "schema_facts"] {
            store.writer.execute_unprepared(&format!("DROP TABLE {table}")).await.unwrap();
        }
        let opens = (0..6).map(|_| {
            let url = url.clone();
            tokio::spawn(async move {
                let store = Store::open(&url).await.unwrap();
                let teams = store.teams().await.unwrap();
                store.close().await;
                teams
            })
        });
        for open in opens.collect::<Vec<_>>() {
            assert_eq!(open.await.unwrap(), std::slice::from_ref(&kept));
        }
        store.ping().await.unwrap();
        assert_eq!(store.schema_version().await.unwrap(), tables);
    });
}

#[test]
fn a_newer_schema_is_refused_only_when_it_says_so() {
    on_each_engine(|store, url| async move {
        let newer = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_later', 0)";
        store.writer.execute_unprepared(newer).await.unwrap();
        Store::open(&url).await.unwrap().close().await;
        store
            .writer
            .execute_unprepared("UPDATE schema_facts SET amount = 2 WHERE name = 'min_server'")
            .await
            .unwrap();
        let refused = Store::open(&url).await.unwrap_err();
        assert!(
            matches!(&refused, StoreError::Invalid(text) if text.contains("newer version of Streamwright")),
            "{refused:?}"
        );
    });
}

#[test]
fn an_address_that_is_none_is_an_error() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        assert!(matches!(Store::open("oracle://x").await, Err(StoreError::Invalid(_))));
        assert!(matches!(Store::open("no address").await, Err(StoreError::Invalid(_))));
        let folder = tempfile::TempDir::new().unwrap();
        let missing = Store::sqlite_url(&folder.path().join("no folder/file.db"));
        assert!(matches!(Store::open(&missing).await, Err(StoreError::Unavailable(_))));
        assert!(matches!(Store::open("postgres://user:secret@127.0.0.1:1/x").await, Err(StoreError::Unavailable(text)) if !text.contains("secret")));
    });
}

#[test]
fn a_stored_word_that_nobody_knows_is_an_error_that_names_it() {
    on_each_engine(|store, _| async move {
        let world = World::new(store.clone()).await;
        let run = world.running().await;
        let spoilt = [
            ("UPDATE runs SET cause = 'from_the_future'", "runs.cause"),
            (
                "UPDATE runs SET cause = 'start', options = '{\"state\":{\"from\":\"moon\"}}'",
                "runs.options",
            ),
        ];
        for (sql, column) in spoilt {
            store.writer.execute_unprepared(sql).await.unwrap();
            for error in [
                store.run(world.team.id, run.id).await.unwrap_err(),
                store.job_facts(world.job.id).await.unwrap_err(),
                store.job_views(world.team.id, &JobFilter::default()).await.unwrap_err(),
            ] {
                assert!(matches!(&error, StoreError::Invalid(text) if text.contains(column)), "{error:?}");
            }
        }
        store.writer.execute_unprepared("UPDATE jobs SET desired = 'paused'").await.unwrap();
        assert!(matches!(store.job_any(world.job.id).await, Err(StoreError::Invalid(text)) if text.contains("paused")));
        store
            .writer
            .execute_unprepared("UPDATE clusters SET task_managers = -1")
            .await
            .unwrap();
        assert!(matches!(store.cluster_any(world.cluster.id).await, Err(StoreError::Invalid(_))));
    });
}

#[test]
fn callers_that_hang_up_leave_nothing_half_done_and_block_nobody() {
    on_each_engine(|store, _| async move {
        let world = World::new(store.clone()).await;
        for patience in 0..60_u32 {
            let (mine, new, team) = (store.clone(), world.start(), world.team.id);
            let write = tokio::spawn(async move { mine.request_operation(new).await });
            let mine = store.clone();
            let views = tokio::spawn(async move { mine.job_views(team, &JobFilter::default()).await });
            let mine = store.clone();
            let list = tokio::spawn(async move { mine.teams().await });
            for _ in 0..patience {
                tokio::task::yield_now().await;
            }
            write.abort();
            views.abort();
            list.abort();
            let _ = (write.await, views.await, list.await);
        }
        // A write that stands in line behind all of them; the bed waits for all connections at its end.
        let busy = store.request_operation(world.start()).await.unwrap_err();
        let job = world.now().await;
        let operations = store.operations(world.team.id, job.id, 100, None).await.unwrap();
        assert_eq!(operations.iter().map(|of| Some(of.id)).collect::<Vec<_>>(), [job.lifecycle_id]);
        assert_eq!((job.generation, super::world::busy(busy).id), (1, operations[0].id));
    });
}
