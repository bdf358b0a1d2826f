//! `streamwright port-forward`: a small web server on this machine whose pages are those of a cluster's Flink, asked for one by
//! one through the API with the caller's token. No kubeconfig and no way into Kubernetes is needed here.
//!
//! A page of somebody else, open in the same browser, must not act through it: what names another host or comes from another
//! site is refused.

use std::net::{IpAddr, SocketAddr};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::response::{IntoResponse, Response};
use domain::web_request::{MAX_WEB_BODY, WebPath};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::client::{Answer, Client, escape, refusal};
use super::print::{self, at};
use crate::cli::PortForward;
use crate::failure::Failure;

/// Flink's own port, which people know.
const USUAL: u16 = 8_081;

/// What is forwarded, and to whom.
#[derive(Clone)]
struct Forward {
    client: Client,
    /// Path of the cluster's pages below the team, up to their own path.
    pages: String,
    /// Names by which this server may be asked.
    hosts: Vec<String>,
}

/// Runs `port-forward` until it is ended.
///
/// # Errors
/// As the server says, when the cluster does not answer, or when the port cannot be had.
pub async fn run(asked: PortForward) -> Result<(), Failure> {
    let client = Client::of(&asked.server)?;
    let (what, cluster) = cluster(&client, &asked).await?;
    let pages = format!("/clusters/{}/web-ui?path=", escape(&cluster));
    // It fails here and not in the browser where nothing answers, or where we may not.
    let first = client
        .forward(Method::GET, &client.team_path(&format!("{pages}{}", escape("/config")))?, None)
        .await?;
    if !first.status().is_success() {
        let status = first.status();
        let body = first.json().await.unwrap_or_default();
        return Err(refusal(&Answer { status, body }));
    }
    let listener = listen(asked.address, asked.port).await?;
    let at = listener.local_addr().map_err(|error| Failure::unavailable(error.to_string()))?;
    let url = format!("http://{at}/");
    print::body(client.format, &json!({ "url": url }), |_| {
        format!("Flink UI of {what}: {url}\nIt is there until you press Ctrl-C.\n")
    });
    if !asked.address.is_loopback() {
        eprintln!("Whoever reaches {at} looks and acts there with your token.");
    }
    let forward = Forward {
        client,
        pages,
        hosts: hosts(at),
    };
    let router = Router::new()
        .fallback(answer)
        .layer(DefaultBodyLimit::max(MAX_WEB_BODY))
        .with_state(forward);
    tokio::select! {
        served = axum::serve(listener, router) => served.map_err(|error| Failure::unavailable(error.to_string())),
        _ = tokio::signal::ctrl_c() => Ok(()),
    }
}

/// What is looked at, in words, and its cluster.
async fn cluster(client: &Client, asked: &PortForward) -> Result<(String, String), Failure> {
    if let Some(cluster) = &asked.cluster {
        return Ok((format!("cluster {cluster}"), cluster.clone()));
    }
    let job = asked.job.as_deref().unwrap_or_default();
    let found = client.get(&format!("/jobs/{}", escape(job))).await?;
    match at(&found, "cluster/id") {
        "" => Err(Failure::refused(format!(
            "job {job} has no cluster now: it is {}. Its web UI is there while it runs",
            at(&found, "status/label")
        ))),
        id => Ok((format!("job {job}"), id.to_owned())),
    }
}

async fn listen(address: IpAddr, port: Option<u16>) -> Result<TcpListener, Failure> {
    let bound = TcpListener::bind((address, port.unwrap_or(USUAL))).await;
    let bound = match (bound, port) {
        (Err(error), None) if error.kind() == std::io::ErrorKind::AddrInUse => TcpListener::bind((address, 0)).await,
        (bound, _) => bound,
    };
    bound.map_err(|error| {
        let port = port.map_or_else(|| "a port".to_owned(), |port| format!("port {port}"));
        Failure::unavailable(format!("{port} of {address} cannot be listened at: {error}"))
    })
}

/// The names by which an address of this machine is asked.
fn hosts(at: SocketAddr) -> Vec<String> {
    let mut hosts = vec![at.to_string()];
    if at.ip().is_loopback() || at.ip().is_unspecified() {
        let port = at.port();
        hosts.extend([format!("localhost:{port}"), format!("127.0.0.1:{port}"), format!("[::1]:{port}")]);
    }
    hosts
}

/// Why a request is not forwarded: a page elsewhere has sent it, or a name that somebody else has led here.
fn stranger(headers: &HeaderMap, method: &Method, path: &str, hosts: &[String]) -> Option<&'static str> {
    let text = |name: header::HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let host = text(header::HOST).unwrap_or_default();
    // Whoever forwards at an address for others knows by which names they come; names could be anybody's.
    let by_address = host.parse::<SocketAddr>().is_ok();
    if !by_address && !hosts.iter().any(|known| known == host) {
        return Some("It was asked for by a name that is not this machine's.");
    }
    let own = |origin: &str| origin.strip_prefix("http://").is_some_and(|rest| rest == host);
    if text(header::ORIGIN).is_some_and(|origin| !own(origin)) {
        return Some("A page of another site has sent this.");
    }
    let site = text(header::HeaderName::from_static("sec-fetch-site"));
    let followed = method == Method::GET && path == "/";
    match site {
        None | Some("same-origin" | "none") => None,
        // A link that somebody follows leads to the first page.
        Some(_) if followed => None,
        Some(_) => Some("A page of another site has sent this."),
    }
}

async fn answer(State(forward): State<Forward>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let html = headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"));
    if let Some(why) = stranger(&headers, &method, uri.path(), &forward.hosts) {
        return said(StatusCode::FORBIDDEN, why, html);
    }
    let path = uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    match forwarded(&forward, (method, path), body).await {
        Ok(response) => response,
        Err((status, why)) => said(status, &why, html),
    }
}

/// Words of ours, as Flink's pages show them or as a page of its own.
fn said(status: StatusCode, why: &str, html: bool) -> Response {
    if html {
        return (status, format!("{why}\n")).into_response();
    }
    (status, axum::Json(json!({ "errors": [why] }))).into_response()
}

async fn forwarded(forward: &Forward, (method, path): (Method, &str), body: Bytes) -> Result<Response, (StatusCode, String)> {
    let (method, path) = asked_for(method, path);
    let gateway = |failure: Failure| (StatusCode::BAD_GATEWAY, failure.message);
    let route = forward
        .client
        .team_path(&format!("{}{}", forward.pages, escape(&path)))
        .map_err(gateway)?;
    let head = method == Method::HEAD;
    let method = if head { Method::GET } else { method };
    let body = (method != Method::GET).then(|| body.to_vec());
    let answer = forward.client.forward(method, &route, body).await.map_err(gateway)?;
    let status = answer.status();
    if !status.is_success() {
        let body: Value = answer.json().await.unwrap_or_default();
        return Err((status, refusal(&Answer { status, body }).message));
    }
    let header = |name| answer.headers().get(name).cloned();
    let (said, kind) = (header(api::web_ui::STATUS), header(api::web_ui::KIND));
    let said = said
        .and_then(|said| StatusCode::from_bytes(said.as_bytes()).ok())
        .unwrap_or(StatusCode::OK);
    let bytes = answer
        .bytes()
        .await
        .map_err(|error| (StatusCode::BAD_GATEWAY, crate::outbound::cause(&error)))?;
    let mut response = (said, if head { Bytes::new() } else { bytes }).into_response();
    let kind = kind.unwrap_or(HeaderValue::from_static("application/octet-stream"));
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
        .headers_mut()
        .insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
        .headers_mut()
        .insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
    Ok(response)
}

/// The cancel of Flink's pages is sent as what it is: the server lets a GET only look.
fn asked_for(method: Method, path: &str) -> (Method, String) {
    let cancel = WebPath::parse(path).ok().and_then(|path| path.cancel());
    match cancel {
        Some(cancel) if method == Method::GET => (Method::PATCH, cancel),
        _ => (method, path.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_others_do_not_act_through_it() {
        let known = hosts("127.0.0.1:8081".parse().unwrap());
        for (method, path, sent, passes) in [
            (Method::GET, "/jobs/overview", &[("host", "127.0.0.1:8081")][..], true),
            (Method::GET, "/", &[("host", "localhost:8081")], true),
            (Method::GET, "/", &[("host", "[::1]:8081"), ("sec-fetch-site", "none")], true),
            (Method::GET, "/", &[], false),
            (Method::GET, "/", &[("host", "evil.example:8081")], false),
            (Method::GET, "/", &[("host", "evil.example")], false),
            (
                Method::GET,
                "/",
                &[("host", "localhost:8081"), ("sec-fetch-site", "cross-site")],
                true,
            ),
            (
                Method::GET,
                "/jobs/x/yarn-cancel",
                &[("host", "localhost:8081"), ("sec-fetch-site", "cross-site")],
                false,
            ),
            (
                Method::GET,
                "/jobs/x",
                &[("host", "localhost:8081"), ("sec-fetch-site", "same-site")],
                false,
            ),
            (
                Method::PATCH,
                "/",
                &[("host", "localhost:8081"), ("sec-fetch-site", "cross-site")],
                false,
            ),
            (
                Method::PATCH,
                "/jobs/x",
                &[("host", "localhost:8081"), ("origin", "http://localhost:8081")],
                true,
            ),
            (
                Method::PATCH,
                "/jobs/x",
                &[("host", "localhost:8081"), ("origin", "https://evil.example")],
                false,
            ),
            (Method::PATCH, "/jobs/x", &[("host", "localhost:8081"), ("origin", "null")], false),
        ] {
            let mut headers = HeaderMap::new();
            for (name, value) in sent {
                headers.insert(*name, HeaderValue::from_static(value));
            }
            let why = stranger(&headers, &method, path, &known);
            assert_eq!(why.is_none(), passes, "{method} {path} {sent:?}: {why:?}");
        }
    }

    #[test]
    fn a_cancel_of_flinks_pages_is_a_patch() {
        let id = "0123456789abcdef0123456789abcdef";
        let (method, path) = asked_for(Method::GET, &format!("/jobs/{id}/yarn-cancel"));
        assert_eq!((method, path), (Method::PATCH, format!("/jobs/{id}?mode=cancel")));
        let (method, path) = asked_for(Method::GET, "/jobs/overview?a=b");
        assert_eq!((method, path.as_str()), (Method::GET, "/jobs/overview?a=b"));
    }
}
