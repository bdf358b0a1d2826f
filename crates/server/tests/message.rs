//! Messages over real HTTP and SMTP: one for each incident, with the cause; one when it is well again; a few for a thousand;
//! tried again under the same id; and none into the network or for our own stops.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

mod bed;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect};
use bed::{Bed, HANG, nothing};
use domain::operation::{OperationState, Request};
use domain::run::{Outcome, Run, RunCause, RunEnd, Source, StartOptions};
use serde_json::{Value, json};
use sim::JobState;
use store::{NewJob, NewOperation, Write, new_id, now};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

/// What a receiver got: the id in the header and the body.
type Got = Arc<Mutex<Vec<(String, Value)>>>;

/// A receiver that refuses the first `fails` messages.
async fn receiver(fails: usize) -> (String, Got) {
    let got: Got = Arc::default();
    let seen = Arc::clone(&got);
    let take = move |headers: HeaderMap, axum::Json(body): axum::Json<Value>| {
        let seen = Arc::clone(&seen);
        async move {
            let id = headers["idempotency-key"].to_str().unwrap().to_owned();
            let mut seen = seen.lock().unwrap();
            seen.push((id, body));
            if seen.len() <= fails {
                StatusCode::SERVICE_UNAVAILABLE
            } else {
                StatusCode::OK
            }
        }
    };
    let router = axum::Router::new()
        .route("/hook/secret-token", axum::routing::post(take))
        .route(
            "/moved",
            axum::routing::post(|| async { Redirect::temporary("http://127.0.0.1:1/").into_response() }),
        )
        .route(
            "/refuses",
            axum::routing::post(|| async { axum::Json(json!({"errcode": 310000, "errmsg": "keywords not in content"})) }),
        )
        .route("/hangs", axum::routing::post(std::future::pending::<()>));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, got)
}

/// A mail server that keeps the conversations it had.
async fn mail_server() -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let mails: Arc<Mutex<Vec<String>>> = Arc::default();
    let kept = Arc::clone(&mails);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let kept = Arc::clone(&kept);
            tokio::spawn(async move {
                let (read, mut write) = stream.into_split();
                let mut lines = BufReader::new(read).lines();
                write.write_all(b"220 sink\r\n").await.ok();
                let (mut mail, mut inside) = (String::new(), false);
                while let Ok(Some(line)) = lines.next_line().await {
                    mail.push_str(&line);
                    mail.push('\n');
                    let answer: &[u8] = match (inside, line.as_str()) {
                        (true, ".") => {
                            inside = false;
                            kept.lock().unwrap().push(std::mem::take(&mut mail));
                            b"250 taken\r\n"
                        }
                        (true, _) => continue,
                        (false, "DATA") => {
                            inside = true;
                            b"354 go on\r\n"
                        }
                        (false, line) if line.starts_with("QUIT") => b"221 bye\r\n",
                        _ => b"250 fine\r\n",
                    };
                    write.write_all(answer).await.ok();
                }
            });
        }
    });
    (port, mails)
}

async fn destination(bed: &Bed, name: &str, address: Value) -> String {
    let (status, made) = bed
        .post("/destinations", &json!({"name": name, "address": address}), name)
        .await
        .unwrap();
    assert_eq!(status, 201, "{made:#}");
    assert!(!made.to_string().contains("secret-token"), "the secret came back: {made:#}");
    made["id"].as_str().unwrap().to_owned()
}

async fn until(bed: &Bed, what: &str, holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < HANG * 2, "not so: {what}\n{}", bed.log());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_message_tells_of_a_failure_and_one_of_its_end_and_none_of_our_own_stops() {
    let mut bed = Bed::new("2.2.1").await;
    let (url, got) = receiver(1).await;
    let (port, mails) = mail_server().await;
    bed.start(None).await;
    destination(&bed, "hook", json!({"kind": "webhook", "url": format!("{url}/hook/secret-token")})).await;
    let mail = json!({"kind": "email", "server": "127.0.0.1", "port": port, "security": "none", "from": "flink@example.com", "to": ["ada@example.com"]});
    destination(&bed, "mail", mail).await;
    bed.done("start", &nothing()).await;
    bed.done("stop", &json!({"mode": "cancel"})).await;
    bed.done("start", &nothing()).await;
    let id = bed.sim.jobs().into_iter().find(|job| !job.state.ended()).unwrap().id;
    bed.sim
        .set_job(&id, JobState::Failed, Some("java.lang.IllegalStateException: boom"));
    until(&bed, "the message came, again after the receiver's fault", || {
        got.lock().unwrap().len() == 2
    })
    .await;
    {
        let got = got.lock().unwrap();
        assert_eq!(got[0], got[1], "a repeated try is the same message under the same id");
        let body = &got[0].1;
        assert_eq!(body["id"], json!(got[0].0));
        assert_eq!(body["subject"], "[bed] job failed");
        let incident = &body["incidents"][0];
        assert_eq!(incident["what"], "failed");
        let cause = incident["cause"].as_str().unwrap();
        assert!(cause.starts_with("IllegalStateException: boom"), "{cause}");
        let link = incident["link"].as_str().unwrap();
        assert!(link.starts_with("https://flink.example.com/teams/bed/jobs/job_"), "{link}");
    }
    until(&bed, "the mail came", || mails.lock().unwrap().len() == 1).await;
    {
        let mail = mails.lock().unwrap()[0].clone();
        for part in [
            "RCPT TO:<ada@example.com>",
            "Subject: [bed] job failed",
            "boom",
            "https://flink.example.com/",
        ] {
            assert!(mail.contains(part), "{part} is not in {mail}");
        }
    }
    // Its recovery is told once, by whoever runs then.
    bed.kill().await;
    bed.start(None).await;
    bed.done("start", &nothing()).await;
    until(&bed, "the recovery was told", || got.lock().unwrap().len() == 3).await;
    assert_eq!(got.lock().unwrap()[2].1["subject"], "[bed] job is well again");
    until(&bed, "the recovery was mailed", || mails.lock().unwrap().len() == 2).await;
    let (_, deliveries) = bed.get("/deliveries").await.unwrap();
    assert_eq!(deliveries["items"].as_array().unwrap().len(), 4, "{deliveries:#}");
    // Nobody's database has the token.
    bed.kill().await;
    let bytes = std::fs::read(bed.folder().join("streamwright.db")).unwrap();
    assert!(!bytes.windows(12).any(|window| window == b"secret-token"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_that_is_over_before_anybody_looks_is_told_all_the_same() {
    let mut bed = Bed::new("2.2.1").await;
    let (url, got) = receiver(0).await;
    bed.start(None).await;
    destination(&bed, "hook", json!({"kind": "webhook", "url": format!("{url}/hook/secret-token")})).await;
    let at_once =
        json!({"when": "failed", "limit": 5, "initialDelaySeconds": 1, "maximumDelaySeconds": 1, "factor": 1, "jitterPercent": 0});
    bed.put("/jobs/job/restart-policy", &at_once).await;
    bed.done("start", &nothing()).await;
    // Three lives between two looks at all jobs: the message is about the first end.
    for boom in 1..=3 {
        let alive = || bed.sim.jobs().into_iter().find(|job| !job.state.ended());
        let id = alive().unwrap().id;
        bed.sim.set_job(
            &id,
            JobState::Failed,
            Some(&format!("java.lang.IllegalStateException: boom {boom}")),
        );
        until(&bed, "it was started again", || alive().is_some_and(|job| job.id != id)).await;
    }
    until(&bed, "the message came", || !got.lock().unwrap().is_empty()).await;
    let got = got.lock().unwrap();
    let incident = &got[0].1["incidents"][0];
    assert!(incident["cause"].as_str().unwrap().contains("boom 1"), "{incident:#}");
    assert_eq!(got.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_hangs_keeps_nobody_else_waiting_and_is_tried_again() {
    let mut bed = Bed::new("2.2.1").await;
    let (url, got) = receiver(0).await;
    bed.start(None).await;
    let slow = destination(&bed, "slow", json!({"kind": "webhook", "url": format!("{url}/hangs")})).await;
    destination(&bed, "hook", json!({"kind": "webhook", "url": format!("{url}/hook/secret-token")})).await;
    bed.done("start", &nothing()).await;
    let id = bed.sim.jobs()[0].id.clone();
    bed.sim
        .set_job(&id, JobState::Failed, Some("java.lang.IllegalStateException: boom"));
    let deliveries = async || bed.get("/deliveries").await.unwrap().1["items"].as_array().unwrap().clone();
    let began = Instant::now();
    let of = |all: &[Value], hangs: bool| all.iter().find(|one| (one["destinationId"] == json!(slow)) == hangs).cloned();
    // What the other one took is written while the first still hangs.
    let mut told = false;
    loop {
        let all = deliveries().await;
        let (hanging, other) = (of(&all, true).unwrap_or_default(), of(&all, false).unwrap_or_default());
        if !told && other["state"] == "sent" {
            assert_eq!((&hanging["state"], &hanging["tries"]), (&json!("waiting"), &json!(0)), "{all:#?}");
            told = true;
        }
        if hanging["tries"].as_i64() >= Some(1) {
            assert!(told, "the other one waited: {all:#?}");
            assert_eq!(hanging["error"], "the receiver did not answer in time", "{hanging:#}");
            assert!(hanging["nextAt"].is_string() && hanging["state"] == "waiting", "{hanging:#}");
            break;
        }
        assert!(began.elapsed() < HANG, "{all:#?}\n{}", bed.log());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(got.lock().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_says_what_the_receiver_said_and_never_reaches_inside() {
    let mut bed = Bed::new("2.2.1").await;
    let (url, got) = receiver(0).await;
    bed.start(None).await;
    let test = async |id: String| bed.post(&format!("/destinations/{id}/test"), &nothing(), &id).await.unwrap();
    let good = destination(
        &bed,
        "good",
        json!({"kind": "webhook", "preset": "slack", "url": format!("{url}/hook/secret-token")}),
    )
    .await;
    assert_eq!(test(good).await.0, 204);
    let text = got.lock().unwrap()[0].1["text"].as_str().unwrap().to_owned();
    assert!(text.starts_with("[bed] a test of the destination good"), "{text}");
    let port = url.rsplit(':').next().unwrap().to_owned();
    for (name, address, why) in [
        ("moved", format!("{url}/moved"), "redirect"),
        ("missing", format!("{url}/nowhere"), "404"),
        ("refuses", format!("{url}/refuses"), "did not take it"),
        (
            "loopback",
            format!("http://127.0.0.2:{port}/hook/secret-token"),
            "inside this network",
        ),
        ("hexadecimal", format!("http://0x7f000002:{port}/"), "inside this network"),
        ("six", format!("http://[::1]:{port}/"), "inside this network"),
        ("mapped", format!("http://[::ffff:127.0.0.2]:{port}/"), "inside this network"),
        (
            "metadata",
            "http://169.254.169.254/latest/meta-data".to_owned(),
            "inside this network",
        ),
    ] {
        let id = destination(&bed, name, json!({"kind": "webhook", "preset": "dingtalk", "url": address})).await;
        let (status, problem) = test(id).await;
        assert_eq!((status, &problem["code"]), (422, &json!("not_delivered")), "{name}");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(why), "{name}: {detail}");
        assert!(!detail.contains("secret-token"), "{name}: {detail}");
    }
    assert_eq!(got.lock().unwrap().len(), 1);
    for (field, address) in [
        ("address.url", json!({"kind": "webhook", "url": "file:///etc/passwd"})),
        ("address.url", json!({"kind": "webhook", "url": "http://a/\r\nX: y"})),
        ("address.url", json!({"kind": "webhook"})),
        ("address.preset", json!({"kind": "webhook", "url": "https://a/", "preset": "x"})),
        (
            "address.to",
            json!({"kind": "email", "server": "h", "from": "a@b", "to": ["a@b\r\nBcc: c@d"]}),
        ),
        ("address.from", json!({"kind": "email", "server": "h", "from": "a", "to": ["a@b"]})),
        (
            "address.server",
            json!({"kind": "email", "server": "h\n", "from": "a@b", "to": ["a@b"]}),
        ),
        (
            "address.security",
            json!({"kind": "email", "server": "h", "security": "none", "username": "u", "password": "p", "from": "a@b", "to": ["a@b"]}),
        ),
    ] {
        let (status, problem) = bed
            .post("/destinations", &json!({"name": "bad", "address": address}), "k")
            .await
            .unwrap();
        assert_eq!((status, &problem["field"]), (422, &json!(field)), "{problem:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_failures_at_once_are_few_messages() {
    let mut bed = Bed::new("2.2.1").await;
    let (url, got) = receiver(0).await;
    bed.start(None).await;
    destination(&bed, "hook", json!({"kind": "webhook", "url": format!("{url}/hook/secret-token")})).await;
    bed.kill().await;
    fail_many(&bed, 1_000).await;
    bed.start(None).await;
    let told = || {
        got.lock()
            .unwrap()
            .iter()
            .map(|(_, body)| body["count"].as_u64().unwrap())
            .sum::<u64>()
    };
    until(&bed, "all were told", || told() == 1_000).await;
    assert!(got.lock().unwrap().len() <= 2, "{} messages", got.lock().unwrap().len());
    let got = got.lock().unwrap();
    let text = got[0].1["text"].as_str().unwrap();
    assert!(text.len() < 20_000 && text.contains("more."), "{text}");
}

/// Jobs whose run has just failed, written as the engine would.
async fn fail_many(bed: &Bed, count: usize) {
    let store = bed.store().await;
    let team = store.team_by_name("bed").await.unwrap();
    let user = store.users().await.unwrap()[0].id;
    let cluster = store.clusters(team.id).await.unwrap()[0].cluster.id;
    let release_id = domain::id::ReleaseId(new_id());
    for number in 0..count {
        let new = NewJob {
            team_id: team.id,
            name: format!("job {number}"),
            description: String::new(),
            created_by: user,
            labels: [].into(),
        };
        let job = store.create_job(new).await.unwrap();
        let operation = NewOperation {
            team_id: team.id,
            job_id: job.id,
            request: Request::Start {
                release_id,
                options: StartOptions::default(),
            },
            cluster_id: Some(cluster),
            application: None,
            requested_by: None,
            deadline_at: now().plus(60_000),
            generation: None,
            supersede: None,
            idempotency: None,
            message: String::new(),
        };
        let mut operation = store.request_operation(operation).await.unwrap();
        let run = Run {
            id: domain::id::RunId(new_id()),
            job_id: job.id,
            team_id: team.id,
            release_id,
            release_number: 1,
            cluster_id: cluster,
            generation: operation.generation,
            attempt: 1,
            cause: RunCause::Start,
            options: StartOptions::default(),
            restore_path: None,
            operation_id: operation.id,
            created_at: now(),
            running_at: None,
            stop_intent: None,
            end: None,
            ghost_since: None,
        };
        let end = RunEnd {
            at: now(),
            outcome: Outcome::Failed,
            reason: "boom".to_owned(),
            source: Source::JobManagerRest,
        };
        operation.state = OperationState::Succeeded;
        operation.ended_at = Some(now());
        let writes = vec![
            Write::InsertRun(run.clone()),
            Write::Operation(operation),
            Write::EndRun {
                run_id: run.id,
                end,
                events: Vec::new(),
            },
        ];
        store.commit(None, writes).await.unwrap();
    }
    store.close().await;
}
