//! Flink's web UI: its pages and what they ask for, as they are.

use std::time::Duration;

use domain::ports::{Endpoint, PortError, WebAnswer, WebRequest};
use domain::web_request::WebMethod;
use reqwest::Method;
use tokio::sync::Semaphore;

use super::client::{Client, Patience, resource};

/// Answers that are held in memory at once: each has at most 32 MiB.
static AT_ONCE: Semaphore = Semaphore::const_new(8);
/// How long one may wait for its turn.
const TURN: Duration = Duration::from_secs(30);

/// One request.
pub async fn ask(client: &Client, endpoint: &Endpoint, request: WebRequest) -> Result<WebAnswer, PortError> {
    let segments: Vec<&str> = request.path.segments.iter().map(String::as_str).collect();
    let mut url = resource(&endpoint.rest_url, &segments)?;
    let base = resource(&endpoint.rest_url, &[])?;
    let below = base.path().trim_end_matches('/');
    if url.origin() != base.origin() || !url.path().starts_with(&format!("{below}/")) && url.path() != below {
        return Err(PortError::GiveUp("the path leads out of the REST address".to_owned()));
    }
    if segments.is_empty() {
        // With the slash: a proxy before Flink, such as an API server, would send us there first.
        url.set_path(&format!("{below}/"));
    }
    url.set_query(request.path.query.as_deref());
    let method = match request.method {
        WebMethod::Get => Method::GET,
        WebMethod::Post => Method::POST,
        WebMethod::Put => Method::PUT,
        WebMethod::Patch => Method::PATCH,
    };
    let turn = tokio::time::timeout(TURN, AT_ONCE.acquire()).await;
    let _turn = turn.map_err(|_| PortError::Retry("too many pages of Flink are asked for at once".to_owned()))?;
    Ok(client.exchange((method, url), request.body.as_ref(), Patience::Act).await?)
}
