//! Logs of a cluster's JobManager and TaskManagers: which files there are, and the end of one. Where a
//! local cluster does not answer, its files on this host are read instead: they say why it ended. Of a cluster in Kubernetes they
//! are those of its pods, and what was kept of pods that are gone.

mod follow;
mod pods;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::cluster::{Cluster, TargetKind};
use domain::log::JOB_MANAGER;
use domain::ports::PortError;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::evidence;
use crate::extract::Query;
use crate::live::{cluster_of, endpoint, newest, no_run};
use crate::page::Page;
use crate::problem::Problem;
use crate::scope::{ClusterScope, JobScope};
use pods::Shelf;

pub use follow::{FollowQuery, LogEnd, LogLines, MOST_STREAMS};

/// Bytes of a tail unless told.
const USUAL: u32 = 64 * 1024;
/// Most bytes of a tail.
const MOST: u32 = 1024 * 1024;

/// A log file.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LogFile {
    /// `jobmanager`, or Flink's TaskManager id, in Kubernetes its pod's name; of a dead local cluster: `taskmanager-1`, ….
    pub process: String,
    /// Name of the file; in Kubernetes `POD.log`, of a later life of its container `POD.2.log`.
    pub name: String,
    /// Its size in bytes; -1 where nobody can say.
    pub size_bytes: i64,
    /// Who has it.
    pub source: LogSource,
    /// The pod, while it is there (kubernetes).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod: Option<LogPod>,
    /// The init container that it is of (kubernetes).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container: Option<String>,
    /// Whether it is of the life before the present one (kubernetes).
    pub previous: bool,
    /// Whether it may still grow, and can be followed (kubernetes).
    pub grows: bool,
    /// Why it cannot be read, as a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing: Option<String>,
}

impl LogFile {
    /// One that is read as it is.
    pub(crate) const fn plain(process: String, name: String, size_bytes: i64, source: LogSource) -> Self {
        Self {
            process,
            name,
            size_bytes,
            source,
            pod: None,
            container: None,
            previous: false,
            grows: false,
            missing: None,
        }
    }
}

/// The pod that a log is of.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LogPod {
    /// Its name.
    pub name: String,
    /// `jobmanager` or `taskmanager`.
    pub role: String,
    /// Kubernetes' word: `Pending`, `Running`, ….
    pub phase: String,
    /// Whether Flink's container runs.
    pub running: bool,
    /// How often that was started again.
    pub restarts: u32,
}

/// Who read a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogSource {
    /// Flink itself, over REST.
    Rest,
    /// This host, where the process does not answer.
    Host,
    /// Kubernetes.
    Kubernetes,
    /// What was kept when a pod or the run ended.
    Kept,
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
    /// Who read it.
    pub source: LogSource,
}

/// Which end of which log.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LogQuery {
    /// Whose log; `jobmanager` unless told. In Kubernetes also a pod's name.
    pub process: Option<String>,
    /// Which file; the process's main log unless told.
    pub file: Option<String>,
    /// The life before the present one (kubernetes).
    #[serde(default)]
    #[param(required = false)]
    pub previous: bool,
    /// Most bytes to answer, 1 to 1048576; 65536 unless told.
    #[param(minimum = 1, maximum = 1048576)]
    pub bytes: Option<u32>,
}

/// Files of a cluster over REST, else those of a local cluster's processes on this host.
async fn files(app: &App, cluster: &Cluster) -> Result<Json<Page<LogFile>>, Problem> {
    if cluster.target == TargetKind::Kubernetes {
        let files = Shelf::of(app, cluster).await?.files(app).await?;
        return Ok(Json(Page::whole(files)));
    }
    let asked = match endpoint(cluster) {
        Ok(endpoint) => app
            .ports
            .reader
            .log_files(&endpoint)
            .await
            .map_err(|error| Problem::from_port(error, "its log files")),
        Err(problem) => Err(problem),
    };
    let files = match asked {
        Ok(files) => files
            .into_iter()
            .map(|file| LogFile::plain(file.process, file.name, file.size_bytes, LogSource::Rest))
            .collect(),
        Err(problem) => files_on_host(app, cluster).await.ok_or(problem)?,
    };
    Ok(Json(Page::whole(files)))
}

/// None when there is nothing on this host either.
async fn files_on_host(app: &App, cluster: &Cluster) -> Option<Vec<LogFile>> {
    if cluster.target != TargetKind::Local {
        return None;
    }
    let processes = app.ports.host.processes(&cluster.id.hex()).await.ok()?;
    let files = processes.into_iter().map(|process| {
        let name = format!("{}.log", process.role);
        LogFile::plain(process.role, name, -1, LogSource::Host)
    });
    Some(files.collect::<Vec<_>>()).filter(|files| !files.is_empty())
}

async fn tail(app: &App, cluster: &Cluster, query: LogQuery) -> Result<Json<LogTail>, Problem> {
    let process = query.process.clone().unwrap_or_else(|| JOB_MANAGER.to_owned());
    plain("process", &process)?;
    if let Some(file) = &query.file {
        plain("file", file)?;
    }
    let bytes = query.bytes.unwrap_or(USUAL);
    if !(1..=MOST).contains(&bytes) {
        return Err(Problem::unprocessable("bad_bytes", format!("The end of a log has 1 to {MOST} bytes.")).field("bytes"));
    }
    let hider = app.hider(cluster.team_id).await?;
    let hidden = |tail: LogTail| LogTail {
        text: hider.hide(&tail.text),
        ..tail
    };
    if cluster.target == TargetKind::Kubernetes {
        let shelf = Shelf::of(app, cluster).await?;
        let tail = shelf.tail(app, &shelf.choose(&query)?, bytes as usize).await?;
        return Ok(Json(hidden(tail)));
    }
    match over_rest(app, cluster, &process, query.file.as_deref(), bytes as usize).await {
        Err(problem) if cluster.target == TargetKind::Local => {
            match app.ports.host.log_tail(&cluster.id.hex(), &process, bytes as usize).await {
                Ok(text) => Ok(Json(LogTail {
                    file: format!("{process}.log"),
                    process,
                    text: hider.hide(&text),
                    source: LogSource::Host,
                })),
                Err(_) => Err(problem),
            }
        }
        done => done.map(|tail| Json(hidden(tail))),
    }
}

async fn over_rest(app: &App, cluster: &Cluster, process: &str, file: Option<&str>, bytes: usize) -> Result<LogTail, Problem> {
    let endpoint = endpoint(cluster)?;
    let problem = |error: PortError| Problem::from_port(error, &format!("the log of {process}"));
    let file = match file {
        Some(file) => file.to_owned(),
        None => {
            let files = app.ports.reader.log_files(&endpoint).await.map_err(problem)?;
            main_log(&files, process).ok_or_else(|| Problem::not_found("log of", process))?
        }
    };
    let text = app.ports.reader.log_tail(&endpoint, process, &file, bytes).await.map_err(problem)?;
    Ok(LogTail {
        process: process.to_owned(),
        file,
        text,
        source: LogSource::Rest,
    })
}

/// The log that a process writes to: the largest one that ends in `.log`, else the largest.
fn main_log(files: &[domain::ports::LogFile], process: &str) -> Option<String> {
    let of_process = files.iter().filter(|file| file.process == process);
    of_process
        .max_by_key(|file| (file.name.ends_with(".log"), file.size_bytes))
        .map(|file| file.name.clone())
}

/// Names of processes and files are single words: a path could lead elsewhere.
fn plain(field: &str, text: &str) -> Result<(), Problem> {
    let odd = text.is_empty()
        || text.len() > 300
        || text == "."
        || text == ".."
        || text.contains(['/', '\\', '%', '?', '#'])
        || text.chars().any(char::is_control);
    if odd {
        Err(Problem::unprocessable("bad_name", format!("This is not the name of a {field}.")).field(field))
    } else {
        Ok(())
    }
}

async fn cluster_of_job(app: &App, of: &JobScope) -> Result<Cluster, Problem> {
    let run = newest(app, of).await?.ok_or_else(no_run)?;
    cluster_of(app, of, &run).await
}

/// The log files of a cluster.
///
/// # Errors
/// 409 before the first start, 502 when nothing answers.
#[utoipa::path(get, path = "/clusters/{cluster}/logs", tag = "clusters", responses((status = 200, description = "Done", body = Page<LogFile>)))]
pub async fn list_cluster_logs(State(app): State<App>, of: ClusterScope) -> Result<Json<Page<LogFile>>, Problem> {
    files(&app, &of.cluster).await
}

/// The end of a log file of a cluster.
///
/// # Errors
/// As for the list, and 404 for a process or file that is not there.
#[utoipa::path(
    get,
    path = "/clusters/{cluster}/logs/tail",
    tag = "clusters",
    params(LogQuery),
    responses((status = 200, description = "Done", body = LogTail)),
)]
pub async fn get_cluster_log_tail(
    State(app): State<App>,
    of: ClusterScope,
    Query(query): Query<LogQuery>,
) -> Result<Json<LogTail>, Problem> {
    tail(&app, &of.cluster, query).await
}

/// The log files of the cluster that runs the job; where it does not answer, those kept of the newest run's end.
///
/// # Errors
/// As for a cluster, and 404 `no_run` before the first start.
#[utoipa::path(get, path = "/jobs/{job}/logs", tag = "live", responses((status = 200, description = "Done", body = Page<LogFile>)))]
pub async fn list_logs(State(app): State<App>, of: JobScope) -> Result<Json<Page<LogFile>>, Problem> {
    let seen = match cluster_of_job(&app, &of).await {
        Ok(cluster) => files(&app, &cluster).await,
        Err(problem) => Err(problem),
    };
    match seen {
        Ok(files) => Ok(files),
        Err(problem) => evidence::kept_logs(&app, &of).await?.ok_or(problem),
    }
}

/// The end of a log file of the cluster that runs the job; where it does not answer, of the one kept of the newest run.
///
/// # Errors
/// As for the list, and 404 for a process or file that is not there.
#[utoipa::path(
    get,
    path = "/jobs/{job}/logs/tail",
    tag = "live",
    params(LogQuery),
    responses((status = 200, description = "Done", body = LogTail)),
)]
pub async fn get_log_tail(State(app): State<App>, of: JobScope, Query(query): Query<LogQuery>) -> Result<Json<LogTail>, Problem> {
    let seen = match cluster_of_job(&app, &of).await {
        Ok(cluster) => tail(&app, &cluster, query.clone()).await,
        Err(problem) => Err(problem),
    };
    match seen {
        Ok(tail) => Ok(tail),
        Err(problem) => evidence::kept_tail(&app, &of, &query).await?.map(Json).ok_or(problem),
    }
}

/// Follows a log of a cluster in Kubernetes, as server-sent events: `lines` with text and where to go on, at last `end`.
///
/// # Errors
/// As for the end of a log; 409 `cannot_follow` for other clusters, 429 `too_many_streams`.
#[utoipa::path(
    get,
    path = "/clusters/{cluster}/logs/follow",
    tag = "clusters",
    params(FollowQuery),
    responses((status = 200, description = "Events `lines` and `end`", body = LogLines, content_type = "text/event-stream")),
)]
pub async fn follow_cluster_log(State(app): State<App>, of: ClusterScope, Query(query): Query<FollowQuery>) -> Result<Response, Problem> {
    let events = follow::of_cluster(app, &of.scope, &of.cluster, query).await?;
    Ok(events.into_response())
}

/// Follows a log of the cluster that runs the job, in Kubernetes, as server-sent events: `lines` with text and where to go on, at
/// last `end`.
///
/// # Errors
/// As for a cluster, and 404 `no_run` before the first start.
#[utoipa::path(
    get,
    path = "/jobs/{job}/logs/follow",
    tag = "live",
    params(FollowQuery),
    responses((status = 200, description = "Events `lines` and `end`", body = LogLines, content_type = "text/event-stream")),
)]
pub async fn follow_log(State(app): State<App>, of: JobScope, Query(query): Query<FollowQuery>) -> Result<Response, Problem> {
    let events = match cluster_of_job(&app, &of).await {
        Ok(cluster) => follow::of_cluster(app, &of.scope, &cluster, query).await?,
        Err(gone) => follow::of_run(&app, &of, query).await?.ok_or(gone)?,
    };
    Ok(events.into_response())
}
