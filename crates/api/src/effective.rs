//! The configuration of a job: declared in its release, and effective as the JobManager runs it.

use axum::Json;
use crate::problem::Problem;
use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

/// Declared and effective configuration.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct JobConfiguration {
    /// What the release of the newest run declares; before the first run, the draft.
    pub declared: BTreeMap<String, String>,
    /// What Flink runs with; absent while no run can be asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effective: Option<BTreeMap<String, String>>,
    /// Why there is no effective configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The declared and the effective configuration.
///
/// # Errors
/// A problem with its code.
#[utoipa::path(
    get,
    path = "/jobs/{job}/configuration",
    tag = "live",
    responses((status = 200, description = "Done", body = JobConfiguration))
)]
pub async fn get_configuration() -> Result<Json<JobConfiguration>, Problem> {
    Err(Problem::internal())
}
