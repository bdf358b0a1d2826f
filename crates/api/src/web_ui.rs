//! Flink's web UI of a cluster, piece by piece, for `streamwright port-forward`: who may see the cluster may look, operators
//! may do what Flink's own pages do.
//!
//! It is not for browsers: the pages are the cluster's, where users' code runs, and would have this server's origin. So there is no
//! session here, only tokens, and every answer is bytes to be saved; what they are stands in headers of our own.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::ports::{WebAnswer, WebRequest};
use domain::variable::Hider;
use domain::web_request::{MAX_WEB_BODY, WebMethod, WebPath, passes};
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::Deserialize;
use serde_json::Value;
use utoipa::IntoParams;

use crate::app::App;
use crate::download::{Content, MEDIA_TYPE};
use crate::extract::{Body, Query};
use crate::lifecycle::only_looked_at;
use crate::live::endpoint;
use crate::problem::Problem;
use crate::scope::ClusterScope;

/// The status of Flink's answer.
pub const STATUS: HeaderName = HeaderName::from_static("streamwright-status");
/// The media type of Flink's answer.
pub const KIND: HeaderName = HeaderName::from_static("streamwright-content-type");

/// Which page.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WebQuery {
    /// Path and query below the cluster's REST address, as a browser writes them: `/jobs/overview`.
    pub path: String,
}

/// A page of Flink's web UI, or what its pages ask for.
///
/// # Errors
/// 403 `token_only` for sessions, `not_forwarded` for what acts; 409 `cluster_not_started`; 422 `bad_web_path`; 502 where it does not answer.
#[utoipa::path(
    get,
    path = "/clusters/{cluster}/web-ui",
    tag = "clusters",
    params(WebQuery),
    responses((status = 200, description = "Flink's answer: its status and media type in headers", body = Content, content_type = "application/octet-stream")),
)]
pub async fn get_web_ui(State(app): State<App>, of: ClusterScope, Query(query): Query<WebQuery>) -> Result<Response, Problem> {
    forwarded(&app, of, (WebMethod::Get, query), None).await
}

/// What Flink's pages send by POST.
///
/// # Errors
/// As the GET; 403 `not_forwarded` for what they do not send.
#[utoipa::path(
    post,
    path = "/clusters/{cluster}/web-ui",
    tag = "clusters",
    params(WebQuery),
    request_body = Value,
    responses((status = 200, description = "Flink's answer: its status and media type in headers", body = Content, content_type = "application/octet-stream")),
)]
pub async fn post_to_web_ui(
    State(app): State<App>,
    of: ClusterScope,
    Query(query): Query<WebQuery>,
    Body(body): Body<Value>,
) -> Result<Response, Problem> {
    forwarded(&app, of, (WebMethod::Post, query), Some(body)).await
}

/// What Flink's pages send by PUT, such as another parallelism.
///
/// # Errors
/// As the GET; 403 `not_forwarded` for what they do not send.
#[utoipa::path(
    put,
    path = "/clusters/{cluster}/web-ui",
    tag = "clusters",
    params(WebQuery),
    request_body = Value,
    responses((status = 200, description = "Flink's answer: its status and media type in headers", body = Content, content_type = "application/octet-stream")),
)]
pub async fn put_to_web_ui(
    State(app): State<App>,
    of: ClusterScope,
    Query(query): Query<WebQuery>,
    Body(body): Body<Value>,
) -> Result<Response, Problem> {
    forwarded(&app, of, (WebMethod::Put, query), Some(body)).await
}

/// What Flink's pages send by PATCH: a cancel.
///
/// # Errors
/// As the GET; 403 `not_forwarded` for what they do not send.
#[utoipa::path(
    patch,
    path = "/clusters/{cluster}/web-ui",
    tag = "clusters",
    params(WebQuery),
    request_body = Value,
    responses((status = 200, description = "Flink's answer: its status and media type in headers", body = Content, content_type = "application/octet-stream")),
)]
pub async fn patch_web_ui(
    State(app): State<App>,
    of: ClusterScope,
    Query(query): Query<WebQuery>,
    Body(body): Body<Value>,
) -> Result<Response, Problem> {
    forwarded(&app, of, (WebMethod::Patch, query), Some(body)).await
}

async fn forwarded(app: &App, of: ClusterScope, (method, query): (WebMethod, WebQuery), body: Option<Value>) -> Result<Response, Problem> {
    if of.scope.caller.session().is_some() {
        let detail = "Flink's web UI is not shown in this server's own pages: they could act in your name here.";
        return Err(
            Problem::new(StatusCode::FORBIDDEN, "token_only", detail).hint("Run `streamwright port-forward`, which sends an API token.")
        );
    }
    let path = WebPath::parse(&query.path).map_err(|why| Problem::unprocessable("bad_web_path", why).field("path"))?;
    passes(method, &path).map_err(|why| Problem::new(StatusCode::FORBIDDEN, "not_forwarded", why))?;
    if method != WebMethod::Get {
        if of.cluster.read_only {
            return Err(only_looked_at(&of.cluster.name));
        }
        of.scope.note.after(serde_json::json!({ "path": query.path }));
    }
    let body = body.filter(|body| body.as_object().is_none_or(|body| !body.is_empty()));
    if body.as_ref().is_some_and(|body| body.to_string().len() > MAX_WEB_BODY) {
        let detail = format!("What Flink's pages send has at most {} KiB.", MAX_WEB_BODY / 1024);
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail));
    }
    let endpoint = endpoint(&of.cluster)?;
    let asks_flink = path.asks_flink();
    let answer = app.ports.web_ui.ask(&endpoint, WebRequest { method, path, body }).await;
    let answer = answer.map_err(|error| Problem::from_port(error, "a page of its web UI"))?;
    let hider = app.hider(of.scope.team_id).await?;
    Ok(answered(hidden(answer, asks_flink, &hider)))
}

/// The answer without the team's secrets, which a log, a configuration or an exception may have. Files of Flink's pages are
/// as they were built.
fn hidden(answer: WebAnswer, asks_flink: bool, hider: &Hider) -> WebAnswer {
    let kind = answer.media_type.as_deref().unwrap_or_default();
    if !asks_flink && !kind.contains("json") && !kind.starts_with("text/plain") {
        return answer;
    }
    let body = match serde_json::from_slice::<Value>(&answer.body) {
        // A secret with a quote in it is written in another way there.
        Ok(json) => within(json, hider).to_string(),
        Err(_) => hider.hide(&String::from_utf8_lossy(&answer.body)),
    };
    WebAnswer {
        body: body.into_bytes(),
        ..answer
    }
}

/// JSON with each text in it struck out.
fn within(json: Value, hider: &Hider) -> Value {
    match json {
        Value::String(text) => Value::String(hider.hide(&text)),
        Value::Array(items) => items.into_iter().map(|item| within(item, hider)).collect(),
        Value::Object(map) => map
            .into_iter()
            .map(|(key, value)| (hider.hide(&key), within(value, hider)))
            .collect(),
        other => other,
    }
}

fn answered(answer: WebAnswer) -> Response {
    let mut response = answer.body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
    headers.insert(STATUS, HeaderValue::from(answer.status));
    let kind = answer.media_type.and_then(|kind| HeaderValue::try_from(kind).ok());
    headers.extend(kind.map(|kind| (KIND, kind)));
    response
}

#[cfg(test)]
mod tests {
    use domain::secret::Secret;

    use super::*;

    #[test]
    fn secrets_are_struck_out_of_what_flink_says_and_files_stay() {
        let secret = Secret::new("hunter2-\"quoted\"".to_owned());
        let hider = Hider::new([&secret]);
        let of = |kind: &str, body: &str, asks_flink: bool| {
            let answer = WebAnswer {
                status: 200,
                media_type: Some(kind.to_owned()),
                body: body.as_bytes().to_vec(),
            };
            String::from_utf8(hidden(answer, asks_flink, &hider).body).unwrap()
        };
        let json = serde_json::json!({"a": [{"password": "x hunter2-\"quoted\" y"}], "n": 7}).to_string();
        let log = "line hunter2-\"quoted\" end";
        for (kind, body, asks_flink) in [
            ("application/json", json.as_str(), true),
            ("application/json; charset=UTF-8", json.as_str(), false),
            ("text/html", log, true),
            ("text/plain", log, false),
            ("text/plain", log, true),
        ] {
            let shown = of(kind, body, asks_flink);
            assert!(!shown.contains("hunter2"), "{kind}: {shown}");
            assert!(shown.contains("\"n\":7") || shown.starts_with("line "), "{kind}: {shown}");
        }
        assert_eq!(of("application/javascript", log, false), log);
        assert_eq!(of("image/png", "\u{1}", false), "\u{1}");
    }
}
