//! How a standalone cluster's REST address is spoken to. Secrets come in and never go out.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use domain::cluster_view::cluster_actions;
use domain::connection as known;
use domain::connection::MAX_PEM_BYTES;
use domain::flink_version::VersionNumber;
use domain::ports::PortError;
use domain::secret::{Sealed, Secret};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::cluster::{self, Cluster};
use crate::extract::Body;
use crate::new_cluster::address;
use crate::problem::{Problem, sentence};
use crate::scope::{ClusterScope, Scope};
use crate::verdict::allow;

/// Longest user, password, header name or header value in bytes.
const MAX_LINE_BYTES: usize = 8 * 1024;
/// How long an address may take to say its version.
const ANSWERS_WITHIN: Duration = Duration::from_secs(5);

/// How a standalone cluster's REST address is spoken to, as it is sent.
#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewConnection {
    /// Certificates of the authorities that are trusted for this address, instead of the public ones. PEM.
    pub ca_certificate: Option<String>,
    /// What is shown to an address that asks for a certificate: PEM, with the ones between it and its authority.
    pub client_certificate: Option<String>,
    /// Its private key, PEM without a passphrase. Left out with the stored certificate: the stored key.
    pub client_key: Option<String>,
    /// What is sent with each request.
    #[serde(default)]
    pub authentication: NewAuthentication,
}

/// An address to try before a cluster is made of it.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewAddress {
    /// REST address, e.g. `https://flink.example:8081`.
    pub rest_url: String,
    /// How it is spoken to.
    pub connection: Option<NewConnection>,
}

/// What came of a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ConnectionOutcome)]
pub enum Outcome {
    /// A JobManager said its version.
    Answers,
    /// What stands before it asks who we are, or does not like the answer: 401 or 403.
    NotLetIn,
    /// One side does not trust the other's certificate, or speaks no TLS.
    Tls,
    /// Nothing answers, or something that is no JobManager: a proxy's page, a redirect.
    NoAnswer,
    /// It is no JobManager of a version that is known.
    NotFlink,
}

/// What an address said when it was tried.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionSight {
    /// What came of it.
    pub outcome: Outcome,
    /// The version that it reports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flink_version: Option<String>,
    /// The same as a sentence, with the cause and what to do.
    pub sentence: String,
}

/// In what a connection differs from the stored one.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionDifference {
    /// `caCertificate`, `clientCertificate`, `clientKey`, `authentication`; empty where nothing would change.
    pub differs: Vec<String>,
}

/// What is sent with each request to prove who we are.
#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum NewAuthentication {
    /// Nothing.
    #[default]
    None,
    /// HTTP basic authentication.
    Basic {
        /// User, without a colon.
        user: String,
        /// Password. Left out with the stored user: the stored password.
        password: Option<String>,
    },
    /// A header, such as `Authorization` with `Bearer …`.
    Header {
        /// Its name.
        name: String,
        /// Its value. Left out with the stored name: the stored value.
        value: Option<String>,
    },
}

/// How a standalone cluster's REST address is spoken to, without its secrets.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Connection {
    /// Certificates of the trusted authorities.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_certificate: Option<String>,
    /// The certificate that is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_certificate: Option<String>,
    /// What is sent with each request.
    pub authentication: Authentication,
    /// Why the stored connection cannot be opened: it has to be entered again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// What is sent with each request, without the secret in it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Authentication {
    /// Nothing.
    None,
    /// HTTP basic authentication.
    Basic {
        /// User.
        user: String,
    },
    /// A header.
    Header {
        /// Its name.
        name: String,
    },
}

impl NewConnection {
    /// The connection with the stored one's secrets where they are left out; every part is one that can be used.
    ///
    /// # Errors
    /// 422 for a part that is too long, not what it should be, or without its counterpart.
    pub(crate) fn checked(self, app: &App, stored: &known::Connection) -> Result<known::Connection, Problem> {
        for (field, text) in [
            ("caCertificate", &self.ca_certificate),
            ("clientCertificate", &self.client_certificate),
            ("clientKey", &self.client_key),
        ] {
            limited(field, text.as_deref().unwrap_or_default(), MAX_PEM_BYTES)?;
        }
        let kept = |certificate: &str| stored.client.as_ref().filter(|client| same_text(&client.certificate, certificate));
        let client = match (self.client_certificate, self.client_key) {
            (Some(certificate), Some(key)) => Some(known::ClientCertificate {
                certificate,
                key: Secret::new(key),
            }),
            (None, None) => None,
            (None, Some(_)) => return Err(missing("clientCertificate", "The key goes with its certificate: give both.")),
            (Some(certificate), None) => match kept(&certificate) {
                Some(client) => Some(client.clone()),
                None => return Err(missing("clientKey", "A certificate goes with its key: give both.")),
            },
        };
        let connection = known::Connection {
            ca_certificate: self.ca_certificate,
            insecure: false,
            client,
            authentication: self.authentication.checked(&stored.authentication)?,
        };
        let usable = app.ports.observer.check_connection(&connection);
        usable.map_err(|part| {
            let field = format!("connection.{}", part.field);
            Problem::unprocessable("bad_connection", sentence(&part.message)).field(field.trim_end_matches('.'))
        })?;
        Ok(connection)
    }
}

/// Line breaks at the end of a PEM text come and go with editors.
fn same_text(one: &str, other: &str) -> bool {
    one.trim() == other.trim()
}

fn missing(field: &str, detail: &str) -> Problem {
    Problem::unprocessable("missing_field", detail).field(format!("connection.{field}"))
}

/// A connection as it is stored; nothing where nothing is special about it.
///
/// # Errors
/// 503 where the vault does not seal.
pub(crate) fn sealed(app: &App, connection: &known::Connection) -> Result<Option<Sealed>, Problem> {
    connection.seal(&*app.ports.vault).map_err(|error| {
        Problem::new(
            http::StatusCode::SERVICE_UNAVAILABLE,
            "vault_unavailable",
            sentence(&error.to_string()),
        )
    })
}

impl NewAuthentication {
    fn checked(self, stored: &known::Authentication) -> Result<known::Authentication, Problem> {
        Ok(match self {
            Self::None => known::Authentication::None,
            Self::Basic { user, password } => {
                limited("authentication.user", &user, MAX_LINE_BYTES)?;
                limited("authentication.password", password.as_deref().unwrap_or_default(), MAX_LINE_BYTES)?;
                match (password, stored) {
                    (Some(password), _) => known::Authentication::Basic {
                        user,
                        password: Secret::new(password),
                    },
                    (None, known::Authentication::Basic { user: kept, .. }) if *kept == user => stored.clone(),
                    (None, _) => {
                        return Err(missing(
                            "authentication.password",
                            "There is no stored password of this user: give it.",
                        ));
                    }
                }
            }
            Self::Header { name, value } => {
                limited("authentication.name", &name, MAX_LINE_BYTES)?;
                limited("authentication.value", value.as_deref().unwrap_or_default(), MAX_LINE_BYTES)?;
                match (value, stored) {
                    (Some(value), _) => known::Authentication::Header {
                        name,
                        value: Secret::new(value),
                    },
                    (None, known::Authentication::Header { name: kept, .. }) if kept.eq_ignore_ascii_case(&name) => stored.clone(),
                    (None, _) => return Err(missing("authentication.value", "There is no stored value of this header: give it.")),
                }
            }
        })
    }
}

fn limited(field: &str, text: &str, most: usize) -> Result<(), Problem> {
    if text.len() > most {
        let problem = Problem::unprocessable("too_long", format!("It has {} bytes; at most {most} are taken.", text.len()));
        return Err(problem.field(format!("connection.{field}")));
    }
    Ok(())
}

/// What may be shown of a cluster's connection; nothing where nothing is special about it.
pub(crate) fn shown(app: &App, sealed: Option<&Sealed>) -> Option<Connection> {
    let sealed = sealed?;
    Some(match known::Connection::open(Some(sealed), &*app.ports.vault) {
        Ok(connection) => Connection {
            ca_certificate: connection.ca_certificate,
            client_certificate: connection.client.map(|client| client.certificate),
            authentication: match connection.authentication {
                known::Authentication::None => Authentication::None,
                known::Authentication::Basic { user, .. } => Authentication::Basic { user },
                known::Authentication::Header { name, .. } => Authentication::Header { name },
            },
            problem: None,
        },
        Err(error) => Connection {
            ca_certificate: None,
            client_certificate: None,
            authentication: Authentication::None,
            problem: Some(sentence(&error.to_string())),
        },
    })
}

/// The connection of a standalone cluster with its secrets, and its address.
///
/// # Errors
/// 409 for a local cluster.
fn stored<'a>(app: &App, cluster: &'a domain::cluster::Cluster) -> Result<(&'a str, known::Connection), Problem> {
    allow(&cluster_actions(cluster, None, 0).connection)?;
    // One that does not open any more is entered anew.
    let connection = known::Connection::open(cluster.connection.as_ref(), &*app.ports.vault).unwrap_or_default();
    Ok((cluster.rest_url.as_deref().unwrap_or_default(), connection))
}

/// Sets how a standalone cluster is spoken to, whole: what is left out is not used any more, but for secrets, which stay
/// while what they belong to stays. Asked of the address first; one that does not answer now is taken all the same.
///
/// # Errors
/// 422 naming the field, also where the address refuses it; 409 for a local cluster.
#[utoipa::path(
    put,
    path = "/clusters/{cluster}/connection",
    tag = "clusters",
    request_body = NewConnection,
    responses((status = 200, description = "Done", body = Cluster)),
)]
pub async fn set_connection(State(app): State<App>, of: ClusterScope, Body(asked): Body<NewConnection>) -> Result<Json<Cluster>, Problem> {
    let (rest_url, before) = stored(&app, &of.cluster)?;
    let connection = asked.checked(&app, &before)?;
    let differs = connection.differs(&before);
    if !differs.is_empty() || shown(&app, of.cluster.connection.as_ref()).is_some_and(|stored| stored.problem.is_some()) {
        let sealed = sealed(&app, &connection)?;
        detected(&app, rest_url, sealed.as_ref()).await?;
        app.store
            .set_connection(of.scope.team_id, of.cluster.id, sealed, Some(of.scope.user_id()))
            .await?;
    }
    of.scope.note.after(serde_json::json!({ "changed": differs }));
    let cluster = app.store.cluster(of.scope.team_id, of.cluster.id).await?;
    let facts = cluster::facts(&app, cluster, None).await?;
    Ok(Json(cluster::view(&app, facts).await?))
}

/// In what a connection differs from the stored one, without saying what that is: so that what is there already is not set
/// again. Asks no address.
///
/// # Errors
/// 422 naming the field; 409 for a local cluster.
#[utoipa::path(
    post,
    path = "/clusters/{cluster}/connection/compare",
    tag = "clusters",
    request_body = NewConnection,
    responses((status = 200, description = "Done", body = ConnectionDifference)),
)]
pub async fn compare_connection(
    State(app): State<App>,
    of: ClusterScope,
    Body(asked): Body<NewConnection>,
) -> Result<Json<ConnectionDifference>, Problem> {
    let (_, before) = stored(&app, &of.cluster)?;
    let connection = asked.checked(&app, &before)?;
    let differs = connection.differs(&before).into_iter().map(str::to_owned).collect();
    Ok(Json(ConnectionDifference { differs }))
}

/// Tries a connection at the address of a standalone cluster; changes nothing.
///
/// # Errors
/// 422 naming the field; 409 for a local cluster.
#[utoipa::path(
    post,
    path = "/clusters/{cluster}/connection/test",
    tag = "clusters",
    request_body = NewConnection,
    responses((status = 200, description = "Tried", body = ConnectionSight)),
)]
pub async fn test_connection(
    State(app): State<App>,
    of: ClusterScope,
    Body(asked): Body<NewConnection>,
) -> Result<Json<ConnectionSight>, Problem> {
    let (rest_url, before) = stored(&app, &of.cluster)?;
    let connection = asked.checked(&app, &before)?;
    Ok(Json(tried(&app, rest_url, &connection).await?))
}

/// Tries an address before a cluster is made of it; changes nothing.
///
/// # Errors
/// 422 naming the field.
#[utoipa::path(
    post,
    path = "/connection-test",
    tag = "clusters",
    request_body = NewAddress,
    responses((status = 200, description = "Tried", body = ConnectionSight)),
)]
pub async fn test_address(State(app): State<App>, _: Scope, Body(asked): Body<NewAddress>) -> Result<Json<ConnectionSight>, Problem> {
    let rest_url = address(&asked.rest_url)?;
    let connection = asked.connection.unwrap_or_default().checked(&app, &known::Connection::default())?;
    Ok(Json(tried(&app, &rest_url, &connection).await?))
}

async fn tried(app: &App, rest_url: &str, connection: &known::Connection) -> Result<ConnectionSight, Problem> {
    let sealed = sealed(app, connection)?;
    let (outcome, flink_version, text) = match asked(app, rest_url, sealed.as_ref()).await {
        Ok(version) => (Outcome::Answers, Some(version.to_string()), format!("Flink {version} answers.")),
        Err(error) => (outcome(&error), None, sentence(&error.to_string())),
    };
    Ok(ConnectionSight {
        outcome,
        flink_version,
        sentence: text,
    })
}

fn outcome(error: &PortError) -> Outcome {
    match error {
        PortError::Refused {
            status: Some(401 | 403), ..
        } => Outcome::NotLetIn,
        PortError::Refused { status: None, .. } => Outcome::Tls,
        PortError::Retry(_) => Outcome::NoAnswer,
        _ => Outcome::NotFlink,
    }
}

async fn asked(app: &App, rest_url: &str, connection: Option<&Sealed>) -> Result<VersionNumber, PortError> {
    let answer = tokio::time::timeout(ANSWERS_WITHIN, app.ports.observer.detect_version(rest_url, connection));
    let silent = |_| {
        Err(PortError::Retry(format!(
            "no answer from {rest_url} within {} s",
            ANSWERS_WITHIN.as_secs()
        )))
    };
    answer.await.unwrap_or_else(silent)
}

/// The version that an address reports; none where it does not answer now.
///
/// # Errors
/// 422 where it does not let us in, is no Flink, or one side does not trust the other.
pub(crate) async fn detected(app: &App, rest_url: &str, connection: Option<&Sealed>) -> Result<Option<VersionNumber>, Problem> {
    match asked(app, rest_url, connection).await {
        Ok(version) => Ok(Some(version)),
        Err(PortError::Retry(_)) => Ok(None),
        Err(error) => Err(refused(rest_url, &error)),
    }
}

/// What an address says when it does not let us in, as a problem with the field.
fn refused(rest_url: &str, error: &PortError) -> Problem {
    let text = sentence(&error.to_string());
    match outcome(error) {
        Outcome::NotLetIn => Problem::unprocessable("not_let_in", format!("{rest_url} does not let us in: {text}"))
            .field("connection.authentication")
            .hint("Give the user and password, or the header, that this address asks for."),
        Outcome::Tls => Problem::unprocessable("tls_failed", format!("{rest_url} cannot be spoken to over TLS: {text}"))
            .field("connection")
            .hint("Nothing was changed. Give the certificates that this address needs."),
        _ => Problem::unprocessable("not_flink", format!("{rest_url} cannot be used: {text}")).field("restUrl"),
    }
}
