//! The gate before every route: who calls, whether the route's class lets them in, and the row in the audit list.
//!
//! A caller is known by a session cookie or by an API token; where both are sent, the token counts. A team
//! that is not the caller's looks like one that does not exist, so that names do not leak. The time and
//! status of every answer are counted here, by route and not by path, so that the figures stay few.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{MatchedPath, RawPathParams, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use axum_extra::extract::cookie::CookieJar;
use domain::access::{Access, Membership, Session, Token, TokenScope, User, reach};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use tower::{Layer, ServiceExt};
use tracing::Instrument;

use crate::access::secret;
use crate::app::App;
use crate::audit::Note;
use crate::client;
use crate::problem::{Code, Problem};
use crate::scope::Scope;
use crate::serve::CrossSite;

/// Name of the session cookie.
pub const COOKIE: &str = "streamwright_session";

/// What the gate of one route asks for.
#[derive(Debug, Clone)]
pub struct Gate {
    /// The class.
    pub access: Access,
    /// Whether the path names a team.
    pub team_scoped: bool,
    /// The operation's id.
    pub operation: Arc<str>,
    /// What the route is about, where it may change something and so belongs into the audit list.
    pub audited: Option<Arc<str>>,
}

/// The gate of one route with what it works with.
#[derive(Clone)]
pub(crate) struct Door {
    pub(crate) app: App,
    pub(crate) gate: Gate,
    pub(crate) cross_site: CrossSite,
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

    /// The one team that the caller's token is for, where it is.
    #[must_use]
    pub const fn token_scope(&self) -> Option<TokenScope> {
        match &self.credential {
            Credential::Session(_) => None,
            Credential::Token(token) => token.scope,
        }
    }

    /// Whether the caller may do everything in every team: not with a token of one team.
    #[must_use]
    pub const fn is_platform_admin(&self) -> bool {
        self.user.platform_admin && self.token_scope().is_none()
    }
}

impl App {
    /// The caller as they are now; nothing where what they showed holds no longer.
    pub(crate) async fn again(&self, caller: &Caller) -> Option<Caller> {
        let user = match caller.credential {
            Credential::Session(_) => self.store.session_by_secret(&caller.sha256).await.ok()?.map(|(_, user)| user),
            Credential::Token(_) => self.store.token_by_secret(&caller.sha256).await.ok()?.map(|(_, user)| user),
        };
        Some(Caller {
            user: user?,
            ..caller.clone()
        })
    }

    /// The teams that a caller may enter, with the role that counts there.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(crate) async fn teams_of(&self, caller: &Caller) -> Result<Vec<Membership>, Problem> {
        let memberships = self.store.memberships(caller.user.id, caller.user.platform_admin).await?;
        Ok(reach(memberships, caller.token_scope()))
    }
}

type PathParams = Result<RawPathParams, RawPathParamsRejection>;

/// Lets a request pass or answers a problem.
///
/// # Errors
/// 401 without a valid session or token, 403 with too low a role, 404 for a team that is not the caller's.
pub(crate) async fn gate(State(door): State<Door>, path: PathParams, request: Request, next: Next) -> Result<Response, Problem> {
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map(|path| path.as_str().to_owned())
        .unwrap_or_default();
    let (method, began) = (request.method().clone(), Instant::now());
    let answer = match door.gate.audited.clone() {
        Some(noun) => audited(door, &noun, path, request, next).await,
        None => pass(&door, &Note::default(), path, request, next).await,
    };
    let status = status_of(&answer);
    let labels = [("method", method.to_string()), ("route", route), ("status", status.to_string())];
    metrics::histogram!("streamwright_http_request_seconds", &labels).record(began.elapsed().as_secs_f64());
    answer
}

fn status_of(answer: &Result<Response, Problem>) -> u16 {
    answer
        .as_ref()
        .map_or_else(|problem| problem.status, |response| response.status().as_u16())
}

fn code_of(answer: &Result<Response, Problem>) -> Option<String> {
    match answer {
        Err(problem) => Some(problem.code.clone()),
        Ok(response) => response.extensions().get::<Code>().map(|code| code.0.clone()),
    }
}

/// Lets a request pass and writes what became of it, also where nobody waits for the answer any more or the handler
/// breaks.
async fn audited(door: Door, noun: &str, path: PathParams, mut request: Request, next: Next) -> Result<Response, Problem> {
    let from = client::address(request.extensions());
    let note = Note::begin(&door.gate.operation, noun, from);
    request.extensions_mut().insert(note.clone());
    let app = door.app.clone();
    let work = {
        let note = note.clone();
        async move { pass(&door, &note, path, request, next).await }
    };
    let write = async move {
        match tokio::spawn(work.in_current_span()).await {
            Ok(answer) => {
                note.write(&app, from, status_of(&answer), code_of(&answer)).await;
                Ok(answer)
            }
            Err(error) => {
                note.write(&app, from, 500, Some("internal".to_owned())).await;
                Err(error)
            }
        }
    };
    match tokio::spawn(write.in_current_span()).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) | Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(Problem::internal()),
        },
    }
}

async fn pass(door: &Door, note: &Note, path: PathParams, mut request: Request, next: Next) -> Result<Response, Problem> {
    let (app, gate) = (&door.app, &door.gate);
    let path = path.map_err(Problem::bad_path)?;
    if request.uri().path_and_query().is_some_and(|uri| secret::holds_token(uri.as_str())) {
        return Err(token_in_url());
    }
    if request.uri().query().is_some_and(|query| query.contains("%00")) {
        // No database compares it: one ends the text there, another one refuses it.
        return Err(Problem::bad_request("bad_character", "The query contains the character U+0000."));
    }
    if gate.access != Access::Public {
        let caller = authenticate(app, request.headers()).await?.ok_or_else(sign_in_first)?;
        note.caller(&caller);
        if gate.team_scoped {
            let team = path.iter().find(|(name, _)| *name == "team").map_or("", |(_, value)| value);
            let scope = enter(door, note, &caller, team).await?;
            request.extensions_mut().insert(scope);
        } else {
            enter_platform(gate.access, &caller)?;
        }
        request.extensions_mut().insert(caller);
    }
    let mut response = run(door, request, next).await?;
    // Answers are about now and about this caller: nobody on the way may keep them.
    response
        .headers_mut()
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    Ok(response)
}

/// Cookies come along with whatever a browser is made to send, API tokens do not: only requests without a
/// token are looked at.
async fn run(door: &Door, request: Request, next: Next) -> Result<Response, Problem> {
    if request.headers().contains_key(header::AUTHORIZATION) {
        return Ok(next.run(request).await);
    }
    door.cross_site.layer(next).oneshot(request).await.map_err(|never| match never {})
}

fn token_in_url() -> Problem {
    Problem::bad_request("token_in_url", "There is an API token in the address; nothing was done.")
        .hint("Addresses are kept in logs and histories on the way: revoke this token, make a new one, and send it as 'Authorization: Bearer swt_…'.")
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

/// Whether a caller may use a route that is in no team.
fn enter_platform(access: Access, caller: &Caller) -> Result<(), Problem> {
    if access > Access::SignedIn && caller.token_scope().is_some() {
        let detail = "This API token is for one team; accounts and the platform are out of its reach.";
        return Err(Problem::new(StatusCode::FORBIDDEN, "token_of_team", detail)
            .hint("Sign in, or use a token that carries all rights of its maker."));
    }
    if access > Access::Account && !caller.is_platform_admin() {
        return Err(
            Problem::new(StatusCode::FORBIDDEN, "platform_admin_only", "Only platform admins may do this.").hint("Ask a platform admin."),
        );
    }
    Ok(())
}

/// The team by name or id, if the caller's role in it reaches.
async fn enter(door: &Door, note: &Note, caller: &Caller, named: &str) -> Result<Scope, Problem> {
    let access = door.gate.access;
    let mut teams = door.app.teams_of(caller).await?;
    let id = named.parse().ok();
    let by_id = teams.iter().position(|team| Some(team.team_id) == id);
    let place = by_id.or_else(|| teams.iter().position(|team| team.team_name == named));
    let team = place
        .map(|place| teams.swap_remove(place))
        .ok_or_else(|| Problem::not_found("team", named))?;
    note.team(team.team_id);
    if !caller.is_platform_admin() && team.role < access {
        return Err(too_low(&team, access, caller.token_scope().is_some()));
    }
    Ok(Scope {
        caller: caller.clone(),
        team_id: team.team_id,
        team_name: team.team_name,
        role: if caller.is_platform_admin() {
            Access::PlatformAdmin
        } else {
            team.role
        },
        note: note.clone(),
    })
}

fn too_low(team: &Membership, access: Access, token: bool) -> Problem {
    let (subject, hint) = if token {
        (
            "your API token is",
            "Use a token with a higher role, as far as you have it yourself.",
        )
    } else {
        ("you are", "Ask an admin of the team.")
    };
    let detail = format!(
        "In team '{}' {subject} {}; this needs {}.",
        team.team_name,
        word(team.role),
        word(access)
    );
    Problem::new(StatusCode::FORBIDDEN, "role_too_low", detail).hint(hint)
}

/// A class as a word for people.
pub(crate) const fn word(access: Access) -> &'static str {
    match access {
        Access::Public => "anybody",
        Access::SignedIn => "signed in",
        Access::Account => "signed in as a person",
        Access::Viewer => "viewer",
        Access::Operator => "operator",
        Access::Developer => "developer",
        Access::TeamAdmin => "team admin",
        Access::PlatformAdmin => "platform admin",
    }
}
