//! Logs of a cluster's JobManager and TaskManagers: which files there are, and the end of one. Where a
//! local cluster does not answer, its files on this host are read instead: they say why it ended.

use axum::Json;
use axum::extract::State;
use domain::cluster::{Cluster, TargetKind};
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

/// Bytes of a tail unless told.
const USUAL: u32 = 64 * 1024;
/// Most bytes of a tail.
const MOST: u32 = 1024 * 1024;
/// Whose log unless told.
const JOB_MANAGER: &str = "jobmanager";

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

/// Who read a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogSource {
    /// Flink itself, over REST.
    Rest,
    /// This host, where the process does not answer.
    Host,
    /// What was kept when the run ended.
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
    /// Whose log; `jobmanager` unless told.
    pub process: Option<String>,
    /// Which file; the process's main log unless told.
    pub file: Option<String>,
    /// Most bytes to answer, 1 to 1048576; 65536 unless told.
    #[param(minimum = 1, maximum = 1048576)]
    pub bytes: Option<u32>,
}

/// Files of a cluster over REST, else those of a local cluster's processes on this host.
async fn files(app: &App, cluster: &Cluster) -> Result<Json<Page<LogFile>>, Problem> {
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
            .map(|file| LogFile {
                process: file.process,
                name: file.name,
                size_bytes: file.size_bytes,
            })
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
    let files = processes.into_iter().map(|process| LogFile {
        name: format!("{}.log", process.role),
        process: process.role,
        size_bytes: -1,
    });
    Some(files.collect::<Vec<_>>()).filter(|files| !files.is_empty())
}

async fn tail(app: &App, cluster: &Cluster, query: LogQuery) -> Result<Json<LogTail>, Problem> {
    let process = query.process.unwrap_or_else(|| JOB_MANAGER.to_owned());
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
