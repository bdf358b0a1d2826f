//! The job graph as Flink runs it now: vertices with their figures.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::live::live;
use crate::problem::Problem;
use crate::scope::JobScope;
use crate::time::{Time, some};

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

impl From<domain::ports::Vertex> for Vertex {
    fn from(vertex: domain::ports::Vertex) -> Self {
        Self {
            id: vertex.id,
            name: vertex.name,
            parallelism: vertex.parallelism,
            state: vertex.state,
            tasks: vertex.tasks,
            records_in: vertex.records_in,
            records_out: vertex.records_out,
            bytes_in: vertex.bytes_in,
            bytes_out: vertex.bytes_out,
            back_pressure: vertex.back_pressure,
            busy: vertex.busy,
            inputs: vertex.inputs,
        }
    }
}

/// The job graph of the newest run as Flink shows it now.
///
/// # Errors
/// 404 `not_in_flink` or `no_run`, 502 `cluster_unreachable`.
#[utoipa::path(get, path = "/jobs/{job}/graph", tag = "live", responses((status = 200, description = "Done", body = JobGraph)))]
pub async fn get_graph(State(app): State<App>, of: JobScope) -> Result<Json<JobGraph>, Problem> {
    let live = live(&app, &of).await?;
    let detail = app.ports.reader.detail(&live.endpoint, &live.run.id.flink_job_id()).await;
    let detail = detail.map_err(|error| Problem::from_port(error, "the job graph of the newest run"))?;
    let hider = app.hider(of.scope.team_id).await?;
    let told = detail.vertices.into_iter().map(|vertex| domain::ports::Vertex {
        name: hider.hide(&vertex.name),
        ..vertex
    });
    let vertices = told.map(Vertex::from).collect();
    Ok(Json(JobGraph {
        state: detail.state,
        started_at: some(detail.started_at),
        vertices,
    }))
}
