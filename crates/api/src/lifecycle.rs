//! The walk of Start from its first step: start, stop, savepoint, replace, delete and detach.

use axum::Json;

use crate::job::Job;
use crate::operation::Operation;
use crate::problem::Problem;
use crate::run::{NoChoices, ReplaceRequest, StartRequest, StopRequest};

/// Starts a release.
///
/// # Errors
/// A problem with its code.
#[utoipa::path(
    post,
    path = "/jobs/{job}/start",
    tag = "lifecycle",
    params(("idempotency-key" = Option<String>, Header, description = "The same key and body within 24 hours answer the same operation")),
    request_body = StartRequest,
    responses((status = 202, description = "Accepted", body = Operation))
)]
pub async fn start_job() -> Result<Json<Operation>, Problem> {
    Err(Problem::internal())
}

/// Stops what runs. `cancel` takes the place of an open stop.
///
/// # Errors
/// A problem with its code.
#[utoipa::path(
    post,
    path = "/jobs/{job}/stop",
    tag = "lifecycle",
    params(("idempotency-key" = Option<String>, Header, description = "The same key and body within 24 hours answer the same operation")),
    request_body = StopRequest,
    responses((status = 202, description = "Accepted", body = Operation))
)]
pub async fn stop_job() -> Result<Json<Operation>, Problem> {
    Err(Problem::internal())
}

/// Takes a savepoint; the job goes on running.
///
/// # Errors
/// A problem with its code.
#[utoipa::path(
    post,
    path = "/jobs/{job}/savepoint",
    tag = "lifecycle",
    params(("idempotency-key" = Option<String>, Header, description = "The same key and body within 24 hours answer the same operation")),
    request_body = NoChoices,
    responses((status = 202, description = "Accepted", body = Operation))
)]
pub async fn take_savepoint() -> Result<Json<Operation>, Problem> {
    Err(Problem::internal())
}

/// Stops what runs and starts a release: a restart, or a change of the release.
///
/// # Errors
/// A problem with its code.
#[utoipa::path(
    post,
    path = "/jobs/{job}/replace",
    tag = "lifecycle",
    params(("idempotency-key" = Option<String>, Header, description = "The same key and body within 24 hours answer the same operation")),
    request_body = ReplaceRequest,
    responses((status = 202, description = "Accepted", body = Operation))
)]
pub async fn replace_job() -> Result<Json<Operation>, Problem> {
    Err(Problem::internal())
}

/// Declares the live run gone, where nobody can find out any more. Nothing is sent to Flink.
///
/// # Errors
/// A problem with its code.
#[utoipa::path(
    post,
    path = "/jobs/{job}/detach",
    tag = "lifecycle",
    request_body = NoChoices,
    responses((status = 200, description = "Done", body = Job))
)]
pub async fn detach_job() -> Result<Json<Job>, Problem> {
    Err(Problem::internal())
}

/// Deletes a job with its history; files of snapshots stay.
///
/// # Errors
/// A problem with its code.
#[utoipa::path(
    delete,
    path = "/jobs/{job}",
    tag = "lifecycle",
    params(("idempotency-key" = Option<String>, Header, description = "The same key and body within 24 hours answer the same operation")),
    responses((status = 202, description = "Accepted", body = Operation))
)]
pub async fn delete_job() -> Result<Json<Operation>, Problem> {
    Err(Problem::internal())
}
