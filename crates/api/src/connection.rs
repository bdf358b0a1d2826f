//! How a standalone cluster's REST address is spoken to. Secrets come in and never go out.

use axum::Json;
use axum::extract::State;
use domain::cluster::TargetKind;
use domain::connection as known;
use domain::connection::MAX_PEM_BYTES;
use domain::ports::PortError;
use domain::secret::{Sealed, Secret};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::cluster::{self, Cluster};
use crate::extract::Body;
use crate::new_cluster::detected;
use crate::problem::{Problem, sentence};
use crate::scope::ClusterScope;

/// Longest user, password, header name or header value in bytes.
const MAX_LINE_BYTES: usize = 8 * 1024;

/// How a standalone cluster's REST address is spoken to, as it is sent.
#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewConnection {
    /// Certificates of the authorities that are trusted for this address, instead of the public ones. PEM.
    pub ca_certificate: Option<String>,
    /// What is shown to an address that asks for a certificate: PEM, with the ones between it and its authority.
    pub client_certificate: Option<String>,
    /// Its private key, PEM without a passphrase.
    pub client_key: Option<String>,
    /// What is sent with each request.
    #[serde(default)]
    pub authentication: NewAuthentication,
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
        /// Password.
        password: String,
    },
    /// A header, such as `Authorization` with `Bearer …`.
    Header {
        /// Its name.
        name: String,
        /// Its value.
        value: String,
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
    /// The connection as it is stored.
    ///
    /// # Errors
    /// 422 for a part that is too long or without its counterpart.
    pub(crate) fn sealed(self, app: &App) -> Result<Option<Sealed>, Problem> {
        let connection = self.checked()?;
        connection.seal(&*app.ports.vault).map_err(|error| {
            Problem::new(
                http::StatusCode::SERVICE_UNAVAILABLE,
                "vault_unavailable",
                sentence(&error.to_string()),
            )
        })
    }

    fn checked(self) -> Result<known::Connection, Problem> {
        for (field, text) in [
            ("caCertificate", &self.ca_certificate),
            ("clientCertificate", &self.client_certificate),
            ("clientKey", &self.client_key),
        ] {
            limited(field, text.as_deref().unwrap_or_default(), MAX_PEM_BYTES)?;
        }
        let half = |field: &str, other: &str| {
            Err(
                Problem::unprocessable("missing_field", format!("'{field}' goes with '{other}': give both."))
                    .field(format!("connection.{field}")),
            )
        };
        let client = match (self.client_certificate, self.client_key) {
            (Some(certificate), Some(key)) => Some(known::ClientCertificate {
                certificate,
                key: Secret::new(key),
            }),
            (None, None) => None,
            (None, Some(_)) => return half("clientCertificate", "clientKey"),
            (Some(_), None) => return half("clientKey", "clientCertificate"),
        };
        Ok(known::Connection {
            ca_certificate: self.ca_certificate,
            client,
            authentication: self.authentication.checked()?,
        })
    }
}

impl NewAuthentication {
    fn checked(self) -> Result<known::Authentication, Problem> {
        Ok(match self {
            Self::None => known::Authentication::None,
            Self::Basic { user, password } => {
                limited("authentication.user", &user, MAX_LINE_BYTES)?;
                limited("authentication.password", &password, MAX_LINE_BYTES)?;
                known::Authentication::Basic {
                    user,
                    password: Secret::new(password),
                }
            }
            Self::Header { name, value } => {
                limited("authentication.name", &name, MAX_LINE_BYTES)?;
                limited("authentication.value", &value, MAX_LINE_BYTES)?;
                known::Authentication::Header {
                    name,
                    value: Secret::new(value),
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

/// Sets how a standalone cluster is spoken to, whole: what is left out is not used any more. Asked of the address first;
/// one that does not answer now is taken all the same.
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
    let (TargetKind::Standalone, Some(rest_url)) = (of.cluster.target, of.cluster.rest_url.as_deref()) else {
        return Err(Problem::conflict(
            "not_standalone",
            "Only a standalone cluster has a connection of its own.",
        ));
    };
    let sealed = asked.sealed(&app)?;
    detected(&app, rest_url, sealed.as_ref()).await?;
    app.store
        .set_connection(of.scope.team_id, of.cluster.id, sealed, Some(of.scope.user_id()))
        .await?;
    let cluster = app.store.cluster(of.scope.team_id, of.cluster.id).await?;
    let facts = cluster::facts(&app, cluster, None).await?;
    Ok(Json(cluster::view(&app, facts).await?))
}

/// What an address says when it does not let us in, as a problem with the field.
pub(crate) fn refused(rest_url: &str, error: &PortError) -> Problem {
    let text = sentence(&error.to_string());
    match error {
        PortError::Refused {
            status: Some(401 | 403), ..
        } => Problem::unprocessable("not_let_in", format!("{rest_url} does not let us in: {text}"))
            .field("connection.authentication")
            .hint("Give the user and password, or the header, that this address asks for."),
        // A GiveUp about the connection's own parts is written before anything was sent.
        _ => Problem::unprocessable("not_flink", format!("{rest_url} cannot be used: {text}")).field("restUrl"),
    }
}
