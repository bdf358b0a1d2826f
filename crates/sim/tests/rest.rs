//! The simulated cluster through its REST API: the walk of a job, the versions' rules, faults and the script.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods, missing_docs)]

use std::time::Duration;

use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use sim::{Fault, FaultKind, Flink, JobPlan, JobState, RestartOptions, SavepointOutcome, SavepointPlan, SimOptions};

const LIMIT: Duration = Duration::from_secs(20);
const ID: &str = "0123456789abcdef0123456789abcdef";

struct Bed {
    flink: Flink,
    client: Client,
}

impl Bed {
    async fn of(version: &str) -> Self {
        Self {
            flink: Flink::start(SimOptions::of(version)).await.unwrap(),
            client: Client::new(),
        }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.flink.url())
    }

    async fn get(&self, path: &str) -> (StatusCode, Value) {
        let answer = self.client.get(self.url(path)).send().await.unwrap();
        (answer.status(), answer.json().await.unwrap())
    }

    async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        let answer = self.client.post(self.url(path)).json(&body).send().await.unwrap();
        let status = answer.status();
        (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap_or(Value::Null))
    }

    async fn jar(&self) -> String {
        let part = reqwest::multipart::Part::bytes(b"PK".to_vec()).file_name("runner.jar");
        let form = reqwest::multipart::Form::new().part("jarfile", part);
        let answer = self.client.post(self.url("/jars/upload")).multipart(form).send().await.unwrap();
        let body: Value = answer.json().await.unwrap();
        body["filename"].as_str().unwrap().rsplit('/').next().unwrap().to_owned()
    }

    async fn run(&self, body: Value) -> (StatusCode, Value) {
        let jar = self.jar().await;
        self.post(&format!("/jars/{jar}/run"), body).await
    }

    async fn running(version: &str) -> Self {
        let bed = Self::of(version).await;
        assert_eq!(bed.run(json!({"jobId": ID, "parallelism": 2})).await.0, StatusCode::OK);
        bed
    }

    async fn triggered(&self, trigger: &str) -> Value {
        for _ in 0..1_000 {
            let (_, body) = self.get(&format!("/jobs/{ID}/savepoints/{trigger}")).await;
            if body["status"]["id"] != "IN_PROGRESS" {
                return body;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the savepoint did not end");
    }
}

#[tokio::test]
async fn a_job_is_run_seen_stopped_with_a_savepoint_and_started_from_it() {
    let bed = Bed::running("2.2.1").await;
    let (_, overview) = bed.get("/v1/jobs/overview").await;
    assert_eq!(overview["jobs"][0]["jid"], ID);
    assert_eq!(overview["jobs"][0]["state"], "RUNNING");
    assert_eq!(overview["jobs"][0]["tasks"]["running"], 4);
    let folder = tempfile::tempdir().unwrap();
    let directory = format!("file://{}", folder.path().display());
    let (status, body) = bed
        .post(
            &format!("/jobs/{ID}/stop"),
            json!({"targetDirectory": directory, "triggerId": "t1"}),
        )
        .await;
    assert_eq!((status, &body["request-id"]), (StatusCode::ACCEPTED, &json!("t1")));
    let again = bed
        .post(
            &format!("/jobs/{ID}/stop"),
            json!({"targetDirectory": directory, "triggerId": "t1"}),
        )
        .await;
    assert_eq!(again.0, StatusCode::ACCEPTED);
    let end = bed.triggered("t1").await;
    let location = end["operation"]["location"].as_str().unwrap().to_owned();
    assert!(
        std::path::Path::new(location.strip_prefix("file:").unwrap())
            .join("_metadata")
            .is_file(),
        "{location}"
    );
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "one trigger, one savepoint");
    assert_eq!(bed.flink.job(ID).unwrap().state, JobState::Finished);
    let next = "f".repeat(32);
    assert_eq!(bed.run(json!({"jobId": next, "savepointPath": location})).await.0, StatusCode::OK);
    let (_, checkpoints) = bed.get(&format!("/jobs/{next}/checkpoints")).await;
    assert_eq!(checkpoints["latest"]["restored"]["external_path"], location);
}

#[tokio::test]
async fn a_used_id_is_refused_as_the_version_does() {
    let bed = Bed::running("1.20.5").await;
    let (status, body) = bed.run(json!({"jobId": ID})).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(body["errors"][0].as_str().unwrap().contains("DuplicateJobSubmissionException"));
    assert_eq!(bed.flink.main_executions(ID), 2);
    for (version, second) in [("1.14.6", StatusCode::OK), ("1.16.3", StatusCode::BAD_REQUEST)] {
        let bed = Bed::running(version).await;
        assert!(bed.flink.set_job(ID, JobState::Finished, None));
        assert_eq!(bed.run(json!({"jobId": ID})).await.0, second, "{version}");
    }
}

#[tokio::test]
async fn unknown_fields_are_refused_up_to_1_19() {
    for (version, status) in [("1.18.1", StatusCode::BAD_REQUEST), ("1.20.5", StatusCode::OK)] {
        let bed = Bed::of(version).await;
        assert_eq!(bed.run(json!({"jobId": ID, "claimMode": "NO_CLAIM"})).await.0, status, "{version}");
    }
}

#[tokio::test]
async fn an_upload_that_expects_a_continue_is_refused() {
    let bed = Bed::of("2.2.1").await;
    let request = bed.client.post(bed.url("/jars/upload")).header("expect", "100-continue").body("x");
    assert_eq!(request.send().await.unwrap().status(), StatusCode::EXPECTATION_FAILED);
    assert_eq!(bed.post("/jars/gone.jar/run", json!({})).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_lost_answer_leaves_the_job_behind_and_a_refused_one_does_not() {
    let bed = Bed::of("2.2.1").await;
    let jar = bed.jar().await;
    let run = bed.url(&format!("/jars/{jar}/run"));
    bed.flink.fault(Fault::once("POST /jars/:id/run", FaultKind::Refuse));
    bed.client.post(&run).json(&json!({"jobId": ID})).send().await.unwrap_err();
    assert!(bed.flink.job(ID).is_none());
    bed.flink.fault(Fault::once("POST /jars/:id/run", FaultKind::LoseAnswer));
    bed.client.post(&run).json(&json!({"jobId": ID})).send().await.unwrap_err();
    assert!(bed.flink.job(ID).is_some());
    assert_eq!(bed.flink.record().count("POST /jars/:id/run"), 2);
    assert_eq!(bed.flink.record().count_method("DELETE"), 0);
}

#[tokio::test]
async fn main_goes_on_when_its_caller_is_gone_but_not_over_a_restart() {
    let bed = Bed::of("2.2.1").await;
    let jar = bed.jar().await;
    let run = || bed.client.post(bed.url(&format!("/jars/{jar}/run"))).json(&json!({"jobId": ID}));
    bed.flink.set_plan(JobPlan {
        main_ms: 300,
        ..JobPlan::default()
    });
    run().timeout(Duration::from_millis(100)).send().await.unwrap_err();
    assert!(bed.flink.job(ID).is_none());
    bed.flink
        .wait("the job appears", LIMIT, |flink| flink.job(ID).is_some())
        .await
        .unwrap();
    let before = bed.flink.incarnation();
    let (answer, ()) = tokio::join!(run().send(), async {
        bed.flink
            .wait("main runs again", LIMIT, |flink| flink.main_executions(ID) == 2)
            .await
            .unwrap();
        bed.flink.restart(&RestartOptions {
            keep_jars: true,
            ..RestartOptions::default()
        });
    });
    answer.unwrap_err();
    assert!(bed.flink.jobs().is_empty());
    assert_ne!(bed.flink.incarnation(), before);
}

#[tokio::test]
async fn answers_are_distorted_as_asked() {
    let bed = Bed::running("2.2.1").await;
    let page = FaultKind::Answer {
        status: 404,
        content_type: "text/html".into(),
        body: "<html>gateway</html>".into(),
        act: false,
    };
    bed.flink.fault(Fault::once("GET /jobs/:id", page));
    let answer = bed.client.get(bed.url(&format!("/jobs/{ID}"))).send().await.unwrap();
    assert_eq!(
        (answer.status(), answer.text().await.unwrap().as_str()),
        (StatusCode::NOT_FOUND, "<html>gateway</html>")
    );
    bed.flink.fault(Fault::once("GET /jobs/overview", FaultKind::UnknownStates));
    assert_eq!(bed.get("/jobs/overview").await.1["jobs"][0]["state"], "SOMETHING_NEW");
    bed.flink.fault(Fault::once("GET /jobs/overview", FaultKind::ExtraFields));
    assert!(bed.get("/jobs/overview").await.1["jobs"][0]["a-field-of-a-later-version"].is_object());
    bed.flink.fault(Fault::once("GET /overview", FaultKind::Truncate));
    let cut = bed.client.get(bed.url("/overview")).send().await.unwrap().text().await.unwrap();
    serde_json::from_str::<Value>(&cut).unwrap_err();
    bed.flink.fault(Fault::once("GET /overview", FaultKind::Cut));
    let whole = async { bed.client.get(bed.url("/overview")).send().await?.text().await };
    whole.await.unwrap_err();
    bed.flink.set_down(true);
    bed.client.get(bed.url("/overview")).send().await.unwrap_err();
    bed.flink.set_down(false);
    assert_eq!(bed.get("/overview").await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_failed_savepoint_leaves_the_job_running() {
    let bed = Bed::running("2.2.1").await;
    let file = tempfile::NamedTempFile::new().unwrap();
    let directory = format!("file://{}/below", file.path().display());
    bed.post(&format!("/jobs/{ID}/stop"), json!({"targetDirectory": directory, "triggerId": "a"}))
        .await;
    let end = bed.triggered("a").await;
    assert!(
        end["operation"]["failure-cause"]["stack-trace"]
            .as_str()
            .unwrap()
            .contains("CheckpointException")
    );
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().display().to_string();
    bed.flink.set_savepoints(SavepointPlan {
        duration_ms: 20,
        outcome: SavepointOutcome::FailAfterComplete,
    });
    bed.post(&format!("/jobs/{ID}/stop"), json!({"targetDirectory": directory, "triggerId": "b"}))
        .await;
    let text = bed.triggered("b").await["operation"]["failure-cause"]["stack-trace"]
        .as_str()
        .unwrap()
        .to_owned();
    let location = bed.flink.job(ID).unwrap().savepoints.remove(0);
    assert!(text.contains(&location), "{text}");
    assert_eq!(bed.flink.job(ID).unwrap().state, JobState::Running);
    assert_eq!(bed.get(&format!("/jobs/{ID}/savepoints/never")).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn cancel_ends_a_job_and_says_when_it_is_too_late() {
    let bed = Bed::running("2.2.1").await;
    let cancel = || bed.client.patch(bed.url(&format!("/jobs/{ID}?mode=cancel")));
    assert_eq!(cancel().send().await.unwrap().status(), StatusCode::ACCEPTED);
    assert_eq!(bed.flink.job(ID).unwrap().state, JobState::Canceled);
    assert_eq!(cancel().send().await.unwrap().status(), StatusCode::ACCEPTED);
    bed.flink
        .set_job(ID, JobState::Failed, Some("java.lang.IllegalStateException: boom"));
    assert_eq!(cancel().send().await.unwrap().status(), StatusCode::CONFLICT);
    let (_, exceptions) = bed.get(&format!("/jobs/{ID}/exceptions")).await;
    assert_eq!(
        exceptions["exceptionHistory"]["entries"][0]["exceptionName"],
        "java.lang.IllegalStateException"
    );
    bed.flink.forget_job(ID);
    assert_eq!(bed.get(&format!("/jobs/{ID}")).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn another_process_scripts_it_over_http() {
    let bed = Bed::running("2.2.1").await;
    let fault = json!({"endpoint": "GET /overview", "times": 1,
        "fault": {"kind": "answer", "status": 500, "contentType": "text/plain", "body": "no"}});
    assert_eq!(bed.post("/__sim/faults", fault).await.0, StatusCode::OK);
    assert_eq!(
        bed.client.get(bed.url("/overview")).send().await.unwrap().status(),
        StatusCode::INTERNAL_SERVER_ERROR
    );
    let before = bed.flink.incarnation();
    let (_, after) = bed.post("/__sim/restart", json!({"keepJobs": true})).await;
    assert_ne!(after["incarnation"], before);
    let (_, config) = bed.get("/jobmanager/config").await;
    let folder = config.as_array().unwrap().iter().find(|row| row["key"] == "web.tmpdir").unwrap();
    assert!(folder["value"].as_str().unwrap().ends_with(&bed.flink.incarnation()));
    assert_eq!(
        bed.post(&format!("/__sim/jobs/{ID}"), json!({"state": "RESTARTING"})).await.0,
        StatusCode::OK
    );
    assert_eq!(bed.get("/__sim/jobs").await.1["jobs"][0]["state"], "RESTARTING");
    assert_eq!(
        bed.post("/__sim/plan", json!({"name": "x", "plan": {"mainMs": 5}})).await.0,
        StatusCode::OK
    );
    assert_eq!(
        bed.post("/__sim/plan", json!({"plan": {"typo": 5}})).await.0,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    let (_, record) = bed.get("/__sim/requests").await;
    assert_eq!(record["counts"]["POST /jars/:id/run"], 1);
    assert_eq!(record["rows"][2]["fault"], "Answer");
}

#[tokio::test]
async fn ten_thousand_jobs_are_listed() {
    let bed = Bed::of("2.2.1").await;
    bed.flink.set_slots(100, 200);
    bed.flink.add_running(10_000, "many");
    let (_, list) = bed.get("/jobs/overview").await;
    assert_eq!(list["jobs"].as_array().unwrap().len(), 10_000);
    assert_eq!(bed.get("/overview").await.1["jobs-running"], 10_000);
}
