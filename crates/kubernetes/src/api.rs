//! The few calls that are made, as JSON in and out, with their limits: how long to wait, how much to read.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::{Stream, StreamExt, TryStreamExt};
use http::{Method, Request, Response};
use http_body_util::BodyExt;
use kube::client::Body;
use serde_json::Value;
use tokio::sync::Semaphore;

use crate::fault::{self, Fault};

/// Largest answer that is read, in bytes.
const LARGEST: usize = 32 * 1024 * 1024;
/// Objects of one page of a list.
const PAGE: usize = 500;
/// Objects of a list that are read at most.
const MOST: usize = 20_000;
/// Longest wait that an API server may ask for and get.
const LONGEST_PAUSE: u64 = 5;
/// How often a call is sent again because the API server asked for it.
const AGAIN: u32 = 2;

/// Calls to one API server at once: each has a connection of its own.
pub const AT_ONCE: usize = 16;

/// A client, and how many of its calls may go out at once.
#[derive(Clone)]
pub struct Line {
    /// The client.
    pub client: kube::Client,
    /// A permit for each call.
    pub permits: Arc<Semaphore>,
}

/// The API server of a place.
#[derive(Clone)]
pub struct Api {
    line: Line,
    server: String,
    namespace: String,
    patience: Duration,
}

/// What a list holds.
pub struct List {
    /// Its objects.
    pub items: Vec<Value>,
    /// Where a watch goes on.
    pub version: String,
}

impl Api {
    /// The API of a namespace at an API server; a call may take this long.
    pub fn new(line: Line, server: &str, namespace: &str, patience: Duration) -> Self {
        Self {
            line,
            server: server.to_owned(),
            namespace: namespace.to_owned(),
            patience,
        }
    }

    /// The namespace.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The path of a kind in the namespace, such as `deployments`.
    pub fn path(&self, kind: &str) -> String {
        path(&self.namespace, kind)
    }

    /// The path of an object.
    ///
    /// # Errors
    /// `Unusable` for what is no name: it would be another path.
    pub fn object(&self, kind: &str, name: &str) -> Result<String, Fault> {
        Ok(format!("{}/{}", self.path(kind), segment(name)?))
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Result<Value, Fault> {
        self.call(Method::GET, path, None, "").await
    }

    /// POST.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value, Fault> {
        self.call(Method::POST, path, Some(body), "application/json").await
    }

    /// PATCH by a JSON patch.
    pub async fn patch(&self, path: &str, body: &Value) -> Result<Value, Fault> {
        self.call(Method::PATCH, path, Some(body), "application/json-patch+json").await
    }

    /// DELETE with options.
    pub async fn delete(&self, path: &str, options: &Value) -> Result<Value, Fault> {
        self.call(Method::DELETE, path, Some(options), "application/json").await
    }

    /// All objects of a kind, page by page; `query` such as `labelSelector=…`, written as it goes into an address.
    pub async fn list(&self, kind: &str, query: &str) -> Result<List, Fault> {
        let mut items = Vec::new();
        let mut next = String::new();
        loop {
            let path = format!("{}?{query}&limit={PAGE}{next}", self.path(kind));
            let mut page = self.get(&path).await?;
            let Some(Value::Array(found)) = page.get_mut("items").map(Value::take) else {
                return Err(Fault::Silent(format!("list {kind}: the answer of {} is no list", self.server)));
            };
            items.extend(found);
            let version = page["metadata"]["resourceVersion"].as_str().unwrap_or_default().to_owned();
            match page["metadata"]["continue"].as_str() {
                Some(token) if !token.is_empty() && items.len() < MOST => next = format!("&continue={}", encode(token)),
                _ => return Ok(List { items, version }),
            }
        }
    }

    /// The lines of a watch, without end.
    pub async fn watch(&self, kind: &str, query: &str) -> Result<impl Stream<Item = Result<Vec<u8>, Fault>> + Send + use<>, Fault> {
        let path = format!("{}?watch=true&{query}", self.path(kind));
        let what = format!("watch {kind}");
        let mut request = self.request(&Method::GET, &path, None, "", &what)?;
        // Newer API servers compress each event by itself, of which only the first would be read.
        request
            .headers_mut()
            .insert(http::header::ACCEPT_ENCODING, http::HeaderValue::from_static("identity"));
        let answer = self.answer(request, &what).await?;
        Ok(lines(body(answer, &what, &self.server)))
    }

    /// The bytes of an answer, in pieces.
    pub async fn bytes(&self, path: &str, what: &str) -> Result<impl Stream<Item = Result<Bytes, Fault>> + Send + use<>, Fault> {
        let answer = self.answer(self.request(&Method::GET, path, None, "", what)?, what).await?;
        Ok(body(answer, what, &self.server))
    }

    /// What may take as long as a call.
    pub async fn within<T>(&self, what: &str, work: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
        let late = |_| Fault::Silent(format!("{what}: no answer from {} within {:?}", self.server, self.patience));
        tokio::time::timeout(self.patience, work).await.map_err(late)?
    }

    async fn call(&self, method: Method, path: &str, sent: Option<&Value>, kind: &str) -> Result<Value, Fault> {
        let shown = path.split('?').next().unwrap_or_default();
        let what = format!("{method} {shown}");
        for again in 0.. {
            let request = self.request(&method, path, sent, kind, &what)?;
            match self.once(request, &what).await? {
                Answer::Body(value) => return Ok(value),
                Answer::Later(pause) if again < AGAIN => tokio::time::sleep(pause).await,
                Answer::Later(_) => break,
            }
        }
        Err(Fault::Silent(format!("{what}: the API server has too much to do (429)")))
    }

    async fn once(&self, request: Request<Body>, what: &str) -> Result<Answer, Fault> {
        let _permit = self.line.permits.acquire().await;
        let call = async {
            let response = self.send(request, what).await?;
            if let Some(pause) = pause(&response) {
                return Ok(Answer::Later(pause));
            }
            let status = response.status().as_u16();
            let bytes = collect(response, what, &self.server).await?;
            if !(200..300).contains(&status) {
                return Err(fault::read(status, &bytes, what));
            }
            let value = serde_json::from_slice(&bytes);
            value
                .map(Answer::Body)
                .map_err(|_| Fault::Silent(format!("{what}: the answer of {} is cut off, or no JSON", self.server)))
        };
        self.within(what, call).await
    }

    /// An answer with success whose body is not read yet.
    async fn answer(&self, request: Request<Body>, what: &str) -> Result<Response<Body>, Fault> {
        let call = async {
            let response = self.send(request, what).await?;
            let status = response.status().as_u16();
            if (200..300).contains(&status) {
                return Ok(response);
            }
            Err(fault::read(status, &collect(response, what, &self.server).await?, what))
        };
        self.within(what, call).await
    }

    async fn send(&self, request: Request<Body>, what: &str) -> Result<Response<Body>, Fault> {
        self.line
            .client
            .send(request)
            .await
            .map_err(|error| fault::silent(what, &self.server, &error))
    }

    fn request(&self, method: &Method, path: &str, body: Option<&Value>, kind: &str, what: &str) -> Result<Request<Body>, Fault> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(http::header::ACCEPT, "application/json");
        if body.is_some() {
            request = request.header(http::header::CONTENT_TYPE, kind);
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string().into_bytes()));
        request.body(body).map_err(|error| Fault::Unusable(format!("{what}: {error}")))
    }
}

enum Answer {
    Body(Value),
    Later(Duration),
}

/// How long the API server asks to wait, where that is short.
fn pause(response: &Response<Body>) -> Option<Duration> {
    let seconds: u64 = response.headers().get(http::header::RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    (response.status() == 429 && seconds <= LONGEST_PAUSE).then(|| Duration::from_secs(seconds))
}

async fn collect(response: Response<Body>, what: &str, server: &str) -> Result<Vec<u8>, Fault> {
    let mut whole = Vec::new();
    let mut pieces = std::pin::pin!(body(response, what, server));
    while let Some(piece) = pieces.next().await {
        whole.extend_from_slice(&piece?);
        if whole.len() > LARGEST {
            return Err(Fault::Strange(format!(
                "{what}: the answer of {server} is larger than {} MiB",
                LARGEST >> 20
            )));
        }
    }
    Ok(whole)
}

fn body(response: Response<Body>, what: &str, server: &str) -> impl Stream<Item = Result<Bytes, Fault>> + Send + use<> {
    let (what, server) = (what.to_owned(), server.to_owned());
    response
        .into_body()
        .into_data_stream()
        .map_err(move |error| Fault::Silent(format!("{what}: the answer of {server} was cut off: {}", fault::innermost(&error))))
}

/// Whole lines of pieces; none is longer than an answer may be.
fn lines(pieces: impl Stream<Item = Result<Bytes, Fault>> + Send) -> impl Stream<Item = Result<Vec<u8>, Fault>> + Send {
    let cut = pieces.scan(Vec::new(), |rest: &mut Vec<u8>, piece| {
        let lines = piece.and_then(|piece| {
            rest.extend_from_slice(&piece);
            if rest.len() > LARGEST {
                return Err(Fault::Strange("an event of a watch is too large".to_owned()));
            }
            let Some(end) = rest.iter().rposition(|byte| *byte == b'\n') else {
                return Ok(Vec::new());
            };
            let whole: Vec<u8> = rest.drain(..=end).collect();
            Ok(whole
                .split(|byte| *byte == b'\n')
                .filter(|line| !line.is_empty())
                .map(<[u8]>::to_vec)
                .collect())
        });
        futures::future::ready(Some(lines))
    });
    cut.map_ok(|lines| futures::stream::iter(lines.into_iter().map(Ok))).try_flatten()
}

/// The path of a kind in a namespace.
pub fn path(namespace: &str, kind: &str) -> String {
    let group = match kind {
        "deployments" => "/apis/apps/v1",
        "ingresses" => "/apis/networking.k8s.io/v1",
        _ => "/api/v1",
    };
    format!("{group}/namespaces/{namespace}/{kind}")
}

/// A name as it goes into a path.
///
/// # Errors
/// `Unusable` where it is none.
pub fn segment(name: &str) -> Result<&str, Fault> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'.';
    if name.is_empty() || name.len() > 253 || !name.bytes().all(fits) || name.starts_with('.') {
        let shown: String = name.chars().filter(|character| !character.is_control()).take(80).collect();
        return Err(Fault::Unusable(format!(
            "'{shown}' is no name in Kubernetes: small letters, digits, '-' and '.'"
        )));
    }
    Ok(name)
}

/// A value as it goes into a query.
pub fn encode(value: &str) -> String {
    let mut written = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            written.push(char::from(byte));
        } else {
            written.push_str(&format!("%{byte:02X}"));
        }
    }
    written
}
