//! Checkpoints of the newest run as Flink lists them.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::live::live;
use crate::problem::Problem;
use crate::scope::JobScope;
use crate::time::{Time, some};

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

impl From<domain::ports::Checkpoint> for Checkpoint {
    fn from(checkpoint: domain::ports::Checkpoint) -> Self {
        Self {
            id: checkpoint.id,
            status: checkpoint.status,
            savepoint: checkpoint.savepoint,
            triggered_at: some(checkpoint.triggered_at),
            completed_at: some(checkpoint.completed_at),
            duration_ms: checkpoint.duration_ms,
            size_bytes: checkpoint.size_bytes,
            path: checkpoint.path,
            failure: checkpoint.failure,
            discarded: checkpoint.discarded,
        }
    }
}

/// Checkpoints of the newest run as Flink lists them.
///
/// # Errors
/// 404 `not_in_flink` or `no_run`, 502 `cluster_unreachable`.
#[utoipa::path(get, path = "/jobs/{job}/checkpoints", tag = "live", responses((status = 200, description = "Done", body = Checkpoints)))]
pub async fn get_checkpoints(State(app): State<App>, of: JobScope) -> Result<Json<Checkpoints>, Problem> {
    let live = live(&app, &of).await?;
    let seen = app.ports.reader.checkpoints(&live.endpoint, &live.run.id.flink_job_id()).await;
    let seen = seen.map_err(|error| Problem::from_port(error, "the checkpoints of the newest run"))?;
    let hider = app.hider(of.scope.team_id).await?;
    let told = |checkpoint: domain::ports::Checkpoint| {
        Checkpoint::from(domain::ports::Checkpoint {
            failure: checkpoint.failure.as_deref().map(|text| hider.hide(text)),
            ..checkpoint
        })
    };
    Ok(Json(Checkpoints {
        completed: seen.completed,
        failed: seen.failed,
        in_progress: seen.in_progress,
        restored: seen.restored,
        latest: seen.latest.map(told),
        restored_from: seen.restored_from,
        history: seen.history.into_iter().map(told).collect(),
    }))
}
