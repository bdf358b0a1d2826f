//! Addresses of destinations: what is taken, what is shown, and which part is a secret.

use domain::message::{Address, MailSecurity, Preset};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::problem::Problem;

/// Recipients of one destination.
const MAX_RECIPIENTS: usize = 50;
/// Longest address of a webhook, in bytes.
const MAX_URL_BYTES: usize = 4_096;

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

/// The word of an enum of the domain.
fn parsed<T: serde::de::DeserializeOwned>(field: &str, word: &str, expected: &str) -> Result<T, Problem> {
    serde_json::from_value(serde_json::Value::String(word.to_owned()))
        .map_err(|_| Problem::unprocessable("bad_word", format!("Expected one of {expected}.")).field(field))
}

pub(crate) fn word<T: Serialize>(value: &T) -> String {
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
pub(crate) fn checked(address: DestinationAddress) -> Result<(Address, Option<String>), Problem> {
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
