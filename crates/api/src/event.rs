//! Events: the timeline of a job or cluster.

use axum::Json;
use crate::problem::Problem;
use crate::page::Page;
use domain::id::{ClusterId, EventId, JobId, OperationId, RunId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::person::Person;
use crate::time::Time;

/// One row of a timeline.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// Its id; later events have greater ids.
    #[schema(value_type = String)]
    pub id: EventId,
    /// Stable word, e.g. `start_requested`, `run_ended`.
    pub code: String,
    /// What happened, as a sentence.
    pub message: String,
    /// The job it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub job_id: Option<JobId>,
    /// The cluster it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub cluster_id: Option<ClusterId>,
    /// The run it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub run_id: Option<RunId>,
    /// The operation it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub operation_id: Option<OperationId>,
    /// Who did it; absent when the platform noticed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<Person>,
    /// When.
    pub at: Time,
}

/// Which events to list, newest first.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EventQuery {
    /// Only events before this one: the `nextCursor` of the page before, or an event's id.
    pub before: Option<String>,
    /// Most to answer, 1 to 500; 100 unless told.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u32>,
}

/// The timeline of a cluster, newest first.
///
/// # Errors
/// A problem with its code.
#[utoipa::path(
    get,
    path = "/clusters/{cluster}/events",
    tag = "clusters",
    params(EventQuery),
    responses((status = 200, description = "Done", body = Page<Event>))
)]
pub async fn list_cluster_events() -> Result<Json<Page<Event>>, Problem> {
    Err(Problem::internal())
}

/// The timeline of a job, newest first.
///
/// # Errors
/// A problem with its code.
#[utoipa::path(
    get,
    path = "/jobs/{job}/events",
    tag = "jobs",
    params(EventQuery),
    responses((status = 200, description = "Done", body = Page<Event>))
)]
pub async fn list_events() -> Result<Json<Page<Event>>, Problem> {
    Err(Problem::internal())
}
