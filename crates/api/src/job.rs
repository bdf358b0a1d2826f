//! Jobs: making, listing, showing and renaming them.

use axum::Json;
use axum::extract::State;
use domain::actions::actions;
use domain::id::JobId;
use domain::label::Labels;
use domain::status::{JobFacts, status};
use http::StatusCode;
use serde::Deserialize;
use store::{JobFilter, JobPatch, StoreError, now};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::draft;
use crate::extract::{Body, Query};
use crate::job_view::{Job, Label, view};
use crate::page::{Page, cursor, limit};
use crate::problem::Problem;
use crate::scope::{JobScope, Scope};
use crate::spec::NewJobSpec;
use crate::text;
use crate::verdict::allow;

/// Jobs of a page unless told.
const USUAL: u32 = 100;
/// Most jobs of a page.
const MOST: u32 = 1_000;

/// A job to make.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewJob {
    /// Name, unique in the team: 1 to 200 characters of any script.
    pub name: String,
    /// One line about it.
    #[serde(default)]
    pub description: String,
    /// Words to find it by, at most 32.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, String>)]
    pub labels: Labels,
    /// Saved as the first draft, where given.
    pub spec: Option<NewJobSpec>,
}

/// What to change of a job; what is absent stays.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct JobChange {
    /// Another name.
    pub name: Option<String>,
    /// Another line about it.
    pub description: Option<String>,
    /// All its labels anew.
    #[schema(value_type = Option<BTreeMap<String, String>>)]
    pub labels: Option<Labels>,
}

/// Which jobs to list.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct JobQuery {
    /// Part of the name.
    pub search: Option<String>,
    /// Only jobs with this label.
    #[param(inline)]
    pub label: Option<Label>,
    /// Only jobs with all of these labels, e.g. `stage=prod,owner=ann`.
    pub labels: Option<String>,
    /// Most to answer, 1 to 1000; 100 unless told.
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<u32>,
    /// The `nextCursor` of the page before.
    pub cursor: Option<String>,
}

/// The team's jobs, newest first.
///
/// # Errors
/// When the query cannot be read or the database does not answer.
#[utoipa::path(
    get,
    path = "/jobs",
    tag = "jobs",
    params(JobQuery),
    responses((status = 200, description = "Done", body = Page<Job>)),
)]
pub async fn list_jobs(State(app): State<App>, scope: Scope, Query(query): Query<JobQuery>) -> Result<Json<Page<Job>>, Problem> {
    let limit = limit(query.limit, USUAL, MOST)?;
    let cursor = cursor("cursor", query.cursor.as_deref())?;
    let facts = matching(&app, &scope, &query, limit as usize + 1, cursor).await?;
    let page = Page::cut(facts, limit, |facts| facts.job.id.to_string());
    let mut items = Vec::with_capacity(page.items.len());
    for facts in page.items {
        items.push(view(&app, facts).await?);
    }
    Ok(Json(Page {
        items,
        next_cursor: page.next_cursor,
    }))
}

/// Up to `wanted` jobs with the label. Labels are computed, so rows are read until enough fit.
async fn matching(app: &App, scope: &Scope, query: &JobQuery, wanted: usize, mut cursor: Option<JobId>) -> Result<Vec<JobFacts>, Problem> {
    let search = query.search.clone().filter(|text| !text.trim().is_empty());
    let labels = query.labels.as_deref().map_or_else(|| Ok(Labels::new()), text::selector)?;
    let mut found = Vec::new();
    loop {
        let read = if query.label.is_some() { u64::from(MOST) } else { wanted as u64 };
        let filter = JobFilter {
            search: search.clone(),
            labels: labels.clone(),
            limit: read,
            cursor,
        };
        let rows = app.store.job_views(scope.team_id, &filter).await?;
        let last = (rows.len() as u64) < read;
        cursor = rows.last().map(|facts| facts.job.id);
        let fits = |facts: &JobFacts| query.label.is_none_or(|label| Label::from(status(facts, now()).label) == label);
        found.extend(rows.into_iter().filter(fits));
        if last || found.len() >= wanted {
            found.truncate(wanted);
            return Ok(found);
        }
    }
}

/// Makes a job.
///
/// # Errors
/// 422 naming the field, 409 `name_taken`.
#[utoipa::path(
    post,
    path = "/jobs",
    tag = "jobs",
    request_body = NewJob,
    responses((status = 201, description = "Made", body = Job)),
)]
pub async fn create_job(State(app): State<App>, scope: Scope, Body(asked): Body<NewJob>) -> Result<(StatusCode, Json<Job>), Problem> {
    text::name("name", &asked.name)?;
    text::line("description", &asked.description)?;
    text::labels("labels", &asked.labels)?;
    // Everything is checked before anything is written.
    let spec = match asked.spec {
        Some(spec) => Some(spec.checked(&app, &scope, "spec.").await?),
        None => None,
    };
    let new = store::NewJob {
        team_id: scope.team_id,
        name: asked.name.clone(),
        description: asked.description,
        labels: asked.labels,
        created_by: scope.user_id(),
    };
    let job = match app.store.create_job(new).await {
        Err(StoreError::Conflict(_)) => return Err(Problem::name_taken("job", &asked.name)),
        made => made?,
    };
    scope.note.of(job.id, &job.name);
    if let Some(spec) = spec {
        draft::save(&app, &scope, job.id, Some(0), spec).await?;
    }
    Ok((StatusCode::CREATED, shown(&app, &scope, job.id).await?))
}

/// The job as it is now.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn shown(app: &App, scope: &Scope, id: JobId) -> Result<Json<Job>, Problem> {
    let facts = app.store.job_view(scope.team_id, id).await?;
    Ok(Json(view(app, facts).await?))
}

/// One job.
///
/// # Errors
/// 404 when the team has none of this name or id.
#[utoipa::path(get, path = "/jobs/{job}", tag = "jobs", responses((status = 200, description = "Done", body = Job)))]
pub async fn get_job(State(app): State<App>, of: JobScope) -> Result<Json<Job>, Problem> {
    shown(&app, &of.scope, of.job.id).await
}

/// Changes a job's name, description or labels.
///
/// # Errors
/// 422 naming the field, 409 `name_taken` or the reason why it may not be edited.
#[utoipa::path(
    patch,
    path = "/jobs/{job}",
    tag = "jobs",
    request_body = JobChange,
    responses((status = 200, description = "Done", body = Job)),
)]
pub async fn change_job(State(app): State<App>, of: JobScope, Body(asked): Body<JobChange>) -> Result<Json<Job>, Problem> {
    if let Some(name) = &asked.name {
        text::name("name", name)?;
    }
    if let Some(description) = &asked.description {
        text::line("description", description)?;
    }
    if let Some(labels) = &asked.labels {
        text::labels("labels", labels)?;
    }
    let facts = app.store.job_view(of.scope.team_id, of.job.id).await?;
    allow(&actions(&facts).edit)?;
    let name = asked.name.clone().unwrap_or_default();
    let patch = JobPatch {
        name: asked.name,
        description: asked.description,
        labels: asked.labels,
        by: of.scope.user_id(),
    };
    match app.store.change_job(of.scope.team_id, of.job.id, patch).await {
        Err(StoreError::Conflict(_)) => return Err(Problem::name_taken("job", &name)),
        done => {
            let job = done?;
            let told = |job: &domain::job::Job| serde_json::json!({ "name": job.name, "description": job.description });
            of.scope.note.before(told(&of.job));
            of.scope.note.after(told(&job));
        }
    }
    shown(&app, &of.scope, of.job.id).await
}
