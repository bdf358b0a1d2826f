//! What can go wrong between us and an API server, and what it means to the caller.
//!
//! Only the API server itself refuses anything: its errors are a `Status` object. A connection that fails, a proxy's page or half
//! an answer means "nothing is known, ask again"; a 404 without a `Status` never says that something is gone.

use domain::ports::PortError;
use serde_json::Value;

/// A failed call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Nothing is known: no answer, or one that means "not now".
    Silent(String),
    /// The API server does not let us in with what we show: 401.
    Unknown(String),
    /// The API server refused.
    Refused(Refusal),
    /// The place cannot be used as it is written.
    Unusable(String),
    /// Not what an API server answers.
    Strange(String),
}

/// An API server's `Status` with a code of the fours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// Kubernetes' word, such as `AlreadyExists`.
    pub reason: String,
    /// Kubernetes' sentence.
    pub message: String,
    /// The name of the object that it is about; empty for a path that the API server does not serve.
    pub about: String,
}

impl Fault {
    /// The refusal, where the API server itself refused.
    pub const fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }

    /// Whether the API server itself does not have an object.
    pub fn absent(&self) -> bool {
        self.refusal()
            .is_some_and(|refusal| refusal.status == 404 && !refusal.about.is_empty())
    }

    /// Whether an object of this name is there already.
    pub fn exists(&self) -> bool {
        self.refusal().is_some_and(|refusal| refusal.reason == "AlreadyExists")
    }

    /// Whether we may not.
    pub fn forbidden(&self) -> bool {
        self.refusal().is_some_and(|refusal| refusal.status == 403)
    }
}

impl From<Fault> for PortError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Silent(message) => Self::Retry(message),
            Fault::Unknown(message) => refused(401, message),
            Fault::Refused(refusal) => refused(refusal.status, refusal.message),
            Fault::Unusable(message) => Self::Refused { status: None, message },
            Fault::Strange(message) => Self::GiveUp(message),
        }
    }
}

/// A refusal with a status of HTTP.
pub const fn refused(status: u16, message: String) -> PortError {
    PortError::Refused {
        status: Some(status),
        message,
    }
}

/// What an answer with another status than success means. `what` names the call.
pub fn read(status: u16, body: &[u8], what: &str) -> Fault {
    let status_object = serde_json::from_slice::<Value>(body).ok().filter(|body| body["kind"] == "Status");
    let Some(body) = status_object else {
        let begin = glimpse(body);
        return if status == 401 {
            Fault::Unknown(format!("{what}: {}", not_let_in("")))
        } else {
            Fault::Silent(format!(
                "{what}: {status}, and it was not the API server that said so ({begin}): if there is a proxy before it, look at it"
            ))
        };
    };
    let text = |key: &str| body[key].as_str().unwrap_or_default().to_owned();
    let (reason, message) = (text("reason"), said(&body));
    if status == 401 {
        return Fault::Unknown(format!("{what}: {}", not_let_in(&message)));
    }
    let conflict = status == 409 && reason == "Conflict" && !message.contains("Precondition failed");
    if status == 429 || status >= 500 || conflict {
        return Fault::Silent(format!("{what}: the API server cannot do it just now ({status}): {message}"));
    }
    Fault::Refused(Refusal {
        status,
        reason,
        message: format!("{message} ({what})"),
        about: body["details"]["name"].as_str().unwrap_or_default().to_owned(),
    })
}

fn not_let_in(message: &str) -> String {
    let said = if message.is_empty() || message == "Unauthorized" {
        String::new()
    } else {
        format!(" ({message})")
    };
    format!(
        "the API server does not know who we are (401){said}: the token or the client certificate of the kubeconfig has expired, was \
         revoked, or is for another cluster. Give this target a new kubeconfig"
    )
}

/// The sentence of a `Status`, without the words that every one of its kind begins with.
fn said(body: &Value) -> String {
    let message = body["message"].as_str().unwrap_or_default();
    let message = message
        .strip_prefix("admission webhook ")
        .map_or_else(|| message.to_owned(), |rest| format!("admission webhook {rest}"));
    if message.is_empty() {
        return body["reason"].as_str().unwrap_or("it does not say why").to_owned();
    }
    message.chars().take(2_000).collect()
}

fn glimpse(body: &[u8]) -> String {
    let head = String::from_utf8_lossy(&body[..body.len().min(200)]);
    let line: String = head.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(80).collect();
    if line.is_empty() {
        "an empty answer".to_owned()
    } else {
        format!("it begins with '{line}'")
    }
}

/// Why a call came to nothing: the innermost error says it.
pub fn silent(what: &str, server: &str, error: &(dyn std::error::Error + 'static)) -> Fault {
    let text = innermost(error);
    let cause = TLS.iter().find(|(part, _)| text.contains(part)).map(|(_, words)| *words);
    Fault::Silent(cause.map_or_else(
        || format!("{what}: no answer from {server}: {text}"),
        |words| format!("{what}: {server}: {words} ({text})"),
    ))
}

/// The library's texts on TLS, and what they mean. The first that fits is taken.
const TLS: [(&str, &str); 8] = [
    (
        "invalid peer certificate: UnknownIssuer",
        "its certificate is signed by an authority that the kubeconfig does not trust: look at certificate-authority-data",
    ),
    (
        "invalid peer certificate: BadSignature",
        "its certificate is not signed by the authority of the kubeconfig: look at certificate-authority-data",
    ),
    ("invalid peer certificate: certificate expired", "its certificate has expired"),
    (
        "invalid peer certificate: certificate not valid for name",
        "its certificate is for another host name: use that name in the kubeconfig, or tls-server-name",
    ),
    ("invalid peer certificate", "its certificate is not trusted"),
    (
        "CertificateExpired",
        "our client certificate has expired: give this target a new kubeconfig",
    ),
    (
        "received fatal alert: ",
        "it ended the TLS handshake: our client certificate is not one that it takes",
    ),
    (
        "InvalidContentType",
        "it answers without TLS: its address begins with http://, or this is not the API server's port",
    ),
];

/// The text of the innermost error: the outer ones only repeat that there was one.
pub fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(code: u16, reason: &str, message: &str) -> Vec<u8> {
        serde_json::json!({"kind": "Status", "code": code, "reason": reason, "message": message, "details": {"name": "x"}})
            .to_string()
            .into_bytes()
    }

    #[test]
    fn only_the_api_server_refuses() {
        for (code, reason, message, expected) in [
            (404, "NotFound", "deployments.apps \"x\" not found", Some(404)),
            (403, "Forbidden", "exceeded quota: q", Some(403)),
            (409, "AlreadyExists", "it is there", Some(409)),
            (
                409,
                "Conflict",
                "Precondition failed: UID in precondition: a, UID in object meta: b",
                Some(409),
            ),
            (
                409,
                "Conflict",
                "Operation cannot be fulfilled on resourcequotas \"q\": please apply your changes",
                None,
            ),
            (422, "Invalid", "spec: Invalid value", Some(422)),
            (429, "TooManyRequests", "later", None),
            (500, "InternalError", "failed calling webhook \"w\"", None),
            (503, "ServiceUnavailable", "no", None),
        ] {
            let fault = read(code, &status(code, reason, message), "create x");
            match (PortError::from(fault.clone()), expected) {
                (PortError::Refused { status, message: got }, Some(_)) => {
                    assert_eq!(status, expected, "{code} {reason}");
                    assert!(got.starts_with(message), "the cause first: {got}");
                }
                (PortError::Retry(got), None) => assert!(got.contains(message), "{got}"),
                other => panic!("{code} {reason}: {other:?}"),
            }
        }
        for body in ["<html>nginx</html>", "", "{}", r#"{"kind":"Status""#] {
            for code in [403, 404, 409, 502] {
                assert!(matches!(read(code, body.as_bytes(), "x"), Fault::Silent(_)), "{code} {body}");
            }
        }
    }

    #[test]
    fn a_path_that_is_not_served_proves_no_absence() {
        assert!(read(404, &status(404, "NotFound", "no"), "x").absent());
        let nowhere = br#"{"kind":"Status","code":404,"reason":"NotFound","message":"the server could not find the requested resource","details":{}}"#;
        assert!(!read(404, nowhere, "x").absent());
    }

    #[test]
    fn an_expired_token_is_said_in_words() {
        let fault = read(401, &status(401, "Unauthorized", "Unauthorized"), "look at 'x'");
        let PortError::Refused { status, message } = fault.into() else {
            panic!()
        };
        assert_eq!(status, Some(401));
        assert!(message.contains("has expired"), "{message}");
    }
}
