//! Gives every cluster with work a task of its own, and keeps the tables tidy.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use domain::id::ClusterId;
use domain::time::HOUR;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::{Engine, cluster, job, message};

/// How often the list of clusters with work is read although nobody asked.
const SWEEP: Duration = Duration::from_secs(5);
/// How often old changes, sessions and idempotency keys are removed.
const TIDY: Duration = Duration::from_secs(300);

/// The task of one cluster, and how to tell it that somebody asked for something.
struct Following {
    task: JoinHandle<()>,
    nudge: Arc<Notify>,
}

/// Runs the engine until `shutdown` is cancelled; returns when every cluster's task has ended.
pub async fn run(engine: Engine, shutdown: CancellationToken) {
    let mut followed: HashMap<ClusterId, Following> = HashMap::new();
    let mut wake = engine.store.wake();
    let messages = tokio::spawn(message::run(engine.clone(), shutdown.clone()));
    let mut tidy = tokio::time::interval(TIDY);
    loop {
        if let Err(error) = sweep(&engine, &mut followed, &shutdown).await {
            tracing::warn!(%error, "the list of clusters with work could not be read; trying again");
        }
        tokio::select! {
            () = shutdown.cancelled() => break,
            _ = wake.changed() => {}
            _ = tidy.tick() => tidy_up(&engine).await,
            () = tokio::time::sleep(SWEEP) => {}
        }
    }
    let _ = messages.await;
    for (_, following) in followed {
        // A task that panicked has nothing left to wait for.
        let _ = following.task.await;
    }
}

async fn sweep(
    engine: &Engine,
    followed: &mut HashMap<ClusterId, Following>,
    shutdown: &CancellationToken,
) -> Result<(), store::StoreError> {
    engine.store.heartbeat(engine.instance, "server").await?;
    followed.retain(|_, following| !following.task.is_finished());
    for work in engine.store.engine_clusters().await? {
        let id = work.cluster.id;
        let following = followed.entry(id).or_insert_with(|| {
            let nudge = Arc::new(Notify::new());
            let task = tokio::spawn(cluster::follow(engine.clone(), id, Arc::clone(&nudge), shutdown.clone()));
            Following { task, nudge }
        });
        // A request for one cluster is no reason to look at all the others.
        if work.operation.is_some() || work.open_operations > 0 {
            following.nudge.notify_one();
        }
    }
    for facts in engine.store.engine_unplaced().await? {
        job::advance(engine, None, facts.job.id, &job::Fresh::default()).await;
    }
    Ok(())
}

/// How long the audit list reaches back, in milliseconds: thirteen months.
const AUDIT_KEPT: i64 = 400 * 24 * HOUR;

async fn tidy_up(engine: &Engine) {
    let store = &engine.store;
    let results = [
        store.prune_changes(store::now().plus(-HOUR)).await,
        store.prune_idempotency().await,
        store.prune_access().await,
        store.prune_evidence(engine.retention).await,
        store.prune_manifests(engine.retention.age).await,
        store.prune_messages(store::now().plus(-engine.retention.age)).await,
        store.prune_audit(store::now().plus(-AUDIT_KEPT)).await,
    ];
    for error in results.into_iter().filter_map(Result::err) {
        tracing::warn!(%error, "old rows could not be removed; trying again later");
    }
}
