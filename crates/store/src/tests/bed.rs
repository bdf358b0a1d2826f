//! A database for one test.

use std::future::Future;

use sea_orm::{ConnectionTrait, Database};
use tempfile::TempDir;

use crate::{Store, new_id};

/// Runs a test once on each engine that there is.
#[allow(clippy::disallowed_methods, reason = "where the servers are, only the environment knows")]
pub fn on_each_engine<F, W>(test: F)
where
    F: Fn(Store, String) -> W,
    W: Future<Output = ()> + Send + 'static,
{
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build()
        .unwrap();
    let folder = TempDir::new().unwrap();
    let url = Store::sqlite_url(&folder.path().join("böse Namen %41 &?.db"));
    runtime.block_on(run(&test, url));
    for variable in ["STREAMWRIGHT_TEST_POSTGRES", "STREAMWRIGHT_TEST_MYSQL"] {
        if let Ok(server) = std::env::var(variable) {
            runtime.block_on(on_server(&test, &server));
        }
    }
}

async fn run<F, W>(test: &F, url: String)
where
    F: Fn(Store, String) -> W,
    W: Future<Output = ()> + Send + 'static,
{
    let store = Store::open(&url).await.unwrap();
    let engine = store.engine_name();
    let outcome = tokio::spawn(test(store.clone(), url)).await;
    store.close().await;
    if let Err(error) = outcome {
        eprintln!("failed on {engine}");
        std::panic::resume_unwind(error.into_panic());
    }
}

async fn on_server<F, W>(test: &F, server: &str)
where
    F: Fn(Store, String) -> W,
    W: Future<Output = ()> + Send + 'static,
{
    let admin = Database::connect(server).await.unwrap();
    let name = format!("store_test_{}", new_id().simple());
    admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
    let (host, _) = server.rsplit_once('/').unwrap();
    let url = format!("{host}/{name}");
    let store = Store::open(&url).await.unwrap();
    let outcome = tokio::spawn(test(store.clone(), url)).await;
    store.close().await;
    let force = if store.engine_name() == "postgres" { " WITH (FORCE)" } else { "" };
    admin.execute_unprepared(&format!("DROP DATABASE {name}{force}")).await.unwrap();
    if let Err(error) = outcome {
        eprintln!("failed on {}", store.engine_name());
        std::panic::resume_unwind(error.into_panic());
    }
}
