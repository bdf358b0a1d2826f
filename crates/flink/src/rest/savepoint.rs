//! Savepoints, alone or with a stop, and what became of them; cancelling.
//!
//! From Flink 1.15 on a trigger carries our id, and the same id again takes no second savepoint. A stop can
//! fail after its savepoint was complete: Flink then names the path in the text of the failure.

use domain::ports::{Endpoint, PortError, SavepointProgress, SavepointRequest};
use serde_json::{Value, json};

use super::client::{Client, Patience, job_resource};
use super::fault::Fault;
use super::{field, trace};

/// Triggers a savepoint of a job that goes on.
pub async fn trigger(client: &Client, endpoint: &Endpoint, request: &SavepointRequest) -> Result<String, PortError> {
    let body = json!({"target-directory": request.directory, "cancel-job": false});
    send(client, endpoint, request, Call { path: "savepoints", body }).await
}

/// Triggers a stop with savepoint.
pub async fn stop(client: &Client, endpoint: &Endpoint, request: &SavepointRequest) -> Result<String, PortError> {
    let body = json!({"targetDirectory": request.directory, "drain": request.drain});
    send(client, endpoint, request, Call { path: "stop", body }).await
}

struct Call {
    path: &'static str,
    body: Value,
}

async fn send(client: &Client, endpoint: &Endpoint, request: &SavepointRequest, mut call: Call) -> Result<String, PortError> {
    let can = endpoint.version.capabilities();
    if can.savepoint_format {
        // Canonical: readable by every later version and every state backend.
        call.body["formatType"] = json!("CANONICAL");
    }
    if can.trigger_id {
        call.body["triggerId"] = json!(trigger_id(&request.trigger_id)?);
    }
    let url = job_resource(endpoint, &request.flink_job_id, &[call.path])?;
    let answer = client.post(url, &call.body, Patience::Act).await?;
    field::text(&answer, "request-id")
        .map(str::to_owned)
        .ok_or_else(|| PortError::Retry(format!("{} took the request, but did not say under which id", endpoint.rest_url)))
}

/// Flink's trigger ids are 32 hex digits; a UUID's dashes are left out.
fn trigger_id(id: &str) -> Result<String, PortError> {
    let digits: String = id.chars().filter(|c| *c != '-').collect();
    if digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        Ok(digits.to_ascii_lowercase())
    } else {
        Err(PortError::GiveUp(format!("'{id}' is not a trigger id: expected 32 hex digits")))
    }
}

/// Where a triggered savepoint, or stop, stands.
pub async fn progress(client: &Client, endpoint: &Endpoint, flink_job_id: &str, trigger: &str) -> Result<SavepointProgress, PortError> {
    let url = job_resource(endpoint, flink_job_id, &["savepoints", &trigger_id(trigger)?])?;
    match client.get(url, Patience::Act).await {
        Ok(answer) => Ok(read(&answer)),
        Err(Fault::Refused { status: 404, .. }) => Ok(SavepointProgress::NotKnown),
        Err(fault) => Err(fault.into()),
    }
}

fn read(answer: &Value) -> SavepointProgress {
    let operation = answer.get("operation").unwrap_or(&Value::Null);
    if let Some(location) = field::text(operation, "location") {
        return SavepointProgress::Completed {
            location: location.to_owned(),
        };
    }
    if let Some(failure) = operation.get("failure-cause").filter(|failure| !failure.is_null()) {
        let text = field::text(failure, "stack-trace")
            .or_else(|| failure.as_str())
            .or_else(|| field::text(failure, "class"))
            .unwrap_or_default();
        return SavepointProgress::Failed {
            cause: trace::cause(text),
            location: complete_savepoint(text),
        };
    }
    match answer.get("status").and_then(|status| field::text(status, "id")) {
        Some("COMPLETED") => SavepointProgress::Failed {
            cause: "Flink calls the savepoint complete, but names no path".to_owned(),
            location: None,
        },
        // A word that is not known yet: the deadline of the operation ends the waiting.
        _ => SavepointProgress::InProgress,
    }
}

/// The path in `A savepoint has been created at: <path>, but the corresponding job … failed during stopping`
/// (Flink 1.14 – 2.3). Any other mention of a path is not believed: it may be of one that failed.
fn complete_savepoint(text: &str) -> Option<String> {
    let after = text.split_once("savepoint has been created at: ")?.1;
    let path = after.split_once(", but the corresponding job")?.0.trim();
    (!path.is_empty() && path.len() <= 4_096 && !path.contains('\n')).then(|| path.to_owned())
}

/// Cancels a job. One that has ended, or that this JobManager does not know, needs no cancelling.
pub async fn cancel(client: &Client, endpoint: &Endpoint, flink_job_id: &str) -> Result<(), PortError> {
    let mut url = job_resource(endpoint, flink_job_id, &[])?;
    url.query_pairs_mut().append_pair("mode", "cancel");
    match client.patch(url, Patience::Act).await {
        Ok(_) | Err(Fault::Refused { status: 404 | 409, .. }) => Ok(()),
        Err(fault) => Err(fault.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_told_apart() {
        assert_eq!(
            read(&json!({"status": {"id": "IN_PROGRESS"}, "operation": null})),
            SavepointProgress::InProgress
        );
        assert_eq!(read(&json!({"status": {"id": "PONDERING"}})), SavepointProgress::InProgress);
        assert_eq!(read(&json!(null)), SavepointProgress::InProgress);
        assert_eq!(
            read(&json!({"status": {"id": "COMPLETED"}, "operation": {"location": "file:/s/savepoint-1"}})),
            SavepointProgress::Completed {
                location: "file:/s/savepoint-1".to_owned()
            }
        );
        assert!(matches!(
            read(&json!({"status": {"id": "COMPLETED"}})),
            SavepointProgress::Failed { location: None, .. }
        ));
    }

    #[test]
    fn a_failure_may_name_a_complete_savepoint() {
        let trace = "java.util.concurrent.CompletionException: x\n\tat q\nCaused by: org.apache.flink.runtime.scheduler.stopwithsavepoint.StopWithSavepointStoppingException: \
                     A savepoint has been created at: file:/a b/savepoint-012345-0123456789ab, but the corresponding job 1 failed during stopping. The savepoint is consistent, but might have uncommitted transactions.\n\tat q\n";
        let answer = json!({"status": {"id": "COMPLETED"}, "operation": {"failure-cause": {"class": "C", "stack-trace": trace}}});
        let SavepointProgress::Failed { cause, location } = read(&answer) else {
            panic!("not failed")
        };
        assert_eq!(location.as_deref(), Some("file:/a b/savepoint-012345-0123456789ab"));
        assert!(cause.starts_with("StopWithSavepointStoppingException: A savepoint has been created"));
        let other = json!({"operation": {"failure-cause": {"stack-trace": "java.io.IOException: cannot write file:/s/savepoint-012345-0123456789ab"}}});
        assert!(matches!(read(&other), SavepointProgress::Failed { location: None, .. }));
    }

    #[test]
    fn trigger_ids_lose_their_dashes() {
        assert_eq!(
            trigger_id("01234567-89AB-cdef-0123-456789abcdef").as_deref(),
            Ok("0123456789abcdef0123456789abcdef")
        );
        assert!(trigger_id("../../jobs").is_err());
    }
}
