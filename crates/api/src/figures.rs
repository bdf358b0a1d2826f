//! Figures of what there is: jobs by label, clusters, operations. They are counted when somebody asks for
//! `/metrics`, and at most every ten seconds.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use domain::status::status;
use store::{JobFilter, StoreError, now};
use tokio::sync::Mutex;

use crate::app::App;

/// Between two counts.
const PAUSE: Duration = Duration::from_secs(10);
/// A database that takes longer is down for whoever watches.
const PATIENCE: Duration = Duration::from_secs(5);
/// All labels, so that one that nobody has any more is zero and not what it was.
const LABELS: [&str; 9] = [
    "draft",
    "starting",
    "running",
    "restarting",
    "stopping",
    "stopped",
    "finished",
    "failed",
    "ended",
];

/// When it was counted last.
pub type Counted = Mutex<Option<Instant>>;

/// Counts, unless that was done just now. What cannot be counted stays as it was.
pub async fn refresh(app: &App) {
    let mut counted = app.counted.lock().await;
    if counted.is_some_and(|last| last.elapsed() < PAUSE) {
        return;
    }
    *counted = Some(Instant::now());
    let up = match tokio::time::timeout(PATIENCE, count(app)).await {
        Ok(Ok(())) => true,
        Ok(Err(error)) => {
            tracing::warn!(%error, "figures could not be counted");
            false
        }
        Err(_) => false,
    };
    metrics::gauge!("streamwright_database_up").set(if up { 1.0 } else { 0.0 });
}

async fn count(app: &App) -> Result<(), StoreError> {
    let mut jobs: BTreeMap<String, f64> = LABELS.iter().map(|label| ((*label).to_owned(), 0.0)).collect();
    for team in app.store.teams().await? {
        let mut filter = JobFilter::default();
        loop {
            let page = app.store.job_views(team.id, &filter).await?;
            for facts in &page {
                let label = serde_json::to_value(status(facts, now()).label);
                let word = label.ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default();
                *jobs.entry(word).or_default() += 1.0;
            }
            match page.last() {
                Some(last) if page.len() as u64 == filter.limit => filter.cursor = Some(last.job.id),
                _ => break,
            }
        }
    }
    for (label, amount) in jobs {
        metrics::gauge!("streamwright_jobs", "label" => label).set(amount);
    }
    let (running, unreachable) = app.store.count_reachable().await?;
    metrics::gauge!("streamwright_clusters").set(running as f64);
    metrics::gauge!("streamwright_clusters_unreachable").set(unreachable as f64);
    let open = app.store.count_open_operations().await?;
    metrics::gauge!("streamwright_operations_open").set(open as f64);
    Ok(())
}
