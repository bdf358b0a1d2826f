//! The one HTTP client towards JobManagers, with its limits: how long to wait, how much to read, where to go.
//!
//! No proxy of the environment is used (a JobManager is a neighbour, not the internet), redirects are
//! followed on the same host only, an answer may have 32 MiB. HTTP/1.1 only and no `Expect` header: Flink's
//! server answers 417 to it.

use std::time::Duration;

use bytes::Bytes;
use domain::connection::{Connection, Unusable};
use domain::ports::{Endpoint, PortError, WebAnswer};
use futures::StreamExt;
use reqwest::header::CONTENT_TYPE;
use reqwest::multipart::{Form, Part};
use reqwest::{Method, RequestBuilder, Response, redirect};
use serde_json::Value;
use url::Url;

use super::connection;
use super::fault::{self, Fault};
use super::tls;

/// Largest answer that is read, in bytes.
const LARGEST: usize = 32 * 1024 * 1024;
/// Longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(2);

/// How long a call may take, from the first byte sent to the last one read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// A look: what does not answer in 5 s counts as out of reach.
    Look,
    /// A call that changes something quickly, or a larger read: 15 s.
    Act,
    /// A submission, which plans the job inside the JobManager: 120 s.
    Submit,
    /// An upload of what may have a gigabyte: 10 min.
    Upload,
}

impl Patience {
    const fn limit(self) -> Duration {
        Duration::from_secs(match self {
            Self::Look => 5,
            Self::Act => 15,
            Self::Submit => 120,
            Self::Upload => 600,
        })
    }
}

/// What is uploaded.
#[derive(Debug)]
pub enum Content {
    /// From memory.
    Bytes(Bytes),
    /// From the disk, in pieces.
    File(tokio::fs::File),
}

/// The HTTP client. Cheap to clone; all clones share connections.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
}

impl Client {
    /// Makes a client for addresses that are spoken to in this way.
    ///
    /// # Errors
    /// The part that is not what it should be, a certificate, a key or a header.
    #[allow(clippy::disallowed_methods, reason = "the one client towards JobManagers")]
    pub fn new(connection: &Connection) -> Result<Self, Unusable> {
        let same_host = redirect::Policy::custom(|attempt| {
            let from = attempt.previous().last().map(Url::origin);
            if from == Some(attempt.url().origin()) && attempt.previous().len() < 4 {
                attempt.follow()
            } else {
                attempt.stop()
            }
        });
        let builder = reqwest::Client::builder()
            .connect_timeout(CONNECT)
            .redirect(same_host)
            .no_proxy()
            .http1_only()
            .gzip(false)
            .pool_idle_timeout(Duration::from_secs(30))
            .pool_max_idle_per_host(4)
            .user_agent("streamwright");
        let http = connection::applied(builder, connection)?
            .build()
            .map_err(|error| connection::not_together(connection, &error))?;
        Ok(Self { http })
    }

    /// GET.
    pub async fn get(&self, url: Url, patience: Patience) -> Result<Value, Fault> {
        self.call(self.http.request(Method::GET, url.clone()), &url, patience).await
    }

    /// POST of a JSON body.
    pub async fn post(&self, url: Url, body: &Value, patience: Patience) -> Result<Value, Fault> {
        self.call(self.http.request(Method::POST, url.clone()).json(body), &url, patience)
            .await
    }

    /// PATCH without a body.
    pub async fn patch(&self, url: Url, patience: Patience) -> Result<Value, Fault> {
        self.call(self.http.request(Method::PATCH, url.clone()), &url, patience).await
    }

    /// DELETE.
    pub async fn delete(&self, url: Url, patience: Patience) -> Result<Value, Fault> {
        self.call(self.http.request(Method::DELETE, url.clone()), &url, patience).await
    }

    /// POST of one jar as a form with a single file.
    pub async fn upload(&self, url: Url, name: &str, jar: Content) -> Result<Value, Fault> {
        let (body, length): (reqwest::Body, u64) = match jar {
            Content::Bytes(bytes) => (bytes.clone().into(), bytes.len() as u64),
            Content::File(file) => {
                let length = file.metadata().await.map_err(|error| Fault::Silent(error.to_string()))?.len();
                (file.into(), length)
            }
        };
        let part = Part::stream_with_length(body, length)
            .file_name(name.to_owned())
            .mime_str("application/java-archive")
            .map_err(|error| Fault::Strange(error.to_string()))?;
        let request = self
            .http
            .request(Method::POST, url.clone())
            .multipart(Form::new().part("jarfile", part));
        self.call(request, &url, Patience::Upload).await
    }

    /// GET of a text of any length, of which only the end is kept.
    pub async fn tail(&self, url: Url, limits: TailLimits) -> Result<Vec<u8>, Fault> {
        let response = self.send(self.http.request(Method::GET, url.clone()), &url, limits.longest).await?;
        let status = response.status();
        if !status.is_success() {
            let body = read_body(response, &url).await?;
            return Err(match fault::read(status.as_u16(), &body, &display(&url)) {
                Err(fault) => fault,
                Ok(_) => Fault::Silent(format!("{} answered {status}", display(&url))),
            });
        }
        read_tail(response, &url, limits).await
    }

    /// Any request, and the answer as it is where Flink gave it.
    pub async fn exchange(&self, (method, url): (Method, Url), body: Option<&Value>, patience: Patience) -> Result<WebAnswer, Fault> {
        let mut request = self.http.request(method, url.clone());
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = self.send(request, &url, patience.limit()).await?;
        let status = response.status();
        let media_type = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let media_type = media_type.map(str::to_owned);
        let body = read_body(response, &url).await?;
        if !status.is_success() && !fault::of_flink(&body) {
            fault::read(status.as_u16(), &body, &display(&url))?;
        }
        Ok(WebAnswer {
            status: status.as_u16(),
            media_type,
            body,
        })
    }

    async fn call(&self, request: RequestBuilder, url: &Url, patience: Patience) -> Result<Value, Fault> {
        let response = self.send(request, url, patience.limit()).await?;
        let status = response.status();
        if status.is_redirection() {
            let to = response.headers().get("location").and_then(|to| to.to_str().ok());
            let to = to
                .and_then(|to| url.join(to).ok())
                .map_or_else(|| "nowhere".to_owned(), |to| display(&to));
            let to: String = to.chars().take(200).collect();
            return Err(Fault::Silent(format!(
                "{} answers {status}, a redirect to {to}, which is not followed: it may be the way to a sign-in, or another host that \
                 is the right address",
                display(url)
            )));
        }
        let body = read_body(response, url).await?;
        fault::read(status.as_u16(), &body, &display(url))
    }

    async fn send(&self, request: RequestBuilder, url: &Url, limit: Duration) -> Result<Response, Fault> {
        request.timeout(limit).send().await.map_err(|error| silent(&error, url, limit))
    }
}

/// How much of a long text is read and kept.
#[derive(Debug, Clone, Copy)]
pub struct TailLimits {
    /// Bytes to keep.
    pub keep: usize,
    /// Bytes to read at most.
    pub read: u64,
    /// Time to read at most.
    pub longest: Duration,
}

async fn read_tail(response: Response, url: &Url, limits: TailLimits) -> Result<Vec<u8>, Fault> {
    let mut kept: Vec<u8> = Vec::new();
    let mut seen = 0_u64;
    let mut chunks = response.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| silent(&error, url, limits.longest))?;
        seen += chunk.len() as u64;
        if seen > limits.read {
            return Err(Fault::Strange(format!(
                "{} is longer than {} MiB: read it on its machine",
                display(url),
                limits.read >> 20
            )));
        }
        kept.extend_from_slice(&chunk);
        // Cut rarely: each cut moves what is kept.
        if kept.len() > limits.keep.saturating_mul(2).saturating_add(1 << 20) {
            kept.drain(..kept.len() - limits.keep);
        }
    }
    let surplus = kept.len().saturating_sub(limits.keep);
    kept.drain(..surplus);
    Ok(kept)
}

async fn read_body(response: Response, url: &Url) -> Result<Vec<u8>, Fault> {
    let too_large = || {
        Fault::Strange(format!(
            "the answer of {} is larger than {} MiB: that is no JobManager's",
            display(url),
            LARGEST >> 20
        ))
    };
    if response.content_length().is_some_and(|length| length > LARGEST as u64) {
        return Err(too_large());
    }
    let mut body = Vec::new();
    let mut chunks = response.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| Fault::Silent(format!("the answer of {} was cut off: {}", display(url), innermost(&error))))?;
        if body.len() + chunk.len() > LARGEST {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn silent(error: &reqwest::Error, url: &Url, limit: Duration) -> Fault {
    let at = display(url);
    if let Some(words) = tls::words(&innermost(error), url.scheme() == "https") {
        return Fault::Tls(format!("{at}: {words}"));
    }
    Fault::Silent(if error.is_connect() {
        format!("cannot connect to {at}: {}", innermost(error))
    } else if error.is_timeout() {
        format!("no answer from {at} within {} s", limit.as_secs())
    } else {
        format!("no answer from {at}: {}", innermost(error))
    })
}

/// The text of the innermost error: the outer ones repeat the address.
pub(super) fn innermost(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

/// An address without what may be secret in it.
fn display(url: &Url) -> String {
    let mut shown = url.clone();
    let _ = shown.set_password(None);
    let _ = shown.set_username("");
    shown.set_query(None);
    shown.to_string()
}

/// The address of a resource below a JobManager's REST address. Segments are escaped.
pub fn resource(rest_url: &str, segments: &[&str]) -> Result<Url, PortError> {
    let not_one = || {
        PortError::GiveUp(format!(
            "'{rest_url}' is not a REST address: expected something like http://host:8081"
        ))
    };
    let mut url = Url::parse(rest_url.trim_end_matches('/')).map_err(|_| not_one())?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
        return Err(not_one());
    }
    url.set_query(None);
    url.set_fragment(None);
    url.path_segments_mut().map_err(|()| not_one())?.pop_if_empty().extend(segments);
    Ok(url)
}

/// As [`resource`], for a job: its id must be one, because it becomes part of a path.
pub fn job_resource(endpoint: &Endpoint, flink_job_id: &str, segments: &[&str]) -> Result<Url, PortError> {
    if flink_job_id.len() != 32 || !flink_job_id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(PortError::GiveUp(format!(
            "'{flink_job_id}' is not a Flink job id: expected 32 hex digits"
        )));
    }
    let path: Vec<&str> = ["jobs", flink_job_id].into_iter().chain(segments.iter().copied()).collect();
    resource(&endpoint.rest_url, &path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_built_by_segment() {
        let shown = |rest: &str, segments: &[&str]| resource(rest, segments).map(|url| url.to_string()).ok();
        assert_eq!(
            shown("http://h:8081", &["jobs", "a/b?c"]).as_deref(),
            Some("http://h:8081/jobs/a%2Fb%3Fc")
        );
        assert_eq!(
            shown("http://h:8081/flink/", &["overview"]).as_deref(),
            Some("http://h:8081/flink/overview")
        );
        assert_eq!(shown("http://h:8081", &["..", "x"]).as_deref(), Some("http://h:8081/x"));
        for bad in ["", "h:8081", "file:///etc/passwd", "http://", "ftp://h"] {
            assert_eq!(shown(bad, &[]), None, "{bad}");
        }
    }

    #[test]
    fn secrets_in_an_address_are_not_shown() {
        let url = resource("http://user:secret@h:1", &["x"]).unwrap();
        assert_eq!(display(&url), "http://h:1/x");
    }

    #[test]
    fn a_job_id_is_checked_before_it_becomes_a_path() {
        let endpoint = Endpoint {
            rest_url: "http://h:1".to_owned(),
            version: domain::flink_version::VersionNumber::new(2, 2, 1),
            connection: None,
        };
        assert!(job_resource(&endpoint, "../../x", &[]).is_err());
        assert!(job_resource(&endpoint, &"a".repeat(32), &["stop"]).is_ok());
    }
}
