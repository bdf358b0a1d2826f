//! Who may use which route: generated from the table that registers the routes.

use axum::body::Body;
use domain::access::Access;
use domain::audit::AuditEntry;
use http::Method;
use serde_json::{Value, json};
use store::AuditFilter;

use super::house::{House, PEOPLE};
use crate::routes::{Classified, table};

/// A path with names that exist and ids that do not.
fn filled(path: &str) -> String {
    let mut filled = path.to_owned();
    for (name, value) in [
        ("team", "main"),
        ("job", "orders"),
        ("cluster", "local"),
        ("release", "1"),
        ("revision", "1"),
    ] {
        filled = filled.replace(&format!("{{{name}}}"), value);
    }
    let id = "0".repeat(32);
    let parts = filled
        .split('/')
        .map(|part| match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            Some("version") => format!("flink_{id}"),
            Some(noun) => format!("{noun}_{id}"),
            None => part.to_owned(),
        });
    parts.collect::<Vec<_>>().join("/")
}

fn asked(route: &Classified, token: Option<&str>) -> http::Request<Body> {
    let method: Method = route.method.parse().unwrap();
    let mut builder = http::Request::builder()
        .method(method)
        .uri(filled(&route.path))
        .header("content-type", "application/json");
    if let Some(token) = token {
        builder = builder.header("authorization", format!("Bearer {token}"));
    }
    builder.body(Body::empty()).unwrap()
}

async fn status(house: &House, token: Option<&str>, route: &Classified) -> (u16, String) {
    let response = house.raw(asked(route, token)).await;
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

/// What a route answers to somebody whom its class does not let in, and whom it lets in.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
enum Door {
    Open,
    SignInFirst,
    NoSuchTeam,
    RoleTooLow,
    PlatformOnly,
    TokenOfTeam,
    PodsOnly,
}

/// The door that was met, as far as an answer tells.
fn met(status: u16, body: &str) -> Door {
    match status {
        401 if body.contains("not_signed_in") => Door::SignInFirst,
        401 if body.contains("bad_token") => Door::PodsOnly,
        404 if body.contains("no team 'main'") => Door::NoSuchTeam,
        403 if body.contains("role_too_low") => Door::RoleTooLow,
        403 if body.contains("platform_admin_only") => Door::PlatformOnly,
        403 if body.contains("token_of_team") => Door::TokenOfTeam,
        403 if !body.contains("wrong_password") => panic!("an unknown refusal: {body}"),
        401 if !body.contains("link_used") => panic!("an unknown refusal: {body}"),
        _ => Door::Open,
    }
}

/// The door that a person should meet: the table of the design, once more and by itself.
fn expected(route: &Classified, role: Option<Access>) -> Door {
    let in_team = route.path.starts_with("/api/v1/teams/{team}");
    match (route.access, role) {
        _ if of_pods(route) => Door::PodsOnly,
        (Access::Public | Access::SignedIn | Access::Account, _) | (_, Some(Access::PlatformAdmin)) => Door::Open,
        (_, None) if in_team => Door::NoSuchTeam,
        (access, Some(role)) if in_team && role >= access => Door::Open,
        (_, Some(_)) if in_team => Door::RoleTooLow,
        _ => Door::PlatformOnly,
    }
}

/// The door that a token of the team `main` should meet, with the role that counts.
fn expected_of_token(route: &Classified, role: Access) -> Door {
    if route.path.starts_with("/api/v1/teams/{team}") {
        return if role >= route.access { Door::Open } else { Door::RoleTooLow };
    }
    match route.access {
        _ if of_pods(route) => Door::PodsOnly,
        Access::Public | Access::SignedIn => Door::Open,
        _ => Door::TokenOfTeam,
    }
}

/// It takes the token of a run, and no person's: not an administrator's either.
fn of_pods(route: &Classified) -> bool {
    route.operation == "getRunArtifact"
}

/// It asks by itself: this host may look, others must sign in.
fn by_itself(route: &Classified) -> bool {
    route.path == "/metrics"
}

#[tokio::test]
async fn every_route_lets_in_its_class_and_nobody_below() {
    let house = House::build().await;
    for route in table().classes().iter().filter(|route| !by_itself(route)) {
        let (got, body) = status(&house, None, route).await;
        let door = match route.access {
            _ if of_pods(route) => Door::PodsOnly,
            Access::Public => Door::Open,
            _ => Door::SignInFirst,
        };
        assert_eq!(met(got, &body), door, "{route:?} nobody: {body}");
        for (who, role) in PEOPLE {
            let (got, body) = status(&house, Some(house.token(who)), route).await;
            assert_eq!(met(got, &body), expected(route, role), "{route:?} {who}: {got} {body}");
        }
    }
}

#[tokio::test]
async fn a_token_of_a_team_reaches_no_further_than_its_role_and_its_maker() {
    let house = House::build().await;
    let elsewhere = house
        .post("outsider", "/me/tokens", json!({"name": "other", "team": "elsewhere"}))
        .await
        .is(201);
    let elsewhere = elsewhere["secret"].as_str().unwrap().to_owned();
    for (who, own) in PEOPLE.iter().filter_map(|(who, role)| Some((*who, (*role)?))) {
        let own = own.min(Access::TeamAdmin);
        for role in Access::ROLES.into_iter().filter(|role| *role <= own) {
            let word = serde_json::to_value(crate::access::Role::from(role)).unwrap();
            let made = house
                .post(who, "/me/tokens", json!({"name": "t", "team": "main", "role": word}))
                .await
                .is(201);
            let secret = made["secret"].as_str().unwrap();
            for route in table().classes().iter().filter(|route| !by_itself(route)) {
                let (got, body) = status(&house, Some(secret), route).await;
                let door = met(got, &body);
                assert_eq!(door, expected_of_token(route, role), "{route:?} {who} as {role:?}: {got} {body}");
            }
        }
    }
    for route in table()
        .classes()
        .iter()
        .filter(|route| route.path.starts_with("/api/v1/teams/{team}"))
    {
        let (got, body) = status(&house, Some(&elsewhere), route).await;
        assert_eq!(met(got, &body), Door::NoSuchTeam, "{route:?}: {body}");
    }
}

/// The newest row of the audit list.
async fn newest(house: &House) -> Option<AuditEntry> {
    let filter = AuditFilter {
        limit: 1,
        ..AuditFilter::default()
    };
    house.app.store.audit(&filter).await.unwrap().pop()
}

/// Writes that leave no row, because they are questions. Who adds one says here why.
const QUESTIONS: &[&str] = &[
    // While somebody types; saves nothing.
    "checkSql",
    // Before somebody accepts; changes nothing.
    "lookAtInvitation",
    // In what a connection differs; changes nothing.
    "compareConnection",
    // Whether a kubeconfig is the kept one; changes nothing.
    "compareKubeconfig",
];

#[tokio::test]
async fn every_write_leaves_a_row_in_the_audit_list() {
    let house = House::build().await;
    let ids: std::collections::BTreeMap<&str, String> = {
        let users = house.app.store.users().await.unwrap();
        PEOPLE
            .iter()
            .map(|(name, _)| (*name, users.iter().find(|user| user.name == *name).unwrap().id.to_string()))
            .collect()
    };
    let mut last = newest(&house).await.map(|row| row.id);
    for route in table().classes() {
        let question = route.method == "GET" || QUESTIONS.contains(&route.operation.as_str());
        assert_eq!(route.audited, !question, "{route:?}");
        for who in std::iter::once(None).chain(PEOPLE.iter().map(|(who, _)| Some(*who))) {
            if by_itself(route) || route.path == "/api/v1/changes" {
                continue;
            }
            let (got, body) = status(&house, who.map(|who| house.token(who)), route).await;
            let row = newest(&house).await;
            let id = row.as_ref().map(|row| row.id);
            if question {
                assert_eq!(id, last, "{route:?} changes nothing");
                continue;
            }
            assert_ne!(id, last, "{route:?} {who:?}: {got} left no row");
            last = id;
            let deed = row.unwrap().deed;
            assert_eq!(
                (deed.operation.as_str(), deed.status),
                (route.operation.as_str(), got),
                "{route:?} {who:?}"
            );
            assert!(!deed.noun.is_empty(), "{route:?}");
            let code = serde_json::from_str::<Value>(&body)
                .ok()
                .and_then(|body| body["code"].as_str().map(str::to_owned));
            assert_eq!(deed.code, code.filter(|_| got >= 400), "{route:?} {who:?}");
            if route.access != Access::Public {
                assert_eq!(
                    deed.user_id.map(|id| id.to_string()),
                    who.map(|who| ids[who].clone()),
                    "{route:?} {who:?}"
                );
                assert_eq!(deed.token_id.is_some(), who.is_some());
                let inside = route.path.starts_with("/api/v1/teams/{team}") && !matches!(who, None | Some("outsider"));
                if inside {
                    assert_eq!(deed.team_id, Some(house.team), "{route:?} {who:?}");
                }
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
