//! Destinations: where a team is told of its jobs' trouble, and what was sent there. What is secret of one (a webhook's
//! address, a mail server's password) goes in and never comes out.

use axum::Json;
use axum::extract::State;
use domain::id::{DeliveryId, DestinationId};
use domain::incident::IncidentKind;
use domain::message::{Address, DeliveryState, MailSecurity, Preset, Rules, message};
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
use crate::time::{Time, some};

/// Recipients of one destination.
const MAX_RECIPIENTS: usize = 50;
/// Longest address of a webhook, in bytes.
const MAX_URL_BYTES: usize = 4_096;
/// Messages that are listed.
const NEWEST: u64 = 50;

/// Where messages go; secrets are not shown.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum DestinationAddress {
    /// A POST.
    Webhook {
        /// The whole address, with its token; needed to make one, never answered.
        #[serde(skip_serializing_if = "never_shown", default)]
        url: Option<String>,
        /// The host of the address.
        #[serde(default)]
        host: String,
        /// The body that it takes: `json`, `slack`, `feishu`, `dingtalk` or `wecom`.
        #[serde(default = "json_preset")]
        preset: String,
    },
    /// A mail.
    Email {
        /// Mail server.
        server: String,
        /// Its port; 587 unless told.
        #[serde(default = "submission")]
        port: u16,
        /// `starttls`, `tls` or `none`.
        #[serde(default = "starttls")]
        security: String,
        /// User name, where the server asks for one.
        #[serde(default)]
        username: Option<String>,
        /// Its password; never answered.
        #[serde(skip_serializing_if = "never_shown", default)]
        password: Option<String>,
        /// Sender.
        from: String,
        /// Recipients.
        to: Vec<String>,
    },
}

/// Secrets go in and do not come out.
const fn never_shown(_: &Option<String>) -> bool {
    true
}

fn json_preset() -> String {
    "json".to_owned()
}

fn starttls() -> String {
    "starttls".to_owned()
}

const fn submission() -> u16 {
    587
}

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

/// One message on its way.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// Its id; receivers get it with every try.
    #[schema(value_type = String)]
    pub id: DeliveryId,
    /// Where to.
    #[schema(value_type = String)]
    pub destination_id: DestinationId,
    /// One line of it.
    pub subject: String,
    /// Its text.
    pub text: String,
    /// `waiting`, `sent` or `failed`.
    pub state: String,
    /// How often it was tried.
    pub tries: i64,
    /// When it is tried next, while it waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_at: Option<Time>,
    /// What the last try met.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// When it was made.
    pub created_at: Time,
    /// When the receiver took it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<Time>,
}

/// Which destination.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct DestinationPath {
    destination: DestinationId,
}

/// The word of an enum of the domain.
fn parsed<T: serde::de::DeserializeOwned>(field: &str, word: &str, expected: &str) -> Result<T, Problem> {
    serde_json::from_value(serde_json::Value::String(word.to_owned()))
        .map_err(|_| Problem::unprocessable("bad_word", format!("Expected one of {expected}.")).field(field))
}

fn word<T: Serialize>(value: &T) -> String {
    let word = serde_json::to_value(value).ok();
    word.and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}

fn refused(field: &str, why: &str) -> Problem {
    Problem::unprocessable("bad_address", why).field(field)
}

/// The host of a webhook's address.
fn host(url: &str) -> Result<String, Problem> {
    let bad = |why: &str| refused("address.url", why);
    if url.len() > MAX_URL_BYTES || url.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(bad("A webhook's address has no blanks and at most 4096 bytes."));
    }
    let uri: http::Uri = url.parse().map_err(|_| bad("This is no address."))?;
    if !matches!(uri.scheme_str(), Some("http" | "https")) {
        return Err(bad("A webhook's address begins with https:// or http://."));
    }
    let host = uri
        .host()
        .filter(|host| !host.is_empty())
        .ok_or_else(|| bad("The address names no host."))?;
    Ok(host.to_owned())
}

/// What a mail address may be here: one `@`, nothing that could begin another header.
fn mailbox(field: &str, address: &str) -> Result<(), Problem> {
    let fits = address.len() <= 320
        && address.is_ascii()
        && !address
            .chars()
            .any(|c| c.is_control() || c.is_whitespace() || matches!(c, ',' | ';' | '<' | '>' | '"'))
        && address
            .split_once('@')
            .is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && !host.contains('@'));
    if fits {
        Ok(())
    } else {
        Err(refused(field, "This is no mail address."))
    }
}

/// The address to keep and its secret.
fn checked(address: DestinationAddress) -> Result<(Address, Option<String>), Problem> {
    match address {
        DestinationAddress::Webhook { url, preset, .. } => {
            let url = url.ok_or_else(|| refused("address.url", "A webhook needs its address."))?;
            let preset: Preset = parsed("address.preset", &preset, "json, slack, feishu, dingtalk, wecom")?;
            Ok((Address::Webhook { host: host(&url)?, preset }, Some(url)))
        }
        DestinationAddress::Email {
            server,
            port,
            security,
            username,
            password,
            from,
            to,
        } => {
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':');
            if server.is_empty() || server.len() > 253 || !server.chars().all(plain) {
                return Err(refused("address.server", "This is no host name."));
            }
            mailbox("address.from", &from)?;
            if to.is_empty() || to.len() > MAX_RECIPIENTS {
                return Err(refused("address.to", "A mail has 1 to 50 recipients."));
            }
            to.iter().try_for_each(|one| mailbox("address.to", one))?;
            if port == 0
                || username
                    .as_ref()
                    .is_some_and(|name| name.len() > 320 || name.chars().any(char::is_control))
            {
                return Err(refused("address", "The port or the user name cannot be."));
            }
            let security: MailSecurity = parsed("address.security", &security, "starttls, tls, none")?;
            if password.is_some() && security == MailSecurity::None {
                return Err(refused(
                    "address.security",
                    "A password is not sent over a connection that is not protected.",
                ));
            }
            let address = Address::Email {
                server,
                port,
                security,
                username,
                from,
                to,
            };
            Ok((address, password))
        }
    }
}

impl From<Address> for DestinationAddress {
    fn from(address: Address) -> Self {
        match address {
            Address::Webhook { host, preset } => Self::Webhook {
                url: None,
                host,
                preset: word(&preset),
            },
            Address::Email {
                server,
                port,
                security,
                username,
                from,
                to,
            } => Self::Email {
                server,
                port,
                security: word(&security),
                username,
                password: None,
                from,
                to,
            },
        }
    }
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

/// The newest messages of the team, and what became of them.
///
/// # Errors
/// When the database does not answer.
#[utoipa::path(get, path = "/deliveries", tag = "messages", responses((status = 200, description = "Done", body = Page<Delivery>)))]
pub async fn list_deliveries(State(app): State<App>, scope: Scope) -> Result<Json<Page<Delivery>>, Problem> {
    let newest = app.store.deliveries(scope.team_id, NEWEST).await?;
    let items = newest.into_iter().map(|delivery| Delivery {
        id: delivery.id,
        destination_id: delivery.destination_id,
        subject: delivery.message.subject,
        text: delivery.message.text,
        state: word(&delivery.state),
        tries: delivery.tries,
        next_at: some(Some(delivery.next_at).filter(|_| delivery.state == DeliveryState::Waiting)),
        error: delivery.error,
        created_at: delivery.created_at.into(),
        sent_at: some(delivery.sent_at),
    });
    Ok(Json(Page::whole(items.collect())))
}
