//! Runs, and the choices with which one is started, stopped or replaced.

use axum::Json;
use axum::extract::State;
use domain::id::{ClusterId, OperationId, ReleaseId, RunId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::Query;
use crate::page::{Page, PageQuery};
use crate::problem::Problem;
use crate::scope::JobScope;
use crate::time::{Time, some};

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

/// Which Flink job is taken over.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AdoptRequest {
    /// The Flink job's id, 32 hexadecimal digits: one of the cluster's `look.unmanaged`.
    pub flink_job_id: String,
    /// Number of the release that it is taken for; the newest unless told.
    pub release: Option<i64>,
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
    /// The restart policy.
    Restart,
    /// Somebody else started it; it was taken over while it ran.
    Adopt,
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
    /// The API server of Kubernetes.
    Kubernetes,
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

impl From<ClaimMode> for domain::run::ClaimMode {
    fn from(mode: ClaimMode) -> Self {
        match mode {
            ClaimMode::NoClaim => Self::NoClaim,
            ClaimMode::Claim => Self::Claim,
        }
    }
}

impl From<domain::run::ClaimMode> for ClaimMode {
    fn from(mode: domain::run::ClaimMode) -> Self {
        match mode {
            domain::run::ClaimMode::NoClaim => Self::NoClaim,
            domain::run::ClaimMode::Claim => Self::Claim,
        }
    }
}

impl From<StopMode> for domain::run::StopMode {
    fn from(mode: StopMode) -> Self {
        match mode {
            StopMode::Savepoint => Self::Savepoint,
            StopMode::Drain => Self::Drain,
            StopMode::Cancel => Self::Cancel,
        }
    }
}

impl From<domain::run::StopMode> for StopMode {
    fn from(mode: domain::run::StopMode) -> Self {
        match mode {
            domain::run::StopMode::Savepoint => Self::Savepoint,
            domain::run::StopMode::Drain => Self::Drain,
            domain::run::StopMode::Cancel => Self::Cancel,
        }
    }
}

impl From<domain::run::StartFrom> for StartState {
    fn from(from: domain::run::StartFrom) -> Self {
        use domain::run::StartFrom as From;
        match from {
            From::None => Self::default(),
            From::Latest => Self {
                from: StartFrom::Latest,
                ..Self::default()
            },
            From::Snapshot { snapshot_id } => Self {
                from: StartFrom::Snapshot,
                snapshot_id: Some(snapshot_id.to_string()),
                path: None,
            },
            From::Path { path } => Self {
                from: StartFrom::Path,
                snapshot_id: None,
                path: Some(path),
            },
        }
    }
}

impl From<domain::run::Run> for Run {
    fn from(run: domain::run::Run) -> Self {
        use domain::run::{RunCause as Cause, Source as Said};
        let ended_at = run.end.as_ref().map(|end| end.at.into());
        let outcome = run.end.as_ref().map(|end| end.outcome.into());
        let source = run.end.as_ref().map(|end| match end.source {
            Said::JobManagerRest => Source::JobManagerRest,
            Said::Submission => Source::Submission,
            Said::ProcessExit => Source::ProcessExit,
            Said::Kubernetes => Source::Kubernetes,
            Said::User => Source::User,
        });
        Self {
            id: run.id,
            flink_job_id: run.id.flink_job_id(),
            release_id: run.release_id,
            release_number: run.release_number,
            cluster_id: run.cluster_id,
            operation_id: run.operation_id,
            attempt: run.attempt,
            cause: match run.cause {
                Cause::Start => RunCause::Start,
                Cause::Replace => RunCause::Replace,
                Cause::Restart => RunCause::Restart,
                Cause::Adopt => RunCause::Adopt,
            },
            started_at: run.created_at.into(),
            running_at: some(run.running_at),
            stop_intent: run.stop_intent.map(StopMode::from),
            ended_at,
            outcome,
            source,
            reason: run.end.map(|end| end.reason),
            ghost_since: some(run.ghost_since),
            restore_path: run.restore_path,
            parallelism: run.options.parallelism,
        }
    }
}

impl From<domain::run::Outcome> for Outcome {
    fn from(outcome: domain::run::Outcome) -> Self {
        use domain::run::Outcome as End;
        match outcome {
            End::Finished => Self::Finished,
            End::Failed => Self::Failed,
            End::Canceled => Self::Canceled,
            End::Stopped => Self::Stopped,
            End::NeverRan => Self::NeverRan,
            End::Unknown => Self::Unknown,
        }
    }
}

/// The runs of a job, newest first.
///
/// # Errors
/// When the database does not answer.
#[utoipa::path(
    get,
    path = "/jobs/{job}/runs",
    tag = "jobs",
    params(PageQuery),
    responses((status = 200, description = "Done", body = Page<Run>)),
)]
pub async fn list_runs(State(app): State<App>, of: JobScope, Query(query): Query<PageQuery>) -> Result<Json<Page<Run>>, Problem> {
    let runs = app.store.runs(of.scope.team_id, of.job.id, query.fetch()?, query.after()?).await?;
    Ok(Json(query.page(runs, |run| run.id.to_string()).map(Run::from)))
}
