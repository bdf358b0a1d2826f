//! Flink's web UI: who may look, who may act, and that nothing of it is a page of this server.

use domain::ports::PortError;
use http::{Method, header};
use serde_json::{Value, json};

use super::house::{Answer, House};
use crate::web_ui::{KIND, STATUS};

const ID: &str = "0123456789abcdef0123456789abcdef";

async fn ask(house: &House, who: &str, method: Method, path: &str) -> Answer {
    let route = format!(
        "/teams/main/clusters/standing/web-ui?path={}",
        path.replace('%', "%25").replace('?', "%3F")
    );
    house.bytes(who, method, &route, &[], "").await
}

async fn house() -> House {
    let house = House::build().await;
    let id = house.other_cluster("standing").await.id;
    let version = Some(domain::flink_version::VersionNumber::new(2, 2, 1));
    house.app.store.set_cluster_rest(id, None, version).await.unwrap();
    house
}

#[tokio::test]
async fn viewers_look_and_operators_act_as_flinks_pages_do() {
    let house = house().await;
    let cancel = format!("/jobs/{ID}?mode=cancel");
    for (who, method, path, status, code) in [
        ("viewer", Method::GET, "/jobs/overview", 200, ""),
        ("operator", Method::GET, "/", 200, ""),
        ("outsider", Method::GET, "/jobs/overview", 404, "not_found"),
        ("nobody", Method::GET, "/jobs/overview", 401, "not_signed_in"),
        ("viewer", Method::PATCH, cancel.as_str(), 403, "role_too_low"),
        ("viewer", Method::POST, "/jobmanager/profiler", 403, "role_too_low"),
        ("operator", Method::PATCH, cancel.as_str(), 200, ""),
        ("operator", Method::POST, "/jobmanager/profiler", 200, ""),
        ("platform", Method::POST, "/jars/upload", 403, "not_forwarded"),
        ("operator", Method::DELETE, "/cluster", 405, "wrong_method"),
        ("viewer", Method::GET, &format!("/jobs/{ID}/yarn-cancel"), 403, "not_forwarded"),
        ("viewer", Method::GET, "/jars/a.jar/plan", 403, "not_forwarded"),
        ("viewer", Method::GET, "/../../secrets", 422, "bad_web_path"),
        ("viewer", Method::GET, "/%2e%2e/secrets", 422, "bad_web_path"),
        ("viewer", Method::GET, "/..%2fsecrets", 422, "bad_web_path"),
    ] {
        let answer = ask(&house, who, method.clone(), path).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (status, code),
            "{who} {method} {path}: {}",
            answer.json
        );
    }
    let filter = store::AuditFilter {
        limit: 500,
        ..store::AuditFilter::default()
    };
    let audit = house.app.store.audit(&filter).await.unwrap();
    let acts: Vec<_> = audit.iter().filter(|entry| entry.deed.operation == "patchWebUi").collect();
    assert_eq!(acts.len(), 2, "the refused one, too");
    assert!(format!("{acts:?}").contains(&cancel));
    assert!(audit.iter().all(|entry| entry.deed.operation != "getWebUi"));
}

#[tokio::test]
async fn nothing_of_it_is_a_page_of_this_server() {
    let house = house().await;
    let answer = ask(&house, "viewer", Method::GET, "/").await;
    let of = |name: &str| answer.headers[name].to_str().unwrap().to_owned();
    assert_eq!((of(STATUS.as_str()), of(KIND.as_str())), ("200".to_owned(), "text/html".to_owned()));
    assert_eq!(
        (of("content-type"), of("content-disposition"), of("x-content-type-options")),
        ("application/octet-stream".to_owned(), "attachment".to_owned(), "nosniff".to_owned())
    );
    // A session is what a browser has.
    let cookie = super::access::signed_in(&house, "platform").await;
    let request = house
        .request("", Method::GET, "/teams/main/clusters/standing/web-ui?path=/")
        .header(header::COOKIE, cookie)
        .body(axum::body::Body::empty());
    house.send(request.unwrap()).await.problem(403, "token_only");
}

#[tokio::test]
async fn a_silence_has_words_and_large_bodies_are_refused() {
    let house = house().await;
    let not_started = house.get("viewer", "/teams/main/clusters/local/web-ui?path=/").await;
    not_started.problem(409, "cluster_not_started");
    house
        .get("viewer", "/teams/main/clusters/gone/web-ui?path=/")
        .await
        .problem(404, "not_found");
    let large: Value = json!({"a": "x".repeat(70_000)});
    let route = "/teams/main/clusters/standing/web-ui?path=/jobmanager/profiler";
    house.post("operator", route, large).await.problem(413, "too_large");
    house.fake.flink_answers(Some(PortError::Retry("connection refused".to_owned())));
    let problem = ask(&house, "viewer", Method::GET, "/").await.problem(502, "cluster_unreachable");
    assert!(problem["detail"].as_str().unwrap().contains("onnection refused"), "{problem}");
}
