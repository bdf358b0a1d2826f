//! A [`Connection`] in the words of the HTTP client: trusted authorities, our certificate, the header that says who
//! we are. What is refused here is refused when a cluster is made, before anything is stored.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::connection::{Authentication, ClientCertificate, Connection};
use domain::ports::PortError;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Certificate, ClientBuilder, Identity};

use super::client::innermost;

/// Headers that belong to the message itself: one set by hand would break every request.
const OF_THE_MESSAGE: &[&str] = &[
    "connection",
    "content-length",
    "content-type",
    "expect",
    "host",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// The client to be, with everything that a connection asks for.
///
/// # Errors
/// `GiveUp` naming the part that is not what it should be.
pub fn applied(builder: ClientBuilder, connection: &Connection) -> Result<ClientBuilder, PortError> {
    let mut builder = builder;
    if let Some(pem) = &connection.ca_certificate {
        builder = builder.tls_certs_only(authorities(pem)?);
    }
    if let Some(client) = &connection.client {
        builder = builder.identity(identity(client)?);
    }
    let mut headers = HeaderMap::new();
    if let Some((name, value)) = header(&connection.authentication)? {
        headers.insert(name, value);
    }
    Ok(builder.default_headers(headers))
}

fn authorities(pem: &str) -> Result<Vec<Certificate>, PortError> {
    let found = Certificate::from_pem_bundle(pem.as_bytes())
        .map_err(|error| PortError::GiveUp(format!("the CA certificate is not one in PEM: {}", innermost(&error))))?;
    if found.is_empty() {
        return Err(PortError::GiveUp("the CA certificate holds no 'BEGIN CERTIFICATE'".to_owned()));
    }
    Ok(found)
}

fn identity(client: &ClientCertificate) -> Result<Identity, PortError> {
    let both = format!("{}\n{}", client.certificate.trim_end(), client.key.expose());
    // The library's own words could quote what they were given.
    Identity::from_pem(both.as_bytes())
        .map_err(|_| PortError::GiveUp("the client certificate and its key are not a pair in PEM without a passphrase".to_owned()))
}

fn header(authentication: &Authentication) -> Result<Option<(HeaderName, HeaderValue)>, PortError> {
    let (name, value) = match authentication {
        Authentication::None => return Ok(None),
        Authentication::Basic { user, password } => {
            if user.contains(':') {
                return Err(PortError::GiveUp("a user of basic authentication has no colon".to_owned()));
            }
            let pair = STANDARD.encode(format!("{user}:{}", password.expose()));
            (AUTHORIZATION, format!("Basic {pair}"))
        }
        Authentication::Header { name, value } => (named(name)?, value.expose().to_owned()),
    };
    let mut value = HeaderValue::from_str(&value).map_err(|_| {
        PortError::GiveUp(format!(
            "the value of header '{name}' has line breaks or other characters that no header has"
        ))
    })?;
    value.set_sensitive(true);
    Ok(Some((name, value)))
}

fn named(name: &str) -> Result<HeaderName, PortError> {
    let shown: String = name.chars().take(60).collect();
    let parsed =
        HeaderName::from_bytes(name.as_bytes()).map_err(|_| PortError::GiveUp(format!("'{shown}' is not the name of a header")))?;
    if OF_THE_MESSAGE.contains(&parsed.as_str()) {
        return Err(PortError::GiveUp(format!(
            "header '{shown}' belongs to the message itself and cannot be set"
        )));
    }
    Ok(parsed)
}

#[cfg(test)]
mod tests {
    use domain::secret::Secret;

    use super::*;

    fn refused(connection: &Connection) -> String {
        match applied(reqwest::Client::builder(), connection) {
            Err(PortError::GiveUp(why)) => why,
            other => format!("{:?}", other.map(|_| ())),
        }
    }

    fn with(name: &str, value: &str) -> Connection {
        Connection {
            authentication: Authentication::Header {
                name: name.to_owned(),
                value: Secret::new(value.to_owned()),
            },
            ..Connection::default()
        }
    }

    #[test]
    fn what_no_header_is_is_refused_and_not_quoted() {
        for (name, value, expected) in [
            ("x y", "v", "not the name of a header"),
            ("x\r\nhost: evil", "v", "not the name of a header"),
            ("", "v", "not the name of a header"),
            ("Host", "v", "belongs to the message"),
            ("Content-Length", "0", "belongs to the message"),
            ("x-token", "hunter2\r\nx: y", "line breaks"),
        ] {
            let why = refused(&with(name, value));
            assert!(why.contains(expected), "{name}: {why}");
            assert!(!why.contains("hunter2"), "{why}");
        }
        assert_eq!(refused(&with("X-Token", "päss wörd")), "Ok(())");
    }

    #[test]
    fn what_is_no_certificate_is_refused_and_the_key_not_quoted() {
        let of = |ca: Option<&str>, client: Option<ClientCertificate>| Connection {
            ca_certificate: ca.map(str::to_owned),
            client,
            authentication: Authentication::None,
        };
        assert!(refused(&of(Some(""), None)).contains("no 'BEGIN CERTIFICATE'"));
        let torn = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let client = ClientCertificate {
            certificate: torn.to_owned(),
            key: Secret::new("hunter2".to_owned()),
        };
        let why = refused(&of(None, Some(client)));
        assert!(why.contains("not a pair") && !why.contains("hunter2"), "{why}");
    }

    #[test]
    fn a_user_has_no_colon() {
        let authentication = Authentication::Basic {
            user: "a:b".to_owned(),
            password: Secret::new("c".to_owned()),
        };
        let connection = Connection {
            authentication,
            ..Connection::default()
        };
        assert!(refused(&connection).contains("no colon"));
    }
}
