//! A job in a cluster of its own: the server is killed at each write boundary of its start, stop and cancel, and the API
//! server cuts the line at each request of its start. The end is the same as without, it happens once, and leaves nothing.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

mod bed;
mod namespace;

use std::time::Instant;

use bed::{HANG, nothing};
use namespace::{DEPLOYMENTS, Namespace, deployment_of};
use serde_json::{Value, json};
use sim::{Fault, FaultKind};

/// One operation: what it needs before, and what is so after it.
#[derive(Clone, Copy)]
struct Story {
    running: bool,
    verb: &'static str,
    mode: Option<&'static str>,
    label: &'static str,
    savepoints: usize,
}

const START: Story = Story {
    running: false,
    verb: "start",
    mode: None,
    label: "running",
    savepoints: 0,
};

/// More writes than any operation has.
const ENOUGH: u32 = 80;
/// Servers that are killed at the same time.
const AT_ONCE: u32 = 4;

async fn tell(story: Story) {
    let mut crashes = 0;
    for moment in ["before", "after"] {
        let mut number = 1;
        let mut met = true;
        while met {
            assert!(number < ENOUGH, "the operation never ends writing");
            let some = (number..number + AT_ONCE).map(|number| async move { crash(story, &format!("{moment}:{number}")).await });
            let some = futures::future::join_all(some).await;
            crashes += some.iter().filter(|met| **met).count();
            met = some.iter().all(|met| *met);
            number += AT_ONCE;
        }
    }
    assert!(
        crashes >= 8,
        "only {crashes} crashes: the fault does not reach the operation's writes"
    );
}

/// Asks for the operation and waits for its end; nothing when the server died.
async fn ask(made: &mut Namespace, story: Story) -> Option<Value> {
    let body = story.mode.map_or_else(nothing, |mode| json!({"mode": mode}));
    let (status, operation) = made.bed.ask(story.verb, &body, "once").await?;
    assert_eq!(status, 202, "{operation:#}\n{}", made.bed.log());
    made.bed.until_ended(operation["id"].as_str().unwrap()).await
}

/// Waits until the job is as it is to be, and nothing is left where it does not run; false when the server died first.
async fn settled(made: &mut Namespace, story: Story) -> bool {
    let began = Instant::now();
    while let Some((_, job)) = made.bed.get("/jobs/job").await {
        let left = !job["cluster"].is_null() || !made.objects().is_empty();
        if job["status"]["label"] == story.label && left == (story.label == "running") {
            return true;
        }
        assert!(began.elapsed() < HANG, "{job:#}\n{:?}\n{}", made.objects(), made.bed.log());
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    false
}

/// Crashes at a moment; answers whether it came to that.
async fn crash(story: Story, moment: &str) -> bool {
    let mut made = Namespace::new().await;
    let mut flink = None;
    if story.running {
        made.bed.start(None).await;
        made.bed.done("start", &nothing()).await;
        made.bed.kill().await;
        flink = Some(made.flink());
    }
    made.bed.start(Some(moment)).await;
    // What is left is removed after the operation's end: that is written, too.
    let crashed = ask(&mut made, story).await.is_none() || !settled(&mut made, story).await;
    if crashed {
        made.bed.kill().await;
        made.bed.start(None).await;
        // Under the same key: the operation that the first request made, or a new one when it made none.
        let again = ask(&mut made, story).await.unwrap();
        assert_eq!(again["state"], "succeeded", "{moment}: {again:#}\n{}", made.bed.log());
        assert!(settled(&mut made, story).await, "{moment}");
    }
    let flink = flink.unwrap_or_else(|| made.flink());
    let runs = made.bed.list("runs").await;
    assert_eq!(runs.len(), 1, "{moment}: {runs:?}\n{}", made.bed.log());
    let jobs = flink.jobs();
    assert_eq!(jobs.len(), 1, "{moment}: {jobs:?}");
    assert_eq!(jobs[0].savepoints.len(), story.savepoints, "{moment}: {jobs:?}");
    assert_eq!(jobs[0].state.ended(), story.label != "running", "{moment}: {jobs:?}");
    let snapshots = made.bed.list("snapshots").await;
    let complete = snapshots.iter().filter(|one| one["state"] == "complete").count();
    assert_eq!(complete, story.savepoints, "{moment}");
    crashed
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_survives_every_crash() {
    tell(START).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_survives_every_crash() {
    tell(Story {
        running: true,
        verb: "stop",
        mode: Some("savepoint"),
        label: "stopped",
        savepoints: 1,
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_survives_every_crash() {
    tell(Story {
        running: true,
        verb: "stop",
        mode: Some("cancel"),
        label: "stopped",
        savepoints: 0,
    })
    .await;
}

/// Starts while one request of it goes wrong.
async fn start_with(fault: Fault) {
    let mut made = Namespace::new().await;
    let told = format!("{fault:?}");
    made.bed.start(None).await;
    made.sim.fault(fault);
    let ended = ask(&mut made, START).await.unwrap();
    assert_eq!(ended["state"], "succeeded", "{told}: {ended:#}\n{}", made.bed.log());
    assert_eq!(made.sim.clear_faults(), 0, "{told}: not met");
    let job = made.bed.job().await;
    assert_eq!(made.bed.list("runs").await.len(), 1, "{told}");
    assert_eq!(made.deployment(), deployment_of(&job["run"]), "{told}");
    let flink_job = job["run"]["flinkJobId"].as_str().unwrap();
    assert_eq!(made.flink().main_executions(flink_job), 1, "{told}");
    made.bed.done("stop", &json!({"mode": "cancel"})).await;
    made.until_nothing_left().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_goes_on_where_the_api_server_cut_the_line() {
    let made = Namespace::running(&[]).await;
    // What a start writes, each request with the how-manieth of its kind it is.
    let mut writes: Vec<(String, u32)> = Vec::new();
    for row in made.sim.record().rows {
        let writing = row.endpoint.starts_with("POST ") || row.endpoint.starts_with("PATCH ");
        if writing && !row.endpoint.contains("/proxy") {
            let before = writes.iter().filter(|(endpoint, _)| *endpoint == row.endpoint).count();
            writes.push((row.endpoint, u32::try_from(before).unwrap()));
        }
    }
    assert!(writes.len() >= 5 && writes[0].0 == DEPLOYMENTS, "{writes:?}");
    let faults: Vec<Fault> = writes
        .iter()
        .flat_map(|(endpoint, skip)| {
            [FaultKind::LoseAnswer, FaultKind::Refuse].map(|kind| Fault {
                skip: *skip,
                ..Fault::once(endpoint, kind)
            })
        })
        .collect();
    for some in faults.chunks(AT_ONCE as usize) {
        futures::future::join_all(some.iter().cloned().map(start_with)).await;
    }
}
