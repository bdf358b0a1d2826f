//! Flink clusters: session clusters with their own desired and observed state.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::flink_version::VersionNumber;
use crate::id::{ClusterId, FlinkVersionId, OperationId, TeamId};
use crate::secret::Sealed;
use crate::time::Millis;

/// What kind of place runs the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetKind {
    /// Processes on this host, held by `streamwright hold`.
    Local,
    /// A REST address somebody else runs.
    Standalone,
}

/// What a team asked of its cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClusterDesired {
    /// Its processes should run; they are restarted when they end.
    Running,
    /// Nothing should run.
    Stopped,
}

/// A session cluster as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cluster {
    /// Its id.
    pub id: ClusterId,
    /// The team it belongs to.
    pub team_id: TeamId,
    /// Name, unique in the team.
    pub name: String,
    /// Where it runs.
    pub target: TargetKind,
    /// The Flink distribution, for local clusters.
    pub flink_version_id: Option<FlinkVersionId>,
    /// The version: of the distribution, or as first seen over REST for a standalone cluster.
    pub version: Option<VersionNumber>,
    /// REST address without a trailing slash. Of a local cluster: chosen at its first launch and then kept.
    pub rest_url: Option<String>,
    /// How that address is spoken to, sealed; unset where it asks for nothing (standalone).
    pub connection: Option<Sealed>,
    /// TaskManagers to run (local).
    pub task_managers: u32,
    /// Slots of each TaskManager (local).
    pub slots: u32,
    /// Flink configuration on top of ours (local).
    pub configuration: BTreeMap<String, String>,
    /// What is asked.
    pub desired: ClusterDesired,
    /// Grows with each change of `desired`.
    pub generation: i64,
    /// The open start or stop operation.
    pub operation_id: Option<OperationId>,
    /// When it was made.
    pub created_at: Millis,
    /// Grows with each write of the row.
    pub revision: i64,
}

/// The newest news of a cluster: one row, written at most every ten seconds while nothing changes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Look {
    /// The life of the JobManager that answered last: the UUID in `web.tmpdir` of `/jobmanager/config`.
    pub incarnation: Option<String>,
    /// When the JobManager last answered.
    pub contact_at: Option<Millis>,
    /// When it was last asked.
    pub looked_at: Option<Millis>,
    /// Since when it does not answer.
    pub unreachable_since: Option<Millis>,
    /// Why the last look failed.
    pub error: Option<String>,
    /// Version that the JobManager reports.
    pub reported_version: Option<String>,
    /// TaskManagers registered.
    pub task_managers: u32,
    /// All slots.
    pub slots_total: u32,
    /// Slots without a task.
    pub slots_free: u32,
    /// Flink jobs on the cluster that are not ours: shown, never touched.
    pub unmanaged: Vec<UnmanagedJob>,
    /// What the host knows of the processes (local).
    pub processes: Vec<ProcessLook>,
}

impl Look {
    /// Whether the JobManager answered when it was last asked.
    #[must_use]
    pub fn reachable(&self) -> bool {
        self.contact_at.is_some() && self.unreachable_since.is_none()
    }
}

/// A Flink job that is not ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnmanagedJob {
    /// Flink's job id.
    pub flink_job_id: String,
    /// Its name in Flink.
    pub name: String,
    /// Flink's state word.
    pub state: String,
}

/// One process of a local cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessLook {
    /// `jobmanager` or `taskmanager-1`, …
    pub role: String,
    /// Process id of the JVM while it lives.
    pub pid: Option<u32>,
    /// Exit code once it has ended, `128 + signal` where a signal ended it.
    pub exit_code: Option<i32>,
    /// When it ended.
    pub ended_at: Option<Millis>,
}
