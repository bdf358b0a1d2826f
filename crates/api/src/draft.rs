//! Drafts: the editable specification of a job, saved by revision, never overwritten.

use axum::Json;
use crate::problem::Problem;
use crate::page::Page;
use std::collections::BTreeMap;

use domain::id::{ClusterId, JobId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::configuration::Configuration;
use crate::person::Person;
use crate::time::Time;

/// Where a job's tasks run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// A session cluster that several jobs share.
    #[default]
    Session,
}

/// What a job is to be, as it is sent.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewJobSpec {
    /// The SQL script.
    pub sql: String,
    /// Id or name of the session cluster to run on.
    pub cluster_id: Option<String>,
    /// How it is deployed.
    #[serde(default)]
    pub mode: Mode,
    /// Default parallelism, 1 to 32768; absent means the cluster's.
    #[schema(minimum = 1, maximum = 32768)]
    pub parallelism: Option<u32>,
    /// Flink configuration of the job.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, String>)]
    pub configuration: Configuration,
}

/// What a job is to be.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct JobSpec {
    /// The SQL script.
    pub sql: String,
    /// The session cluster to run on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub cluster_id: Option<ClusterId>,
    /// How it is deployed.
    pub mode: Mode,
    /// Default parallelism; absent means the cluster's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parallelism: Option<u32>,
    /// Flink configuration of the job.
    pub configuration: BTreeMap<String, String>,
}

/// One saved revision.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Draft {
    /// The job.
    #[schema(value_type = String)]
    pub job_id: JobId,
    /// 1, 2, 3 …; also the `ETag`.
    pub revision: i64,
    /// The content.
    pub spec: JobSpec,
    /// Who saved it.
    pub saved_by: Person,
    /// When it was saved.
    pub saved_at: Time,
}

/// One saved revision without its content.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DraftRevision {
    /// 1, 2, 3 ….
    pub revision: i64,
    /// Lines of its script.
    pub lines: u32,
    /// Who saved it.
    pub saved_by: Person,
    /// When it was saved.
    pub saved_at: Time,
}

/// The newest draft. Its revision is the `ETag`.
///
/// # Errors
/// A problem with its code.
#[utoipa::path(
    get,
    path = "/jobs/{job}/draft",
    tag = "drafts",
    responses((status = 200, description = "Done", body = Draft))
)]
pub async fn get_draft() -> Result<Json<Draft>, Problem> {
    Err(Problem::internal())
}

/// Saves the next revision, if the newest one is still the one of `If-Match`; else 412 `draft_conflict` with the newest in `current`.
///
/// # Errors
/// A problem with its code.
#[utoipa::path(
    put,
    path = "/jobs/{job}/draft",
    tag = "drafts",
    params(("if-match" = String, Header, description = "The revision that was edited in quotes, e.g. \"3\", \"0\" for the first save, or * for whatever is newest")),
    request_body = NewJobSpec,
    responses((status = 200, description = "Done", body = Draft))
)]
pub async fn save_draft() -> Result<Json<Draft>, Problem> {
    Err(Problem::internal())
}

/// The newest saved revisions, newest first.
///
/// # Errors
/// A problem with its code.
#[utoipa::path(
    get,
    path = "/jobs/{job}/drafts",
    tag = "drafts",
    responses((status = 200, description = "Done", body = Page<DraftRevision>))
)]
pub async fn list_drafts() -> Result<Json<Page<DraftRevision>>, Problem> {
    Err(Problem::internal())
}

/// One saved revision.
///
/// # Errors
/// A problem with its code.
#[utoipa::path(
    get,
    path = "/jobs/{job}/drafts/{revision}",
    tag = "drafts",
    responses((status = 200, description = "Done", body = Draft))
)]
pub async fn get_draft_revision() -> Result<Json<Draft>, Problem> {
    Err(Problem::internal())
}
