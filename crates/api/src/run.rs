//! Runs, and the choices with which one is started, stopped or replaced.

use axum::Json;
use crate::problem::Problem;
use crate::page::{Page, PageQuery};
use domain::id::{ClusterId, OperationId, ReleaseId, RunId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::time::Time;

/// From which state to start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StartFrom {
    /// With empty state.
    #[default]
    None,
    /// From the newest complete snapshot of the job; after a savepoint stop of `replace`: from that.
    Latest,
    /// From a snapshot of the job, named by `snapshotId`.
    Snapshot,
    /// From `path`.
    Path,
}

/// From which state to start, with the snapshot or path where one is needed.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StartState {
    /// Which kind.
    #[serde(default)]
    pub from: StartFrom,
    /// The snapshot (`from: snapshot`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snapshot_id: Option<String>,
    /// A file system URI as Flink understands it (`from: path`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

/// What Flink may do with the snapshot that a run starts from (Flink 1.15 and later).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ClaimMode {
    /// The snapshot stays ours.
    #[default]
    NoClaim,
    /// Flink owns it and deletes it once it is subsumed.
    Claim,
}

/// How to stop.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StopMode {
    /// Savepoint, then stop.
    #[default]
    Savepoint,
    /// Savepoint after all event time has been flushed: for good.
    Drain,
    /// At once, without a savepoint.
    Cancel,
}

/// How a job is started.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StartRequest {
    /// Number of the release; the newest unless told.
    pub release: Option<i64>,
    /// From which state; none unless told.
    #[serde(default)]
    pub state: StartState,
    /// Start even where state of the snapshot has no operator any more.
    #[serde(default)]
    pub allow_non_restored_state: bool,
    /// What becomes of the snapshot.
    #[serde(default)]
    pub claim_mode: ClaimMode,
    /// Parallelism of this run instead of the release's, 1 to 32768.
    #[schema(minimum = 1, maximum = 32768)]
    pub parallelism: Option<u32>,
}

/// How a job is stopped.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StopRequest {
    /// How; `savepoint` unless told.
    #[serde(default)]
    pub mode: StopMode,
}

/// How a running job is replaced: restarted, or another release started.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReplaceRequest {
    /// Number of the release; the one that runs unless told.
    pub release: Option<i64>,
    /// How to stop what runs; `savepoint` unless told.
    #[serde(default)]
    pub stop: StopMode,
    /// From which state to start; `latest` unless told, which is the savepoint that the stop takes.
    pub state: Option<StartState>,
    /// Start even where state of the snapshot has no operator any more.
    #[serde(default)]
    pub allow_non_restored_state: bool,
    /// What becomes of the snapshot.
    #[serde(default)]
    pub claim_mode: ClaimMode,
    /// Parallelism of this run instead of the release's, 1 to 32768.
    #[schema(minimum = 1, maximum = 32768)]
    pub parallelism: Option<u32>,
}

/// A request without choices.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoChoices {}

/// Why a run was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunCause {
    /// A start.
    Start,
    /// The start step of a replace.
    Replace,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
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

/// Who says how a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The JobManager's REST API.
    JobManagerRest,
    /// The answer to our own call.
    Submission,
    /// The end of the JobManager's process on this host.
    ProcessExit,
    /// A user's word.
    User,
}

/// One submission of one release.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Run {
    /// Its id.
    #[schema(value_type = String)]
    pub id: RunId,
    /// Flink's id of it, 32 hex digits.
    pub flink_job_id: String,
    /// The release.
    #[schema(value_type = String)]
    pub release_id: ReleaseId,
    /// The release's number.
    pub release_number: i64,
    /// The cluster it was sent to.
    #[schema(value_type = String)]
    pub cluster_id: ClusterId,
    /// The operation that made it.
    #[schema(value_type = String)]
    pub operation_id: OperationId,
    /// 1 for the first run of an intent.
    pub attempt: i64,
    /// Why it was made.
    pub cause: RunCause,
    /// When it was made.
    pub started_at: Time,
    /// When all its tasks were first seen running.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub running_at: Option<Time>,
    /// A stop was asked of it, this way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_intent: Option<StopMode>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Time>,
    /// How it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// What happened at its end, the cause first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who says how it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// Seen alive after its end, since then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ghost_since: Option<Time>,
    /// The path it started from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restore_path: Option<String>,
    /// Parallelism that was asked for with the start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parallelism: Option<u32>,
}

/// The runs of a job, newest first.
///
/// # Errors
/// A problem with its code.
#[utoipa::path(
    get,
    path = "/jobs/{job}/runs",
    tag = "jobs",
    params(PageQuery),
    responses((status = 200, description = "Done", body = Page<Run>))
)]
pub async fn list_runs() -> Result<Json<Page<Run>>, Problem> {
    Err(Problem::internal())
}
