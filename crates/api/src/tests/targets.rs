//! Targets: what is taken, what is refused by which field, who sees what, and that no kubeconfig comes out.

use domain::ports::PortError;
use http::Method;
use serde_json::{Value, json};
use store::AuditFilter;

use super::house::{Answer, House};

const SECRET: &str = "hunter2-of-the-kubeconfig";

fn pasted(text: &str) -> Value {
    json!({"kind": "kubeconfig", "kubeconfig": text})
}

fn lab() -> Value {
    json!({
        "name": "lab",
        "access": pasted(&format!("token: {SECRET}")),
        "context": "prod",
        "namespace": "flink",
        "images": {"2.2": "registry.example:5000/flink:2.2", "2.2.1": "flink:2.2.1-java17"},
        "serviceAccount": "flink",
        "stateRoot": "s3://bucket/flink/",
        "configuration": {"s3.endpoint": "http://minio:9000", "s3.secret-key": "of the store"},
        "jobManagerTemplate": "apiVersion: v1\nkind: Pod\nspec:\n  volumes: [{name: jars, hostPath: {path: /mnt/jars/a}}]\n",
        "policy": {"hostPaths": ["/mnt/jars"], "serviceAccounts": ["flink"]},
        "artifactUrl": "http://streamwright.svc:8088/",
        "ingress": {"class": "nginx", "host": "{{job}}.flink.example", "tlsSecret": "tls", "annotations": {"a.example/b": "c"}},
    })
}

fn with(pairs: &[(&str, Value)]) -> Value {
    let mut body = lab();
    for (pointer, value) in pairs {
        match body.pointer_mut(pointer) {
            Some(place) => *place = value.clone(),
            None => body[pointer.trim_start_matches('/')] = value.clone(),
        }
    }
    body
}

async fn put(house: &House, path: &str, tag: &str, body: &Value) -> Answer {
    house
        .bytes("platform", Method::PUT, path, &[("if-match", tag)], body.to_string())
        .await
}

/// What anybody is told of targets.
async fn answers(house: &House) -> String {
    let mut text = String::new();
    for path in ["/targets", "/targets/lab", "/teams/main/targets"] {
        text.push_str(&house.get("platform", path).await.is(200).to_string());
    }
    text
}

#[tokio::test]
async fn a_target_is_made_changed_and_deleted_and_its_kubeconfig_stays_inside() {
    let house = House::build().await;
    let made = house.post("platform", "/targets", lab()).await.is(201);
    assert_eq!(made["access"], json!({"kind": "kubeconfig"}));
    assert_eq!(
        (&made["stateRoot"], &made["highAvailability"]),
        (&json!("s3://bucket/flink"), &json!(true))
    );
    assert_eq!(made["artifactUrl"], "http://streamwright.svc:8088");
    assert_eq!(made["ingress"], lab()["ingress"]);
    assert_eq!(
        (&made["allTeams"], &made["teams"], &made["revision"]),
        (&json!(false), &json!([]), &json!(1))
    );
    house.post("platform", "/targets", lab()).await.problem(409, "name_taken");

    let tag = house.get("platform", "/targets/lab").await.headers["etag"].clone();
    assert_eq!(tag, "\"1\"");
    let kept = with(&[("/access", json!({"kind": "kubeconfig"})), ("/namespace", json!("other"))]);
    house
        .bytes("platform", Method::PUT, "/targets/lab", &[], kept.to_string())
        .await
        .problem(428, "if_match_required");
    let changed = put(&house, "/targets/lab", "\"1\"", &kept).await.is(200);
    assert_eq!((&changed["namespace"], &changed["revision"]), (&json!("other"), &json!(2)));
    put(&house, "/targets/lab", "\"1\"", &kept).await.problem(412, "target_changed");
    let stored = house.app.store.target_by_name("lab").await.unwrap();
    let opened = format!("{:?}", stored.place.access);
    assert!(
        opened.contains(&SECRET.chars().rev().collect::<String>()),
        "the stored kubeconfig stays"
    );

    let id = made["id"].as_str().unwrap();
    let renewed = with(&[("/access", pasted("token: another-secret")), ("/name", json!("lab"))]);
    put(&house, &format!("/targets/{id}"), "*", &renewed).await.is(200);
    let filter = AuditFilter {
        limit: 500,
        ..AuditFilter::default()
    };
    let audit = format!("{:?}", house.app.store.audit(&filter).await.unwrap());
    assert!(audit.contains("kubeconfigChanged"), "{audit}");
    for told in [&audit, &answers(&house).await] {
        assert!(!told.contains(SECRET) && !told.contains("another-secret"), "{told}");
    }
    assert!(!audit.contains("of the store"), "{audit}");
    house.delete("platform", "/targets/lab").await.is(204);
    house.get("platform", "/targets/lab").await.problem(404, "not_found");
    house.delete("platform", &format!("/targets/{id}")).await.problem(404, "not_found");
}

#[tokio::test]
async fn a_kubeconfig_is_compared_and_not_shown() {
    let house = House::build().await;
    house.post("platform", "/targets", lab()).await.is(201);
    let compare = |text: &str| house.post("platform", "/targets/lab/kubeconfig/compare", json!({"kubeconfig": text}));
    assert_eq!(compare(&format!("token: {SECRET}\n")).await.is(200), json!({"differs": false}));
    assert_eq!(compare("token: other").await.is(200), json!({"differs": true}));
    let inside = with(&[("/access", json!({"kind": "in_cluster"})), ("/context", Value::Null)]);
    put(&house, "/targets/lab", "*", &inside).await.is(200);
    assert_eq!(compare("").await.is(200), json!({"differs": true}));
}

#[tokio::test]
async fn members_see_what_is_granted_and_nothing_of_its_credentials() {
    let house = House::build().await;
    house.post("platform", "/targets", lab()).await.is(201);
    let seen = async |who| house.get(who, "/teams/main/targets").await.is(200)["items"].clone();
    assert_eq!(seen("viewer").await, json!([]));
    let grant = |body: Value| house.bytes("platform", Method::PUT, "/targets/lab/grant", &[], body.to_string());
    grant(json!({"allTeams": false, "teams": ["nobody"]}))
        .await
        .problem(422, "unknown_team");
    let granted = grant(json!({"allTeams": false, "teams": ["main"]})).await.is(200);
    assert_eq!(granted["teams"][0]["name"], "main");
    let mine = seen("viewer").await;
    let fields: Vec<&String> = mine[0].as_object().unwrap().keys().collect();
    assert_eq!(fields, ["id", "name", "namespace", "images", "stateRoot"]);
    assert_eq!(house.get("outsider", "/teams/elsewhere/targets").await.is(200)["items"], json!([]));
    grant(json!({"allTeams": true})).await.is(200);
    assert_eq!(
        house.get("outsider", "/teams/elsewhere/targets").await.is(200)["items"][0]["name"],
        "lab"
    );
    house.get("developer", "/targets").await.problem(403, "platform_admin_only");
}

#[tokio::test]
async fn a_test_says_what_fails_and_is_kept_with_the_target() {
    let house = House::build().await;
    house.post("platform", "/targets", lab()).await.is(201);
    let test = || house.post("platform", "/targets/lab/test", json!({}));
    let report = test().await.is(200);
    assert_eq!((&report["ok"], &report["version"]), (&json!(true), &json!("v1.34.4")));
    assert_eq!(report["checks"][0]["what"], "deployments as flink");
    let shown = || async { house.get("platform", "/targets/lab").await.is(200)["test"].clone() };
    assert_eq!((&shown().await["ok"], &shown().await["outdated"]), (&json!(true), &json!(false)));
    let moved = with(&[("/access", json!({"kind": "kubeconfig"})), ("/namespace", json!("forbidden"))]);
    put(&house, "/targets/lab", "*", &moved).await.is(200);
    assert_eq!(shown().await["outdated"], true);
    assert_eq!(test().await.is(200)["ok"], false);
    house.fake.0.lock().unwrap().kubernetes = Some(PortError::Retry("connection refused".to_owned()));
    let report = test().await.is(200);
    assert_eq!(
        report["checks"],
        json!([{"what": "reach the API server", "outcome": "failed", "message": "Connection refused."}])
    );
    assert_eq!(report.get("version"), None);
    assert_eq!(shown().await["checks"], report["checks"]);
}

/// The probe of `lab` once it is as it should be.
async fn probe(house: &House, is_so: impl Fn(&Value) -> bool) -> Value {
    for _ in 0..2_000 {
        let probe = house.get("platform", "/targets/lab").await.is(200)["test"]["probe"].clone();
        if is_so(&probe) {
            return probe;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    panic!("{}", house.get("platform", "/targets/lab").await.is(200));
}

#[tokio::test]
async fn a_probe_goes_on_after_its_test_one_at_a_time_and_can_be_cancelled() {
    let house = House::build().await;
    house.post("platform", "/targets", lab()).await.is(201);
    let test = |body: Value| house.post("platform", "/targets/lab/test", body);
    test(json!({"probe": true, "flinkVersion": "two"}))
        .await
        .problem(422, "unknown_flink_version");
    assert_eq!(test(json!({})).await.is(200).get("probe"), None);
    let cancel = || house.delete("platform", "/targets/lab/probe");
    cancel().await.problem(409, "no_probe");
    let begun = test(json!({"probe": true, "flinkVersion": "2.2.1"})).await.is(200);
    assert_eq!(
        (&begun["probe"]["running"], &begun["probe"]["flinkVersion"]),
        (&json!(true), &json!("2.2.1"))
    );
    let over = probe(&house, |probe| probe["running"] == false).await;
    assert_eq!(over["ok"], true);
    let what = over["checks"][0]["what"].as_str().unwrap();
    assert!(
        what.contains("flink:2.2.1-java17") && what.contains("http://streamwright.svc:8088/healthz"),
        "{what}"
    );

    let slow = with(&[("/access", json!({"kind": "kubeconfig"})), ("/namespace", json!("slow"))]);
    put(&house, "/targets/lab", "*", &slow).await.is(200);
    test(json!({"probe": true})).await.is(200);
    probe(&house, |probe| probe["sentence"] == "The image is being pulled.").await;
    test(json!({"probe": true})).await.problem(409, "probe_running");
    assert_eq!(
        test(json!({})).await.is(200)["probe"]["running"],
        true,
        "a plain test leaves it alone"
    );
    cancel().await.is(202);
    let over = probe(&house, |probe| probe["running"] == false).await;
    assert_eq!(over["sentence"], "It is over; the pod is deleted.");
}

#[tokio::test]
async fn a_place_is_tested_before_it_is_saved() {
    let house = House::build().await;
    house.post("platform", "/targets", lab()).await.is(201);
    let test = |body: Value| house.post("platform", "/target-tests", body);
    let typed = json!({"access": {"kind": "in_cluster"}, "namespace": "flink"});
    assert_eq!(test(typed).await.is(200)["ok"], true);
    let exec = json!({"access": pasted(&format!("exec: {SECRET}")), "namespace": "flink"});
    let report = test(exec).await.is(200);
    assert_eq!(
        (&report["ok"], &report["checks"][0]["what"]),
        (&json!(false), &json!("read the kubeconfig"))
    );
    assert!(!report.to_string().contains(SECRET));
    let stored = json!({"target": "lab", "access": {"kind": "kubeconfig"}, "namespace": "forbidden"});
    assert_eq!(test(stored).await.is(200)["ok"], false);
    let nothing = json!({"access": {"kind": "kubeconfig"}, "namespace": "flink"});
    assert_eq!(test(nothing).await.problem(422, "missing_field")["field"], "access.kubeconfig");
    assert_eq!(
        house.get("platform", "/targets/lab").await.is(200).get("test"),
        None,
        "nothing was kept"
    );
}

/// A pod template that reaches beyond the pod.
const HOSTILE: &str = "apiVersion: v1\nkind: Pod\nspec:\n  hostNetwork: true\n  volumes: [{name: a, hostPath: {path: /etc}}]\n";

/// The same of an Ingress.
fn impossible_ingress() -> Vec<(&'static str, Value, &'static str, &'static str)> {
    vec![
        ("/ingress", json!({"host": " "}), "ingress.host", "missing_field"),
        ("/ingress", json!({"host": "flink.example"}), "ingress.host", "bad_ingress"),
        (
            "/ingress",
            json!({"host": "{{team}}.{{job}}.example"}),
            "ingress.host",
            "bad_ingress",
        ),
        (
            "/ingress",
            json!({"host": "{{job}}.example", "tlsSecret": "a b"}),
            "ingress.tlsSecret",
            "bad_ingress",
        ),
        (
            "/ingress",
            json!({"host": "{{job}}.example", "annotations": {"a b": "c"}}),
            "ingress.annotations",
            "bad_ingress",
        ),
        (
            "/ingress",
            json!({"host": "{{job}}.example", "annotations": {"a": "c".repeat(3_000)}}),
            "ingress.annotations.a",
            "too_long",
        ),
    ]
}

/// Where a body is changed, to what, which field is named, and the problem's code.
fn impossible() -> Vec<(&'static str, Value, &'static str, &'static str)> {
    let many: Value = (0..101)
        .map(|n| (format!("2.{n}"), json!("flink")))
        .collect::<serde_json::Map<_, _>>()
        .into();
    vec![
        ("/name", json!(" "), "name", "bad_name"),
        ("/namespace", json!("Flink"), "namespace", "bad_namespace"),
        ("/namespace", json!("a".repeat(64)), "namespace", "bad_namespace"),
        ("/access", json!({"kind": "kubeconfig"}), "access.kubeconfig", "missing_field"),
        ("/access", pasted(&"x".repeat(300_000)), "access.kubeconfig", "too_long"),
        ("/access", pasted("exec: x"), "access.kubeconfig", "bad_access"),
        ("/access", json!({"kind": "file", "path": "etc/kube"}), "access.path", "bad_path"),
        (
            "/access",
            json!({"kind": "file", "path": "/etc/../kube"}),
            "access.path",
            "bad_path",
        ),
        ("/access", json!({"kind": "in_cluster"}), "context", "not_for_access"),
        ("/images", json!({"two": "flink"}), "images.two", "bad_version"),
        ("/images", json!({"2.2.1": "Flink:1"}), "images.2.2.1", "bad_image"),
        ("/images", many, "images", "too_many"),
        ("/serviceAccount", json!("Not One"), "serviceAccount", "bad_service_account"),
        ("/serviceAccount", json!("other"), "serviceAccount", "not_allowed"),
        ("/stateRoot", json!("bucket/flink"), "stateRoot", "bad_state_root"),
        ("/stateRoot", json!("http://bucket/flink"), "stateRoot", "bad_state_root"),
        ("/stateRoot", json!("s3:///"), "stateRoot", "bad_state_root"),
        ("/stateRoot", json!("file://mnt"), "stateRoot", "bad_state_root"),
        (
            "/configuration",
            json!({"kubernetes.cluster-id": "a"}),
            "configuration.kubernetes.cluster-id",
            "owned_key",
        ),
        (
            "/configuration",
            json!({"high-availability.type": "none"}),
            "configuration.high-availability.type",
            "owned_key",
        ),
        (
            "/configuration",
            json!({"state.savepoints.dir": "a"}),
            "configuration.state.savepoints.dir",
            "owned_key",
        ),
        ("/configuration", json!({"a b": "c"}), "configuration.a b", "bad_key"),
        ("/jobManagerTemplate", json!("kind: ["), "jobManagerTemplate", "bad_template"),
        ("/taskManagerTemplate", json!(HOSTILE), "taskManagerTemplate", "bad_template"),
        (
            "/taskManagerTemplate",
            json!("# ".repeat(200_000)),
            "taskManagerTemplate",
            "too_long",
        ),
        ("/policy/hostPaths", json!(["/mnt", "jars"]), "policy.hostPaths.1", "bad_path"),
        (
            "/policy/serviceAccounts",
            json!(["A B"]),
            "policy.serviceAccounts.0",
            "bad_service_account",
        ),
        ("/artifactUrl", json!("ftp://a"), "artifactUrl", "bad_address"),
        ("/artifactUrl", json!("http://u:p@a"), "artifactUrl", "bad_address"),
        ("/jobManagerTemplate", json!("a\u{0}"), "jobManagerTemplate", "bad_character"),
    ]
}

#[tokio::test]
async fn what_cannot_be_a_target_is_refused_with_its_field() {
    let house = House::build().await;
    for (pointer, value, field, code) in impossible().into_iter().chain(impossible_ingress()) {
        // What one case is about is not in the way of another one.
        let body = match pointer {
            "/policy/serviceAccounts" => with(&[("/serviceAccount", Value::Null), (pointer, value)]),
            _ => with(&[(pointer, value)]),
        };
        let refused = house.post("platform", "/targets", body).await;
        assert_eq!(
            (refused.code(), refused.json["field"].as_str()),
            (code, Some(field)),
            "{pointer}: {}",
            refused.json
        );
        assert!((400..500).contains(&refused.status.as_u16()));
    }
}

#[tokio::test]
async fn each_fault_of_a_template_has_its_place_and_no_secret_is_quoted() {
    let house = House::build().await;
    let places = house
        .post("platform", "/targets", with(&[("/taskManagerTemplate", json!(HOSTILE))]))
        .await
        .is(422);
    let said: Vec<&str> = places["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["message"].as_str().unwrap())
        .collect();
    assert!(said[0].starts_with("spec.hostNetwork: ") && said[1].contains("'/etc'"), "{said:?}");
    let broken = with(&[("/jobManagerTemplate", json!("apiVersion: v1\nkind: Secret\n"))]);
    let broken = house.post("platform", "/targets", broken).await.is(422);
    assert!(broken["detail"].as_str().unwrap().starts_with("Line 2, column 7: "), "{broken}");
    for (access, field) in [
        (json!(SECRET), "access"),
        (json!({"kind": "kubeconfig", "kubeconfig": {"token": SECRET}}), "access"),
    ] {
        let refused = house
            .post("platform", "/targets", with(&[("/access", access)]))
            .await
            .problem(400, "bad_field");
        assert_eq!(refused["field"], field);
        assert!(!refused.to_string().contains(SECRET), "{refused}");
    }
    assert_eq!(house.get("platform", "/targets").await.is(200)["items"], json!([]));
}
