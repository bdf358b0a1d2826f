//! What was kept of an ended run: readable when its cluster is gone.

use axum::Json;
use axum::extract::State;
use domain::evidence::{EvidenceKind, KeptEvidence};
use domain::id::RunId;
use domain::log::JOB_MANAGER;
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
    /// Whose log; `jobmanager` unless told. In Kubernetes also a pod's name.
    pub process: Option<String>,
    /// Which file; the last one unless told.
    pub file: Option<String>,
}

type Kept = (KeptEvidence, Vec<FileOfEvidence>);

async fn kept(app: &App, of: &JobScope) -> Result<Option<(Run, Kept)>, Problem> {
    let Some(run) = newest(app, of).await?.filter(|run| !run.live()) else {
        return Ok(None);
    };
    let found = app.store.evidence(of.scope.team_id, run.id).await?;
    Ok(found.map(|found| (run, found)))
}

/// Kept logs as they are listed.
pub(crate) async fn log_files(app: &App, files: &[FileOfEvidence]) -> Result<Vec<LogFile>, Problem> {
    let mut logs = Vec::new();
    for file in files.iter().filter(|file| file.kind != EvidenceKind::Exceptions) {
        let missing = match file.kind {
            EvidenceKind::Lost => app.store.evidence_text(file).await?,
            _ => None,
        };
        logs.push(LogFile {
            missing,
            ..LogFile::plain(file.process.clone(), file.name.clone(), file.size_bytes, LogSource::Kept)
        });
    }
    Ok(logs)
}

/// The logs kept of the newest run's end, where there are any.
pub(crate) async fn kept_logs(app: &App, of: &JobScope) -> Result<Option<Json<Page<LogFile>>>, Problem> {
    let Some((_, (_, files))) = kept(app, of).await? else {
        return Ok(None);
    };
    let files = log_files(app, &files).await?;
    Ok((!files.is_empty()).then(|| Json(Page::whole(files))))
}

/// The end of a log kept of the newest run's end, where there is one.
pub(crate) async fn kept_tail(app: &App, of: &JobScope, query: &LogQuery) -> Result<Option<LogTail>, Problem> {
    let Some((_, (_, files))) = kept(app, of).await? else {
        return Ok(None);
    };
    let bytes = query.bytes.map_or(usize::MAX, |bytes| bytes as usize);
    tail(app, &files, (query.process.as_deref(), query.file.as_deref()), bytes).await
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

async fn tail(app: &App, files: &[FileOfEvidence], which: (Option<&str>, Option<&str>), bytes: usize) -> Result<Option<LogTail>, Problem> {
    let process = which.0.unwrap_or(JOB_MANAGER);
    // Of several lives the last.
    let found = files.iter().rfind(|file| {
        let of_pod = file.name.strip_prefix(process).is_some_and(|rest| rest.starts_with('.'));
        let named = which.1.is_none_or(|name| name == file.name);
        file.kind != EvidenceKind::Exceptions && named && (file.process == process || of_pod)
    });
    match found {
        Some(file) => read(app, file, bytes).await.map(Some),
        None => Ok(None),
    }
}

/// The end of a kept log.
///
/// # Errors
/// 410 `log_lost` where it could not be read when it was to be kept, or was removed since.
pub(crate) async fn read(app: &App, file: &FileOfEvidence, bytes: usize) -> Result<LogTail, Problem> {
    let lost = |why: &str| Problem::new(StatusCode::GONE, "log_lost", format!("The log {} is lost. {why}", file.name));
    let text = app.store.evidence_text(file).await?;
    let text = text.ok_or_else(|| lost("It was older than logs are kept, or the team's share was full."))?;
    if file.kind == EvidenceKind::Lost {
        return Err(lost(&text));
    }
    let from = (text.len().saturating_sub(bytes)..=text.len())
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0);
    Ok(LogTail {
        process: file.process.clone(),
        file: file.name.clone(),
        text: text[from..].to_owned(),
        source: LogSource::Kept,
    })
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
        Some(found) if !run.live() => Ok((run, found)),
        _ if run.live() => Err(
            Problem::conflict("still_running", "Evidence is kept when a run ends; this one has not.")
                .hint("Look at the job's Logs and Exceptions."),
        ),
        _ => Err(Problem::new(
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
        logs: log_files(&app, &files).await?,
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
    let found = tail(&app, &files, (query.process.as_deref(), query.file.as_deref()), usize::MAX).await?;
    let process = query.process.unwrap_or_else(|| JOB_MANAGER.to_owned());
    found.map(Json).ok_or_else(|| Problem::not_found("kept log of", &process))
}
