//! Snapshots: the savepoints and checkpoints of a job that we know of.

use axum::Json;
use crate::problem::Problem;
use crate::page::{Page, PageQuery};
use domain::id::{OperationId, RunId, SnapshotId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::time::Time;

/// Savepoint or checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SnapshotKind {
    /// Asked for, kept until somebody deletes it.
    Savepoint,
    /// Taken by Flink itself.
    Checkpoint,
}

/// What is known of its completeness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SnapshotState {
    /// Asked for, not yet there.
    Triggering,
    /// Complete.
    Complete,
    /// It may be there; nobody could look.
    Unverified,
    /// Flink said that it failed.
    Failed,
}

/// A savepoint or checkpoint.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    /// Its id.
    #[schema(value_type = String)]
    pub id: SnapshotId,
    /// Savepoint or checkpoint.
    pub kind: SnapshotKind,
    /// How sure we are.
    pub state: SnapshotState,
    /// The run whose state it is.
    #[schema(value_type = String)]
    pub run_id: RunId,
    /// The number of the release that ran.
    pub release_number: i64,
    /// The operation that asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub operation_id: Option<OperationId>,
    /// The directory that was given to Flink.
    pub directory: String,
    /// The path to restore from, once known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// `CANONICAL` or `NATIVE`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// Bytes of state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size_bytes: Option<i64>,
    /// Flink's checkpoint number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checkpoint_id: Option<i64>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// When it was asked for.
    pub created_at: Time,
    /// When it was complete.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<Time>,
}

/// The savepoints and checkpoints of a job that are known, newest first.
///
/// # Errors
/// A problem with its code.
#[utoipa::path(
    get,
    path = "/jobs/{job}/snapshots",
    tag = "jobs",
    params(PageQuery),
    responses((status = 200, description = "Done", body = Page<Snapshot>))
)]
pub async fn list_snapshots() -> Result<Json<Page<Snapshot>>, Problem> {
    Err(Problem::internal())
}
