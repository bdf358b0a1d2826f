//! Answers in Kubernetes' form.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// A `Status` that says no.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    code: u16,
    reason: &'static str,
    message: String,
    details: Value,
}

impl Refusal {
    pub(crate) fn new(code: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            reason,
            message: message.into(),
            details: json!({}),
        }
    }

    /// About an object.
    pub(crate) fn about(self, resource: &str, name: &str) -> Self {
        Self {
            details: json!({"name": name, "kind": resource}),
            ..self
        }
    }

    pub(crate) fn absent(resource: &str, name: &str) -> Self {
        Self::new(404, "NotFound", format!("{} \"{name}\" not found", qualified(resource))).about(resource, name)
    }

    pub(crate) fn invalid(resource: &str, name: &str, what: &str) -> Self {
        Self::new(422, "Invalid", format!("{} \"{name}\" is invalid: {what}", qualified(resource))).about(resource, name)
    }

    pub(crate) fn gone() -> Self {
        Self::new(410, "Expired", "too old resource version: the simulator has forgotten it")
    }

    /// As it stands in a body.
    pub(crate) fn body(&self) -> Value {
        json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": self.message, "reason": self.reason, "details": self.details, "code": self.code,
        })
    }
}

/// `deployments.apps`, `pods`.
pub(crate) fn qualified(resource: &str) -> String {
    if resource == "deployments" {
        "deployments.apps".to_owned()
    } else {
        resource.to_owned()
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, Json(self.body())).into_response()
    }
}
