//! Downloads of artifacts: streamed, in parts where a client asks for them, under any name.

use std::io::SeekFrom;

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::artifact::Digest;
use domain::ports::PortError;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio_util::io::ReaderStream;
use utoipa::ToSchema;

use crate::app::App;
use crate::problem::{Problem, sentence};
use crate::scope::{ArtifactScope, VersionQuery};

/// What downloads are, whatever they hold: nothing that a browser would show or run.
pub const MEDIA_TYPE: &str = "application/octet-stream";
/// Read from the disk at once.
const PIECE: usize = 128 * 1024;

/// Bytes as they are.
#[derive(Debug, ToSchema)]
#[schema(value_type = String, format = Binary)]
pub struct Content(#[allow(dead_code, reason = "it is only told of in the document")] Vec<u8>);

/// Which bytes are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// All.
    Whole,
    /// From the first to the last of these places.
    Bytes(u64, u64),
    /// None that is there.
    Nowhere,
}

/// RFC 9110, section 14: one range of bytes; whatever else is asked for, the whole is a right answer.
fn part(range: Option<&str>, size: u64) -> Part {
    let Some(range) = range.and_then(|range| range.trim().strip_prefix("bytes=")) else {
        return Part::Whole;
    };
    let Some((first, last)) = range.split_once('-').filter(|_| !range.contains(',')) else {
        return Part::Whole;
    };
    let number = |text: &str| text.trim().parse::<u64>();
    let found = match (first.trim(), last.trim()) {
        ("", last) => number(last).map(|count| (size.saturating_sub(count), size.saturating_sub(1), count > 0)),
        (first, "") => number(first).map(|first| (first, size.saturating_sub(1), true)),
        (first, last) => number(first).and_then(|first| Ok((first, number(last)?.min(size.saturating_sub(1)), true))),
    };
    match found {
        Err(_) => Part::Whole,
        Ok((first, last, true)) if first < size && first <= last => Part::Bytes(first, last),
        // The last byte before the first one is no range.
        Ok((first, _, true)) if first < size => Part::Whole,
        Ok(_) => Part::Nowhere,
    }
}

/// RFC 6266: a name that every client can take, and beside it the real one.
fn disposition(name: &str) -> HeaderValue {
    let plain: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || "-_.+ ()".contains(c) {
                c
            } else {
                '_'
            }
        })
        .collect();
    let mut exact = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) {
            exact.push(char::from(byte));
        } else {
            exact.push_str(&format!("%{byte:02X}"));
        }
    }
    let value = format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{exact}");
    HeaderValue::from_str(&value).unwrap_or(HeaderValue::from_static("attachment"))
}

fn says(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Whether a list of tags has this one.
fn lists(tags: Option<&str>, tag: &str) -> bool {
    tags.is_some_and(|tags| {
        tags.split(',')
            .any(|one| matches!(one.trim(), "*") || one.trim().trim_start_matches("W/") == tag)
    })
}

/// The next bytes of a file. Where it has fewer than were promised, the connection breaks, as it must.
fn stream(file: File, length: u64) -> Body {
    Body::from_stream(ReaderStream::with_capacity(file.take(length), PIECE))
}

fn gone(error: impl std::fmt::Display) -> Problem {
    tracing::error!(%error, "the bytes of an artifact cannot be read");
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "artifact_store",
        sentence(&format!("the bytes of this artifact cannot be read on the server: {error}")),
    )
    .hint("Restore the folder 'artifacts' in the server's data folder from a backup, or upload the file again.")
}

/// The bytes of an artifact, whole or in part.
///
/// # Errors
/// 404 when the team has no such artifact; 416 for a part that is not there.
#[utoipa::path(
    get,
    path = "/artifacts/{artifact}/content",
    tag = "artifacts",
    params(VersionQuery),
    responses(
        (status = 200, description = "All bytes", body = Content, content_type = "application/octet-stream"),
        (status = 206, description = "The part that was asked for", body = Content, content_type = "application/octet-stream"),
        (status = 304, description = "What the client has is current"),
    ),
)]
pub async fn download_artifact(State(app): State<App>, of: ArtifactScope, headers: HeaderMap) -> Result<Response, Problem> {
    content(&app, (&of.artifact.digest, &of.artifact.file_name), &headers).await
}

/// The bytes of a digest, whole or in part.
///
/// # Errors
/// 416 for a part that is not there, 503 when they cannot be read.
pub(crate) async fn content(app: &App, (digest, name): (&Digest, &str), headers: &HeaderMap) -> Result<Response, Problem> {
    let tag = format!("\"{digest}\"");
    let path = app.ports.artifacts.file(digest).await.map_err(|error: PortError| gone(error))?;
    let mut file = File::open(&path).await.map_err(gone)?;
    let size = file.metadata().await.map_err(gone)?.len();
    let asked = says(headers, header::RANGE).filter(|_| says(headers, header::IF_RANGE).is_none_or(|known| known == tag));
    let (status, first, length) = match part(asked, size) {
        _ if lists(says(headers, header::IF_NONE_MATCH), &tag) => (StatusCode::NOT_MODIFIED, 0, 0),
        Part::Whole => (StatusCode::OK, 0, size),
        Part::Bytes(first, last) => (StatusCode::PARTIAL_CONTENT, first, last - first + 1),
        Part::Nowhere => return Ok(nowhere(size)),
    };
    let body = if status == StatusCode::NOT_MODIFIED {
        Body::empty()
    } else {
        file.seek(SeekFrom::Start(first)).await.map_err(gone)?;
        stream(file, length)
    };
    let mut answer = (status, body).into_response();
    let answered = answer.headers_mut();
    answered.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    answered.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    answered.extend(HeaderValue::from_str(&tag).ok().map(|tag| (header::ETAG, tag)));
    if status != StatusCode::NOT_MODIFIED {
        answered.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        answered.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        answered.insert(header::CONTENT_DISPOSITION, disposition(name));
    }
    if status == StatusCode::PARTIAL_CONTENT {
        answered.extend(content_range(&format!("{first}-{}", first + length - 1), size));
    }
    Ok(answer)
}

fn content_range(part: &str, size: u64) -> Option<(header::HeaderName, HeaderValue)> {
    let value = HeaderValue::from_str(&format!("bytes {part}/{size}")).ok()?;
    Some((header::CONTENT_RANGE, value))
}

fn nowhere(size: u64) -> Response {
    let detail = format!("The file has {size} bytes; the part that was asked for lies beyond.");
    let mut answer = Problem::new(StatusCode::RANGE_NOT_SATISFIABLE, "no_such_part", detail).into_response();
    answer.headers_mut().extend(content_range("*", size));
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts() {
        for (range, expected) in [
            (None, Part::Whole),
            (Some("bytes=0-9"), Part::Bytes(0, 9)),
            (Some("bytes=90-"), Part::Bytes(90, 99)),
            (Some("bytes=-10"), Part::Bytes(90, 99)),
            (Some("bytes=-1000"), Part::Bytes(0, 99)),
            (Some("bytes=50-1000"), Part::Bytes(50, 99)),
            (Some("bytes=100-"), Part::Nowhere),
            (Some("bytes=-0"), Part::Nowhere),
            (Some("bytes=9-3"), Part::Whole),
            (Some("bytes=0-1,5-6"), Part::Whole),
            (Some("lines=0-1"), Part::Whole),
            (Some("bytes=a-b"), Part::Whole),
            (Some("bytes=99999999999999999999-"), Part::Whole),
        ] {
            assert_eq!(part(range, 100), expected, "{range:?}");
        }
        assert_eq!(part(Some("bytes=0-"), 0), Part::Nowhere);
    }

    #[test]
    fn any_name_is_safe_in_a_header() {
        let value = |name: &str| disposition(name).to_str().unwrap().to_owned();
        assert_eq!(
            value("订单 \"1\";.jar"),
            "attachment; filename=\"__ _1__.jar\"; filename*=UTF-8''%E8%AE%A2%E5%8D%95%20%221%22%3B.jar"
        );
        assert!(!value("a\r\nset-cookie: x").contains(['\r', '\n']));
    }
}
