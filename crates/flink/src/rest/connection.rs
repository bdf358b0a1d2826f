//! A [`Connection`] in the words of the HTTP client: trusted authorities, our certificate, the header that says who
//! we are. What is refused here is refused when a cluster is made, before anything is stored.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::connection::{Authentication, ClientCertificate, Connection, Unusable};
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
/// The part that is not what it should be.
pub fn applied(builder: ClientBuilder, connection: &Connection) -> Result<ClientBuilder, Unusable> {
    let mut builder = builder;
    if let Some(pem) = &connection.ca_certificate {
        builder = builder.tls_certs_only(authorities(pem)?);
    }
    if connection.insecure {
        builder = builder.tls_danger_accept_invalid_certs(true);
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

fn unusable(field: &'static str, message: impl Into<String>) -> Unusable {
    Unusable {
        field,
        message: message.into(),
    }
}

fn authorities(pem: &str) -> Result<Vec<Certificate>, Unusable> {
    let field = "caCertificate";
    is_certificate(field, "the CA certificate", pem)?;
    Certificate::from_pem_bundle(pem.as_bytes())
        .map_err(|error| unusable(field, format!("the CA certificate is not one in PEM: {}", innermost(&error))))
}

fn is_certificate(field: &'static str, what: &str, pem: &str) -> Result<(), Unusable> {
    if pem.contains("-----BEGIN CERTIFICATE-----") {
        return Ok(());
    }
    Err(unusable(
        field,
        format!("{what} holds no 'BEGIN CERTIFICATE': give it in PEM, as `openssl x509` writes it"),
    ))
}

fn identity(client: &ClientCertificate) -> Result<Identity, Unusable> {
    is_certificate("clientCertificate", "the client certificate", &client.certificate)?;
    let (field, key) = ("clientKey", client.key.expose());
    if key.contains("ENCRYPTED") {
        let advice = "take it off with `openssl pkey -in KEY -out PLAIN`, and let only the server's users read that file";
        return Err(unusable(field, format!("the client key has a passphrase: {advice}")));
    }
    if !key.contains("PRIVATE KEY-----") {
        return Err(unusable(field, "the client key holds no 'BEGIN PRIVATE KEY': give it in PEM"));
    }
    let both = format!("{}\n{key}", client.certificate.trim_end());
    // The library's own words could quote what they were given.
    Identity::from_pem(both.as_bytes()).map_err(|_| unusable(field, "the client certificate and its key are not a pair in PEM"))
}

/// Why no client could be made of parts that were fine each: the certificate and the key belong to different pairs.
pub fn not_together(connection: &Connection, error: &reqwest::Error) -> Unusable {
    if connection.client.is_some() {
        let message = "the client key does not belong to the client certificate, or one of them is of a kind that TLS does not take here";
        return unusable("clientKey", message);
    }
    if connection.ca_certificate.is_some() {
        return unusable("caCertificate", format!("the CA certificate cannot be used: {}", innermost(error)));
    }
    unusable("", format!("the HTTP client cannot be made: {}", innermost(error)))
}

fn header(authentication: &Authentication) -> Result<Option<(HeaderName, HeaderValue)>, Unusable> {
    let (name, value) = match authentication {
        Authentication::None => return Ok(None),
        Authentication::Basic { user, password } => {
            if user.contains(':') {
                return Err(unusable("authentication.user", "a user of basic authentication has no colon"));
            }
            let pair = STANDARD.encode(format!("{user}:{}", password.expose()));
            (AUTHORIZATION, format!("Basic {pair}"))
        }
        Authentication::Header { name, value } => (named(name)?, value.expose().to_owned()),
    };
    let mut value = HeaderValue::from_str(&value).map_err(|_| {
        unusable(
            "authentication.value",
            format!("the value of header '{name}' has line breaks or other characters that no header has"),
        )
    })?;
    value.set_sensitive(true);
    Ok(Some((name, value)))
}

fn named(name: &str) -> Result<HeaderName, Unusable> {
    let field = "authentication.name";
    let shown: String = name.chars().take(60).collect();
    let parsed = HeaderName::from_bytes(name.as_bytes()).map_err(|_| unusable(field, format!("'{shown}' is not the name of a header")))?;
    if OF_THE_MESSAGE.contains(&parsed.as_str()) {
        return Err(unusable(
            field,
            format!("header '{shown}' belongs to the message itself and cannot be set"),
        ));
    }
    Ok(parsed)
}

#[cfg(test)]
mod tests {
    use domain::secret::Secret;

    use super::*;

    fn refused(connection: &Connection) -> String {
        match applied(reqwest::Client::builder(), connection) {
            Err(part) => format!("{}: {}", part.field, part.message),
            Ok(_) => "fine".to_owned(),
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
        assert_eq!(refused(&with("X-Token", "päss wörd")), "fine");
    }

    #[test]
    fn what_is_no_certificate_is_refused_and_the_key_not_quoted() {
        let of = |ca: Option<&str>, client: Option<ClientCertificate>| Connection {
            ca_certificate: ca.map(str::to_owned),
            insecure: false,
            client,
            authentication: Authentication::None,
        };
        assert!(refused(&of(Some(""), None)).starts_with("caCertificate: the CA certificate holds no 'BEGIN CERTIFICATE'"));
        let torn = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        for (certificate, key, expected) in [
            (
                "hunter2",
                "hunter2",
                "clientCertificate: the client certificate holds no 'BEGIN CERTIFICATE'",
            ),
            (torn, "hunter2", "clientKey: the client key holds no 'BEGIN PRIVATE KEY'"),
            (
                torn,
                "-----BEGIN ENCRYPTED PRIVATE KEY-----\nhunter2",
                "clientKey: the client key has a passphrase",
            ),
        ] {
            let client = ClientCertificate {
                certificate: certificate.to_owned(),
                key: Secret::new(key.to_owned()),
            };
            let why = refused(&of(None, Some(client)));
            assert!(why.starts_with(expected) && !why.contains("hunter2"), "{why}");
        }
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
