//! Destinations: where a team is told of its jobs' trouble, and what was sent there. What is secret of one (a webhook's
//! address, a mail server's password) goes in and never comes out.

mod address;

use axum::Json;
use axum::extract::State;
use domain::id::{DeliveryId, DestinationId};
use domain::incident::IncidentKind;
use domain::message::{Rules, message};
use domain::ports::PortError;
use domain::secret::{Sealed, Secret};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use store::{StoreError, new_id, now};
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::{Body, Path};
use crate::page::Page;
use crate::problem::{Problem, sentence};
use crate::run::NoChoices;
use crate::scope::Scope;
use crate::text;
use crate::time::Time;

pub use address::DestinationAddress;
use address::checked;
pub(crate) use address::word;

const fn yes() -> bool {
    true
}

/// Kinds of trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    /// It runs and has made no checkpoint for long.
    NoCheckpoint,
    /// Its cluster has not answered for long.
    Unreachable,
    /// It failed.
    Failed,
    /// It is gone, and nobody knows how it ended.
    EndedUnknown,
    /// The restart policy gave up.
    CrashLoop,
}

impl From<IncidentKind> for Trouble {
    fn from(kind: IncidentKind) -> Self {
        match kind {
            IncidentKind::NoCheckpoint => Self::NoCheckpoint,
            IncidentKind::Unreachable => Self::Unreachable,
            IncidentKind::Failed => Self::Failed,
            IncidentKind::EndedUnknown => Self::EndedUnknown,
            IncidentKind::CrashLoop => Self::CrashLoop,
        }
    }
}

impl From<Trouble> for IncidentKind {
    fn from(kind: Trouble) -> Self {
        match kind {
            Trouble::NoCheckpoint => Self::NoCheckpoint,
            Trouble::Unreachable => Self::Unreachable,
            Trouble::Failed => Self::Failed,
            Trouble::EndedUnknown => Self::EndedUnknown,
            Trouble::CrashLoop => Self::CrashLoop,
        }
    }
}

/// Of what a destination is told, and whether at all.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DestinationRules {
    /// Which trouble; all unless told.
    #[serde(default = "every_trouble")]
    pub trouble: Vec<Trouble>,
    /// Also when a job is well again.
    #[serde(default = "yes")]
    pub recovered: bool,
    /// Whether it is told at all.
    #[serde(default = "yes")]
    pub enabled: bool,
}

fn every_trouble() -> Vec<Trouble> {
    IncidentKind::ALL.into_iter().map(Trouble::from).collect()
}

impl Default for DestinationRules {
    fn default() -> Self {
        Self {
            trouble: every_trouble(),
            recovered: true,
            enabled: true,
        }
    }
}

/// A destination to make.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewDestination {
    /// Name, unique in the team.
    pub name: String,
    /// Where.
    pub address: DestinationAddress,
    /// Of what it is told.
    #[serde(default)]
    pub rules: DestinationRules,
}

/// Where messages of the team go.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Destination {
    /// Its id.
    #[schema(value_type = String)]
    pub id: DestinationId,
    /// Name, unique in the team.
    pub name: String,
    /// Where, without secrets.
    pub address: DestinationAddress,
    /// Of what it is told.
    pub rules: DestinationRules,
    /// When it was made; older trouble is not told.
    pub created_at: Time,
}

/// Which destination.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct DestinationPath {
    destination: DestinationId,
}

impl From<DestinationRules> for Rules {
    fn from(rules: DestinationRules) -> Self {
        Self {
            kinds: rules.trouble.into_iter().map(IncidentKind::from).collect(),
            recovered: rules.recovered,
        }
    }
}

impl From<domain::message::Destination> for Destination {
    fn from(of: domain::message::Destination) -> Self {
        Self {
            id: of.id,
            name: of.name,
            address: of.address.into(),
            rules: DestinationRules {
                trouble: of.rules.kinds.into_iter().map(Trouble::from).collect(),
                recovered: of.rules.recovered,
                enabled: of.enabled,
            },
            created_at: of.created_at.into(),
        }
    }
}

/// The secret as it is stored.
fn sealed(app: &App, id: DestinationId, secret: String) -> Result<Sealed, Problem> {
    let purpose = domain::message::Destination::purpose(id);
    app.ports
        .vault
        .seal(&purpose, &Secret::new(secret))
        .map_err(|error| Problem::new(StatusCode::SERVICE_UNAVAILABLE, "vault_unavailable", sentence(&error.to_string())))
}

async fn find(app: &App, scope: &Scope, id: DestinationId) -> Result<domain::message::Destination, Problem> {
    let all = app.store.destinations(scope.team_id).await?;
    all.into_iter()
        .find(|known| known.id == id)
        .ok_or_else(|| Problem::not_found("destination", &id.to_string()))
}

/// Where the team's messages go.
///
/// # Errors
/// When the database does not answer.
#[utoipa::path(get, path = "/destinations", tag = "messages", responses((status = 200, description = "Done", body = Page<Destination>)))]
pub async fn list_destinations(State(app): State<App>, scope: Scope) -> Result<Json<Page<Destination>>, Problem> {
    let all = app.store.destinations(scope.team_id).await?;
    Ok(Json(Page::whole(all.into_iter().map(Destination::from).collect())))
}

/// Adds a destination.
///
/// # Errors
/// 422 naming the field, 409 `name_taken`.
#[utoipa::path(
    post,
    path = "/destinations",
    tag = "messages",
    request_body = NewDestination,
    responses((status = 201, description = "Made", body = Destination)),
)]
pub async fn create_destination(
    State(app): State<App>,
    scope: Scope,
    Body(asked): Body<NewDestination>,
) -> Result<(StatusCode, Json<Destination>), Problem> {
    text::name("name", &asked.name)?;
    let (address, secret) = checked(asked.address)?;
    let id = DestinationId(new_id());
    let sealed = secret.map(|secret| sealed(&app, id, secret)).transpose()?;
    let new = domain::message::Destination {
        id,
        team_id: scope.team_id,
        name: asked.name,
        address,
        sealed,
        enabled: asked.rules.enabled,
        rules: asked.rules.into(),
        created_at: now(),
    };
    match app.store.create_destination(new, scope.user_id()).await {
        Err(StoreError::Conflict(why)) => Err(Problem::conflict("name_taken", sentence(&why)).field("name")),
        made => {
            let made = Destination::from(made?);
            scope.note.of(made.id, &made.name);
            scope.note.after(&made);
            Ok((StatusCode::CREATED, Json(made)))
        }
    }
}

/// Changes of what a destination is told, and whether at all.
///
/// # Errors
/// 404 when the team has no such destination.
#[utoipa::path(
    put,
    path = "/destinations/{destination}/rules",
    tag = "messages",
    request_body = DestinationRules,
    responses((status = 200, description = "Done", body = Destination)),
)]
pub async fn change_destination(
    State(app): State<App>,
    scope: Scope,
    Path(path): Path<DestinationPath>,
    Body(asked): Body<DestinationRules>,
) -> Result<Json<Destination>, Problem> {
    let before = find(&app, &scope, path.destination).await?;
    scope.note.of(before.id, &before.name);
    scope.note.before(Destination::from(before));
    let enabled = asked.enabled;
    app.store
        .change_destination(scope.team_id, path.destination, asked.into(), enabled)
        .await?;
    let after = Destination::from(find(&app, &scope, path.destination).await?);
    scope.note.after(&after);
    Ok(Json(after))
}

/// Deletes a destination with what was to be sent there.
///
/// # Errors
/// 404 when the team has no such destination.
#[utoipa::path(delete, path = "/destinations/{destination}", tag = "messages", responses((status = 204, description = "Done")))]
pub async fn delete_destination(State(app): State<App>, scope: Scope, Path(path): Path<DestinationPath>) -> Result<StatusCode, Problem> {
    let before = find(&app, &scope, path.destination).await?;
    scope.note.of(before.id, &before.name);
    scope.note.before(Destination::from(before));
    match app.store.delete_destination(scope.team_id, path.destination).await {
        Err(StoreError::NotFound) => Err(Problem::not_found("destination", &path.destination.to_string())),
        done => Ok(done.map(|()| StatusCode::NO_CONTENT)?),
    }
}

/// Sends a message of nothing to a destination, and waits for what comes of it.
///
/// # Errors
/// 404, or 422 `not_delivered` with what the receiver said.
#[utoipa::path(
    post,
    path = "/destinations/{destination}/test",
    tag = "messages",
    request_body = NoChoices,
    responses((status = 204, description = "The receiver took it")),
)]
pub async fn test_destination(
    State(app): State<App>,
    scope: Scope,
    Path(path): Path<DestinationPath>,
    Body(NoChoices {}): Body<NoChoices>,
) -> Result<StatusCode, Problem> {
    let to = find(&app, &scope, path.destination).await?;
    scope.note.of(to.id, &to.name);
    let team = app.store.team(scope.team_id).await?;
    let mut test = message(DeliveryId(new_id()), &team.name, Vec::new());
    test.subject = domain::message::one_line(&format!("[{}] a test of the destination {}", team.name, to.name), 200);
    test.text = "Nothing has happened: somebody pressed \"Send test\".\n".to_owned();
    let sent = match to.secret(&*app.ports.vault) {
        Ok(secret) => app.ports.messenger.send(&to.address, secret.as_ref(), &test).await,
        Err(error) => Err(error),
    };
    sent.map(|()| StatusCode::NO_CONTENT).map_err(|error: PortError| {
        Problem::unprocessable("not_delivered", sentence(&error.to_string()))
            .hint("Mend the address or the receiver, then send a test again.")
    })
}
