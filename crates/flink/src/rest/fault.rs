//! What can go wrong between us and a JobManager, and what it means to the caller.
//!
//! The one question that matters: did Flink itself speak? Only Flink's own JSON (`{"errors": […]}`) refuses
//! anything; a connection that fails, a proxy's page, half an answer or an election going on means "nothing is
//! known, ask again". In particular a 404 without Flink's JSON never says that a job is gone.

use domain::ports::PortError;
use serde_json::Value;

use super::trace;

/// Words of Flink's own errors that mean "not now".
const NOT_NOW: [&str; 7] = [
    "AskTimeoutException",
    "Ask timed out on",
    "leader election",
    "RecipientUnreachableException",
    "FencingTokenException",
    "EndpointNotStartedException",
    "Could not retrieve the redirect address",
];

/// A failed call.
#[derive(Debug)]
pub enum Fault {
    /// Nothing is known.
    Silent(String),
    /// What stands before Flink asks who we are, or does not like the answer: 401 or 403. Nothing is known.
    NotLetIn {
        /// HTTP status.
        status: u16,
        /// What to say of it.
        message: String,
    },
    /// TLS came to nothing, or one side speaks it and the other does not. Nothing is known.
    Tls(String),
    /// Flink refused.
    Refused {
        /// HTTP status.
        status: u16,
        /// All of Flink's text.
        text: String,
    },
    /// Flink does not serve that path at all.
    NoRoute(String),
    /// Not what a JobManager answers.
    Strange(String),
}

impl From<Fault> for PortError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Silent(message) | Fault::Tls(message) | Fault::NotLetIn { message, .. } => Self::Retry(message),
            Fault::Refused { status, text } => Self::Refused {
                status: Some(status),
                message: trace::cause(&text),
            },
            Fault::NoRoute(message) | Fault::Strange(message) => Self::GiveUp(message),
        }
    }
}

/// Reads an answer: JSON on success, otherwise what the failure means. `what` names the address.
pub fn read(status: u16, body: &[u8], what: &str) -> Result<Value, Fault> {
    let json = serde_json::from_slice::<Value>(body);
    if (200..300).contains(&status) {
        return match json {
            Ok(value) => Ok(value),
            // Accepted, with nothing to add.
            Err(_) if matches!(status, 202 | 204) && body.iter().all(u8::is_ascii_whitespace) => Ok(Value::Null),
            Err(_) => Err(Fault::Silent(format!(
                "{what} answered {status} with something that is not Flink's JSON ({}). If there is a proxy before the JobManager, look at it",
                glimpse(body)
            ))),
        };
    }
    match json.as_ref().ok().and_then(flink_errors) {
        Some(text) => Err(refusal(status, text, what)),
        None if matches!(status, 401 | 403) => Err(Fault::NotLetIn {
            status,
            message: format!(
                "{what} answered {status}: what stands before the JobManager does not let us in with what the connection says"
            ),
        }),
        None => Err(Fault::Silent(format!(
            "{what} answered {status}, and it was not Flink that said so ({}). If there is a proxy before the JobManager, look at it",
            glimpse(body)
        ))),
    }
}

/// Whether a body is what Flink itself says of a failure.
pub fn of_flink(body: &[u8]) -> bool {
    let json = serde_json::from_slice::<Value>(body);
    json.as_ref().ok().and_then(flink_errors).is_some()
}

fn refusal(status: u16, text: String, what: &str) -> Fault {
    if status == 503 || NOT_NOW.iter().any(|word| text.contains(word)) {
        return Fault::Silent(format!("{what}: the JobManager cannot answer just now: {}", trace::cause(&text)));
    }
    if status == 404 && text.starts_with("Not found: /") {
        return Fault::NoRoute(format!("{what}: this Flink does not serve that path"));
    }
    Fault::Refused { status, text }
}

/// The texts of Flink's own error answer, joined.
fn flink_errors(json: &Value) -> Option<String> {
    let errors = json.get("errors")?.as_array()?;
    let texts: Vec<&str> = errors.iter().filter_map(Value::as_str).collect();
    // "Internal server error." stands before the trace and says nothing.
    let telling: Vec<&str> = texts.iter().copied().filter(|text| *text != "Internal server error.").collect();
    Some(if telling.is_empty() { texts.join("\n") } else { telling.join("\n") })
}

/// The first characters of an answer, fit for one line.
fn glimpse(body: &[u8]) -> String {
    let head = String::from_utf8_lossy(&body[..body.len().min(200)]);
    let line = head.split_whitespace().collect::<Vec<_>>().join(" ");
    let short: String = line.chars().take(80).collect();
    if short.is_empty() {
        "an empty answer".to_owned()
    } else {
        format!("it begins with '{short}'")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(status: u16, body: &str) -> PortError {
        read(status, body.as_bytes(), "http://f/x").map_or_else(PortError::from, |value| PortError::GiveUp(format!("an answer: {value}")))
    }

    #[test]
    fn only_flink_itself_refuses() {
        let own = r#"{"errors":["org.apache.flink.runtime.rest.NotFoundException: Job 1 not found\n\tat a.b\n"]}"#;
        assert_eq!(
            fault(404, own),
            PortError::Refused {
                status: Some(404),
                message: "Job 1 not found".to_owned()
            }
        );
        assert!(fault(404, own).not_found());
        for body in [
            "<html>nginx</html>",
            "",
            "{}",
            r#"{"error":"x"}"#,
            r#"{"errors":"x"}"#,
            r#"{"errors":["x""#,
        ] {
            assert!(matches!(fault(404, body), PortError::Retry(_)), "{body}");
            assert!(matches!(fault(502, body), PortError::Retry(_)), "{body}");
            assert!(matches!(fault(401, body), PortError::Retry(_)), "{body}");
        }
    }

    #[test]
    fn a_success_must_be_json() {
        assert!(matches!(fault(200, "<html>sign in</html>"), PortError::Retry(_)));
        assert!(matches!(fault(200, r#"{"jobs":[{"jid":"#), PortError::Retry(_)));
        assert!(read(202, b" ", "x").is_ok_and(|value| value.is_null()));
    }

    #[test]
    fn an_election_is_not_a_refusal() {
        let election = r#"{"errors":["Service temporarily unavailable due to an ongoing leader election. Please refresh."]}"#;
        assert!(matches!(fault(503, election), PortError::Retry(_)));
        assert!(matches!(fault(500, election), PortError::Retry(_)));
        let slow = r#"{"errors":["Internal server error.","<Exception on server side:\norg.apache.pekko.pattern.AskTimeoutException: Ask timed out on [x]\n"]}"#;
        assert!(matches!(fault(500, slow), PortError::Retry(_)));
    }

    #[test]
    fn a_path_that_flink_does_not_serve_says_nothing_of_a_job() {
        assert!(matches!(
            fault(404, r#"{"errors":["Not found: /jars/upload"]}"#),
            PortError::GiveUp(_)
        ));
    }

    #[test]
    fn the_cause_of_a_server_error_comes_first() {
        let body = r#"{"errors":["Internal server error.","<Exception on server side:\na.BException: outer\n\tat q\nCaused by: c.DException: the reason\n\tat q\nEnd of exception on server side>"]}"#;
        assert_eq!(
            fault(500, body),
            PortError::Refused {
                status: Some(500),
                message: "DException: the reason (behind BException: outer)".to_owned()
            }
        );
    }
}
