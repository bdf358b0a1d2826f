//! The objects of an application: who sees them, what is refused in which words, and that no secret of a target comes out.

use http::Method;
use serde_json::{Value, json};

use super::house::{GOOD_SQL, House};

const MANIFESTS: &str = "/teams/main/jobs/orders/manifests";

async fn target(house: &House, configuration: Value) {
    let target = json!({
        "name": "lab",
        "access": {"kind": "kubeconfig", "kubeconfig": "token: of-the-kubeconfig"},
        "namespace": "flink",
        "stateRoot": "s3://bucket/flink",
        "configuration": configuration,
    });
    house.post("platform", "/targets", target).await.is(201);
    grant(house, json!({"allTeams": true})).await;
}

async fn grant(house: &House, to: Value) {
    house
        .bytes("platform", Method::PUT, "/targets/lab/grant", &[], to.to_string())
        .await
        .is(200);
}

/// Drafts and releases the job as an application with configuration.
async fn release(house: &House, configuration: Value) {
    let draft = json!({"sql": GOOD_SQL, "mode": "application", "targetId": "lab", "flinkVersion": "2.2.1", "configuration": configuration});
    house
        .bytes(
            "developer",
            Method::PUT,
            "/teams/main/jobs/orders/draft",
            &[("if-match", "*")],
            draft.to_string(),
        )
        .await
        .is(200);
    house.release().await;
}

#[tokio::test]
async fn a_viewer_reads_the_objects_and_no_secret() {
    let house = House::build().await;
    let secret = json!({"s3.secret-key": "hunter2", "s3.endpoint": "http://minio:9000", "s3.accesskey": "A"});
    target(&house, secret).await;
    release(&house, json!({"taskmanager.numberOfTaskSlots": "4", "no.such.key-of.flink": "x"})).await;
    let found = house.get("viewer", MANIFESTS).await.is(200);
    let names: Vec<String> = found["objects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|object| format!("{}/{}", object["kind"].as_str().unwrap(), object["name"].as_str().unwrap()))
        .collect();
    let expected = [
        "Deployment/sw-run",
        "Service/sw-run-rest",
        "ConfigMap/streamwright-code-sw-run",
        "ConfigMap/flink-config-sw-run",
    ];
    assert_eq!(names, expected);
    let text = found.to_string();
    assert!(!text.contains("hunter2") && !text.contains("of-the-kubeconfig"), "{found:#}");
    let file = found["objects"][3]["yaml"].as_str().unwrap();
    for line in [
        "    \"s3.secret-key\": \"******\"\n",
        "    \"taskmanager.numberOfTaskSlots\": \"4\"\n",
        "    \"kubernetes.cluster-id\": \"sw-run\"\n",
        "    \"high-availability.storageDir\": \"s3://bucket/flink/high-availability\"\n",
    ] {
        assert!(file.contains(line), "{line}: {file}");
    }
    assert_eq!(
        (&found["release"], &found["namespace"], &found["anyCluster"], &found["comparison"]),
        (&json!(1), &json!("flink"), &json!("sw-run"), &Value::Null)
    );
    let finding = found["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["severity"] == "warning");
    assert!(finding.is_some(), "a key that nobody knows is a finding: {found:#}");
    house.get("outsider", MANIFESTS).await.problem(404, "not_found");
}

#[tokio::test]
async fn what_cannot_be_shown_says_why() {
    let house = House::build().await;
    house.get("viewer", MANIFESTS).await.problem(422, "not_released");
    house.release().await;
    let session = house.get("viewer", MANIFESTS).await.problem(422, "not_an_application");
    assert!(session["hint"].as_str().unwrap().contains("target in Kubernetes"), "{session}");

    target(&house, json!({})).await;
    release(
        &house,
        json!({"kubernetes.jobmanager.labels": "nonsense", "kubernetes.secrets": "A:/p"}),
    )
    .await;
    let refused = house.get("viewer", MANIFESTS).await.problem(422, "no_manifests");
    let fields: Vec<&Value> = refused["errors"].as_array().unwrap().iter().map(|one| &one["field"]).collect();
    assert_eq!(
        fields,
        ["configuration.kubernetes.jobmanager.labels", "configuration.kubernetes.secrets"],
        "{refused:#}"
    );
    assert_eq!(refused["field"], "configuration.kubernetes.jobmanager.labels");
    house
        .get("viewer", &format!("{MANIFESTS}?release=1"))
        .await
        .problem(422, "not_an_application");
    house
        .get("viewer", &format!("{MANIFESTS}?release=7"))
        .await
        .problem(422, "not_found");
    house
        .get("viewer", &format!("{MANIFESTS}?compare=perhaps"))
        .await
        .problem(400, "bad_query");

    release(&house, json!({})).await;
    house.get("viewer", MANIFESTS).await.is(200);
    grant(&house, json!({"allTeams": false, "teams": []})).await;
    house.get("viewer", MANIFESTS).await.problem(422, "target_missing");

    let nobody = format!("/teams/main/jobs/orders/runs/run_{}/manifests", "0".repeat(32));
    house.get("viewer", &nobody).await.problem(404, "not_found");
}
