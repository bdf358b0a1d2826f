//! The caller's sessions: every browser that is signed in, each of which can be ended.

use axum::Json;
use axum::extract::State;
use domain::id::SessionId;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use store::StoreError;
use utoipa::ToSchema;

use crate::app::App;
use crate::audit::Note;
use crate::extract::Path;
use crate::gate::Caller;
use crate::page::Page;
use crate::problem::Problem;
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
    /// The network address that signed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// Which session.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct SessionPath {
    session: SessionId,
}

/// The caller's sessions.
///
/// # Errors
/// When the database does not answer.
#[utoipa::path(get, path = "/me/sessions", tag = "session", responses((status = 200, description = "Done", body = Page<Session>)))]
pub async fn list_sessions(State(app): State<App>, caller: Caller) -> Result<Json<Page<Session>>, Problem> {
    let own = caller.session().map(|session| session.id);
    let sessions = app.store.sessions(caller.user.id).await?.into_iter().map(|session| Session {
        id: session.id,
        created_at: session.created_at.into(),
        expires_at: session.expires_at.into(),
        user_agent: session.user_agent,
        address: session.address,
        current: Some(session.id) == own,
    });
    Ok(Json(Page::whole(sessions.collect())))
}

/// Ends one of the caller's sessions.
///
/// # Errors
/// 404 when it is not theirs or has ended.
#[utoipa::path(delete, path = "/me/sessions/{session}", tag = "session", responses((status = 204, description = "Done")))]
pub async fn delete_session(
    State(app): State<App>,
    caller: Caller,
    note: Note,
    Path(path): Path<SessionPath>,
) -> Result<StatusCode, Problem> {
    note.of(path.session, "");
    match app.store.delete_session(path.session, caller.user.id).await {
        Err(StoreError::NotFound) => Err(Problem::not_found("session", &path.session.to_string())),
        done => Ok(done.map(|()| StatusCode::NO_CONTENT)?),
    }
}
