//! Ports of clusters: what they show, and those that run on this host.

use std::collections::BTreeMap;
use std::path::PathBuf;

use async_trait::async_trait;

use super::{Endpoint, PortError};
use crate::cluster::ProcessLook;
use crate::connection::{Connection, Unusable};
use crate::flink_version::VersionNumber;
use crate::observation::Presence;
use crate::secret::Sealed;

/// What one look at a cluster saw. Incarnation is read after the jobs, so that an incarnation that is still
/// the known one vouches for the list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClusterSight {
    /// The UUID at the end of `web.tmpdir`.
    pub incarnation: String,
    /// Version that the JobManager reports.
    pub version: String,
    /// TaskManagers registered.
    pub task_managers: u32,
    /// All slots.
    pub slots_total: u32,
    /// Free slots.
    pub slots_free: u32,
    /// All jobs of `/jobs/overview`.
    pub jobs: Vec<JobSight>,
}

/// One job in `/jobs/overview`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobSight {
    /// Flink's job id, 32 hex digits.
    pub flink_job_id: String,
    /// Its name in Flink.
    pub name: String,
    /// Always [`Presence::Present`].
    pub presence: Presence,
}

/// Looks at clusters.
#[async_trait]
pub trait ClusterObserver: Send + Sync {
    /// Overview, jobs and incarnation of one JobManager, within a few seconds.
    async fn look(&self, endpoint: &Endpoint) -> Result<ClusterSight, PortError>;
    /// Whether the parts of a connection are what they should be; asks nobody.
    fn check_connection(&self, connection: &Connection) -> Result<(), Unusable>;
    /// The version that a REST address reports, for standalone clusters. `Refused` where whoever enters the connection can mend
    /// it: with 401 or 403 from what stands before Flink, without a status where TLS fails.
    async fn detect_version(&self, rest_url: &str, connection: Option<&Sealed>) -> Result<VersionNumber, PortError>;
}

/// What is needed to launch a local cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launch {
    /// Name of the cluster's folder: its id's hex digits.
    pub name: String,
    /// The distribution.
    pub flink_home: String,
    /// Java home.
    pub java_home: String,
    /// Version of the distribution.
    pub version: VersionNumber,
    /// TaskManagers.
    pub task_managers: u32,
    /// Slots of each.
    pub slots: u32,
    /// The port of an earlier life, to be used again if it is free.
    pub rest_port: Option<u16>,
    /// Configuration on top of ours.
    pub configuration: BTreeMap<String, String>,
    /// Jars on the class path of all its processes, beside the distribution's.
    pub jars: Vec<PathBuf>,
}

/// Runs local clusters: child processes that survive the server and are found again.
#[async_trait]
pub trait ClusterHost: Send + Sync {
    /// Starts what of the cluster does not run; answers the REST address. Safe to call again.
    async fn launch(&self, launch: &Launch) -> Result<String, PortError>;
    /// The cluster's processes, dead or alive; empty when it was never launched.
    async fn processes(&self, name: &str) -> Result<Vec<ProcessLook>, PortError>;
    /// Ends the cluster's processes and waits until they are gone. Safe to call again.
    async fn terminate(&self, name: &str) -> Result<(), PortError>;
    /// Removes the cluster's folder (logs, configuration); processes must be gone.
    async fn remove(&self, name: &str) -> Result<(), PortError>;
    /// The last bytes of the log of a process, also when it is dead: `jobmanager`, `taskmanager-1`.
    async fn log_tail(&self, name: &str, role: &str, max_bytes: usize) -> Result<String, PortError>;
}
