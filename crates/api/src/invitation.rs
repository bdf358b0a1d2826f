//! Invitations into a team by one-time link: a new person chooses name and password, somebody who has an account
//! joins with it. The link is shown once, stored as a hash, and can be revoked while it is open.

use axum::Json;
use axum::extract::State;
use domain::id::InvitationId;
use domain::invitation::{MAX_HOURS, USUAL_HOURS, ends};
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use store::{Guest, StoreError, now};
use utoipa::ToSchema;

use crate::access::me::{Me, describe};
use crate::access::sign_in::{SetCookie, begin};
use crate::access::{Role, password, secret};
use crate::app::App;
use crate::audit::Note;
use crate::client::Client;
use crate::extract::{Body, Path};
use crate::gate::Caller;
use crate::page::Page;
use crate::person::Person;
use crate::problem::{Problem, sentence};
use crate::scope::Scope;
use crate::text;
use crate::time::Time;

/// Longest note in characters.
const NOTE_CHARS: usize = 200;

/// An open invitation.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Invitation {
    /// Its id.
    #[schema(value_type = String)]
    pub id: InvitationId,
    /// The role that it gives.
    pub role: Role,
    /// Whom it is meant for.
    pub note: String,
    /// Who invites.
    pub created_by: Person,
    /// When it was made.
    pub created_at: Time,
    /// Until when it can be used.
    pub expires_at: Time,
}

/// An invitation to make.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewInvitation {
    /// The role that it gives.
    pub role: Role,
    /// Whom it is meant for, at most 200 characters.
    #[serde(default)]
    pub note: String,
    /// Hours for which it can be used, 1 to 720; 72 unless told.
    #[schema(minimum = 1, maximum = 720)]
    pub expires_in_hours: Option<u32>,
}

/// A new invitation with its secret, which is never shown again.
#[derive(Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreatedInvitation {
    /// The invitation.
    pub invitation: Invitation,
    /// What the page `/invitation` takes after `#token=`.
    pub secret: String,
}

/// The secret of an invitation.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InvitationToken {
    /// The text after `#token=` of the link.
    #[schema(format = Password)]
    pub token: String,
}

/// A new person who accepts.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InvitationGuest {
    /// The text after `#token=` of the link.
    #[schema(format = Password)]
    pub token: String,
    /// The sign-in name that they choose, unique.
    pub name: String,
    /// The password that they choose: 12 to 200 characters.
    #[schema(format = Password, min_length = 12, max_length = 200)]
    pub password: String,
}

/// What somebody is invited to.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InvitationOffer {
    /// Name of the team.
    pub team: String,
    /// The role there.
    pub role: Role,
    /// Name of the person who invites.
    pub invited_by: String,
    /// Until when it can be used.
    pub expires_at: Time,
}

/// Which invitation.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct InvitationPath {
    invitation: InvitationId,
}

/// Hours within their bounds.
///
/// # Errors
/// 422 `bad_time`.
pub(crate) fn hours(field: &str, asked: Option<u32>, usual: u32) -> Result<u32, Problem> {
    let hours = asked.unwrap_or(usual);
    if !(1..=MAX_HOURS).contains(&hours) {
        return Err(
            Problem::unprocessable("bad_time", format!("A link can be used for 1 to {MAX_HOURS} hours, not {hours}.")).field(field),
        );
    }
    Ok(hours)
}

async fn view(app: &App, invitation: domain::invitation::Invitation) -> Result<Invitation, Problem> {
    Ok(Invitation {
        id: invitation.id,
        role: invitation.role.into(),
        note: invitation.note,
        created_by: app.person(invitation.created_by).await?,
        created_at: invitation.created_at.into(),
        expires_at: invitation.expires_at.into(),
    })
}

fn over() -> Problem {
    Problem::new(
        StatusCode::GONE,
        "invitation_over",
        "This invitation was used or revoked, has ended, or is not complete.",
    )
    .hint("Ask an admin of the team for a new one.")
}

/// What is stored of a secret that can be one.
fn sha256(token: &str) -> Result<String, Problem> {
    let token = token.trim();
    if secret::well_formed(token) {
        Ok(secret::sha256(token))
    } else {
        Err(over())
    }
}

/// The open invitations of the team, newest first.
///
/// # Errors
/// When the database does not answer.
#[utoipa::path(get, path = "/invitations", tag = "members", responses((status = 200, description = "Done", body = Page<Invitation>)))]
pub async fn list_invitations(State(app): State<App>, scope: Scope) -> Result<Json<Page<Invitation>>, Problem> {
    let mut items = Vec::new();
    for invitation in app.store.invitations(scope.team_id).await? {
        items.push(view(&app, invitation).await?);
    }
    Ok(Json(Page::whole(items)))
}

/// Invites somebody into the team. The secret of the link is in the answer and nowhere else.
///
/// # Errors
/// 422 for a note or time that cannot be.
#[utoipa::path(
    post,
    path = "/invitations",
    tag = "members",
    request_body = NewInvitation,
    responses((status = 201, description = "Made", body = CreatedInvitation)),
)]
pub async fn create_invitation(
    State(app): State<App>,
    scope: Scope,
    Body(asked): Body<NewInvitation>,
) -> Result<(StatusCode, Json<CreatedInvitation>), Problem> {
    text::no_nul("note", &asked.note)?;
    if asked.note.chars().count() > NOTE_CHARS {
        return Err(Problem::unprocessable("too_long", format!("The note has more than {NOTE_CHARS} characters.")).field("note"));
    }
    let hours = hours("expiresInHours", asked.expires_in_hours, USUAL_HOURS)?;
    let secret = secret::new()?;
    let new = store::NewInvitation {
        team_id: scope.team_id,
        role: asked.role.into(),
        note: asked.note,
        created_by: scope.user_id(),
        secret_sha256: secret::sha256(&secret),
        expires_at: ends(now(), hours),
    };
    let invitation = view(&app, app.store.create_invitation(new).await?).await?;
    scope.note.of(invitation.id, &invitation.note);
    scope.note.after(&invitation);
    Ok((StatusCode::CREATED, Json(CreatedInvitation { invitation, secret })))
}

/// Revokes an open invitation.
///
/// # Errors
/// 404 when it was used or revoked before.
#[utoipa::path(delete, path = "/invitations/{invitation}", tag = "members", responses((status = 204, description = "Done")))]
pub async fn delete_invitation(State(app): State<App>, scope: Scope, Path(path): Path<InvitationPath>) -> Result<StatusCode, Problem> {
    scope.note.of(path.invitation, "");
    match app.store.delete_invitation(scope.team_id, path.invitation).await {
        Err(StoreError::NotFound) => Err(Problem::not_found("open invitation", &path.invitation.to_string())),
        done => Ok(done.map(|()| StatusCode::NO_CONTENT)?),
    }
}

/// What an invitation offers; it stays open.
///
/// # Errors
/// 410 `invitation_over`.
#[utoipa::path(
    post,
    path = "/invitations/look",
    tag = "session",
    request_body = InvitationToken,
    responses((status = 200, description = "Done", body = InvitationOffer)),
)]
pub async fn look_at_invitation(State(app): State<App>, Body(asked): Body<InvitationToken>) -> Result<Json<InvitationOffer>, Problem> {
    let (invitation, team) = found(app.store.invitation_by_secret(&sha256(&asked.token)?).await)?;
    Ok(Json(InvitationOffer {
        team: team.name,
        role: invitation.role.into(),
        invited_by: app.person(invitation.created_by).await?.name,
        expires_at: invitation.expires_at.into(),
    }))
}

fn found<T>(found: Result<T, StoreError>) -> Result<T, Problem> {
    found.map_err(|error| match error {
        StoreError::NotFound => over(),
        other => other.into(),
    })
}

/// Accepts an invitation as a new person: makes the account and signs in.
///
/// # Errors
/// 410 `invitation_over`, 409 `name_taken`, 422 for a name or password that cannot be; the invitation stays open.
#[utoipa::path(
    post,
    path = "/invitations/accept",
    tag = "session",
    request_body = InvitationGuest,
    responses((status = 200, description = "Done", body = Me)),
)]
pub async fn accept_invitation(
    State(app): State<App>,
    client: Client,
    note: Note,
    headers: HeaderMap,
    Body(asked): Body<InvitationGuest>,
) -> Result<(SetCookie, Json<Me>), Problem> {
    let key = sha256(&asked.token)?;
    found(app.store.invitation_by_secret(&key).await)?;
    text::name("name", &asked.name)?;
    password::check(&asked.password, &asked.name).map_err(|problem| problem.field("password"))?;
    let hash = app.passwords.hash(asked.password).await?;
    let guest = Guest::New(asked.name.clone(), hash);
    let (invitation, user) = match app.store.accept_invitation(&key, guest).await {
        Err(StoreError::Conflict(_)) => return Err(Problem::name_taken("user", &asked.name)),
        done => found(done)?,
    };
    told(&note, &invitation, &user);
    begin(&app, user, &client, &headers).await
}

fn told(note: &Note, invitation: &domain::invitation::Invitation, user: &domain::access::User) {
    note.by(user.id);
    note.team(invitation.team_id);
    note.of(invitation.id, &invitation.note);
    note.after(serde_json::json!({ "user": user.name, "role": Role::from(invitation.role) }));
}

/// Accepts an invitation as the person who is signed in.
///
/// # Errors
/// 410 `invitation_over`, 409 `already_member`; the invitation stays open.
#[utoipa::path(
    post,
    path = "/invitations/join",
    tag = "session",
    request_body = InvitationToken,
    responses((status = 200, description = "Done", body = Me)),
)]
pub async fn join_by_invitation(
    State(app): State<App>,
    caller: Caller,
    note: Note,
    Body(asked): Body<InvitationToken>,
) -> Result<Json<Me>, Problem> {
    let key = sha256(&asked.token)?;
    let (invitation, user) = match app.store.accept_invitation(&key, Guest::Known(caller.user.id)).await {
        Err(StoreError::Conflict(why)) => {
            return Err(Problem::conflict("already_member", sentence(&why)).hint("The invitation can still be given to somebody else."));
        }
        done => found(done)?,
    };
    told(&note, &invitation, &user);
    Ok(Json(describe(&app, &user, None).await?))
}
