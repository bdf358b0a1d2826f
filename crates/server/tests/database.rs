//! The whole server on each database server that there is, with a database that goes away and comes back.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

mod bed;
#[path = "../../store/src/tests/proxy.rs"]
mod proxy;

use std::time::{Duration, Instant};

use bed::{Bed, HANG, nothing};
use proxy::Proxy;
use serde_json::json;

async fn until(bed: &Bed, ready: bool) {
    let began = Instant::now();
    while bed.ready().await != ready {
        assert!(began.elapsed() < HANG, "ready is never {ready}\n{}", bed.log());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_goes_on_by_itself_when_its_database_was_away() {
    for variable in ["STREAMWRIGHT_TEST_POSTGRES", "STREAMWRIGHT_TEST_MYSQL"] {
        let Ok(server) = std::env::var(variable) else { continue };
        let url = bed::database(&server, "CREATE", None).await;
        let proxy = Proxy::before(&url).await.unwrap();
        let mut bed = Bed::on_database("2.2.1", &url, proxy.url()).await;
        bed.start(None).await;
        bed.done("start", &nothing()).await;
        bed.until_label("running").await;
        proxy.gone();
        until(&bed, false).await;
        let (status, problem) = bed.ask("stop", &json!({"mode": "savepoint"}), "lost").await.unwrap();
        assert_eq!(status, 503, "{problem:#}");
        let text = problem.to_string();
        assert!(
            text.contains("does not answer") && !text.contains("streamwright-lab"),
            "{problem:#}"
        );
        // Flink is not touched by it.
        assert_eq!(bed.sim.jobs().iter().filter(|job| !job.state.ended()).count(), 1);
        proxy.back();
        until(&bed, true).await;
        bed.until_label("running").await;
        bed.done("stop", &json!({"mode": "savepoint"})).await;
        bed.until_label("stopped").await;
        assert_eq!(bed.list("runs").await.len(), 1);
        assert_eq!(bed.list("snapshots").await.len(), 1);
        bed.kill().await;
        drop(proxy);
        let name = url.rsplit_once('/').unwrap().1;
        let force = if url.starts_with("postgres") {
            format!("{name} WITH (FORCE)")
        } else {
            name.to_owned()
        };
        bed::database(&server, "DROP", Some(&force)).await;
    }
}
