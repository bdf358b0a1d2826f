//! The value of a secret arrives at Flink and is nowhere else: not on a command line's output, not in an answer, a row, a
//! log or what is kept of a failure.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

mod bed;

use std::path::Path;
use std::process::Output;

use bed::{Bed, nothing};
use serde_json::{Value, json};
use sim::JobState;

const SECRET: &str = "Geheim-4711's key";
const NEWER: &str = "Neuer-0815-key";

async fn run(bed: &Bed, args: &[&str]) -> (i32, String) {
    let Output { status, stdout, stderr } = bed.command(args).output().await.unwrap();
    let text = String::from_utf8_lossy(&stdout).into_owned() + &String::from_utf8_lossy(&stderr);
    for secret in ["4711", "0815"] {
        assert!(!text.contains(secret), "{args:?}: {text}");
    }
    (status.code().unwrap(), text)
}

async fn done(bed: &Bed, args: &[&str]) -> String {
    let (code, text) = run(bed, args).await;
    assert_eq!(code, 0, "{args:?}: {text}");
    text
}

async fn sent(bed: &Bed, method: reqwest::Method, rest: &str, body: &Value) -> (u16, Value) {
    let request = bed.bytes(method, rest).header("if-match", "*").json(body);
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

/// Whether any file below a folder has these bytes.
fn lies_in(folder: &Path, secret: &str) -> Option<String> {
    for entry in std::fs::read_dir(folder).ok()?.flatten() {
        let path = entry.path();
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            if let Some(found) = lies_in(&path, secret) {
                return Some(found);
            }
        } else if kind.is_file() {
            let bytes = std::fs::read(&path).unwrap_or_default();
            if bytes.windows(secret.len()).any(|some| some == secret.as_bytes()) {
                return Some(path.display().to_string());
            }
        }
    }
    None
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_arrives_at_flink_and_is_nowhere_else() {
    let mut bed = Bed::new("2.2.1").await;
    bed.start(None).await;
    let outside = tempfile::tempdir().unwrap();
    let file = outside.path().join("secret");
    std::fs::write(&file, format!("{SECRET}\n")).unwrap();
    let file = file.to_str().unwrap();
    done(&bed, &["variable", "set", "topic", "--value", "orders"]).await;
    let (code, why) = run(&bed, &["variable", "set", "db.password", "--secret", "--value", "abcdef"]).await;
    assert!(code == 2 && why.contains("--secret"), "{why}");
    done(&bed, &["variable", "set", "db.password", "--secret", "--value-file", file]).await;
    let (code, why) = run(&bed, &["variable", "set", "db.password", "--value", "abcdef"]).await;
    assert!(code == 2 && why.contains("command line"), "{why}");
    let (_, job) = bed.get("/jobs/job/draft").await.unwrap();
    let spec = json!({
        "sql": "CREATE TABLE s (a INT) WITH ('password' = '${db.password}', 'topic' = '${topic}'); INSERT INTO s SELECT 1",
        "clusterId": job["spec"]["clusterId"],
        "configuration": {"s3.secret-key": "${db.password}", "x.topic": "${topic}"},
    });
    let (status, answer) = sent(&bed, reqwest::Method::PUT, "/jobs/job/draft", &spec).await;
    assert_eq!(status, 200, "{answer}");
    let (status, released) = sent(&bed, reqwest::Method::POST, "/jobs/job/releases", &json!({"overrideErrors": true})).await;
    assert_eq!(status, 201, "{released}");
    assert_eq!(
        released["spec"]["configuration"],
        json!({"s3.secret-key": "${db.password}", "x.topic": "orders"})
    );
    bed.done("start", &nothing()).await;
    let sim = bed.sim.jobs()[0].clone();
    assert_eq!(sim.configuration["s3.secret-key"], SECRET, "it arrived");
    assert_eq!(sim.configuration["x.topic"], "orders");

    std::fs::write(file, NEWER).unwrap();
    let said = done(&bed, &["variable", "set", "db.password", "--value-file", file]).await;
    assert!(said.contains("Job job needs a restart"), "{said}");
    let said = done(&bed, &["variable", "set", "topic", "--value", "payments"]).await;
    assert!(said.contains("Job job needs a new release"), "{said}");
    let listed = done(&bed, &["variable", "list"]).await;
    assert!(listed.contains("(secret)") && listed.contains("job (needs a restart)"), "{listed}");
    let conditions = bed.job().await["status"]["conditions"].to_string();
    assert!(
        conditions.contains("'topic' has changed since release 2") && conditions.contains("'db.password' has changed"),
        "{conditions}"
    );
    let (code, why) = run(&bed, &["variable", "delete", "db.password"]).await;
    assert!(code == 4 && why.contains("job 'job'"), "{why}");

    // Flink repeats both values in its reason; what is kept of it does not.
    let cause = format!("java.io.IOException: refused for {SECRET}\n\tat q\nCaused by: java.io.IOException: not {NEWER} nor {SECRET}\n");
    bed.sim.set_job(&sim.id, JobState::Failed, Some(&cause));
    bed.until_label("failed").await;
    let mut all = Vec::new();
    for path in [
        "",
        "/draft",
        "/releases/2",
        "/releases/2/diff",
        "/runs",
        "/operations",
        "/events",
        "/exceptions",
        "/configuration",
        "/logs/tail",
    ] {
        all.push(bed.get(&format!("/jobs/job{path}")).await.unwrap().1);
    }
    all.push(bed.get("/variables").await.unwrap().1);
    all.push(bed.get("/audit").await.unwrap().1);
    let exceptions = all[7].to_string();
    assert!(exceptions.contains("not ****** nor ******"), "{exceptions}");
    bed.done("start", &nothing()).await;
    let newest = bed.sim.jobs().into_iter().find(|job| job.id != sim.id).unwrap();
    assert_eq!(newest.configuration["s3.secret-key"], NEWER, "the next start takes the newest");
    bed.kill().await;
    for secret in [SECRET, NEWER, "Geheim-4711"] {
        for answer in &all {
            assert!(!answer.to_string().contains(secret), "{answer:#}");
        }
        assert_eq!(lies_in(bed.folder(), secret), None, "{secret}");
    }
}
