//! Artifacts: what a team has uploaded, by name and version, and who uses it.

use axum::Json;
use axum::extract::State;
use domain::artifact::{ArtifactKind, ArtifactUse, Digest, Holder};
use domain::id::{ArtifactId, ClusterId, JobId};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use store::{ArtifactFilter, StoreError, now};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::extract::Query;
use crate::page::{Page, PageQuery};
use crate::person::Person;
use crate::problem::{Problem, sentence};
use crate::scope::{ArtifactScope, Scope, VersionQuery};
use crate::time::Time;

/// Most uses that are listed of an artifact.
const SHOWN_USES: usize = 100;
/// Bytes that were written since then (10 minutes) are left to the sweep: an upload of the same bytes may be on its
/// way from the disk to its row.
const YOUNG_MS: i64 = 10 * 60 * 1000;

/// What an artifact is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ArtifactKind)]
pub enum Kind {
    /// A program with a main class.
    JobJar,
    /// Classes that a script calls.
    UdfJar,
    /// Tables, formats, catalogs.
    Connector,
    /// A Python program or module.
    PythonFile,
    /// Any other archive.
    Archive,
}

impl From<ArtifactKind> for Kind {
    fn from(kind: ArtifactKind) -> Self {
        match kind {
            ArtifactKind::JobJar => Self::JobJar,
            ArtifactKind::UdfJar => Self::UdfJar,
            ArtifactKind::Connector => Self::Connector,
            ArtifactKind::PythonFile => Self::PythonFile,
            ArtifactKind::Archive => Self::Archive,
        }
    }
}

impl From<Kind> for ArtifactKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::JobJar => Self::JobJar,
            Kind::UdfJar => Self::UdfJar,
            Kind::Connector => Self::Connector,
            Kind::PythonFile => Self::PythonFile,
            Kind::Archive => Self::Archive,
        }
    }
}

/// One version of an artifact.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Artifact {
    /// Its id.
    #[schema(value_type = String)]
    pub id: ArtifactId,
    /// Name, compared byte by byte.
    pub name: String,
    /// 1, 2, 3 … in its name.
    pub version: i64,
    /// Whether it is the newest version of its name.
    pub newest: bool,
    /// What it is for.
    pub kind: Kind,
    /// The file's name: that of a download.
    pub file_name: String,
    /// SHA-256 of its bytes, 64 hexadecimal digits.
    #[schema(value_type = String)]
    pub digest: Digest,
    /// How many bytes.
    pub size_bytes: i64,
    /// Classes with a `main`, the one that the manifest names first.
    pub entry_classes: Vec<String>,
    /// Who uses it; the first hundred.
    pub used_by: Vec<Use>,
    /// How many use it.
    pub uses: usize,
    /// Who uploaded it.
    pub created_by: Person,
    /// When.
    pub created_at: Time,
}

/// What refers to an artifact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ArtifactUser)]
pub enum User {
    /// A job's newest draft.
    Draft,
    /// A release.
    Release,
    /// A cluster, from its next start on.
    Cluster,
    /// What runs of a cluster, until it is stopped.
    ClusterProcesses,
}

/// One use of an artifact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ArtifactUse)]
pub struct Use {
    /// What refers to it.
    pub by: User,
    /// Name of the job or cluster.
    pub name: String,
    /// The job.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub job_id: Option<JobId>,
    /// The release's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub release_number: Option<i64>,
    /// The cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub cluster_id: Option<ClusterId>,
}

impl From<ArtifactUse> for Use {
    fn from(used: ArtifactUse) -> Self {
        let (by, cluster_id) = match used.holder {
            Holder::Draft(_) => (User::Draft, None),
            Holder::Release(_) => (User::Release, None),
            Holder::Cluster(id) => (User::Cluster, Some(id)),
            Holder::ClusterProcesses(id) => (User::ClusterProcesses, Some(id)),
        };
        Self {
            by,
            name: used.name,
            job_id: used.job_id,
            release_number: used.release_number,
            cluster_id,
        }
    }
}

/// Which artifacts.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ArtifactQuery {
    /// All versions of this name; otherwise the newest version of each name.
    pub name: Option<String>,
    /// Only those whose name or file's name has this text.
    pub search: Option<String>,
    /// Only those of this kind.
    #[param(inline)]
    pub kind: Option<Kind>,
    /// Most to answer, 1 to 500; 50 unless told.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u32>,
    /// The `nextCursor` of the page before.
    pub cursor: Option<String>,
}

/// Artifacts as they are answered, with their uses read at once.
async fn views(app: &App, scope: &Scope, artifacts: Vec<domain::artifact::Artifact>) -> Result<Vec<Artifact>, Problem> {
    let mut uses = app.store.artifact_uses(scope.team_id, &artifacts).await?;
    let mut views = Vec::with_capacity(artifacts.len());
    for artifact in artifacts {
        let (newest, used_by) = uses.remove(&artifact.id).unwrap_or_default();
        views.push(Artifact {
            id: artifact.id,
            name: artifact.name,
            version: artifact.version,
            newest,
            kind: artifact.kind.into(),
            file_name: artifact.file_name,
            digest: artifact.digest,
            size_bytes: artifact.size_bytes,
            entry_classes: artifact.entry_classes,
            uses: used_by.len(),
            used_by: used_by.into_iter().take(SHOWN_USES).map(Use::from).collect(),
            created_by: app.person(artifact.created_by).await?,
            created_at: artifact.created_at.into(),
        });
    }
    Ok(views)
}

/// One artifact as it is answered.
pub(crate) async fn view(app: &App, scope: &Scope, artifact: domain::artifact::Artifact) -> Result<Artifact, Problem> {
    views(app, scope, vec![artifact]).await?.pop().ok_or_else(Problem::internal)
}

/// The team's artifacts, newest first: the newest version of each name, or all versions of one.
///
/// # Errors
/// 422 for a limit, 400 for a cursor that cannot be.
#[utoipa::path(
    get,
    path = "/artifacts",
    tag = "artifacts",
    params(ArtifactQuery),
    responses((status = 200, description = "Done", body = Page<Artifact>)),
)]
pub async fn list_artifacts(
    State(app): State<App>,
    scope: Scope,
    Query(query): Query<ArtifactQuery>,
) -> Result<Json<Page<Artifact>>, Problem> {
    let page = PageQuery {
        limit: query.limit,
        cursor: query.cursor,
    };
    let filter = ArtifactFilter {
        name: query.name,
        search: query.search,
        kind: query.kind.map(ArtifactKind::from),
        limit: page.fetch()?,
        cursor: page.after()?,
    };
    let page = page.page(app.store.artifacts(scope.team_id, &filter).await?, |artifact| {
        artifact.id.to_string()
    });
    Ok(Json(Page {
        items: views(&app, &scope, page.items).await?,
        next_cursor: page.next_cursor,
    }))
}

/// One artifact, by id, or by name and version.
///
/// # Errors
/// 404 when the team has no such artifact.
#[utoipa::path(
    get,
    path = "/artifacts/{artifact}",
    tag = "artifacts",
    params(VersionQuery),
    responses((status = 200, description = "Done", body = Artifact)),
)]
pub async fn get_artifact(State(app): State<App>, of: ArtifactScope) -> Result<Json<Artifact>, Problem> {
    Ok(Json(view(&app, &of.scope, of.artifact).await?))
}

/// Deletes a version that nobody uses, by id, or by name and version.
///
/// # Errors
/// 409 `artifact_in_use` naming who uses it; 422 for a name without a version.
#[utoipa::path(
    delete,
    path = "/artifacts/{artifact}",
    tag = "artifacts",
    params(VersionQuery),
    responses((status = 204, description = "Done")),
)]
pub async fn delete_artifact(State(app): State<App>, of: ArtifactScope) -> Result<StatusCode, Problem> {
    if !of.exact {
        return Err(
            Problem::unprocessable("version_missing", "A name alone does not say which version is to be deleted.")
                .field("version")
                .hint("Add '?version=' with its number."),
        );
    }
    let (gone, last) = match app.store.delete_artifact(of.scope.team_id, of.artifact.id).await {
        Err(StoreError::NotFound) => return Err(Problem::not_found("artifact", &of.artifact.id.to_string())),
        Err(StoreError::Conflict(why)) => {
            return Err(Problem::conflict("artifact_in_use", sentence(&why))
                .hint("Take it out of the drafts and clusters, and delete the jobs whose releases have it; then delete it."));
        }
        done => done?,
    };
    if last && let Err(error) = app.ports.artifacts.remove(&gone.digest, now().plus(-YOUNG_MS)).await {
        tracing::warn!(%error, "the bytes of an artifact could not be removed; the sweep will try again");
    }
    Ok(StatusCode::NO_CONTENT)
}
