//! Snapshots: the savepoints and checkpoints of a job that we know of.

use axum::Json;
use axum::extract::State;
use domain::id::{OperationId, RunId, SnapshotId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::Query;
use crate::page::{Page, PageQuery};
use crate::problem::Problem;
use crate::scope::JobScope;
use crate::time::{Time, some};

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

impl From<domain::snapshot::Snapshot> for Snapshot {
    fn from(snapshot: domain::snapshot::Snapshot) -> Self {
        use domain::snapshot::{SnapshotKind as Kind, SnapshotState as State};
        Self {
            id: snapshot.id,
            kind: match snapshot.kind {
                Kind::Savepoint => SnapshotKind::Savepoint,
                Kind::Checkpoint => SnapshotKind::Checkpoint,
            },
            state: match snapshot.state {
                State::Triggering => SnapshotState::Triggering,
                State::Complete => SnapshotState::Complete,
                State::Unverified => SnapshotState::Unverified,
                State::Failed => SnapshotState::Failed,
            },
            run_id: snapshot.run_id,
            release_number: snapshot.release_number,
            operation_id: snapshot.operation_id,
            directory: snapshot.directory,
            path: snapshot.path,
            format: snapshot.format,
            size_bytes: snapshot.size_bytes,
            checkpoint_id: snapshot.checkpoint_id,
            error: snapshot.error,
            created_at: snapshot.created_at.into(),
            completed_at: some(snapshot.completed_at),
        }
    }
}

/// The savepoints and checkpoints of a job that are known, newest first.
///
/// # Errors
/// When the database does not answer.
#[utoipa::path(
    get,
    path = "/jobs/{job}/snapshots",
    tag = "jobs",
    params(PageQuery),
    responses((status = 200, description = "Done", body = Page<Snapshot>)),
)]
pub async fn list_snapshots(State(app): State<App>, of: JobScope, Query(query): Query<PageQuery>) -> Result<Json<Page<Snapshot>>, Problem> {
    let snapshots = app
        .store
        .snapshots(of.scope.team_id, of.job.id, query.fetch()?, query.after()?)
        .await?;
    Ok(Json(query.page(snapshots, |snapshot| snapshot.id.to_string()).map(Snapshot::from)))
}
