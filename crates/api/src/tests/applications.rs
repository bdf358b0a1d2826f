//! Applications: a jar of the image, pod templates over those of the target, and what is told of both.

use http::Method;
use serde_json::{Value, json};

use super::artifacts::upload;
use super::house::{Answer, GOOD_SQL, House};

const DRAFT: &str = "/teams/main/jobs/orders/draft";
const RELEASES: &str = "/teams/main/jobs/orders/releases";
const URI: &str = "local:///opt/flink/usrlib/orders.jar";
const POD: &str = "apiVersion: v1\nkind: Pod\nspec:\n";

fn target(policy: Value, template: &str) -> Value {
    json!({
        "name": "lab",
        "access": {"kind": "kubeconfig", "kubeconfig": "token: x"},
        "namespace": "flink",
        "jobManagerTemplate": template,
        "policy": policy,
    })
}

/// A house with a target for everybody, which lets pods mount one folder and have one account.
async fn built() -> House {
    let house = House::build().await;
    let policy = json!({"hostPaths": ["/mnt/jars"], "serviceAccounts": ["flink", "default"]});
    house
        .post(
            "platform",
            "/targets",
            target(policy, &format!("{POD}  volumes: [{{name: jars, emptyDir: {{}}}}]\n")),
        )
        .await
        .is(201);
    let all = json!({"allTeams": true}).to_string();
    house.bytes("platform", Method::PUT, "/targets/lab/grant", &[], all).await.is(200);
    house
}

/// A specification of an application with fields more, or instead.
fn application(fields: Value) -> Value {
    let mut spec = json!({"mode": "application", "targetId": "lab", "flinkVersion": "2.2.1"});
    for (field, value) in fields.as_object().unwrap() {
        spec[field] = value.clone();
    }
    spec
}

async fn put(house: &House, spec: &Value) -> Answer {
    house
        .bytes("developer", Method::PUT, DRAFT, &[("if-match", "*")], spec.to_string())
        .await
}

async fn release(house: &House) -> Value {
    house.post("developer", RELEASES, json!({})).await.is(201)
}

fn triple<'v>(of: &'v Value, keys: [&str; 3]) -> (&'v str, &'v str, &'v str) {
    keys.map(|key| of[key].as_str().unwrap_or_default()).into()
}

fn told(release: &Value) -> Vec<(&str, &str, &str)> {
    let findings = release["findings"].as_array().unwrap().iter();
    findings.map(|one| triple(one, ["code", "field", "message"])).collect()
}

#[tokio::test]
async fn a_jar_of_the_image_and_templates_are_saved_released_and_compared() {
    let house = built().await;
    upload(&house, "udf.jar", b"udf").await;
    let pod = format!("{POD}  volumes: [{{name: jars, hostPath: {{path: /mnt/jars/orders}}}}]\n");
    let spec = application(json!({
        "jarUri": URI, "entryClass": "com.acme.Orders", "args": ["a b"], "jars": [{"name": "udf.jar"}],
        "jobManagerTemplate": pod, "taskManagerTemplate": " \n",
    }));
    let saved = put(&house, &spec).await.is(200)["spec"].clone();
    assert_eq!(
        (&saved["jarUri"], &saved["jar"], &saved["sql"]),
        (&json!(URI), &Value::Null, &Value::Null)
    );
    assert_eq!(
        (&saved["jobManagerTemplate"], &saved["taskManagerTemplate"]),
        (&json!(pod), &Value::Null),
        "a blank one is none"
    );
    let first = release(&house).await;
    assert_eq!(told(&first), [], "nobody can look into such a jar");
    assert_eq!(first["artifacts"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&first["spec"]["jarUri"], &first["spec"]["jobManagerTemplate"]),
        (&json!(URI), &json!(pod))
    );

    let replaced = format!("{POD}  containers: [{{name: flink-main-container, image: mine}}]\n");
    let other = application(json!({"jarUri": "local:///mnt/b.jar", "taskManagerTemplate": replaced}));
    put(&house, &other).await.is(200);
    let second = release(&house).await;
    let finding = &second["findings"][0];
    assert_eq!(
        (&finding["code"], &finding["field"], &finding["line"], &finding["column"]),
        (&json!("replaced_field"), &json!("taskManagerTemplate"), &json!(4), &json!(52))
    );
    assert_ne!(first["digest"], second["digest"]);
    let diff = house.get("viewer", &format!("{RELEASES}/2/diff")).await.is(200);
    let changes = diff["other"].as_array().unwrap().iter();
    let changes: Vec<(&str, &str, &str)> = changes.map(|one| triple(one, ["field", "old", "new"])).collect();
    assert_eq!(
        changes,
        [
            ("jarUri", URI, "local:///mnt/b.jar"),
            ("entryClass", "com.acme.Orders", ""),
            ("args", "[\"a b\"]", "[]"),
            ("jobManagerTemplate", pod.as_str(), ""),
            ("taskManagerTemplate", "", replaced.as_str()),
        ]
    );
}

#[tokio::test]
#[allow(clippy::too_many_lines, reason = "one table")]
async fn what_cannot_be_an_application_is_refused_with_its_field() {
    let house = built().await;
    let jar = json!({"name": "a"});
    let pod = |spec: &str| format!("{POD}{spec}");
    let long = "# ".repeat(200_000);
    for (spec, code, field, words) in [
        (
            application(json!({"jarUri": URI, "jar": jar})),
            "two_programs",
            "jarUri",
            "one of sql, jar and jarUri",
        ),
        (application(json!({"jarUri": URI, "sql": "x"})), "two_programs", "jarUri", ""),
        (application(json!({"jar": jar, "sql": "x"})), "two_programs", "jar", ""),
        (application(json!({})), "no_program", "sql", "jarUri"),
        (
            application(json!({"jarUri": ""})),
            "bad_jar_uri",
            "jarUri",
            "Expected a file of the image",
        ),
        (
            application(json!({"jarUri": "https://a/b.jar"})),
            "bad_jar_uri",
            "jarUri",
            "upload the jar as an artifact",
        ),
        (
            application(json!({"jarUri": "local:///a/../b.jar"})),
            "bad_jar_uri",
            "jarUri",
            "'..'",
        ),
        (application(json!({"jarUri": "local:///a\u{0}.jar"})), "bad_character", "jarUri", ""),
        (
            application(json!({"jarUri": URI, "entryClass": "a..B"})),
            "bad_class",
            "entryClass",
            "",
        ),
        (
            json!({"jarUri": URI, "clusterId": "local"}),
            "not_for_session",
            "jarUri",
            "session cluster",
        ),
        (
            json!({"sql": "x", "jobManagerTemplate": pod("  nodeName: a\n")}),
            "not_for_session",
            "jobManagerTemplate",
            "belongs to an application",
        ),
        (
            application(json!({"sql": "x", "jobManagerTemplate": "apiVersion: v1\nkind: Secret\n"})),
            "bad_template",
            "jobManagerTemplate",
            "Line 2, column 7: the kind is 'Secret'",
        ),
        (
            application(json!({"sql": "x", "taskManagerTemplate": "a: ["})),
            "bad_template",
            "taskManagerTemplate",
            "not YAML",
        ),
        (
            application(json!({"sql": "x", "taskManagerTemplate": pod("---\na: b\n")})),
            "bad_template",
            "taskManagerTemplate",
            "second document",
        ),
        (
            application(json!({"sql": "x", "taskManagerTemplate": long})),
            "too_long",
            "taskManagerTemplate",
            "256 KiB",
        ),
        (
            application(json!({"sql": "x", "jobManagerTemplate": "a\u{0}"})),
            "bad_character",
            "jobManagerTemplate",
            "",
        ),
        (
            application(json!({"sql": "x", "jobManagerTemplate": pod("  volumes: [{name: new, hostPath: {path: /etc}}]\n")})),
            "bad_template",
            "jobManagerTemplate",
            "Spec.volumes[1].hostPath: this target does not let pods mount the folder '/etc'",
        ),
        (
            application(json!({"sql": "x", "taskManagerTemplate": pod("  serviceAccountName: admin\n")})),
            "bad_template",
            "taskManagerTemplate",
            "expected flink or default",
        ),
        (
            application(json!({"sql": "x", "taskManagerTemplate": pod("  hostNetwork: true\n")})),
            "bad_template",
            "taskManagerTemplate",
            "Spec.hostNetwork",
        ),
        (
            application(json!({"sql": "x", "flinkVersion": "1.12.7"})),
            "unknown_flink_version",
            "flinkVersion",
            "",
        ),
    ] {
        let answer = put(&house, &spec).await;
        assert_eq!(
            (answer.code(), answer.json["field"].as_str()),
            (code, Some(field)),
            "{spec}: {}",
            answer.json
        );
        let said = answer.json["detail"].as_str().unwrap();
        assert!(said.contains(words), "{spec}: {said}");
    }
    let body = json!({"name": "new", "spec": application(json!({"jarUri": "s3://a/b.jar"}))});
    let problem = house.post("developer", "/teams/main/jobs", body).await.problem(422, "bad_jar_uri");
    assert_eq!(problem["field"], "spec.jarUri");
}

#[tokio::test]
async fn a_target_that_allows_less_than_before_refuses_the_next_release() {
    let house = built().await;
    let pod = format!("{POD}  volumes: [{{name: v, hostPath: {{path: /mnt/jars}}}}]\n");
    put(&house, &application(json!({"jarUri": URI, "taskManagerTemplate": pod})))
        .await
        .is(200);
    release(&house).await;
    let stricter = target(json!({}), "").to_string();
    house
        .bytes("platform", Method::PUT, "/targets/lab", &[("if-match", "*")], stricter)
        .await
        .is(200);
    let refused = house.post("developer", RELEASES, json!({"overrideErrors": true})).await;
    let problem = refused.problem(422, "bad_template");
    assert_eq!(problem["field"], "taskManagerTemplate");
    assert!(problem["detail"].as_str().unwrap().contains("'/mnt/jars'"), "{problem}");
}

#[tokio::test]
async fn an_application_gets_its_configuration_and_a_class_path_without_order() {
    let house = built().await;
    for name in ["orders.jar", "one.jar", "two.jar"] {
        upload(&house, name, name.as_bytes()).await;
    }
    let jars = json!([{"name": "one.jar"}, {"name": "two.jar"}]);
    let keys = json!({"a.b": "c"});
    let of = async |spec: Value| {
        put(&house, &spec).await.is(200);
        release(&house).await
    };
    // Up to 1.16 a session cluster hears nothing of a program's configuration; an application has it in its file.
    let old = of(application(
        json!({"jar": {"name": "orders.jar"}, "flinkVersion": "1.16.3", "configuration": keys}),
    ))
    .await;
    assert_eq!(told(&old), []);
    // Whatever is beside a program, its own classes come first; of the others nobody knows.
    let program = of(application(json!({"jar": {"name": "orders.jar"}, "jars": jars}))).await;
    assert!(
        matches!(told(&program)[..], [("jar_conflict", "jars", message)] if message.contains("those of 'orders.jar' version 1 are used"))
    );
    let local = of(application(json!({"jarUri": URI, "jars": jars}))).await;
    assert!(matches!(told(&local)[..], [("jar_conflict", "jars", message)] if message.contains("in an application nobody can say")));
    let script = of(application(json!({"sql": GOOD_SQL, "jars": jars}))).await;
    assert!(
        told(&script)
            .iter()
            .any(|(_, _, message)| message.contains("in an application nobody can say"))
    );
    let session = of(json!({"sql": GOOD_SQL, "clusterId": "local", "jars": jars})).await;
    assert!(
        told(&session)
            .iter()
            .any(|(_, _, message)| message.contains("those of 'one.jar' version 1 are used"))
    );
}
