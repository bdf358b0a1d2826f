//! Checkpoints of the live run as Flink lists them.

use axum::Json;
use crate::problem::Problem;
use serde::Serialize;
use utoipa::ToSchema;

use crate::time::Time;

/// One checkpoint.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Checkpoint {
    /// Flink's number.
    pub id: i64,
    /// `COMPLETED`, `IN_PROGRESS`, `FAILED`.
    pub status: String,
    /// Whether it is a savepoint.
    pub savepoint: bool,
    /// When it was triggered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub triggered_at: Option<Time>,
    /// When it was acknowledged by all tasks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<Time>,
    /// Milliseconds from end to end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<i64>,
    /// Bytes of state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size_bytes: Option<i64>,
    /// Where it is, once complete.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// Whether Flink has discarded it.
    pub discarded: bool,
}

/// Checkpoints of a job.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Checkpoints {
    /// Completed since the start.
    pub completed: i64,
    /// Failed since the start.
    pub failed: i64,
    /// In progress.
    pub in_progress: i64,
    /// Restored from since the start.
    pub restored: i64,
    /// The newest complete one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latest: Option<Checkpoint>,
    /// What the job was last restored from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restored_from: Option<String>,
    /// Recent ones, newest first.
    pub history: Vec<Checkpoint>,
}

/// Checkpoints of the newest run as Flink lists them.
///
/// # Errors
/// A problem with its code.
#[utoipa::path(
    get,
    path = "/jobs/{job}/checkpoints",
    tag = "live",
    responses((status = 200, description = "Done", body = Checkpoints))
)]
pub async fn get_checkpoints() -> Result<Json<Checkpoints>, Problem> {
    Err(Problem::internal())
}
