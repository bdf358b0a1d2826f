//! The router with what surrounds every route: request ids, log lines, limits, CSRF protection, security
//! headers, compression, and problems instead of plain text for whatever goes wrong outside a handler.

use std::any::Any;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use tower::{ServiceBuilder, ServiceExt};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate};
use tower_http::csrf::{CsrfLayer, ProtectionError};
use tower_http::request_id::{MakeRequestId, PropagateRequestIdLayer, RequestId, SetRequestIdLayer};
use tower_http::timeout::RequestBodyTimeoutLayer;
use tower_http::trace::TraceLayer;

use crate::access::secret;
use crate::app::App;
use crate::problem::Problem;
use crate::routes::table;

/// How long a sender may pause inside a body: a slow line is fine, a silent one holds a connection.
const BODY_PAUSE: Duration = Duration::from_secs(30);

/// What the console needs and nothing else. Ant Design writes style elements, hence `unsafe-inline` there.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
     object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

/// Downloads are sent as they are: a part of them has its place in the whole.
const DOWNLOADS: NotForContentType = NotForContentType::const_new(crate::download::MEDIA_TYPE);

/// The router of the API alone.
pub fn router(app: &App) -> Router {
    router_with(app, Router::new().fallback(nowhere))
}

/// The router of the API, with the console's files under every path that is not the API's.
pub fn router_with(app: &App, console: Router) -> Router {
    let elsewhere = move |request: Request| async move {
        if request.uri().path().starts_with("/api/") {
            nowhere(request).await.into_response()
        } else {
            console.oneshot(request).await.into_response()
        }
    };
    let routes = table()
        .into_router(app)
        .method_not_allowed_fallback(wrong_method)
        .fallback(elsewhere);
    // The first layer is the outermost: a panic anywhere below becomes a problem with an id in the log.
    let layers = ServiceBuilder::new()
        .layer(SetRequestIdLayer::x_request_id(NewId))
        .layer(TraceLayer::new_for_http().make_span_with(span))
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(from_fn(security_headers))
        .layer(from_fn_with_state(app.clone(), crate::forwarded::origin))
        .layer(CompressionLayer::new().compress_when(DefaultPredicate::new().and(DOWNLOADS)))
        .layer(CatchPanicLayer::custom(panicked));
    routes.layer(RequestBodyTimeoutLayer::new(BODY_PAUSE)).layer(layers)
}

#[derive(Clone, Copy)]
struct NewId;

impl MakeRequestId for NewId {
    fn make_request_id<B>(&mut self, _: &http::Request<B>) -> Option<RequestId> {
        HeaderValue::from_str(&store::new_id().simple().to_string())
            .ok()
            .map(RequestId::new)
    }
}

/// The span of a request names its path without the query, which may hold what people typed, and without a token
/// that somebody put into the path.
fn span<B>(request: &http::Request<B>) -> tracing::Span {
    let id = request
        .extensions()
        .get::<RequestId>()
        .and_then(|id| id.header_value().to_str().ok())
        .unwrap_or_default();
    tracing::info_span!("request", method = %request.method(), path = %secret::struck_out(request.uri().path()), id)
}

async fn nowhere(request: Request) -> Problem {
    let path: String = request.uri().path().chars().take(200).collect();
    Problem::new(
        StatusCode::NOT_FOUND,
        "no_such_route",
        format!("There is nothing at {} {path}.", request.method()),
    )
    .hint("The routes are in /api/v1/openapi.json.")
}

async fn wrong_method(request: Request) -> Problem {
    let path: String = request.uri().path().chars().take(200).collect();
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "wrong_method",
        format!("{path} does not know the method {}.", request.method()),
    )
    .hint("The routes are in /api/v1/openapi.json.")
}

#[allow(clippy::needless_pass_by_value)] // the signature that the layer asks for
fn panicked(cause: Box<dyn Any + Send + 'static>) -> Response {
    let text = cause
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| cause.downcast_ref::<&str>().copied());
    tracing::error!(cause = text.unwrap_or("no text"), "a handler panicked");
    Problem::internal().into_response()
}

async fn security_headers(request: Request, next: Next) -> Response {
    const HEADERS: &[(HeaderName, &str)] = &[
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ];
    let mut response = next.run(request).await;
    for (name, value) in HEADERS {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

/// Refuses what another site made a browser send.
pub(crate) type CrossSite = CsrfLayer<fn(ProtectionError) -> Response>;

/// The guard that each route's gate puts before requests that come with cookies.
pub(crate) fn cross_site(app: &App) -> CrossSite {
    let refuse: fn(ProtectionError) -> Response = |_| {
        Problem::new(
            StatusCode::FORBIDDEN,
            "cross_site",
            "Another site sent this request with your cookie; nothing was done.",
        )
        .hint("Behind a proxy, start the server with the address that browsers use.")
        .into_response()
    };
    let layer = CsrfLayer::new();
    let origin = app.settings.public_url.as_deref().map(without_path);
    let trusted = origin.and_then(|origin| {
        let added = layer.clone().add_trusted_origin(origin);
        added
            .inspect_err(|error| tracing::warn!(%error, "the public address is not an origin; browsers behind a proxy may be refused"))
            .ok()
    });
    trusted.unwrap_or(layer).with_rejection_response(refuse)
}

/// The origin of an address: what comes before its path.
fn without_path(url: &str) -> &str {
    let authority = url.find("://").map_or(0, |place| place + 3);
    let path = url.get(authority..).and_then(|rest| rest.find('/'));
    path.and_then(|path| url.get(..authority + path)).unwrap_or(url)
}
