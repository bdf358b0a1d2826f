//! Exceptions of a job, the cause first and the trace for those who want it.

use axum::Json;
use axum::extract::State;
use domain::id::RunId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::evidence;
use crate::live::live;
use crate::page::Page;
use crate::problem::Problem;
use crate::scope::JobScope;
use crate::time::{Time, some};

/// One exception of a job.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct JobException {
    /// The first cause: the innermost `Caused by`.
    pub cause: String,
    /// Class of the outermost exception.
    pub class: String,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Time>,
    /// The task that threw it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
    /// The TaskManager it ran on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// The whole trace.
    pub trace: String,
    /// The ended run that it was kept of, where Flink itself does not say it any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub kept_of: Option<RunId>,
}

impl JobException {
    pub(crate) fn of(exception: domain::ports::JobException, kept_of: Option<RunId>) -> Self {
        Self {
            cause: exception.cause,
            class: exception.class,
            at: some(exception.at),
            task: exception.task,
            location: exception.location,
            trace: exception.trace,
            kept_of,
        }
    }
}

/// Exceptions of the newest run, newest first; where Flink does not know it any more, those kept of its end.
///
/// # Errors
/// 404 `not_in_flink` or `no_run`, 502 `cluster_unreachable`, where nothing is kept.
#[utoipa::path(get, path = "/jobs/{job}/exceptions", tag = "live", responses((status = 200, description = "Done", body = Page<JobException>)))]
pub async fn list_exceptions(State(app): State<App>, of: JobScope) -> Result<Json<Page<JobException>>, Problem> {
    match from_flink(&app, &of).await {
        Ok(items) => Ok(Json(Page::whole(items))),
        Err(problem) => match evidence::kept_exceptions(&app, &of).await? {
            Some(items) => Ok(Json(Page::whole(items))),
            None => Err(problem),
        },
    }
}

async fn from_flink(app: &App, of: &JobScope) -> Result<Vec<JobException>, Problem> {
    let live = live(app, of).await?;
    let seen = app.ports.reader.exceptions(&live.endpoint, &live.run.id.flink_job_id()).await;
    let seen = seen.map_err(|error| Problem::from_port(error, "the exceptions of the newest run"))?;
    let hider = app.hider(of.scope.team_id).await?;
    let told = seen.into_iter().map(|exception| domain::ports::JobException {
        cause: hider.hide(&exception.cause),
        trace: hider.hide(&exception.trace),
        ..exception
    });
    Ok(told.map(|exception| JobException::of(exception, None)).collect())
}
