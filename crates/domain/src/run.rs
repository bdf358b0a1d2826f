//! Runs: one submission of one release, with its start state, its end and the evidence for it.

use serde::{Deserialize, Serialize};

use crate::id::{ClusterId, JobId, OperationId, ReleaseId, RunId, SnapshotId, TeamId};
use crate::time::Millis;

/// What a vault is told that the token of a run's pods is for: it is the run's id, sealed.
pub const ARTIFACTS_PURPOSE: &str = "runs.artifacts";

/// From which state a user asks a run to start.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "from", rename_all = "snake_case")]
pub enum StartFrom {
    /// With empty state.
    #[default]
    None,
    /// From the newest complete snapshot of the job.
    Latest,
    /// From a snapshot of the job that we know.
    Snapshot {
        /// Which.
        snapshot_id: SnapshotId,
    },
    /// From a path that was typed.
    Path {
        /// A file system URI, as Flink understands it.
        path: String,
    },
}

/// What Flink may do with the snapshot that a run starts from (Flink 1.15 and later).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ClaimMode {
    /// The snapshot stays ours; the first checkpoint is a full one.
    #[default]
    NoClaim,
    /// Flink owns it and deletes it once it is subsumed.
    Claim,
}

/// How a run is started: the choices a start may make without a new release.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct StartOptions {
    /// From which state.
    pub state: StartFrom,
    /// Start even where state of the snapshot has no operator any more.
    #[serde(default)]
    pub allow_non_restored_state: bool,
    /// What becomes of the snapshot.
    #[serde(default)]
    pub claim_mode: ClaimMode,
    /// Parallelism of this run instead of the release's.
    pub parallelism: Option<u32>,
}

/// Why a run was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunCause {
    /// A start.
    Start,
    /// The start step of a replace.
    Replace,
    /// The restart policy.
    Restart,
    /// Somebody else started it; it was taken over while it ran.
    Adopt,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// All sources came to their end.
    Finished,
    /// Flink gave up on it, or refused it.
    Failed,
    /// Cancelled.
    Canceled,
    /// Stopped with a savepoint.
    Stopped,
    /// It provably never ran.
    NeverRan,
    /// It is gone, and nobody knows how it ended.
    Unknown,
}

/// Where a fact came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The JobManager's REST API.
    JobManagerRest,
    /// The answer to our own call.
    Submission,
    /// The end of the JobManager's process on this host.
    ProcessExit,
    /// The API server of Kubernetes.
    Kubernetes,
    /// A user's word ("detach").
    User,
}

/// The end of a run: sticky, and with its evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunEnd {
    /// When it ended, as the source says; else when we learnt it.
    pub at: Millis,
    /// How.
    pub outcome: Outcome,
    /// A sentence: what happened, the cause first.
    pub reason: String,
    /// Who says so.
    pub source: Source,
}

/// How a stop is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopMode {
    /// Savepoint, then stop; sources may go on from it later.
    Savepoint,
    /// Savepoint after all event time has been flushed: for good.
    Drain,
    /// Cancel at once, without a savepoint.
    Cancel,
}

/// One submission of one release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Its id; its hex digits are the Flink job id.
    pub id: RunId,
    /// The job.
    pub job_id: JobId,
    /// The team, for scoping.
    pub team_id: TeamId,
    /// The release that runs.
    pub release_id: ReleaseId,
    /// The release's number.
    pub release_number: i64,
    /// The cluster it was sent to.
    pub cluster_id: ClusterId,
    /// The intent that made it; (job, generation, attempt) is unique.
    pub generation: i64,
    /// 1 for the first run of an intent.
    pub attempt: i64,
    /// Why it was made.
    pub cause: RunCause,
    /// How it was asked to start.
    pub options: StartOptions,
    /// The path it starts from, resolved when the run was made.
    pub restore_path: Option<String>,
    /// The operation that made it.
    pub operation_id: OperationId,
    /// When it was made.
    pub created_at: Millis,
    /// When all its tasks were first seen running.
    pub running_at: Option<Millis>,
    /// A stop was asked of it, this way, then. Kept after the end: it decides what a ghost is.
    pub stop_intent: Option<StopMode>,
    /// Its end, once it has one.
    pub end: Option<RunEnd>,
    /// A run seen alive after its end, since then.
    pub ghost_since: Option<Millis>,
}

impl Run {
    /// Whether the run may still be running somewhere.
    #[must_use]
    pub const fn live(&self) -> bool {
        self.end.is_none()
    }
}
