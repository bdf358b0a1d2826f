//! The caller's sessions: every browser that is signed in, each of which can be ended.

use axum::Json;
use http::StatusCode;
use crate::problem::Problem;
use crate::page::Page;
use domain::id::SessionId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::time::Time;

/// One signed-in browser.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// Its id.
    #[schema(value_type = String)]
    pub id: SessionId,
    /// When it began.
    pub created_at: Time,
    /// When it ends by itself.
    pub expires_at: Time,
    /// The browser's own name for itself.
    pub user_agent: String,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// The caller's sessions.
///
/// # Errors
/// A problem with its code.
#[utoipa::path(
    get,
    path = "/me/sessions",
    tag = "session",
    responses((status = 200, description = "Done", body = Page<Session>))
)]
pub async fn list_sessions() -> Result<Json<Page<Session>>, Problem> {
    Err(Problem::internal())
}

/// Ends one of the caller's sessions.
///
/// # Errors
/// A problem with its code.
#[utoipa::path(
    delete,
    path = "/me/sessions/{session}",
    tag = "session",
    responses((status = 204, description = "Done"))
)]
pub async fn delete_session() -> Result<StatusCode, Problem> {
    Err(Problem::internal())
}
