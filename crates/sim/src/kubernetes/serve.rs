//! Requests and their answers.

use std::sync::{Arc, Mutex, PoisonError};

use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, DefaultBodyLimit, Request, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::answer::Refusal;
use super::route::Route;
use super::selector::Selector;
use super::world::{World, collection};
use super::{keys, log, patch, review, watch};
use crate::fault::{self, FaultKind};
use crate::gate;
use crate::listen::Breaker;

/// Kinds of objects that are kept.
const STORED: [&str; 10] = [
    "deployments",
    "pods",
    "services",
    "configmaps",
    "secrets",
    "events",
    "namespaces",
    "serviceaccounts",
    "ingresses",
    "nodes",
];

/// The world behind a lock, and a bell for those who wait for a change.
#[derive(Clone)]
pub(crate) struct Shared {
    world: Arc<Mutex<World>>,
    bell: Arc<tokio::sync::watch::Sender<u64>>,
}

impl Shared {
    pub(crate) fn new(world: World) -> Self {
        Self {
            world: Arc::new(Mutex::new(world)),
            bell: Arc::new(tokio::sync::watch::Sender::new(0)),
        }
    }

    /// Looks or acts; who waits for a change is told.
    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut World) -> T) -> T {
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        let state = |world: &World| (world.version, world.watches, world.oldest, world.logged, world.log_cuts);
        let before = state(&world);
        let done = act(&mut world);
        let changed = before != state(&world);
        drop(world);
        if changed {
            self.bell.send_modify(|rung| *rung += 1);
        }
        done
    }

    /// Rings at each change.
    pub(crate) fn bell(&self) -> tokio::sync::watch::Receiver<u64> {
        self.bell.subscribe()
    }
}

/// All paths.
pub(crate) fn router(shared: Shared) -> Router {
    Router::new().fallback(serve).layer(DefaultBodyLimit::disable()).with_state(shared)
}

async fn serve(State(shared): State<Shared>, ConnectInfo(breaker): ConnectInfo<Breaker>, request: Request) -> Response {
    let route = Route::of(request.method(), request.uri());
    let path = request.uri().path_and_query().map_or_else(String::new, ToString::to_string);
    let fault = shared.with(|world| {
        let fault = if world.down {
            Some(FaultKind::Refuse)
        } else {
            fault::take(&mut world.faults, &route.endpoint, &path)
        };
        let label = fault
            .as_ref()
            .map(|fault| format!("{fault:?}").chars().take_while(|c| c.is_alphanumeric()).collect());
        world.record.add(&route.endpoint, &path, label);
        fault
    });
    let inside = breaker.clone();
    let act = async move {
        answer(shared, route, request, inside)
            .await
            .unwrap_or_else(IntoResponse::into_response)
    };
    let meet = tokio::spawn(gate::meet(fault, breaker, act));
    meet.await.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

async fn answer(shared: Shared, route: Route, request: Request, breaker: Breaker) -> Result<Response, Refusal> {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX)
        .await
        .map_err(|_| Refusal::new(400, "BadRequest", "half a body"))?;
    admitted(&shared, &route, &parts)?;
    match (route.kind().as_str(), route.verb) {
        ("", _) if parts.uri.path() == "/version" => {
            Ok(Json(json!({"major": "1", "minor": "34", "gitVersion": "v1.34.4-sim"})).into_response())
        }
        ("selfsubjectaccessreviews" | "localsubjectaccessreviews", "create") => {
            shared.with(|world| review::answer(world, &route, &parsed(&body)?)).map(ok)
        }
        ("pods/log", "get") => log::answer(&shared, &route),
        ("services/proxy", _) => proxy(&shared, &route, parts, body, breaker).await,
        (_, "watch") => watch::stream(shared, &route),
        (kind, _) if STORED.contains(&kind) => shared
            .with(|world| stored(world, &route, &parts, &body))
            .map(|(status, value)| (status, Json(value)).into_response()),
        _ => Err(Refusal::new(404, "NotFound", "the server could not find the requested resource")),
    }
}

fn ok(value: Value) -> Response {
    (StatusCode::CREATED, Json(value)).into_response()
}

/// Whether we are known, and may.
fn admitted(shared: &Shared, route: &Route, parts: &Parts) -> Result<(), Refusal> {
    let shown = parts
        .headers
        .get(header::AUTHORIZATION)
        .and_then(|shown| shown.to_str().ok())
        .unwrap_or_default();
    shared.with(|world| {
        if world.token.as_ref().is_some_and(|token| shown != format!("Bearer {token}")) {
            return Err(Refusal::new(401, "Unauthorized", "Unauthorized"));
        }
        let kind = route.kind();
        if !world.denied.contains(&(route.verb.to_owned(), kind.clone())) {
            return Ok(());
        }
        let message = format!(
            "{} is forbidden: User \"simulated\" cannot {} resource \"{kind}\" in API group \"\" in the namespace \"{}\"",
            super::answer::qualified(&route.resource),
            route.verb,
            route.namespace
        );
        Err(Refusal::new(403, "Forbidden", message).about(&route.resource, &route.name))
    })
}

fn parsed(body: &[u8]) -> Result<Value, Refusal> {
    if body.is_empty() {
        return Ok(Value::Null);
    }
    if let Some(key) = keys::twice(body) {
        return Err(Refusal::new(
            400,
            "BadRequest",
            format!("strict decoding error: duplicate field \"{key}\""),
        ));
    }
    serde_json::from_slice(body).map_err(|error| Refusal::new(400, "BadRequest", error.to_string()))
}

fn stored(world: &mut World, route: &Route, parts: &Parts, body: &[u8]) -> Result<(StatusCode, Value), Refusal> {
    let (at, resource, name) = (route.collection.as_str(), route.resource.as_str(), route.name.as_str());
    match route.verb {
        "create" => world.create(at, resource, parsed(body)?).map(|made| (StatusCode::CREATED, made)),
        "get" => world
            .get(at, name)
            .cloned()
            .map(|there| (StatusCode::OK, there))
            .ok_or_else(|| Refusal::absent(resource, name)),
        "list" => list(world, route).map(|list| (StatusCode::OK, list)),
        "patch" => patched(world, route, parts, &parsed(body)?).map(|there| (StatusCode::OK, there)),
        "delete" => world
            .delete(at, resource, name, &parsed(body)?)
            .map(|status| (StatusCode::OK, status)),
        _ => Err(Refusal::new(
            405,
            "MethodNotAllowed",
            "the server does not allow this method on the requested resource",
        )),
    }
}

fn list(world: &World, route: &Route) -> Result<Value, Refusal> {
    let selector = Selector::new(route.parameter("labelSelector"), route.parameter("fieldSelector"));
    let (version, from) = match route.parameter("continue").split_once(':') {
        Some((version, from)) => (version.parse().unwrap_or(0), from.parse().unwrap_or(0)),
        None => (world.version, 0),
    };
    if version < world.oldest {
        return Err(Refusal::gone());
    }
    let limit: usize = route
        .parameter("limit")
        .parse()
        .ok()
        .filter(|limit| *limit > 0)
        .unwrap_or(usize::MAX);
    let objects = world.objects.get(&route.collection);
    let all: Vec<&Value> = objects
        .into_iter()
        .flat_map(|objects| objects.values())
        .filter(|object| selector.takes(object))
        .collect();
    let rest = all.len().saturating_sub(from).saturating_sub(limit);
    let token = if rest > 0 {
        format!("{version}:{}", from + limit)
    } else {
        String::new()
    };
    let items: Vec<&Value> = all.into_iter().skip(from).take(limit).collect();
    Ok(json!({"kind": "List", "apiVersion": "v1", "metadata": {"resourceVersion": version.to_string(), "continue": token}, "items": items}))
}

fn patched(world: &mut World, route: &Route, parts: &Parts, steps: &Value) -> Result<Value, Refusal> {
    let (resource, name) = (route.resource.as_str(), route.name.as_str());
    let kind = parts
        .headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or_default();
    if kind != "application/json-patch+json" {
        return Err(Refusal::new(
            415,
            "UnsupportedMediaType",
            format!("the simulator takes JSON patches only, not '{kind}'"),
        ));
    }
    let there = world.get(&route.collection, name).ok_or_else(|| Refusal::absent(resource, name))?;
    // The real one says no more than this.
    let message = "the server rejected our request due to an error in our request";
    let patched = patch::apply(there, steps).map_err(|_| Refusal::new(422, "Invalid", message))?;
    Ok(world.put(&route.collection, name, patched))
}

/// `services/NAME-rest:rest/proxy/…`: the Flink behind it.
async fn proxy(shared: &Shared, route: &Route, parts: Parts, body: Bytes, breaker: Breaker) -> Result<Response, Refusal> {
    let (service, port) = route.name.split_once(':').unwrap_or((&route.name, ""));
    let flink = shared.with(|world| {
        world
            .get(&collection(&route.namespace, "services"), service)
            .ok_or_else(|| Refusal::absent("services", service))?;
        let cluster = service.strip_suffix("-rest").filter(|_| port == "rest");
        let deployment = cluster.and_then(|cluster| world.get(&collection(&route.namespace, "deployments"), cluster));
        let uid = deployment
            .and_then(|deployment| deployment["metadata"]["uid"].as_str())
            .unwrap_or_default();
        let none = || {
            Refusal::new(
                503,
                "ServiceUnavailable",
                format!("no endpoints available for service \"{}\"", route.name),
            )
        };
        world.flinks.get(uid).cloned().ok_or_else(none)
    })?;
    let path = route.rest.strip_prefix("proxy").unwrap_or_default();
    let path = if path.is_empty() { "/" } else { path };
    let query = parts.uri.query().map_or_else(String::new, |query| format!("?{query}"));
    let target: Uri = format!("{path}{query}")
        .parse()
        .map_err(|_| Refusal::new(400, "BadRequest", "no path"))?;
    let mut request = Request::builder()
        .method(parts.method)
        .uri(target)
        .body(Body::from(body))
        .map_err(|_| Refusal::gone())?;
    *request.headers_mut() = parts.headers;
    request.extensions_mut().insert(ConnectInfo(breaker));
    let answer = flink.router().oneshot(request).await;
    Ok(answer.into_response())
}
