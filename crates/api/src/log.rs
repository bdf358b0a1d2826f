//! Logs of a cluster's JobManager and TaskManagers: which files there are, and the end of one.

use axum::Json;
use crate::problem::Problem;
use crate::page::Page;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A log file.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LogFile {
    /// `jobmanager`, or Flink's TaskManager id; of a dead local cluster: `taskmanager-1`, ….
    pub process: String,
    /// Name of the file.
    pub name: String,
    /// Its size in bytes; -1 where nobody can say.
    pub size_bytes: i64,
}

/// The end of a log file.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LogTail {
    /// Whose log.
    pub process: String,
    /// Which file.
    pub file: String,
    /// Its last bytes, from the start of a line where it was cut.
    pub text: String,
    /// `rest` when the process itself answered, `host` when the file was read after its end.
    pub source: String,
}

/// Which end of which log.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LogQuery {
    /// Whose log; `jobmanager` unless told.
    pub process: Option<String>,
    /// Which file; the process's main log unless told.
    pub file: Option<String>,
    /// Most bytes to answer, 1 to 1048576; 65536 unless told.
    #[param(minimum = 1, maximum = 1048576)]
    pub bytes: Option<u32>,
}

/// The log files of a cluster.
///
/// # Errors
/// A problem with its code.
#[utoipa::path(
    get,
    path = "/clusters/{cluster}/logs",
    tag = "clusters",
    responses((status = 200, description = "Done", body = Page<LogFile>))
)]
pub async fn list_cluster_logs() -> Result<Json<Page<LogFile>>, Problem> {
    Err(Problem::internal())
}

/// The end of a log file of a cluster.
///
/// # Errors
/// A problem with its code.
#[utoipa::path(
    get,
    path = "/clusters/{cluster}/logs/tail",
    tag = "clusters",
    params(LogQuery),
    responses((status = 200, description = "Done", body = LogTail))
)]
pub async fn get_cluster_log_tail() -> Result<Json<LogTail>, Problem> {
    Err(Problem::internal())
}

/// The log files of the cluster that runs the job.
///
/// # Errors
/// A problem with its code.
#[utoipa::path(
    get,
    path = "/jobs/{job}/logs",
    tag = "live",
    responses((status = 200, description = "Done", body = Page<LogFile>))
)]
pub async fn list_logs() -> Result<Json<Page<LogFile>>, Problem> {
    Err(Problem::internal())
}

/// The end of a log file of the cluster that runs the job.
///
/// # Errors
/// A problem with its code.
#[utoipa::path(
    get,
    path = "/jobs/{job}/logs/tail",
    tag = "live",
    params(LogQuery),
    responses((status = 200, description = "Done", body = LogTail))
)]
pub async fn get_log_tail() -> Result<Json<LogTail>, Problem> {
    Err(Problem::internal())
}
