//! Installations: bringing a Flink distribution onto the server's disk, with progress.

use axum::Json;
use crate::problem::Problem;
use crate::page::Page;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::time::Time;

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
    pub id: String,
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

/// Installs a Flink version in the background.
///
/// # Errors
/// A problem with its code.
#[utoipa::path(
    post,
    path = "/flink-versions/install",
    tag = "flink-versions",
    request_body = NewInstallation,
    responses((status = 202, description = "Accepted", body = Installation))
)]
pub async fn install_flink_version() -> Result<Json<Installation>, Problem> {
    Err(Problem::internal())
}

/// Installations, newest first.
///
/// # Errors
/// A problem with its code.
#[utoipa::path(
    get,
    path = "/installations",
    tag = "flink-versions",
    responses((status = 200, description = "Done", body = Page<Installation>))
)]
pub async fn list_installations() -> Result<Json<Page<Installation>>, Problem> {
    Err(Problem::internal())
}

/// One installation with its progress.
///
/// # Errors
/// A problem with its code.
#[utoipa::path(
    get,
    path = "/installations/{installation}",
    tag = "flink-versions",
    responses((status = 200, description = "Done", body = Installation))
)]
pub async fn get_installation() -> Result<Json<Installation>, Problem> {
    Err(Problem::internal())
}
