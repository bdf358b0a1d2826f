//! Foreign answers that are lost, late, cut or not Flink's at all: the job runs once, and what cannot be reached
//! is not an end.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

mod bed;

use std::time::Duration;

use bed::{Bed, nothing};
use serde_json::json;
use sim::{Fault, FaultKind, JobPlan, JobState, RestartOptions, SavepointOutcome, SavepointPlan};

const RUN: &str = "POST /jars/:id/run";

fn page(status: u16, act: bool) -> FaultKind {
    FaultKind::Answer {
        status,
        content_type: "text/html".to_owned(),
        body: "<html><body>Bad gateway</body></html>".to_owned(),
        act,
    }
}

/// A start whose submission meets a fault once: it succeeds, and main ran as often as it can have.
async fn start_with(fault: FaultKind, main_executions: u32) {
    let mut bed = Bed::new("2.2.1").await;
    let what = format!("{fault:?}");
    bed.sim.fault(Fault::once(RUN, fault));
    bed.start(None).await;
    bed.done("start", &nothing()).await;
    assert_eq!(bed.label().await, "running", "{what}");
    let alive = bed.sim.jobs().iter().filter(|job| job.state == JobState::Running).count();
    assert_eq!((alive, bed.sim.all_main_executions()), (1, main_executions), "{what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_submission_whose_answer_is_lost_is_found_by_id() {
    start_with(FaultKind::LoseAnswer, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_submission_that_never_arrived_is_sent_again() {
    start_with(FaultKind::Refuse, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxys_page_instead_of_the_answer_is_no_answer() {
    start_with(page(502, true), 1).await;
    start_with(page(200, true), 1).await;
    start_with(FaultKind::Truncate, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_fields_and_states_do_not_stop_the_tracking() {
    let mut bed = Bed::new("2.2.1").await;
    bed.sim.fault(Fault::on("*", FaultKind::ExtraFields));
    bed.start(None).await;
    bed.done("start", &nothing()).await;
    bed.sim.clear_faults();
    bed.sim.fault(Fault::on("GET /jobs/overview", FaultKind::UnknownStates));
    let began = std::time::Instant::now();
    while bed.job().await["status"]["flinkState"] == "RUNNING" {
        assert!(began.elapsed() < bed::HANG, "{}", bed.log());
        bed.get("/clusters/sim").await;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert_eq!(
        bed.job().await["run"]["outcome"],
        serde_json::Value::Null,
        "an unknown state is not an end"
    );
    bed.sim.clear_faults();
    bed.until_label("running").await;
    bed.done("stop", &json!({ "mode": "savepoint" })).await;
    assert_eq!(bed.label().await, "stopped");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_reached_goes_on_and_is_found_again() {
    let mut bed = Bed::new("2.2.1").await;
    bed.start(None).await;
    bed.done("start", &nothing()).await;
    bed.sim.set_down(true);
    let began = std::time::Instant::now();
    while bed.job().await["status"]["conditions"][0]["kind"] != "unreachable" {
        assert!(began.elapsed() < bed::HANG, "{}", bed.log());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert_eq!(bed.label().await, "running", "unreachable is not a state of the job");
    let (status, refused) = bed.ask("start", &nothing(), "k").await.unwrap();
    assert_eq!((status, &refused["code"]), (409, &json!("old_run_unproven")), "{refused:#}");
    bed.sim.set_down(false);
    let began = std::time::Instant::now();
    while bed.job().await["status"]["conditions"] != json!([]) {
        assert!(began.elapsed() < bed::HANG, "{}", bed.log());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert_eq!((bed.label().await.as_str(), bed.sim.all_main_executions()), ("running", 1));
    assert_eq!(
        bed.sim.record().count_method("PATCH") + bed.sim.record().count_method("DELETE"),
        0,
        "observing is not acting"
    );
}

/// What stands before a JobManager may ask who we are, lead to a sign-in, or show a page: each time the cluster says so in a
/// sentence, and the job is as it was.
#[tokio::test(flavor = "multi_thread")]
async fn a_shut_door_is_no_end_of_a_job() {
    let mut bed = Bed::new("2.2.1").await;
    bed.start(None).await;
    bed.done("start", &nothing()).await;
    for (status, words) in [
        (401, "does not let us in"),
        (403, "does not let us in"),
        (200, "not Flink's JSON"),
        (302, "redirect"),
        (404, "not Flink that said so"),
    ] {
        bed.sim.fault(Fault::on("*", page(status, false)));
        let began = std::time::Instant::now();
        loop {
            let (_, cluster) = bed.get("/clusters/sim").await.unwrap();
            if cluster["status"]["sentence"].as_str().unwrap_or_default().contains(words) {
                break;
            }
            assert!(began.elapsed() < bed::HANG, "{status}: {cluster:#}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        let job = bed.job().await;
        assert_eq!(
            (&job["status"]["label"], &job["run"]["outcome"]),
            (&json!("running"), &json!(null)),
            "{status}"
        );
        bed.sim.clear_faults();
    }
    let began = std::time::Instant::now();
    while bed.job().await["status"]["conditions"] != json!([]) {
        assert!(began.elapsed() < bed::HANG, "{}", bed.log());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert_eq!((bed.label().await.as_str(), bed.sim.all_main_executions()), ("running", 1));
    let acted = bed.sim.record().count_method("PATCH") + bed.sim.record().count_method("DELETE");
    assert_eq!(acted, 0, "observing is not acting");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_jobmanager_that_was_restarted_has_forgotten_its_jobs() {
    let mut bed = Bed::new("2.2.1").await;
    bed.start(None).await;
    bed.done("start", &nothing()).await;
    bed.sim.restart(&RestartOptions::default());
    bed.until_label("ended").await;
    assert_eq!(bed.sim.all_main_executions(), 1, "it is not started again by itself");
    bed.done("start", &nothing()).await;
    assert_eq!(bed.label().await, "running");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_while_the_submission_is_in_flight_ends_the_run_as_unknown() {
    let mut bed = Bed::new("2.2.1").await;
    bed.sim.fault(Fault::once(RUN, FaultKind::Refuse));
    bed.start(None).await;
    let (_, accepted) = bed.ask("start", &nothing(), "k").await.unwrap();
    let began = std::time::Instant::now();
    while bed.sim.record().count(RUN) == 0 {
        assert!(began.elapsed() < bed::HANG, "{}", bed.log());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    bed.sim.restart(&RestartOptions::default());
    let operation = bed.until_ended(accepted["id"].as_str().unwrap()).await.unwrap();
    assert_eq!(
        (&operation["state"], &operation["error"]["code"]),
        (&json!("failed"), &json!("run_lost")),
        "{operation:#}"
    );
    assert_eq!((bed.label().await.as_str(), bed.sim.all_main_executions()), ("ended", 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_main_that_throws_is_a_failed_start_with_its_cause() {
    let mut bed = Bed::new("2.2.1").await;
    bed.sim.set_plan(JobPlan {
        main_error: Some("Table 'nowhere' was not found".to_owned()),
        ..JobPlan::default()
    });
    bed.start(None).await;
    let (_, accepted) = bed.ask("start", &nothing(), "k").await.unwrap();
    let operation = bed.until_ended(accepted["id"].as_str().unwrap()).await.unwrap();
    assert_eq!(operation["error"]["code"], "submission_refused", "{operation:#}");
    assert!(
        operation["error"]["message"]
            .as_str()
            .unwrap()
            .contains("Table 'nowhere' was not found"),
        "{operation:#}"
    );
    assert_eq!(bed.label().await, "failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bounded_job_finishes_and_is_not_started_again() {
    let mut bed = Bed::new("2.2.1").await;
    bed.sim.set_plan(JobPlan {
        finish_after_ms: Some(100),
        ..JobPlan::default()
    });
    bed.start(None).await;
    bed.done("start", &nothing()).await;
    bed.until_label("finished").await;
    bed.kill().await;
    bed.start(None).await;
    bed.until_label("finished").await;
    assert_eq!(bed.sim.all_main_executions(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_savepoint_that_fails_leaves_the_job_running() {
    let mut bed = Bed::new("2.2.1").await;
    bed.start(None).await;
    bed.done("start", &nothing()).await;
    for (outcome, verb, snapshots) in [
        (SavepointOutcome::Fail, "savepoint", 0),
        (SavepointOutcome::Fail, "stop", 0),
        (SavepointOutcome::FailAfterComplete, "stop", 1),
    ] {
        bed.sim.set_savepoints(SavepointPlan { duration_ms: 0, outcome });
        let body = if verb == "stop" {
            json!({ "mode": "savepoint" })
        } else {
            nothing()
        };
        let (status, accepted) = bed.ask(verb, &body, &format!("{outcome:?}{verb}")).await.unwrap();
        assert_eq!(status, 202, "{accepted:#}");
        let operation = bed.until_ended(accepted["id"].as_str().unwrap()).await.unwrap();
        assert_eq!(operation["state"], "failed", "{operation:#}");
        bed.until_label("running").await;
        let complete = bed
            .list("snapshots")
            .await
            .iter()
            .filter(|snapshot| snapshot["state"] == "complete")
            .count();
        assert_eq!(complete, snapshots, "{outcome:?} {verb}");
    }
    bed.sim.set_savepoints(SavepointPlan::default());
    bed.done("stop", &json!({ "mode": "drain" })).await;
    assert_eq!(bed.label().await, "stopped");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trigger_whose_answer_is_lost_takes_one_savepoint() {
    for fault in [FaultKind::LoseAnswer, FaultKind::Refuse, page(504, true)] {
        let mut bed = Bed::new("2.2.1").await;
        bed.start(None).await;
        bed.done("start", &nothing()).await;
        bed.sim.fault(Fault::once("POST /jobs/:id/stop", fault.clone()));
        bed.done("stop", &json!({ "mode": "savepoint" })).await;
        assert_eq!(bed.sim.jobs()[0].savepoints.len(), 1, "{fault:?}");
        assert_eq!(bed.label().await, "stopped", "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_pressed_during_a_start_cancels_what_was_in_flight() {
    let mut bed = Bed::new("2.2.1").await;
    bed.sim.set_plan(JobPlan {
        main_ms: 1_500,
        ..JobPlan::default()
    });
    bed.start(None).await;
    let (_, start) = bed.ask("start", &nothing(), "start").await.unwrap();
    let began = std::time::Instant::now();
    while bed.sim.record().count(RUN) == 0 {
        assert!(began.elapsed() < bed::HANG, "{}", bed.log());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    bed.done("stop", &json!({ "mode": "cancel" })).await;
    let start = bed.until_ended(start["id"].as_str().unwrap()).await.unwrap();
    assert_eq!(start["state"], "superseded");
    assert_eq!(bed.label().await, "stopped");
    assert!(bed.sim.jobs().iter().all(|job| job.state.ended()), "{:?}", bed.sim.jobs());
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_starts_at_once_are_one() {
    let mut bed = Bed::new("2.2.1").await;
    bed.start(None).await;
    let body = nothing();
    let keys: Vec<String> = (0..50).map(|n| format!("key {n}")).collect();
    let replies = futures::future::join_all(keys.iter().map(|key| bed.ask("start", &body, key))).await;
    let statuses: Vec<u16> = replies.iter().flatten().map(|(status, _)| *status).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 202).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 409).count(), 49, "{statuses:?}");
    bed.until_label("running").await;
    assert_eq!(bed.sim.all_main_executions(), 1);
}
