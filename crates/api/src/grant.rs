//! Which teams may use a Flink version or a target: all, or the ones that a platform admin names.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use domain::flink_version::FlinkVersion as Version;
use domain::grant::Grant;
use domain::id::{FlinkVersionId, TeamId};
use domain::team::Team;
use serde::{Deserialize, Serialize};
use store::StoreError;
use utoipa::ToSchema;

use crate::app::App;
use crate::audit::{AuditTeam as TeamName, Note};
use crate::extract::{Body, Path};
use crate::flink_version::{FlinkVersion, VersionPath};
use crate::gate::Caller;
use crate::page::Page;
use crate::problem::{Problem, sentence};
use crate::scope::Scope;

/// Who may use a Flink version.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FlinkVersionGrant {
    /// The version's id.
    #[schema(value_type = String)]
    pub flink_version_id: FlinkVersionId,
    /// Its number.
    pub version: String,
    /// Whether every team may use it, also those that come later.
    pub all_teams: bool,
    /// The teams that may, where not all may.
    pub teams: Vec<TeamName>,
}

/// Who may use it from now on.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewGrant {
    /// Whether every team may use it.
    pub all_teams: bool,
    /// Names or ids of the teams that may, where not all may.
    #[serde(default)]
    pub teams: Vec<String>,
}

impl App {
    /// The Flink versions that a caller may see: all for a platform admin, else those of their teams.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(crate) async fn flink_versions_of(&self, caller: &Caller) -> Result<Vec<Version>, Problem> {
        let mut versions = self.store.flink_versions().await?;
        if !caller.is_platform_admin() {
            let teams = self.teams_of(caller).await?;
            let grants = self.store.flink_version_grants().await?;
            versions.retain(|version| {
                let grant = grants.get(&version.id);
                grant.is_none_or(|grant| teams.iter().any(|team| grant.allows(team.team_id)))
            });
        }
        Ok(versions)
    }
}

/// Whether all teams may, and which may where not all may.
pub(crate) fn teams_of_grant(grant: &Grant, teams: &[Team]) -> (bool, Vec<TeamName>) {
    let Grant::Teams(some) = grant else {
        return (true, Vec::new());
    };
    let named = teams.iter().filter(|team| some.contains(&team.id)).map(|team| TeamName {
        id: team.id,
        name: team.name.clone(),
    });
    (false, named.collect())
}

fn view(version: &Version, grant: &Grant, teams: &[Team]) -> FlinkVersionGrant {
    let (all_teams, teams) = teams_of_grant(grant, teams);
    FlinkVersionGrant {
        flink_version_id: version.id,
        version: version.version.to_string(),
        all_teams,
        teams,
    }
}

/// The Flink versions that the team may use, newest first.
///
/// # Errors
/// When the database does not answer.
#[utoipa::path(get, path = "/flink-versions", tag = "flink-versions", responses((status = 200, description = "Done", body = Page<FlinkVersion>)))]
pub async fn list_team_flink_versions(State(app): State<App>, scope: Scope) -> Result<Json<Page<FlinkVersion>>, Problem> {
    let versions = app.store.granted_flink_versions(scope.team_id).await?;
    Ok(Json(Page::whole(versions.into_iter().map(FlinkVersion::from).collect())))
}

/// Who may use which Flink version.
///
/// # Errors
/// When the database does not answer.
#[utoipa::path(get, path = "/flink-versions/grants", tag = "flink-versions", responses((status = 200, description = "Done", body = Page<FlinkVersionGrant>)))]
pub async fn list_flink_version_grants(State(app): State<App>) -> Result<Json<Page<FlinkVersionGrant>>, Problem> {
    let grants = app.store.flink_version_grants().await?;
    let teams = app.store.teams().await?;
    let versions = app.store.flink_versions().await?;
    let items = versions
        .iter()
        .map(|version| view(version, grants.get(&version.id).unwrap_or(&Grant::AllTeams), &teams));
    Ok(Json(Page::whole(items.collect())))
}

/// Grants a Flink version to all teams or to some.
///
/// # Errors
/// 404, 422 `unknown_team`, 409 `version_in_use` when a team that is left out has a cluster of it.
#[utoipa::path(
    put,
    path = "/flink-versions/{version}/grant",
    tag = "flink-versions",
    request_body = NewGrant,
    responses((status = 200, description = "Done", body = FlinkVersionGrant)),
)]
pub async fn grant_flink_version(
    State(app): State<App>,
    note: Note,
    Path(path): Path<VersionPath>,
    Body(asked): Body<NewGrant>,
) -> Result<Json<FlinkVersionGrant>, Problem> {
    let unknown = |id: FlinkVersionId| Problem::not_found("Flink version", &id.to_string());
    let version = match app.store.flink_version(path.id()).await {
        Err(StoreError::NotFound) => return Err(unknown(path.id())),
        found => found?,
    };
    note.of(version.id, &version.version.to_string());
    let grant = wanted(&app, asked).await?;
    let before = match app.store.grant_flink_version(version.id, grant.clone()).await {
        Err(StoreError::NotFound) => return Err(unknown(version.id)),
        Err(StoreError::Conflict(why)) => {
            return Err(Problem::conflict("version_in_use", sentence(&why)).hint("Nothing was changed."));
        }
        done => done?,
    };
    let teams = app.store.teams().await?;
    note.before(view(&version, &before, &teams));
    let shown = view(&version, &grant, &teams);
    note.after(&shown);
    Ok(Json(shown))
}

/// The grant that is asked for.
///
/// # Errors
/// 422 `unknown_team`, `bad_grant`.
pub(crate) async fn wanted(app: &App, asked: NewGrant) -> Result<Grant, Problem> {
    if asked.all_teams {
        if !asked.teams.is_empty() {
            let detail = "Either all teams may use it, or the teams that are named.";
            return Err(Problem::unprocessable("bad_grant", detail).field("teams"));
        }
        return Ok(Grant::AllTeams);
    }
    let known = app.store.teams().await?;
    let mut teams: BTreeSet<TeamId> = BTreeSet::new();
    for named in &asked.teams {
        let team = known.iter().find(|team| team.name == *named || team.id.to_string() == *named);
        let shown: String = named.chars().take(80).collect();
        let unknown = || Problem::unprocessable("unknown_team", format!("There is no team '{shown}'.")).field("teams");
        teams.insert(team.ok_or_else(unknown)?.id);
    }
    Ok(Grant::Teams(teams))
}
