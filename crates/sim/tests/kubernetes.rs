//! The simulated API server, as a client sees it: what it refuses, how it pages, watches and collects.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test"
)]

use std::time::Duration;

use reqwest::{Client, Method};
use serde_json::{Value, json};
use sim::{JobState, Kubernetes, KubernetesOptions};

const MAPS: &str = "/api/v1/namespaces/default/configmaps";
const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/default/deployments";

struct Bed {
    sim: Kubernetes,
    http: Client,
}

impl Bed {
    async fn start() -> Self {
        Self {
            sim: Kubernetes::start(KubernetesOptions::default()).await.unwrap(),
            http: Client::builder().no_proxy().build().unwrap(),
        }
    }

    async fn call(&self, method: Method, path: &str, kind: &str, body: &str) -> (u16, Value) {
        let request = self.http.request(method, format!("{}{path}", self.sim.url()));
        let answer = request.header("content-type", kind).body(body.to_owned()).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or_default())
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        self.call(Method::GET, path, "application/json", "").await
    }

    async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        self.call(Method::POST, path, "application/json", &body.to_string()).await
    }
}

fn deployment(name: &str) -> Value {
    let labels = json!({"app": name, "component": "jobmanager", "type": "flink-native-kubernetes"});
    json!({
        "metadata": {"name": name, "labels": labels},
        "spec": {
            "replicas": 0, "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "flink-main-container", "image": "flink:1.20.5"}]}},
        },
    })
}

fn map(name: &str, owner: &Value, data: Value) -> Value {
    let owner = json!({"apiVersion": "apps/v1", "kind": "Deployment", "name": owner["metadata"]["name"], "uid": owner["metadata"]["uid"], "controller": true, "blockOwnerDeletion": true});
    json!({"metadata": {"name": name, "ownerReferences": [owner]}, "data": data})
}

#[tokio::test]
async fn what_is_wrong_is_refused() {
    let bed = Bed::start().await;
    let with = |change: &dyn Fn(&mut Value)| {
        let mut object = deployment("a");
        change(&mut object);
        object
    };
    for (object, part) in [
        (with(&|one| one["spec"]["replicas"] = 1.into()), "replicas"),
        (with(&|one| one["metadata"]["name"] = "A b".into()), "metadata.name"),
        (with(&|one| one["metadata"]["labels"]["x"] = "a b".into()), "labels"),
        (with(&|one| one["spec"]["selector"]["matchLabels"]["app"] = "b".into()), "selector"),
        (with(&|one| one["spec"]["template"]["spec"]["containers"] = json!([])), "containers"),
        (
            with(&|one| one["spec"]["template"]["spec"]["containers"][0]["env"] = json!([{"name": "A"}, {"name": "A"}])),
            "env: Duplicate",
        ),
        (
            with(&|one| one["spec"]["template"]["spec"]["containers"][0]["volumeMounts"] = json!([{"name": "v", "mountPath": "/x"}])),
            "volumeMounts",
        ),
    ] {
        let (code, status) = bed.post(DEPLOYMENTS, &object).await;
        assert_eq!(code, 422, "{status}");
        assert!(status["message"].as_str().unwrap().contains(part), "{status}");
    }
    let (code, status) = bed.post(MAPS, &json!({"metadata": {"name": "m"}, "data": {}})).await;
    assert!(code == 422 && status.to_string().contains("ownerReferences"), "{status}");
    let (code, _) = bed
        .call(Method::POST, MAPS, "application/json", r#"{"metadata":{"name":"a","name":"b"}}"#)
        .await;
    assert_eq!(code, 400, "a key twice");
    let (code, _) = bed
        .post("/api/v1/namespaces/nowhere/configmaps", &json!({"metadata": {"name": "m"}}))
        .await;
    assert_eq!(code, 404);
}

#[tokio::test]
async fn objects_are_kept_paged_patched_and_collected() {
    let bed = Bed::start().await;
    let (code, owner) = bed.post(DEPLOYMENTS, &deployment("a")).await;
    assert_eq!(code, 201);
    assert_eq!(bed.post(DEPLOYMENTS, &deployment("a")).await.1["reason"], "AlreadyExists");
    for number in 0..7 {
        assert_eq!(bed.post(MAPS, &map(&format!("m{number}"), &owner, json!({"k": "v"}))).await.0, 201);
    }
    let (mut names, mut next) = (Vec::new(), String::new());
    loop {
        let (_, page) = bed.get(&format!("{MAPS}?limit=3{next}")).await;
        names.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|one| one["metadata"]["name"].as_str().unwrap().to_owned()),
        );
        match page["metadata"]["continue"].as_str() {
            Some(token) if !token.is_empty() => next = format!("&continue={token}"),
            _ => break,
        }
    }
    assert_eq!(names, ["m0", "m1", "m2", "m3", "m4", "m5", "m6"]);
    let patch = |uid: &str| {
        json!([{"op": "test", "path": "/metadata/uid", "value": uid}, {"op": "replace", "path": "/spec/replicas", "value": 0}]).to_string()
    };
    let path = format!("{DEPLOYMENTS}/a");
    let kind = "application/json-patch+json";
    assert_eq!(bed.call(Method::PATCH, &path, kind, &patch("another")).await.0, 422);
    assert_eq!(
        bed.call(Method::PATCH, &path, kind, &patch(owner["metadata"]["uid"].as_str().unwrap()))
            .await
            .0,
        200
    );
    let options = json!({"preconditions": {"uid": "another"}}).to_string();
    assert_eq!(bed.call(Method::DELETE, &path, "application/json", &options).await.0, 409);
    assert_eq!(bed.call(Method::DELETE, &path, "application/json", "").await.0, 200);
    assert!(bed.sim.names("default", "configmaps").is_empty());
    assert_eq!(bed.get(&path).await.1["details"]["name"], "a");
}

#[tokio::test]
async fn a_job_manager_begins_with_its_configuration_and_is_reached_by_the_proxy() {
    let bed = Bed::start().await;
    let (_, owner) = bed.post(DEPLOYMENTS, &deployment("a")).await;
    let scale = json!([{"op": "replace", "path": "/spec/replicas", "value": 1}]).to_string();
    bed.call(Method::PATCH, &format!("{DEPLOYMENTS}/a"), "application/json-patch+json", &scale)
        .await;
    let limit = Duration::from_secs(20);
    bed.sim
        .wait("a pod waits", limit, |sim| sim.names("default", "pods").len() == 1)
        .await
        .unwrap();
    assert!(bed.sim.flink("default", "a").is_none(), "it waits for its configuration");
    let job = "0123456789abcdef0123456789abcdef";
    let service = json!({"metadata": {"name": "a-rest", "ownerReferences": map("", &owner, json!({}))["metadata"]["ownerReferences"]}, "spec": {"ports": [{"name": "rest", "port": 8081}]}});
    assert_eq!(bed.post("/api/v1/namespaces/default/services", &service).await.0, 201);
    let proxy = "/api/v1/namespaces/default/services/a-rest:rest/proxy";
    assert_eq!(bed.get(&format!("{proxy}/jobs/overview")).await.0, 503);
    let keys = format!("\"$internal.pipeline.job-id\": \"{job}\"\npipeline.name: orders\n");
    bed.post(MAPS, &map("flink-config-a", &owner, json!({ "config.yaml": keys }))).await;
    bed.sim
        .wait("its Flink runs", limit, |sim| sim.flink("default", "a").is_some())
        .await
        .unwrap();
    let (_, overview) = bed.get(&format!("{proxy}/jobs/overview")).await;
    assert_eq!(
        (overview["jobs"][0]["jid"].as_str(), overview["jobs"][0]["name"].as_str()),
        (Some(job), Some("orders"))
    );
    assert_eq!(bed.get(&format!("{proxy}/config")).await.1["flink-version"], "1.20.5");
    assert_eq!(bed.sim.names("default", "pods").len(), 2, "JobManager and TaskManager");
    // Nobody told it to stay: it takes its Deployment along.
    bed.sim.flink("default", "a").unwrap().set_job(job, JobState::Finished, None);
    let gone = |sim: &Kubernetes| {
        ["deployments", "pods", "services", "configmaps"]
            .iter()
            .all(|kind| sim.names("default", kind).is_empty())
    };
    bed.sim.wait("all is gone", limit, gone).await.unwrap();
}
