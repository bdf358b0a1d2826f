//! Drafts: the editable specification of a job, saved by revision, never overwritten.

use axum::Json;
use axum::extract::State;
use axum::response::AppendHeaders;
use domain::id::JobId;
use http::{HeaderMap, HeaderName, StatusCode, header};
use serde::{Deserialize, Serialize};
use store::{DraftError, NewDraft, StoreError};
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::{Body, Path, if_match};
use crate::page::Page;
use crate::person::Person;
use crate::problem::Problem;
use crate::scope::{JobScope, Scope};
use crate::spec::{JobSpec, NewJobSpec};
use crate::time::Time;
use crate::verdict::allow;

/// A draft with its revision as the `ETag`.
type Tagged = (AppendHeaders<[(HeaderName, String); 1]>, Json<Draft>);

/// One saved revision.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Draft {
    /// The job.
    #[schema(value_type = String)]
    pub job_id: JobId,
    /// 1, 2, 3 …; also the `ETag`.
    pub revision: i64,
    /// The content.
    pub spec: JobSpec,
    /// Who saved it.
    pub saved_by: Person,
    /// When it was saved.
    pub saved_at: Time,
}

/// One saved revision without its content.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DraftRevision {
    /// 1, 2, 3 ….
    pub revision: i64,
    /// Who saved it.
    pub saved_by: Person,
    /// When it was saved.
    pub saved_at: Time,
}

/// Which revision.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct RevisionPath {
    revision: i64,
}

/// A draft as the API shows it.
///
/// # Errors
/// When the database does not answer.
async fn view(app: &App, draft: domain::draft::Draft) -> Result<Draft, Problem> {
    Ok(Draft {
        job_id: draft.job_id,
        revision: draft.revision,
        spec: draft.spec.into(),
        saved_by: app.person(draft.saved_by).await?,
        saved_at: draft.saved_at.into(),
    })
}

async fn tagged(app: &App, draft: domain::draft::Draft) -> Result<Tagged, Problem> {
    let tag = format!("\"{}\"", draft.revision);
    Ok((AppendHeaders([(header::ETAG, tag)]), Json(view(app, draft).await?)))
}

/// Saves the next revision of a draft.
///
/// # Errors
/// 412 `draft_conflict` with the newest revision when it is not the one that was edited.
pub(crate) async fn save(
    app: &App,
    scope: &Scope,
    job_id: JobId,
    base_revision: Option<i64>,
    spec: domain::draft::JobSpec,
) -> Result<domain::draft::Draft, Problem> {
    let new = NewDraft {
        team_id: scope.team_id,
        job_id,
        base_revision,
        spec,
        saved_by: scope.user_id(),
    };
    match app.store.save_draft(new).await {
        Ok(draft) => {
            scope.note.after(serde_json::json!({ "draftRevision": draft.revision }));
            Ok(draft)
        }
        Err(DraftError::Changed { current }) => {
            let mut problem = Problem::new(
                StatusCode::PRECONDITION_FAILED,
                "draft_conflict",
                "Somebody else has saved this draft since you opened it; nothing was overwritten.",
            )
            .hint("Look at the newest revision in 'current', bring both together, and save on top of it.");
            if let Some(current) = current {
                problem.current = Some(view(app, *current).await?);
            }
            Err(problem)
        }
        Err(DraftError::Store(error)) => Err(error.into()),
    }
}

/// The newest draft. Its revision is the `ETag`.
///
/// # Errors
/// 404 before the first save.
#[utoipa::path(get, path = "/jobs/{job}/draft", tag = "drafts", responses((status = 200, description = "Done", body = Draft)))]
pub async fn get_draft(State(app): State<App>, of: JobScope) -> Result<Tagged, Problem> {
    let draft = read(&app, &of, None).await?;
    tagged(&app, draft).await
}

/// A revision of a job's draft, the newest one when none is named.
///
/// # Errors
/// 404 `no_draft`, or without a code of its own for a revision that is not kept.
pub(crate) async fn read(app: &App, of: &JobScope, revision: Option<i64>) -> Result<domain::draft::Draft, Problem> {
    match (app.store.draft(of.scope.team_id, of.job.id, revision).await, revision) {
        (Err(StoreError::NotFound), None) => {
            Err(Problem::new(StatusCode::NOT_FOUND, "no_draft", "Nothing has been saved for this job yet.").hint("Save a draft first."))
        }
        (Err(StoreError::NotFound), Some(revision)) => Err(Problem::not_found("draft revision", &revision.to_string())),
        (found, _) => Ok(found?),
    }
}

/// Saves the next revision, if the newest one is still the one of `If-Match`; else 412 `draft_conflict` with the newest in `current`.
///
/// # Errors
/// 412, 428 without `If-Match`, 422 naming the field.
#[utoipa::path(
    put,
    path = "/jobs/{job}/draft",
    tag = "drafts",
    params(("if-match" = String, Header, description = "The revision that was edited in quotes, e.g. \"3\", \"0\" for the first save, or * for whatever is newest")),
    request_body = NewJobSpec,
    responses((status = 200, description = "Done", body = Draft)),
)]
pub async fn save_draft(
    State(app): State<App>,
    of: JobScope,
    headers: HeaderMap,
    Body(asked): Body<NewJobSpec>,
) -> Result<Tagged, Problem> {
    let base = if_match(
        &headers,
        "Send the ETag of the draft, \"0\" for the first save, or * for whatever is newest.",
    )?;
    let facts = app.store.job_view(of.scope.team_id, of.job.id).await?;
    allow(&domain::actions::actions(&facts).edit)?;
    let spec = asked.checked(&app, &of.scope, "").await?;
    let draft = save(&app, &of.scope, of.job.id, base, spec).await?;
    tagged(&app, draft).await
}

/// The newest saved revisions, newest first.
///
/// # Errors
/// When the database does not answer.
#[utoipa::path(get, path = "/jobs/{job}/drafts", tag = "drafts", responses((status = 200, description = "Done", body = Page<DraftRevision>)))]
pub async fn list_drafts(State(app): State<App>, of: JobScope) -> Result<Json<Page<DraftRevision>>, Problem> {
    let mut items = Vec::new();
    for draft in app.store.drafts(of.scope.team_id, of.job.id).await? {
        let saved_by = app.person(draft.saved_by).await?;
        items.push(DraftRevision {
            revision: draft.revision,
            saved_by,
            saved_at: draft.saved_at.into(),
        });
    }
    Ok(Json(Page::whole(items)))
}

/// One saved revision.
///
/// # Errors
/// 404 for a revision that was not saved or is no longer kept.
#[utoipa::path(get, path = "/jobs/{job}/drafts/{revision}", tag = "drafts", responses((status = 200, description = "Done", body = Draft)))]
pub async fn get_draft_revision(State(app): State<App>, of: JobScope, Path(path): Path<RevisionPath>) -> Result<Tagged, Problem> {
    let draft = read(&app, &of, Some(path.revision)).await?;
    tagged(&app, draft).await
}
