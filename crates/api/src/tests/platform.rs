//! Flink versions, clusters and the server's own routes.

use domain::ports::PortError;
use http::Method;
use serde_json::{Value, json};

use super::house::House;

/// Asks until an installation has ended; each answer is one look.
async fn ended(house: &House, id: &str) -> Value {
    for _ in 0..600 {
        let seen = house.get("viewer", &format!("/installations/{id}")).await.is(200);
        if seen["state"] != "running" {
            return seen;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("the installation did not end");
}

#[tokio::test]
async fn a_version_is_installed_once() {
    let house = House::build().await;
    let install = |version: &str| house.post("platform", "/flink-versions/install", json!({"version": version}));
    install("2.2").await.problem(422, "unknown_flink_version");
    install("1.9.3").await.problem(422, "unknown_flink_version");
    install("2.2.1").await.problem(409, "already_installed");
    house.fake.0.lock().unwrap().no_network = true;
    let failed = install("2.1.0").await.is(202);
    let failed = ended(&house, failed["id"].as_str().unwrap()).await;
    assert_eq!(
        (&failed["state"], &failed["error"]),
        (&json!("failed"), &json!("The package index does not answer."))
    );
    house.fake.0.lock().unwrap().no_network = false;
    let done = install("2.1.0").await.is(202);
    assert_eq!(ended(&house, done["id"].as_str().unwrap()).await["state"], "succeeded");
    let versions = house.get("viewer", "/flink-versions").await.is(200);
    let numbers: Vec<&Value> = versions["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|version| &version["version"])
        .collect();
    assert_eq!(numbers, ["2.2.1", "2.1.0"]);
}

#[tokio::test]
async fn a_folder_is_looked_into_before_it_is_added() {
    let house = House::build().await;
    let add = |body: Value| house.post("platform", "/flink-versions", body);
    assert_eq!(
        add(json!({"home": "/nothing"})).await.problem(422, "no_flink_there")["field"],
        "home"
    );
    add(json!({"home": "relative"})).await.problem(422, "bad_home");
    add(json!({"home": "/opt/flink", "version": "2.0.0"}))
        .await
        .problem(422, "other_version");
    let added = add(json!({"home": "/opt/flink"})).await.is(201);
    add(json!({"home": "/opt/flink"})).await.problem(409, "already_installed");
    house
        .delete("platform", &format!("/flink-versions/{}", added["id"].as_str().unwrap()))
        .await
        .is(204);
    let used = house.app.store.flink_versions().await.unwrap()[0].id;
    house
        .delete("platform", &format!("/flink-versions/{used}"))
        .await
        .problem(409, "version_in_use");
}

#[tokio::test]
async fn clusters_are_checked_before_they_are_made() {
    let house = House::build().await;
    let make = |body: Value| house.post("developer", "/teams/main/clusters", body);
    let cases = [
        (json!({"name": "c", "target": "local"}), 422, "missing_field", "flinkVersion"),
        (
            json!({"name": "c", "target": "local", "flinkVersion": "1.20.5"}),
            422,
            "unknown_flink_version",
            "flinkVersion",
        ),
        (
            json!({"name": "c", "target": "local", "flinkVersion": "2.2.1", "restUrl": "http://x"}),
            422,
            "not_for_target",
            "restUrl",
        ),
        (
            json!({"name": "c", "target": "local", "flinkVersion": "2.2.1", "slots": 0}),
            422,
            "out_of_range",
            "slots",
        ),
        (json!({"name": "c", "target": "standalone"}), 422, "missing_field", "restUrl"),
        (
            json!({"name": "c", "target": "standalone", "restUrl": "ftp://x"}),
            422,
            "bad_address",
            "restUrl",
        ),
        (
            json!({"name": "c", "target": "standalone", "restUrl": "http://u:p@x"}),
            422,
            "bad_address",
            "restUrl",
        ),
        (
            json!({"name": "local", "target": "standalone", "restUrl": "http://x:8081"}),
            409,
            "name_taken",
            "name",
        ),
    ];
    for (body, status, code, field) in cases {
        assert_eq!(make(body).await.problem(status, code)["field"], field);
    }
    let made = make(json!({"name": "there", "target": "standalone", "restUrl": "http://x:8081/"}))
        .await
        .is(201);
    assert_eq!(
        (&made["restUrl"], &made["flinkVersion"]),
        (&json!("http://x:8081"), &json!("2.2.1"))
    );
    house.fake.flink_answers(Some(PortError::Retry("connection refused".to_owned())));
    let silent = make(json!({"name": "silent", "target": "standalone", "restUrl": "http://y:8081"}))
        .await
        .is(201);
    assert_eq!(silent.get("flinkVersion"), None, "it is asked again when it answers");
    house.fake.flink_answers(Some(PortError::GiveUp("the answer is HTML".to_owned())));
    make(json!({"name": "html", "target": "standalone", "restUrl": "http://z"}))
        .await
        .problem(422, "not_flink");
    house.delete("developer", "/teams/main/clusters/silent").await.is(204);
}

#[tokio::test]
async fn the_server_says_how_it_is() {
    let house = House::build().await;
    assert_eq!(house.get("nobody", "/api/v1/openapi.json").await.is(200)["openapi"], "3.1.0");
    let schema = house.get("nobody", "/api/v1/schemas/files.json").await.is(200);
    assert_eq!(schema["$defs"]["Job"]["properties"]["parallelism"]["type"], "integer");
    for path in ["/healthz", "/readyz"] {
        let request = http::Request::get(path).body(axum::body::Body::empty()).unwrap();
        assert_eq!(house.send(request).await.is(200)["status"], "ok");
    }
    let metrics = |token: Option<&str>| {
        let request = http::Request::get("/metrics");
        let request = match token {
            Some(token) => request.header("authorization", format!("Bearer {token}")),
            None => request,
        };
        house.send(request.body(axum::body::Body::empty()).unwrap())
    };
    metrics(None).await.problem(401, "not_signed_in");
    metrics(Some(house.token("viewer"))).await.is(200);
}

#[tokio::test]
async fn a_connections_secrets_come_in_and_never_go_out() {
    let house = House::build().await;
    let make = |name: &str, connection: Value| {
        let body = json!({"name": name, "target": "standalone", "restUrl": "https://x:8081", "connection": connection});
        house.post("developer", "/teams/main/clusters", body)
    };
    let basic = json!({
        "caCertificate": "ca", "clientCertificate": "cert", "clientKey": "hunter2",
        "authentication": {"kind": "basic", "user": "ada", "password": "hunter2"},
    });
    let made = make("guarded", basic).await.is(201);
    let shown = json!({"caCertificate": "ca", "clientCertificate": "cert", "authentication": {"kind": "basic", "user": "ada"}});
    assert_eq!(made["connection"], shown);
    let change =
        |who: &'static str, body: Value| house.bytes(who, Method::PUT, "/teams/main/clusters/guarded/connection", &[], body.to_string());
    let header = json!({"authentication": {"kind": "header", "name": "X-Token", "value": "hunter2"}});
    change("operator", header.clone()).await.problem(403, "role_too_low");
    let changed = change("developer", header).await.is(200);
    assert_eq!(
        changed["connection"],
        json!({"authentication": {"kind": "header", "name": "X-Token"}})
    );
    for path in [
        "/teams/main/clusters",
        "/teams/main/clusters/guarded",
        "/teams/main/clusters/guarded/events",
    ] {
        let seen = house.get("viewer", path).await.is(200).to_string();
        assert!(!seen.contains("hunter2") && !seen.contains("2retnuh"), "{seen}");
    }
    let plain = change("developer", json!({})).await.is(200);
    assert_eq!(plain["connection"], Value::Null);
    let local = house
        .bytes("developer", Method::PUT, "/teams/main/clusters/local/connection", &[], "{}")
        .await;
    local.problem(409, "not_standalone");
}

#[tokio::test]
async fn a_connection_is_whole_and_let_in() {
    let house = House::build().await;
    let make = |connection: Value| {
        let body = json!({"name": "c", "target": "standalone", "restUrl": "https://x:8081", "connection": connection});
        house.post("developer", "/teams/main/clusters", body)
    };
    let cases = [
        (json!({"caCertificate": "torn"}), "bad_connection", "connection.caCertificate"),
        (
            json!({"authentication": {"kind": "basic", "user": "ada"}}),
            "missing_field",
            "connection.authentication.password",
        ),
        (
            json!({"authentication": {"kind": "header", "name": "X"}}),
            "missing_field",
            "connection.authentication.value",
        ),
        (json!({"clientKey": "k"}), "missing_field", "connection.clientCertificate"),
        (json!({"clientCertificate": "c"}), "missing_field", "connection.clientKey"),
        (json!({"caCertificate": "x".repeat(70_000)}), "too_long", "connection.caCertificate"),
        (
            json!({"authentication": {"kind": "basic", "user": "u".repeat(9_000), "password": ""}}),
            "too_long",
            "connection.authentication.user",
        ),
    ];
    for (connection, code, field) in cases {
        assert_eq!(make(connection).await.problem(422, code)["field"], field);
    }
    make(json!({"authentication": {"kind": "magic"}})).await.is(400);
    house.fake.flink_answers(Some(PortError::Refused {
        status: Some(401),
        message: "it answered 401".to_owned(),
    }));
    assert_eq!(
        make(json!({})).await.problem(422, "not_let_in")["field"],
        "connection.authentication"
    );
}

#[tokio::test]
async fn secrets_that_are_left_out_stay_with_what_they_belong_to() {
    let house = House::build().await;
    let whole = json!({
        "clientCertificate": "cert\n", "clientKey": "hunter2",
        "authentication": {"kind": "basic", "user": "ada", "password": "hunter3"},
    });
    let body = json!({"name": "c", "target": "standalone", "restUrl": "https://x:8081", "connection": whole});
    house.post("developer", "/teams/main/clusters", body).await.is(201);
    let path = "/teams/main/clusters/c/connection";
    let differs = async |body: Value| house.post("developer", &format!("{path}/compare"), body).await.is(200)["differs"].take();
    let basic = |user: &str| json!({"kind": "basic", "user": user});
    assert_eq!(differs(whole.clone()).await, json!([]));
    let kept = json!({"clientCertificate": "cert", "authentication": basic("ada")});
    assert_eq!(differs(kept.clone()).await, json!([]));
    assert_eq!(
        differs(json!({"authentication": basic("ada")})).await,
        json!(["clientCertificate", "clientKey"])
    );
    let other = json!({"clientCertificate": "cert", "authentication": {"kind": "basic", "user": "ada", "password": "x"}});
    assert_eq!(differs(other).await, json!(["authentication"]));
    // A secret goes to nobody but whom it was entered for.
    let put = |body: Value| house.bytes("developer", Method::PUT, path, &[], body.to_string());
    let field = "connection.authentication.password";
    assert_eq!(
        put(json!({"authentication": basic("bob")})).await.problem(422, "missing_field")["field"],
        field
    );
    assert_eq!(
        put(json!({"clientCertificate": "other"})).await.problem(422, "missing_field")["field"],
        "connection.clientKey"
    );
    // What is as it is writes nothing.
    let revision = async || house.get("viewer", "/teams/main/clusters/c").await.is(200)["revision"].take();
    let before = revision().await;
    put(kept).await.is(200);
    assert_eq!(revision().await, before);
    put(json!({"authentication": basic("ada")})).await.is(200);
    assert_ne!(revision().await, before);
    assert_eq!(
        differs(json!({"authentication": {"kind": "basic", "user": "ada", "password": "hunter3"}})).await,
        json!([])
    );
}

#[tokio::test]
async fn a_try_says_what_it_saw_and_changes_nothing() {
    let house = House::build().await;
    let body = json!({"name": "c", "target": "standalone", "restUrl": "https://x:8081"});
    house.post("developer", "/teams/main/clusters", body).await.is(201);
    let refused = |status: Option<u16>| PortError::Refused {
        status,
        message: "it said why".to_owned(),
    };
    for (answer, outcome) in [
        (None, "answers"),
        (Some(refused(Some(401))), "not_let_in"),
        (Some(refused(Some(403))), "not_let_in"),
        (Some(refused(None)), "tls"),
        (Some(PortError::Retry("it said why".to_owned())), "no_answer"),
        (Some(PortError::GiveUp("it said why".to_owned())), "not_flink"),
    ] {
        house.fake.flink_answers(answer.clone());
        let known = house
            .post("developer", "/teams/main/clusters/c/connection/test", json!({}))
            .await
            .is(200);
        let new = house
            .post("developer", "/teams/main/connection-test", json!({"restUrl": "https://y:1"}))
            .await
            .is(200);
        for seen in [known, new] {
            assert_eq!(seen["outcome"], outcome, "{answer:?}");
            let sentence = if answer.is_some() { "It said why." } else { "Flink 2.2.1 answers." };
            assert_eq!(seen["sentence"], sentence);
        }
    }
    assert_eq!(house.get("viewer", "/teams/main/clusters/c").await.is(200)["flinkVersion"], "2.2.1");
    house.fake.flink_answers(Some(refused(None)));
    let put = house.bytes(
        "developer",
        Method::PUT,
        "/teams/main/clusters/c/connection",
        &[],
        json!({"caCertificate": "ca"}).to_string(),
    );
    assert_eq!(put.await.problem(422, "tls_failed")["field"], "connection");
    let bad = house
        .post("developer", "/teams/main/connection-test", json!({"restUrl": "ftp://y"}))
        .await;
    assert_eq!(bad.problem(422, "bad_address")["field"], "restUrl");
    let local = house
        .post("developer", "/teams/main/clusters/local/connection/test", json!({}))
        .await;
    local.problem(409, "not_standalone");
}
