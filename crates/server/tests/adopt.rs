//! A Flink job that somebody else started is taken over: nothing is sent to Flink for it, the server may be killed
//! at each write, and from then on it is stopped, saved and started again like any other.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

mod bed;

use std::time::{Duration, Instant};

use bed::{Bed, HANG};
use serde_json::{Value, json};
use sim::JobState;

/// More writes than an adoption has.
const ENOUGH: u32 = 60;

/// Waits until the cluster lists a Flink job as not ours.
async fn until_listed(bed: &Bed, flink_job_id: &str) {
    let began = Instant::now();
    loop {
        let (_, cluster) = bed.get("/clusters/sim").await.unwrap();
        let listed = cluster["look"]["unmanaged"].as_array().unwrap();
        if listed.iter().any(|job| job["flinkJobId"] == flink_job_id) {
            return;
        }
        assert!(began.elapsed() < HANG, "{cluster:#}\n{}", bed.log());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn ask(bed: &mut Bed, flink_job_id: &str) -> Option<Value> {
    let (status, operation) = bed.ask("adopt", &json!({ "flinkJobId": flink_job_id }), "once").await?;
    assert_eq!(status, 202, "{operation:#}\n{}", bed.log());
    bed.until_ended(operation["id"].as_str().unwrap()).await
}

/// Crashes at a moment of an adoption; answers whether it came to that.
async fn crash(moment: &str) -> bool {
    let mut bed = Bed::new("2.2.1").await;
    let theirs = bed.sim.add_running(2, "theirs");
    bed.start(Some(moment)).await;
    until_listed(&bed, &theirs[0]).await;
    let ended = ask(&mut bed, &theirs[0]).await;
    let crashed = ended.is_none();
    if crashed {
        bed.kill().await;
        bed.start(None).await;
        let again = ask(&mut bed, &theirs[0]).await.unwrap();
        assert_eq!(again["state"], "succeeded", "{moment}: {again:#}\n{}", bed.log());
    }
    bed.until_label("running").await;
    let runs = bed.list("runs").await;
    assert_eq!(runs.len(), 1, "{moment}: {runs:?}");
    assert_eq!(
        (&runs[0]["flinkJobId"], &runs[0]["cause"]),
        (&json!(theirs[0]), &json!("adopt")),
        "{moment}"
    );
    assert_eq!(bed.sim.all_main_executions(), 0, "{moment}: something was submitted");
    crashed
}

#[tokio::test(flavor = "multi_thread")]
async fn an_adoption_survives_every_crash() {
    let mut crashes = 0;
    for moment in ["before", "after"] {
        for number in 1.. {
            assert!(number < ENOUGH, "the adoption never ends writing");
            if !crash(&format!("{moment}:{number}")).await {
                break;
            }
            crashes += 1;
        }
    }
    assert!(
        crashes >= 4,
        "only {crashes} crashes: the fault does not reach the adoption's writes"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_adopted_is_stopped_with_a_savepoint_and_goes_on_from_it() {
    let mut bed = Bed::new("2.2.1").await;
    let theirs = bed.sim.add_running(2, "theirs");
    bed.start(None).await;
    until_listed(&bed, &theirs[0]).await;
    bed.done("adopt", &json!({ "flinkJobId": theirs[0] })).await;
    let (_, cluster) = bed.get("/clusters/sim").await.unwrap();
    let unmanaged = cluster["look"]["unmanaged"].as_array().unwrap().clone();
    assert!(unmanaged.iter().all(|job| job["flinkJobId"] != theirs[0]), "{unmanaged:?}");
    bed.done("stop", &json!({"mode": "savepoint"})).await;
    bed.until_label("stopped").await;
    bed.done("start", &json!({"state": {"from": "latest"}})).await;
    bed.until_label("running").await;
    let runs = bed.list("runs").await;
    assert_eq!(runs.len(), 2, "{runs:?}");
    assert!(
        runs[0]["restorePath"].as_str().is_some_and(|path| path.contains("savepoint")),
        "{runs:?}"
    );
    let other = bed.sim.jobs().into_iter().find(|job| job.id == theirs[1]).unwrap();
    assert_eq!(other.state, JobState::Running, "the other one is nobody's business");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ended_before_it_was_taken_over_is_not_adopted() {
    let mut bed = Bed::new("2.2.1").await;
    let theirs = bed.sim.add_running(1, "theirs");
    bed.start(None).await;
    until_listed(&bed, &theirs[0]).await;
    assert!(bed.sim.forget_job(&theirs[0]));
    let (status, answer) = bed.ask("adopt", &json!({ "flinkJobId": theirs[0] }), "once").await.unwrap();
    // A look may have come in between; if not, the operation finds out.
    if status == 202 {
        let ended = bed.until_ended(answer["id"].as_str().unwrap()).await.unwrap();
        assert_eq!(
            (&ended["state"], &ended["error"]["code"]),
            (&json!("failed"), &json!("not_unmanaged")),
            "{ended:#}"
        );
    } else {
        assert_eq!((status, &answer["code"]), (422, &json!("not_unmanaged")), "{answer:#}");
    }
    bed.until_label("draft").await;
}
