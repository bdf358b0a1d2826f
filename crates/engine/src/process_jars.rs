//! Which jars the processes of a local cluster get: those that are asked for where all of them start, those of the JobManager
//! where only TaskManagers do. A change of the asked ones thus waits for the next start, and never splits a cluster.

use std::path::PathBuf;

use domain::artifact::PinnedArtifact;
use domain::cluster::{Cluster, Look};
use store::{Lease, StoreError, Write};

use crate::Engine;

/// The jars of a launch. They are written down before it, so that nobody deletes them while they are in use.
///
/// # Errors
/// As the store.
pub(crate) async fn of_launch(engine: &Engine, lease: &Lease, cluster: &Cluster, look: &Look) -> Result<Vec<PinnedArtifact>, StoreError> {
    let known = engine.store.cluster_process_jars(cluster.id).await?;
    let lives = |process: &domain::cluster::ProcessLook| process.role == "jobmanager" && process.pid.is_some();
    if look.processes.iter().any(lives) {
        return Ok(known);
    }
    let asked = engine.store.cluster_jars(cluster.id).await?;
    if asked != known {
        let write = Write::ClusterProcessJars {
            cluster_id: cluster.id,
            jars: asked.clone(),
        };
        engine.store.commit(Some(lease), vec![write]).await?;
    }
    Ok(asked)
}

/// What is to be written when all processes of a cluster have ended as asked.
///
/// # Errors
/// As the store.
pub(crate) async fn ended(engine: &Engine, cluster: &Cluster) -> Result<Option<Write>, StoreError> {
    let known = engine.store.cluster_process_jars(cluster.id).await?;
    let write = Write::ClusterProcessJars {
        cluster_id: cluster.id,
        jars: Vec::new(),
    };
    Ok((!known.is_empty()).then_some(write))
}

/// The files of jars on this host.
///
/// # Errors
/// A sentence naming the jar whose bytes are not there.
pub(crate) async fn files(engine: &Engine, jars: &[PinnedArtifact]) -> Result<Vec<PathBuf>, String> {
    let mut files = Vec::with_capacity(jars.len());
    for jar in jars {
        let file = engine.ports.artifacts.file(&jar.digest).await;
        files.push(file.map_err(|error| format!("the bytes of '{}' version {} are missing: {error}", jar.name, jar.version))?);
    }
    Ok(files)
}
