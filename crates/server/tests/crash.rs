//! The server is killed at each write boundary of each operation, right before and right after the write, and
//! started again on the same database: the end is the same as without, and it happens once.
//!
//! Each story prepares a job, starts the server with `STREAMWRIGHT_CRASH=before:N` (or `after:N`), asks for the
//! operation, and once the server is dead starts it again without. N grows until the server survives: then there
//! is no N-th write.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod support;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sim::JobState;
use support::{Bed, job, savepoints_below};

/// More writes than any operation has.
const ENOUGH: u32 = 60;

/// One operation: what it needs before, how it is asked for, and what must be so after it.
struct Story {
    running: bool,
    request: (Method, &'static str, Value),
    /// The job's label at the end.
    label: &'static str,
    /// Runs that there are at the end.
    runs: usize,
    /// Savepoints that are on disk at the end.
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
    assert!(crashes >= 4, "only {crashes} crashes: the fault does not reach the operation's writes");
}

/// Crashes at a moment; answers whether it came to that.
async fn crash(story: &Story, moment: &str) -> bool {
    let mut bed = Bed::with_job().await;
    if story.running {
        bed.run_job().await;
    }
    bed.kill();
    bed.key = Some("once".to_owned());
    bed.start(Some(moment)).await;
    let (method, path, body) = &story.request;
    let answer = bed.ask(method.clone(), &job(path), Some(body.clone())).await;
    let crashed = match &answer {
        Some((status, operation)) => {
            assert_eq!(*status, StatusCode::ACCEPTED, "{moment}: {operation}");
            ends_or_crashes(&mut bed, operation).await
        }
        None => true,
    };
    if crashed {
        bed.wait_for_end().await;
        bed.start(None).await;
    }
    let operation = match answer {
        Some((_, operation)) => operation,
        None => asked_again(&bed, story).await,
    };
    if operation["id"].is_string() && operation["kind"] != "delete" {
        let ended = bed.done(&operation).await;
        assert_eq!(ended["state"], "succeeded", "{moment}: {ended}\n{}", bed.log());
    }
    check(&bed, story, moment).await;
    crashed
}

async fn ends_or_crashes(bed: &mut Bed, operation: &Value) -> bool {
    let path = format!("/operations/{}?wait=1s", operation["id"].as_str().unwrap());
    loop {
        match bed.ask(Method::GET, &path, None).await {
            None => return true,
            Some((StatusCode::NOT_FOUND, _)) => return false,
            Some((_, now)) if now["endedAt"].is_string() => return false,
            Some(_) => {}
        }
    }
}

/// The same request under the same key: the operation that the first one made, or a new one when it made none.
async fn asked_again(bed: &Bed, story: &Story) -> Value {
    let (method, path, body) = &story.request;
    let (status, answer) = bed.ask(method.clone(), &job(path), Some(body.clone())).await.unwrap();
    assert!(status == StatusCode::ACCEPTED || status == StatusCode::NOT_FOUND, "{status}: {answer}");
    answer
}

async fn check(bed: &Bed, story: &Story, moment: &str) {
    bed.wait(&format!("{moment}: the job is {}", story.label), async |bed| bed.label().await == story.label).await;
    let live = |state: JobState| !state.ended();
    let alive = bed.flink.jobs().iter().filter(|job| live(job.state)).count();
    let wanted = usize::from(story.label == "running");
    assert_eq!(alive, wanted, "{moment}: jobs alive in Flink: {:?}\n{}", bed.flink.jobs(), bed.log());
    assert_eq!(bed.flink.jobs().len(), story.runs, "{moment}: jobs in Flink: {:?}", bed.flink.jobs());
    if story.label != "gone" {
        let runs = bed.get(&job("/runs")).await;
        assert_eq!(runs["items"].as_array().unwrap().len(), story.runs, "{moment}: {runs}");
    }
    // Main may run twice for one id (Flink refuses the duplicate), but no job may.
    let taken: usize = bed.flink.jobs().iter().map(|job| job.savepoints.len()).sum();
    assert_eq!(taken, story.savepoints, "{moment}: savepoints taken: {:?}", bed.flink.jobs());
    assert_eq!(savepoints_below(bed.folder.path()).len(), story.savepoints, "{moment}: savepoints on disk");
    if story.label != "gone" {
        let snapshots = bed.get(&job("/snapshots")).await;
        let complete = snapshots["items"].as_array().unwrap().iter().filter(|snapshot| snapshot["state"] == "complete").count();
        assert_eq!(complete, story.savepoints, "{moment}: {snapshots}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_survives_every_crash() {
    tell(&Story { running: false, request: (Method::POST, "/start", json!({})), label: "running", runs: 1, savepoints: 0 }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_with_savepoint_survives_every_crash() {
    let request = (Method::POST, "/stop", json!({"mode": "savepoint"}));
    tell(&Story { running: true, request, label: "stopped", runs: 1, savepoints: 1 }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_survives_every_crash() {
    let request = (Method::POST, "/stop", json!({"mode": "cancel"}));
    tell(&Story { running: true, request, label: "stopped", runs: 1, savepoints: 0 }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_savepoint_survives_every_crash() {
    tell(&Story { running: true, request: (Method::POST, "/savepoint", json!({})), label: "running", runs: 1, savepoints: 1 }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replace_survives_every_crash() {
    let request = (Method::POST, "/replace", json!({"state": {"from": "latest"}}));
    tell(&Story { running: true, request, label: "running", runs: 2, savepoints: 1 }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delete_survives_every_crash() {
    tell(&Story { running: false, request: (Method::DELETE, "", json!({})), label: "gone", runs: 0, savepoints: 0 }).await;
}
