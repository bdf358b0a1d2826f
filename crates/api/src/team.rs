//! Teams: the tenants of everything below them.

use axum::Json;
use crate::problem::Problem;
use crate::page::Page;
use domain::id::TeamId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::time::Time;

/// A team.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Team {
    /// Its id.
    #[schema(value_type = String)]
    pub id: TeamId,
    /// Its name.
    pub name: String,
    /// When it was made.
    pub created_at: Time,
}

/// A team to make.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewTeam {
    /// Its name, unique.
    pub name: String,
}

/// The teams that the caller may see.
///
/// # Errors
/// A problem with its code.
#[utoipa::path(
    get,
    path = "/teams",
    tag = "teams",
    responses((status = 200, description = "Done", body = Page<Team>))
)]
pub async fn list_teams() -> Result<Json<Page<Team>>, Problem> {
    Err(Problem::internal())
}

/// Makes a team.
///
/// # Errors
/// A problem with its code.
#[utoipa::path(
    post,
    path = "/teams",
    tag = "teams",
    request_body = NewTeam,
    responses((status = 201, description = "Made", body = Team))
)]
pub async fn create_team() -> Result<Json<Team>, Problem> {
    Err(Problem::internal())
}
