//! Signing in and out: cookies, links, passwords, tokens, and requests from other sites.

use axum::body::Body;
use http::{Method, Request};
use serde_json::{Value, json};

use super::house::{Answer, House};
use crate::access::{password, secret};
use domain::time::HOUR;
use store::now;

const PASSWORD: &str = "correct horse battery";

async fn sign_in(house: &House, name: &str, password: &str) -> Answer {
    house
        .bytes(
            "nobody",
            Method::POST,
            "/sign-in",
            &[],
            json!({"name": name, "password": password}).to_string(),
        )
        .await
}

fn cookie(answer: &Answer) -> String {
    answer.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned()
}

async fn with_cookie(house: &House, method: Method, path: &str, cookie: &str, headers: &[(&str, &str)], body: Value) -> Answer {
    let mut headers = headers.to_vec();
    headers.push(("cookie", cookie));
    let body = if body.is_null() { String::new() } else { body.to_string() };
    house.bytes("nobody", method, path, &headers, body).await
}

#[tokio::test]
async fn a_one_time_link_then_a_password() {
    let house = House::build().await;
    let user = house.app.store.user_by_name("viewer").await.unwrap().unwrap();
    let link = secret::new().unwrap();
    house
        .app
        .store
        .create_link(&secret::sha256(&link), user.id, now().plus(HOUR))
        .await
        .unwrap();
    let body = json!({"token": link}).to_string();
    let first = house
        .bytes("nobody", Method::POST, "/sign-in/link", &[("user-agent", "browser")], body.clone())
        .await;
    let set = first.headers["set-cookie"].to_str().unwrap().to_owned();
    assert!(
        set.contains("; HttpOnly; SameSite=Lax; Max-Age=1209600") && !set.contains("Secure"),
        "{set}"
    );
    let cookie = cookie(&first);
    let me = first.is(200);
    assert_eq!(
        (&me["user"]["name"], &me["passwordSet"], &me["teams"][0]["role"]),
        (&json!("viewer"), &json!(false), &json!("viewer"))
    );
    house
        .bytes("nobody", Method::POST, "/sign-in/link", &[], body)
        .await
        .problem(401, "link_used");

    let set = |body: Value| with_cookie(&house, Method::POST, "/me/password", &cookie, &[], body);
    set(json!({"new": "short"})).await.problem(422, "bad_password");
    set(json!({"new": PASSWORD})).await.is(204);
    set(json!({"new": "another password"})).await.problem(403, "wrong_password");
    sign_in(&house, "viewer", PASSWORD).await.is(200);
    let sessions = with_cookie(&house, Method::GET, "/me/sessions", &cookie, &[], Value::Null)
        .await
        .is(200);
    let current: Vec<bool> = sessions["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|session| session["current"].as_bool().unwrap())
        .collect();
    assert_eq!(current, [false, true]);
    set(json!({"current": PASSWORD, "new": "another password"})).await.is(204);
    let sessions = with_cookie(&house, Method::GET, "/me/sessions", &cookie, &[], Value::Null)
        .await
        .is(200);
    assert_eq!(
        sessions["items"].as_array().unwrap().len(),
        1,
        "the other session ended with its password"
    );
    let out = with_cookie(&house, Method::POST, "/sign-out", &cookie, &[], Value::Null).await;
    assert!(out.headers["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    with_cookie(&house, Method::GET, "/me", &cookie, &[], Value::Null)
        .await
        .problem(401, "not_signed_in");
}

#[tokio::test]
async fn guessing_is_slowed_down_and_says_nothing() {
    let house = House::build().await;
    let user = house.app.store.user_by_name("admin").await.unwrap().unwrap();
    house
        .app
        .store
        .set_password(user.id, &password::hash(PASSWORD).unwrap())
        .await
        .unwrap();
    let known = sign_in(&house, "admin", "wrong wrong wrong").await.problem(401, "wrong_password");
    let unknown = sign_in(&house, "nobody at all", "wrong wrong wrong")
        .await
        .problem(401, "wrong_password");
    assert_eq!(known, unknown);
    for _ in 0..5 {
        sign_in(&house, "admin", "wrong wrong wrong").await.problem(401, "wrong_password");
    }
    let slowed = sign_in(&house, "admin", PASSWORD).await.problem(429, "too_many_tries");
    assert!(slowed["hint"].as_str().unwrap().contains(" s."), "{slowed}");
}

/// The cookie of somebody who has signed in.
pub async fn signed_in(house: &House, name: &str) -> String {
    let user = house.app.store.user_by_name(name).await.unwrap().unwrap();
    let hash = password::hash(PASSWORD).unwrap();
    house.app.store.set_password(user.id, &hash).await.unwrap();
    cookie(&sign_in(house, name, PASSWORD).await)
}

#[tokio::test]
async fn cookies_do_not_work_from_other_sites_and_tokens_do() {
    let house = House::build().await;
    let cookie = signed_in(&house, "developer").await;
    let make = async |name: &str, headers: &[(&str, &str)]| {
        with_cookie(&house, Method::POST, "/teams/main/jobs", &cookie, headers, json!({"name": name})).await
    };
    make("a", &[("sec-fetch-site", "cross-site")]).await.problem(403, "cross_site");
    make("a", &[("origin", "https://evil.example"), ("host", "here.example")])
        .await
        .problem(403, "cross_site");
    make("a", &[("sec-fetch-site", "same-origin")]).await.is(201);
    let token = house
        .bytes(
            "developer",
            Method::POST,
            "/teams/main/jobs",
            &[("sec-fetch-site", "cross-site")],
            json!({"name": "b"}).to_string(),
        )
        .await;
    token.is(201);
}

#[tokio::test]
async fn tokens_are_shown_once_and_can_be_revoked() {
    let house = House::build().await;
    let made = house
        .post("viewer", "/me/tokens", json!({"name": "ci", "expiresInDays": 30}))
        .await
        .is(201);
    let secret = made["secret"].as_str().unwrap();
    assert!(secret.starts_with("swt_") && secret.len() == 47, "{secret}");
    let list = house.get("viewer", "/me/tokens").await.is(200);
    assert!(!list.to_string().contains(secret) && list["items"].as_array().unwrap().len() == 2);
    let ask = |secret: &str| {
        Request::get("/api/v1/me")
            .header("authorization", format!("Bearer {secret}"))
            .body(Body::empty())
            .unwrap()
    };
    house.send(ask(secret)).await.is(200);
    house
        .delete("viewer", &format!("/me/tokens/{}", made["token"]["id"].as_str().unwrap()))
        .await
        .is(204);
    house.send(ask(secret)).await.problem(401, "bad_token");
    house.send(ask("swt_short")).await.problem(401, "bad_token");
    house
        .post("viewer", "/me/tokens", json!({"name": "ci", "expiresInDays": 0}))
        .await
        .problem(422, "bad_time");
}

#[tokio::test]
async fn every_answer_carries_its_headers() {
    let house = House::build().await;
    let answer = house.get("nobody", "/me").await;
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("x-frame-options", "DENY"),
    ] {
        assert_eq!(answer.headers[name], value);
    }
    assert!(
        answer.headers["content-security-policy"]
            .to_str()
            .unwrap()
            .contains("frame-ancestors 'none'")
    );
    assert!(!answer.headers["x-request-id"].is_empty());
    let compressed = house
        .bytes("viewer", Method::GET, "/api/v1/openapi.json", &[("accept-encoding", "gzip")], "")
        .await;
    assert_eq!(
        (&compressed.headers["content-encoding"], &compressed.headers["cache-control"]),
        (&"gzip".parse().unwrap(), &"no-store".parse().unwrap())
    );
}
