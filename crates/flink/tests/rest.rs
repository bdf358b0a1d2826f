//! The REST adapter against a JobManager that answers oddly, or not at all: what may be concluded, and what
//! may not.

#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods)]

mod fake;

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine;
use domain::connection::{Authentication, Connection};
use domain::flink_version::VersionNumber;
use domain::observation::{FlinkState, Presence};
use domain::ports::{
    ClusterObserver, Endpoint, JobControl, JobReader, PortError, Program, SavepointProgress, SavepointRequest, Submission,
};
use domain::run::ClaimMode;
use domain::secret::{Sealed, Secret};
use domain::sql::{Statement, StatementKind};
use fake::{Answer, Fake, NoVault};
use flink::Rest;
use serde_json::{Value, json};

const JOB: &str = "0123456789abcdef0123456789abcdef";

fn rest() -> Rest {
    Rest::new(b"a jar".to_vec(), Arc::new(NoVault)).unwrap()
}

fn submission() -> Submission {
    Submission {
        flink_job_id: JOB.to_owned(),
        job_name: "orders".to_owned(),
        program: Program::Sql {
            statements: vec![Statement {
                kind: StatementKind::Insert,
                line: 1,
                column: 1,
                text: "INSERT INTO a SELECT 1".to_owned(),
            }],
        },
        jar: None,
        configuration: BTreeMap::new(),
        parallelism: Some(2),
        restore_path: None,
        allow_non_restored_state: false,
        claim_mode: ClaimMode::NoClaim,
        secrets: Vec::new(),
    }
}

fn flinks(text: &str) -> Value {
    json!({"errors": ["Internal server error.", format!("<Exception on server side:\n{text}\n\tat q\nEnd of exception on server side>")]})
}

fn is_retry<T: std::fmt::Debug>(result: Result<T, PortError>, what: &str) {
    assert!(matches!(result, Err(PortError::Retry(_))), "{what}: {result:?}");
}

#[tokio::test]
async fn a_look_sees_jobs_slots_and_incarnation_in_the_right_order() {
    let fake = Fake::start().await;
    fake.say("GET /jobs/overview", json!({"jobs": [
        {"jid": JOB, "name": "orders", "state": "RUNNING", "start-time": 5, "end-time": -1, "last-modification": 7, "tasks": {"total": 2, "running": 2}, "brand-new": {}},
        {"jid": null}, "odd",
        {"jid": "f".repeat(32), "state": "TRANSCENDED"},
    ]}));
    let sight = rest().look(&fake.endpoint("2.2.1")).await.unwrap();
    assert_eq!((sight.incarnation.as_str(), sight.version.as_str()), ("aaaa", "2.2.1"));
    assert_eq!((sight.task_managers, sight.slots_total, sight.slots_free), (1, 4, 3));
    assert_eq!(sight.jobs.len(), 2);
    assert!(sight.jobs[0].presence.all_tasks_running());
    assert!(matches!(&sight.jobs[1].presence, Presence::Present { state: FlinkState::Other(word), .. } if word == "TRANSCENDED"));
    assert_eq!(
        fake.calls().last().map(String::as_str),
        Some("GET /jobmanager/config"),
        "the incarnation must vouch for the list before it"
    );
    assert_eq!(rest().detect_version(&fake.url, None).await, Ok(VersionNumber::new(2, 2, 1)));
}

#[tokio::test]
async fn an_odd_answer_to_a_look_says_nothing_about_jobs() {
    let odd = [
        Answer::Text(200, "<html>please sign in</html>"),
        Answer::Text(502, "<html>bad gateway</html>"),
        Answer::Text(404, "<html>not found</html>"),
        Answer::Text(401, ""),
        Answer::Text(200, r#"{"jobs":[{"jid":"#),
        Answer::Text(200, ""),
        Answer::Json(200, json!({"jobs": null})),
        Answer::Json(200, json!([])),
        Answer::Json(
            503,
            json!({"errors": ["Service temporarily unavailable due to an ongoing leader election. Please refresh."]}),
        ),
        Answer::Broken(r#"{"jobs":[]"#),
    ];
    for answer in odd {
        for call in ["GET /jobs/overview", "GET /jobmanager/config", "GET /overview"] {
            // Foreign JSON in place of the overview is another matter: see below.
            if call == "GET /overview" && matches!(&answer, Answer::Json(200, _)) {
                continue;
            }
            let fake = Fake::start().await;
            fake.set(call, vec![answer.clone()]);
            is_retry(rest().look(&fake.endpoint("2.2.1")).await, &format!("{call} {answer:?}"));
        }
    }
    let fake = Fake::start().await;
    fake.set("GET /overview", vec![Answer::Json(200, json!({"hello": "world"}))]);
    assert!(matches!(rest().look(&fake.endpoint("2.2.1")).await, Err(PortError::GiveUp(_))));
}

#[tokio::test]
async fn nobody_at_home_and_an_endless_wait_are_the_same_to_a_look() {
    let gone = Endpoint {
        rest_url: "http://127.0.0.1:1".to_owned(),
        version: VersionNumber::new(2, 2, 1),
        connection: None,
    };
    let error = rest().look(&gone).await.unwrap_err();
    assert!(error.to_string().contains("cannot connect to http://127.0.0.1:1"), "{error}");
    let fake = Fake::start().await;
    fake.set("GET /jobs/overview", vec![Answer::Silence]);
    is_retry(rest().look(&fake.endpoint("2.2.1")).await, "silence");
}

#[tokio::test]
async fn an_answer_larger_than_any_is_not_read() {
    let fake = Fake::start().await;
    fake.set("GET /config", vec![Answer::Endless(40 << 20)]);
    assert!(
        matches!(rest().detect_version(&fake.url, None).await, Err(PortError::GiveUp(message)) if message.contains("larger than 32 MiB"))
    );
}

#[tokio::test]
async fn a_redirect_is_followed_on_the_same_host_only() {
    let (fake, other) = (Fake::start().await, Fake::start().await);
    fake.set("GET /config", vec![Answer::Redirect(format!("{}/config", other.url))]);
    is_retry(rest().detect_version(&fake.url, None).await, "another host");
    assert_eq!(other.calls(), Vec::<String>::new());
    fake.set("GET /config", vec![Answer::Redirect("/overview".to_owned())]);
    assert_eq!(rest().detect_version(&fake.url, None).await, Ok(VersionNumber::new(2, 2, 1)));
}

fn ready_for_jars(fake: &Fake) -> String {
    let id = format!("uuid_{}", name_of_runner());
    fake.say(
        "GET /jars",
        json!({"address": fake.url, "files": [{"id": "x_other.jar", "name": "other.jar"}, null]}),
    );
    fake.say(
        "POST /jars/upload",
        json!({"filename": format!("/tmp/flink-web-upload/{id}"), "status": "success"}),
    );
    fake.say(&format!("POST /jars/{id}/run"), json!({"jobid": JOB}));
    id
}

/// The first eight digits of the SHA-256 of `a jar`.
fn name_of_runner() -> &'static str {
    "streamwright-runner-fc8bd814.jar"
}

#[tokio::test]
async fn the_runner_is_uploaded_once_and_run_under_our_id() {
    let fake = Fake::start().await;
    let id = ready_for_jars(&fake);
    let rest = rest();
    for _ in 0..2 {
        rest.submit(&fake.endpoint("2.2.1"), &submission()).await.unwrap();
    }
    let run = format!("POST /jars/{id}/run");
    assert_eq!(fake.calls(), ["GET /jars", "POST /jars/upload", run.as_str(), run.as_str()]);
    let upload = fake.last("POST /jars/upload");
    assert!(!upload.headers.contains(&"expect".to_owned()), "Flink answers 417 to it");
    let text = String::from_utf8_lossy(&upload.body).into_owned();
    assert!(
        text.contains(r#"name="jarfile"; filename="streamwright-runner-"#) && text.contains("a jar"),
        "{text}"
    );
    let body: Value = serde_json::from_slice(&fake.last(&run).body).unwrap();
    assert_eq!((&body["jobId"], &body["parallelism"]), (&json!(JOB), &json!(2)));
    assert_eq!(body["programArgsList"][0], "--script");
}

#[tokio::test]
async fn a_jar_that_is_there_is_used_and_a_lost_one_is_brought_again() {
    let fake = Fake::start().await;
    let id = ready_for_jars(&fake);
    fake.say("GET /jars", json!({"files": [{"id": "old", "name": name_of_runner()}]}));
    let lost = Answer::Json(
        400,
        flinks("org.apache.flink.runtime.rest.handler.RestHandlerException: Jar file /tmp/x.jar does not exist"),
    );
    fake.set("POST /jars/old/run", vec![Answer::Json(200, json!({"jobid": JOB})), lost.clone()]);
    let rest = rest();
    rest.submit(&fake.endpoint("1.18.1"), &submission()).await.unwrap();
    assert_eq!(fake.calls(), ["GET /jars", "POST /jars/old/run"]);
    // The JobManager has restarted and knows no jar.
    fake.say("GET /jars", json!({"files": []}));
    rest.submit(&fake.endpoint("1.18.1"), &submission()).await.unwrap();
    assert_eq!(
        fake.calls()[2..],
        [
            "POST /jars/old/run",
            "GET /jars",
            "POST /jars/upload",
            &format!("POST /jars/{id}/run")
        ]
    );
    // Not for ever: one that loses every jar is not served without end.
    fake.set(&format!("POST /jars/{id}/run"), vec![lost]);
    let before = fake.calls().len();
    assert!(rest.submit(&fake.endpoint("1.18.1"), &submission()).await.is_err());
    assert!(fake.calls().len() - before <= 4);
}

#[tokio::test]
async fn the_answers_to_a_submission_are_told_apart() {
    let fake = Fake::start().await;
    let run = format!("POST /jars/{}/run", ready_for_jars(&fake));
    let rest = rest();
    let endpoint = fake.endpoint("2.2.1");
    let answered = async |answer: Answer| {
        fake.set(&run, vec![answer]);
        rest.submit(&endpoint, &submission()).await
    };
    let twice = flinks("org.apache.flink.runtime.client.DuplicateJobSubmissionException: Job has already been submitted.");
    assert_eq!(answered(Answer::Json(400, twice)).await, Ok(()));
    let script = flinks(
        "a.BException: x\nCaused by: io.streamwright.runner.ScriptException: line 3: no table 't' [INSERT …]\nCaused by: a.CException: no",
    );
    let refused = answered(Answer::Json(400, script)).await;
    assert_eq!(
        refused,
        Err(PortError::Refused {
            status: Some(400),
            message: "line 3: no table 't' [INSERT …]".to_owned()
        })
    );
    is_retry(answered(Answer::Broken("{")).await, "lost answer");
    is_retry(answered(Answer::Text(504, "<html>gateway timeout</html>")).await, "proxy");
    is_retry(answered(Answer::Json(200, json!({}))).await, "no id");
    let other = answered(Answer::Json(200, json!({"jobid": "f".repeat(32)}))).await;
    assert!(matches!(other, Err(PortError::GiveUp(_))), "{other:?}");
    let closed = Fake::start().await;
    let error = rest.submit(&closed.endpoint("2.2.1"), &submission()).await.unwrap_err();
    assert!(
        matches!(&error, PortError::GiveUp(message) if message.contains("web.submit.enable")),
        "{error:?}"
    );
}

#[tokio::test]
async fn savepoints_carry_what_the_version_knows() {
    let fake = Fake::start().await;
    let (trigger, stop) = (format!("POST /jobs/{JOB}/savepoints"), format!("POST /jobs/{JOB}/stop"));
    for call in [&trigger, &stop] {
        fake.set(call, vec![Answer::Json(202, json!({"request-id": "a".repeat(32)}))]);
    }
    let request = SavepointRequest {
        flink_job_id: JOB.to_owned(),
        trigger_id: "b".repeat(32),
        directory: "file:/s".to_owned(),
        drain: true,
    };
    let rest = rest();
    let body = |call: &str| serde_json::from_slice::<Value>(&fake.last(call).body).unwrap();
    assert_eq!(rest.trigger_savepoint(&fake.endpoint("1.14.6"), &request).await, Ok("a".repeat(32)));
    assert_eq!(body(&trigger), json!({"target-directory": "file:/s", "cancel-job": false}));
    rest.stop_with_savepoint(&fake.endpoint("1.14.6"), &request).await.unwrap();
    assert_eq!(body(&stop), json!({"targetDirectory": "file:/s", "drain": true}));
    rest.stop_with_savepoint(&fake.endpoint("1.15.4"), &request).await.unwrap();
    assert_eq!(
        body(&stop),
        json!({"targetDirectory": "file:/s", "drain": true, "formatType": "CANONICAL", "triggerId": "b".repeat(32)})
    );
    let status = format!("GET /jobs/{JOB}/savepoints/{}", "b".repeat(32));
    let ask = async |answer: Answer| {
        fake.set(&status, vec![answer]);
        rest.savepoint_progress(&fake.endpoint("2.2.1"), JOB, &request.trigger_id).await
    };
    let gone = flinks("org.apache.flink.runtime.rest.NotFoundException: Operation not found under key");
    assert_eq!(ask(Answer::Json(404, gone)).await, Ok(SavepointProgress::NotKnown));
    is_retry(ask(Answer::Text(404, "<html>")).await, "a proxy's 404");
}

#[tokio::test]
async fn what_has_ended_needs_no_cancelling() {
    let fake = Fake::start().await;
    let call = format!("PATCH /jobs/{JOB}");
    let rest = rest();
    for (status, ok) in [(202, true), (404, true), (409, true), (500, false)] {
        fake.set(&call, vec![Answer::Json(status, flinks("a.BException: ended"))]);
        assert_eq!(rest.cancel(&fake.endpoint("2.2.1"), JOB).await.is_ok(), ok, "{status}");
    }
    assert_eq!(fake.last(&call).query, "mode=cancel");
    fake.set(&call, vec![Answer::Text(404, "<html>")]);
    is_retry(rest.cancel(&fake.endpoint("2.2.1"), JOB).await, "a proxy's 404");
}

#[tokio::test]
async fn figures_that_do_not_come_cost_only_themselves() {
    let fake = Fake::start().await;
    fake.say(
        &format!("GET /jobs/{JOB}"),
        json!({"state": "RUNNING", "start-time": 1, "vertices": [{"id": "v1"}, {"id": "v2"}, {"id": "v3"}]}),
    );
    let metrics = |vertex: &str| format!("GET /jobs/{JOB}/vertices/{vertex}/subtasks/metrics");
    fake.say(
        &metrics("v1"),
        json!([{"id": "busyTimeMsPerSecond", "max": "NaN"}, {"id": "backPressuredTimeMsPerSecond", "max": 250.0}]),
    );
    fake.set(
        &metrics("v2"),
        vec![Answer::Text(200, r#"[{"id": "busyTimeMsPerSecond", "max": NaN}]"#)],
    );
    let detail = rest().detail(&fake.endpoint("2.2.1"), JOB).await.unwrap();
    let figures: Vec<_> = detail.vertices.iter().map(|vertex| (vertex.back_pressure, vertex.busy)).collect();
    assert_eq!(figures, [(Some(0.25), None), (None, None), (None, None)]);
}

#[tokio::test]
async fn a_job_without_checkpoints_is_not_a_missing_job() {
    let fake = Fake::start().await;
    let call = format!("GET /jobs/{JOB}/checkpoints");
    let rest = rest();
    fake.set(
        &call,
        vec![Answer::Json(404, json!({"errors": ["Checkpointing has not been enabled."]}))],
    );
    assert_eq!(
        rest.checkpoints(&fake.endpoint("2.2.1"), JOB).await,
        Ok(domain::ports::Checkpoints::default())
    );
    fake.set(
        &call,
        vec![Answer::Json(
            404,
            json!({"errors": ["org.apache.flink.runtime.rest.NotFoundException: Job 1 not found"]}),
        )],
    );
    assert!(rest.checkpoints(&fake.endpoint("2.2.1"), JOB).await.unwrap_err().not_found());
}

#[tokio::test]
async fn logs_are_listed_and_their_end_is_read() {
    let fake = Fake::start().await;
    fake.say("GET /jobmanager/logs", json!({"logs": [{"name": "jm.log", "size": 3}]}));
    fake.say(
        "GET /taskmanagers",
        json!({"taskmanagers": [{"id": "127.0.0.1:1-a"}, {"id": "gone"}, {}]}),
    );
    fake.say(
        "GET /taskmanagers/127.0.0.1:1-a/logs",
        json!({"logs": [{"name": "tm.log", "size": 4}]}),
    );
    fake.set(
        "GET /taskmanagers/127.0.0.1:1-a/logs/tm.log",
        vec![Answer::Text(200, "first line\nlast line\n")],
    );
    let rest = rest();
    let endpoint = fake.endpoint("2.2.1");
    let files = rest.log_files(&endpoint).await.unwrap();
    assert_eq!(
        files.iter().map(|file| file.name.as_str()).collect::<Vec<_>>(),
        ["jm.log", "tm.log"]
    );
    assert_eq!(
        rest.log_tail(&endpoint, "127.0.0.1:1-a", "tm.log", 10).await.as_deref(),
        Ok("last line\n")
    );
    let before = fake.calls().len();
    for (process, name) in [("jobmanager", "../../jobs"), ("..", "x.log"), ("jobmanager", ""), ("a/b", "x")] {
        assert!(rest.log_tail(&endpoint, process, name, 10).await.is_err(), "{process} {name}");
    }
    assert_eq!(fake.calls().len(), before, "a crafted name reached the JobManager");
}

fn sealed(connection: &Connection) -> Sealed {
    connection.seal(&NoVault).unwrap().unwrap()
}

#[tokio::test]
async fn each_request_carries_what_the_connection_says() {
    let fake = Fake::start().await;
    let basic = sealed(&Connection {
        authentication: Authentication::Basic {
            user: "ada".to_owned(),
            password: Secret::new("päss:word".to_owned()),
        },
        ..Connection::default()
    });
    let header = sealed(&Connection {
        authentication: Authentication::Header {
            name: "Authorization".to_owned(),
            value: Secret::new("Bearer abc".to_owned()),
        },
        ..Connection::default()
    });
    let rest = rest();
    for (connection, expected) in [
        (Some(basic), Some("Basic YWRhOnDDpHNzOndvcmQ=")),
        (Some(header), Some("Bearer abc")),
        (None, None),
    ] {
        let endpoint = Endpoint {
            connection,
            ..fake.endpoint("2.2.1")
        };
        rest.look(&endpoint).await.unwrap();
        for call in ["GET /overview", "GET /jobs/overview", "GET /jobmanager/config"] {
            assert_eq!(fake.last(call).authorization.as_deref(), expected, "{call}");
        }
    }
}

#[tokio::test]
async fn a_door_that_stays_shut_is_told_to_whoever_adds_the_cluster() {
    let fake = Fake::start().await;
    for status in [401, 403] {
        fake.set("GET /config", vec![Answer::Text(status, "<html>who are you?</html>")]);
        let error = rest().detect_version(&fake.url, None).await.unwrap_err();
        assert!(
            matches!(&error, PortError::Refused { status: Some(seen), message } if *seen == status && message.contains("does not let us in")),
            "{error:?}"
        );
        // A look learns nothing from it.
        fake.set("GET /overview", vec![Answer::Text(status, "<html>who are you?</html>")]);
        is_retry(rest().look(&fake.endpoint("2.2.1")).await, "a shut door");
    }
}

#[tokio::test]
async fn a_connection_that_does_not_open_is_an_error_of_its_own() {
    let fake = Fake::start().await;
    let error = rest()
        .detect_version(&fake.url, Some(&Sealed::new("of another server".to_owned())))
        .await
        .unwrap_err();
    assert!(
        matches!(&error, PortError::GiveUp(why) if why.contains("enter it again")),
        "{error:?}"
    );
    assert_eq!(fake.calls(), Vec::<String>::new());
}

#[tokio::test]
async fn secrets_are_opened_where_they_are_sent_and_struck_out_of_the_answer() {
    let fake = Fake::start().await;
    let run = format!("POST /jars/{}/run", ready_for_jars(&fake));
    let secret = "it's-Geheim";
    let sealed = domain::ports::SealedVariable {
        name: "pw".to_owned(),
        purpose: String::new(),
        sealed: domain::secret::Sealed::new(secret.to_owned()),
    };
    let with = |program: Program| Submission {
        program,
        configuration: BTreeMap::from([
            ("s3.secret-key".to_owned(), "${pw}".to_owned()),
            ("other".to_owned(), "${gone}".to_owned()),
        ]),
        secrets: vec![sealed.clone()],
        ..submission()
    };
    let text = "CREATE TABLE t (a INT) WITH ('password' = '${pw}', 'x' = '${other}') -- ${pw}";
    let script = Program::Sql {
        statements: vec![Statement {
            kind: StatementKind::Ddl,
            line: 1,
            column: 1,
            text: text.to_owned(),
        }],
    };
    let said = flinks(&format!(
        "io.streamwright.runner.ScriptException: line 1: cannot use {secret} or it''s-Geheim here"
    ));
    fake.set(&run, vec![Answer::Json(400, said)]);
    let refused = rest().submit(&fake.endpoint("2.2.1"), &with(script)).await;
    let message = "line 1: cannot use ****** or ****** here".to_owned();
    assert_eq!(
        refused,
        Err(PortError::Refused {
            status: Some(400),
            message
        })
    );
    let body: Value = serde_json::from_slice(&fake.last(&run).body).unwrap();
    let packed = base64::engine::general_purpose::STANDARD
        .decode(body["programArgsList"][1].as_str().unwrap())
        .unwrap();
    let mut sent = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(packed.as_slice()), &mut sent).unwrap();
    let sent: Value = serde_json::from_str(&sent).unwrap();
    let whole = "CREATE TABLE t (a INT) WITH ('password' = 'it''s-Geheim', 'x' = '${other}') -- ${pw}";
    assert_eq!(sent["statements"][0]["text"], whole);
    assert_eq!(sent["configuration"], json!({"s3.secret-key": secret, "other": "${gone}"}));
    let program = Program::Jar {
        entry_class: None,
        args: vec!["--pw=${pw}".to_owned()],
    };
    let no_jar = rest().submit(&fake.endpoint("2.2.1"), &with(program)).await;
    assert!(matches!(no_jar, Err(PortError::GiveUp(_))), "{no_jar:?}");
}
