//! Checking a script before anything is saved.

use axum::Json;

use crate::problem::Problem;
use crate::sql::{CheckReport, CheckRequest};

/// Checks a script with Flink's own planner. Nothing is saved.
///
/// # Errors
/// A problem with its code.
#[utoipa::path(
    post,
    path = "/check",
    tag = "sql",
    request_body = CheckRequest,
    responses((status = 200, description = "Done", body = CheckReport))
)]
pub async fn check_sql() -> Result<Json<CheckReport>, Problem> {
    Err(Problem::internal())
}
