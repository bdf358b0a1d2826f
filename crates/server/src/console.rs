//! Serves the console's files: hashed assets for ever, the page itself never from a cache.

use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, Method, StatusCode, header};

use crate::embedded::Console;

/// Answers a request that no API route takes: a file, or the page for every path of the console.
pub async fn serve(request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let path = request.uri().path().trim_start_matches('/');
    match Console::get(path) {
        Some(file) if !path.is_empty() => answer(file, path.starts_with("assets/")),
        _ if path.starts_with("assets/") => StatusCode::NOT_FOUND.into_response(),
        _ => Console::get("index.html").map_or_else(|| StatusCode::NOT_FOUND.into_response(), |page| answer(page, false)),
    }
}

fn answer(file: rust_embed::EmbeddedFile, for_ever: bool) -> Response {
    let mut response = Response::new(Body::from(file.data.into_owned()));
    let cache = if for_ever {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    if let Ok(kind) = HeaderValue::from_str(file.metadata.mimetype()) {
        headers.insert(header::CONTENT_TYPE, kind);
    }
    response
}
