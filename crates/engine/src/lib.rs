//! The loop that keeps jobs as they are desired: claim → observe → persist → plan → persist → act.
//!
//! One task for each cluster that has work looks at it as a whole (never per job), writes what changed, and asks
//! [`domain::plan::plan`] for each of its jobs what to do next. Notes are written in one transaction, then calls
//! go out, each with its intent written before and its answer after. Nothing that matters lives in memory: a
//! server killed anywhere finds its way by reading rows and looking again.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod call;
mod checkpoint;
mod cluster;
mod job;
mod note;
mod observe;
mod supervisor;

use std::sync::Arc;

use domain::id::InstanceId;
use domain::ports::{ClusterHost, ClusterObserver, JobControl, JobReader, StateStorage};
use store::Store;

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
    /// Reads state storage.
    pub storage: Arc<dyn StateStorage>,
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
}
