//! Targets: namespaces of Kubernetes clusters where teams run Flink. They belong to the platform; whoever is granted one
//! sees its name and what holds there, never its credentials. A kubeconfig goes in and never comes out.

mod checked;
mod probe;
mod test;

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::response::AppendHeaders;
use domain::grant::Grant;
use domain::id::TargetId;
use domain::target::{Ingress, KubernetesAccess, PodPolicy, Target as Known, TargetTest};
use domain::team::Team;
use http::{HeaderMap, HeaderName, StatusCode, header};
use serde::{Deserialize, Serialize};
use store::{NewTarget as New, StoreError};
use utoipa::ToSchema;

use crate::app::App;
use crate::audit::{AuditTeam as TeamName, Note};
use crate::extract::{Body, Path, if_match};
use crate::grant::{NewGrant, teams_of_grant, wanted};
use crate::page::Page;
use crate::problem::{Problem, sentence};
use crate::scope::Scope;
use crate::time::Time;

pub use checked::{__path_compare_kubeconfig, KubeconfigDifference, NewKubeconfig, NewTarget, NewTargetAccess, compare_kubeconfig};
pub use probe::{__path_cancel_probe, TargetProbe, cancel_probe};
pub use test::{__path_test_place, __path_test_target, NewTargetTest, TargetReport, TestChoices, test_place, test_target};

/// How the API server is reached, without what is secret of it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum TargetAccess {
    /// By a kubeconfig that was pasted.
    Kubeconfig {},
    /// By a kubeconfig on the server's host.
    File {
        /// Absolute path.
        path: String,
    },
    /// By the service account of the pod that the server runs in.
    InCluster {},
}

/// What a target allows its pods; nothing that reaches beyond them unless told.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct TargetPolicy {
    /// Privileged containers, and what amounts to it.
    pub privileged: bool,
    /// The network, processes and IPC of the node, and its ports.
    pub host_namespaces: bool,
    /// Folders of the node that may be mounted, with everything below.
    pub host_paths: Vec<String>,
    /// Service accounts that pods may have; empty: any.
    pub service_accounts: Vec<String>,
}

/// The way from outside to the web UI of each cluster: an Ingress.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TargetIngress {
    /// The class of the controller; the cluster's usual one unless told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// Its host, with `{{cluster}}`, `{{namespace}}` and `{{job}}` where they are to stand, e.g. `{{job}}.flink.example.org`.
    pub host: String,
    /// The Secret with the host's certificate; with it the web UI is spoken to by TLS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_secret: Option<String>,
    /// What the controller is told.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

/// A namespace of a Kubernetes cluster. Its kubeconfig is never answered.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Target {
    /// Its id.
    #[schema(value_type = String)]
    pub id: TargetId,
    /// Name, unique in the platform.
    pub name: String,
    /// How the API server is reached.
    pub access: TargetAccess,
    /// The context of the kubeconfig; absent: its current one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
    /// The namespace of all objects.
    pub namespace: String,
    /// Images by Flink version: `2.2.1` before `2.2`; else the official image of the version.
    pub images: BTreeMap<String, String>,
    /// Service account of the pods; absent: the namespace's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_account: Option<String>,
    /// Where jobs keep their state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_root: Option<String>,
    /// Whether JobManagers recover by themselves, where there is a state root.
    pub high_availability: bool,
    /// Flink configuration of every cluster.
    pub configuration: BTreeMap<String, String>,
    /// Pod template of the JobManager, YAML.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job_manager_template: Option<String>,
    /// Pod template of the TaskManagers, YAML.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_manager_template: Option<String>,
    /// What pods may have.
    pub policy: TargetPolicy,
    /// Where pods reach this server for artifacts; absent: its public address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact_url: Option<String>,
    /// The Ingress of each cluster's web UI; absent: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ingress: Option<TargetIngress>,
    /// Whether every team may use it, also those that come later.
    pub all_teams: bool,
    /// The teams that may, where not all may.
    pub teams: Vec<TeamName>,
    /// What its last test found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test: Option<TargetReport>,
    /// When it was made.
    pub created_at: Time,
    /// Grows with each change; the `ETag`.
    pub revision: i64,
}

/// A target as members of a team that may use it see it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TeamTarget {
    /// Its id.
    #[schema(value_type = String)]
    pub id: TargetId,
    /// Its name.
    pub name: String,
    /// The namespace of all objects.
    pub namespace: String,
    /// Images by Flink version, where not the official ones.
    pub images: BTreeMap<String, String>,
    /// Where jobs keep their state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_root: Option<String>,
}

/// Which target.
#[derive(Debug, Clone, Deserialize)]
pub struct TargetPath {
    target: String,
}

/// A target with its revision as the `ETag`.
type Tagged = (AppendHeaders<[(HeaderName, String); 1]>, Json<Target>);

impl From<PodPolicy> for TargetPolicy {
    fn from(of: PodPolicy) -> Self {
        Self {
            privileged: of.privileged,
            host_namespaces: of.host_namespaces,
            host_paths: of.host_paths,
            service_accounts: of.service_accounts,
        }
    }
}

impl From<TargetPolicy> for PodPolicy {
    fn from(of: TargetPolicy) -> Self {
        Self {
            privileged: of.privileged,
            host_namespaces: of.host_namespaces,
            host_paths: of.host_paths,
            service_accounts: of.service_accounts,
        }
    }
}

impl From<Ingress> for TargetIngress {
    fn from(of: Ingress) -> Self {
        Self {
            class: of.class,
            host: of.host,
            tls_secret: of.tls_secret,
            annotations: of.annotations,
        }
    }
}

impl From<KubernetesAccess> for TargetAccess {
    fn from(of: KubernetesAccess) -> Self {
        match of {
            KubernetesAccess::Kubeconfig { .. } => Self::Kubeconfig {},
            KubernetesAccess::File { path } => Self::File { path },
            KubernetesAccess::InCluster => Self::InCluster {},
        }
    }
}

fn view(of: Known, grant: &Grant, teams: &[Team], test: Option<TargetTest>) -> Target {
    let (all_teams, teams) = teams_of_grant(grant, teams);
    Target {
        id: of.id,
        name: of.name,
        access: of.place.access.into(),
        context: of.place.context,
        namespace: of.place.namespace,
        images: of.defaults.images,
        service_account: of.defaults.service_account,
        state_root: of.defaults.state_root,
        high_availability: !of.defaults.without_high_availability,
        configuration: of.defaults.configuration,
        job_manager_template: of.defaults.job_manager_template,
        task_manager_template: of.defaults.task_manager_template,
        policy: of.defaults.policy.into(),
        artifact_url: of.defaults.artifact_url,
        ingress: of.defaults.ingress.map(TargetIngress::from),
        all_teams,
        teams,
        test: test.map(|test| TargetReport::of(test, of.revision)),
        created_at: of.created_at.into(),
        revision: of.revision,
    }
}

/// The targets as they are shown.
async fn views(app: &App, all: Vec<Known>) -> Result<Vec<Target>, Problem> {
    let (grants, teams) = (app.store.target_grants().await?, app.store.teams().await?);
    let mut tests = app.store.target_tests().await?;
    let shown = all.into_iter().map(|of| {
        let (grant, test) = (grants.get(&of.id).unwrap_or(&Grant::AllTeams), tests.remove(&of.id));
        view(of, grant, &teams, test)
    });
    Ok(shown.collect())
}

async fn shown(app: &App, of: Known) -> Result<Target, Problem> {
    views(app, vec![of]).await?.pop().ok_or_else(Problem::internal)
}

async fn tagged(app: &App, of: Known) -> Result<Tagged, Problem> {
    let tag = format!("\"{}\"", of.revision);
    Ok((AppendHeaders([(header::ETAG, tag)]), Json(shown(app, of).await?)))
}

/// What the audit list says of a target: of a kubeconfig that there is one, of templates how long they are.
fn told(of: &Known) -> serde_json::Value {
    let bytes = |text: &Option<String>| text.as_ref().map(|text| format!("{} bytes", text.len()));
    serde_json::json!({
        "access": TargetAccess::from(of.place.access.clone()),
        "context": of.place.context,
        "namespace": of.place.namespace,
        "images": of.defaults.images,
        "serviceAccount": of.defaults.service_account,
        "stateRoot": of.defaults.state_root,
        "highAvailability": !of.defaults.without_high_availability,
        "configuration": of.defaults.configuration,
        "jobManagerTemplate": bytes(&of.defaults.job_manager_template),
        "taskManagerTemplate": bytes(&of.defaults.task_manager_template),
        "policy": TargetPolicy::from(of.defaults.policy.clone()),
        "artifactUrl": of.defaults.artifact_url,
        "ingress": of.defaults.ingress.clone().map(TargetIngress::from),
        "revision": of.revision,
    })
}

/// A target by its id or name.
async fn find(app: &App, named: &str) -> Result<Known, Problem> {
    let found = match named.parse::<TargetId>() {
        Ok(id) => app.store.target(id).await,
        Err(_) => app.store.target_by_name(named).await,
    };
    match found {
        Err(StoreError::NotFound) => Err(Problem::not_found("target", named)),
        found => Ok(found?),
    }
}

/// 409: the name is taken, or what else the database has against it.
async fn refused(app: &App, why: &str, (name, own): (&str, Option<TargetId>)) -> Result<Problem, Problem> {
    match app.store.target_by_name(name).await {
        Ok(other) if Some(other.id) != own => Ok(Problem::name_taken("target", name)),
        Ok(_) | Err(StoreError::NotFound) => Ok(Problem::conflict("conflict", sentence(why))),
        Err(error) => Err(error.into()),
    }
}

/// All targets, by name.
///
/// # Errors
/// When the database does not answer.
#[utoipa::path(get, path = "/targets", tag = "targets", responses((status = 200, description = "Done", body = Page<Target>)))]
pub async fn list_targets(State(app): State<App>) -> Result<Json<Page<Target>>, Problem> {
    let all = app.store.targets().await?;
    Ok(Json(Page::whole(views(&app, all).await?)))
}

/// The targets that the team may use, by name.
///
/// # Errors
/// When the database does not answer.
#[utoipa::path(get, path = "/targets", tag = "targets", responses((status = 200, description = "Done", body = Page<TeamTarget>)))]
pub async fn list_team_targets(State(app): State<App>, scope: Scope) -> Result<Json<Page<TeamTarget>>, Problem> {
    let granted = app.store.granted_targets(scope.team_id).await?;
    let shown = granted.into_iter().map(|of| TeamTarget {
        id: of.id,
        name: of.name,
        namespace: of.place.namespace,
        images: of.defaults.images,
        state_root: of.defaults.state_root,
    });
    Ok(Json(Page::whole(shown.collect())))
}

/// One target. Its revision is the `ETag`.
///
/// # Errors
/// 404 when there is none.
#[utoipa::path(get, path = "/targets/{target}", tag = "targets", responses((status = 200, description = "Done", body = Target)))]
pub async fn get_target(State(app): State<App>, Path(path): Path<TargetPath>) -> Result<Tagged, Problem> {
    let of = find(&app, &path.target).await?;
    tagged(&app, of).await
}

/// Makes a target, for no team yet. The kubeconfig is read; nobody is asked: that is what the test is for.
///
/// # Errors
/// 422 naming the field, 409 `name_taken`.
#[utoipa::path(
    post,
    path = "/targets",
    tag = "targets",
    request_body = NewTarget,
    responses((status = 201, description = "Made", body = Target)),
)]
pub async fn create_target(
    State(app): State<App>,
    note: Note,
    Body(asked): Body<NewTarget>,
) -> Result<(StatusCode, Json<Target>), Problem> {
    let new = asked.checked(&app, None).await?;
    let name = new.name.clone();
    let made = match app.store.create_target(new).await {
        Err(StoreError::Conflict(why)) => return Err(refused(&app, &why, (&name, None)).await?),
        made => made?,
    };
    note.of(made.id, &made.name);
    note.after(told(&made));
    Ok((StatusCode::CREATED, Json(shown(&app, made).await?)))
}

/// Changes a target, if its revision is still the one of `If-Match`. A kubeconfig that is left out stays.
///
/// # Errors
/// 404, 412 `target_changed`, 428 without `If-Match`, 422 naming the field, 409 `name_taken`.
#[utoipa::path(
    put,
    path = "/targets/{target}",
    tag = "targets",
    params(("if-match" = String, Header, description = "The revision that was edited in quotes, e.g. \"3\", or * for whatever it is now")),
    request_body = NewTarget,
    responses((status = 200, description = "Done", body = Target)),
)]
pub async fn change_target(
    State(app): State<App>,
    note: Note,
    Path(path): Path<TargetPath>,
    headers: HeaderMap,
    Body(asked): Body<NewTarget>,
) -> Result<Tagged, Problem> {
    let before = find(&app, &path.target).await?;
    note.of(before.id, &before.name);
    let base = if_match(&headers, "Send the ETag of the target, or * for whatever it is now.")?;
    let new: New = asked.checked(&app, Some(&before)).await?;
    let name = new.name.clone();
    let after = match app.store.change_target(before.id, base, new).await {
        Ok(Some(after)) => after,
        Ok(None) => return Err(changed_meanwhile()),
        Err(StoreError::NotFound) => return Err(Problem::not_found("target", &path.target)),
        Err(StoreError::Conflict(why)) => return Err(refused(&app, &why, (&name, Some(before.id))).await?),
        Err(error) => return Err(error.into()),
    };
    note.before(told(&before));
    let mut now = told(&after);
    if after.place.access != before.place.access {
        now["kubeconfigChanged"] = serde_json::Value::Bool(true);
    }
    note.after(now);
    tagged(&app, after).await
}

fn changed_meanwhile() -> Problem {
    let detail = "Somebody else has changed this target since you opened it; nothing was overwritten.";
    Problem::new(StatusCode::PRECONDITION_FAILED, "target_changed", detail).hint("Read it again, then make your change to what it is now.")
}

/// Deletes a target that no cluster uses. What is in the namespace stays.
///
/// # Errors
/// 404, or 409 `target_in_use`.
#[utoipa::path(delete, path = "/targets/{target}", tag = "targets", responses((status = 204, description = "Done")))]
pub async fn delete_target(State(app): State<App>, note: Note, Path(path): Path<TargetPath>) -> Result<StatusCode, Problem> {
    let of = find(&app, &path.target).await?;
    note.of(of.id, &of.name);
    note.before(told(&of));
    match app.store.delete_target(of.id).await {
        Err(StoreError::NotFound) => Err(Problem::not_found("target", &path.target)),
        Err(StoreError::Conflict(why)) => Err(Problem::conflict("target_in_use", sentence(&why))),
        done => Ok(done.map(|()| StatusCode::NO_CONTENT)?),
    }
}

/// Grants a target to all teams or to some.
///
/// # Errors
/// 404, 422 `unknown_team`, 409 `target_in_use` when a team that is left out has a cluster there.
#[utoipa::path(
    put,
    path = "/targets/{target}/grant",
    tag = "targets",
    request_body = NewGrant,
    responses((status = 200, description = "Done", body = Target)),
)]
pub async fn grant_target(
    State(app): State<App>,
    note: Note,
    Path(path): Path<TargetPath>,
    Body(asked): Body<NewGrant>,
) -> Result<Json<Target>, Problem> {
    let of = find(&app, &path.target).await?;
    note.of(of.id, &of.name);
    let grant = wanted(&app, asked).await?;
    let before = match app.store.grant_target(of.id, grant).await {
        Err(StoreError::NotFound) => return Err(Problem::not_found("target", &path.target)),
        Err(StoreError::Conflict(why)) => {
            return Err(Problem::conflict("target_in_use", sentence(&why)).hint("Nothing was changed."));
        }
        done => done?,
    };
    let said = |(all_teams, teams): (bool, Vec<TeamName>)| serde_json::json!({ "allTeams": all_teams, "teams": teams });
    note.before(said(teams_of_grant(&before, &app.store.teams().await?)));
    let shown = shown(&app, of).await?;
    note.after(said((shown.all_teams, shown.teams.clone())));
    Ok(Json(shown))
}
