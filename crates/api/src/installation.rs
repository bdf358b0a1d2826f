//! Installations: bringing a Flink distribution onto the server's disk, with progress.
//!
//! The work goes on after the answer, in a task of its own that writes its progress at most once a second.
//! An installation that the end of the server cut short is marked as failed at the next start; the
//! installer leaves nothing half-done behind, so the same request simply works again.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use domain::id::InstallationId;
use domain::ports::FlinkInstaller;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use store::now;
use tokio::sync::watch;
use utoipa::ToSchema;

use crate::app::App;
use crate::audit::Note;
use crate::extract::{Body, Path};
use crate::flink_version::{already_there, number, register};
use crate::page::Page;
use crate::problem::{Problem, sentence};
use crate::time::{Time, some};

/// How often progress is written.
const WRITTEN_EVERY: Duration = Duration::from_secs(1);

/// Where a distribution comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum InstallSource {
    /// The official Python packages.
    #[default]
    Pypi,
    /// The Apache archive's tarball, verified by its SHA-512.
    Archive,
}

/// A version to install.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewInstallation {
    /// Three numbers, e.g. `2.2.1`.
    pub version: String,
    /// Where from; `pypi` unless told.
    #[serde(default)]
    pub source: InstallSource,
}

/// How far an installation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum InstallationState {
    /// Under way.
    Running,
    /// Installed.
    Succeeded,
    /// Not installed; the error says why.
    Failed,
}

/// One installation.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Installation {
    /// Its id.
    #[schema(value_type = String)]
    pub id: InstallationId,
    /// The version.
    pub version: String,
    /// Where from.
    pub source: InstallSource,
    /// How far.
    pub state: InstallationState,
    /// What it is doing, as a sentence.
    pub message: String,
    /// Share done, 0 to 1, where known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share: Option<f64>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// When it began.
    pub started_at: Time,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Time>,
}

/// Which installation.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct InstallationPath {
    installation: InstallationId,
}

impl From<InstallSource> for domain::ports::InstallSource {
    fn from(source: InstallSource) -> Self {
        match source {
            InstallSource::Pypi => Self::Pypi,
            InstallSource::Archive => Self::Archive { base_url: None },
        }
    }
}

impl From<domain::flink_version::Installation> for Installation {
    fn from(run: domain::flink_version::Installation) -> Self {
        use domain::flink_version::InstallationState as State;
        Self {
            id: run.id,
            version: run.version.to_string(),
            source: match run.source {
                domain::ports::InstallSource::Pypi => InstallSource::Pypi,
                domain::ports::InstallSource::Archive { .. } => InstallSource::Archive,
            },
            state: match run.state {
                State::Running => InstallationState::Running,
                State::Succeeded => InstallationState::Succeeded,
                State::Failed => InstallationState::Failed,
            },
            message: run.message,
            share: run.share,
            error: run.error,
            started_at: run.started_at.into(),
            ended_at: some(run.ended_at),
        }
    }
}

/// Installs a Flink version in the background.
///
/// # Errors
/// 422 `unknown_flink_version`, 409 when it is installed or being installed.
#[utoipa::path(
    post,
    path = "/flink-versions/install",
    tag = "flink-versions",
    request_body = NewInstallation,
    responses((status = 202, description = "Accepted", body = Installation)),
)]
pub async fn install_flink_version(
    State(app): State<App>,
    note: Note,
    Body(asked): Body<NewInstallation>,
) -> Result<(StatusCode, Json<Installation>), Problem> {
    use domain::flink_version::InstallationState as State;
    let version = number("version", &asked.version)?;
    note.of(version, &version.to_string());
    if app.store.flink_version_by_number(version).await?.is_some() {
        return Err(already_there(version));
    }
    let open = app
        .store
        .installations()
        .await?
        .into_iter()
        .find(|run| run.version == version && run.state == State::Running);
    if let Some(open) = open {
        return Err(Problem::conflict(
            "installation_running",
            format!("Flink {version} is being installed already: {}.", open.id),
        )
        .field("version")
        .hint("Follow that installation."));
    }
    let run = app.store.create_installation(version, &asked.source.into()).await?;
    tokio::spawn(work(app, run.clone()));
    Ok((StatusCode::ACCEPTED, Json(run.into())))
}

/// Installs, registers, and writes how it went.
async fn work(app: App, mut run: domain::flink_version::Installation) {
    use domain::flink_version::InstallationState as State;
    let outcome = match install(&app, &mut run).await {
        Ok(home) => finish(&app, &run, home).await,
        Err(why) => Err(why),
    };
    run.ended_at = Some(now());
    match outcome {
        Ok(()) => {
            run.state = State::Succeeded;
            run.message = format!("Flink {} is installed.", run.version);
            run.share = Some(1.0);
        }
        Err(why) => {
            run.state = State::Failed;
            run.error = Some(why);
        }
    }
    written(&app, &run).await;
}

async fn install(app: &App, run: &mut domain::flink_version::Installation) -> Result<String, String> {
    let (sender, news) = watch::channel((String::new(), None));
    let installer: Arc<dyn FlinkInstaller> = app.ports.installer.clone();
    let (version, source) = (run.version, run.source.clone());
    let work = async move {
        let progress = |message: &str, share: Option<f64>| {
            sender.send_replace((message.to_owned(), share));
        };
        installer.install(version, &source, &progress).await
    };
    tokio::pin!(work);
    let mut seen = news.clone();
    loop {
        tokio::select! {
            ended = &mut work => return ended.map_err(|error| sentence(&error.to_string())),
            () = tokio::time::sleep(WRITTEN_EVERY) => {
                if seen.has_changed().unwrap_or(false) {
                    let (message, share) = seen.borrow_and_update().clone();
                    run.message = message;
                    run.share = share;
                    written(app, run).await;
                }
            }
        }
    }
}

async fn finish(app: &App, run: &domain::flink_version::Installation, home: String) -> Result<(), String> {
    let source = match run.source {
        domain::ports::InstallSource::Pypi => "pypi",
        domain::ports::InstallSource::Archive { .. } => "archive",
    };
    match register(app, run.version, home, source).await {
        // Somebody else has registered it meanwhile: what was asked for is there.
        Err(problem) if problem.code == "already_installed" => Ok(()),
        done => done.map(|_| ()).map_err(|problem| problem.to_string()),
    }
}

/// Progress that cannot be written is only missing on a screen: the work goes on.
async fn written(app: &App, run: &domain::flink_version::Installation) {
    if let Err(error) = app.store.update_installation(run).await {
        tracing::warn!(%error, installation = %run.id, "the progress of an installation could not be written");
    }
}

/// Installations, newest first.
///
/// # Errors
/// When the database does not answer.
#[utoipa::path(get, path = "/installations", tag = "flink-versions", responses((status = 200, description = "Done", body = Page<Installation>)))]
pub async fn list_installations(State(app): State<App>) -> Result<Json<Page<Installation>>, Problem> {
    let runs = app.store.installations().await?;
    Ok(Json(Page::whole(runs.into_iter().map(Installation::from).collect())))
}

/// One installation with its progress.
///
/// # Errors
/// 404 when there is none of this id.
#[utoipa::path(get, path = "/installations/{installation}", tag = "flink-versions", responses((status = 200, description = "Done", body = Installation)))]
pub async fn get_installation(State(app): State<App>, Path(path): Path<InstallationPath>) -> Result<Json<Installation>, Problem> {
    Ok(Json(app.store.installation(path.installation).await?.into()))
}
