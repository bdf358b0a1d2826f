//! The caller: who they are, what they may see, and their password.

use axum::Json;
use axum::extract::State;
use domain::access::{Membership, TokenScope, reach};
use domain::id::{TeamId, UserId};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use store::now;
use utoipa::ToSchema;

use super::{Role, password};
use crate::app::App;
use crate::client::Client;
use crate::extract::Body;
use crate::gate::Caller;
use crate::problem::Problem;

/// The caller.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Me {
    /// Who.
    pub user: User,
    /// The teams they may see, with their role in each.
    pub teams: Vec<TeamRole>,
    /// Whether they have a password; without one the next sign-in needs a link.
    pub password_set: bool,
    /// The server's version.
    pub version: String,
}

/// A person.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// Their id.
    #[schema(value_type = String)]
    pub id: UserId,
    /// Sign-in name.
    pub name: String,
    /// Whether they may do everything in every team.
    pub platform_admin: bool,
}

/// A team and the caller's role in it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TeamRole {
    /// The team's id.
    #[schema(value_type = String)]
    pub id: TeamId,
    /// Its name.
    pub name: String,
    /// The role.
    pub role: Role,
}

/// A new password.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewPassword {
    /// The password that is set; not needed while none is.
    #[schema(format = Password)]
    pub current: Option<String>,
    /// The new one: 12 to 200 characters.
    #[schema(format = Password, min_length = 12, max_length = 200)]
    pub new: String,
}

impl From<Membership> for TeamRole {
    fn from(team: Membership) -> Self {
        Self {
            id: team.team_id,
            name: team.team_name,
            role: team.role.into(),
        }
    }
}

/// What a person is told of themselves; with a token of one team, of that team.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn describe(app: &App, user: &domain::access::User, token: Option<TokenScope>) -> Result<Me, Problem> {
    let memberships = app.store.memberships(user.id, user.platform_admin).await?;
    let teams = reach(memberships, token).into_iter().map(TeamRole::from);
    Ok(Me {
        user: User {
            id: user.id,
            name: user.name.clone(),
            platform_admin: user.platform_admin && token.is_none(),
        },
        teams: teams.collect(),
        password_set: user.password_hash.is_some(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    })
}

/// The caller, with their teams and roles.
///
/// # Errors
/// When the database does not answer.
#[utoipa::path(get, path = "/me", tag = "session", responses((status = 200, description = "Done", body = Me)))]
pub async fn get_me(State(app): State<App>, caller: Caller) -> Result<Json<Me>, Problem> {
    Ok(Json(describe(&app, &caller.user, caller.token_scope()).await?))
}

/// Sets or changes the caller's password. Other sessions of the caller end.
///
/// # Errors
/// 403 `wrong_password`, 422 `bad_password`, 429 after several failures.
#[utoipa::path(
    post,
    path = "/me/password",
    tag = "session",
    request_body = NewPassword,
    responses((status = 204, description = "Done")),
)]
pub async fn set_password(
    State(app): State<App>,
    client: Client,
    caller: Caller,
    Body(asked): Body<NewPassword>,
) -> Result<StatusCode, Problem> {
    password::check(&asked.new, &caller.user.name)?;
    if let Some(stored) = caller.user.password_hash.clone() {
        prove(&app, &client, &caller.user.name, asked.current.unwrap_or_default(), stored).await?;
    }
    let hash = app.passwords.hash(asked.new).await?;
    app.store.set_password(caller.user.id, &hash).await?;
    app.store
        .delete_sessions_but(caller.user.id, caller.session().map(|session| session.id))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The current password again: a session that was left open must not be enough to take an account over.
async fn prove(app: &App, client: &Client, name: &str, current: String, stored: String) -> Result<(), Problem> {
    app.limiter.check(name, client.address(), now())?;
    app.limiter.failed(name, client.address(), now());
    if !app.passwords.verify(current, Some(stored)).await? {
        return Err(Problem::new(StatusCode::FORBIDDEN, "wrong_password", "The current password does not fit.").field("current"));
    }
    app.limiter.succeeded(name, client.address());
    Ok(())
}
