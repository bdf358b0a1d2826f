//! Databases for tests.

use std::future::Future;

use sea_orm::{ConnectionTrait, Database, DatabaseConnection};
use tempfile::TempDir;

use crate::{Store, new_id};

/// The engines that there are: SQLite, and the servers whose addresses the environment holds.
#[allow(clippy::disallowed_methods, reason = "where the servers are, only the environment knows")]
fn engines() -> Vec<Option<String>> {
    let servers = ["STREAMWRIGHT_TEST_POSTGRES", "STREAMWRIGHT_TEST_MYSQL"];
    let addresses = servers.iter().filter_map(|variable| std::env::var(variable).ok());
    std::iter::once(None).chain(addresses.map(Some)).collect()
}

/// A database that does not hold anything yet.
pub struct Place {
    pub url: String,
    folder: Option<TempDir>,
    server: Option<(DatabaseConnection, String)>,
}

impl Place {
    async fn new(server: Option<&str>) -> Self {
        let Some(server) = server else {
            let folder = TempDir::new().unwrap();
            return Self {
                url: Store::sqlite_url(&folder.path().join("böse Namen %41 &?.db")),
                folder: Some(folder),
                server: None,
            };
        };
        let admin = Database::connect(server).await.unwrap();
        let name = format!("store_test_{}", new_id().simple());
        admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
        let (host, _) = server.rsplit_once('/').unwrap();
        Self {
            url: format!("{host}/{name}"),
            folder: None,
            server: Some((admin, name)),
        }
    }

    async fn remove(self) {
        drop(self.folder);
        let Some((admin, name)) = self.server else { return };
        let force = if self.url.starts_with("postgres") { " WITH (FORCE)" } else { "" };
        admin.execute_unprepared(&format!("DROP DATABASE {name}{force}")).await.unwrap();
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build()
        .unwrap()
}

/// Runs a test once on each engine that there is, with the address of an empty database.
pub fn at_each_engine<F, W>(test: F)
where
    F: Fn(String) -> W,
    W: Future<Output = ()> + Send + 'static,
{
    let runtime = runtime();
    for engine in engines() {
        runtime.block_on(async {
            let place = Place::new(engine.as_deref()).await;
            let outcome = tokio::spawn(test(place.url.clone())).await;
            let name: String = place.url.chars().take_while(|letter| *letter != ':').collect();
            place.remove().await;
            ended(&name, outcome);
        });
    }
}

/// Runs a test once on each engine that there is.
pub fn on_each_engine<F, W>(test: F)
where
    F: Fn(Store, String) -> W + Clone + Send + Sync + 'static,
    W: Future<Output = ()> + Send + 'static,
{
    at_each_engine(move |url| {
        let test = test.clone();
        async move {
            let store = Store::open(&url).await.unwrap();
            let outcome = tokio::spawn(test(store.clone(), url)).await;
            store.close().await;
            ended(store.engine_name(), outcome);
        }
    });
}

/// Runs a test once for each engine and the one after it, with three databases: one of the first, one of the
/// second, and another one of the first. There and back, that is every way between two engines.
pub fn on_each_pair<F, W>(test: F)
where
    F: Fn(Store, Store, Store) -> W,
    W: Future<Output = ()> + Send + 'static,
{
    let (runtime, engines) = (runtime(), engines());
    for (place, from) in engines.iter().enumerate() {
        for to in engines.iter().cycle().skip(place + 1).take(1) {
            runtime.block_on(async {
                let mut places = Vec::new();
                let mut stores = Vec::new();
                for engine in [from, to, from] {
                    let place = Place::new(engine.as_deref()).await;
                    stores.push(Store::open(&place.url).await.unwrap());
                    places.push(place);
                }
                let [one, other, back] = stores.try_into().unwrap();
                let outcome = tokio::spawn(test(one.clone(), other.clone(), back.clone())).await;
                let names = format!("{} and {}", one.engine_name(), other.engine_name());
                for store in [one, other, back] {
                    store.close().await;
                }
                for place in places {
                    place.remove().await;
                }
                ended(&names, outcome);
            });
        }
    }
}

fn ended(engine: &str, outcome: Result<(), tokio::task::JoinError>) {
    if let Err(error) = outcome {
        eprintln!("failed on {engine}");
        std::panic::resume_unwind(error.into_panic());
    }
}
