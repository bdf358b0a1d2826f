//! The jars in the `lib` of a local cluster: they are on the class path of its processes and of its jobs. A change waits for
//! the next start of all its processes.

use axum::Json;
use axum::extract::State;
use domain::artifact::PinnedArtifact;
use domain::cluster_view::cluster_actions;
use serde::Deserialize;
use store::StoreError;
use utoipa::ToSchema;

use crate::app::App;
use crate::cluster::{self, Cluster};
use crate::extract::Body;
use crate::problem::{Problem, sentence};
use crate::scope::ClusterScope;
use crate::spec::{self, ArtifactRef};
use crate::verdict::allow;
use crate::{artifact_pin, artifact_pin::Pinned};

/// Which jars.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewClusterJars {
    /// All of them; one without a version means the newest one now.
    pub jars: Vec<ArtifactRef>,
}

/// Sets the jars of a local cluster, all of them; they are pinned now and take effect at its next start.
///
/// # Errors
/// 422 naming the jar that there is not, 409 for a standalone cluster or one that is being started or stopped.
#[utoipa::path(
    put,
    path = "/clusters/{cluster}/jars",
    tag = "clusters",
    request_body = NewClusterJars,
    responses((status = 200, description = "Done", body = Cluster)),
)]
pub async fn set_cluster_jars(
    State(app): State<App>,
    of: ClusterScope,
    Body(asked): Body<NewClusterJars>,
) -> Result<Json<Cluster>, Problem> {
    let (team_id, id) = (of.scope.team_id, of.cluster.id);
    let facts = cluster::facts(&app, of.cluster, None).await?;
    allow(&cluster_actions(&facts.cluster, facts.operation.as_ref(), facts.live_runs).jars)?;
    let named = spec::jars("jars", asked.jars)?;
    let found = artifact_pin::jars(&app, team_id, &named, "jars").await?;
    let mut jars: Vec<PinnedArtifact> = found.iter().map(PinnedArtifact::from).collect();
    jars.sort_by(|one, other| one.name.cmp(&other.name));
    let before = app.store.cluster_jars(id).await?;
    if jars != before {
        let named = |jar: &PinnedArtifact| format!("{}@{}", jar.name, jar.version);
        let shown = |jars: &[PinnedArtifact]| serde_json::json!({ "jars": jars.iter().map(named).collect::<Vec<_>>() });
        of.scope.note.before(shown(&before));
        of.scope.note.after(shown(&jars));
        match app.store.set_cluster_jars(team_id, id, jars, Some(of.scope.user_id())).await {
            Err(StoreError::Conflict(why)) => return Err(Problem::conflict("artifact_gone", sentence(&why))),
            done => done?,
        }
    }
    let changed = app.store.cluster(team_id, id).await?;
    Ok(Json(cluster::view(&app, cluster::facts(&app, changed, None).await?).await?))
}

/// What the processes of a cluster were started with, where they live and that is not what is asked for.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn running(app: &App, facts: &cluster::Facts, asked: &[PinnedArtifact]) -> Result<Option<Vec<Pinned>>, Problem> {
    if !facts.look.processes.iter().any(|process| process.pid.is_some()) {
        return Ok(None);
    }
    let known = app.store.cluster_process_jars(facts.cluster.id).await?;
    let same = known.len() == asked.len() && known.iter().all(|jar| asked.contains(jar));
    Ok((!same).then(|| known.into_iter().map(Pinned::from).collect()))
}
