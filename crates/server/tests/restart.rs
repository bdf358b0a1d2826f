//! The restart policy on the real server and a simulated Flink: from the newest checkpoint, once whatever happens to the
//! server, never after a stop that was asked for, and not for ever.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

mod bed;

use std::time::{Duration, Instant};

use bed::{Bed, HANG, nothing};
use serde_json::{Value, json};
use sim::{JobPlan, JobState, RestartOptions};

fn policy(when: &str, limit: u32) -> Value {
    json!({"when": when, "limit": limit, "windowSeconds": 600, "initialDelaySeconds": 1, "factor": 1,
           "maximumDelaySeconds": 1, "jitterPercent": 0})
}

/// A job that runs, makes checkpoints and has a policy.
async fn running(when: &str, limit: u32) -> Bed {
    let mut bed = Bed::with("2.2.1", &[("execution.checkpointing.interval", "100 ms")]).await;
    bed.start(None).await;
    bed.put("/jobs/job/restart-policy", &policy(when, limit)).await;
    bed.done("start", &nothing()).await;
    bed
}

fn alive(bed: &Bed) -> Vec<String> {
    let jobs = bed.sim.jobs();
    jobs.into_iter().filter(|job| !job.state.ended()).map(|job| job.id).collect()
}

/// Fails what is alive, once it has made a checkpoint.
async fn fail(bed: &Bed) -> String {
    tokio::time::sleep(Duration::from_millis(150)).await;
    let id = alive(bed).pop().expect("a job is alive");
    assert!(
        bed.sim
            .set_job(&id, JobState::Failed, Some("java.lang.IllegalStateException: boom"))
    );
    id
}

/// Waits until the job runs again as another Flink job.
async fn until_again(bed: &Bed, old: &str) {
    let began = Instant::now();
    loop {
        let job = bed.job().await;
        if job["status"]["label"] == "running" && job["run"]["flinkJobId"] != old {
            return;
        }
        assert!(began.elapsed() < HANG, "not restarted: {:#}\n{}", job["status"], bed.log());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_is_restarted_once_from_its_checkpoint_whatever_happens_to_the_server() {
    let mut crashes = 0;
    for moment in ["before", "after"] {
        for number in 1.. {
            let mut bed = running("failed", 5).await;
            bed.kill().await;
            let old = fail(&bed).await;
            bed.start(Some(&format!("{moment}:{number}"))).await;
            let began = Instant::now();
            let mut ended = false;
            while !ended && !bed.dead() {
                let job = bed.get("/jobs/job").await.map(|(_, job)| job).unwrap_or_default();
                ended = job["status"]["label"] == "running" && job["run"]["attempt"] == 2 && job["operation"].is_null();
                assert!(began.elapsed() < HANG, "{moment}:{number}: {job:#}\n{}", bed.log());
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            if !ended {
                crashes += 1;
                bed.kill().await;
                bed.start(None).await;
            }
            until_again(&bed, &old).await;
            let jobs = bed.sim.jobs();
            assert_eq!(
                (jobs.len(), alive(&bed).len()),
                (2, 1),
                "{moment}:{number}: {jobs:?}\n{}",
                bed.log()
            );
            let restored = jobs.iter().find(|job| job.id != old).and_then(|job| job.restored_from.clone());
            assert!(
                restored.as_ref().is_some_and(|path| path.contains(&format!("{old}/chk-"))),
                "{moment}:{number}: {restored:?}"
            );
            let runs = bed.list("runs").await;
            let told: Vec<_> = runs.iter().map(|run| (&run["attempt"], &run["cause"])).collect();
            assert_eq!(
                told,
                [(&json!(2), &json!("restart")), (&json!(1), &json!("start"))],
                "{moment}:{number}"
            );
            if ended {
                break;
            }
        }
    }
    assert!(
        crashes >= 8,
        "only {crashes} crashes: the fault does not reach the restart's writes"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_fails_again_and_again_is_given_up_and_a_start_is_the_way_out() {
    let bed = running("failed", 2).await;
    let refused = bed.post("/jobs/job/restart-policy", &json!({}), "k").await.unwrap();
    assert_eq!(refused.0, 405);
    bed.sim.set_plan(JobPlan {
        fail_after_ms: Some(300),
        failure: Some("java.lang.IllegalStateException: boom".to_owned()),
        ..JobPlan::default()
    });
    fail(&bed).await;
    let began = Instant::now();
    let job = loop {
        let job = bed.job().await;
        if job["status"]["conditions"][0]["kind"] == "crash_loop" {
            break job;
        }
        assert!(began.elapsed() < HANG, "not given up: {job:#}\n{}", bed.log());
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert_eq!(job["status"]["label"], "failed");
    let condition = &job["status"]["conditions"][0];
    let sentence = condition["sentence"].as_str().unwrap();
    assert!(
        sentence.starts_with("It failed 3 times in 10 min") && sentence.contains("boom"),
        "{sentence}"
    );
    assert_eq!(bed.sim.jobs().len(), 3);
    // Nothing comes of it later: a raised limit is for the next start.
    bed.put("/jobs/job/restart-policy", &policy("failed", 5)).await;
    bed.sim.set_plan(JobPlan::default());
    let mut bed = bed;
    bed.kill().await;
    bed.start(None).await;
    bed.done("start", &json!({"state": {"from": "latest"}})).await;
    let job = bed.job().await;
    assert_eq!((&job["status"]["label"], &job["run"]["attempt"]), (&json!("running"), &json!(1)));
    assert_eq!(bed.sim.jobs().len(), 4);
    let old = fail(&bed).await;
    until_again(&bed, &old).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_while_it_waits_ends_it_and_a_lost_run_is_restarted_only_where_chosen() {
    let mut bed = running("failed", 5).await;
    bed.put(
        "/jobs/job/restart-policy",
        &json!({"when": "failed", "initialDelaySeconds": 60, "maximumDelaySeconds": 60, "factor": 1}),
    )
    .await;
    fail(&bed).await;
    bed.until_label("restarting").await;
    let job = bed.job().await;
    let sentence = job["status"]["sentence"].as_str().unwrap();
    assert!(
        sentence.contains("(attempt 1 of 5 in 10 min). It ended: IllegalStateException: boom"),
        "{sentence}"
    );
    assert!(
        job["restartAt"].is_string() && job["actions"]["cancel"]["allowed"] == true,
        "{job:#}"
    );
    bed.done("stop", &json!({"mode": "cancel"})).await;
    bed.put("/jobs/job/restart-policy", &policy("failed", 5)).await;
    assert_eq!(bed.label().await, "failed");

    // Another life of the JobManager has forgotten the run: nobody knows how it ended.
    bed.done("start", &nothing()).await;
    bed.sim.restart(&RestartOptions::default());
    bed.until_label("ended").await;
    assert!(bed.job().await["restartAt"].is_null());
    let old = bed.job().await["run"]["flinkJobId"].as_str().unwrap().to_owned();
    // Chosen later it holds for this run, too: it is still desired.
    bed.put("/jobs/job/restart-policy", &policy("failed_or_lost", 5)).await;
    until_again(&bed, &old).await;
    assert_eq!(alive(&bed).len(), 1);
}
