//! The job graph as Flink runs it now: vertices with their figures.

use axum::Json;
use crate::problem::Problem;
use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use crate::time::Time;

/// One vertex with its figures.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Vertex {
    /// Flink's vertex id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Parallelism.
    pub parallelism: u32,
    /// Flink's word for its state.
    pub state: String,
    /// Subtasks by state.
    pub tasks: BTreeMap<String, u32>,
    /// Records in since the start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub records_in: Option<i64>,
    /// Records out since the start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub records_out: Option<i64>,
    /// Bytes in since the start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_in: Option<i64>,
    /// Bytes out since the start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_out: Option<i64>,
    /// Share of time in back pressure, 0 to 1, the worst subtask.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub back_pressure: Option<f64>,
    /// Share of time busy, 0 to 1, the worst subtask.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub busy: Option<f64>,
    /// Ids of the vertices that feed it.
    pub inputs: Vec<String>,
}

/// What a job is doing now.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct JobGraph {
    /// Flink's state word.
    pub state: String,
    /// When it was started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Time>,
    /// Vertices in topological order.
    pub vertices: Vec<Vertex>,
}

/// The job graph of the newest run as Flink shows it now.
///
/// # Errors
/// A problem with its code.
#[utoipa::path(
    get,
    path = "/jobs/{job}/graph",
    tag = "live",
    responses((status = 200, description = "Done", body = JobGraph))
)]
pub async fn get_graph() -> Result<Json<JobGraph>, Problem> {
    Err(Problem::internal())
}
