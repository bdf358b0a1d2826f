//! What the gate found, as extractors: the caller, the team, and the job or cluster that the path names.
//! A handler that takes one of these cannot reach past the caller's team.

use axum::extract::{FromRequestParts, RawPathParams};
use domain::access::Access;
use domain::artifact::{Artifact, ArtifactRef};
use domain::cluster::Cluster;
use domain::id::{TeamId, UserId};
use domain::job::Job;
use domain::target::Target;
use http::request::Parts;
use serde::Deserialize;
use store::StoreError;
use utoipa::IntoParams;

use crate::app::App;
use crate::audit::Note;
use crate::extract::Query;
use crate::gate::Caller;
use crate::problem::Problem;

/// A caller inside one of their teams.
#[derive(Debug, Clone)]
pub struct Scope {
    /// Who calls.
    pub caller: Caller,
    /// The team of the path.
    pub team_id: TeamId,
    /// Its name.
    pub team_name: String,
    /// What the caller may do there.
    pub role: Access,
    /// What the audit list will say of the request.
    pub note: Note,
}

impl Scope {
    /// Who calls.
    #[must_use]
    pub const fn user_id(&self) -> UserId {
        self.caller.user.id
    }
}

/// A job of the team, named by the path with its name or id.
#[derive(Debug, Clone)]
pub struct JobScope {
    /// Caller and team.
    pub scope: Scope,
    /// The job.
    pub job: Job,
}

/// A cluster of the team, named by the path with its name or id.
#[derive(Debug, Clone)]
pub struct ClusterScope {
    /// Caller and team.
    pub scope: Scope,
    /// The cluster.
    pub cluster: Cluster,
}

/// An artifact of the team, named by the path with its id, or with its name and `?version=`.
#[derive(Debug, Clone)]
pub struct ArtifactScope {
    /// Caller and team.
    pub scope: Scope,
    /// The artifact.
    pub artifact: Artifact,
    /// Whether the request says which version it means.
    pub exact: bool,
}

/// Which version of a named artifact.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct VersionQuery {
    /// The version, where the path has a name; the newest unless told.
    pub version: Option<i64>,
}

impl FromRequestParts<App> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        // Missing only when a public route asks for a caller: a fault of the table.
        parts.extensions.get().cloned().ok_or_else(Problem::internal)
    }
}

impl FromRequestParts<App> for Scope {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        parts.extensions.get().cloned().ok_or_else(Problem::internal)
    }
}

impl FromRequestParts<App> for JobScope {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let scope = Scope::from_request_parts(parts, app).await?;
        let named = parameter(parts, app, "job").await?;
        let job = find_job(app, &scope, &named).await?;
        scope.note.of(job.id, &job.name);
        Ok(Self { scope, job })
    }
}

impl FromRequestParts<App> for ClusterScope {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let scope = Scope::from_request_parts(parts, app).await?;
        let named = parameter(parts, app, "cluster").await?;
        let cluster = find_cluster(app, &scope, &named)
            .await?
            .ok_or_else(|| Problem::not_found("cluster", &named))?;
        scope.note.of(cluster.id, &cluster.name);
        Ok(Self { scope, cluster })
    }
}

impl FromRequestParts<App> for ArtifactScope {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let scope = Scope::from_request_parts(parts, app).await?;
        let named = parameter(parts, app, "artifact").await?;
        let Query(VersionQuery { version }) = Query::from_request_parts(parts, app).await?;
        if let Ok(id) = named.parse() {
            match app.store.artifact(scope.team_id, id).await {
                Err(StoreError::NotFound) => {}
                found => {
                    let artifact = found?;
                    return Ok(Self {
                        scope,
                        artifact,
                        exact: true,
                    });
                }
            }
        }
        let exact = version.is_some();
        let wanted = ArtifactRef { name: named, version };
        match app.store.artifact_by_ref(scope.team_id, &wanted).await {
            Err(StoreError::NotFound) => Err(match version {
                Some(version) => Problem::not_found(&format!("version {version} of the artifact"), &wanted.name),
                None => Problem::not_found("artifact", &wanted.name),
            }),
            found => Ok(Self {
                scope,
                artifact: found?,
                exact,
            }),
        }
    }
}

async fn parameter(parts: &mut Parts, app: &App, name: &str) -> Result<String, Problem> {
    let path = RawPathParams::from_request_parts(parts, app).await.map_err(Problem::bad_path)?;
    let value = path.iter().find(|(known, _)| *known == name).map(|(_, value)| value.to_owned());
    value.ok_or_else(Problem::internal)
}

/// A job by id, else by name: a name may look like an id.
async fn find_job(app: &App, scope: &Scope, named: &str) -> Result<Job, Problem> {
    if let Ok(id) = named.parse() {
        match app.store.job(scope.team_id, id).await {
            Err(StoreError::NotFound) => {}
            found => return Ok(found?),
        }
    }
    app.store
        .job_by_name(scope.team_id, named)
        .await?
        .ok_or_else(|| Problem::not_found("job", named))
}

/// A target that the team may use, by id or name.
///
/// # Errors
/// As the store.
pub async fn find_target(app: &App, scope: &Scope, named: &str) -> Result<Option<Target>, Problem> {
    let id = named.parse().ok();
    let granted = app.store.granted_targets(scope.team_id).await?;
    let of = |target: &Target| Some(target.id) == id || (id.is_none() && target.name == named);
    Ok(granted.into_iter().find(of))
}

/// A cluster of the team by id, else by name.
///
/// # Errors
/// When the database does not answer.
pub async fn find_cluster(app: &App, scope: &Scope, named: &str) -> Result<Option<Cluster>, Problem> {
    if let Ok(id) = named.parse() {
        match app.store.cluster(scope.team_id, id).await {
            Err(StoreError::NotFound) => {}
            found => return Ok(Some(found?)),
        }
    }
    Ok(app.store.cluster_by_name(scope.team_id, named).await?)
}
