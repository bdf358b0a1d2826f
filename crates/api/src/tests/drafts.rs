//! Drafts: two people save at once, and nothing is overwritten.

use http::Method;
use serde_json::{Value, json};

use super::house::{Answer, House};

const DRAFT: &str = "/teams/main/jobs/orders/draft";

async fn save(house: &House, who: &str, base: &str, sql: &str) -> Answer {
    house
        .bytes(who, Method::PUT, DRAFT, &[("if-match", base)], json!({"sql": sql}).to_string())
        .await
}

#[tokio::test]
async fn the_second_of_two_saves_is_told_what_the_first_one_wrote() {
    let house = House::build().await;
    let opened = house.get("developer", DRAFT).await;
    assert_eq!(opened.headers["etag"], "\"1\"");
    let (first, second) = tokio::join!(
        save(&house, "developer", "\"1\"", "-- mine"),
        save(&house, "admin", "\"1\"", "-- theirs")
    );
    let (won, lost) = if first.status == 200 { (first, second) } else { (second, first) };
    assert_eq!(won.headers["etag"], "\"2\"");
    let winner = won.is(200);
    let problem = lost.problem(412, "draft_conflict");
    assert_eq!(problem["current"], winner, "the answer carries the newest draft");

    let merged = save(&house, "admin", "\"2\"", "-- both").await.is(200);
    assert_eq!(
        (&merged["revision"], &merged["spec"]["sql"], &merged["savedBy"]["name"]),
        (&json!(3), &json!("-- both"), &json!("admin"))
    );
    let kept = house.get("viewer", "/teams/main/jobs/orders/drafts/2").await.is(200);
    assert_eq!(kept, winner, "the revision before is still there");
    let list = house.get("viewer", "/teams/main/jobs/orders/drafts").await.is(200);
    let revisions: Vec<&Value> = list["items"].as_array().unwrap().iter().map(|draft| &draft["revision"]).collect();
    assert_eq!(revisions, [3, 2, 1]);
    save(&house, "developer", "*", "-- whatever is there").await.is(200);
}

#[tokio::test]
async fn a_save_says_what_it_was_made_on() {
    let house = House::build().await;
    house
        .bytes("developer", Method::PUT, DRAFT, &[], "{\"sql\":\"\"}")
        .await
        .problem(428, "if_match_required");
    save(&house, "developer", "\"one\"", "").await.problem(400, "bad_if_match");
    save(&house, "developer", "\"7\"", "").await.problem(412, "draft_conflict");
    house.post("developer", "/teams/main/jobs", json!({"name": "empty"})).await.is(201);
    house
        .get("developer", "/teams/main/jobs/empty/draft")
        .await
        .problem(404, "no_draft");
    let first = house
        .bytes(
            "developer",
            Method::PUT,
            "/teams/main/jobs/empty/draft",
            &[("if-match", "\"0\"")],
            "{\"sql\":\"\"}",
        )
        .await;
    assert_eq!(first.is(200)["revision"], 1, "an empty script may be saved");
}
