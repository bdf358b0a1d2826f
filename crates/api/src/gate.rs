//! The gate before every route: who calls, and whether the route's class lets them in.
//!
//! A caller is known by a session cookie or by an API token; where both are sent, the token counts. A team
//! that is not the caller's looks like one that does not exist, so that names do not leak. The time and
//! status of every answer are counted here, by route and not by path, so that the figures stay few.

use std::time::Instant;

use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{MatchedPath, RawPathParams, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use axum_extra::extract::cookie::CookieJar;
use domain::access::{Access, Membership, Session, Token, User};
use http::{HeaderMap, HeaderValue, StatusCode, header};

use crate::access::secret;
use crate::app::App;
use crate::problem::Problem;
use crate::scope::Scope;

/// Name of the session cookie.
pub const COOKIE: &str = "streamwright_session";

/// What the gate of one route asks for.
#[derive(Debug, Clone, Copy)]
pub struct Gate {
    /// The class.
    pub access: Access,
    /// Whether the path names a team.
    pub team_scoped: bool,
}

/// What the caller showed.
#[derive(Debug, Clone)]
pub enum Credential {
    /// The cookie of a session.
    Session(Session),
    /// An API token.
    Token(Token),
}

/// Who calls.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The person.
    pub user: User,
    /// What they showed.
    pub credential: Credential,
    /// SHA-256 of the secret, to look again whether it still holds.
    pub sha256: String,
}

impl Caller {
    /// The session, where the caller has one.
    #[must_use]
    pub const fn session(&self) -> Option<&Session> {
        match &self.credential {
            Credential::Session(session) => Some(session),
            Credential::Token(_) => None,
        }
    }
}

/// Lets a request pass or answers a problem.
///
/// # Errors
/// 401 without a valid session or token, 403 with too low a role, 404 for a team that is not the caller's.
pub async fn gate(
    State((app, gate)): State<(App, Gate)>,
    path: Result<RawPathParams, RawPathParamsRejection>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map(|path| path.as_str().to_owned())
        .unwrap_or_default();
    let (method, began) = (request.method().clone(), Instant::now());
    let answer = pass(&app, gate, path, request, next).await;
    let status = answer
        .as_ref()
        .map_or_else(|problem| problem.status, |response| response.status().as_u16());
    let labels = [("method", method.to_string()), ("route", route), ("status", status.to_string())];
    metrics::histogram!("streamwright_http_request_seconds", &labels).record(began.elapsed().as_secs_f64());
    answer
}

async fn pass(
    app: &App,
    gate: Gate,
    path: Result<RawPathParams, RawPathParamsRejection>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let path = path.map_err(Problem::bad_path)?;
    if gate.access != Access::Public {
        let caller = authenticate(app, request.headers()).await?.ok_or_else(sign_in_first)?;
        if gate.team_scoped {
            let team = path.iter().find(|(name, _)| *name == "team").map_or("", |(_, value)| value);
            let scope = enter(app, &caller, team, gate.access).await?;
            request.extensions_mut().insert(scope);
        } else if gate.access > Access::SignedIn && !caller.user.platform_admin {
            return Err(
                Problem::new(StatusCode::FORBIDDEN, "platform_admin_only", "Only platform admins may do this.")
                    .hint("Ask a platform admin."),
            );
        }
        request.extensions_mut().insert(caller);
    }
    let mut response = next.run(request).await;
    // Answers are about now and about this caller: nobody on the way may keep them.
    response
        .headers_mut()
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    Ok(response)
}

fn sign_in_first() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "not_signed_in",
        "This needs a session or an API token that is valid.",
    )
    .hint("Sign in, or send 'Authorization: Bearer swt_…'.")
}

/// Who calls, if anybody that is known.
///
/// # Errors
/// 401 for a token that is not valid; a problem when the database does not answer.
pub async fn authenticate(app: &App, headers: &HeaderMap) -> Result<Option<Caller>, Problem> {
    if let Some(header) = headers.get(header::AUTHORIZATION) {
        return by_token(app, header).await.map(Some);
    }
    let jar = CookieJar::from_headers(headers);
    let Some(cookie) = jar.get(COOKIE) else { return Ok(None) };
    if !secret::well_formed(cookie.value()) {
        return Ok(None);
    }
    let sha256 = secret::sha256(cookie.value());
    let found = app.store.session_by_secret(&sha256).await?;
    Ok(found.map(|(session, user)| Caller {
        user,
        credential: Credential::Session(session),
        sha256,
    }))
}

async fn by_token(app: &App, header: &HeaderValue) -> Result<Caller, Problem> {
    let refused = || {
        Problem::new(
            StatusCode::UNAUTHORIZED,
            "bad_token",
            "The API token is not valid: it has ended, was revoked, or is mistyped.",
        )
        .hint("Make a new one under your account.")
    };
    let text = header
        .to_str()
        .ok()
        .and_then(|value| value.strip_prefix("Bearer "))
        .map(str::trim)
        .ok_or_else(refused)?;
    let digits = text.strip_prefix(secret::TOKEN_PREFIX).ok_or_else(refused)?;
    if !secret::well_formed(digits) {
        return Err(refused());
    }
    let sha256 = secret::sha256(text);
    let (token, user) = app.store.token_by_secret(&sha256).await?.ok_or_else(refused)?;
    app.store.touch_token(&token).await?;
    Ok(Caller {
        user,
        credential: Credential::Token(token),
        sha256,
    })
}

/// The team by name or id, if the caller's role in it reaches.
async fn enter(app: &App, caller: &Caller, named: &str, access: Access) -> Result<Scope, Problem> {
    let mut memberships = app.store.memberships(caller.user.id, caller.user.platform_admin).await?;
    let id = named.parse().ok();
    let by_id = memberships.iter().position(|membership| Some(membership.team_id) == id);
    let place = by_id.or_else(|| memberships.iter().position(|membership| membership.team_name == named));
    let team = place
        .map(|place| memberships.swap_remove(place))
        .ok_or_else(|| Problem::not_found("team", named))?;
    if !caller.user.platform_admin && team.role < access {
        return Err(too_low(&team, access));
    }
    Ok(Scope {
        caller: caller.clone(),
        team_id: team.team_id,
        team_name: team.team_name,
    })
}

fn too_low(team: &Membership, access: Access) -> Problem {
    let detail = format!(
        "In team '{}' you are {}; this needs {}.",
        team.team_name,
        word(team.role),
        word(access)
    );
    Problem::new(StatusCode::FORBIDDEN, "role_too_low", detail).hint("Ask an admin of the team.")
}

/// A class as a word for people.
const fn word(access: Access) -> &'static str {
    match access {
        Access::Public => "anybody",
        Access::SignedIn => "signed in",
        Access::Viewer => "viewer",
        Access::Operator => "operator",
        Access::Developer => "developer",
        Access::TeamAdmin => "team admin",
        Access::PlatformAdmin => "platform admin",
    }
}
