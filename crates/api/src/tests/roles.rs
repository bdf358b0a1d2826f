//! Who may use which route: generated from the table that registers the routes.

use axum::body::Body;
use domain::access::Access;
use http::Method;

use super::house::{House, PEOPLE};
use crate::routes::{Classified, table};

/// A path with names that exist and ids that do not.
fn filled(path: &str) -> String {
    let id = "0".repeat(32);
    path.replace("{team}", "main")
        .replace("{job}", "orders")
        .replace("{cluster}", "local")
        .replace("{release}", "1")
        .replace("{revision}", "1")
        .replace("{operation}", &format!("operation_{id}"))
        .replace("{session}", &format!("session_{id}"))
        .replace("{token}", &format!("token_{id}"))
        .replace("{version}", &format!("flink_{id}"))
        .replace("{artifact}", &format!("artifact_{id}"))
        .replace("{upload}", &format!("upload_{id}"))
        .replace("{installation}", &format!("installation_{id}"))
}

async fn status(house: &House, who: &str, route: &Classified) -> (u16, String) {
    let method: Method = route.method.parse().unwrap();
    let path = filled(&route.path);
    let mut builder = http::Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", "application/json");
    if who != "nobody" {
        builder = builder.header("authorization", format!("Bearer {}", house.token(who)));
    }
    let response = house.raw(builder.body(Body::empty()).unwrap()).await;
    let status = response.status().as_u16();
    // A stream of events has no end.
    if response
        .headers()
        .get("content-type")
        .is_some_and(|kind| kind == "text/event-stream")
    {
        return (status, String::new());
    }
    let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, String::from_utf8_lossy(&bytes).into_owned())
}

#[tokio::test]
async fn every_route_lets_in_its_class_and_nobody_below() {
    let house = House::build().await;
    let routes = table();
    for route in routes.classes() {
        // It asks by itself: this host may look, others must sign in.
        if route.path == "/metrics" {
            continue;
        }
        let (anonymous, body) = status(&house, "nobody", route).await;
        assert_eq!(
            anonymous == 401 && body.contains("not_signed_in"),
            route.access != Access::Public,
            "{route:?} nobody: {body}"
        );
        for (who, role) in PEOPLE {
            let (got, body) = status(&house, who, route).await;
            let team_scoped = route.path.contains("{team}");
            let reaches = match (route.access, role) {
                (Access::Public | Access::SignedIn, _) | (_, Some(Access::PlatformAdmin)) => true,
                (Access::PlatformAdmin, _) | (_, None) => false,
                (access, Some(role)) => role >= access,
            };
            match (reaches, role) {
                (true, _) => assert!(
                    !matches!(got, 401 | 403) || body.contains("wrong_password") || body.contains("link_used"),
                    "{route:?} {who}: {got} {body}"
                ),
                (false, None) if team_scoped => assert!(got == 404 && body.contains("no team 'main'"), "{route:?} {who}: {got} {body}"),
                (false, _) => assert!(
                    got == 403 && (body.contains("role_too_low") || body.contains("platform_admin_only")),
                    "{route:?} {who}: {got} {body}"
                ),
            }
        }
    }
}

#[test]
fn the_document_names_exactly_the_routes_of_the_table() {
    let routes = table();
    let document = serde_json::to_value(crate::openapi()).unwrap();
    let mut ids = std::collections::BTreeSet::new();
    let mut documented = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let method = method.to_uppercase();
            assert!(
                routes.classes().iter().any(|route| route.path == *path && route.method == method),
                "{method} {path} is not in the table"
            );
            assert!(
                ids.insert(operation["operationId"].to_string()),
                "two operations are {}",
                operation["operationId"]
            );
            assert_eq!(operation["tags"].as_array().map(Vec::len), Some(1), "{method} {path} has one tag");
            documented += 1;
        }
    }
    assert_eq!(documented, routes.classes().len());
}
