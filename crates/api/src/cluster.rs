//! Session clusters: what is asked of them, what was last seen of them, and what may be done.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use domain::cluster::{ClusterDesired as Asked, TargetKind};
use domain::cluster_view::{adopt_unmanaged, cluster_actions, cluster_status};
use domain::id::{ClusterId, FlinkVersionId, TargetId};
use domain::ports::{PodRole, PodSight};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use store::StoreError;
use utoipa::ToSchema;

use crate::app::App;
use crate::artifact_pin::Pinned;
use crate::cluster_jars;
use crate::connection::{self, Connection};
use crate::extract::Query;
use crate::operation::{self, Operation};
use crate::page::Page;
use crate::problem::{Problem, sentence};
use crate::scope::{ClusterScope, Scope};
use crate::time::{Time, some};
use crate::unmanaged_cluster::{self, DeleteQuery};
use crate::verdict::Verdict;
use crate::web_address::WebAddress;

/// Where a cluster runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ClusterTarget)]
pub enum Target {
    /// Processes on the server's host.
    Local,
    /// A REST address that somebody else runs.
    Standalone,
    /// Objects in a namespace of Kubernetes.
    Kubernetes,
}

/// What is asked of a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClusterDesired {
    /// Its processes should run.
    Running,
    /// Nothing should run.
    Stopped,
}

/// The word on the screen for a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClusterLabel {
    /// Not running, as asked.
    Stopped,
    /// Its processes are coming up.
    Starting,
    /// Its JobManager answers.
    Running,
    /// Its JobManager should answer and does not.
    Unreachable,
    /// Its processes are being ended.
    Stopping,
}

/// The label with its reason.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClusterStatus {
    /// The word.
    pub label: ClusterLabel,
    /// Why, as a sentence.
    pub sentence: String,
    /// Where it is known from.
    pub evidence: String,
    /// When that source last said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence_at: Option<Time>,
}

/// A session cluster.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Cluster {
    /// Its id.
    #[schema(value_type = String)]
    pub id: ClusterId,
    /// Name, unique in the team.
    pub name: String,
    /// Where it runs.
    pub target: Target,
    /// The Flink distribution (local).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub flink_version_id: Option<FlinkVersionId>,
    /// The Flink version, once known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flink_version: Option<String>,
    /// The namespace it is in (kubernetes).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub target_id: Option<TargetId>,
    /// The name of its Deployment (kubernetes).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deployment: Option<String>,
    /// Whether it is Streamwright's, which starts and stops it. Another is somebody else's.
    pub managed: bool,
    /// Whether it is only looked at: no job is started there or taken over.
    pub read_only: bool,
    /// REST address, once known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rest_url: Option<String>,
    /// How that address is spoken to, where it asks for something (standalone).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection: Option<Connection>,
    /// TaskManagers to run (local).
    pub task_managers: u32,
    /// Slots of each TaskManager (local).
    pub slots: u32,
    /// Flink configuration on top of the platform's (local).
    pub configuration: BTreeMap<String, String>,
    /// Jars on the class path of its processes and of its jobs (local), from its next start on.
    pub jars: Vec<Pinned>,
    /// The jars that its processes were started with, where they are not those: the change waits for the next start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub running_jars: Option<Vec<Pinned>>,
    /// What is asked.
    pub desired: ClusterDesired,
    /// The word on the screen, with its reason.
    pub status: ClusterStatus,
    /// What was last seen.
    pub look: Look,
    /// Where a browser finds Flink's web UI.
    pub web_address: WebAddress,
    /// The open start or stop.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<Operation>,
    /// What may be done now.
    pub actions: ClusterActions,
    /// When it was made.
    pub created_at: Time,
    /// Grows with each change.
    pub revision: i64,
}

/// What may be done with a cluster now.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClusterActions {
    /// Start its processes.
    pub start: Verdict,
    /// End its processes.
    pub stop: Verdict,
    /// Remove it.
    pub delete: Verdict,
    /// Change how its address is spoken to.
    pub connection: Verdict,
    /// Change the jars of its next start.
    pub jars: Verdict,
    /// Change whether it is only looked at.
    pub access: Verdict,
}

/// The newest news of a cluster.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Look {
    /// When the JobManager last answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact_at: Option<Time>,
    /// When it was last asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub looked_at: Option<Time>,
    /// Since when it does not answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unreachable_since: Option<Time>,
    /// Why the last look failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Version that the JobManager reports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reported_version: Option<String>,
    /// TaskManagers registered.
    pub task_managers: u32,
    /// All slots.
    pub slots_total: u32,
    /// Slots without a task.
    pub slots_free: u32,
    /// Flink jobs on the cluster that are not ours: shown, never touched.
    pub unmanaged: Vec<UnmanagedJob>,
    /// The processes (local).
    pub processes: Vec<ClusterProcess>,
    /// The pods, the JobManager's first (kubernetes).
    pub pods: Vec<ClusterPod>,
    /// Why it does not come up, the first cause (kubernetes).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
}

/// One pod of a cluster in Kubernetes.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClusterPod {
    /// Its name.
    pub name: String,
    /// `jobmanager` or `taskmanager`.
    pub role: String,
    /// Kubernetes' word: `Pending`, `Running`, ….
    pub phase: String,
    /// Whether its main container runs.
    pub running: bool,
    /// How often that was started again.
    pub restarts: u32,
    /// Exit code with which it last ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// Why it does not run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
}

impl From<PodSight> for ClusterPod {
    fn from(pod: PodSight) -> Self {
        let role = match pod.role {
            PodRole::JobManager => "jobmanager",
            PodRole::TaskManager => "taskmanager",
        };
        Self {
            role: role.to_owned(),
            name: pod.name,
            phase: pod.phase,
            running: pod.running,
            restarts: pod.restarts,
            exit_code: pod.ended.map(|end| end.exit_code),
            cause: pod.cause,
        }
    }
}

/// A Flink job that is not ours.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UnmanagedJob {
    /// Flink's job id.
    pub flink_job_id: String,
    /// Its name in Flink.
    pub name: String,
    /// Flink's state word.
    pub state: String,
    /// Take it over as the run of a job.
    pub adopt: Verdict,
}

/// One process of a local cluster.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClusterProcess {
    /// `jobmanager`, `taskmanager-1`, ….
    pub role: String,
    /// Process id while it lives.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pid: Option<u32>,
    /// Exit code once it has ended, `128 + signal` where a signal ended it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Time>,
}

impl From<TargetKind> for Target {
    fn from(target: TargetKind) -> Self {
        match target {
            TargetKind::Local => Self::Local,
            TargetKind::Standalone => Self::Standalone,
            TargetKind::Kubernetes => Self::Kubernetes,
        }
    }
}

impl From<domain::cluster_view::ClusterStatus> for ClusterStatus {
    fn from(status: domain::cluster_view::ClusterStatus) -> Self {
        use domain::cluster_view::ClusterLabel as Known;
        Self {
            label: match status.label {
                Known::Stopped => ClusterLabel::Stopped,
                Known::Starting => ClusterLabel::Starting,
                Known::Running => ClusterLabel::Running,
                Known::Unreachable => ClusterLabel::Unreachable,
                Known::Stopping => ClusterLabel::Stopping,
            },
            sentence: status.sentence,
            evidence: status.evidence.to_owned(),
            evidence_at: some(status.evidence_at),
        }
    }
}

impl From<domain::cluster_view::ClusterActions> for ClusterActions {
    fn from(actions: domain::cluster_view::ClusterActions) -> Self {
        Self {
            start: actions.start.into(),
            stop: actions.stop.into(),
            delete: actions.delete.into(),
            connection: actions.connection.into(),
            jars: actions.jars.into(),
            access: actions.access.into(),
        }
    }
}

impl Look {
    fn of(cluster: &domain::cluster::Cluster, look: domain::cluster::Look) -> Self {
        let adopt = adopt_unmanaged(cluster, &look);
        let kubernetes = look.kubernetes.unwrap_or_default();
        let unmanaged = look.unmanaged.into_iter().map(|job| UnmanagedJob {
            adopt: adopt.clone().into(),
            flink_job_id: job.flink_job_id,
            name: job.name,
            state: job.state,
        });
        let processes = look.processes.into_iter().map(|process| ClusterProcess {
            role: process.role,
            pid: process.pid,
            exit_code: process.exit_code,
            ended_at: some(process.ended_at),
        });
        Self {
            contact_at: some(look.contact_at),
            looked_at: some(look.looked_at),
            unreachable_since: some(look.unreachable_since),
            error: look.error,
            reported_version: look.reported_version,
            task_managers: look.task_managers,
            slots_total: look.slots_total,
            slots_free: look.slots_free,
            unmanaged: unmanaged.collect(),
            processes: processes.collect(),
            cause: kubernetes.cause,
            pods: kubernetes.pods.into_iter().map(ClusterPod::from).collect(),
        }
    }
}

/// What decides a cluster's label and actions.
pub(crate) struct Facts {
    pub cluster: domain::cluster::Cluster,
    pub look: domain::cluster::Look,
    pub operation: Option<domain::operation::Operation>,
    pub live_runs: usize,
}

/// Reads what decides a cluster's label and actions.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn facts(app: &App, cluster: domain::cluster::Cluster, look: Option<domain::cluster::Look>) -> Result<Facts, Problem> {
    let look = match look {
        Some(look) => look,
        None => app.store.look(cluster.id).await?,
    };
    let operation = match cluster.operation_id {
        Some(id) => Some(app.store.operation_any(id).await?).filter(|operation| operation.state.open()),
        None => None,
    };
    let live_runs = app.store.jobs_on_cluster(cluster.id).await?.len();
    Ok(Facts {
        cluster,
        look,
        operation,
        live_runs,
    })
}

/// A cluster as the API shows it.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn view(app: &App, facts: Facts) -> Result<Cluster, Problem> {
    let jars = app.store.cluster_jars(facts.cluster.id).await?;
    let running_jars = cluster_jars::running(app, &facts, &jars).await?;
    let Facts {
        cluster,
        look,
        operation,
        live_runs,
    } = facts;
    let status = cluster_status(&cluster, &look, operation.as_ref()).into();
    let actions = cluster_actions(&cluster, operation.as_ref(), live_runs).into();
    let operation = match operation {
        Some(open) => Some(operation::view(app, open).await?),
        None => None,
    };
    let web_address = WebAddress::of(&cluster, &look, None);
    let look = Look::of(&cluster, look);
    let deployment = (cluster.target == TargetKind::Kubernetes).then(|| cluster.deployment_name());
    // That of a cluster in Kubernetes is the target's.
    let connection = cluster.connection.as_ref().filter(|_| deployment.is_none());
    Ok(Cluster {
        jars: jars.into_iter().map(Pinned::from).collect(),
        running_jars,
        managed: cluster.managed(),
        read_only: cluster.read_only,
        id: cluster.id,
        name: cluster.name,
        target: cluster.target.into(),
        flink_version_id: cluster.flink_version_id,
        flink_version: cluster.version.map(|version| version.to_string()),
        connection: connection::shown(app, connection),
        target_id: cluster.target_id,
        deployment,
        rest_url: cluster.rest_url,
        task_managers: cluster.task_managers,
        slots: cluster.slots,
        configuration: cluster.configuration,
        desired: match cluster.desired {
            Asked::Running => ClusterDesired::Running,
            Asked::Stopped => ClusterDesired::Stopped,
        },
        status,
        web_address,
        look,
        operation,
        actions,
        created_at: cluster.created_at.into(),
        revision: cluster.revision,
    })
}

/// The team's clusters.
///
/// # Errors
/// When the database does not answer.
#[utoipa::path(get, path = "/clusters", tag = "clusters", responses((status = 200, description = "Done", body = Page<Cluster>)))]
pub async fn list_clusters(State(app): State<App>, scope: Scope) -> Result<Json<Page<Cluster>>, Problem> {
    let mut items = Vec::new();
    for known in app.store.clusters(scope.team_id).await? {
        let facts = facts(&app, known.cluster, Some(known.look)).await?;
        items.push(view(&app, facts).await?);
    }
    Ok(Json(Page::whole(items)))
}

/// One cluster.
///
/// # Errors
/// 404 when the team has none of this name or id.
#[utoipa::path(get, path = "/clusters/{cluster}", tag = "clusters", responses((status = 200, description = "Done", body = Cluster)))]
pub async fn get_cluster(State(app): State<App>, of: ClusterScope) -> Result<Json<Cluster>, Problem> {
    let facts = facts(&app, of.cluster, None).await?;
    Ok(Json(view(&app, facts).await?))
}

/// Removes a cluster that is stopped and has no live run. What somebody else made stays where it is, unless it is named.
///
/// # Errors
/// 409 with the reason; 422 where another Deployment is named.
#[utoipa::path(
    delete,
    path = "/clusters/{cluster}",
    tag = "clusters",
    params(DeleteQuery),
    responses((status = 204, description = "Done")),
)]
pub async fn delete_cluster(State(app): State<App>, of: ClusterScope, Query(query): Query<DeleteQuery>) -> Result<StatusCode, Problem> {
    let facts = facts(&app, of.cluster, None).await?;
    let actions = cluster_actions(&facts.cluster, facts.operation.as_ref(), facts.live_runs);
    crate::verdict::allow(&actions.delete)?;
    if let Some(named) = &query.deployment {
        unmanaged_cluster::delete_deployment(&app, &of.scope, &facts.cluster, named).await?;
    }
    match app
        .store
        .delete_cluster(of.scope.team_id, facts.cluster.id, Some(of.scope.user_id()))
        .await
    {
        Err(StoreError::Conflict(why)) => return Err(Problem::conflict("cluster_in_use", sentence(&why))),
        done => done?,
    }
    if facts.cluster.target == TargetKind::Local {
        // The row is gone, so a folder that stays behind is only litter: worth a line in the log.
        if let Err(error) = app.ports.host.remove(&facts.cluster.id.hex()).await {
            tracing::warn!(%error, cluster = %facts.cluster.id, "the folder of a deleted cluster could not be removed");
        }
    }
    Ok(StatusCode::NO_CONTENT)
}
