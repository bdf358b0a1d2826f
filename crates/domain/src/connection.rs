//! How the REST address of a standalone cluster is spoken to: whom we trust, and who we say we are.

use serde::{Deserialize, Serialize};

use crate::ports::{PortError, Vault};
use crate::secret::{Sealed, Secret, exposed};

/// Longest certificate or key in bytes.
pub const MAX_PEM_BYTES: usize = 64 * 1024;

/// How an address is spoken to. The default is an address that asks for nothing and whose certificate, where it
/// has one, is signed by a public authority.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Connection {
    /// Certificates of the authorities that are trusted for this address, instead of the public ones. PEM.
    pub ca_certificate: Option<String>,
    /// The address's certificate is not looked at: for an API server of Kubernetes whose kubeconfig says so. Nobody can enter it
    /// for an address of a JobManager.
    #[serde(default)]
    pub insecure: bool,
    /// What is shown to an address that asks for a certificate.
    pub client: Option<ClientCertificate>,
    /// What is sent with each request.
    pub authentication: Authentication,
}

/// A certificate of ours with its key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientCertificate {
    /// The certificate, with the ones between it and its authority. PEM.
    pub certificate: String,
    /// Its private key. PEM, PKCS #8 or older.
    #[serde(with = "exposed")]
    pub key: Secret,
}

/// What is sent with each request to prove who we are.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Authentication {
    /// Nothing.
    #[default]
    None,
    /// HTTP basic authentication.
    Basic {
        /// User, without a colon.
        user: String,
        /// Password.
        #[serde(with = "exposed")]
        password: Secret,
    },
    /// A header, such as `Authorization: Bearer …` or a gateway's own.
    Header {
        /// Its name.
        name: String,
        /// Its value.
        #[serde(with = "exposed")]
        value: Secret,
    },
}

/// A part of a connection that cannot be used, as somebody who entered it can mend it. Never quotes a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Unusable {
    /// Which part: `caCertificate`, `clientCertificate`, `clientKey`, `authentication.user`, …; empty for the whole.
    pub field: &'static str,
    /// What is wrong with it, and how to mend it.
    pub message: String,
}

impl From<Unusable> for PortError {
    fn from(part: Unusable) -> Self {
        Self::GiveUp(part.message)
    }
}

/// What a vault is told that a sealed connection is for.
const PURPOSE: &str = "clusters.connection";

impl Connection {
    /// The connection as it is stored; nothing where nothing is special about it.
    ///
    /// # Errors
    /// As the vault.
    pub fn seal(&self, vault: &dyn Vault) -> Result<Option<Sealed>, PortError> {
        if *self == Self::default() {
            return Ok(None);
        }
        let text = serde_json::to_string(self).map_err(|error| PortError::GiveUp(error.to_string()))?;
        vault.seal(PURPOSE, &Secret::new(text)).map(Some)
    }

    /// The parts in which another connection differs, by the names that the API gives them.
    #[must_use]
    pub fn differs(&self, other: &Self) -> Vec<&'static str> {
        let key = |connection: &Self| connection.client.as_ref().map(|client| client.key.clone());
        let certificate = |connection: &Self| connection.client.as_ref().map(|client| client.certificate.clone());
        let parts = [
            ("caCertificate", self.ca_certificate != other.ca_certificate),
            ("clientCertificate", certificate(self) != certificate(other)),
            ("clientKey", key(self) != key(other)),
            ("authentication", self.authentication != other.authentication),
        ];
        parts.into_iter().filter(|(_, differs)| *differs).map(|(part, _)| part).collect()
    }

    /// A stored connection.
    ///
    /// # Errors
    /// As the vault; `GiveUp` for one that another version has written.
    pub fn open(sealed: Option<&Sealed>, vault: &dyn Vault) -> Result<Self, PortError> {
        let Some(sealed) = sealed else { return Ok(Self::default()) };
        let text = vault.open(PURPOSE, sealed)?;
        // The library's words could quote the text.
        serde_json::from_str(text.expose())
            .map_err(|_| PortError::GiveUp("the stored connection cannot be read by this server: enter it again".to_owned()))
    }
}
