//! Whether the server lives, is ready, and how it fares.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::client::Client;
use crate::gate::authenticate;
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
pub async fn readyz(State(app): State<App>) -> Result<Json<Health>, Problem> {
    app.store.ping().await?;
    Ok(Json(Health { status: "ok" }))
}

/// Figures of the server in Prometheus' text format; for people who have signed in, and for this host.
///
/// # Errors
/// 401 for anybody else.
#[utoipa::path(get, path = "/metrics", tag = "server", responses((status = 200, description = "Figures", body = String, content_type = "text/plain")))]
pub async fn metrics(State(app): State<App>, client: Client, headers: HeaderMap) -> Result<Response, Problem> {
    // A proxy on this host is local too, but whom it speaks for is not.
    let local = client.is_local() && !headers.contains_key("x-forwarded-for") && !headers.contains_key(header::FORWARDED);
    if !local && authenticate(&app, &headers).await?.is_none() {
        return Err(Problem::new(
            StatusCode::UNAUTHORIZED,
            "not_signed_in",
            "Figures are for this host and for people who have signed in.",
        )
        .hint("Send 'Authorization: Bearer swt_…'."));
    }
    crate::figures::refresh(&app).await;
    let text = app.settings.figures.as_ref().map(|render| render()).unwrap_or_default();
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response())
}
