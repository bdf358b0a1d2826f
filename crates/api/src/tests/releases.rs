//! Releases: the check before, the content after, and what differs between two.

use domain::flink_version::VersionNumber;
use domain::ports::PortError;
use http::Method;
use serde_json::{Value, json};

use super::house::{GOOD_SQL, House};

const RELEASES: &str = "/teams/main/jobs/orders/releases";

async fn draft(house: &House, sql: &str, more: Value) {
    let mut body = json!({"sql": sql, "clusterId": "local"});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    house
        .bytes(
            "developer",
            Method::PUT,
            "/teams/main/jobs/orders/draft",
            &[("if-match", "*")],
            body.to_string(),
        )
        .await
        .is(200);
}

#[tokio::test]
async fn errors_need_an_override_and_are_kept() {
    let house = House::build().await;
    draft(&house, "INSERT INTO s SELECT wrong FROM t", json!({})).await;
    let refused = house.post("developer", RELEASES, json!({})).await.problem(422, "check_failed");
    assert_eq!(refused["findings"][0]["code"], "unknown_column");
    assert_eq!(house.get("viewer", RELEASES).await.is(200)["items"], json!([]));
    let made = house
        .post("developer", RELEASES, json!({"overrideErrors": true, "note": "known"}))
        .await
        .is(201);
    assert_eq!(
        (&made["number"], &made["overridden"], &made["errors"], &made["note"]),
        (&json!(1), &json!(true), &json!(1), &json!("known"))
    );
    assert_eq!(made["digest"].as_str().map(str::len), Some(64));
}

#[tokio::test]
async fn a_check_that_cannot_be_done_is_not_a_passed_one() {
    let house = House::build().await;
    house.fake.0.lock().unwrap().planner = Some(PortError::Retry("the planner ran out of memory".to_owned()));
    house.post("developer", RELEASES, json!({})).await.problem(503, "check_unavailable");
    let made = house.post("developer", RELEASES, json!({"overrideErrors": true})).await.is(201);
    assert_eq!(made["findings"][0]["code"], "not_checked");
    house
        .post("developer", "/teams/main/check", json!({"sql": GOOD_SQL}))
        .await
        .problem(503, "check_unavailable");

    let other = house.other_cluster("other").await;
    house
        .app
        .store
        .set_cluster_rest(other.id, None, Some(VersionNumber::new(1, 18, 1)))
        .await
        .unwrap();
    draft(&house, GOOD_SQL, json!({"clusterId": "other"})).await;
    let refused = house.post("developer", RELEASES, json!({})).await.problem(422, "check_failed");
    assert_eq!(refused["findings"][0]["code"], "not_checked", "{refused}");
}

#[tokio::test]
async fn what_differs_between_two_releases() {
    let house = House::build().await;
    draft(&house, "INSERT INTO a SELECT 1", json!({"configuration": {"k": "1", "gone": "x"}})).await;
    let first = house.release().await;
    draft(
        &house,
        "INSERT INTO a SELECT 1\n-- note",
        json!({"configuration": {"k": "2"}, "parallelism": 4}),
    )
    .await;
    let second = house.release().await;
    assert_ne!(first["digest"], second["digest"]);
    let diff = house.get("viewer", &format!("{RELEASES}/2/diff")).await.is(200);
    assert_eq!(
        diff,
        json!({
            "old": 1,
            "new": 2,
            "sql": [
                {"tag": "equal", "oldLine": 1, "newLine": 1, "text": "INSERT INTO a SELECT 1"},
                {"tag": "insert", "newLine": 2, "text": "-- note"},
            ],
            "configuration": [{"key": "gone", "old": "x"}, {"key": "k", "old": "1", "new": "2"}],
            "artifacts": [],
            "other": [{"field": "parallelism", "new": "4"}],
        })
    );
    let against_nothing = house.get("viewer", &format!("{RELEASES}/2/diff?against=0")).await.is(200);
    assert_eq!(against_nothing["sql"].as_array().unwrap().len(), 2);
    house
        .get("viewer", &format!("{RELEASES}/2/diff?against=7"))
        .await
        .problem(404, "not_found");
    let page = house.get("viewer", &format!("{RELEASES}?limit=1")).await.is(200);
    let next = house
        .get(
            "viewer",
            &format!("{RELEASES}?limit=1&cursor={}", page["nextCursor"].as_str().unwrap()),
        )
        .await
        .is(200);
    assert_eq!((&page["items"][0]["number"], &next["items"][0]["number"]), (&json!(2), &json!(1)));
    assert_eq!(next.get("nextCursor"), None);
}
