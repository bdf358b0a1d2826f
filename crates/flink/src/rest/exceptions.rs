//! Exceptions of a job: the history that all versions keep, and below 2.0 the one root exception that older
//! jobs have only there.

use domain::Millis;
use domain::ports::{Endpoint, JobException, PortError};
use serde_json::Value;

use super::client::{Client, Patience, job_resource};
use super::{field, trace};

/// Most exceptions that are asked for.
const MOST: usize = 50;
/// Longest trace that is handed on, in bytes.
const LONGEST_TRACE: usize = 64 * 1024;

/// Exceptions, newest first.
pub async fn exceptions(client: &Client, endpoint: &Endpoint, flink_job_id: &str) -> Result<Vec<JobException>, PortError> {
    let mut url = job_resource(endpoint, flink_job_id, &["exceptions"])?;
    url.query_pairs_mut().append_pair("maxExceptions", &MOST.to_string());
    Ok(read(&client.get(url, Patience::Act).await?))
}

fn read(answer: &Value) -> Vec<JobException> {
    let history = answer
        .get("exceptionHistory")
        .map_or(&[][..], |history| field::items(history, "entries"));
    let mut found: Vec<JobException> = history
        .iter()
        .flat_map(|entry| std::iter::once(entry).chain(field::items(entry, "concurrentExceptions")))
        .filter_map(exception)
        .collect();
    if found.is_empty() {
        found.extend(root(answer));
    }
    found.sort_by_key(|exception| std::cmp::Reverse(exception.at));
    found.truncate(MOST);
    found
}

fn exception(entry: &Value) -> Option<JobException> {
    let trace = field::text(entry, "stacktrace")?;
    let owned = |key| field::text(entry, key).map(str::to_owned);
    let location = ["endpoint", "location", "taskManagerId"].into_iter().find_map(owned);
    Some(JobException {
        class: owned("exceptionName").unwrap_or_else(|| outermost(trace)),
        task: owned("taskName"),
        // Flink's word for a failure that is no task's.
        location: location.filter(|location| location != "(unassigned)"),
        ..of(trace, field::time(entry, "timestamp"))
    })
}

/// The exceptions as Flink below 2.0 shows them beside the history.
fn root(answer: &Value) -> Option<JobException> {
    let trace = field::text(answer, "root-exception")?;
    Some(of(trace, field::time(answer, "timestamp")))
}

fn of(trace: &str, at: Option<Millis>) -> JobException {
    JobException {
        cause: trace::cause(trace),
        class: outermost(trace),
        at,
        task: None,
        location: None,
        trace: cut(trace),
    }
}

fn outermost(trace: &str) -> String {
    trace::chain(trace).into_iter().next().map(|link| link.class).unwrap_or_default()
}

fn cut(trace: &str) -> String {
    let end = (0..=trace.len().min(LONGEST_TRACE))
        .rev()
        .find(|end| trace.is_char_boundary(*end))
        .unwrap_or(0);
    trace[..end].to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_history_of_all_versions_is_read() {
        let trace = "org.apache.flink.runtime.JobException: Recovery is suppressed\n\tat q\nCaused by: java.io.IOException: disk\n\tat q\n";
        let answer = json!({"root-exception": "old", "exceptionHistory": {"truncated": false, "entries": [
            {"exceptionName": "a.First", "stacktrace": "a.FirstException: one", "timestamp": 5, "taskName": "t", "location": "h:1"},
            {"exceptionName": "org.apache.flink.runtime.JobException", "stacktrace": trace, "timestamp": 9, "endpoint": "h:2", "taskManagerId": "tm",
             "concurrentExceptions": [{"stacktrace": "a.TwinException: two", "timestamp": 8}, 4]},
            {"timestamp": 10}, null,
        ]}});
        let read = read(&answer);
        assert_eq!(
            read.iter().map(|exception| exception.cause.as_str()).collect::<Vec<_>>(),
            ["IOException: disk", "TwinException: two", "FirstException: one"]
        );
        assert_eq!(read[0].class, "org.apache.flink.runtime.JobException");
        assert_eq!(read[0].location.as_deref(), Some("h:2"));
        assert_eq!(read[1].class, "a.TwinException");
        assert_eq!(
            (read[2].task.as_deref(), read[2].location.as_deref(), read[2].at),
            (Some("t"), Some("h:1"), Some(Millis(5)))
        );
    }

    #[test]
    fn the_old_form_stands_in_where_there_is_no_history() {
        let old = json!({"root-exception": "a.BException: x", "timestamp": 7, "all-exceptions": []});
        assert_eq!(read(&old)[0].cause, "BException: x");
        for none in [
            json!({"root-exception": null}),
            json!({}),
            json!({"exceptionHistory": {"entries": []}}),
            json!(null),
        ] {
            assert!(read(&none).is_empty());
        }
    }
}
