//! The change feed: what is told to whom, where it goes on, and when it closes.

use std::time::Duration;

use axum::body::Body;
use futures::StreamExt;
use http::Method;
use serde_json::json;

use super::house::House;
use domain::Millis;
use store::now;

/// Reads a stream until a text has come, or until it ends.
struct Reader {
    body: axum::body::BodyDataStream,
    text: String,
}

impl Reader {
    async fn open(house: &House, who: &str, last: Option<i64>) -> Self {
        let mut request = house.request(who, Method::GET, "/changes");
        if let Some(last) = last {
            request = request.header("last-event-id", last.to_string());
        }
        let response = house.raw(request.body(Body::empty()).unwrap()).await;
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers().get("content-encoding"), None);
        Self {
            body: response.into_body().into_data_stream(),
            text: String::new(),
        }
    }

    async fn until(&mut self, wanted: &str) -> &str {
        // For all of it: pings come for ever.
        let limit = tokio::time::Instant::now() + Duration::from_secs(30);
        while !self.text.contains(wanted) {
            let chunk = tokio::time::timeout_at(limit, self.body.next()).await;
            let chunk = chunk.unwrap_or_else(|_| panic!("'{wanted}' did not come: {}", self.text));
            self.text
                .push_str(&String::from_utf8_lossy(&chunk.expect("the stream goes on").unwrap()));
        }
        &self.text
    }

    async fn end(mut self) -> String {
        let limit = tokio::time::Instant::now() + Duration::from_secs(30);
        while let Some(chunk) = tokio::time::timeout_at(limit, self.body.next()).await.expect("the stream ends") {
            self.text.push_str(&String::from_utf8_lossy(&chunk.unwrap()));
        }
        self.text
    }
}

#[tokio::test]
async fn changes_come_to_members_and_to_nobody_else() {
    let house = House::build().await;
    let mut member = Reader::open(&house, "viewer", None).await;
    let mut outsider = Reader::open(&house, "outsider", None).await;
    member.until("event: hello").await;
    outsider.until("event: hello").await;
    let made = house.post("developer", "/teams/main/jobs", json!({"name": "seen"})).await.is(201);
    let id = made["id"].as_str().unwrap();
    member.until(&format!("\"id\":\"{id}\"")).await;
    let there = house.app.store.team_by_name("elsewhere").await.unwrap();
    house
        .post("platform", &format!("/teams/{}/jobs", there.id), json!({"name": "theirs"}))
        .await
        .is(201);
    let seen = outsider.until("\"noun\":\"job\"").await;
    assert!(!seen.contains(id), "{seen}");
}

#[tokio::test]
async fn a_client_goes_on_where_it_was_or_starts_over() {
    let house = House::build().await;
    let before = house.app.store.newest_change().await.unwrap();
    let made = house.post("developer", "/teams/main/jobs", json!({"name": "missed"})).await.is(201);
    let mut back = Reader::open(&house, "viewer", Some(before)).await;
    back.until(made["id"].as_str().unwrap()).await;
    Reader::open(&house, "viewer", Some(before + 10_000))
        .await
        .until("event: reset")
        .await;
    house.app.store.prune_changes(Millis(now().0 + 1_000)).await.unwrap();
    house.post("developer", "/teams/main/jobs", json!({"name": "later"})).await.is(201);
    Reader::open(&house, "viewer", Some(1)).await.until("event: reset").await;
}

#[tokio::test]
async fn the_stream_closes_when_its_token_is_revoked() {
    let house = House::build().await;
    let mut open = Reader::open(&house, "viewer", None).await;
    open.until("event: hello").await;
    let tokens = house.get("viewer", "/me/tokens").await.is(200);
    house
        .delete("viewer", &format!("/me/tokens/{}", tokens["items"][0]["id"].as_str().unwrap()))
        .await
        .is(204);
    open.end().await;
}

#[tokio::test]
async fn the_stream_closes_at_once_when_somebody_is_disabled_and_narrows_when_they_leave() {
    let house = House::build().await;
    let mut out = Reader::open(&house, "operator", None).await;
    let mut admin = Reader::open(&house, "outsider", None).await;
    out.until("event: hello").await;
    admin.until("event: hello").await;
    let role = json!({"role": "viewer"}).to_string();
    let taken_in = house.bytes("platform", Method::PUT, "/teams/main/members/outsider", &[], role);
    taken_in.await.is(200);
    let one = house.post("developer", "/teams/main/jobs", json!({"name": "one"})).await.is(201);
    admin.until(one["id"].as_str().unwrap()).await;
    house.delete("platform", "/teams/main/members/outsider").await.is(204);
    let two = house.post("developer", "/teams/main/jobs", json!({"name": "two"})).await.is(201);
    let last = house
        .post("outsider", "/teams/elsewhere/jobs", json!({"name": "last"}))
        .await
        .is(201);
    let seen = admin.until(last["id"].as_str().unwrap()).await;
    assert!(!seen.contains(two["id"].as_str().unwrap()), "{seen}");
    let body = json!({"disabled": true}).to_string();
    house.bytes("platform", Method::PATCH, "/users/operator", &[], body).await.is(200);
    let three = house.post("developer", "/teams/main/jobs", json!({"name": "three"})).await.is(201);
    let seen = out.end().await;
    assert!(!seen.contains(three["id"].as_str().unwrap()), "{seen}");
}
