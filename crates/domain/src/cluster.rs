//! Flink clusters with their own desired and observed state: session clusters, and the cluster of one application run.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::draft::Mode;
use crate::flink_version::VersionNumber;
use crate::id::{ClusterId, FlinkVersionId, JobId, OperationId, TargetId, TeamId};
use crate::ports::{DeploymentSight, PodRole, PodSight};
use crate::secret::Sealed;
use crate::target::SAVEPOINTS;
use crate::time::Millis;
use crate::web_address::WebSight;

/// What kind of place runs the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetKind {
    /// Processes on this host, held by `streamwright hold`.
    Local,
    /// A REST address somebody else runs.
    Standalone,
    /// Objects in a namespace of Kubernetes.
    Kubernetes,
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

/// A cluster as it was asked for.
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
    /// The namespace it is in (kubernetes).
    pub target_id: Option<TargetId>,
    /// The Deployment that it is, where somebody else made that (kubernetes); unset where we make it.
    pub deployment: Option<String>,
    /// Whether it is only looked at: no job is started there or taken over.
    pub read_only: bool,
    /// Whether it is shared, or belongs to the one run of its id's digits.
    pub mode: Mode,
    /// What is asked. Of an application's cluster: running until nothing is left of it.
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
    /// What the API server knows of its objects (kubernetes).
    #[serde(default)]
    pub kubernetes: Option<KubernetesLook>,
}

/// The objects of a cluster as the API server last showed them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct KubernetesLook {
    /// The uid of the namespace `kube-system`: which Kubernetes it was.
    pub system_uid: Option<String>,
    /// The Deployment; none where the API server proved that there is none.
    pub deployment: Option<DeploymentSight>,
    /// Its pods, the JobManager's first.
    pub pods: Vec<PodSight>,
    /// Why it does not come up, the first cause.
    pub cause: Option<String>,
    /// The ways to its web UI, once there is a service.
    #[serde(default)]
    pub web: Option<WebSight>,
    /// Why the API server could not be asked at the last look. What stands beside it is older then.
    pub error: Option<String>,
    /// What the JobManager's last life says of its end.
    #[serde(default)]
    pub last_words: Option<LastWords>,
}

/// The first cause in the log of a life of a JobManager that is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastWords {
    /// Its pod.
    pub pod: String,
    /// Which life.
    pub life: u32,
    /// The exception's class and message.
    pub cause: String,
}

impl KubernetesLook {
    /// The newest pod of the JobManager.
    #[must_use]
    pub fn job_manager(&self) -> Option<&PodSight> {
        self.pods.iter().rfind(|pod| pod.role == PodRole::JobManager && !pod.deleting)
    }
}

impl Look {
    /// Whether the JobManager answered when it was last asked.
    #[must_use]
    pub fn reachable(&self) -> bool {
        self.contact_at.is_some() && self.unreachable_since.is_none()
    }
}

impl Cluster {
    /// Whether it runs one application and goes with it.
    #[must_use]
    pub fn is_application(&self) -> bool {
        self.mode == Mode::Application
    }

    /// Whether it is ours: made, started, stopped and deleted by us. Another is somebody else's, and lives as they want.
    #[must_use]
    pub const fn managed(&self) -> bool {
        match self.target {
            TargetKind::Local => true,
            TargetKind::Standalone => false,
            TargetKind::Kubernetes => self.deployment.is_none(),
        }
    }

    /// The name of its Deployment in Kubernetes, from which Flink derives all others: at most 45 characters where it is ours.
    #[must_use]
    pub fn deployment_name(&self) -> String {
        self.deployment.clone().unwrap_or_else(|| self.id.deployment_name())
    }

    /// What stands in the Deployment's annotation: it was created for this cluster and for no other.
    #[must_use]
    pub fn epoch(&self) -> String {
        self.id.epoch()
    }
}

/// Where the jobs of a cluster with this configuration keep their state, without a trailing slash: the directory that it
/// names for savepoints.
#[must_use]
pub fn state_root(configuration: &BTreeMap<String, String>) -> Option<&str> {
    let keys = [SAVEPOINTS, "execution.checkpointing.savepoint-dir"];
    let named = keys.iter().find_map(|key| configuration.get(*key))?;
    Some(named.trim_end_matches('/'))
}

/// The checkpoint directory of a job below such a root; Flink makes a folder for each of its runs there.
#[must_use]
pub fn checkpoints(root: &str, job: JobId) -> String {
    format!("{root}/checkpoints/{}", job.hex())
}

impl Look {
    /// The Deployment, where it is the one that we created for this cluster, or took up as it.
    #[must_use]
    pub fn deployment(&self, cluster: &Cluster) -> Option<&DeploymentSight> {
        let deployment = self.kubernetes.as_ref()?.deployment.as_ref()?;
        (!cluster.managed() || deployment.epoch.as_deref() == Some(cluster.epoch().as_str())).then_some(deployment)
    }

    /// Whether the API server proved, after a moment, that nothing of a cluster is there: no Deployment of ours, no pod.
    #[must_use]
    pub fn proves_gone(&self, cluster: &Cluster, after: Millis) -> bool {
        let Some(kubernetes) = &self.kubernetes else { return false };
        let asked = kubernetes.error.is_none() && self.looked_at.is_some_and(|at| at > after);
        asked && self.deployment(cluster).is_none() && kubernetes.pods.is_empty()
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
