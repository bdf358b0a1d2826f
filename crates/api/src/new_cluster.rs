//! Making a cluster: the checks of what was sent, before anything is written.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use domain::artifact::PinnedArtifact;
use domain::cluster::{ClusterDesired, TargetKind};
use domain::connection::Connection;
use http::StatusCode;
use serde::Deserialize;
use store::StoreError;
use utoipa::ToSchema;

use crate::app::App;
use crate::cluster::{self, Cluster, Target};
use crate::configuration::Configuration;
use crate::connection::{NewConnection, detected, sealed};
use crate::extract::Body;
use crate::flink_version::number;
use crate::problem::Problem;
use crate::scope::{Scope, find_target};
use crate::spec::{ArtifactRef, unknown_target};
use crate::{artifact_pin, spec, text, unmanaged_cluster};

/// Most TaskManagers of a local cluster: they all run on the server's host.
const MAX_TASK_MANAGERS: u32 = 64;
/// Most slots of a TaskManager.
const MAX_SLOTS: u32 = 256;
/// Slots of a TaskManager unless told.
const USUAL_SLOTS: u32 = 4;

/// A session cluster to make. A local one needs `flinkVersion`, a standalone one `restUrl`, one in Kubernetes `targetId` and
/// `flinkVersion`.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewCluster {
    /// Name, unique in the team.
    pub name: String,
    /// Where it runs.
    pub target: Target,
    /// Version of an installed distribution, e.g. `2.2.1` (local), or of the target's image (kubernetes).
    pub flink_version: Option<String>,
    /// Id or name of the target that it is made in (kubernetes).
    pub target_id: Option<String>,
    /// Name of a Deployment of the target's namespace that somebody else made, to take up instead of making one (kubernetes):
    /// Flink's `kubernetes.cluster-id`. It is only looked at first.
    pub deployment: Option<String>,
    /// REST address, e.g. `http://flink.example:8081` (standalone).
    pub rest_url: Option<String>,
    /// How that address is spoken to (standalone).
    pub connection: Option<NewConnection>,
    /// TaskManagers, 1 to 64; 1 unless told (local).
    #[schema(minimum = 1, maximum = 64)]
    pub task_managers: Option<u32>,
    /// Slots of each TaskManager, 1 to 256; 4 unless told (local, kubernetes).
    #[schema(minimum = 1, maximum = 256)]
    pub slots: Option<u32>,
    /// Flink configuration on top of the platform's (local, kubernetes).
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, String>)]
    pub configuration: Configuration,
    /// Jars on the class path of its processes and of its jobs (local); pinned now.
    #[serde(default)]
    pub jars: Vec<ArtifactRef>,
}

/// Makes a cluster; a local one is not started yet.
///
/// # Errors
/// 422 naming the field, 409 `name_taken`.
#[utoipa::path(
    post,
    path = "/clusters",
    tag = "clusters",
    request_body = NewCluster,
    responses((status = 201, description = "Made", body = Cluster)),
)]
pub async fn create_cluster(
    State(app): State<App>,
    scope: Scope,
    Body(asked): Body<NewCluster>,
) -> Result<(StatusCode, Json<Cluster>), Problem> {
    text::name("name", &asked.name)?;
    let name = asked.name.clone();
    let new = match asked.target {
        Target::Local => local(&app, &scope, asked).await?,
        Target::Standalone => standalone(&app, &scope, asked).await?,
        Target::Kubernetes if asked.deployment.is_some() => unmanaged_cluster::taken_up(&app, &scope, asked).await?,
        Target::Kubernetes => kubernetes(&app, &scope, asked).await?,
    };
    let made = match app.store.create_cluster(new).await {
        Err(StoreError::Conflict(_)) if app.store.cluster_by_name(scope.team_id, &name).await?.is_some() => {
            return Err(Problem::name_taken("cluster", &name));
        }
        made => made?,
    };
    scope.note.of(made.id, &made.name);
    scope.note.after(serde_json::json!({ "restUrl": made.rest_url, "slots": made.slots, "taskManagers": made.task_managers, "configuration": made.configuration }));
    let facts = cluster::facts(&app, made, None).await?;
    Ok((StatusCode::CREATED, Json(cluster::view(&app, facts).await?)))
}

/// Refuses a field that is not for this kind of cluster.
///
/// # Errors
/// 422 `not_for_target`.
pub(crate) fn only_for(target: &str, field: &str, given: bool) -> Result<(), Problem> {
    if given {
        return Err(Problem::unprocessable("not_for_target", format!("'{field}' is for {target} clusters only.")).field(field));
    }
    Ok(())
}

fn within(field: &str, given: Option<u32>, usual: u32, most: u32) -> Result<u32, Problem> {
    let value = given.unwrap_or(usual);
    if !(1..=most).contains(&value) {
        return Err(Problem::unprocessable("out_of_range", format!("'{field}' is 1 to {most}, not {value}.")).field(field));
    }
    Ok(value)
}

async fn local(app: &App, scope: &Scope, asked: NewCluster) -> Result<store::NewCluster, Problem> {
    only_for("kubernetes", "targetId", asked.target_id.is_some())?;
    only_for("kubernetes", "deployment", asked.deployment.is_some())?;
    only_for("standalone", "restUrl", asked.rest_url.is_some())?;
    only_for("standalone", "connection", asked.connection.is_some())?;
    let wanted = asked.flink_version.as_deref().ok_or_else(|| {
        Problem::unprocessable("missing_field", "A local cluster needs the version of an installed Flink.").field("flinkVersion")
    })?;
    let version = number("flinkVersion", wanted)?;
    let granted = app.store.granted_flink_versions(scope.team_id).await?;
    let installed = granted.into_iter().find(|known| known.version == version).ok_or_else(|| {
        Problem::unprocessable(
            "unknown_flink_version",
            format!("Flink {version} is not installed here, or not for your team."),
        )
        .field("flinkVersion")
        .hint("Choose one of the team's Flink versions, or ask a platform admin to install or grant it.")
    })?;
    let named = spec::jars("jars", asked.jars)?;
    let jars = artifact_pin::jars(app, scope.team_id, &named, "jars").await?;
    Ok(store::NewCluster {
        jars: jars.iter().map(PinnedArtifact::from).collect(),
        team_id: scope.team_id,
        name: asked.name,
        target: TargetKind::Local,
        flink_version_id: Some(installed.id),
        version: Some(version),
        rest_url: None,
        connection: None,
        task_managers: within("taskManagers", asked.task_managers, 1, MAX_TASK_MANAGERS)?,
        slots: within("slots", asked.slots, USUAL_SLOTS, MAX_SLOTS)?,
        configuration: asked.configuration.of_cluster("configuration")?,
        target_id: None,
        deployment: None,
        desired: ClusterDesired::Stopped,
        created_by: Some(scope.user_id()),
    })
}

async fn kubernetes(app: &App, scope: &Scope, asked: NewCluster) -> Result<store::NewCluster, Problem> {
    only_for("standalone", "restUrl", asked.rest_url.is_some())?;
    only_for("standalone", "connection", asked.connection.is_some())?;
    only_for("local", "taskManagers", asked.task_managers.is_some())?;
    only_for("local", "jars", !asked.jars.is_empty())?;
    let missing =
        |field: &str, what: &str| Problem::unprocessable("missing_field", format!("A cluster in Kubernetes needs {what}.")).field(field);
    let wanted = asked.flink_version.as_deref();
    let version = number(
        "flinkVersion",
        wanted.ok_or_else(|| missing("flinkVersion", "the Flink version of its image"))?,
    )?;
    let named = asked
        .target_id
        .as_deref()
        .ok_or_else(|| missing("targetId", "a target to be made in"))?;
    let target = find_target(app, scope, named).await?.ok_or_else(|| unknown_target(named, ""))?;
    let mut configuration = target.defaults.resolved();
    configuration.extend(asked.configuration.of_cluster("configuration")?);
    Ok(store::NewCluster {
        jars: Vec::new(),
        team_id: scope.team_id,
        name: asked.name,
        target: TargetKind::Kubernetes,
        flink_version_id: None,
        version: Some(version),
        rest_url: None,
        connection: None,
        task_managers: 0,
        slots: within("slots", asked.slots, USUAL_SLOTS, MAX_SLOTS)?,
        configuration,
        target_id: Some(target.id),
        deployment: None,
        desired: ClusterDesired::Stopped,
        created_by: Some(scope.user_id()),
    })
}

async fn standalone(app: &App, scope: &Scope, asked: NewCluster) -> Result<store::NewCluster, Problem> {
    only_for("kubernetes", "targetId", asked.target_id.is_some())?;
    only_for("kubernetes", "deployment", asked.deployment.is_some())?;
    only_for("local", "flinkVersion", asked.flink_version.is_some())?;
    only_for("local", "taskManagers", asked.task_managers.is_some())?;
    only_for("local", "slots", asked.slots.is_some())?;
    only_for("local", "configuration", !asked.configuration.is_empty())?;
    only_for("local", "jars", !asked.jars.is_empty())?;
    let typed = asked
        .rest_url
        .as_deref()
        .ok_or_else(|| Problem::unprocessable("missing_field", "A standalone cluster needs its REST address.").field("restUrl"))?;
    let rest_url = address(typed)?;
    let connection = asked.connection.unwrap_or_default().checked(app, &Connection::default())?;
    let connection = sealed(app, &connection)?;
    // One that does not answer is added all the same: it is asked again when it does.
    let version = detected(app, &rest_url, connection.as_ref()).await?;
    Ok(store::NewCluster {
        jars: Vec::new(),
        team_id: scope.team_id,
        name: asked.name,
        target: TargetKind::Standalone,
        flink_version_id: None,
        version,
        rest_url: Some(rest_url),
        connection,
        task_managers: 0,
        slots: 0,
        configuration: BTreeMap::new(),
        target_id: None,
        deployment: None,
        // It is looked at from now on.
        desired: ClusterDesired::Running,
        created_by: Some(scope.user_id()),
    })
}

/// A REST address without credentials, query or trailing slash.
///
/// # Errors
/// 422 `bad_address` with the reason.
pub(crate) fn address(typed: &str) -> Result<String, Problem> {
    let bad = |why: &str| {
        Problem::unprocessable("bad_address", format!("This is not a REST address: {why}."))
            .field("restUrl")
            .hint("For example http://flink.example:8081.")
    };
    let uri: http::Uri = typed.trim().parse().map_err(|_| bad("it is no URL"))?;
    if !matches!(uri.scheme_str(), Some("http" | "https")) {
        return Err(bad("it begins neither with http:// nor with https://"));
    }
    let authority = uri
        .authority()
        .map(http::uri::Authority::as_str)
        .filter(|host| !host.is_empty())
        .ok_or_else(|| bad("it names no host"))?;
    if authority.contains('@') {
        return Err(bad("it contains credentials"));
    }
    if uri.query().is_some() {
        return Err(bad("it has a query"));
    }
    Ok(typed.trim().trim_end_matches('/').to_owned())
}
