//! Jars of jobs and clusters: what a draft may say, what a release pins and warns of, what a difference shows.

use domain::cluster::{Look, ProcessLook};
use http::Method;
use serde_json::{Value, json};
use store::Write;

use super::artifacts::upload;
use super::house::{Answer, GOOD_SQL, House};

const DRAFT: &str = "/teams/main/jobs/orders/draft";
const RELEASES: &str = "/teams/main/jobs/orders/releases";

async fn put(house: &House, spec: Value) -> Answer {
    house
        .bytes("developer", Method::PUT, DRAFT, &[("if-match", "*")], spec.to_string())
        .await
}

async fn save(house: &House, spec: Value) -> Value {
    put(house, spec).await.is(200)
}

async fn refused(house: &House, spec: Value) -> (String, String) {
    let answer = put(house, spec).await.json;
    let text = |key: &str| answer[key].as_str().unwrap_or_default().to_owned();
    (text("code"), text("field"))
}

async fn script(house: &House, name: &str, text: &'static str) {
    let new = json!({"fileName": name, "sizeBytes": text.len(), "kind": "python_file"});
    let made = house.post("developer", "/teams/main/uploads", new).await.is(201);
    let path = format!("/teams/main/uploads/{}", made["id"].as_str().unwrap());
    house
        .bytes("developer", Method::PATCH, &path, &[("upload-offset", "0")], text)
        .await
        .is(200);
    house.post("developer", &format!("{path}/complete"), json!({})).await.is(201);
}

fn sql(jars: Value) -> Value {
    json!({"sql": GOOD_SQL, "clusterId": "local", "jars": jars})
}

async fn release(house: &House) -> Value {
    house.post("developer", RELEASES, json!({})).await.is(201)
}

fn pinned(release: &Value) -> Vec<String> {
    let artifacts = release["artifacts"].as_array().unwrap().iter();
    artifacts
        .map(|one| format!("{}@{}", one["name"].as_str().unwrap(), one["version"]))
        .collect()
}

fn codes(release: &Value) -> Vec<(&str, &str)> {
    let findings = release["findings"].as_array().unwrap().iter();
    findings
        .map(|one| (one["code"].as_str().unwrap(), one["field"].as_str().unwrap_or_default()))
        .collect()
}

#[tokio::test]
async fn a_draft_is_a_script_or_a_program() {
    let house = House::build().await;
    let args = json!(["", " a  b ", "\"q\"", "line\nbreak", "订单"]);
    let program = json!({"jar": {"name": "orders.jar", "version": 2}, "entryClass": "com.acme.Main", "args": args, "clusterId": "local"});
    let saved = save(&house, program).await;
    assert_eq!(
        (&saved["spec"]["args"], &saved["spec"]["entryClass"]),
        (&args, &json!("com.acme.Main"))
    );
    assert_eq!(
        (&saved["spec"]["jar"], &saved["spec"]["sql"]),
        (&json!({"name": "orders.jar", "version": 2}), &Value::Null)
    );
    let jar = json!({"name": "a"});
    let long = "x".repeat(10_000);
    for (spec, code, field) in [
        (json!({}), "no_program", "sql"),
        (json!({"sql": "x", "jar": jar}), "two_programs", "jar"),
        (json!({"sql": "x", "entryClass": "a.B"}), "not_for_sql", "entryClass"),
        (json!({"sql": "x", "args": ["a"]}), "not_for_sql", "args"),
        (json!({"jar": jar, "entryClass": "a..B"}), "bad_class", "entryClass"),
        (json!({"jar": jar, "entryClass": "rm -rf"}), "bad_class", "entryClass"),
        (json!({"jar": jar, "args": ["a", "b\0"]}), "bad_character", "args[1]"),
        (json!({"jar": jar, "args": vec!["a"; 1_001]}), "too_long", "args"),
        (json!({"jar": {"name": ""}}), "bad_name", "jar.name"),
        (json!({"sql": "x", "jars": [{"name": long}]}), "bad_name", "jars[0].name"),
        (
            json!({"sql": "x", "jars": [jar, {"name": "a", "version": 2}]}),
            "named_twice",
            "jars[1].name",
        ),
    ] {
        assert_eq!(refused(&house, spec.clone()).await, (code.to_owned(), field.to_owned()), "{spec}");
    }
}

#[tokio::test]
async fn a_release_pins_what_its_jars_are_and_a_new_upload_changes_nothing() {
    let house = House::build().await;
    upload(&house, "kafka.jar", b"kafka").await;
    upload(&house, "udf.jar", b"one").await;
    save(&house, sql(json!([{"name": "kafka.jar"}, {"name": "udf.jar"}]))).await;
    let first = release(&house).await;
    assert_eq!(pinned(&first), ["kafka.jar@1", "udf.jar@1"]);
    assert_eq!(codes(&first), [("jar_conflict", "jars")]);
    let message = first["findings"][0]["message"].as_str().unwrap();
    assert!(
        message.contains("2 classes and a resource") && message.contains("com.acme.Same"),
        "{message}"
    );
    upload(&house, "udf.jar", b"two").await;
    let kept = house.get("viewer", &format!("{RELEASES}/1")).await.is(200);
    assert_eq!(kept["artifacts"], first["artifacts"]);
    let second = release(&house).await;
    assert_eq!(pinned(&second), ["kafka.jar@1", "udf.jar@2"]);
    assert_ne!(first["digest"], second["digest"]);
    let diff = house.get("viewer", &format!("{RELEASES}/2/diff")).await.is(200);
    let changes = diff["artifacts"].as_array().unwrap();
    assert_eq!(changes.len(), 1, "{diff}");
    assert_eq!(
        (&changes[0]["old"]["version"], &changes[0]["new"]["version"]),
        (&json!(1), &json!(2))
    );
    house
        .delete("developer", "/teams/main/artifacts/udf.jar?version=1")
        .await
        .problem(409, "artifact_in_use");
}

#[tokio::test]
async fn what_a_release_refers_to_must_be_there() {
    let house = House::build().await;
    upload(&house, "kafka.jar", b"kafka").await;
    script(&house, "tool.py", "print()").await;
    for (jars, code, field) in [
        (
            json!([{"name": "kafka.jar"}, {"name": "nothing"}]),
            "unknown_artifact",
            "jars[1].name",
        ),
        (json!([{"name": "kafka.jar", "version": 7}]), "unknown_artifact", "jars[0].version"),
        (json!([{"name": "tool.py"}]), "no_jar", "jars[0].name"),
    ] {
        save(&house, sql(jars.clone())).await;
        let problem = house.post("developer", RELEASES, json!({})).await.problem(422, code);
        assert_eq!(problem["field"], field, "{jars}");
        let body = json!({"sql": GOOD_SQL, "jars": jars});
        let problem = house.post("viewer", "/teams/main/check", body).await.problem(422, code);
        assert_eq!(problem["field"], field);
    }
}

#[tokio::test]
async fn a_program_is_judged_by_its_jar() {
    let house = House::build().await;
    upload(&house, "orders.jar", b"orders").await;
    let program = |class: Option<&str>| json!({"jar": {"name": "orders.jar"}, "entryClass": class, "args": ["a b"], "clusterId": "local"});
    save(&house, program(None)).await;
    assert_eq!(codes(&release(&house).await), []);
    save(&house, program(Some("com.acme.Other"))).await;
    let second = release(&house).await;
    assert_eq!(codes(&second), [("main_class_not_found", "entryClass")]);
    assert_eq!(pinned(&second), ["orders.jar@1"]);
    let diff = house.get("viewer", &format!("{RELEASES}/2/diff")).await.is(200);
    assert_eq!(diff["other"][0]["field"], "entryClass");
}

#[tokio::test]
async fn jars_of_a_cluster_are_pinned_and_a_job_that_brings_them_again_is_warned() {
    let house = House::build().await;
    upload(&house, "kafka.jar", b"kafka").await;
    let cluster = json!({"name": "shared", "target": "local", "flinkVersion": "2.2.1", "jars": [{"name": "kafka.jar"}]});
    let made = house.post("developer", "/teams/main/clusters", cluster).await.is(201);
    upload(&house, "kafka.jar", b"newer").await;
    let seen = house.get("viewer", "/teams/main/clusters/shared").await.is(200);
    assert_eq!((&made["jars"], &seen["jars"][0]["version"]), (&seen["jars"], &json!(1)));
    house
        .delete("developer", "/teams/main/artifacts/kafka.jar?version=1")
        .await
        .problem(409, "artifact_in_use");
    let mut spec = sql(json!([{"name": "kafka.jar"}]));
    spec["clusterId"] = json!("shared");
    save(&house, spec).await;
    assert_eq!(codes(&release(&house).await), [("jar_in_cluster", "jars")]);
    let unknown = json!({"name": "other", "target": "local", "flinkVersion": "2.2.1", "jars": [{"name": "nothing"}]});
    let problem = house
        .post("developer", "/teams/main/clusters", unknown)
        .await
        .problem(422, "unknown_artifact");
    assert_eq!(problem["field"], "jars[0].name");
}

#[tokio::test]
async fn the_jars_of_a_cluster_change_at_its_next_start() {
    let house = House::build().await;
    upload(&house, "udf.jar", b"one").await;
    let path = "/teams/main/clusters/local/jars";
    let put = |who: &'static str, jars: Value| house.bytes(who, Method::PUT, path, &[], json!({"jars": jars}).to_string());
    put("operator", json!([])).await.problem(403, "role_too_low");
    let unknown = put("developer", json!([{"name": "nothing"}]))
        .await
        .problem(422, "unknown_artifact");
    assert_eq!(unknown["field"], "jars[0].name");
    let set = put("developer", json!([{"name": "udf.jar"}])).await.is(200);
    assert_eq!((&set["jars"][0]["version"], &set["runningJars"]), (&json!(1), &Value::Null));
    let used = house.get("viewer", "/teams/main/artifacts/udf.jar").await.is(200);
    assert_eq!(used["usedBy"][0]["by"], "cluster");

    // It runs with the first; the second waits for the next start, and neither can be deleted.
    let cluster_id = house.cluster().await.id;
    let jars = house.app.store.cluster_jars(cluster_id).await.unwrap();
    let look = Look {
        processes: vec![ProcessLook {
            role: "jobmanager".to_owned(),
            pid: Some(1),
            exit_code: None,
            ended_at: None,
        }],
        ..Look::default()
    };
    let running = vec![Write::ClusterProcessJars { cluster_id, jars }, Write::Look { cluster_id, look }];
    house.app.store.commit(None, running).await.unwrap();
    upload(&house, "udf.jar", b"two").await;
    let set = put("developer", json!([{"name": "udf.jar"}])).await.is(200);
    assert_eq!(
        (&set["jars"][0]["version"], &set["runningJars"][0]["version"]),
        (&json!(2), &json!(1))
    );
    let delete = async |version: i64| {
        house
            .delete("developer", &format!("/teams/main/artifacts/udf.jar?version={version}"))
            .await
    };
    let held = delete(1).await.problem(409, "artifact_in_use");
    assert!(held["detail"].as_str().unwrap().contains("what runs of cluster 'local'"), "{held}");
    delete(2).await.problem(409, "artifact_in_use");
    let writes = vec![Write::ClusterProcessJars {
        cluster_id,
        jars: Vec::new(),
    }];
    house.app.store.commit(None, writes).await.unwrap();
    delete(1).await.is(204);
    assert_eq!(put("developer", json!([])).await.is(200)["jars"], json!([]));
    delete(2).await.is(204);
    let body = json!({"name": "far", "target": "standalone", "restUrl": "http://x:8081"});
    house.post("developer", "/teams/main/clusters", body).await.is(201);
    let far = house
        .bytes("developer", Method::PUT, "/teams/main/clusters/far/jars", &[], "{\"jars\": []}")
        .await;
    far.problem(409, "not_managed");
}
