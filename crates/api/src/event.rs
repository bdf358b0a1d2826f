//! Events: the timeline of a job or cluster.

use axum::Json;
use axum::extract::State;
use domain::id::{ClusterId, EventId, JobId, OperationId, RunId};
use serde::{Deserialize, Serialize};
use store::EventFilter;
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::extract::Query;
use crate::page::{Page, cursor, limit};
use crate::person::Person;
use crate::problem::Problem;
use crate::scope::{ClusterScope, JobScope, Scope};
use crate::time::Time;

/// Events of a page unless told.
const USUAL: u32 = 100;
/// Most events of a page.
const MOST: u32 = 500;

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

async fn timeline(
    app: &App,
    scope: &Scope,
    about: (Option<JobId>, Option<ClusterId>),
    query: EventQuery,
) -> Result<Json<Page<Event>>, Problem> {
    let limit = limit(query.limit, USUAL, MOST)?;
    let filter = EventFilter {
        job_id: about.0,
        cluster_id: about.1,
        limit: u64::from(limit) + 1,
        before: cursor("before", query.before.as_deref())?,
    };
    let rows = app.store.events(scope.team_id, &filter).await?;
    let page = Page::cut(rows, limit, |event| event.id.to_string());
    let mut items = Vec::with_capacity(page.items.len());
    for event in page.items {
        items.push(view(app, event).await?);
    }
    Ok(Json(Page {
        items,
        next_cursor: page.next_cursor,
    }))
}

async fn view(app: &App, event: domain::event::Event) -> Result<Event, Problem> {
    let by = match event.user_id {
        Some(id) => Some(app.person(id).await?),
        None => None,
    };
    Ok(Event {
        id: event.id,
        code: event.code,
        message: event.message,
        job_id: event.job_id,
        cluster_id: event.cluster_id,
        run_id: event.run_id,
        operation_id: event.operation_id,
        by,
        at: event.at.into(),
    })
}

/// The timeline of a cluster, newest first.
///
/// # Errors
/// When the database does not answer.
#[utoipa::path(
    get,
    path = "/clusters/{cluster}/events",
    tag = "clusters",
    params(EventQuery),
    responses((status = 200, description = "Done", body = Page<Event>)),
)]
pub async fn list_cluster_events(
    State(app): State<App>,
    of: ClusterScope,
    Query(query): Query<EventQuery>,
) -> Result<Json<Page<Event>>, Problem> {
    timeline(&app, &of.scope, (None, Some(of.cluster.id)), query).await
}

/// The timeline of a job, newest first.
///
/// # Errors
/// When the database does not answer.
#[utoipa::path(
    get,
    path = "/jobs/{job}/events",
    tag = "jobs",
    params(EventQuery),
    responses((status = 200, description = "Done", body = Page<Event>)),
)]
pub async fn list_events(State(app): State<App>, of: JobScope, Query(query): Query<EventQuery>) -> Result<Json<Page<Event>>, Problem> {
    timeline(&app, &of.scope, (Some(of.job.id), None), query).await
}
