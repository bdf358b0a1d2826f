//! The audit list: what it says, to whom, and what it never says.

use axum::body::Body;
use axum::extract::ConnectInfo;
use http::{Method, Request};
use serde_json::{Value, json};

use super::house::House;
use crate::access::{password, secret};

async fn newest(house: &House) -> Value {
    house.get("platform", "/audit?limit=1").await.is(200)["items"][0].clone()
}

#[tokio::test]
async fn who_what_when_from_where_and_what_it_was() {
    let house = House::build().await;
    let request = Request::builder()
        .method(Method::PATCH)
        .uri("/api/v1/teams/main/jobs/orders")
        .header("content-type", "application/json")
        .header("authorization", format!("Bearer {}", house.token("developer")))
        .extension(ConnectInfo(std::net::SocketAddr::from(([192, 0, 2, 7], 4711))))
        .body(Body::from(json!({"name": "renamed"}).to_string()))
        .unwrap();
    house.send(request).await.is(200);
    let row = newest(&house).await;
    assert_eq!(
        (&row["by"]["name"], &row["token"]["name"], &row["team"]["name"], &row["address"]),
        (&json!("developer"), &json!("test"), &json!("main"), &json!("192.0.2.7"))
    );
    assert_eq!(
        (&row["operation"], &row["noun"], &row["nounName"], &row["status"]),
        (&json!("changeJob"), &json!("job"), &json!("orders"), &json!(200))
    );
    assert_eq!(
        (&row["before"]["name"], &row["after"]["name"]),
        (&json!("orders"), &json!("renamed"))
    );
    assert!(row["nounId"].as_str().unwrap().starts_with("job_") && row["at"].is_string());
    house
        .post("viewer", "/teams/main/jobs/renamed/start", json!({}))
        .await
        .problem(403, "role_too_low");
    let row = newest(&house).await;
    assert_eq!(
        (&row["by"]["name"], &row["operation"], &row["status"], &row["code"]),
        (&json!("viewer"), &json!("startJob"), &json!(403), &json!("role_too_low"))
    );
}

#[tokio::test]
async fn each_reads_what_concerns_them() {
    let house = House::build().await;
    house
        .post("outsider", "/teams/elsewhere/jobs", json!({"name": "theirs"}))
        .await
        .is(201);
    house.post("developer", "/teams/main/jobs", json!({"name": "ours"})).await.is(201);
    house
        .post("developer", "/teams/main/jobs", json!({"name": "ours"}))
        .await
        .problem(409, "name_taken");
    house.post("platform", "/users", json!({"name": "bob"})).await.is(201);
    let list = async |who: &str, path: &str| {
        let page = house.get(who, path).await.is(200);
        let of = |row: &Value| format!("{} {}", row["operation"].as_str().unwrap(), row["status"]);
        page["items"].as_array().unwrap().iter().map(of).collect::<Vec<_>>()
    };
    let furnished = ["createJob 201", "createCluster 201"];
    let ours = ["createJob 409", "createJob 201", furnished[0], furnished[1]];
    assert_eq!(list("admin", "/teams/main/audit").await, ours);
    assert_eq!(list("outsider", "/teams/elsewhere/audit").await, ["createJob 201"]);
    assert_eq!(list("platform", "/audit").await.len(), 6);
    assert_eq!(list("platform", "/audit?team=elsewhere").await, ["createJob 201"]);
    assert_eq!(list("platform", "/audit?user=platform").await, ["createUser 201"]);
    assert_eq!(
        list("admin", "/teams/main/audit?noun=cluster&user=developer").await,
        ["createCluster 201"]
    );
    assert_eq!(list("admin", "/teams/main/audit?to=2000-01-01T00:00:00Z").await, [""; 0]);
    assert_eq!(list("admin", "/teams/main/audit?from=2000-01-01T00:00:00Z").await.len(), 4);
    house
        .get("admin", "/teams/main/audit?team=elsewhere")
        .await
        .problem(400, "bad_query");
    let mut paged = Vec::new();
    let mut path = "/teams/main/audit?limit=1".to_owned();
    loop {
        let page = house.get("admin", &path).await.is(200);
        paged.extend(page["items"].as_array().unwrap().iter().map(|row| row["id"].clone()));
        let Some(next) = page["nextCursor"].as_str() else { break };
        path = format!("/teams/main/audit?limit=1&before={next}");
    }
    paged.dedup();
    assert_eq!(paged.len(), 4);
}

#[tokio::test]
async fn signing_in_and_failing_to_is_listed() {
    let house = House::build().await;
    let user = house.app.store.user_by_name("viewer").await.unwrap().unwrap();
    let known = "correct horse battery";
    house
        .app
        .store
        .set_password(user.id, &password::hash(known).unwrap())
        .await
        .unwrap();
    let sign_in = async |name: &str, password: &str| {
        let body = json!({"name": name, "password": password}).to_string();
        house.bytes("nobody", Method::POST, "/sign-in", &[], body).await
    };
    sign_in("viewer", "wrong wrong wrong").await.problem(401, "wrong_password");
    let row = newest(&house).await;
    assert_eq!(
        (&row["operation"], &row["nounName"], &row["code"], row.get("by")),
        (&json!("signIn"), &json!("viewer"), &json!("wrong_password"), None)
    );
    // Somebody typed their password where the name goes.
    sign_in("my other password", "x").await.problem(401, "wrong_password");
    assert!(!newest(&house).await.to_string().contains("my other password"));
    sign_in("viewer", known).await.is(200);
    assert_eq!(newest(&house).await["by"]["name"], "viewer");
}

#[tokio::test]
async fn a_cross_site_post_is_listed_and_changes_nothing() {
    let house = House::build().await;
    let user = house.app.store.user_by_name("developer").await.unwrap().unwrap();
    let secret = secret::new().unwrap();
    let session = store::NewSession {
        user_id: user.id,
        secret_sha256: secret::sha256(&secret),
        expires_at: store::now().plus(60_000),
        user_agent: String::new(),
        address: None,
    };
    house.app.store.create_session(session).await.unwrap();
    let cookie = format!("streamwright_session={secret}");
    let headers = [("cookie", cookie.as_str()), ("sec-fetch-site", "cross-site")];
    let body = json!({"name": "evil"}).to_string();
    house
        .bytes("nobody", Method::POST, "/teams/main/jobs", &headers, body)
        .await
        .problem(403, "cross_site");
    let row = newest(&house).await;
    assert_eq!((&row["by"]["name"], &row["code"]), (&json!("developer"), &json!("cross_site")));
    house.get("viewer", "/teams/main/jobs/evil").await.problem(404, "not_found");
}

#[tokio::test]
async fn no_secret_is_ever_in_it() {
    let house = House::build().await;
    let mut secrets: Vec<String> = ["pw-in-sql", "pw-in-config-1", "a whole new password", "guest password 1"]
        .map(str::to_owned)
        .to_vec();
    let put = async |who: &str, path: &str, body: Value| house.bytes(who, Method::PUT, path, &[("if-match", "*")], body.to_string()).await;
    let sql = "CREATE TABLE t (a INT) WITH ('connector' = 'datagen', 'password' = 'pw-in-sql'); INSERT INTO s SELECT * FROM t";
    let body = json!({"sql": sql, "clusterId": "local", "configuration": {"s3.secret-key": "pw-in-config-1"}});
    put("developer", "/teams/main/jobs/orders/draft", body).await.is(200);
    house.release().await;
    let made = json!({"name": "c", "target": "local", "flinkVersion": "2.2.1", "configuration": {"s3.secret-key": "pw-in-config-1", "a.b": "shown"}});
    house.post("developer", "/teams/main/clusters", made).await.is(201);
    house
        .post("viewer", "/me/password", json!({"new": "a whole new password"}))
        .await
        .is(204);
    let mut secret_of = async |who: &str, path: &str, body: Value| {
        let made = house.post(who, path, body).await.is(201);
        let secret = made["secret"].as_str().unwrap().to_owned();
        secrets.push(secret.clone());
        secret
    };
    secret_of("developer", "/me/tokens", json!({"name": "ci", "team": "main"})).await;
    let link = secret_of("platform", "/users", json!({"name": "bob"})).await;
    let invitation = secret_of("admin", "/teams/main/invitations", json!({"role": "viewer"})).await;
    let accept = json!({"token": invitation, "name": "guest", "password": "guest password 1"});
    for (path, body) in [("/invitations/accept", accept), ("/sign-in/link", json!({ "token": link }))] {
        let answer = house.bytes("nobody", Method::POST, path, &[], body.to_string()).await;
        let cookie = answer.headers["set-cookie"].to_str().unwrap().to_owned();
        secrets.push(cookie.split_once('=').unwrap().1.split(';').next().unwrap().to_owned());
        answer.is(200);
    }
    let list = house.get("platform", "/audit?limit=500").await.is(200);
    assert!(list["items"].as_array().unwrap().len() >= 9);
    let text = list.to_string();
    assert!(text.contains("shown") && text.contains("guest"), "what is no secret is there");
    for secret in secrets {
        assert!(!text.contains(&secret) && !text.contains(&secret::sha256(&secret)), "{secret}");
    }
    assert!(!text.contains("$argon2id"));
}
