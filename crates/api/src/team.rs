//! Teams: the tenants of everything below them.

use axum::Json;
use axum::extract::State;
use domain::id::TeamId;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use store::StoreError;
use utoipa::ToSchema;

use crate::app::App;
use crate::audit::Note;
use crate::extract::Body;
use crate::gate::Caller;
use crate::page::Page;
use crate::problem::Problem;
use crate::scope::Scope;
use crate::text;
use crate::time::{Time, some};

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
    /// Since when its members cannot enter it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disabled_at: Option<Time>,
}

/// What to change about a team.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TeamChange {
    /// Whether its members cannot enter it. What runs goes on.
    pub disabled: bool,
}

/// A team to make.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewTeam {
    /// Its name, unique.
    pub name: String,
}

impl From<domain::team::Team> for Team {
    fn from(team: domain::team::Team) -> Self {
        Self {
            id: team.id,
            name: team.name,
            created_at: team.created_at.into(),
            disabled_at: some(team.disabled_at),
        }
    }
}

/// The teams that the caller may see.
///
/// # Errors
/// When the database does not answer.
#[utoipa::path(get, path = "/teams", tag = "teams", responses((status = 200, description = "Done", body = Page<Team>)))]
pub async fn list_teams(State(app): State<App>, caller: Caller) -> Result<Json<Page<Team>>, Problem> {
    let mine = app.teams_of(&caller).await?;
    let teams = app
        .store
        .teams()
        .await?
        .into_iter()
        .filter(|team| mine.iter().any(|membership| membership.team_id == team.id));
    Ok(Json(Page::whole(teams.map(Team::from).collect())))
}

/// Makes a team.
///
/// # Errors
/// 409 `name_taken`, 422 `bad_name`.
#[utoipa::path(
    post,
    path = "/teams",
    tag = "teams",
    request_body = NewTeam,
    responses((status = 201, description = "Made", body = Team)),
)]
pub async fn create_team(State(app): State<App>, note: Note, Body(asked): Body<NewTeam>) -> Result<(StatusCode, Json<Team>), Problem> {
    text::name("name", &asked.name)?;
    match app.store.create_team(&asked.name).await {
        Err(StoreError::Conflict(_)) => Err(Problem::name_taken("team", &asked.name)),
        made => {
            let team = made?;
            note.team(team.id);
            note.of(team.id, &team.name);
            Ok((StatusCode::CREATED, Json(team.into())))
        }
    }
}

/// Closes a team to its members, or opens it again. Its jobs and clusters go on; only platform admins see them.
///
/// # Errors
/// 404 when there is none of this name or id.
#[utoipa::path(
    patch,
    path = "",
    tag = "teams",
    request_body = TeamChange,
    responses((status = 200, description = "Done", body = Team)),
)]
pub async fn change_team(State(app): State<App>, scope: Scope, Body(asked): Body<TeamChange>) -> Result<Json<Team>, Problem> {
    let (before, after) = app.store.disable_team(scope.team_id, asked.disabled).await?;
    scope.note.of(scope.team_id, &scope.team_name);
    scope.note.before(Team::from(before));
    let after = Team::from(after);
    scope.note.after(&after);
    Ok(Json(after))
}
