//! The jars of a run, for its pods: they have no account, but a token that opens what their release names and nothing else,
//! as long as the run lives.

use axum::extract::State;
use axum::response::Response;
use domain::artifact::PinnedArtifact;
use domain::id::RunId;
use domain::run::{ARTIFACTS_PURPOSE, Run};
use domain::secret::Sealed;
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use store::StoreError;

use crate::app::App;
use crate::download::{Content, content};
use crate::extract::Path;
use crate::problem::Problem;

/// Which bytes of which run.
#[derive(Debug, Clone, Deserialize)]
pub struct RunArtifactPath {
    run: String,
    digest: String,
}

/// The bytes of a jar of a run's release.
///
/// # Errors
/// 401 without the run's token, 404 when the run has ended or its release does not name these bytes.
#[utoipa::path(
    get,
    path = "/runs/{run}/artifacts/{digest}",
    tag = "artifacts",
    responses((status = 200, description = "All bytes", body = Content, content_type = "application/octet-stream")),
)]
pub async fn get_run_artifact(State(app): State<App>, Path(path): Path<RunArtifactPath>, headers: HeaderMap) -> Result<Response, Problem> {
    let id: RunId = path.run.parse().map_err(|_| unknown())?;
    authorized(&app, id, &headers)?;
    let run = match app.store.run_any(id).await {
        Err(StoreError::NotFound) => return Err(unknown()),
        found => found?,
    };
    let named = jar(&app, &run, &path.digest).await?;
    content(&app, (&named.digest, &named.file_name), &headers).await
}

/// The token is the run's id, sealed by this installation.
fn authorized(app: &App, id: RunId, headers: &HeaderMap) -> Result<(), Problem> {
    let token = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = token.and_then(|value| value.strip_prefix("Bearer ")).ok_or_else(unauthorized)?;
    let opened = app.ports.vault.open(ARTIFACTS_PURPOSE, &Sealed::new(token.to_owned()));
    match opened {
        Ok(opened) if opened.expose() == id.to_string() => Ok(()),
        _ => Err(unauthorized()),
    }
}

/// A run that has ended needs nothing any more: its token opens nothing then.
async fn jar(app: &App, run: &Run, digest: &str) -> Result<PinnedArtifact, Problem> {
    if !run.live() {
        return Err(unknown());
    }
    let release = app.store.release_any(run.release_id).await?;
    let named = release.content.artifacts.into_iter().find(|jar| jar.digest.to_string() == digest);
    named.ok_or_else(unknown)
}

fn unauthorized() -> Problem {
    let detail = "Only the pods of a run get its jars, with the token that they were given.";
    Problem::new(StatusCode::UNAUTHORIZED, "bad_token", detail)
}

fn unknown() -> Problem {
    let detail = "No run that lives has such a jar.";
    Problem::new(StatusCode::NOT_FOUND, "not_found", detail)
}
