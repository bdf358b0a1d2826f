//! Checkpoints of a simulated job: their number follows from the interval and the time that has passed.

use serde_json::{Value, json};

use crate::job::Job;
use crate::savepoint;

/// A complete checkpoint.
pub(crate) struct Checkpoint {
    pub(crate) id: i64,
    pub(crate) at: i64,
    pub(crate) path: String,
}

/// The job's checkpoint interval in milliseconds, when it has one.
fn interval(job: &Job) -> Option<i64> {
    millis(job.configuration.get("execution.checkpointing.interval")?).filter(|interval| *interval > 0)
}

/// Flink's durations: `10 s`, `1min`, `500ms`, `3000`.
fn millis(text: &str) -> Option<i64> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number: i64 = text.get(..digits)?.parse().ok()?;
    let unit = match text.get(digits..)?.trim() {
        "" | "ms" | "milli" | "millis" | "millisecond" | "milliseconds" => 1,
        "s" | "sec" | "secs" | "second" | "seconds" => 1_000,
        "m" | "min" | "minute" | "minutes" => 60_000,
        "h" | "hour" | "hours" => 3_600_000,
        _ => return None,
    };
    Some(number * unit)
}

/// The newest complete checkpoint at a time; its folder is made on disk when the job has a directory there.
pub(crate) fn latest(job: &Job, now: i64) -> Option<Checkpoint> {
    let interval = interval(job)?;
    let running = job.running_since?;
    let until = job.ended_at().unwrap_or(now);
    let id = (until - running) / interval;
    if id < 1 {
        return None;
    }
    let root = job
        .configuration
        .get("execution.checkpointing.dir")
        .or_else(|| job.configuration.get("state.checkpoints.dir"));
    let path = root.map_or_else(
        || "<checkpoint-not-externally-addressable>".to_owned(),
        |root| format!("{}/{}/chk-{id}", root.trim_end_matches('/'), job.id),
    );
    if let Some(folder) = savepoint::on_disk(&path) {
        // A directory that cannot be written makes the checkpoint fail in Flink; here it is simply not on disk.
        savepoint::fill(&folder).ok();
    }
    Some(Checkpoint {
        id,
        at: running + id * interval,
        path,
    })
}

/// The answer of `/jobs/:id/checkpoints`.
pub(crate) fn statistics(job: &Job, now: i64) -> Value {
    let newest = latest(job, now);
    let count = newest.as_ref().map_or(0, |checkpoint| checkpoint.id);
    let taken = i64::try_from(job.savepoints.len()).unwrap_or(0);
    let completed = newest
        .as_ref()
        .map(|checkpoint| row(checkpoint.id, checkpoint.at, &checkpoint.path, false));
    let last_savepoint = job.savepoints.last().map(|saved| row(count + taken, saved.at, &saved.path, true));
    let restored = job.restored_from.as_ref().map(
        |path| json!({"id": 1, "restore_timestamp": job.started_at, "is_savepoint": path.contains("savepoint-"), "external_path": path}),
    );
    let mut history: Vec<Value> = last_savepoint.iter().chain(completed.iter()).cloned().collect();
    history.sort_by_key(|row| -row["trigger_timestamp"].as_i64().unwrap_or(0));
    let figures = json!({"min": 20, "max": 40, "avg": 30, "p50": 30, "p90": 38, "p95": 39, "p99": 40, "p999": 40});
    json!({
        "counts": {"restored": u8::from(restored.is_some()), "total": count + taken, "in_progress": 0, "completed": count + taken, "failed": 0},
        "summary": {"checkpointed_size": figures, "state_size": figures, "end_to_end_duration": figures, "alignment_buffered": figures,
            "processed_data": figures, "persisted_data": figures},
        "latest": {"completed": completed, "savepoint": last_savepoint, "failed": null, "restored": restored},
        "history": history,
    })
}

fn row(id: i64, at: i64, path: &str, savepoint: bool) -> Value {
    json!({
        "className": "completed", "id": id, "status": "COMPLETED", "is_savepoint": savepoint,
        "savepointFormat": savepoint.then_some("CANONICAL"), "trigger_timestamp": at - 30, "latest_ack_timestamp": at,
        "checkpointed_size": 4_096, "state_size": 4_096, "end_to_end_duration": 30, "alignment_buffered": 0, "processed_data": 0,
        "persisted_data": 0, "num_subtasks": 2, "num_acknowledged_subtasks": 2,
        "checkpoint_type": if savepoint { "SAVEPOINT" } else { "CHECKPOINT" }, "tasks": {}, "external_path": path, "discarded": false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flinks_durations_are_read() {
        assert_eq!(millis("10 s"), Some(10_000));
        assert_eq!(millis("1min"), Some(60_000));
        assert_eq!(millis("3000"), Some(3_000));
        assert_eq!(millis("soon"), None);
    }
}
