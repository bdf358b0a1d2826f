//! Requests for operations: many at once, twice the same, in the wrong state, and waiting for the end.

use std::collections::BTreeMap;

use futures::future::join_all;
use http::Method;
use serde_json::{Value, json};

use super::house::{Answer, House};
use domain::operation::OperationState;
use store::{Write, now};

const START: &str = "/teams/main/jobs/orders/start";

async fn with_key(house: &House, path: &str, key: &str, body: Value) -> Answer {
    house
        .bytes("operator", Method::POST, path, &[("idempotency-key", key)], body.to_string())
        .await
}

#[tokio::test]
async fn of_fifty_starts_at_once_one_is_taken_and_the_others_are_told_whose() {
    let house = House::build().await;
    house.release().await;
    let answers = join_all((0..50).map(|_| house.post("operator", START, json!({})))).await;
    let mut by_status = BTreeMap::<u16, Vec<Value>>::new();
    for answer in answers {
        by_status.entry(answer.status.as_u16()).or_default().push(answer.json);
    }
    let counts: Vec<_> = by_status.iter().map(|(status, answers)| (*status, answers.len())).collect();
    assert_eq!(counts, [(202, 1), (409, 49)]);
    let id = &by_status[&202][0]["id"];
    for refused in &by_status[&409] {
        assert_eq!(
            (&refused["code"], &refused["operationId"]),
            (&json!("operation_running"), id),
            "{refused}"
        );
    }
    let job = house.get("viewer", "/teams/main/jobs/orders").await.is(200);
    assert_eq!(job["operation"]["id"], *id);
    assert_eq!(job["desired"], json!({"want": "running", "release": 1}));
    assert_eq!(job["status"]["label"], "starting");
    assert_eq!(job["actions"]["start"]["code"], "operation_running");
    let operations = house.get("viewer", "/teams/main/jobs/orders/operations").await.is(200);
    assert_eq!(operations["items"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn the_same_key_and_body_answer_the_same_operation() {
    let house = House::build().await;
    house.release().await;
    let first = with_key(&house, START, "k1", json!({"release": 1})).await.is(202);
    let again = with_key(&house, START, "k1", json!({"release": 1})).await.is(202);
    assert_eq!(first["id"], again["id"], "although a start is under way");
    with_key(&house, START, "k1", json!({})).await.problem(422, "idempotency_mismatch");
    with_key(&house, "/teams/main/jobs/orders/stop", "k1", json!({"release": 1}))
        .await
        .problem(400, "unknown_field");
    with_key(&house, "/teams/main/jobs/orders/stop", "k1", json!({}))
        .await
        .problem(422, "idempotency_mismatch");
    with_key(&house, START, "k2", json!({"release": 1}))
        .await
        .problem(409, "operation_running");
    with_key(&house, START, &"x".repeat(300), json!({}))
        .await
        .problem(400, "bad_idempotency_key");
}

#[tokio::test]
async fn what_is_not_possible_is_refused_with_its_reason() {
    let house = House::build().await;
    let act = async |verb: &str, body: Value| house.post("operator", &format!("/teams/main/jobs/orders/{verb}"), body).await;
    act("start", json!({})).await.problem(422, "not_released");
    act("start", json!({"release": 9})).await.problem(422, "not_found");
    act("stop", json!({})).await.problem(409, "never_started");
    act("savepoint", json!({})).await.problem(409, "never_started");
    act("detach", json!({})).await.problem(409, "never_started");
    house.release().await;
    act("replace", json!({})).await.problem(409, "never_started");

    let started = act("start", json!({})).await.is(202);
    assert_eq!(
        started["request"],
        json!({
            "releaseId": started["request"]["releaseId"], "release": 1, "state": {"from": "none"},
            "allowNonRestoredState": false, "claimMode": "NO_CLAIM",
        })
    );
    assert_eq!(started["requestedBy"]["name"], "operator");
    house
        .delete("developer", "/teams/main/jobs/orders")
        .await
        .problem(409, "operation_running");
    let stopped = act("stop", json!({"mode": "cancel"})).await.is(202);
    let superseded = house
        .get("viewer", &format!("/teams/main/operations/{}", started["id"].as_str().unwrap()))
        .await
        .is(200);
    assert_eq!(superseded["state"], "superseded", "a stop takes the place of a start");
    assert_eq!(stopped["request"], json!({"stop": "cancel"}));
    act("stop", json!({"mode": "cancel"})).await.problem(409, "operation_running");
}

#[tokio::test]
async fn a_wait_ends_with_the_operation() {
    let house = House::build().await;
    house.release().await;
    let id = house.post("operator", START, json!({})).await.is(202)["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("/teams/main/operations/{id}");
    let open = house.get("viewer", &format!("{path}?wait=10ms")).await.is(200);
    assert_eq!(open["state"], "running", "a wait that is over answers what there is");
    let long = format!("{path}?wait=60s");
    let waiting = house.get("viewer", &long);
    let finishing = async {
        let mut operation = house.app.store.operation_any(id.parse().unwrap()).await.unwrap();
        operation.state = OperationState::Succeeded;
        operation.ended_at = Some(now());
        house.app.store.commit(None, vec![Write::Operation(operation)]).await.unwrap();
    };
    let (answer, ()) = tokio::join!(waiting, finishing);
    assert_eq!(answer.is(200)["state"], "succeeded");
    house
        .post("operator", &format!("{path}/cancel"), json!({}))
        .await
        .problem(409, "already_ended");
    house.get("viewer", &format!("{path}?wait=soon")).await.problem(400, "bad_wait");
}

#[tokio::test]
async fn clusters_start_once_and_a_stop_takes_the_place_of_a_start() {
    let house = House::build().await;
    let act = async |verb: &str| {
        house
            .post("operator", &format!("/teams/main/clusters/local/{verb}"), json!({}))
            .await
    };
    act("stop").await.problem(409, "already_stopped");
    let started = act("start").await.is(202);
    assert_eq!(act("start").await.problem(409, "operation_running")["operationId"], started["id"]);
    house
        .delete("developer", "/teams/main/clusters/local")
        .await
        .problem(409, "operation_running");
    act("stop").await.is(202);
    let cluster = house.get("viewer", "/teams/main/clusters/local").await.is(200);
    assert_eq!(
        (&cluster["status"]["label"], &cluster["desired"]),
        (&json!("stopping"), &json!("stopped"))
    );
    let operations = house.get("viewer", "/teams/main/clusters/local/operations").await.is(200);
    let states: Vec<&Value> = operations["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|operation| &operation["state"])
        .collect();
    assert_eq!(states, ["running", "superseded"]);
}
