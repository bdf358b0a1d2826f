//! The pages of the web UI, as far as somebody looks at them: an index with a relative script.

use axum::http::header;
use axum::response::{Html, IntoResponse};

/// `/`
pub(crate) async fn index() -> Html<&'static str> {
    Html("<!doctype html><title>Simulated Flink</title><script src=\"main.js\"></script>")
}

/// `/main.js`
pub(crate) async fn script() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/javascript")], "fetch('jobs/overview');")
}
