//! Flink's web UI from outside: the address that works from a browser, or why there is none and the command that makes one.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

mod bed;
mod namespace;

use std::process::Stdio;

use domain::target::Ingress;
use namespace::{NAMESPACE, Namespace};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Child;

async fn shown(made: &Namespace, args: &[&str]) -> String {
    let output = made.bed.command(args).output().await.unwrap();
    assert!(output.status.success(), "{args:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_without_a_way_from_outside_says_how_to_get_one() {
    let made = Namespace::running(&[]).await;
    let job = made.bed.job().await;
    let address = &job["webAddress"];
    assert_eq!(
        (&address["url"], &address["command"]),
        (&Value::Null, &json!("streamwright port-forward job"))
    );
    assert!(address["sentence"].as_str().unwrap().contains("is a ClusterIP"), "{address}");
    let text = shown(&made, &["job", "show", "job"]).await;
    assert!(
        text.contains("web UI    Its service is a ClusterIP") && text.contains("\n          streamwright port-forward job\n"),
        "{text}"
    );
    let cluster = job["cluster"]["name"].as_str().unwrap().to_owned();
    let text = shown(&made, &["cluster", "show", &cluster]).await;
    assert!(text.contains(&format!("streamwright port-forward --cluster {cluster}\n")), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ingress_is_made_waited_for_shown_and_goes_with_its_cluster() {
    let mut made = Namespace::with(&[]).await;
    let ingress = Ingress {
        class: Some("nginx".to_owned()),
        host: "{{job}}.{{namespace}}.example".to_owned(),
        ..Ingress::default()
    };
    made.defaults(|defaults| defaults.ingress = Some(ingress)).await;
    made.bed.start(None).await;
    made.bed.done("start", &json!({})).await;
    let job = made.bed.job().await;
    let sentence = job["webAddress"]["sentence"].as_str().unwrap();
    assert!(
        sentence.contains("Waiting for an Ingress controller of class 'nginx'"),
        "{sentence}"
    );
    assert_eq!(job["webAddress"]["url"], Value::Null);

    let name = format!("{}-rest", made.deployment());
    let mut object = made.sim.object(NAMESPACE, "ingresses", &name).unwrap();
    object["status"] = json!({"loadBalancer": {"ingress": [{"ip": "203.0.113.7"}]}});
    made.sim.put(NAMESPACE, "ingresses", object);
    let found = |job: &Value| job["webAddress"]["url"] == "http://job.flink.example/";
    made.until("the Ingress was taken up", found).await;
    assert!(
        shown(&made, &["job", "show", "job"])
            .await
            .contains("web UI    http://job.flink.example/\n")
    );
    made.bed.done("stop", &json!({"mode": "cancel"})).await;
    made.until_nothing_left().await;
    assert_eq!(made.bed.job().await.get("webAddress"), None);
}

/// A running `port-forward`, and its address without a slash.
async fn forwarder(made: &Namespace, args: &[&str]) -> (Child, String) {
    let mut command = made.bed.command(&[&["port-forward", "--port", "0"], args].concat());
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = lines.next_line().await.unwrap().expect("it says its address");
    let url = line.rsplit(' ').next().unwrap().trim_end_matches('/').to_owned();
    assert!(line.starts_with("Flink UI of ") && url.starts_with("http://127.0.0.1:"), "{line}");
    (child, url)
}

async fn page(url: &str) -> (u16, String, String) {
    let answer = reqwest::get(url).await.unwrap();
    let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
    (answer.status().as_u16(), kind, answer.text().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn flinks_pages_come_through_the_server_and_end_with_the_cluster() {
    let made = Namespace::running(&[]).await;
    let job = made.bed.job().await;
    let flink_job = job["run"]["flinkJobId"].as_str().unwrap().to_owned();
    let (mut child, url) = forwarder(&made, &["job"]).await;
    let (status, kind, text) = page(&format!("{url}/")).await;
    assert!(
        status == 200 && kind.starts_with("text/html") && text.contains("main.js"),
        "{kind} {text}"
    );
    let (status, kind, _) = page(&format!("{url}/main.js")).await;
    assert_eq!((status, kind.as_str()), (200, "application/javascript"));
    let (status, kind, text) = page(&format!("{url}/jobs/overview")).await;
    assert!(
        status == 200 && kind.starts_with("application/json") && text.contains(&flink_job),
        "{kind} {text}"
    );
    let (status, _, text) = page(&format!("{url}/jobs/{}", "0".repeat(32))).await;
    assert!(status == 404 && text.contains("errors"), "Flink's own words: {status} {text}");

    made.sim.clear_record();
    let secret = "/%2e%2e/%2e%2e/%2e%2e/secrets";
    let (status, _, text) = page(&format!("{url}{}", secret.replace("%2e%2e", "%252e%252e"))).await;
    assert!(status == 422 && text.contains("may not lead out"), "{status} {text}");
    let cluster = job["cluster"]["id"].as_str().unwrap();
    let asked = made.bed.get(&format!("/clusters/{cluster}/web-ui?path={secret}")).await.unwrap();
    assert_eq!(asked.0, 422, "{asked:?}");
    assert!(made.sim.record().counts.keys().all(|endpoint| !endpoint.contains("secrets")));

    // As Flink's pages cancel.
    let (status, _, text) = page(&format!("{url}/jobs/{flink_job}/yarn-cancel")).await;
    assert_eq!(status, 202, "{text}");
    made.until_run_ended().await;
    made.until_nothing_left().await;
    let (status, _, text) = page(&format!("{url}/jobs/overview")).await;
    assert!(status == 404 && text.contains("cluster"), "{status} {text}");
    child.kill().await.unwrap();
    let output = made.bed.command(&["port-forward", "job"]).output().await.unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(4) && text.contains("while it runs"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_anywhere_is_forwarded_and_its_silence_is_told() {
    let made = Namespace::running(&[]).await;
    let standalone = made.bed.get("/clusters").await.unwrap().1["items"][0]["name"]
        .as_str()
        .unwrap()
        .to_owned();
    let (mut child, url) = forwarder(&made, &["--cluster", &standalone]).await;
    assert_eq!(page(&format!("{url}/overview")).await.0, 200);
    made.bed.sim.set_down(true);
    let (status, _, text) = page(&format!("{url}/overview")).await;
    assert!(status == 502 && text.contains("did not answer"), "{status} {text}");
    child.kill().await.unwrap();
}
