//! What was kept of an ended run: readable when its cluster is gone.

use axum::Json;
use axum::extract::State;
use domain::evidence::{EvidenceKind, KeptEvidence};
use domain::id::RunId;
use domain::run::Run;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use store::{FileOfEvidence, StoreError};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::exception::JobException;
use crate::extract::{Path, Query};
use crate::live::newest;
use crate::log::{LogFile, LogQuery, LogSource, LogTail};
use crate::page::Page;
use crate::problem::Problem;
use crate::scope::JobScope;
use crate::time::Time;

/// What was kept of a run.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Evidence {
    /// The run.
    #[schema(value_type = String)]
    pub run_id: RunId,
    /// Why it ended, the cause first.
    pub reason: String,
    /// When it was read from the cluster.
    pub collected_at: Time,
    /// What could not be read or was removed since, as a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing: Option<String>,
    /// The ends of logs.
    pub logs: Vec<LogFile>,
    /// Exceptions, newest first.
    pub exceptions: Vec<JobException>,
}

/// Which run.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct RunPath {
    pub(crate) run: RunId,
}

/// Which kept log.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct KeptLogQuery {
    /// Whose log; `jobmanager` unless told.
    pub process: Option<String>,
}

type Kept = (KeptEvidence, Vec<FileOfEvidence>);

async fn kept(app: &App, of: &JobScope) -> Result<Option<(Run, Kept)>, Problem> {
    let Some(run) = newest(app, of).await?.filter(|run| !run.live()) else {
        return Ok(None);
    };
    let found = app.store.evidence(of.scope.team_id, run.id).await?;
    Ok(found.map(|found| (run, found)))
}

fn log_files(files: &[FileOfEvidence]) -> Vec<LogFile> {
    let logs = files.iter().filter(|file| file.kind == EvidenceKind::Log);
    logs.map(|file| LogFile {
        process: file.process.clone(),
        name: file.name.clone(),
        size_bytes: file.size_bytes,
    })
    .collect()
}

/// The logs kept of the newest run's end, where there are any.
pub(crate) async fn kept_logs(app: &App, of: &JobScope) -> Result<Option<Json<Page<LogFile>>>, Problem> {
    let files = kept(app, of).await?.map(|(_, (_, files))| log_files(&files));
    Ok(files.filter(|files| !files.is_empty()).map(|files| Json(Page::whole(files))))
}

/// The end of a log kept of the newest run's end, where there is one.
pub(crate) async fn kept_tail(app: &App, of: &JobScope, query: &LogQuery) -> Result<Option<LogTail>, Problem> {
    let Some((_, (_, files))) = kept(app, of).await? else {
        return Ok(None);
    };
    let bytes = query.bytes.map_or(usize::MAX, |bytes| bytes as usize);
    tail(app, &files, query.process.as_deref(), bytes).await
}

/// The exceptions kept of the newest run's end, where there are any.
pub(crate) async fn kept_exceptions(app: &App, of: &JobScope) -> Result<Option<Vec<JobException>>, Problem> {
    let Some((run, (_, files))) = kept(app, of).await? else {
        return Ok(None);
    };
    let found = exceptions(app, run.id, &files).await?;
    Ok((!found.is_empty()).then_some(found))
}

async fn exceptions(app: &App, run: RunId, files: &[FileOfEvidence]) -> Result<Vec<JobException>, Problem> {
    let Some(file) = files.iter().find(|file| file.kind == EvidenceKind::Exceptions) else {
        return Ok(Vec::new());
    };
    let text = app.store.evidence_text(file).await?.unwrap_or_default();
    let found: Vec<domain::ports::JobException> = serde_json::from_str(&text).unwrap_or_default();
    Ok(found.into_iter().map(|exception| JobException::of(exception, Some(run))).collect())
}

async fn tail(app: &App, files: &[FileOfEvidence], process: Option<&str>, bytes: usize) -> Result<Option<LogTail>, Problem> {
    let process = process.unwrap_or("jobmanager");
    let file = files.iter().find(|file| file.kind == EvidenceKind::Log && file.process == process);
    let Some(file) = file else { return Ok(None) };
    let Some(text) = app.store.evidence_text(file).await? else {
        return Ok(None);
    };
    let from = (text.len().saturating_sub(bytes)..=text.len())
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0);
    Ok(Some(LogTail {
        process: file.process.clone(),
        file: file.name.clone(),
        text: text[from..].to_owned(),
        source: LogSource::Kept,
    }))
}

/// A run of the job.
pub(crate) async fn run_of(app: &App, of: &JobScope, id: RunId) -> Result<Run, Problem> {
    match app.store.run(of.scope.team_id, id).await {
        Ok(run) if run.job_id == of.job.id => Ok(run),
        Ok(_) | Err(StoreError::NotFound) => Err(Problem::not_found("run", &id.to_string())),
        Err(error) => Err(error.into()),
    }
}

async fn of_run(app: &App, of: &JobScope, id: RunId) -> Result<(Run, Kept), Problem> {
    let run = run_of(app, of, id).await?;
    match app.store.evidence(of.scope.team_id, id).await? {
        Some(found) => Ok((run, found)),
        None if run.live() => Err(
            Problem::conflict("still_running", "Evidence is kept when a run ends; this one has not.")
                .hint("Look at the job's Logs and Exceptions."),
        ),
        None => Err(Problem::new(
            StatusCode::NOT_FOUND,
            "no_evidence",
            "Nothing was kept of this run: it never ran on a cluster, or ended before evidence was kept.",
        )),
    }
}

/// What was kept of a run's end: exceptions and a list of logs.
///
/// # Errors
/// 404 `no_evidence`, 409 `still_running`.
#[utoipa::path(get, path = "/jobs/{job}/runs/{run}/evidence", tag = "jobs", responses((status = 200, description = "Done", body = Evidence)))]
pub async fn get_evidence(State(app): State<App>, of: JobScope, Path(path): Path<RunPath>) -> Result<Json<Evidence>, Problem> {
    let (run, (kept, files)) = of_run(&app, &of, path.run).await?;
    Ok(Json(Evidence {
        run_id: run.id,
        reason: run.end.map(|end| end.reason).unwrap_or_default(),
        collected_at: kept.collected_at.into(),
        missing: kept.missing,
        exceptions: exceptions(&app, path.run, &files).await?,
        logs: log_files(&files),
    }))
}

/// The end of a log kept of a run's end, up to its last MiB.
///
/// # Errors
/// As for the evidence, and 404 for a process whose log was not kept.
#[utoipa::path(
    get,
    path = "/jobs/{job}/runs/{run}/evidence/log",
    tag = "jobs",
    params(KeptLogQuery),
    responses((status = 200, description = "Done", body = LogTail)),
)]
pub async fn get_evidence_log(
    State(app): State<App>,
    of: JobScope,
    Path(path): Path<RunPath>,
    Query(query): Query<KeptLogQuery>,
) -> Result<Json<LogTail>, Problem> {
    let (_, (_, files)) = of_run(&app, &of, path.run).await?;
    let found = tail(&app, &files, query.process.as_deref(), usize::MAX).await?;
    let process = query.process.unwrap_or_else(|| "jobmanager".to_owned());
    found.map(Json).ok_or_else(|| Problem::not_found("kept log of", &process))
}
