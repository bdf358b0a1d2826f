//! Faults: what goes wrong with the requests of one endpoint, and how often.

use serde::{Deserialize, Serialize};

/// A fault on an endpoint. The first one that matches a request is used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fault {
    /// Method and path with parameters as `:name`, e.g. `POST /jars/:id/run`; `*` means every request.
    pub endpoint: String,
    /// Only requests whose path names this (a job id, a jar id).
    #[serde(default)]
    pub about: Option<String>,
    /// Let this many matching requests pass first.
    #[serde(default)]
    pub skip: u32,
    /// Hit this many requests, then go; none: until cleared.
    #[serde(default)]
    pub times: Option<u32>,
    /// What happens.
    #[serde(rename = "fault")]
    pub kind: FaultKind,
}

/// What happens to a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum FaultKind {
    /// Flink acts, then the connection breaks without an answer.
    LoseAnswer,
    /// The connection breaks before Flink acts.
    Refuse,
    /// Flink acts only after this time.
    DelayAct {
        /// Milliseconds.
        ms: u64,
    },
    /// Flink acts at once and answers after this time.
    DelayAnswer {
        /// Milliseconds.
        ms: u64,
    },
    /// Another answer: a proxy's page, a 401, a 500.
    Answer {
        /// HTTP status.
        status: u16,
        /// Media type.
        content_type: String,
        /// The body.
        body: String,
        /// Whether Flink acts all the same.
        #[serde(default)]
        act: bool,
    },
    /// 429 with `Retry-After`; nothing is done.
    RetryAfter {
        /// Seconds to wait.
        seconds: u64,
    },
    /// The answer's body is cut in half, with a length to match: JSON that does not parse.
    Truncate,
    /// The connection breaks in the middle of the answer's body.
    Cut,
    /// Every object of the answer has a field that nobody knows.
    ExtraFields,
    /// Every `state` and `status` of the answer has a value that nobody knows.
    UnknownStates,
}

impl Fault {
    /// A fault on every request of an endpoint.
    #[must_use]
    pub fn on(endpoint: &str, kind: FaultKind) -> Self {
        Self {
            endpoint: endpoint.to_owned(),
            about: None,
            skip: 0,
            times: None,
            kind,
        }
    }

    /// The same, for the next request only.
    #[must_use]
    pub fn once(endpoint: &str, kind: FaultKind) -> Self {
        Self {
            times: Some(1),
            ..Self::on(endpoint, kind)
        }
    }

    /// Whether it is meant for a request.
    fn matches(&self, endpoint: &str, path: &str) -> bool {
        let named = self
            .about
            .as_ref()
            .is_none_or(|about| path.split('/').any(|segment| segment == about));
        named && (self.endpoint == "*" || anonymous(&self.endpoint) == anonymous(endpoint))
    }
}

/// `POST /jars/:jarid/run` with every parameter called `:id`, so that nobody has to know their names.
pub(crate) fn anonymous(endpoint: &str) -> String {
    let segments = endpoint
        .split('/')
        .map(|segment| if segment.starts_with([':', '{']) { ":id" } else { segment });
    segments.collect::<Vec<_>>().join("/")
}

/// Takes the fault that a request meets, counting down its `skip` and `times`.
pub(crate) fn take(faults: &mut Vec<Fault>, endpoint: &str, path: &str) -> Option<FaultKind> {
    let mut hit = None;
    for (index, fault) in faults.iter_mut().enumerate() {
        if !fault.matches(endpoint, path) {
            continue;
        }
        if fault.skip > 0 {
            fault.skip -= 1;
            continue;
        }
        if let Some(times) = &mut fault.times {
            *times = times.saturating_sub(1);
        }
        hit = Some((index, fault.kind.clone(), fault.times == Some(0)));
        break;
    }
    let (index, kind, spent) = hit?;
    if spent {
        faults.remove(index);
    }
    Some(kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_hits_its_endpoint_after_skipping_and_then_goes() {
        let mut faults = vec![Fault {
            skip: 1,
            ..Fault::once("POST /jars/:jar/run", FaultKind::LoseAnswer)
        }];
        let run = |faults: &mut Vec<Fault>| take(faults, "POST /jars/:id/run", "/jars/a.jar/run");
        assert_eq!(take(&mut faults, "GET /jars", "/jars"), None);
        assert_eq!(run(&mut faults), None);
        assert_eq!(run(&mut faults), Some(FaultKind::LoseAnswer));
        assert_eq!(run(&mut faults), None);
        assert!(faults.is_empty());
    }

    #[test]
    fn a_fault_about_a_job_leaves_other_jobs_alone() {
        let mut faults = vec![Fault {
            about: Some("aa".into()),
            ..Fault::on("*", FaultKind::Refuse)
        }];
        assert_eq!(take(&mut faults, "GET /jobs/:id", "/jobs/bb"), None);
        assert_eq!(take(&mut faults, "GET /jobs/:id", "/jobs/aa"), Some(FaultKind::Refuse));
    }

    #[test]
    fn faults_are_read_from_json() {
        let fault: Fault = serde_json::from_str(
            r#"{"endpoint":"GET /overview","fault":{"kind":"answer","status":200,"contentType":"text/html","body":"<html>"}}"#,
        )
        .unwrap();
        assert!(matches!(
            fault.kind,
            FaultKind::Answer {
                status: 200,
                act: false,
                ..
            }
        ));
    }
}
