//! Exceptions of a job, the cause first and the trace for those who want it.

use axum::Json;
use crate::problem::Problem;
use crate::page::Page;
use serde::Serialize;
use utoipa::ToSchema;

use crate::time::Time;

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
}

/// Exceptions of the newest run, newest first.
///
/// # Errors
/// A problem with its code.
#[utoipa::path(
    get,
    path = "/jobs/{job}/exceptions",
    tag = "live",
    responses((status = 200, description = "Done", body = Page<JobException>))
)]
pub async fn list_exceptions() -> Result<Json<Page<JobException>>, Problem> {
    Err(Problem::internal())
}
