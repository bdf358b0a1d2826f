//! Extractors whose rejections are problems: bodies, paths and queries.
//!
//! A body is read as bytes first, so that "too large", "not UTF-8", "not JSON" and "wrong field" are four
//! different answers, the last two with the place.

use std::fmt::Display;

use axum::body::HttpBody;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Request};
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use store::Idempotency;

use crate::app::App;
use crate::gate::Caller;
use crate::problem::Problem;

/// Largest request body in bytes (4 MiB): the longest script with room for its escapes.
pub const MAX_BODY_BYTES: usize = 4 * 1024 * 1024;
/// How much of a body that is too large is read and thrown away before its sender is cut off.
const DRAINED_BYTES: usize = 64 * 1024 * 1024;

/// A JSON body. An empty one counts as `{}`, so that a request without choices needs none.
#[derive(Debug, Clone)]
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let declared = request.headers().get(header::CONTENT_TYPE).cloned();
        let bytes = read(request).await?;
        parse_bytes(declared.as_ref(), &bytes).map(Self)
    }
}

/// A JSON body of a request that must not happen twice, with the key that its sender gave it.
#[derive(Debug, Clone)]
pub struct Command<T> {
    /// The body.
    pub body: T,
    /// The key, bound to the caller, the route and the bytes of the body.
    pub key: Option<Idempotency>,
}

impl<T: DeserializeOwned> FromRequest<App> for Command<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let caller = Caller::from_request_parts(&mut parts, app).await?;
        let request = Request::from_parts(parts, body);
        let declared = request.headers().get(header::CONTENT_TYPE).cloned();
        let key = idempotency_key(request.headers())?;
        let route = format!("{} {}\n", request.method(), request.uri().path());
        let bytes = read(request).await?;
        let body = parse_bytes(declared.as_ref(), &bytes)?;
        let key = key.map(|key| {
            let hash = Sha256::new().chain_update(route).chain_update(&bytes).finalize();
            Idempotency {
                user_id: caller.user.id,
                key,
                body_sha256: hex::encode(hash),
            }
        });
        Ok(Self { body, key })
    }
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    const LONGEST: usize = 200;
    let Some(value) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    let text = value
        .to_str()
        .ok()
        .map(str::trim)
        .filter(|text| !text.is_empty() && text.len() <= LONGEST);
    text.map(|text| Some(text.to_owned())).ok_or_else(|| {
        Problem::bad_request(
            "bad_idempotency_key",
            format!("An idempotency key has 1 to {LONGEST} visible characters."),
        )
        .field("Idempotency-Key")
    })
}

/// The revision that was edited: a number in quotes, none for `*`.
///
/// # Errors
/// 428 without it, 400 where it is neither.
pub(crate) fn if_match(headers: &HeaderMap, hint: &str) -> Result<Option<i64>, Problem> {
    let missing = || {
        Problem::new(
            StatusCode::PRECONDITION_REQUIRED,
            "if_match_required",
            "Say which revision was edited, so that nothing is overwritten.",
        )
        .field("If-Match")
        .hint(hint)
    };
    let bad = || Problem::bad_request("bad_if_match", "If-Match is a revision in quotes, or *.").field("If-Match");
    let text = headers
        .get(header::IF_MATCH)
        .ok_or_else(missing)?
        .to_str()
        .map_err(|_| bad())?
        .trim();
    if text == "*" {
        return Ok(None);
    }
    let number: i64 = text.trim_start_matches("W/").trim_matches('"').parse().map_err(|_| bad())?;
    if number < 0 { Err(bad()) } else { Ok(Some(number)) }
}

/// The bytes of a body. One that is too large is read to its end all the same, up to a bound: a sender that
/// is cut off in the middle sees a broken connection and not the answer.
async fn read(request: Request) -> Result<Bytes, Problem> {
    let asks_first = request.headers().contains_key(header::EXPECT);
    if asks_first && request.body().size_hint().lower() > MAX_BODY_BYTES as u64 {
        return Err(too_large());
    }
    let mut chunks = request.into_body().into_data_stream();
    let mut bytes = BytesMut::new();
    let mut seen: usize = 0;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| Problem::bad_request("incomplete_body", "The body ended before it was complete."))?;
        seen = seen.saturating_add(chunk.len());
        if seen <= MAX_BODY_BYTES {
            bytes.extend_from_slice(&chunk);
        } else if seen <= DRAINED_BYTES {
            bytes = BytesMut::new();
        } else {
            break;
        }
    }
    if seen > MAX_BODY_BYTES {
        Err(too_large())
    } else {
        Ok(bytes.freeze())
    }
}

fn too_large() -> Problem {
    let detail = format!("The body is larger than {} MiB.", MAX_BODY_BYTES / 1024 / 1024);
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail).hint(format!(
        "An SQL script has at most {} MiB.",
        domain::draft::MAX_SCRIPT_BYTES / 1024 / 1024
    ))
}

fn parse_bytes<T: DeserializeOwned>(content_type: Option<&HeaderValue>, bytes: &[u8]) -> Result<T, Problem> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return parse("{}");
    }
    if !content_type.and_then(|value| value.to_str().ok()).is_some_and(is_json) {
        return Err(
            Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json", "The body must be JSON.")
                .hint("Send the header 'content-type: application/json'."),
        );
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let detail = format!("The body is not UTF-8: the byte at offset {} does not fit.", error.valid_up_to());
        Problem::bad_request("not_utf8", detail).hint("Save the file as UTF-8 and send it again.")
    })?;
    parse(text)
}

fn is_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || essence.ends_with("+json")
}

fn parse<T: DeserializeOwned>(text: &str) -> Result<T, Problem> {
    let mut json = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        rejected(error.into_inner(), &path)
    })?;
    json.end().map_err(|error| rejected(error, "."))?;
    Ok(value)
}

/// A problem from a JSON error: broken text is another code than a field that does not fit.
fn rejected(error: serde_json::Error, path: &str) -> Problem {
    if error.is_syntax() || error.is_eof() {
        let detail = format!("The body is not valid JSON: {error}.");
        return Problem::bad_request("bad_json", detail);
    }
    let message = error.to_string();
    let reason = message.rsplit_once(" at line ").map_or(message.as_str(), |(reason, _)| reason);
    let code = if reason.starts_with("unknown field") {
        "unknown_field"
    } else if reason.starts_with("missing field") {
        "missing_field"
    } else {
        "bad_field"
    };
    let mut field = if path == "." { String::new() } else { path.to_owned() };
    // serde names the field in its text and leaves the path at the parent.
    let named = reason.split('`').nth(1).filter(|_| code != "bad_field");
    if let Some(name) = named.filter(|name| field != **name && !field.ends_with(&format!(".{name}"))) {
        if !field.is_empty() {
            field.push('.');
        }
        field.push_str(name);
    }
    let problem = Problem::bad_request(code, format!("The body cannot be read: {reason}."));
    if field.is_empty() { problem } else { problem.field(field) }
}

/// Parameters of the path.
#[derive(Debug, Clone, FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(Problem))]
pub struct Path<T>(pub T);

/// Parameters of the query.
#[derive(Debug, Clone, FromRequestParts)]
#[from_request(via(axum::extract::Query), rejection(Problem))]
pub struct Query<T>(pub T);

impl From<PathRejection> for Problem {
    fn from(rejection: PathRejection) -> Self {
        Self::bad_path(rejection)
    }
}

impl Problem {
    /// 400: a path whose parameters cannot be read.
    pub(crate) fn bad_path(why: impl Display) -> Self {
        Self::bad_request(
            "bad_path",
            format!("The path cannot be read: {}.", why.to_string().trim_end_matches('.')),
        )
        .hint("Ids look like job_… with 32 hexadecimal digits, numbers are 1, 2, 3 …, and texts are percent-encoded UTF-8.")
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        Self::bad_request(
            "bad_query",
            format!("The query cannot be read: {}.", rejection.body_text().trim_end_matches('.')),
        )
    }
}
