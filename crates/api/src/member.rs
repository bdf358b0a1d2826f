//! The members of a team and their roles.

use axum::Json;
use axum::extract::State;
use domain::id::UserId;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use store::{MemberChange, StoreError};
use utoipa::ToSchema;

use crate::access::Role;
use crate::app::App;
use crate::audit::Note;
use crate::extract::{Body, Path};
use crate::page::Page;
use crate::problem::{Problem, sentence};
use crate::scope::Scope;

/// Somebody in a team.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Member {
    /// The user's id.
    #[schema(value_type = String)]
    pub user_id: UserId,
    /// Sign-in name.
    pub name: String,
    /// Their role.
    pub role: Role,
    /// Whether their account is disabled.
    pub disabled: bool,
}

/// A role to give.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MemberRole {
    /// The role.
    pub role: Role,
}

/// Which member.
#[derive(Debug, Clone, Deserialize)]
pub struct MemberPath {
    user: String,
}

/// The people of the team, by name.
///
/// # Errors
/// When the database does not answer.
#[utoipa::path(get, path = "/members", tag = "members", responses((status = 200, description = "Done", body = Page<Member>)))]
pub async fn list_members(State(app): State<App>, scope: Scope) -> Result<Json<Page<Member>>, Problem> {
    let mut members: Vec<Member> = app
        .store
        .members(scope.team_id)
        .await?
        .into_iter()
        .map(|(user, role)| Member {
            user_id: user.id,
            name: user.name,
            role: role.into(),
            disabled: user.disabled_at.is_some(),
        })
        .collect();
    members.sort_by_cached_key(|member| (member.name.to_lowercase(), member.user_id));
    Ok(Json(Page::whole(members)))
}

/// Changes a member's role. A platform admin also takes somebody in who is not in the team; an admin of the team
/// invites them.
///
/// # Errors
/// 404 when they are not in the team, 409 `last_team_admin`.
#[utoipa::path(
    put,
    path = "/members/{user}",
    tag = "members",
    request_body = MemberRole,
    responses((status = 200, description = "Done", body = Member)),
)]
pub async fn set_member(
    State(app): State<App>,
    scope: Scope,
    Path(path): Path<MemberPath>,
    Body(asked): Body<MemberRole>,
) -> Result<Json<Member>, Problem> {
    let user = change(&app, &scope, &path.user, Some(asked.role)).await?;
    Ok(Json(Member {
        user_id: user.id,
        name: user.name,
        role: asked.role,
        disabled: user.disabled_at.is_some(),
    }))
}

/// Takes somebody out of the team. Their tokens for it end at once; who has no other team is signed out.
///
/// # Errors
/// 404 when they are not in the team, 409 `last_team_admin`.
#[utoipa::path(delete, path = "/members/{user}", tag = "members", responses((status = 204, description = "Done")))]
pub async fn remove_member(State(app): State<App>, scope: Scope, Path(path): Path<MemberPath>) -> Result<StatusCode, Problem> {
    change(&app, &scope, &path.user, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn change(app: &App, scope: &Scope, named: &str, role: Option<Role>) -> Result<domain::access::User, Problem> {
    let nobody = || {
        Problem::not_found("member", named).hint("Check the name or id; somebody who is not in the team yet is invited by a one-time link.")
    };
    let user = app.find_user(named).await?.ok_or_else(nobody)?;
    let by_platform = scope.caller.is_platform_admin();
    let change = MemberChange {
        team_id: scope.team_id,
        user_id: user.id,
        role: role.map(Into::into),
        may_add: by_platform,
        // A platform admin can always give the team another one.
        keep_admin: !by_platform,
    };
    let before = match app.store.change_member(change).await {
        Err(StoreError::NotFound) => return Err(nobody()),
        Err(StoreError::Conflict(why)) => {
            return Err(
                Problem::conflict("last_team_admin", sentence(&why)).hint("Nothing was changed. A platform admin can do it all the same.")
            );
        }
        done => done?,
    };
    scope.note.of(user.id, &user.name);
    let shown = |role: Option<Role>| role.map(Note::role);
    scope.note.before(shown(before.map(Role::from)));
    scope.note.after(shown(role));
    Ok(user)
}

impl Note {
    fn role(role: Role) -> serde_json::Value {
        serde_json::json!({ "role": role })
    }
}
