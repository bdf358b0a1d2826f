//! The sweep: uploads that nobody continued are forgotten, and bytes that nothing refers to are removed. What a
//! server that was killed left behind goes the same way.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use domain::Millis;
use domain::ports::{ArtifactStore, Inventory, PortError};
use store::{Store, StoreError, now};
use tokio_util::sync::CancellationToken;

/// How often it is swept.
const PAUSE: Duration = Duration::from_secs(10 * 60);
/// Bytes that were written since then are on their way to their row.
const YOUNG_MS: i64 = 10 * 60 * 1000;

/// Why a sweep was broken off.
#[derive(Debug, thiserror::Error)]
pub enum Unswept {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The store of bytes.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// What lies there and is known to nobody.
fn orphans(there: Inventory, known: &Inventory) -> Inventory {
    let (digests, uploads): (BTreeSet<_>, BTreeSet<_>) = (known.digests.iter().collect(), known.uploads.iter().collect());
    Inventory {
        digests: there.digests.into_iter().filter(|one| !digests.contains(one)).collect(),
        uploads: there.uploads.into_iter().filter(|one| !uploads.contains(one)).collect(),
    }
}

/// Sweeps once: what was last written before a moment and belongs to nothing is removed; answers what.
///
/// # Errors
/// When the database or the disk does not answer; nothing that is known was removed then.
pub async fn sweep(store: &Store, artifacts: &dyn ArtifactStore, before: Millis) -> Result<Inventory, Unswept> {
    for expired in store.expire_uploads(now()).await? {
        artifacts.discard(expired).await?;
    }
    // First what lies there, then what is known: what comes between is younger than the moment.
    let there = artifacts.inventory(before).await?;
    let known = Inventory {
        digests: store.known_digests(&there.digests).await?,
        uploads: store.known_uploads(&there.uploads).await?,
    };
    let orphans = orphans(there, &known);
    for digest in &orphans.digests {
        artifacts.remove(digest, before).await?;
    }
    for upload in &orphans.uploads {
        artifacts.discard(*upload).await?;
    }
    Ok(orphans)
}

/// Sweeps at the start and from time to time, until the server ends.
pub async fn keep_swept(store: Store, artifacts: Arc<dyn ArtifactStore>, shutdown: CancellationToken) {
    // At the start nothing is on its way yet: all that was written before belongs to its row or to nothing.
    let mut before = now();
    loop {
        match sweep(&store, artifacts.as_ref(), before).await {
            Ok(gone) if gone == Inventory::default() => {}
            Ok(gone) => tracing::info!(
                artifacts = gone.digests.len(),
                uploads = gone.uploads.len(),
                "removed bytes that nothing refers to"
            ),
            Err(error) => tracing::warn!(%error, "artifacts could not be swept; trying again later"),
        }
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(PAUSE) => {}
        }
        before = now().plus(-YOUNG_MS);
    }
}
