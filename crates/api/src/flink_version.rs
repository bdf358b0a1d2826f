//! Flink versions: the distributions that this platform has, and adding one that is already on the disk.

use axum::Json;
use http::StatusCode;
use crate::problem::Problem;
use crate::page::Page;
use domain::id::FlinkVersionId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::time::Time;

/// An installed Flink distribution.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FlinkVersion {
    /// Its id.
    #[schema(value_type = String)]
    pub id: FlinkVersionId,
    /// Version number, unique among the installed ones.
    #[schema(example = "2.2.1")]
    pub version: String,
    /// Folder of the distribution (FLINK_HOME).
    pub home: String,
    /// Java home that runs it.
    pub java_home: String,
    /// `pypi`, `archive` or `added`.
    pub source: String,
    /// When it was registered.
    pub created_at: Time,
}

/// A distribution that is already on the server's disk.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewFlinkVersion {
    /// Absolute path of its folder.
    pub home: String,
    /// The version that is expected there; refused when another one is found.
    pub version: Option<String>,
}

/// The installed Flink versions, newest first.
///
/// # Errors
/// A problem with its code.
#[utoipa::path(
    get,
    path = "/flink-versions",
    tag = "flink-versions",
    responses((status = 200, description = "Done", body = Page<FlinkVersion>))
)]
pub async fn list_flink_versions() -> Result<Json<Page<FlinkVersion>>, Problem> {
    Err(Problem::internal())
}

/// Adds a distribution that is already on the server's disk.
///
/// # Errors
/// A problem with its code.
#[utoipa::path(
    post,
    path = "/flink-versions",
    tag = "flink-versions",
    request_body = NewFlinkVersion,
    responses((status = 201, description = "Made", body = FlinkVersion))
)]
pub async fn add_flink_version() -> Result<Json<FlinkVersion>, Problem> {
    Err(Problem::internal())
}

/// Forgets a Flink version that no cluster uses; its files stay.
///
/// # Errors
/// A problem with its code.
#[utoipa::path(
    delete,
    path = "/flink-versions/{version}",
    tag = "flink-versions",
    responses((status = 204, description = "Done"))
)]
pub async fn delete_flink_version() -> Result<StatusCode, Problem> {
    Err(Problem::internal())
}
