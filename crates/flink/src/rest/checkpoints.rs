//! Checkpoints of a job.

use domain::ports::{Checkpoint, Checkpoints, Endpoint, PortError};
use serde_json::Value;

use super::client::{Client, Patience, job_resource};
use super::fault::Fault;
use super::{field, trace};

/// Counts, the newest complete one, where the job was restored from, and the history that Flink keeps.
pub async fn checkpoints(client: &Client, endpoint: &Endpoint, flink_job_id: &str) -> Result<Checkpoints, PortError> {
    match client
        .get(job_resource(endpoint, flink_job_id, &["checkpoints"])?, Patience::Act)
        .await
    {
        Ok(answer) => Ok(read(&answer)),
        // The job is there, but takes none: Flink says it with the status of a job that is not there.
        Err(Fault::Refused { status: 404, text }) if text.contains("Checkpointing") => Ok(Checkpoints::default()),
        Err(fault) => Err(fault.into()),
    }
}

fn read(answer: &Value) -> Checkpoints {
    let counts = answer.get("counts").unwrap_or(&Value::Null);
    let latest = answer.get("latest").unwrap_or(&Value::Null);
    let mut history: Vec<Checkpoint> = field::items(answer, "history").iter().filter_map(checkpoint).collect();
    history.sort_by_key(|checkpoint| std::cmp::Reverse(checkpoint.id));
    Checkpoints {
        completed: field::known(counts, "completed").unwrap_or(0),
        failed: field::known(counts, "failed").unwrap_or(0),
        in_progress: field::known(counts, "in_progress").unwrap_or(0),
        restored: field::known(counts, "restored").unwrap_or(0),
        latest: newest(latest),
        restored_from: latest
            .get("restored")
            .and_then(|restored| field::text(restored, "external_path"))
            .map(str::to_owned),
        history,
    }
}

/// The newer of the last checkpoint and the last savepoint; numbers grow over both.
fn newest(latest: &Value) -> Option<Checkpoint> {
    let complete = ["completed", "savepoint"]
        .into_iter()
        .filter_map(|kind| latest.get(kind).and_then(checkpoint));
    complete.max_by_key(|checkpoint| checkpoint.id)
}

fn checkpoint(entry: &Value) -> Option<Checkpoint> {
    let status = field::text(entry, "status").unwrap_or("UNKNOWN").to_owned();
    let complete = status == "COMPLETED";
    Some(Checkpoint {
        id: field::whole(entry, "id")?,
        savepoint: field::flag(entry, "is_savepoint"),
        triggered_at: field::time(entry, "trigger_timestamp"),
        completed_at: field::time(entry, "latest_ack_timestamp").filter(|_| complete),
        duration_ms: field::known(entry, "end_to_end_duration"),
        size_bytes: field::known(entry, "state_size"),
        // Flink writes a note in angle brackets where a checkpoint has no path.
        path: field::text(entry, "external_path")
            .filter(|path| !path.starts_with('<'))
            .map(str::to_owned),
        failure: field::text(entry, "failure_message").map(trace::cause),
        discarded: field::flag(entry, "discarded"),
        status,
    })
}

#[cfg(test)]
mod tests {
    use domain::Millis;
    use serde_json::json;

    use super::*;

    #[test]
    fn the_newest_complete_one_may_be_a_savepoint() {
        let answer = json!({
            "counts": {"completed": 3, "failed": 1, "in_progress": "0", "restored": 1, "total": 5},
            "latest": {
                "completed": {"id": 4, "status": "COMPLETED", "is_savepoint": false, "external_path": "file:/c/chk-4"},
                "savepoint": {"id": 5, "status": "COMPLETED", "is_savepoint": true, "external_path": "file:/s/savepoint-1", "latest_ack_timestamp": 9, "discarded": false},
                "failed": null,
                "restored": {"id": 1, "external_path": "file:/old"},
            },
            "history": [
                {"id": 3, "status": "FAILED", "failure_message": "a.BException: outer\nCaused by: c.DException: why", "latest_ack_timestamp": 7},
                {"id": 5, "status": "COMPLETED", "external_path": "<checkpoint-not-externally-addressable>"},
                {"status": "COMPLETED"}, 17,
                {"id": 6, "status": "DREAMING", "state_size": -1},
            ],
        });
        let read = read(&answer);
        assert_eq!((read.completed, read.failed, read.in_progress, read.restored), (3, 1, 0, 1));
        let latest = read.latest.unwrap();
        assert_eq!((latest.id, latest.savepoint, latest.completed_at), (5, true, Some(Millis(9))));
        assert_eq!(read.restored_from.as_deref(), Some("file:/old"));
        let ids: Vec<i64> = read.history.iter().map(|checkpoint| checkpoint.id).collect();
        assert_eq!(ids, [6, 5, 3]);
        assert_eq!(read.history[0].size_bytes, None);
        assert_eq!(read.history[1].path, None);
        let failure = read.history[2].failure.as_deref();
        assert_eq!(failure, Some("DException: why (behind BException: outer)"));
        assert_eq!(read.history[2].completed_at, None);
    }

    #[test]
    fn nothing_at_all_is_no_checkpoints() {
        for odd in [json!(null), json!({}), json!({"latest": [], "history": {}, "counts": 3})] {
            assert_eq!(read(&odd), Checkpoints::default());
        }
    }
}
