//! How the address of a standalone cluster is spoken to, as a document says it: certificates are files or text, secrets are
//! only named, by a file or an environment variable. A secret that is not there is left as the server has it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What the names of environment variables with secrets begin with: a document from somebody else must not name just any.
pub const ENVIRONMENT_PREFIX: &str = "STREAMWRIGHT_SECRET_";

/// How an address is spoken to. An empty one, `{}`, is that of an address that asks for nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Connection {
    /// File with the certificates of the authorities that are trusted, instead of the public ones; PEM, relative to this file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<String>,
    /// These certificates themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca: Option<String>,
    /// File with the certificate that is shown; PEM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_certificate_file: Option<String>,
    /// This certificate itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_certificate: Option<String>,
    /// File with its private key; PEM without a passphrase.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_key_file: Option<String>,
    /// Environment variable with that key: its name begins with `STREAMWRIGHT_SECRET_`. Where it is not set, the key stays as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_key_env: Option<String>,
    /// User of HTTP basic authentication.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// File with the password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_file: Option<String>,
    /// Environment variable with the password; as for the key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_env: Option<String>,
    /// Name of a header that is sent instead, such as `Authorization`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
    /// File with its value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header_value_file: Option<String>,
    /// Environment variable with its value; as for the key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header_value_env: Option<String>,
}

/// Where a secret is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretPlace<'a> {
    /// The field of the API that it becomes.
    pub field: &'static str,
    /// The path of the document's value that names its file, where one does.
    pub file: Option<&'static str>,
    /// The environment variable that holds it, where one does.
    pub variable: Option<&'a str>,
}

impl Connection {
    /// What of it is no secret, without its places: what the server shows, and what is compared.
    #[must_use]
    pub fn shown(&self) -> Self {
        let text = |text: &Option<String>| text.as_deref().map(|text| text.trim().to_owned());
        Self {
            ca: text(&self.ca),
            client_certificate: text(&self.client_certificate),
            user: self.user.clone(),
            header: self.header.clone(),
            ..Self::default()
        }
    }

    /// Its secrets: where each of them is.
    #[must_use]
    pub fn secrets(&self) -> Vec<SecretPlace<'_>> {
        let all = [
            ("clientKey", "connection.clientKeyFile", &self.client_key_file, &self.client_key_env),
            ("password", "connection.passwordFile", &self.password_file, &self.password_env),
            (
                "value",
                "connection.headerValueFile",
                &self.header_value_file,
                &self.header_value_env,
            ),
        ];
        let given = all
            .into_iter()
            .filter(|(_, _, file, variable)| file.is_some() || variable.is_some());
        let place = given.map(|(field, path, file, variable)| SecretPlace {
            field,
            file: file.is_some().then_some(path),
            variable: variable.as_deref(),
        });
        place.collect()
    }

    /// The files that it names, by the path of the value.
    #[must_use]
    pub fn files(&self) -> Vec<(String, String)> {
        let named = [
            ("caFile", &self.ca_file),
            ("clientCertificateFile", &self.client_certificate_file),
            ("clientKeyFile", &self.client_key_file),
            ("passwordFile", &self.password_file),
            ("headerValueFile", &self.header_value_file),
        ];
        let found = named
            .into_iter()
            .filter_map(|(key, file)| Some((format!("connection.{key}"), file.clone()?)));
        found.collect()
    }

    /// What is wrong with it: faults by the path of the value.
    #[must_use]
    pub fn broken(&self) -> Vec<(String, String)> {
        let mut broken = Vec::new();
        let mut fault = |key: &str, message: String| broken.push((format!("connection.{key}"), format!("connection.{key}: {message}")));
        if self.user.is_some() && self.header.is_some() {
            fault(
                "header",
                "an address is told either a user and password or a header, not both".to_owned(),
            );
        }
        let certificate = self.client_certificate.is_some() || self.client_certificate_file.is_some();
        let twice = [
            ("ca", self.ca.is_some(), self.ca_file.is_some()),
            (
                "clientCertificate",
                self.client_certificate.is_some(),
                self.client_certificate_file.is_some(),
            ),
            ("clientKeyEnv", self.client_key_env.is_some(), self.client_key_file.is_some()),
            ("passwordEnv", self.password_env.is_some(), self.password_file.is_some()),
            ("headerValueEnv", self.header_value_env.is_some(), self.header_value_file.is_some()),
        ];
        for (key, _, _) in twice.iter().filter(|(_, one, other)| *one && *other) {
            fault(key, "it is given twice: here, and by a file".to_owned());
        }
        let secrets = [
            (
                "clientKey",
                self.client_key_file.is_some(),
                &self.client_key_env,
                certificate,
                "clientCertificateFile",
            ),
            (
                "password",
                self.password_file.is_some(),
                &self.password_env,
                self.user.is_some(),
                "user",
            ),
            (
                "headerValue",
                self.header_value_file.is_some(),
                &self.header_value_env,
                self.header.is_some(),
                "header",
            ),
        ];
        for (key, file, variable, whole, other) in secrets {
            let place = if file { format!("{key}File") } else { format!("{key}Env") };
            if (file || variable.is_some()) && !whole {
                fault(&place, format!("it goes with '{other}', which is missing"));
            }
            if let Some(name) = variable.as_deref().filter(|name| !is_variable(name)) {
                let shown = crate::yaml::short(name);
                fault(
                    &format!("{key}Env"),
                    format!("expected the name of an environment variable that begins with {ENVIRONMENT_PREFIX}, found '{shown}'"),
                );
            }
        }
        broken
    }
}

fn is_variable(name: &str) -> bool {
    let letters = |rest: &str| !rest.is_empty() && rest.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    name.strip_prefix(ENVIRONMENT_PREFIX).is_some_and(letters)
}

/// The environment variable that an exported document names for a secret of a cluster.
#[must_use]
pub fn variable(cluster: &str, secret: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    let name: String = cluster.chars().map(letter).collect();
    format!("{ENVIRONMENT_PREFIX}{name}_{secret}")
}
