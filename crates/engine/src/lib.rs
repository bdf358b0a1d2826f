//! The loop that keeps jobs as they are desired: claim → observe → persist → plan → persist → act.
//!
//! One task for each cluster that has work looks at it as a whole (never per job), writes what changed, and asks
//! [`domain::plan::plan`] for each of its jobs what to do next. Notes are written in one transaction, then calls
//! go out, each with its intent written before and its answer after. Nothing that matters lives in memory: a
//! server killed anywhere finds its way by reading rows and looking again.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod application;
pub mod artifact;
mod call;
mod checkpoint;
mod cluster;
mod evidence;
mod job;
mod keep;
mod kubernetes;
mod log;
mod message;
mod note;
mod observe;
mod process_jars;
mod submission;
mod supervisor;
mod variable;

use std::sync::Arc;

use domain::cluster::{Cluster, TargetKind, checkpoints, state_root};
use domain::evidence::Retention;
use domain::id::{InstanceId, JobId};
use domain::ports::{
    ArtifactStore, ClusterHost, ClusterObserver, JarMerger, JobControl, JobReader, KubernetesControl, Messenger, StateStorage, Vault,
};
use store::Store;

pub use evidence::LogReadings;
pub use supervisor::run;

/// What the engine reaches the world through.
#[derive(Clone)]
pub struct Ports {
    /// Looks at clusters.
    pub observer: Arc<dyn ClusterObserver>,
    /// Acts on Flink jobs.
    pub control: Arc<dyn JobControl>,
    /// Reads exceptions and checkpoints.
    pub reader: Arc<dyn JobReader>,
    /// Runs local clusters.
    pub host: Arc<dyn ClusterHost>,
    /// Acts on Kubernetes.
    pub kubernetes: Arc<dyn KubernetesControl>,
    /// Reads state storage.
    pub storage: Arc<dyn StateStorage>,
    /// Carries messages out.
    pub messenger: Arc<dyn Messenger>,
    /// Opens the secrets of destinations.
    pub vault: Arc<dyn Vault>,
    /// Has the bytes of artifacts.
    pub artifacts: Arc<dyn ArtifactStore>,
    /// Makes one jar of a job's.
    pub merger: Arc<dyn JarMerger>,
}

/// The engine of one server process.
#[derive(Clone)]
pub struct Engine {
    /// The database.
    pub store: Store,
    /// The world.
    pub ports: Ports,
    /// This server process, the owner of leases.
    pub instance: InstanceId,
    /// Where jobs keep their state unless their cluster names another place: a URI without a trailing slash.
    pub state_root: String,
    /// How long and how much evidence of ended runs is kept.
    pub retention: Retention,
    /// Where browsers reach the server, for links in messages.
    pub public_url: Option<String>,
    /// The runner's jar: runs scripts, and brings artifacts into pods.
    pub runner: Arc<[u8]>,
    /// Logs that were just read for a run that ended.
    pub readings: LogReadings,
}

impl Engine {
    /// Where a cluster's jobs keep their state: the directory that its configuration names for savepoints, else ours, which
    /// no pod can reach.
    fn state_root_of(&self, cluster: Option<&Cluster>) -> Option<String> {
        if let Some(root) = cluster.and_then(|cluster| state_root(&cluster.configuration)) {
            return Some(root.to_owned());
        }
        let elsewhere = cluster.is_some_and(|cluster| cluster.target == TargetKind::Kubernetes);
        (!elsewhere).then(|| self.state_root.clone())
    }

    /// The checkpoint directory of a job; Flink makes a folder for each of its runs there.
    fn checkpoints_of(&self, job: JobId, cluster: Option<&Cluster>) -> Option<String> {
        Some(checkpoints(&self.state_root_of(cluster)?, job))
    }
}
