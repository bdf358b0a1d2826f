//! The caller's API tokens: made once, shown once, kept as a hash, revocable.

use axum::Json;
use axum::extract::State;
use domain::access::TokenScope;
use domain::id::{TeamId, TokenId};
use domain::time::HOUR;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use store::{StoreError, now};
use utoipa::ToSchema;

use super::{Role, secret};
use crate::app::App;
use crate::audit::Note;
use crate::extract::{Body, Path};
use crate::gate::Caller;
use crate::page::Page;
use crate::problem::Problem;
use crate::text;
use crate::time::{Time, some};

/// Most days that a token may last, about ten years.
const MAX_DAYS: u32 = 3_650;

/// An API token without its secret.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Token {
    /// Its id.
    #[schema(value_type = String)]
    pub id: TokenId,
    /// What it is for.
    pub name: String,
    /// When it was made.
    pub created_at: Time,
    /// When it ends by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Time>,
    /// When it was last used, to the minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<Time>,
    /// The one team that it is for; without one it carries all rights of its maker.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<TokenTeam>,
}

/// The one team that a token is for.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TokenTeam {
    /// The team's id.
    #[schema(value_type = String)]
    pub team_id: TeamId,
    /// Its name; empty when the maker does not see it any more.
    pub team: String,
    /// The most that it may do there. It never does more than its maker may now.
    pub role: Role,
}

/// A token to make: for one team with a role, or with all rights of the one who makes it.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewToken {
    /// What it is for.
    pub name: String,
    /// Days until it ends by itself, 1 to 3650; absent means never.
    #[schema(minimum = 1, maximum = 3650)]
    pub expires_in_days: Option<u32>,
    /// Name or id of the one team that it is for.
    pub team: Option<String>,
    /// The most that it may do there; the maker's own role unless told.
    pub role: Option<Role>,
}

/// A new token with its secret, which is never shown again.
#[derive(Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreatedToken {
    /// The token.
    pub token: Token,
    /// `swt_…`, for `Authorization: Bearer`.
    pub secret: String,
}

/// Which token.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct TokenPath {
    token: TokenId,
}

fn view(token: domain::access::Token, teams: &[domain::access::Membership]) -> Token {
    let scope = token.scope.map(|scope| {
        let team = teams.iter().find(|team| team.team_id == scope.team_id);
        TokenTeam {
            team_id: scope.team_id,
            team: team.map(|team| team.team_name.clone()).unwrap_or_default(),
            role: scope.role.into(),
        }
    });
    Token {
        id: token.id,
        name: token.name,
        created_at: token.created_at.into(),
        expires_at: some(token.expires_at),
        last_used_at: some(token.last_used_at),
        scope,
    }
}

/// The scope that is asked for, never above the maker's present role.
fn scope(asked: &NewToken, teams: &[domain::access::Membership]) -> Result<Option<TokenScope>, Problem> {
    let Some(named) = asked.team.as_deref() else {
        return match asked.role {
            None => Ok(None),
            Some(_) => Err(Problem::unprocessable("missing_field", "A role is for one team: name the team.").field("team")),
        };
    };
    let team = teams
        .iter()
        .find(|team| team.team_id.to_string() == named || team.team_name == named);
    let team = team.ok_or_else(|| {
        let shown: String = named.chars().take(80).collect();
        Problem::unprocessable("unknown_team", format!("You are in no team '{shown}'.")).field("team")
    })?;
    let role = asked.role.map_or(team.role, Into::into);
    if role > team.role {
        let own = crate::gate::word(team.role);
        return Err(Problem::unprocessable(
            "role_too_high",
            format!("In team '{}' you are {own}; a token cannot do more.", team.team_name),
        )
        .field("role"));
    }
    Ok(Some(TokenScope {
        team_id: team.team_id,
        role,
    }))
}

/// The caller's API tokens.
///
/// # Errors
/// When the database does not answer.
#[utoipa::path(get, path = "/me/tokens", tag = "session", responses((status = 200, description = "Done", body = Page<Token>)))]
pub async fn list_tokens(State(app): State<App>, caller: Caller) -> Result<Json<Page<Token>>, Problem> {
    let teams = app.teams_of(&caller).await?;
    let tokens = app.store.tokens(caller.user.id).await?;
    Ok(Json(Page::whole(tokens.into_iter().map(|token| view(token, &teams)).collect())))
}

/// Makes an API token. Its secret is in the answer and nowhere else.
///
/// # Errors
/// 422 for a name, team, role or time that cannot be.
#[utoipa::path(
    post,
    path = "/me/tokens",
    tag = "session",
    request_body = NewToken,
    responses((status = 201, description = "Made", body = CreatedToken)),
)]
pub async fn create_token(
    State(app): State<App>,
    caller: Caller,
    note: Note,
    Body(asked): Body<NewToken>,
) -> Result<(StatusCode, Json<CreatedToken>), Problem> {
    text::name("name", &asked.name)?;
    if asked.expires_in_days.is_some_and(|days| !(1..=MAX_DAYS).contains(&days)) {
        return Err(Problem::unprocessable("bad_time", format!("A token lasts 1 to {MAX_DAYS} days.")).field("expiresInDays"));
    }
    let teams = app.teams_of(&caller).await?;
    let scope = scope(&asked, &teams)?;
    let secret = format!("{}{}", secret::TOKEN_PREFIX, secret::new()?);
    let new = store::NewToken {
        user_id: caller.user.id,
        name: asked.name,
        secret_sha256: secret::sha256(&secret),
        expires_at: asked.expires_in_days.map(|days| now().plus(i64::from(days) * 24 * HOUR)),
        scope,
    };
    let token = view(app.store.create_token(new).await?, &teams);
    note.of(token.id, &token.name);
    note.after(&token);
    Ok((StatusCode::CREATED, Json(CreatedToken { token, secret })))
}

/// Revokes an API token.
///
/// # Errors
/// 404 when it is not the caller's.
#[utoipa::path(delete, path = "/me/tokens/{token}", tag = "session", responses((status = 204, description = "Done")))]
pub async fn delete_token(State(app): State<App>, caller: Caller, note: Note, Path(path): Path<TokenPath>) -> Result<StatusCode, Problem> {
    note.of(path.token, "");
    match app.store.delete_token(path.token, caller.user.id).await {
        Err(StoreError::NotFound) => Err(Problem::not_found("token", &path.token.to_string())),
        done => Ok(done.map(|()| StatusCode::NO_CONTENT)?),
    }
}
