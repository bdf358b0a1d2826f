//! Clusters in Kubernetes that somebody else made: found in a target's namespace, taken up to be looked at, opened for jobs
//! when somebody says so. None is ever deleted there unless its Deployment is named.

use axum::Json;
use axum::extract::State;
use domain::cluster::{ClusterDesired, TargetKind};
use domain::cluster_view::cluster_actions;
use domain::ports::PortError;
use domain::target::{SAVEPOINTS, Target};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::cluster::{self, Cluster};
use crate::extract::{Body, Path};
use crate::new_cluster::{NewCluster, only_for};
use crate::page::Page;
use crate::problem::{Problem, sentence};
use crate::scope::{ClusterScope, Scope, find_target};
use crate::spec::{Mode, unknown_target};
use crate::text;
use crate::time::{Time, some};
use crate::verdict::allow;

/// A Flink cluster in the namespace of a target.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FoundCluster {
    /// The name of its Deployment.
    pub deployment: String,
    /// Whether it was created by a Streamwright, this one or another: such a one is not taken up.
    pub ours: bool,
    /// Shared, or with one program; absent where that cannot be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// The image of its JobManager.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// What it belongs to in Kubernetes, such as `FlinkDeployment/orders` of an operator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// When it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Time>,
    /// The name under which the team has taken it up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
}

/// What jobs may do on a cluster that somebody else made.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewAccess {
    /// Whether it is only looked at: no job is started there or taken over.
    pub read_only: bool,
}

/// What goes with a cluster.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DeleteQuery {
    /// Name of its Deployment, where that is to be deleted in Kubernetes, too, although somebody else made it.
    pub deployment: Option<String>,
}

/// A target of the address.
#[derive(Debug, Clone, Deserialize)]
pub struct TeamTargetPath {
    target: String,
}

async fn target(app: &App, scope: &Scope, named: &str) -> Result<Target, Problem> {
    find_target(app, scope, named).await?.ok_or_else(|| unknown_target(named, ""))
}

/// What the API server says when it does not do what it was asked.
fn told(target: &Target, error: &PortError) -> Problem {
    let why = sentence(&error.to_string());
    let detail = format!("The API server of target '{}' did not do that: {why}", target.name);
    Problem::new(StatusCode::BAD_GATEWAY, "kubernetes_failed", detail).hint("The target's test says which permissions are missing.")
}

/// The Flink clusters in the namespace of a target, by name.
///
/// # Errors
/// 422 `unknown_target`; 502 `kubernetes_failed`.
#[utoipa::path(
    get,
    path = "/targets/{target}/clusters",
    tag = "clusters",
    responses((status = 200, description = "Done", body = Page<FoundCluster>)),
)]
pub async fn list_found_clusters(
    State(app): State<App>,
    scope: Scope,
    Path(path): Path<TeamTargetPath>,
) -> Result<Json<Page<FoundCluster>>, Problem> {
    let target = target(&app, &scope, &path.target).await?;
    let found = app.ports.kubernetes.clusters(&target.place).await;
    let found = found.map_err(|error| told(&target, &error))?;
    let mine = app.store.clusters(scope.team_id).await?;
    let taken = |deployment: &str| {
        let same = mine.iter().find(|known| {
            let cluster = &known.cluster;
            cluster.target_id == Some(target.id) && cluster.deployment_name() == deployment
        });
        same.map(|known| known.cluster.name.clone())
    };
    let shown = found.into_iter().map(|one| FoundCluster {
        cluster: taken(&one.name),
        deployment: one.name,
        ours: one.ours,
        mode: one.mode.map(Mode::from),
        image: one.image,
        owner: one.owner,
        created_at: some(one.created_at),
    });
    Ok(Json(Page::whole(shown.collect())))
}

/// A Deployment of somebody else as a session cluster of the team.
///
/// # Errors
/// 422 naming the field; 502 where the API server does not answer.
pub(crate) async fn taken_up(app: &App, scope: &Scope, asked: NewCluster) -> Result<store::NewCluster, Problem> {
    only_for("standalone", "restUrl", asked.rest_url.is_some())?;
    only_for("standalone", "connection", asked.connection.is_some())?;
    only_for("local", "taskManagers", asked.task_managers.is_some())?;
    only_for("local", "jars", !asked.jars.is_empty())?;
    let ours = "Streamwright's own";
    only_for(ours, "slots", asked.slots.is_some())?;
    only_for(ours, "flinkVersion", asked.flink_version.is_some())?;
    only_for(ours, "configuration", !asked.configuration.is_empty())?;
    let missing = || Problem::unprocessable("missing_field", "A cluster in Kubernetes needs a target.").field("targetId");
    let target = target(app, scope, asked.target_id.as_deref().ok_or_else(missing)?).await?;
    let deployment = asked.deployment.unwrap_or_default();
    text::no_nul("deployment", &deployment)?;
    refuse(app, &target, &deployment).await?;
    Ok(store::NewCluster {
        team_id: scope.team_id,
        name: asked.name,
        target: TargetKind::Kubernetes,
        flink_version_id: None,
        // As its JobManager says.
        version: None,
        rest_url: None,
        connection: None,
        task_managers: 0,
        slots: 0,
        // Where jobs of ours keep their state there.
        configuration: target
            .defaults
            .state_root
            .iter()
            .map(|root| (SAVEPOINTS.to_owned(), root.clone()))
            .collect(),
        target_id: Some(target.id),
        deployment: Some(deployment),
        jars: Vec::new(),
        // It is looked at from now on.
        desired: ClusterDesired::Running,
        created_by: Some(scope.user_id()),
    })
}

/// Refuses what cannot be taken up.
async fn refuse(app: &App, target: &Target, deployment: &str) -> Result<(), Problem> {
    let found = app.ports.kubernetes.clusters(&target.place).await;
    let found = found.map_err(|error| told(target, &error))?;
    let shown: String = deployment.chars().take(80).collect();
    let bad = |code: &str, detail: String| Problem::unprocessable(code, detail).field("deployment");
    let namespace = &target.place.namespace;
    match found.iter().find(|one| one.name == deployment) {
        None => Err(
            bad("unknown_deployment", format!("Namespace {namespace} has no Flink cluster '{shown}'."))
                .hint("Give the name of a Deployment with the label type=flink-native-kubernetes; a cluster made in another way is added by its REST address."),
        ),
        Some(one) if one.ours => Err(bad("managed_here", format!("'{shown}' was made by Streamwright: it is a cluster or a job's already."))),
        Some(one) if one.mode == Some(domain::draft::Mode::Application) => Err(bad(
            "not_a_session",
            format!("'{shown}' runs one program of its own: only session clusters are taken up."),
        )),
        Some(_) => Ok(()),
    }
}

/// Says whether jobs may run on a cluster that somebody else made.
///
/// # Errors
/// 409 for a cluster of ours.
#[utoipa::path(
    put,
    path = "/clusters/{cluster}/access",
    tag = "clusters",
    request_body = NewAccess,
    responses((status = 200, description = "Done", body = Cluster)),
)]
pub async fn set_access(State(app): State<App>, of: ClusterScope, Body(asked): Body<NewAccess>) -> Result<Json<Cluster>, Problem> {
    let (team_id, id) = (of.scope.team_id, of.cluster.id);
    allow(&cluster_actions(&of.cluster, None, 0).access)?;
    let said = |read_only: bool| serde_json::json!({ "readOnly": read_only });
    of.scope.note.before(said(of.cluster.read_only));
    app.store
        .set_read_only(team_id, id, asked.read_only, Some(of.scope.user_id()))
        .await?;
    of.scope.note.after(said(asked.read_only));
    let facts = cluster::facts(&app, app.store.cluster(team_id, id).await?, None).await?;
    Ok(Json(cluster::view(&app, facts).await?))
}

/// Deletes the Deployment of a cluster that somebody else made, where it was named.
///
/// # Errors
/// 422 where another one was named; 502 where the API server does not do it.
pub(crate) async fn delete_deployment(app: &App, scope: &Scope, cluster: &domain::cluster::Cluster, named: &str) -> Result<(), Problem> {
    let bad = |detail: String| Problem::unprocessable("other_deployment", detail).field("deployment");
    let Some(deployment) = cluster.deployment.as_deref() else {
        return Err(bad(
            "This cluster has no Deployment of somebody else: that of Streamwright goes when it is stopped.".to_owned(),
        ));
    };
    if named != deployment {
        let shown: String = named.chars().take(80).collect();
        return Err(bad(format!("The cluster's Deployment is '{deployment}', not '{shown}'.")));
    }
    let gone = || unknown_target("of the cluster", "");
    let id = cluster.target_id.ok_or_else(gone)?;
    let granted = app.store.granted_targets(scope.team_id).await?;
    let target = granted.into_iter().find(|target| target.id == id).ok_or_else(gone)?;
    let kubernetes = &app.ports.kubernetes;
    let sight = kubernetes.look(&target.place, deployment).await;
    let sight = sight.map_err(|error| told(&target, &error))?;
    match sight.deployment {
        Some(there) => kubernetes
            .delete(&target.place, deployment, &there.uid)
            .await
            .map_err(|error| told(&target, &error)),
        None => Ok(()),
    }
}
