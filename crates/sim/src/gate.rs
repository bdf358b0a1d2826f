//! The gate before every Flink endpoint: records the request and applies the fault that it meets. What
//! Flink does with a request is done to its end even when the caller is gone, as in a real JobManager.

use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};

use crate::answer::{Mutation, mutate};
use crate::fault::{self, FaultKind};
use crate::flink::Shared;
use crate::listen::Breaker;

/// Puts the gate before a router.
pub(crate) fn guard(router: Router, shared: Shared) -> Router {
    router.layer(from_fn_with_state(shared, pass))
}

async fn pass(State(shared): State<Shared>, ConnectInfo(breaker): ConnectInfo<Breaker>, request: Request, next: Next) -> Response {
    let (endpoint, path) = name(&request);
    let fault = {
        let mut cluster = shared.lock();
        let fault = if cluster.down {
            Some(FaultKind::Refuse)
        } else {
            fault::take(&mut cluster.faults, &endpoint, &path)
        };
        let label = fault
            .as_ref()
            .map(|fault| format!("{fault:?}").chars().take_while(|c| c.is_alphanumeric()).collect());
        cluster.record.add(&endpoint, &path, label);
        fault
    };
    let meet = tokio::spawn(meet(fault, breaker, next.run(request)));
    meet.await.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

/// What a request meets; `work` does it and answers.
pub(crate) async fn meet(fault: Option<FaultKind>, breaker: Breaker, work: impl Future<Output = Response> + Send) -> Response {
    let pause = |ms| tokio::time::sleep(Duration::from_millis(ms));
    match fault {
        None => work.await,
        Some(FaultKind::Refuse) => broken(&breaker),
        Some(FaultKind::LoseAnswer) => {
            work.await;
            broken(&breaker)
        }
        Some(FaultKind::DelayAct { ms }) => {
            pause(ms).await;
            work.await
        }
        Some(FaultKind::DelayAnswer { ms }) => {
            let response = work.await;
            pause(ms).await;
            response
        }
        Some(FaultKind::Answer {
            status,
            content_type,
            body,
            act,
        }) => {
            if act {
                work.await;
            }
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            (status, [(header::CONTENT_TYPE, content_type)], body).into_response()
        }
        Some(FaultKind::RetryAfter { seconds }) => {
            let body = r#"{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"TooManyRequests","message":"too many requests","code":429}"#;
            let headers = [
                (header::CONTENT_TYPE, "application/json".to_owned()),
                (header::RETRY_AFTER, seconds.to_string()),
            ];
            (StatusCode::TOO_MANY_REQUESTS, headers, body).into_response()
        }
        Some(FaultKind::Truncate) => mutate(work.await, Mutation::Truncate).await,
        Some(FaultKind::Cut) => mutate(work.await, Mutation::Cut).await,
        Some(FaultKind::ExtraFields) => mutate(work.await, Mutation::ExtraFields).await,
        Some(FaultKind::UnknownStates) => mutate(work.await, Mutation::UnknownStates).await,
    }
}

fn broken(breaker: &Breaker) -> Response {
    breaker.trip();
    StatusCode::SERVICE_UNAVAILABLE.into_response()
}

/// `POST /jars/:id/run` and the path as it was sent.
fn name(request: &Request) -> (String, String) {
    let pattern = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| request.uri().path(), MatchedPath::as_str);
    let pattern = pattern.strip_prefix("/v1").unwrap_or(pattern);
    let path = request.uri().path_and_query().map_or_else(String::new, ToString::to_string);
    (fault::anonymous(&format!("{} {pattern}", request.method())), path)
}
