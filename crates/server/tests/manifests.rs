//! What will be created in Kubernetes can be read before, is what is created, and is compared with what was.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

mod bed;
mod namespace;

use std::collections::{BTreeMap, BTreeSet};

use bed::nothing;
use domain::artifact::PinnedArtifact;
use namespace::{NAMESPACE, Namespace};
use serde_json::{Value, json};

const RUNNER_FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../java/runner/target/runner.jar");
const RUNNER: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../java/runner/target/runner.jar"));
const KINDS: [&str; 4] = ["deployments", "services", "configmaps", "secrets"];

/// Objects as `Kind/name` with their YAML.
fn yaml_of(answer: &Value) -> BTreeMap<String, String> {
    let objects = answer["objects"].as_array().unwrap().iter();
    let text = |object: &Value, field: &str| object[field].as_str().unwrap().to_owned();
    objects
        .map(|object| (format!("{}/{}", text(object, "kind"), text(object, "name")), text(object, "yaml")))
        .collect()
}

/// Sorted by key, as they are shown.
fn sorted(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(sorted).collect(),
        Value::Object(map) => map
            .into_iter()
            .map(|(key, value)| (key, sorted(value)))
            .collect::<BTreeMap<_, _>>()
            .into_iter()
            .collect(),
        other => other,
    }
}

/// What the API server has, without what it and its owner added, in the form in which it is shown.
fn created(made: &Namespace) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for kind in KINDS {
        for name in made.sim.names(NAMESPACE, kind) {
            let mut object = made.sim.object(NAMESPACE, kind, &name).unwrap();
            let metadata = object["metadata"].as_object_mut().unwrap();
            metadata.retain(|key, _| ["name", "namespace", "labels", "annotations"].contains(&key.as_str()));
            let object = object.as_object_mut().unwrap();
            object.retain(|key, _| key != "status");
            // The API server gives every service an address, where it asks for one.
            if let Some(Value::Object(spec)) = object.get_mut("spec") {
                spec.retain(|key, value| key != "clusterIP" || value == "None");
            }
            if let Some(Value::Object(bytes)) = object.remove("binaryData") {
                let shown = format!("({} bytes, SHA-256 {})", RUNNER.len(), sha256(RUNNER));
                assert_eq!(bytes.keys().collect::<Vec<_>>(), ["runner.jar"]);
                let data = object.entry("data").or_insert_with(|| json!({}));
                data["runner.jar"] = Value::from(shown);
            }
            if let Some(Value::Object(secret)) = object.get_mut("stringData") {
                secret.values_mut().for_each(|value| *value = json!("******"));
            }
            let object = Value::Object(object.clone());
            let key = format!("{}/{name}", object["kind"].as_str().unwrap());
            found.insert(key, files::write::document(&sorted(object)));
        }
    }
    found
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    hex::encode(sha2::Sha256::digest(bytes))
}

/// A release with a jar, so that there is a Secret.
async fn with_a_jar() -> Namespace {
    let mut made = Namespace::bare().await;
    made.bed.start(None).await;
    let args = ["artifact", "upload", RUNNER_FILE, "--name", "functions.jar", "-o", "json"];
    let uploaded = made.bed.command(&args).output().await.unwrap();
    let uploaded: Value = serde_json::from_slice(&uploaded.stdout).unwrap();
    made.bed.kill().await;
    let jar = PinnedArtifact {
        name: "functions.jar".to_owned(),
        version: 1,
        file_name: "functions.jar".to_owned(),
        digest: uploaded["digest"].as_str().unwrap().parse().unwrap(),
    };
    made.release(|_| (), vec![jar]).await;
    made.bed.start(None).await;
    made
}

#[track_caller]
fn same(shown: &BTreeMap<String, String>, created: &BTreeMap<String, String>) {
    assert_eq!(shown.keys().collect::<Vec<_>>(), created.keys().collect::<Vec<_>>());
    for (key, text) in created {
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<BTreeSet<_>>();
        let (shown, created) = (&shown[key], text);
        let only = |one: &str, other: &str| lines(one).difference(&lines(other)).cloned().collect::<Vec<_>>();
        assert_eq!(shown, created, "{key}: {:#?} {:#?}", only(shown, created), only(created, shown));
    }
}

/// The names of one run in the words of all.
fn of_any_run(text: &str, thought: &Value, job: &Value, name: &str) -> String {
    let id = job["run"]["flinkJobId"].as_str().unwrap();
    text.replace(name, thought["anyCluster"].as_str().unwrap())
        .replace(id, thought["anyId"].as_str().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_shown_before_is_what_is_created() {
    let mut made = with_a_jar().await;
    let thought = made.bed.get("/jobs/job/manifests").await.unwrap();
    assert_eq!(thought.0, 200, "{:#}", thought.1);
    let thought = thought.1;
    assert_eq!((&thought["release"], &thought["namespace"]), (&json!(2), &json!(NAMESPACE)));
    assert_eq!(made.objects(), BTreeSet::new(), "nothing is created by looking");

    made.bed.done("start", &nothing()).await;
    let (job, name) = (made.bed.job().await, made.deployment());
    let real = created(&made);
    assert!(
        real.len() >= 5 && real.keys().any(|key| key.starts_with("Secret/")),
        "{:?}",
        real.keys()
    );
    let run = format!("/jobs/job/runs/{}/manifests", job["run"]["id"].as_str().unwrap());
    let kept = made.bed.get(&run).await.unwrap().1;
    same(&yaml_of(&kept), &real);
    let neutral = real.iter().map(|(key, text)| {
        let neutral = |text: &str| of_any_run(text, &thought, &job, &name);
        (neutral(key), neutral(text))
    });
    same(&yaml_of(&thought), &neutral.collect());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_with_one_key_changed_differs_in_that_key() {
    let mut made = Namespace::with(&[("restart-strategy.type", "none")]).await;
    made.bed.start(None).await;
    let compared = async |made: &Namespace| {
        let found = made.bed.get("/jobs/job/manifests?compare=true").await.unwrap();
        assert_eq!(found.0, 200, "{:#}", found.1);
        found.1["comparison"].clone()
    };
    assert_eq!(compared(&made).await, Value::Null, "nothing ran yet");
    let none = made.bed.command(&["job", "manifests", "job", "--diff"]).output().await.unwrap();
    assert_eq!(none.status.code(), Some(4), "{none:?}");

    // Neither the state nor the parallelism that somebody chose at a start is a difference.
    made.bed.done("start", &json!({"parallelism": 3})).await;
    made.bed.done("stop", &json!({"mode": "savepoint"})).await;
    made.until_nothing_left().await;
    made.bed
        .done("start", &json!({"state": {"from": "latest"}, "parallelism": 3}))
        .await;
    let same = compared(&made).await;
    assert_eq!((&same["same"], &same["release"]), (&json!(true), &json!(2)), "{same:#}");
    let run = made.bed.job().await["run"]["id"].clone();
    assert_eq!(same["runId"], run);
    made.bed.done("stop", &json!({"mode": "cancel"})).await;
    made.until_nothing_left().await;

    made.bed.kill().await;
    let change = |spec: &mut domain::draft::JobSpec| {
        drop(
            spec.configuration
                .insert("restart-strategy.type".to_owned(), "fixed-delay".to_owned()),
        )
    };
    made.release(change, Vec::new()).await;
    made.bed.start(None).await;
    let other = compared(&made).await;
    assert_eq!((&other["same"], &other["release"]), (&json!(false), &json!(2)));
    let lines: Vec<String> = other["objects"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|object| object["diff"].as_str().unwrap_or_default().lines())
        .filter(|line| line.starts_with(['+', '-']))
        .map(str::to_owned)
        .collect();
    let expected = [
        "-      restart-strategy.type: none",
        "+      restart-strategy.type: fixed-delay",
        r#"-    "restart-strategy.type": "none""#,
        r#"+    "restart-strategy.type": "fixed-delay""#,
    ];
    assert_eq!(lines, expected, "{other:#}");
    on_the_command_line(&made, run.as_str().unwrap()).await;
}

/// The same on the command line, of a first run with one key and a release with another.
async fn on_the_command_line(made: &Namespace, run: &str) {
    let text = |output: &std::process::Output| String::from_utf8(output.stdout.clone()).unwrap();
    let diff = made.bed.command(&["job", "manifests", "job", "--diff"]).output().await.unwrap();
    assert_eq!(diff.status.code(), Some(1), "{diff:?}");
    assert!(
        text(&diff).contains("--- ConfigMap/flink-config-sw-run\trun run_") && !text(&diff).contains('\u{1b}'),
        "{}",
        text(&diff)
    );
    let old = made
        .bed
        .command(&["job", "manifests", "job", "--diff", "--release", "2"])
        .output()
        .await
        .unwrap();
    assert_eq!(
        (old.status.code(), text(&old).starts_with("Nothing differs from run run_")),
        (Some(0), true),
        "{old:?}"
    );
    let yaml = made.bed.command(&["job", "manifests", "job", "-o", "yaml"]).output().await.unwrap();
    let kinds = text(&yaml).lines().filter(|line| line.starts_with("kind: ")).count();
    assert_eq!(
        text(&yaml).lines().filter(|line| *line == "---").count() + 1,
        kinds,
        "{}",
        text(&yaml)
    );
    let kept = made.bed.command(&["job", "manifests", "job", "--run", run]).output().await.unwrap();
    assert!(text(&kept).contains("restart-strategy.type\": \"none\""), "{}", text(&kept));
}
