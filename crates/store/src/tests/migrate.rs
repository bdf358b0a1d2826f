//! Forward from every earlier schema, with data: as it is meant, cut off in the middle, and by two at once.

use std::os::unix::process::ExitStatusExt;
use std::process::Command;

use serde_json::{Map, Value};

use super::bed::at_each_engine;
use super::proxy::Proxy;
use super::{copy, fixture};
use crate::{Store, migrations};

const URL: &str = "STREAMWRIGHT_MIGRATE_TEST_URL";
/// Columns of the first version whose content a later one changes on purpose.
const CHANGED: &[(&str, &str)] = &[];

/// A database as it was after the first `steps` steps, with the data of the first version; without any
/// step, it is empty.
async fn earlier(url: &str, steps: usize) {
    let store = Store::connect(url, true).await.unwrap();
    if steps > 0 {
        fixture::begin(&store).await;
    }
    if steps > 1 {
        let tx = migrations::begin(&store.writer).await.unwrap();
        migrations::up_to(&tx, steps - 1).await.unwrap();
        migrations::unlock(&tx).await.unwrap();
        tx.commit().await.unwrap();
    }
    assert_eq!(store.schema().await.unwrap().applied, migrations::known()[..steps]);
    store.close().await;
}

/// The database is up to date, and what the first version held is there.
async fn check(url: &str, steps: usize) {
    let store = Store::connect(url, false).await.unwrap();
    let schema = store.schema().await.unwrap();
    assert_eq!((schema.applied, schema.pending), (migrations::known(), Vec::new()));
    if steps > 0 {
        let now = copy::rows(&store).await;
        for (table, rows) in fixture::rows().await {
            let lines = now.get(&table).unwrap_or_else(|| panic!("{table} is gone"));
            let found: Vec<Map<String, Value>> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
            for row in rows.iter().filter(|_| table != "schema_facts") {
                let same = |other: &&Map<String, Value>| {
                    row.iter()
                        .all(|(column, value)| CHANGED.contains(&(&table, column)) || other.get(column) == Some(value))
                };
                assert_eq!(found.iter().filter(same).count(), 1, "{table}: {row:?} among {found:?}");
            }
        }
    }
    Store::open(url).await.unwrap().close().await;
    store.close().await;
}

#[test]
fn each_earlier_schema_comes_forward_with_its_data() {
    for steps in 0..=migrations::known().len() {
        at_each_engine(move |url| async move {
            earlier(&url, steps).await;
            let store = Store::connect(&url, false).await.unwrap();
            let mut told = Vec::new();
            store.migrate(&mut |step| told.push(step.to_owned())).await.unwrap();
            assert_eq!(told, migrations::known()[steps..]);
            store.close().await;
            check(&url, steps).await;
        });
    }
}

#[test]
fn two_servers_bring_it_forward_at_once() {
    for steps in [0, 1] {
        at_each_engine(move |url| async move {
            earlier(&url, steps).await;
            let opens = (0..4).map(|_| tokio::spawn(open(url.clone())));
            for open in opens.collect::<Vec<_>>() {
                open.await.unwrap();
            }
            check(&url, steps).await;
        });
    }
}

async fn open(url: String) {
    Store::open(&url).await.unwrap().close().await;
}

/// Runs in a process of its own, which ends in the middle.
#[test]
#[ignore = "run by the next test as a process of its own"]
#[allow(clippy::disallowed_methods, reason = "the parent says where")]
fn child() {
    let url = std::env::var(URL).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(open(url));
}

#[test]
#[allow(clippy::disallowed_methods, reason = "the child is this very test program")]
fn a_step_that_was_killed_is_done_by_the_next_start() {
    // Each step in the middle of a longer way, and as the only one that is missing.
    let all = migrations::known().len();
    for (steps, step) in (1..=all).map(|step| (0, step)).chain([(all - 1, 1)]) {
        at_each_engine(move |url| async move {
            earlier(&url, steps).await;
            let mut child = Command::new(std::env::current_exe().unwrap());
            child
                .args(["tests::migrate::child", "--exact", "--ignored", "--test-threads=1"])
                .env(URL, &url)
                .env("STREAMWRIGHT_CRASH", format!("step:{step}"));
            let ended = tokio::task::spawn_blocking(move || child.output().unwrap()).await.unwrap();
            assert_eq!(ended.status.signal(), Some(6), "{}", String::from_utf8_lossy(&ended.stdout));
            // MySQL commits by itself after each change of the schema.
            let store = Store::connect(&url, false).await.unwrap();
            let done = store.schema().await.unwrap().applied.len() - steps;
            let whole = if store.engine_name() == "mysql" { step } else { step - 1 };
            assert_eq!(done, whole, "on {}", store.engine_name());
            store.close().await;
            open(url.clone()).await;
            check(&url, steps).await;
        });
    }
}

#[test]
fn a_connection_that_is_cut_at_any_statement_loses_nothing() {
    for steps in [0, 1] {
        at_each_engine(move |url| async move {
            let Some(proxy) = Proxy::before(&url).await else { return };
            earlier(&url, steps).await;
            // Each try gets a little further than the one before, or does it all.
            for packets in (8..).step_by(if steps == 0 { 37 } else { 7 }) {
                proxy.end_after(packets);
                let through = Store::connect(proxy.url(), false).await;
                let done = match through {
                    Ok(store) => store.migrate(&mut |_| {}).await.is_ok(),
                    Err(_) => false,
                };
                if done {
                    break;
                }
            }
            check(&url, steps).await;
        });
    }
}
