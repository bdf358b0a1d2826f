//! Operations: durable requests with steps, progress, deadline and result.

use serde::{Deserialize, Serialize};

use crate::id::{ClusterId, JobId, OperationId, ReleaseId, RunId, SnapshotId, TeamId, UserId};
use crate::run::{StartOptions, StopMode};
use crate::time::Millis;

/// What an operation is to do, with the user's choices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Request {
    /// Start a release.
    Start {
        /// Which.
        release_id: ReleaseId,
        /// How.
        options: StartOptions,
    },
    /// Stop the run.
    Stop {
        /// How.
        mode: StopMode,
    },
    /// Stop what runs, then start a release: restart is the same release, upgrade another.
    Replace {
        /// Which release to start.
        release_id: ReleaseId,
        /// How to stop what runs.
        stop: StopMode,
        /// How to start; `latest` means the savepoint that the stop step takes, where it takes one.
        options: StartOptions,
    },
    /// Start the release of a run that failed once more, for the restart policy.
    Restart {
        /// Which.
        release_id: ReleaseId,
        /// How; its state is `none` or a path.
        options: StartOptions,
    },
    /// Take over a Flink job that somebody else started. Nothing is sent to Flink.
    Adopt {
        /// The release that it is taken for: what runs when the job is started again.
        release_id: ReleaseId,
        /// The run that it becomes; its digits are the Flink job's id.
        run_id: RunId,
    },
    /// Take a savepoint of the running job.
    Savepoint,
    /// Delete the job with its history; snapshots' files stay where they are.
    Delete,
    /// Start a local cluster's processes.
    ClusterStart,
    /// End a local cluster's processes; its jobs end with it.
    ClusterStop,
}

impl Request {
    /// The word of the kind, as in the API and in the database.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Start { .. } => "start",
            Self::Stop { .. } => "stop",
            Self::Replace { .. } => "replace",
            Self::Restart { .. } => "restart",
            Self::Adopt { .. } => "adopt",
            Self::Savepoint => "savepoint",
            Self::Delete => "delete",
            Self::ClusterStart => "cluster_start",
            Self::ClusterStop => "cluster_stop",
        }
    }
}

/// How far an operation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperationState {
    /// Being worked on.
    Running,
    /// Done.
    Succeeded,
    /// Not done; the error says why.
    Failed,
    /// The user stopped waiting for it.
    Cancelled,
    /// A newer intent took its place.
    Superseded,
}

impl OperationState {
    /// Whether it is still worked on.
    #[must_use]
    pub const fn open(self) -> bool {
        matches!(self, Self::Running)
    }
}

/// One step as the timeline shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Word of the step: `wait_for_cluster`, `submit`, `wait_until_running`, `savepoint`, `stop`, `cancel`,
    /// `wait_until_ended`, `launch`, `wait_until_ready`, `terminate`.
    pub name: String,
    /// When it began.
    pub started_at: Millis,
    /// When it ended.
    pub ended_at: Option<Millis>,
    /// What it waits for or what came of it.
    pub detail: String,
}

/// Why an operation failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationError {
    /// Stable word, e.g. `submission_refused`.
    pub code: String,
    /// What happened, to what, the cause first.
    pub message: String,
    /// What to do next.
    pub hint: String,
}

/// A durable request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// Its id; of a savepoint or stop its hex digits are Flink's trigger id.
    pub id: OperationId,
    /// The team, for scoping.
    pub team_id: TeamId,
    /// The job it is about, unless it is about a cluster.
    pub job_id: Option<JobId>,
    /// The cluster it is about, for cluster operations.
    pub cluster_id: Option<ClusterId>,
    /// What to do.
    pub request: Request,
    /// The generation of the intent it carries.
    pub generation: i64,
    /// The run it made or works on.
    pub run_id: Option<RunId>,
    /// The savepoint it takes.
    pub snapshot_id: Option<SnapshotId>,
    /// How far it is.
    pub state: OperationState,
    /// Its steps so far, the last one being worked on while the operation is open.
    pub steps: Vec<Step>,
    /// Why it failed.
    pub error: Option<OperationError>,
    /// Who asked.
    pub requested_by: Option<UserId>,
    /// When it was asked.
    pub created_at: Millis,
    /// When it is given up.
    pub deadline_at: Millis,
    /// When it ended.
    pub ended_at: Option<Millis>,
    /// Grows with each write of the row.
    pub revision: i64,
}
