//! Releases: immutable, numbered snapshots of a draft, and what differs between two of them.

use axum::Json;
use crate::problem::Problem;
use crate::page::{Page, PageQuery};
use domain::id::{ClusterId, ReleaseId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::draft::JobSpec;
use crate::person::Person;
use crate::sql::Finding;
use crate::time::Time;

/// A release to make.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewRelease {
    /// The draft revision; the newest unless told.
    pub draft_revision: Option<i64>,
    /// A line about it.
    #[serde(default)]
    pub note: String,
    /// Release in spite of errors that the check found.
    #[serde(default)]
    pub override_errors: bool,
}

/// A release without its content.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReleaseSummary {
    /// Its id.
    #[schema(value_type = String)]
    pub id: ReleaseId,
    /// 1, 2, 3 …; unique in the job.
    pub number: i64,
    /// The draft revision that it was made from.
    pub draft_revision: i64,
    /// The Flink version that checked it.
    pub flink_version: String,
    /// The cluster that its start uses.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub cluster_id: Option<ClusterId>,
    /// SHA-256 of its canonical bytes, 64 hex digits.
    pub digest: String,
    /// Errors that the check found.
    pub errors: u32,
    /// Warnings that the check found.
    pub warnings: u32,
    /// Whether it was released in spite of errors.
    pub overridden: bool,
    /// A line of its author.
    pub note: String,
    /// Who released it.
    pub created_by: Person,
    /// When it was released.
    pub created_at: Time,
}

/// A release.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Release {
    /// What the list shows of it.
    #[serde(flatten)]
    pub summary: ReleaseSummary,
    /// The job's name when it was released.
    pub name: String,
    /// What runs.
    pub spec: JobSpec,
    /// How many statements the script has.
    pub statements: u32,
    /// What the check found.
    pub findings: Vec<Finding>,
}

/// With which release to compare.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DiffQuery {
    /// Number of the older release; the one before unless told. 0 means: with nothing.
    pub against: Option<i64>,
}

/// Whether a line is in both, only in the newer or only in the older text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LineTag {
    /// In both.
    Equal,
    /// Only in the newer.
    Insert,
    /// Only in the older.
    Delete,
}

/// One line of a difference.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DiffLine {
    /// Where the line is.
    pub tag: LineTag,
    /// Its 1-based number in the older text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old_line: Option<u32>,
    /// Its 1-based number in the newer text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new_line: Option<u32>,
    /// The line without its end.
    pub text: String,
}

/// A configuration key with another value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct KeyChange {
    /// The key.
    pub key: String,
    /// Its value before; absent when it was not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<String>,
    /// Its value now; absent when it is not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<String>,
}

/// Another field with another value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FieldChange {
    /// `name`, `clusterId`, `flinkVersion`, `mode` or `parallelism`.
    pub field: String,
    /// Its value before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<String>,
    /// Its value now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<String>,
}

/// What differs between two releases.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReleaseDiff {
    /// Number of the older one; 0 for nothing.
    pub old: i64,
    /// Number of the newer one.
    pub new: i64,
    /// All lines of both scripts.
    pub sql: Vec<DiffLine>,
    /// Configuration keys that differ.
    pub configuration: Vec<KeyChange>,
    /// Other fields that differ.
    pub other: Vec<FieldChange>,
}

/// The releases of a job, newest first.
///
/// # Errors
/// A problem with its code.
#[utoipa::path(
    get,
    path = "/jobs/{job}/releases",
    tag = "releases",
    params(PageQuery),
    responses((status = 200, description = "Done", body = Page<ReleaseSummary>))
)]
pub async fn list_releases() -> Result<Json<Page<ReleaseSummary>>, Problem> {
    Err(Problem::internal())
}

/// Checks a draft and releases it. 422 `check_failed` with the findings when it has errors that are not overridden.
///
/// # Errors
/// A problem with its code.
#[utoipa::path(
    post,
    path = "/jobs/{job}/releases",
    tag = "releases",
    request_body = NewRelease,
    responses((status = 201, description = "Made", body = Release))
)]
pub async fn create_release() -> Result<Json<Release>, Problem> {
    Err(Problem::internal())
}

/// One release with its content.
///
/// # Errors
/// A problem with its code.
#[utoipa::path(
    get,
    path = "/jobs/{job}/releases/{release}",
    tag = "releases",
    responses((status = 200, description = "Done", body = Release))
)]
pub async fn get_release() -> Result<Json<Release>, Problem> {
    Err(Problem::internal())
}

/// What differs between this release and another.
///
/// # Errors
/// A problem with its code.
#[utoipa::path(
    get,
    path = "/jobs/{job}/releases/{release}/diff",
    tag = "releases",
    params(DiffQuery),
    responses((status = 200, description = "Done", body = ReleaseDiff))
)]
pub async fn diff_release() -> Result<Json<ReleaseDiff>, Problem> {
    Err(Problem::internal())
}
