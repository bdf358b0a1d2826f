//! Session clusters: what is asked of them, what was last seen of them, and what may be done.

use axum::Json;
use http::StatusCode;
use crate::problem::Problem;
use crate::page::{Page, PageQuery};
use crate::run::NoChoices;
use std::collections::BTreeMap;

use domain::id::{ClusterId, FlinkVersionId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::configuration::Configuration;
use crate::operation::Operation;
use crate::time::Time;
use crate::verdict::Verdict;

/// Where a cluster runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// Processes on the server's host.
    Local,
    /// A REST address that somebody else runs.
    Standalone,
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
    /// Where it is known from and how fresh it is.
    pub evidence: String,
}

/// A session cluster to make. A local one needs `flinkVersion`, a standalone one `restUrl`.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewCluster {
    /// Name, unique in the team.
    pub name: String,
    /// Where it runs.
    pub target: Target,
    /// Version of an installed distribution, e.g. `2.2.1` (local).
    pub flink_version: Option<String>,
    /// REST address, e.g. `http://flink.example:8081` (standalone).
    pub rest_url: Option<String>,
    /// TaskManagers, 1 to 64; 1 unless told (local).
    #[schema(minimum = 1, maximum = 64)]
    pub task_managers: Option<u32>,
    /// Slots of each TaskManager, 1 to 256; 4 unless told (local).
    #[schema(minimum = 1, maximum = 256)]
    pub slots: Option<u32>,
    /// Flink configuration on top of the platform's (local).
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, String>)]
    pub configuration: Configuration,
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
    /// REST address, once known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rest_url: Option<String>,
    /// TaskManagers to run (local).
    pub task_managers: u32,
    /// Slots of each TaskManager (local).
    pub slots: u32,
    /// Flink configuration on top of the platform's (local).
    pub configuration: BTreeMap<String, String>,
    /// What is asked.
    pub desired: ClusterDesired,
    /// The word on the screen, with its reason.
    pub status: ClusterStatus,
    /// What was last seen.
    pub look: Look,
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

/// The team's clusters.
///
/// # Errors
/// A problem with its code.
#[utoipa::path(
    get,
    path = "/clusters",
    tag = "clusters",
    responses((status = 200, description = "Done", body = Page<Cluster>))
)]
pub async fn list_clusters() -> Result<Json<Page<Cluster>>, Problem> {
    Err(Problem::internal())
}

/// Makes a cluster; a local one is not started yet.
///
/// # Errors
/// A problem with its code.
#[utoipa::path(
    post,
    path = "/clusters",
    tag = "clusters",
    request_body = NewCluster,
    responses((status = 201, description = "Made", body = Cluster))
)]
pub async fn create_cluster() -> Result<Json<Cluster>, Problem> {
    Err(Problem::internal())
}

/// One cluster.
///
/// # Errors
/// A problem with its code.
#[utoipa::path(
    get,
    path = "/clusters/{cluster}",
    tag = "clusters",
    responses((status = 200, description = "Done", body = Cluster))
)]
pub async fn get_cluster() -> Result<Json<Cluster>, Problem> {
    Err(Problem::internal())
}

/// Removes a cluster that is stopped and has no live run.
///
/// # Errors
/// A problem with its code.
#[utoipa::path(
    delete,
    path = "/clusters/{cluster}",
    tag = "clusters",
    responses((status = 204, description = "Done"))
)]
pub async fn delete_cluster() -> Result<StatusCode, Problem> {
    Err(Problem::internal())
}

/// Starts a local cluster's processes.
///
/// # Errors
/// A problem with its code.
#[utoipa::path(
    post,
    path = "/clusters/{cluster}/start",
    tag = "clusters",
    params(("idempotency-key" = Option<String>, Header, description = "The same key and body within 24 hours answer the same operation")),
    request_body = NoChoices,
    responses((status = 202, description = "Accepted", body = Operation))
)]
pub async fn start_cluster() -> Result<Json<Operation>, Problem> {
    Err(Problem::internal())
}

/// Ends a local cluster's processes; its jobs end with it.
///
/// # Errors
/// A problem with its code.
#[utoipa::path(
    post,
    path = "/clusters/{cluster}/stop",
    tag = "clusters",
    params(("idempotency-key" = Option<String>, Header, description = "The same key and body within 24 hours answer the same operation")),
    request_body = NoChoices,
    responses((status = 202, description = "Accepted", body = Operation))
)]
pub async fn stop_cluster() -> Result<Json<Operation>, Problem> {
    Err(Problem::internal())
}

/// Starts and stops of a cluster, newest first.
///
/// # Errors
/// A problem with its code.
#[utoipa::path(
    get,
    path = "/clusters/{cluster}/operations",
    tag = "clusters",
    params(PageQuery),
    responses((status = 200, description = "Done", body = Page<Operation>))
)]
pub async fn list_cluster_operations() -> Result<Json<Page<Operation>>, Problem> {
    Err(Problem::internal())
}
