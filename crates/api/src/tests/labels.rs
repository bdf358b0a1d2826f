//! Labels: put on jobs, found again, refused where they cannot be told apart.

use http::Method;
use serde_json::{Value, json};

use super::house::House;

const JOBS: &str = "/teams/main/jobs";

async fn names(house: &House, query: &str) -> Vec<String> {
    let page = house.get("viewer", &format!("{JOBS}?{query}")).await.is(200);
    let name = |job: &Value| job["name"].as_str().unwrap().to_owned();
    page["items"].as_array().unwrap().iter().map(name).collect()
}

#[tokio::test]
async fn jobs_are_found_by_their_labels() {
    let house = House::build().await;
    for (name, labels) in [
        ("one", json!({"stage": "prod", "owner": "ann"})),
        ("two", json!({"stage": "prod"})),
        ("three", json!({})),
    ] {
        let made = house.post("developer", JOBS, json!({"name": name, "labels": labels})).await.is(201);
        assert_eq!(made["labels"], labels);
    }
    assert_eq!(names(&house, "labels=stage%3Dprod").await, ["two", "one"]);
    assert_eq!(names(&house, "labels=stage%3Dprod,owner%3Dann").await, ["one"]);
    assert_eq!(names(&house, "labels=stage%3Dprod&limit=1").await, ["two"]);
    assert!(names(&house, "labels=stage%3Dtest").await.is_empty());
    let change = json!({"labels": {"stage": "test"}}).to_string();
    let changed = house.bytes("developer", Method::PATCH, &format!("{JOBS}/two"), &[], change).await;
    assert_eq!(changed.is(200)["labels"], json!({"stage": "test"}));
    let described = json!({"description": "x"}).to_string();
    let same = house
        .bytes("developer", Method::PATCH, &format!("{JOBS}/two"), &[], described)
        .await;
    assert_eq!(same.is(200)["labels"], json!({"stage": "test"}), "what is absent stays");
    assert_eq!(names(&house, "labels=stage%3Dtest").await, ["two"]);
}

#[tokio::test]
async fn labels_that_cannot_be_used_are_named() {
    let house = House::build().await;
    let many: serde_json::Map<String, Value> = (0..33).map(|n| (format!("k{n}"), json!("v"))).collect();
    for (labels, code, field) in [
        (json!({"a b": "c"}), "bad_label", "labels.a b"),
        (json!({"a": "x,y"}), "bad_label", "labels.a"),
        (json!({"a": "\"}, {\""}), "bad_label", "labels.a"),
        (json!({"a": "x".repeat(64)}), "bad_label", "labels.a"),
        (Value::Object(many), "too_many_labels", "labels"),
    ] {
        let refused = house.post("developer", JOBS, json!({"name": "x", "labels": labels})).await;
        assert_eq!(refused.problem(422, code)["field"], field);
    }
    for query in ["labels=prod", "labels=%3Dprod", "labels=a%3D%27%20OR%201"] {
        house.get("viewer", &format!("{JOBS}?{query}")).await.problem(422, "bad_label");
    }
}
