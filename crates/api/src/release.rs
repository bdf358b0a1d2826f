//! Releases: immutable, numbered snapshots of a draft. What runs is always a release.

use axum::Json;
use axum::extract::State;
use domain::actions::actions;
use domain::id::{ClusterId, ReleaseId};
use domain::release::ReleaseContent;
use domain::variable::PinnedVariable;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use store::StoreError;
use utoipa::ToSchema;

use crate::app::App;
use crate::artifact_pin::Pinned;
use crate::draft;
use crate::extract::{Body, Path, Query};
use crate::page::{Page, PageQuery};
use crate::person::Person;
use crate::problem::Problem;
use crate::release_check::{Checked, checked};
use crate::scope::JobScope;
use crate::spec::JobSpec;
use crate::sql::{Finding, Severity};
use crate::text;
use crate::time::Time;
use crate::verdict::allow;

/// A release to make.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewRelease {
    /// The draft revision; the newest unless told.
    pub draft_revision: Option<i64>,
    /// A line about it.
    #[serde(default)]
    pub note: String,
    /// Release in spite of errors that the check found.
    #[serde(default)]
    pub override_errors: bool,
}

/// A release without its content.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReleaseSummary {
    /// Its id.
    #[schema(value_type = String)]
    pub id: ReleaseId,
    /// 1, 2, 3 …; unique in the job.
    pub number: i64,
    /// The draft revision that it was made from.
    pub draft_revision: i64,
    /// The Flink version that checked it.
    pub flink_version: String,
    /// The cluster that its start uses.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub cluster_id: Option<ClusterId>,
    /// SHA-256 of its canonical bytes, 64 hex digits.
    pub digest: String,
    /// Errors that the check found.
    pub errors: u32,
    /// Warnings that the check found.
    pub warnings: u32,
    /// Whether it was released in spite of errors.
    pub overridden: bool,
    /// A line of its author.
    pub note: String,
    /// Who released it.
    pub created_by: Person,
    /// When it was released.
    pub created_at: Time,
}

/// A release.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Release {
    /// What the list shows of it.
    #[serde(flatten)]
    pub summary: ReleaseSummary,
    /// The job's name when it was released.
    pub name: String,
    /// What runs.
    pub spec: JobSpec,
    /// How many statements the script has.
    pub statements: u32,
    /// What its jars were when it was released: the program first, then the class path.
    pub artifacts: Vec<Pinned>,
    /// The variables that its draft named. Plain ones are resolved; secrets stand as `${name}`.
    pub variables: Vec<ReleasedVariable>,
    /// What the check found, at places of the draft.
    pub findings: Vec<Finding>,
}

/// A variable as a release uses it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReleasedVariable {
    /// Its name.
    pub name: String,
    /// The revision of its value; of a secret the one when it was released: each run uses the newest.
    pub revision: i64,
    /// Whether it is a secret.
    pub secret: bool,
}

impl From<PinnedVariable> for ReleasedVariable {
    fn from(pinned: PinnedVariable) -> Self {
        Self {
            name: pinned.name,
            revision: pinned.revision,
            secret: pinned.secret,
        }
    }
}

/// Which release.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct ReleasePath {
    release: i64,
}

impl ReleasePath {
    /// The number.
    pub(crate) const fn number(self) -> i64 {
        self.release
    }
}

fn count(findings: &[domain::sql::Finding], severity: domain::sql::Severity) -> u32 {
    let number = findings.iter().filter(|finding| finding.severity == severity).count();
    u32::try_from(number).unwrap_or(u32::MAX)
}

async fn summary(app: &App, release: store::ReleaseSummary) -> Result<ReleaseSummary, Problem> {
    Ok(ReleaseSummary {
        id: release.id,
        number: release.number,
        draft_revision: release.draft_revision,
        flink_version: release.version.to_string(),
        cluster_id: release.cluster_id,
        digest: release.digest,
        errors: count(&release.findings, domain::sql::Severity::Error),
        warnings: count(&release.findings, domain::sql::Severity::Warning),
        overridden: release.overridden,
        note: release.note,
        created_by: app.person(release.created_by).await?,
        created_at: release.created_at.into(),
    })
}

async fn view(app: &App, release: domain::release::Release) -> Result<Release, Problem> {
    let ReleaseContent {
        name,
        spec,
        version,
        statements,
        artifacts,
        variables,
    } = release.content;
    let findings: Vec<Finding> = release.findings.iter().cloned().map(Finding::from).collect();
    let summary = summary(
        app,
        store::ReleaseSummary {
            id: release.id,
            number: release.number,
            draft_revision: release.draft_revision,
            digest: release.digest,
            version,
            cluster_id: spec.cluster_id,
            parallelism: spec.parallelism,
            findings: release.findings,
            overridden: release.overridden,
            note: release.note,
            created_by: release.created_by,
            created_at: release.created_at,
        },
    )
    .await?;
    let statements = u32::try_from(statements.len()).unwrap_or(u32::MAX);
    Ok(Release {
        summary,
        name,
        spec: spec.into(),
        statements,
        artifacts: artifacts.into_iter().map(Pinned::from).collect(),
        variables: variables.into_iter().map(ReleasedVariable::from).collect(),
        findings,
    })
}

/// A release of a job by number.
///
/// # Errors
/// 404 when the job has none of this number.
pub(crate) async fn by_number(app: &App, of: &JobScope, number: i64) -> Result<domain::release::Release, Problem> {
    match app.store.release_by_number(of.scope.team_id, of.job.id, number).await {
        Err(StoreError::NotFound) => Err(Problem::not_found("release", &number.to_string())),
        found => Ok(found?),
    }
}

/// The releases of a job, newest first.
///
/// # Errors
/// When the database does not answer.
#[utoipa::path(
    get,
    path = "/jobs/{job}/releases",
    tag = "releases",
    params(PageQuery),
    responses((status = 200, description = "Done", body = Page<ReleaseSummary>)),
)]
pub async fn list_releases(
    State(app): State<App>,
    of: JobScope,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<ReleaseSummary>>, Problem> {
    let rows = app
        .store
        .releases(of.scope.team_id, of.job.id, query.fetch()?, query.after()?)
        .await?;
    let page = query.page(rows, |release| release.number.to_string());
    let mut items = Vec::with_capacity(page.items.len());
    for release in page.items {
        items.push(summary(&app, release).await?);
    }
    Ok(Json(Page {
        items,
        next_cursor: page.next_cursor,
    }))
}

/// One release with its content.
///
/// # Errors
/// 404 when the job has none of this number.
#[utoipa::path(get, path = "/jobs/{job}/releases/{release}", tag = "releases", responses((status = 200, description = "Done", body = Release)))]
pub async fn get_release(State(app): State<App>, of: JobScope, Path(path): Path<ReleasePath>) -> Result<Json<Release>, Problem> {
    let release = by_number(&app, &of, path.number()).await?;
    Ok(Json(view(&app, release).await?))
}

/// Checks a draft and releases it. 422 `check_failed` with the findings when it has errors that are not overridden.
///
/// # Errors
/// 422 with the findings or naming the field, 409 with the reason why nothing can be released.
#[utoipa::path(
    post,
    path = "/jobs/{job}/releases",
    tag = "releases",
    request_body = NewRelease,
    responses((status = 201, description = "Made", body = Release)),
)]
pub async fn create_release(
    State(app): State<App>,
    of: JobScope,
    Body(asked): Body<NewRelease>,
) -> Result<(StatusCode, Json<Release>), Problem> {
    text::line("note", &asked.note)?;
    let facts = app.store.job_view(of.scope.team_id, of.job.id).await?;
    allow(&actions(&facts).release)?;
    let draft = draft::read(&app, &of, asked.draft_revision).await?;
    let Checked {
        version,
        statements,
        artifacts,
        findings,
        spec,
        variables,
    } = checked(&app, &of, &draft.spec, asked.override_errors).await?;
    let errors = findings.iter().any(|finding| finding.severity == domain::sql::Severity::Error);
    if errors && !asked.override_errors {
        return Err(failed(findings));
    }
    let new = store::NewRelease {
        team_id: of.scope.team_id,
        job_id: of.job.id,
        draft_revision: draft.revision,
        content: ReleaseContent {
            name: facts.job.name,
            spec,
            version,
            statements,
            artifacts,
            variables,
        },
        findings,
        overridden: errors,
        note: asked.note,
        created_by: of.scope.user_id(),
    };
    let release = app.store.create_release(new).await?;
    let told = serde_json::json!({ "release": release.number, "draftRevision": release.draft_revision, "overridden": release.overridden });
    of.scope.note.after(told);
    Ok((StatusCode::CREATED, Json(view(&app, release).await?)))
}

fn failed(findings: Vec<domain::sql::Finding>) -> Problem {
    let findings: Vec<Finding> = findings.into_iter().map(Finding::from).collect();
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error).count();
    let first = findings.iter().find(|finding| finding.severity == Severity::Error);
    let field = first.and_then(|finding| finding.field.clone()).unwrap_or_else(|| "sql".to_owned());
    let first = first
        .map(|finding| match finding.field {
            Some(_) => format!(" {}", finding.message),
            None => format!(" Line {}: {}", finding.line, finding.message),
        })
        .unwrap_or_default();
    let what = if errors == 1 {
        "an error".to_owned()
    } else {
        format!("{errors} errors")
    };
    Problem::unprocessable("check_failed", format!("The job has {what}.{first}"))
        .field(field)
        .hint("Mend the job, or release it in spite of the errors (overrideErrors).")
        .findings(findings)
}
