//! Serves the console's files: hashed assets for ever, the page itself never from a cache.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, Method, StatusCode, header};

use crate::embedded::Console;

/// Where the page's own addresses begin, as it is built.
const BASE: &str = "<base href=\"/\" />";

/// The console below a path.
pub fn below(base_path: &str) -> Router {
    let page = Console::get("index.html")
        .map(|file| String::from_utf8_lossy(&file.data).replace(BASE, &format!("<base href=\"{base_path}/\" />")));
    let page: Arc<str> = page.unwrap_or_default().into();
    Router::new().fallback(move |request: Request| {
        let page = Arc::clone(&page);
        async move { serve(&request, &page) }
    })
}

/// Answers a request that no API route takes: a file, or the page for every path of the console.
fn serve(request: &Request, page: &str) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let path = request.uri().path().trim_start_matches('/');
    match Console::get(path) {
        Some(file) if !path.is_empty() && path != "index.html" => {
            let kind = file.metadata.mimetype().to_owned();
            answer(Body::from(file.data.into_owned()), &kind, path.starts_with("assets/"))
        }
        _ if path.starts_with("assets/") => StatusCode::NOT_FOUND.into_response(),
        _ => answer(Body::from(page.to_owned()), "text/html; charset=utf-8", false),
    }
}

fn answer(body: Body, kind: &str, for_ever: bool) -> Response {
    let mut response = Response::new(body);
    let cache = if for_ever {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    if let Ok(kind) = HeaderValue::from_str(kind) {
        headers.insert(header::CONTENT_TYPE, kind);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_built_so_that_its_base_can_be_set() {
        let page = Console::get("index.html").map(|file| String::from_utf8_lossy(&file.data).into_owned());
        let page = page.unwrap_or_default();
        assert_eq!(page.matches(BASE).count(), 1, "{page}");
        assert!(
            !page.contains("src=\"/") && !page.contains("href=\"/\" rel"),
            "everything is found from the base: {page}"
        );
    }
}
