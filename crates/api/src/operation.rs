//! Operations: durable requests with steps, deadline and result, to be read, waited for and cancelled.

use axum::Json;
use axum::extract::State;
use domain::id::{ClusterId, JobId, OperationId, ReleaseId, RunId, SnapshotId};
use domain::operation::Request;
use domain::run::StartOptions;
use serde::{Deserialize, Serialize};
use store::StoreError;
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::{Body, Path, Query};
use crate::page::{Page, PageQuery};
use crate::person::Person;
use crate::problem::{Problem, sentence};
use crate::run::{ClaimMode, NoChoices, StartState, StopMode};
use crate::scope::{ClusterScope, JobScope, Scope};
use crate::time::{Time, some};

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
    /// Start what failed once more, by the restart policy.
    Restart,
    /// Take over a Flink job that somebody else started.
    Adopt,
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
    /// The Flink job to take over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flink_job_id: Option<String>,
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

/// Which operation.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct OperationPath {
    pub(crate) operation: OperationId,
}

impl OperationRequest {
    fn start(release_id: ReleaseId, release: Option<i64>, options: StartOptions) -> Self {
        Self {
            release_id: Some(release_id),
            release,
            flink_job_id: None,
            stop: None,
            state: Some(options.state.into()),
            allow_non_restored_state: Some(options.allow_non_restored_state),
            claim_mode: Some(options.claim_mode.into()),
            parallelism: options.parallelism,
        }
    }
}

/// The choices of a request, with the release's number beside its id.
async fn choices(app: &App, request: Request) -> Result<(OperationKind, OperationRequest), Problem> {
    Ok(match request {
        Request::Start { release_id, options } => {
            let number = app.release_number(release_id).await?;
            (OperationKind::Start, OperationRequest::start(release_id, number, options))
        }
        Request::Restart { release_id, options } => {
            let number = app.release_number(release_id).await?;
            (OperationKind::Restart, OperationRequest::start(release_id, number, options))
        }
        Request::Replace { release_id, stop, options } => {
            let number = app.release_number(release_id).await?;
            let start = OperationRequest::start(release_id, number, options);
            (
                OperationKind::Replace,
                OperationRequest {
                    stop: Some(stop.into()),
                    ..start
                },
            )
        }
        Request::Stop { mode } => (
            OperationKind::Stop,
            OperationRequest {
                stop: Some(mode.into()),
                ..OperationRequest::default()
            },
        ),
        Request::Adopt { release_id, run_id } => (
            OperationKind::Adopt,
            OperationRequest {
                release_id: Some(release_id),
                release: app.release_number(release_id).await?,
                flink_job_id: Some(run_id.flink_job_id()),
                ..OperationRequest::default()
            },
        ),
        Request::Savepoint => (OperationKind::Savepoint, OperationRequest::default()),
        Request::Delete => (OperationKind::Delete, OperationRequest::default()),
        Request::ClusterStart => (OperationKind::ClusterStart, OperationRequest::default()),
        Request::ClusterStop => (OperationKind::ClusterStop, OperationRequest::default()),
    })
}

impl From<domain::operation::OperationState> for OperationState {
    fn from(state: domain::operation::OperationState) -> Self {
        use domain::operation::OperationState as Stored;
        match state {
            Stored::Running => Self::Running,
            Stored::Succeeded => Self::Succeeded,
            Stored::Failed => Self::Failed,
            Stored::Cancelled => Self::Cancelled,
            Stored::Superseded => Self::Superseded,
        }
    }
}

impl From<domain::operation::Step> for Step {
    fn from(step: domain::operation::Step) -> Self {
        Self {
            name: step.name,
            started_at: step.started_at.into(),
            ended_at: some(step.ended_at),
            detail: step.detail,
        }
    }
}

/// An operation as the API shows it.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn view(app: &App, operation: domain::operation::Operation) -> Result<Operation, Problem> {
    let requested_by = match operation.requested_by {
        Some(id) => Some(app.person(id).await?),
        None => None,
    };
    let (kind, request) = choices(app, operation.request).await?;
    Ok(Operation {
        id: operation.id,
        kind,
        state: operation.state.into(),
        job_id: operation.job_id,
        cluster_id: operation.cluster_id,
        run_id: operation.run_id,
        snapshot_id: operation.snapshot_id,
        request,
        steps: operation.steps.into_iter().map(Step::from).collect(),
        error: operation.error.map(|error| OperationError {
            code: error.code,
            message: error.message,
            hint: error.hint,
        }),
        requested_by,
        created_at: operation.created_at.into(),
        deadline_at: operation.deadline_at.into(),
        ended_at: some(operation.ended_at),
    })
}

/// A page of operations as the API shows them.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn views(app: &App, page: Page<domain::operation::Operation>) -> Result<Json<Page<Operation>>, Problem> {
    let mut items = Vec::with_capacity(page.items.len());
    for operation in page.items {
        items.push(view(app, operation).await?);
    }
    Ok(Json(Page {
        items,
        next_cursor: page.next_cursor,
    }))
}

/// The operations of a job, newest first.
///
/// # Errors
/// When the database does not answer.
#[utoipa::path(
    get,
    path = "/jobs/{job}/operations",
    tag = "operations",
    params(PageQuery),
    responses((status = 200, description = "Done", body = Page<Operation>)),
)]
pub async fn list_operations(
    State(app): State<App>,
    of: JobScope,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<Operation>>, Problem> {
    let rows = app
        .store
        .operations(of.scope.team_id, of.job.id, query.fetch()?, query.after()?)
        .await?;
    views(&app, query.page(rows, |operation| operation.id.to_string())).await
}

/// Starts and stops of a cluster, newest first.
///
/// # Errors
/// When the database does not answer.
#[utoipa::path(
    get,
    path = "/clusters/{cluster}/operations",
    tag = "clusters",
    responses((status = 200, description = "Done", body = Page<Operation>)),
)]
pub async fn list_cluster_operations(State(app): State<App>, of: ClusterScope) -> Result<Json<Page<Operation>>, Problem> {
    /// A cluster is started and stopped rarely: the newest ones are enough.
    const NEWEST: u64 = 100;
    let rows = app.store.cluster_operations(of.scope.team_id, of.cluster.id, NEWEST).await?;
    views(&app, Page::whole(rows)).await
}

/// Stops waiting for an operation. What was sent to Flink goes on there and is still recorded.
///
/// # Errors
/// 404, or 409 `already_ended`.
#[utoipa::path(
    post,
    path = "/operations/{operation}/cancel",
    tag = "operations",
    request_body = NoChoices,
    responses((status = 200, description = "Done", body = Operation)),
)]
pub async fn cancel_operation(
    State(app): State<App>,
    scope: Scope,
    Path(path): Path<OperationPath>,
    Body(NoChoices {}): Body<NoChoices>,
) -> Result<Json<Operation>, Problem> {
    scope.note.of(path.operation, "");
    match app.store.cancel_operation(scope.team_id, path.operation, scope.user_id()).await {
        Err(StoreError::NotFound) => Err(Problem::not_found("operation", &path.operation.to_string())),
        Err(StoreError::Conflict(why)) => Err(Problem::conflict("already_ended", sentence(&why))),
        done => Ok(Json(view(&app, done?).await?)),
    }
}
