//! Signing in by password or one-time link, and signing out.

use axum::Json;
use axum::extract::State;
use axum::response::AppendHeaders;
use domain::access::User;
use domain::time::{HOUR, SECOND};
use http::{HeaderMap, HeaderName, StatusCode, header};
use serde::Deserialize;
use store::{NewSession, now};
use utoipa::ToSchema;

use super::me::{Me, describe};
use super::secret;
use crate::app::App;
use crate::audit::Note;
use crate::client::Client;
use crate::extract::Body;
use crate::gate::{COOKIE, Caller};
use crate::problem::Problem;

/// How long a session lasts: two weeks, so that people who come weekly stay signed in.
const SESSION: i64 = 14 * 24 * HOUR;

/// The header that sets or clears the session cookie.
pub(crate) type SetCookie = AppendHeaders<[(HeaderName, String); 1]>;

/// A name and a password.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignIn {
    /// Sign-in name.
    pub name: String,
    /// Password.
    #[schema(format = Password)]
    pub password: String,
}

/// The secret of a one-time link.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignInLink {
    /// The text after `#token=` of the link.
    #[schema(format = Password)]
    pub token: String,
}

/// Signs in with a name and a password; answers the caller and sets the session cookie.
///
/// # Errors
/// 401 `wrong_password` whether or not the name is known, 403 `account_disabled` after the right password, 429
/// after several failures.
#[utoipa::path(
    post,
    path = "/sign-in",
    tag = "session",
    request_body = SignIn,
    responses((status = 200, description = "Done", body = Me)),
)]
pub async fn sign_in(
    State(app): State<App>,
    client: Client,
    note: Note,
    headers: HeaderMap,
    Body(asked): Body<SignIn>,
) -> Result<(SetCookie, Json<Me>), Problem> {
    app.limiter.check(&asked.name, client.address(), now())?;
    // Counted before the check and forgotten after a success, so that many tries at once count as many.
    app.limiter.failed(&asked.name, client.address(), now());
    let user = app.store.user_by_name(&asked.name).await?;
    // Never the name as it was typed: people type passwords there.
    if let Some(user) = &user {
        note.of(user.id, &user.name);
    }
    let stored = user.as_ref().and_then(|user| user.password_hash.clone());
    let fits = app.passwords.verify(asked.password, stored).await?;
    let Some(user) = user.filter(|_| fits) else {
        return Err(Problem::new(
            StatusCode::UNAUTHORIZED,
            "wrong_password",
            "The name and password do not fit.",
        ));
    };
    app.limiter.succeeded(&asked.name, client.address());
    if user.disabled_at.is_some() {
        return Err(
            Problem::new(StatusCode::FORBIDDEN, "account_disabled", "This account is disabled.").hint("Ask a platform admin to enable it.")
        );
    }
    note.by(user.id);
    begin(&app, user, &client, &headers).await
}

/// Signs in with a one-time link. The console then asks for a password where none is set.
///
/// # Errors
/// 401 `link_used` when the link was used, has ended, or never was.
#[utoipa::path(
    post,
    path = "/sign-in/link",
    tag = "session",
    request_body = SignInLink,
    responses((status = 200, description = "Done", body = Me)),
)]
pub async fn sign_in_by_link(
    State(app): State<App>,
    client: Client,
    note: Note,
    headers: HeaderMap,
    Body(asked): Body<SignInLink>,
) -> Result<(SetCookie, Json<Me>), Problem> {
    let token = asked.token.trim();
    let user = if secret::well_formed(token) {
        app.store.use_link(&secret::sha256(token)).await?
    } else {
        None
    };
    let user = user.ok_or_else(|| {
        Problem::new(
            StatusCode::UNAUTHORIZED,
            "link_used",
            "This link was used already, has ended, or is not complete.",
        )
        .hint("Sign in with your password, or ask a platform admin for a new link.")
    })?;
    note.by(user.id);
    note.of(user.id, &user.name);
    begin(&app, user, &client, &headers).await
}

/// Begins a session.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn begin(app: &App, user: User, client: &Client, headers: &HeaderMap) -> Result<(SetCookie, Json<Me>), Problem> {
    let secret = secret::new()?;
    let agent = headers
        .get(header::USER_AGENT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let session = NewSession {
        user_id: user.id,
        secret_sha256: secret::sha256(&secret),
        expires_at: now().plus(SESSION),
        user_agent: agent.chars().take(200).collect(),
        address: client.address().map(|address| address.to_string()),
    };
    app.store.create_session(session).await?;
    let me = describe(app, &user, None).await?;
    Ok((session_cookie(app, &secret, SESSION), Json(me)))
}

fn session_cookie(app: &App, value: &str, millis: i64) -> SetCookie {
    let secure = if app.settings.secure_cookies { "; Secure" } else { "" };
    let age = millis / SECOND;
    AppendHeaders([(
        header::SET_COOKIE,
        format!("{COOKIE}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={age}{secure}"),
    )])
}

/// Ends the session of this browser.
///
/// # Errors
/// When the database does not answer.
#[utoipa::path(post, path = "/sign-out", tag = "session", responses((status = 204, description = "Done")))]
pub async fn sign_out(State(app): State<App>, caller: Caller) -> Result<(StatusCode, SetCookie), Problem> {
    if let Some(session) = caller.session() {
        match app.store.delete_session(session.id, caller.user.id).await {
            Ok(()) | Err(store::StoreError::NotFound) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok((StatusCode::NO_CONTENT, session_cookie(&app, "", 0)))
}
