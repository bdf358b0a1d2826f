//! The caller: who they are, what they may see, and their password.

use axum::Json;
use http::StatusCode;
use crate::problem::Problem;
use domain::id::{TeamId, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Role;

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

/// The caller, with their teams and roles.
///
/// # Errors
/// A problem with its code.
#[utoipa::path(
    get,
    path = "/me",
    tag = "session",
    responses((status = 200, description = "Done", body = Me))
)]
pub async fn get_me() -> Result<Json<Me>, Problem> {
    Err(Problem::internal())
}

/// Sets or changes the caller's password. Other sessions of the caller end.
///
/// # Errors
/// A problem with its code.
#[utoipa::path(
    post,
    path = "/me/password",
    tag = "session",
    request_body = NewPassword,
    responses((status = 204, description = "Done"))
)]
pub async fn set_password() -> Result<StatusCode, Problem> {
    Err(Problem::internal())
}
