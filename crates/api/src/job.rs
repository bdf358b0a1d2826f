//! Jobs: the list and the page show the same view, with the label, its reason and what may be done.

use axum::Json;
use crate::problem::Problem;
use crate::page::Page;
use domain::id::{ClusterId, JobId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::draft::NewJobSpec;
use crate::operation::Operation;
use crate::run::Run;
use crate::time::Time;
use crate::verdict::Verdict;

/// The word on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Label {
    /// Never released or never started.
    Draft,
    /// A start is under way.
    Starting,
    /// Flink runs it.
    Running,
    /// Flink is restarting it.
    Restarting,
    /// A stop is under way.
    Stopping,
    /// Stopped as asked.
    Stopped,
    /// Came to its end.
    Finished,
    /// Flink gave up on it.
    Failed,
    /// Gone, and nobody knows how.
    Ended,
}

/// The label with its reason and evidence.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// The word.
    pub label: Label,
    /// Why, as a sentence.
    pub sentence: String,
    /// Where it is known from and how fresh it is.
    pub evidence: String,
    /// Flink's own state word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flink_state: Option<String>,
    /// What else is worth knowing.
    pub conditions: Vec<Condition>,
    /// Since when the label holds.
    pub since: Time,
}

/// Something worth knowing beside the label.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Condition {
    /// Stable word, e.g. `unreachable`, `waiting_for_resources`, `ghost`, `newer_release`.
    pub kind: String,
    /// Since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Time>,
    /// What it means, as a sentence.
    pub sentence: String,
}

/// What is asked of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Want {
    /// Nothing should run.
    Stopped,
    /// A release should run.
    Running,
}

/// What is asked of a job.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Desired {
    /// Stopped or running.
    pub want: Want,
    /// The number of the release that should run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub release: Option<i64>,
}

/// A cluster's id and name.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClusterName {
    /// Its id.
    #[schema(value_type = String)]
    pub id: ClusterId,
    /// Its name.
    pub name: String,
}

/// What may be done with a job now.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Actions {
    /// Start a release.
    pub start: Verdict,
    /// Stop with a savepoint, or drain.
    pub stop: Verdict,
    /// Stop at once, without a savepoint.
    pub cancel: Verdict,
    /// Take a savepoint.
    pub savepoint: Verdict,
    /// Restart, or start another release.
    pub replace: Verdict,
    /// Delete the job.
    pub delete: Verdict,
    /// Make a release of the draft.
    pub release: Verdict,
    /// Save the draft.
    pub edit: Verdict,
    /// Declare the live run gone.
    pub detach: Verdict,
}

/// A job with all that a list or its page shows of it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Job {
    /// Its id.
    #[schema(value_type = String)]
    pub id: JobId,
    /// Name, unique in the team.
    pub name: String,
    /// One line about it.
    pub description: String,
    /// The word on the screen, with its reason.
    pub status: Status,
    /// What is asked.
    pub desired: Desired,
    /// Where it runs, or would run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<ClusterName>,
    /// The newest run, live or ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<Run>,
    /// The open start, stop, replace or delete.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<Operation>,
    /// The open savepoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub savepoint: Option<Operation>,
    /// Number of the newest release; 0 before the first.
    pub release_number: i64,
    /// Newest draft revision; 0 before the first save.
    pub draft_revision: i64,
    /// What may be done now.
    pub actions: Actions,
    /// When it was made.
    pub created_at: Time,
    /// Grows with each change.
    pub revision: i64,
}

/// A job to make.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewJob {
    /// Name, unique in the team: 1 to 200 characters of any script.
    pub name: String,
    /// One line about it.
    #[serde(default)]
    pub description: String,
    /// Saved as the first draft, where given.
    pub spec: Option<NewJobSpec>,
}

/// What to change of a job; what is absent stays.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct JobChange {
    /// Another name.
    pub name: Option<String>,
    /// Another line about it.
    pub description: Option<String>,
}

/// Which jobs to list.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct JobQuery {
    /// Part of the name.
    pub search: Option<String>,
    /// Only jobs with this label.
    #[param(inline)]
    pub label: Option<Label>,
    /// Most to answer, 1 to 1000; 100 unless told.
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<u32>,
    /// The `nextCursor` of the page before.
    pub cursor: Option<String>,
}

/// The team's jobs, newest first.
///
/// # Errors
/// A problem with its code.
#[utoipa::path(
    get,
    path = "/jobs",
    tag = "jobs",
    params(JobQuery),
    responses((status = 200, description = "Done", body = Page<Job>))
)]
pub async fn list_jobs() -> Result<Json<Page<Job>>, Problem> {
    Err(Problem::internal())
}

/// Makes a job.
///
/// # Errors
/// A problem with its code.
#[utoipa::path(
    post,
    path = "/jobs",
    tag = "jobs",
    request_body = NewJob,
    responses((status = 201, description = "Made", body = Job))
)]
pub async fn create_job() -> Result<Json<Job>, Problem> {
    Err(Problem::internal())
}

/// One job.
///
/// # Errors
/// A problem with its code.
#[utoipa::path(
    get,
    path = "/jobs/{job}",
    tag = "jobs",
    responses((status = 200, description = "Done", body = Job))
)]
pub async fn get_job() -> Result<Json<Job>, Problem> {
    Err(Problem::internal())
}

/// Changes a job's name or description.
///
/// # Errors
/// A problem with its code.
#[utoipa::path(
    patch,
    path = "/jobs/{job}",
    tag = "jobs",
    request_body = JobChange,
    responses((status = 200, description = "Done", body = Job))
)]
pub async fn change_job() -> Result<Json<Job>, Problem> {
    Err(Problem::internal())
}
