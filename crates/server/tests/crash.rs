//! The server is killed at each write boundary of each operation, right before and right after the write, and
//! started again on the same database: the end is the same as without, and it happens once.
//!
//! Each story prepares a job, starts the server with `STREAMWRIGHT_CRASH=before:N` (or `after:N`), asks for the
//! operation, and once the server is dead starts it again without. N grows until the server survives: then there
//! is no N-th write.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

mod bed;

use std::path::{Path, PathBuf};

use bed::{Bed, nothing};
use serde_json::{Value, json};

/// More writes than any operation has.
const ENOUGH: u32 = 60;

/// One operation: what it needs before, how it is asked for, and what must be so after it.
struct Story {
    running: bool,
    verb: &'static str,
    body: Value,
    /// The job's label at the end; empty when the job is gone.
    label: &'static str,
    /// Runs that there are at the end.
    runs: usize,
    /// Savepoints that there are at the end, in Flink, on disk and in the list.
    savepoints: usize,
}

async fn tell(story: &Story) {
    let mut crashes = 0;
    for moment in ["before", "after"] {
        for number in 1.. {
            assert!(number < ENOUGH, "the operation never ends writing");
            if !crash(story, &format!("{moment}:{number}")).await {
                break;
            }
            crashes += 1;
        }
    }
    assert!(
        crashes >= 4,
        "only {crashes} crashes: the fault does not reach the operation's writes"
    );
}

/// Crashes at a moment; answers whether it came to that.
async fn crash(story: &Story, moment: &str) -> bool {
    let mut bed = Bed::new("2.2.1").await;
    if story.running {
        bed.start(None).await;
        bed.done("start", &nothing()).await;
        bed.kill().await;
    }
    bed.start(Some(moment)).await;
    let ended = ask(&mut bed, story).await;
    let crashed = ended.is_none();
    if crashed {
        bed.kill().await;
        bed.start(None).await;
        // Under the same key: the operation that the first request made, or a new one when it made none.
        let again = ask(&mut bed, story).await.unwrap();
        assert!(
            again.is_null() || again["state"] == "succeeded",
            "{moment}: {again:#}\n{}",
            bed.log()
        );
    }
    check(&bed, story, moment).await;
    crashed
}

/// Asks for the operation and waits for its end: null when the job is gone with it, nothing when the server died.
async fn ask(bed: &mut Bed, story: &Story) -> Option<Value> {
    let (status, operation) = bed.ask(story.verb, &story.body, "once").await?;
    if status == 404 && story.label.is_empty() {
        return Some(Value::Null);
    }
    assert_eq!(status, 202, "{operation:#}\n{}", bed.log());
    let ended = bed.until_ended(operation["id"].as_str().unwrap()).await?;
    Some(if story.label.is_empty() { Value::Null } else { ended })
}

async fn check(bed: &Bed, story: &Story, moment: &str) {
    if story.label.is_empty() {
        assert_eq!(bed.get("/jobs/job").await.unwrap().0, 404, "{moment}: the job is there");
    } else {
        bed.until_label(story.label).await;
    }
    let jobs = bed.sim.jobs();
    let alive = jobs.iter().filter(|job| !job.state.ended()).count();
    assert_eq!(
        alive,
        usize::from(story.label == "running"),
        "{moment}: jobs alive in Flink: {jobs:?}\n{}",
        bed.log()
    );
    // Main may run twice for one id (Flink refuses the duplicate), but no job may.
    assert_eq!(jobs.len(), story.runs, "{moment}: jobs in Flink: {jobs:?}\n{}", bed.log());
    let taken: usize = jobs.iter().map(|job| job.savepoints.len()).sum();
    assert_eq!(taken, story.savepoints, "{moment}: savepoints taken: {jobs:?}");
    assert_eq!(
        savepoints_below(bed.folder()).len(),
        story.savepoints,
        "{moment}: savepoints on disk"
    );
    if !story.label.is_empty() {
        let snapshots = bed.list("snapshots").await;
        let complete = snapshots.iter().filter(|snapshot| snapshot["state"] == "complete").count();
        assert_eq!(
            (complete, bed.list("runs").await.len()),
            (story.savepoints, story.runs),
            "{moment}: {snapshots:?}"
        );
    }
}

/// Folders below a directory that hold a complete savepoint.
fn savepoints_below(directory: &Path) -> Vec<PathBuf> {
    let folders = std::fs::read_dir(directory)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_dir());
    folders
        .flat_map(|path| {
            if path.join("_metadata").is_file() {
                vec![path]
            } else {
                savepoints_below(&path)
            }
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_survives_every_crash() {
    tell(&Story {
        running: false,
        verb: "start",
        body: nothing(),
        label: "running",
        runs: 1,
        savepoints: 0,
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_with_savepoint_survives_every_crash() {
    let body = json!({"mode": "savepoint"});
    tell(&Story {
        running: true,
        verb: "stop",
        body,
        label: "stopped",
        runs: 1,
        savepoints: 1,
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_survives_every_crash() {
    let body = json!({"mode": "cancel"});
    tell(&Story {
        running: true,
        verb: "stop",
        body,
        label: "stopped",
        runs: 1,
        savepoints: 0,
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_savepoint_survives_every_crash() {
    tell(&Story {
        running: true,
        verb: "savepoint",
        body: nothing(),
        label: "running",
        runs: 1,
        savepoints: 1,
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replace_survives_every_crash() {
    let body = json!({"state": {"from": "latest"}});
    tell(&Story {
        running: true,
        verb: "replace",
        body,
        label: "running",
        runs: 2,
        savepoints: 1,
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delete_survives_every_crash() {
    tell(&Story {
        running: false,
        verb: "delete",
        body: nothing(),
        label: "",
        runs: 0,
        savepoints: 0,
    })
    .await;
}
