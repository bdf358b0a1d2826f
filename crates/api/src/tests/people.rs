//! People: accounts, members, invitations, tokens of a team, and that what is taken away is gone at once.

use axum::body::Body;
use http::{Method, Request};
use serde_json::{Value, json};

use super::house::{Answer, House};

const PASSWORD: &str = "correct horse battery";

async fn open(house: &House, path: &str, body: Value) -> Answer {
    house.bytes("nobody", Method::POST, path, &[], body.to_string()).await
}

async fn put(house: &House, who: &str, path: &str, body: Value) -> Answer {
    house.bytes(who, Method::PUT, path, &[], body.to_string()).await
}

async fn patch(house: &House, who: &str, path: &str, body: Value) -> Answer {
    house.bytes(who, Method::PATCH, path, &[], body.to_string()).await
}

fn cookie(answer: &Answer) -> String {
    answer.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned()
}

/// A request with a credential of its own.
async fn with(house: &House, method: Method, path: &str, header: (&str, &str), body: Value) -> Answer {
    let request = Request::builder()
        .method(method)
        .uri(format!("/api/v1{path}"))
        .header("content-type", "application/json")
        .header(header.0, header.1)
        .body(Body::from(body.to_string()))
        .unwrap();
    house.send(request).await
}

async fn invite(house: &House, role: &str) -> (String, String) {
    let made = house
        .post(
            "admin",
            "/teams/main/invitations",
            json!({"role": role, "note": "Bob", "expiresInHours": 24}),
        )
        .await
        .is(201);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&made["secret"]), text(&made["invitation"]["id"]))
}

#[tokio::test]
async fn an_invited_person_chooses_a_name_and_is_in() {
    let house = House::build().await;
    let (secret, id) = invite(&house, "operator").await;
    let listed = house.get("admin", "/teams/main/invitations").await.is(200);
    assert_eq!(
        (&listed["items"][0]["id"], &listed["items"][0]["createdBy"]["name"]),
        (&json!(id), &json!("admin"))
    );
    assert!(!listed.to_string().contains(&secret));
    let offer = open(&house, "/invitations/look", json!({ "token": secret })).await.is(200);
    assert_eq!(
        (&offer["team"], &offer["role"], &offer["invitedBy"]),
        (&json!("main"), &json!("operator"), &json!("admin"))
    );
    let accept = |name: &str, password: &str| json!({"token": secret, "name": name, "password": password});
    open(&house, "/invitations/accept", accept("viewer", PASSWORD))
        .await
        .problem(409, "name_taken");
    let weak = open(&house, "/invitations/accept", accept("bob", "short"))
        .await
        .problem(422, "bad_password");
    assert_eq!(weak["field"], "password");
    open(&house, "/invitations/accept", accept(&"b".repeat(10_000), PASSWORD))
        .await
        .problem(422, "bad_name");
    let accepted = open(&house, "/invitations/accept", accept("bob", PASSWORD)).await;
    let cookie = cookie(&accepted);
    let me = accepted.is(200);
    assert_eq!(
        (&me["user"]["name"], &me["teams"][0]["role"], &me["passwordSet"]),
        (&json!("bob"), &json!("operator"), &json!(true))
    );
    with(&house, Method::POST, "/teams/main/jobs/orders/stop", ("cookie", &cookie), json!({}))
        .await
        .problem(409, "never_started");
    for path in ["/invitations/look", "/invitations/accept"] {
        let mut body = accept("eve", PASSWORD);
        if path.ends_with("look") {
            body = json!({ "token": secret });
        }
        open(&house, path, body).await.problem(410, "invitation_over");
    }
    open(&house, "/invitations/look", json!({"token": "short"}))
        .await
        .problem(410, "invitation_over");
    let (revoked, id) = invite(&house, "viewer").await;
    house.delete("admin", &format!("/teams/main/invitations/{id}")).await.is(204);
    open(&house, "/invitations/look", json!({ "token": revoked }))
        .await
        .problem(410, "invitation_over");
    house
        .delete("admin", &format!("/teams/main/invitations/{id}"))
        .await
        .problem(404, "not_found");
    for (body, field) in [
        (json!({"role": "king"}), "role"),
        (json!({"role": "platform_admin"}), "role"),
        (json!({"role": "viewer", "expiresInHours": 0}), "expiresInHours"),
        (json!({"role": "viewer", "expiresInHours": 721}), "expiresInHours"),
        (json!({"role": "viewer", "note": "n".repeat(10_000)}), "note"),
    ] {
        let refused = house.post("admin", "/teams/main/invitations", body).await;
        assert!(matches!(refused.status.as_u16(), 400 | 422), "{}", refused.json);
        assert_eq!(refused.json["field"], field);
    }
}

#[tokio::test]
async fn somebody_who_has_an_account_joins_with_it() {
    let house = House::build().await;
    let (secret, _) = invite(&house, "developer").await;
    let join = |who: &'static str| house.post(who, "/invitations/join", json!({ "token": secret }));
    join("admin").await.problem(409, "already_member");
    let me = join("outsider").await.is(200);
    assert_eq!(me["teams"].as_array().unwrap().len(), 2);
    join("viewer").await.problem(410, "invitation_over");
    house.post("outsider", "/teams/main/jobs", json!({"name": "theirs"})).await.is(201);
}

#[tokio::test]
async fn members_are_changed_and_the_last_admin_stays() {
    let house = House::build().await;
    let role =
        async |who: &str, user: &str, role: &str| put(&house, who, &format!("/teams/main/members/{user}"), json!({ "role": role })).await;
    role("admin", "viewer", "operator").await.is(200);
    house
        .post("viewer", "/teams/main/jobs/orders/stop", json!({}))
        .await
        .problem(409, "never_started");
    role("admin", "viewer", "king").await.problem(400, "bad_field");
    role("admin", "outsider", "viewer").await.problem(404, "not_found");
    role("admin", "nobody", "viewer").await.problem(404, "not_found");
    let refused = role("admin", "admin", "viewer").await.problem(409, "last_team_admin");
    assert!(
        refused["detail"].as_str().unwrap().contains("make another member its admin first"),
        "{refused}"
    );
    house
        .delete("admin", "/teams/main/members/admin")
        .await
        .problem(409, "last_team_admin");
    role("platform", "outsider", "viewer").await.is(200);
    role("admin", "developer", "team_admin").await.is(200);
    house.delete("admin", "/teams/main/members/admin").await.is(204);
    house.get("admin", "/teams/main/jobs").await.problem(401, "bad_token");
    let members = house.get("viewer", "/teams/main/members").await.is(200);
    let names: Vec<&str> = members["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|member| member["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["developer", "operator", "outsider", "viewer"]);
    house.delete("platform", "/teams/main/members/developer").await.is(204);
}

#[tokio::test]
async fn a_platform_admin_makes_and_closes_accounts_and_teams() {
    let house = House::build().await;
    let made = house.post("platform", "/users", json!({"name": "Zoë"})).await.is(201);
    let me = open(&house, "/sign-in/link", json!({"token": made["secret"]})).await;
    let session = cookie(&me);
    assert_eq!(me.is(200)["teams"], json!([]));
    house
        .post("platform", "/users", json!({"name": "Zoë"}))
        .await
        .problem(409, "name_taken");
    house
        .post("platform", "/users", json!({"name": "n".repeat(10_000)}))
        .await
        .problem(422, "bad_name");
    let user = format!("/users/{}", made["account"]["id"].as_str().unwrap());
    let again = house.post("platform", &format!("{user}/link"), json!({})).await.is(201);
    let off = patch(&house, "platform", &user, json!({"disabled": true})).await.is(200);
    assert!(off["disabledAt"].is_string());
    with(&house, Method::GET, "/me", ("cookie", &session), json!({}))
        .await
        .problem(401, "not_signed_in");
    open(&house, "/sign-in/link", json!({"token": again["secret"]}))
        .await
        .problem(401, "link_used");
    house
        .post("platform", &format!("{user}/link"), json!({}))
        .await
        .problem(409, "account_disabled");
    let alone = patch(&house, "platform", "/users/platform", json!({"platformAdmin": false})).await;
    let alone = alone.problem(409, "last_platform_admin");
    assert!(
        alone["detail"]
            .as_str()
            .unwrap()
            .contains("make somebody else a platform admin first"),
        "{alone}"
    );
    patch(&house, "platform", "/users/platform", json!({"disabled": true}))
        .await
        .problem(409, "last_platform_admin");
    patch(&house, "platform", "/users/admin", json!({"platformAdmin": true}))
        .await
        .is(200);
    let one = house.get("admin", "/users/viewer").await.is(200);
    assert_eq!((&one["teams"][0]["name"], &one["platformAdmin"]), (&json!("main"), &json!(false)));
    house.get("admin", "/users/nobody").await.problem(404, "not_found");
    patch(&house, "platform", "/teams/main", json!({"disabled": true})).await.is(200);
    house.get("developer", "/teams/main/jobs").await.problem(404, "not_found");
    house.get("platform", "/teams/main/jobs").await.is(200);
    patch(&house, "platform", "/teams/main", json!({"disabled": false})).await.is(200);
    house.get("developer", "/teams/main/jobs").await.is(200);
}

#[tokio::test]
async fn a_disabled_person_is_told_so_only_after_the_right_password() {
    let house = House::build().await;
    let hash = crate::access::password::hash(PASSWORD).unwrap();
    let user = house.app.store.user_by_name("viewer").await.unwrap().unwrap();
    house.app.store.set_password(user.id, &hash).await.unwrap();
    patch(&house, "platform", "/users/viewer", json!({"disabled": true})).await.is(200);
    let sign_in = |password: &str| json!({"name": "viewer", "password": password});
    open(&house, "/sign-in", sign_in("wrong wrong wrong"))
        .await
        .problem(401, "wrong_password");
    open(&house, "/sign-in", sign_in(PASSWORD)).await.problem(403, "account_disabled");
    patch(&house, "platform", "/users/viewer", json!({"disabled": false})).await.is(200);
    open(&house, "/sign-in", sign_in(PASSWORD)).await.is(200);
}

#[tokio::test]
async fn a_token_follows_its_maker_down() {
    let house = House::build().await;
    let token = async |body: Value| house.post("developer", "/me/tokens", body).await;
    for (body, code, field) in [
        (json!({"name": "t", "team": "main", "role": "team_admin"}), "role_too_high", "role"),
        (json!({"name": "t", "team": "elsewhere"}), "unknown_team", "team"),
        (json!({"name": "t", "role": "viewer"}), "missing_field", "team"),
    ] {
        assert_eq!(token(body).await.problem(422, code)["field"], field);
    }
    token(json!({"name": "t", "team": "main", "role": "king"}))
        .await
        .problem(400, "bad_field");
    let made = token(json!({"name": "t", "team": "main", "role": "developer", "expiresInDays": 1}))
        .await
        .is(201);
    assert_eq!(
        (&made["token"]["scope"]["team"], &made["token"]["scope"]["role"]),
        (&json!("main"), &json!("developer"))
    );
    let bearer = format!("Bearer {}", made["secret"].as_str().unwrap());
    let bearer = ("authorization", bearer.as_str());
    let make = async |name: &str| with(&house, Method::POST, "/teams/main/jobs", bearer, json!({ "name": name })).await;
    make("one").await.is(201);
    let me = with(&house, Method::GET, "/me", bearer, json!({})).await.is(200);
    assert_eq!(me["teams"].as_array().unwrap().len(), 1);
    with(&house, Method::POST, "/me/tokens", bearer, json!({"name": "wider"}))
        .await
        .problem(403, "token_of_team");
    put(&house, "admin", "/teams/main/members/developer", json!({"role": "viewer"}))
        .await
        .is(200);
    let refused = make("two").await.problem(403, "role_too_low");
    assert!(
        refused["detail"].as_str().unwrap().contains("your API token is viewer"),
        "{refused}"
    );
    put(&house, "admin", "/teams/main/members/developer", json!({"role": "developer"}))
        .await
        .is(200);
    make("two").await.is(201);
    house.delete("admin", "/teams/main/members/developer").await.is(204);
    make("three").await.problem(401, "bad_token");
}

#[tokio::test]
async fn tokens_that_do_not_let_in() {
    let house = House::build().await;
    let secret = format!("swt_{}", crate::access::secret::new().unwrap());
    let user = house.app.store.user_by_name("viewer").await.unwrap().unwrap();
    let expired = store::NewToken {
        user_id: user.id,
        name: "old".to_owned(),
        secret_sha256: crate::access::secret::sha256(&secret),
        expires_at: Some(store::now()),
        scope: None,
    };
    house.app.store.create_token(expired).await.unwrap();
    for header in [
        format!("Bearer {secret}"),
        "Bearer ".to_owned(),
        "Basic YTpi".to_owned(),
        format!("Bearer swt_{}", "x".repeat(10_000)),
    ] {
        with(&house, Method::GET, "/me", ("authorization", &header), json!({}))
            .await
            .problem(401, "bad_token");
    }
    // In the address it is refused even where it holds, with another credential beside it or not.
    let good = house.token("viewer");
    for path in [
        format!("/me?token={good}"),
        format!("/me?access_token={good}"),
        format!("/teams/{good}/jobs"),
    ] {
        let refused = house.get("viewer", &path).await.problem(400, "token_in_url");
        assert!(refused["hint"].as_str().unwrap().contains("revoke"), "{refused}");
        house.get("nobody", &path).await.problem(400, "token_in_url");
    }
    house
        .post("developer", &format!("/teams/main/jobs?token={good}"), json!({"name": "j"}))
        .await
        .problem(400, "token_in_url");
    house.get("viewer", "/teams/main/jobs/j").await.problem(404, "not_found");
}

#[tokio::test]
async fn a_version_is_seen_and_used_only_where_it_is_granted() {
    let house = House::build().await;
    let version = house.app.store.flink_versions().await.unwrap()[0].id;
    let path = format!("/flink-versions/{version}/grant");
    let refused = put(&house, "platform", &path, json!({"allTeams": false, "teams": ["elsewhere"]})).await;
    let refused = refused.problem(409, "version_in_use");
    assert!(refused["detail"].as_str().unwrap().contains("'local' of team 'main'"), "{refused}");
    for (body, code) in [
        (json!({"allTeams": false, "teams": ["nobody"]}), "unknown_team"),
        (json!({"allTeams": true, "teams": ["main"]}), "bad_grant"),
    ] {
        put(&house, "platform", &path, body).await.problem(422, code);
    }
    put(&house, "platform", &path, json!({"allTeams": false, "teams": ["main"]}))
        .await
        .is(200);
    let seen = async |who: &str, path: &str| house.get(who, path).await.is(200)["items"].as_array().unwrap().len();
    assert_eq!(
        (seen("viewer", "/flink-versions").await, seen("outsider", "/flink-versions").await),
        (1, 0)
    );
    assert_eq!(seen("outsider", "/teams/elsewhere/flink-versions").await, 0);
    assert_eq!(seen("platform", "/teams/elsewhere/flink-versions").await, 0);
    assert_eq!(seen("platform", "/flink-versions").await, 1);
    let cluster = json!({"name": "c", "target": "local", "flinkVersion": "2.2.1"});
    house
        .post("outsider", "/teams/elsewhere/clusters", cluster.clone())
        .await
        .problem(422, "unknown_flink_version");
    house
        .post("outsider", "/teams/elsewhere/check", json!({"sql": "SELECT 1"}))
        .await
        .problem(422, "no_flink_version");
    let grants = house.get("platform", "/flink-versions/grants").await.is(200);
    assert_eq!(
        (&grants["items"][0]["allTeams"], &grants["items"][0]["teams"][0]["name"]),
        (&json!(false), &json!("main"))
    );
    put(&house, "platform", &path, json!({"allTeams": true})).await.is(200);
    house.post("outsider", "/teams/elsewhere/clusters", cluster).await.is(201);
}

/// Texts that break out of what is not escaped, and names that are too long: they find nothing and break nothing.
#[tokio::test]
async fn filters_take_any_text() {
    let house = House::build().await;
    let texts = [
        "' OR '1'='1".to_owned(),
        "'; DROP TABLE users; --".to_owned(),
        "*)(uid=*))(|(uid=*".to_owned(),
        "a\r\nSet-Cookie: x=y".to_owned(),
        "%".to_owned(),
        "_".to_owned(),
        "\\".to_owned(),
        "${jndi:ldap://x}".to_owned(),
        "\u{0}".to_owned(),
        "名🚀".to_owned(),
        "n".repeat(10_000),
    ];
    for text in &texts {
        let escaped: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
        for (who, path) in [
            ("platform", format!("/users?search={escaped}")),
            ("platform", format!("/audit?user={escaped}")),
            ("platform", format!("/audit?noun={escaped}")),
            ("platform", format!("/audit?team={escaped}")),
            ("admin", format!("/teams/main/audit?user={escaped}")),
            ("admin", format!("/teams/main/audit?noun={escaped}")),
            ("viewer", format!("/teams/main/jobs?search={escaped}")),
        ] {
            let answer = house.get(who, &path).await;
            if text.contains('\0') {
                answer.problem(400, "bad_character");
                continue;
            }
            assert_eq!(answer.is(200)["items"], json!([]), "{path}");
        }
        for path in [
            format!("/users?cursor={escaped}"),
            format!("/audit?before={escaped}"),
            format!("/audit?from={escaped}"),
            format!("/audit?to={escaped}"),
            format!("/audit?limit={escaped}"),
            format!("/audit?order={escaped}"),
        ] {
            let refused = house.get("platform", &path).await;
            assert!(
                matches!(refused.status.as_u16(), 400 | 422),
                "{path}: {} {}",
                refused.status,
                refused.json
            );
        }
        let missing = house.get("platform", &format!("/users/{escaped}")).await;
        missing.problem(404, "not_found");
    }
    assert_eq!(
        house.get("platform", "/users?search=VIEW").await.is(200)["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let first = house.get("platform", "/users?limit=4").await.is(200);
    let next = first["nextCursor"].as_str().unwrap();
    let second = house.get("platform", &format!("/users?limit=4&cursor={next}")).await.is(200);
    assert_eq!(
        (first["items"].as_array().unwrap().len(), second["items"].as_array().unwrap().len()),
        (4, 2)
    );
}
