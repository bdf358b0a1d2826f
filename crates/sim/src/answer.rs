//! Answers in Flink's form, and the mutations of them that faults ask for.

use axum::Json;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// An error as Flink says it: `{"errors":[…]}`.
pub(crate) struct Refusal(pub(crate) StatusCode, pub(crate) Vec<String>);

impl Refusal {
    /// 404 for a job that the JobManager does not know.
    pub(crate) fn no_job(id: &str) -> Self {
        let trace = format!(
            "org.apache.flink.runtime.rest.NotFoundException: Job {id} not found\n\tat org.apache.flink.runtime.rest.handler.job.AbstractExecutionGraphHandler.lambda$handleRequest$1(AbstractExecutionGraphHandler.java:99)"
        );
        Self(StatusCode::NOT_FOUND, vec![trace])
    }

    /// 400 with one message.
    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self(StatusCode::BAD_REQUEST, vec![message.into()])
    }

    /// 404 with one message.
    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self(StatusCode::NOT_FOUND, vec![message.into()])
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "errors": self.1 }))).into_response()
    }
}

/// What a handler answers.
pub(crate) type Answer = Result<Json<Value>, Refusal>;

/// What is done to a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mutation {
    /// Half of it, as if it were all.
    Truncate,
    /// Half of it, then the connection breaks.
    Cut,
    /// Fields that nobody knows.
    ExtraFields,
    /// States that nobody knows.
    UnknownStates,
}

/// Another body with the status of the answer.
pub(crate) async fn mutate(response: Response, mutation: Mutation) -> Response {
    let status = response.status();
    let Ok(bytes) = axum::body::to_bytes(response.into_body(), usize::MAX).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut headers = HeaderMap::new();
    headers.insert(
        header::CONTENT_TYPE,
        header::HeaderValue::from_static("application/json; charset=UTF-8"),
    );
    let half = bytes.slice(..bytes.len() / 2);
    let body = match mutation {
        Mutation::Truncate => Body::from(half),
        Mutation::Cut => {
            headers.insert(header::CONTENT_LENGTH, header::HeaderValue::from(bytes.len()));
            let broken = std::io::Error::new(std::io::ErrorKind::ConnectionReset, "cut by the simulator");
            Body::from_stream(futures::stream::iter([Ok::<Bytes, std::io::Error>(half), Err(broken)]))
        }
        Mutation::ExtraFields | Mutation::UnknownStates => {
            let mut value: Value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
            distort(&mut value, mutation);
            Body::from(value.to_string())
        }
    };
    (status, headers, body).into_response()
}

fn distort(value: &mut Value, mutation: Mutation) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| distort(item, mutation)),
        Value::Object(fields) => {
            for (key, field) in fields.iter_mut() {
                let word = mutation == Mutation::UnknownStates && matches!(key.as_str(), "state" | "status");
                match field {
                    Value::String(text) if word => "SOMETHING_NEW".clone_into(text),
                    Value::Object(inner) if word && inner.contains_key("id") => {
                        inner.insert("id".to_owned(), json!("SOMETHING_NEW"));
                    }
                    other => distort(other, mutation),
                }
            }
            if mutation == Mutation::ExtraFields {
                fields.insert("a-field-of-a-later-version".to_owned(), json!({"nested": [1, null, "x"]}));
            }
        }
        _ => {}
    }
}
