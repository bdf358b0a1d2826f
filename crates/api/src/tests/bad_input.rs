//! Bad input: each is answered with the field at fault, and nothing is written.

use http::Method;
use serde_json::{Value, json};

use super::house::{GOOD_SQL, House};

const DRAFT: &str = "/teams/main/jobs/orders/draft";
const RELEASES: &str = "/teams/main/jobs/orders/releases";

async fn put(house: &House, body: impl Into<axum::body::Body>) -> super::house::Answer {
    house.bytes("developer", Method::PUT, DRAFT, &[("if-match", "*")], body).await
}

#[tokio::test]
async fn bodies_that_cannot_be_read() {
    let house = House::build().await;
    let mut latin = b"{\"sql\":\"SELECT 'caf".to_vec();
    latin.extend([0xe9, b'\'', b'"', b'}']);
    let problem = put(&house, latin).await.problem(400, "not_utf8");
    assert!(problem["detail"].as_str().unwrap().contains("offset 19"), "{problem}");
    put(&house, format!("{{\"sql\":\"{}\"}}", "x".repeat(50 * 1024 * 1024)))
        .await
        .problem(413, "too_large");
    put(&house, "{\"sql\":").await.problem(400, "bad_json");
    put(&house, "{\"sql\":\"\"} trailing").await.problem(400, "bad_json");
    let wrong_type = put(&house, json!({"sql": "", "parallelism": "two"}).to_string())
        .await
        .problem(400, "bad_field");
    assert_eq!(wrong_type["field"], "parallelism");
    let unknown = put(&house, json!({"sql": "", "clusterID": "local"}).to_string())
        .await
        .problem(400, "unknown_field");
    assert_eq!(unknown["field"], "clusterID");
    assert_eq!(put(&house, "{}").await.problem(422, "no_program")["field"], "sql");
    let half = put(&house, json!({"jar": {}}).to_string()).await;
    assert_eq!(half.problem(400, "missing_field")["field"], "jar.name");
    let plain = house
        .request("developer", Method::PUT, DRAFT)
        .header("if-match", "*")
        .body("{\"sql\":\"\"}".into())
        .unwrap();
    house.send(plain).await.problem(415, "not_json");
    let deep = house
        .post("operator", "/teams/main/jobs/orders/start", json!({"state": {"from": "yesterday"}}))
        .await;
    assert_eq!(deep.problem(400, "bad_field")["field"], "state.from");
    assert_eq!(house.get("viewer", DRAFT).await.is(200)["revision"], 1, "nothing was saved");
}

#[tokio::test]
async fn paths_queries_and_methods_are_problems_too() {
    let house = House::build().await;
    house
        .get("viewer", "/teams/main/operations/nonsense")
        .await
        .problem(400, "bad_path");
    house.get("viewer", "/teams/main/jobs/%FF").await.problem(400, "bad_path");
    house
        .get("viewer", "/teams/main/jobs/orders/releases/two")
        .await
        .problem(400, "bad_path");
    house.get("viewer", "/teams/main/jobs?limit=many").await.problem(400, "bad_query");
    house
        .get("viewer", "/teams/main/jobs?status=running")
        .await
        .problem(400, "bad_query");
    house.get("viewer", "/teams/main/jobs?limit=0").await.problem(422, "bad_limit");
    house.get("viewer", "/teams/main/jobs?cursor=x").await.problem(400, "bad_cursor");
    house.get("viewer", "/teams/main/jobs/missing").await.problem(404, "not_found");
    house.get("viewer", "/teams/main/nothing").await.problem(404, "no_such_route");
    house.delete("viewer", "/teams/main/jobs").await.problem(405, "wrong_method");
}

#[tokio::test]
async fn configuration_keys() {
    let house = House::build().await;
    let twice = put(&house, r#"{"sql":"","configuration":{"a.b":"1","c":"2","a.b":"3"}}"#)
        .await
        .problem(400, "duplicate_key");
    assert_eq!(twice["field"], "configuration.a.b");
    let owned = put(&house, json!({"sql": "", "configuration": {"pipeline.name": "x"}}).to_string())
        .await
        .problem(422, "owned_key");
    assert_eq!(owned["field"], "configuration.pipeline.name");
    assert!(owned["detail"].as_str().unwrap().contains("the job's name is used"), "{owned}");
    put(&house, json!({"sql": "", "configuration": {"a b": "x"}}).to_string())
        .await
        .problem(400, "bad_key");
    let several = put(
        &house,
        json!({"sql": "", "configuration": {"a b": "x", "ok": "y", "pipeline.jars": "z"}}).to_string(),
    )
    .await;
    let fields: Vec<Value> = several.problem(400, "bad_key")["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["field"].clone())
        .collect();
    assert_eq!(
        fields,
        ["configuration.a b", "configuration.pipeline.jars"],
        "all keys at fault are named"
    );
    put(&house, json!({"sql": "", "configuration": {"a": 1}}).to_string())
        .await
        .problem(400, "bad_field");
    let nested = json!({"name": "n", "spec": {"sql": "", "configuration": {"execution.attached": "true"}}});
    let nested = house.post("developer", "/teams/main/jobs", nested).await.problem(422, "owned_key");
    assert_eq!(nested["field"], "spec.configuration.execution.attached");
    house.get("viewer", "/teams/main/jobs/n").await.problem(404, "not_found");
}

#[tokio::test]
async fn names() {
    let house = House::build().await;
    let name = |name: &str| house.post("developer", "/teams/main/jobs", json!({"name": name}));
    for good in [
        "orders per minute",
        "订单汇总",
        "🚀 launch",
        "a/b?c#d%20",
        "ORDERS",
        &"字".repeat(200),
    ] {
        let made = name(good).await.is(201);
        let id = made["id"].as_str().unwrap();
        let found = house.get("viewer", &format!("/teams/main/jobs/{id}")).await.is(200);
        assert_eq!(found["name"], good);
    }
    let encoded = house.get("viewer", "/teams/main/jobs/a%2Fb%3Fc%23d%2520").await.is(200);
    assert_eq!(encoded["name"], "a/b?c#d%20");
    for bad in ["", "  ", " orders", "or\nders", &"x".repeat(300), "or\0ders"] {
        let problem = name(bad).await.problem(422, "bad_name");
        assert_eq!(problem["field"], "name");
    }
    let taken = name("orders").await.problem(409, "name_taken");
    assert_eq!(taken["field"], "name");
    let rename = house
        .bytes(
            "developer",
            Method::PATCH,
            "/teams/main/jobs/ORDERS",
            &[],
            json!({"name": "orders"}).to_string(),
        )
        .await;
    rename.problem(409, "name_taken");
}

#[tokio::test]
async fn scripts_that_cannot_be_released() {
    let house = House::build().await;
    for code in domain::sql::NEVER_RUNS {
        put(&house, json!({"sql": format!("-- {code}"), "clusterId": "local"}).to_string())
            .await
            .is(200);
        let problem = house
            .post("developer", RELEASES, json!({"overrideErrors": true}))
            .await
            .problem(422, code);
        assert_eq!(
            (&problem["field"], problem["findings"].as_array().map(Vec::len)),
            (&json!("sql"), Some(1)),
            "{code}"
        );
    }
    put(&house, json!({"sql": GOOD_SQL}).to_string()).await.is(200);
    assert_eq!(
        house.post("developer", RELEASES, json!({})).await.problem(422, "cluster_missing")["field"],
        "clusterId"
    );
    house
        .post("developer", RELEASES, json!({"draftRevision": 99}))
        .await
        .problem(404, "not_found");
    put(&house, json!({"sql": "x".repeat(2 * 1024 * 1024 + 1)}).to_string())
        .await
        .problem(422, "script_too_long");
    put(&house, json!({"sql": "a\0b"}).to_string()).await.problem(400, "bad_character");
    put(&house, json!({"sql": "", "clusterId": "nowhere"}).to_string())
        .await
        .problem(422, "unknown_cluster");
    put(&house, json!({"sql": "", "parallelism": 0}).to_string())
        .await
        .problem(422, "bad_parallelism");
}

#[tokio::test]
async fn starts_that_make_no_sense() {
    let house = House::build().await;
    house.release().await;
    let start = |body: Value| house.post("operator", "/teams/main/jobs/orders/start", body);
    let cases = [
        (json!({"state": {"from": "snapshot"}}), "bad_state", "state.snapshotId"),
        (
            json!({"state": {"from": "snapshot", "snapshotId": "snapshot_0"}}),
            "unknown_snapshot",
            "state.snapshotId",
        ),
        (json!({"state": {"from": "path"}}), "bad_state", "state.path"),
        (json!({"state": {"from": "path", "path": "savepoints/1"}}), "bad_path", "state.path"),
        (json!({"state": {"from": "latest", "path": "/x"}}), "bad_state", "state.from"),
        (json!({"parallelism": 40000}), "bad_parallelism", "parallelism"),
    ];
    for (body, code, field) in cases {
        assert_eq!(start(body).await.problem(422, code)["field"], field);
    }
}

/// The shape that programs rely on.
#[tokio::test]
async fn the_shape_of_a_problem() {
    let house = House::build().await;
    let answer = house
        .post(
            "developer",
            "/teams/main/clusters",
            json!({"name": "c", "target": "local", "flinkVersion": "9.9.9"}),
        )
        .await;
    insta::assert_json_snapshot!(answer.problem(422, "unknown_flink_version"));
}
