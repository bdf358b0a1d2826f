//! Operations: durable requests with steps, deadline and result, to be read, waited for and cancelled.

use axum::Json;
use crate::problem::Problem;
use crate::page::{Page, PageQuery};
use crate::run::NoChoices;
use domain::id::{ClusterId, JobId, OperationId, ReleaseId, RunId, SnapshotId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::person::Person;
use crate::run::{ClaimMode, StartState, StopMode};
use crate::time::Time;

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OperationKind {
    /// Start a release.
    Start,
    /// Stop the run.
    Stop,
    /// Stop what runs, then start a release.
    Replace,
    /// Take a savepoint.
    Savepoint,
    /// Delete the job.
    Delete,
    /// Start a local cluster's processes.
    ClusterStart,
    /// End a local cluster's processes.
    ClusterStop,
}

/// How far an operation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
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

/// The choices that were made with the request.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OperationRequest {
    /// The release to start.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub release_id: Option<ReleaseId>,
    /// Its number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub release: Option<i64>,
    /// How to stop.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop: Option<StopMode>,
    /// From which state to start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<StartState>,
    /// Start even where state has no operator any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_non_restored_state: Option<bool>,
    /// What becomes of the snapshot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claim_mode: Option<ClaimMode>,
    /// Parallelism of this run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parallelism: Option<u32>,
}

/// One step.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// Stable word, e.g. `submit`, `wait_until_running`, `savepoint`.
    pub name: String,
    /// When it began.
    pub started_at: Time,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Time>,
    /// What it waits for or what came of it.
    pub detail: String,
}

/// Why an operation failed.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OperationError {
    /// Stable word.
    pub code: String,
    /// What happened, the cause first.
    pub message: String,
    /// What to do next.
    pub hint: String,
}

/// A durable request.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Operation {
    /// Its id.
    #[schema(value_type = String)]
    pub id: OperationId,
    /// What it does.
    pub kind: OperationKind,
    /// How far it is.
    pub state: OperationState,
    /// The job it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub job_id: Option<JobId>,
    /// The cluster it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub cluster_id: Option<ClusterId>,
    /// The run it made or works on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub run_id: Option<RunId>,
    /// The savepoint it takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub snapshot_id: Option<SnapshotId>,
    /// The choices that were made.
    pub request: OperationRequest,
    /// Its steps so far.
    pub steps: Vec<Step>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<OperationError>,
    /// Who asked; absent when the platform did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requested_by: Option<Person>,
    /// When it was asked.
    pub created_at: Time,
    /// When it is given up.
    pub deadline_at: Time,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Time>,
}

/// Whether to wait for the end of an operation.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WaitQuery {
    /// Answer when it has ended, at most after so long, e.g. `30s`; never more than 60 s.
    #[param(example = "30s")]
    pub wait: Option<String>,
}

/// The operations of a job, newest first.
///
/// # Errors
/// A problem with its code.
#[utoipa::path(
    get,
    path = "/jobs/{job}/operations",
    tag = "operations",
    params(PageQuery),
    responses((status = 200, description = "Done", body = Page<Operation>))
)]
pub async fn list_operations() -> Result<Json<Page<Operation>>, Problem> {
    Err(Problem::internal())
}

/// One operation; `wait` answers when it has ended.
///
/// # Errors
/// A problem with its code.
#[utoipa::path(
    get,
    path = "/operations/{operation}",
    tag = "operations",
    params(WaitQuery),
    responses((status = 200, description = "Done", body = Operation))
)]
pub async fn get_operation() -> Result<Json<Operation>, Problem> {
    Err(Problem::internal())
}

/// Stops waiting for an operation. What was sent to Flink goes on there and is still recorded.
///
/// # Errors
/// A problem with its code.
#[utoipa::path(
    post,
    path = "/operations/{operation}/cancel",
    tag = "operations",
    request_body = NoChoices,
    responses((status = 200, description = "Done", body = Operation))
)]
pub async fn cancel_operation() -> Result<Json<Operation>, Problem> {
    Err(Problem::internal())
}
