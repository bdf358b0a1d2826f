//! A database that may only be read, is full, or is away: what is said, what goes on, and that it recovers.

use sea_orm::ConnectionTrait;

use super::bed::on_each_engine;
use super::proxy::Proxy;
use super::world::World;
use crate::{JobFilter, Store, StoreError};

fn says<T: std::fmt::Debug>(outcome: Result<T, StoreError>, word: &str) {
    let error = outcome.unwrap_err();
    assert!(matches!(&error, StoreError::Unavailable(text) if text.contains(word)), "{error:?}");
}

#[test]
fn a_database_that_may_only_be_read_is_read() {
    on_each_engine(|store, url| async move {
        let world = World::new(store.clone()).await;
        let (shut, open): (&str, &str) = match store.engine_name() {
            "sqlite" => ("PRAGMA query_only = ON", "PRAGMA query_only = OFF"),
            "postgres" => (
                "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database()); END $$",
                "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I RESET default_transaction_read_only', current_database()); END $$",
            ),
            // The user of the tests may write whatever the server says.
            _ => return,
        };
        let again = if store.engine_name() == "sqlite" {
            store.writer.execute_unprepared(shut).await.unwrap();
            store.clone()
        } else {
            store.writer.execute_unprepared(shut).await.unwrap();
            // Its schema is up to date: nothing has to be written to open it.
            Store::open(&url).await.unwrap()
        };
        says(again.create_team("another").await, "may only be read");
        let refused = again.request_operation(world.start()).await.unwrap_err();
        assert!(format!("{refused:?}").contains("may only be read"), "{refused:?}");
        assert_eq!(again.jobs(world.team.id, &JobFilter::default()).await.unwrap().len(), 1);
        again.ping().await.unwrap();
        store.writer.execute_unprepared("SELECT 1").await.unwrap();
        if store.engine_name() == "sqlite" {
            store.writer.execute_unprepared(open).await.unwrap();
            again.create_team("another").await.unwrap();
        } else {
            store.create_team("another").await.unwrap();
            again.close().await;
            store.writer.execute_unprepared(open).await.unwrap();
        }
    });
}

#[test]
fn a_full_disk_is_said_and_loses_nothing() {
    on_each_engine(|store, _| async move {
        // Only SQLite can be made full without filling this machine's disk.
        if store.engine_name() != "sqlite" {
            return;
        }
        let world = World::new(store.clone()).await;
        store.writer.execute_unprepared("PRAGMA max_page_count = 1").await.unwrap();
        let mut made = 1;
        let refused = loop {
            match store.create_team(&format!("team {made} {}", "x".repeat(150))).await {
                Ok(_) => made += 1,
                Err(error) => break error,
            }
            assert!(made < 10_000, "it is never full");
        };
        says::<()>(Err(refused), "disk is full");
        assert_eq!(store.teams().await.unwrap().len(), made);
        assert_eq!(world.now().await.name, "job");
        store.writer.execute_unprepared("PRAGMA max_page_count = 1000000").await.unwrap();
        store.create_team("there is room again").await.unwrap();
        assert_eq!(store.teams().await.unwrap().len(), made + 1);
    });
}

#[test]
fn a_database_that_was_away_is_used_again_and_has_what_was_promised() {
    on_each_engine(|store, url| async move {
        let Some(proxy) = Proxy::before(&url).await else { return };
        let through = Store::open(proxy.url()).await.unwrap();
        let mut promised = Vec::new();
        for round in 0..3 {
            // Writes are under way when it goes.
            let writes: Vec<_> = (0..10)
                .map(|number| {
                    let (through, name) = (through.clone(), format!("{round} {number}"));
                    tokio::spawn(async move { through.create_team(&name).await.map(|team| team.name) })
                })
                .collect();
            tokio::task::yield_now().await;
            proxy.gone();
            for write in writes {
                match write.await.unwrap() {
                    Ok(name) => promised.push(name),
                    Err(error) => says::<()>(Err(error), ""),
                }
            }
            says(through.teams().await, "does not answer");
            says(through.create_team("never").await, "does not answer");
            assert!(matches!(through.ping().await, Err(StoreError::Unavailable(_))));
            proxy.back();
            through.create_team(&format!("{round} again")).await.unwrap();
            promised.push(format!("{round} again"));
        }
        let there: Vec<String> = store.teams().await.unwrap().into_iter().map(|team| team.name).collect();
        assert!(promised.iter().all(|name| there.contains(name)), "{promised:?} in {there:?}");
        assert!(!there.contains(&"never".to_owned()));
        through.close().await;
    });
}
