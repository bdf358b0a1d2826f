//! Problem details (RFC 9457): the one shape of every error that the API answers.
//!
//! `code` is stable and meant for programs, `detail` and `hint` are for people: what happened, to what, and
//! what to do next. Handlers return [`Problem`] as their error; whatever rejects a request earlier (a body
//! that is no JSON, a path that is no id, a panic) is turned into one as well, so that a client never has
//! to read plain text.

use std::ops::{Deref, DerefMut};

use axum::response::{IntoResponse, Response};
use domain::id::OperationId;
use domain::ports::PortError;
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use store::StoreError;
use utoipa::ToSchema;

use crate::draft::Draft;
use crate::sql::Finding;

/// Media type of problem details.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// A problem on its way to the caller. Boxed, because it travels as the error of nearly every function.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{}", .0.detail)]
pub struct Problem(Box<Details>);

/// What went wrong, for programs and for people.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Problem)]
pub struct Details {
    /// A URI reference that names the kind: `/problems/` and the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind in a few words.
    pub title: String,
    /// HTTP status.
    #[schema(example = 422)]
    pub status: u16,
    /// What happened, to what.
    pub detail: String,
    /// Stable word for programs.
    pub code: String,
    /// The field of the request that is at fault, e.g. `configuration.pipeline.name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What to do next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The operation that is in the way.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub operation_id: Option<OperationId>,
    /// All fields at fault, where there are several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// The draft as it is now (`draft_conflict`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current: Option<Draft>,
    /// What the check found (`check_failed`).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
}

impl Deref for Problem {
    type Target = Details;

    fn deref(&self) -> &Details {
        &self.0
    }
}

impl DerefMut for Problem {
    fn deref_mut(&mut self) -> &mut Details {
        &mut self.0
    }
}

/// The code of a problem, on the response that was made of it.
#[derive(Debug, Clone)]
pub(crate) struct Code(pub(crate) String);

/// One field at fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FieldError {
    /// Which.
    pub field: String,
    /// Why.
    pub message: String,
}

/// The title of a status, so that one kind of problem has one title.
fn title(status: StatusCode) -> &'static str {
    match status {
        StatusCode::BAD_REQUEST => "The request cannot be read",
        StatusCode::UNAUTHORIZED => "Sign in first",
        StatusCode::FORBIDDEN => "Not allowed",
        StatusCode::NOT_FOUND => "Not found",
        StatusCode::METHOD_NOT_ALLOWED => "No such method here",
        StatusCode::CONFLICT => "Not possible now",
        StatusCode::GONE => "No longer there",
        StatusCode::PRECONDITION_FAILED => "Somebody else was faster",
        StatusCode::PRECONDITION_REQUIRED => "A condition is missing",
        StatusCode::PAYLOAD_TOO_LARGE => "Too large",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "Not JSON",
        StatusCode::UNPROCESSABLE_ENTITY => "The request does not make sense",
        StatusCode::TOO_MANY_REQUESTS => "Too many tries",
        StatusCode::BAD_GATEWAY => "Flink did not answer as expected",
        StatusCode::SERVICE_UNAVAILABLE => "Not now",
        StatusCode::RANGE_NOT_SATISFIABLE => "No such part",
        StatusCode::INSUFFICIENT_STORAGE => "No room",
        _ => "Something broke here",
    }
}

impl Problem {
    /// A problem of a status and code, with what happened.
    #[must_use]
    pub fn new(status: StatusCode, code: &str, detail: impl Into<String>) -> Self {
        Self(Box::new(Details {
            kind: format!("/problems/{code}"),
            title: title(status).to_owned(),
            status: status.as_u16(),
            detail: detail.into(),
            code: code.to_owned(),
            field: None,
            hint: None,
            operation_id: None,
            errors: Vec::new(),
            current: None,
            findings: Vec::new(),
        }))
    }

    /// The same, naming the field at fault.
    #[must_use]
    pub fn field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// The same, saying what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same with another status, where the thing that is missing was named in the body.
    #[must_use]
    pub fn status(mut self, status: StatusCode) -> Self {
        self.status = status.as_u16();
        self.title = title(status).to_owned();
        self
    }

    /// The same, naming the operation that is in the way.
    #[must_use]
    pub fn operation(mut self, id: OperationId) -> Self {
        self.operation_id = Some(id);
        self
    }

    /// The same, with what a check found.
    #[must_use]
    pub fn findings(mut self, findings: Vec<Finding>) -> Self {
        self.findings = findings;
        self
    }

    /// 400: the request cannot be read.
    #[must_use]
    pub fn bad_request(code: &str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail)
    }

    /// 404: no such thing, or not for this caller; which of the two stays unsaid.
    #[must_use]
    pub fn not_found(what: &str, which: &str) -> Self {
        let shown: String = which.chars().take(80).collect();
        Self::new(
            StatusCode::NOT_FOUND,
            "not_found",
            format!("There is no {what} '{shown}' that you may see."),
        )
        .hint("Check the name or id, and that you are a member of the team.")
    }

    /// 409: not now.
    #[must_use]
    pub fn conflict(code: &str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, detail)
    }

    /// 409: a name that something of the same kind has already.
    #[must_use]
    pub fn name_taken(what: &str, name: &str) -> Self {
        Self::conflict("name_taken", format!("There is a {what} '{name}' already."))
            .field("name")
            .hint("Choose another name.")
    }

    /// 422: readable, but it cannot be done.
    #[must_use]
    pub fn unprocessable(code: &str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail)
    }

    /// 500: a fault of ours. What is told is only that; the log has the rest.
    #[must_use]
    pub fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "The server could not do this because of a fault of its own.",
        )
        .hint("Try again; if it stays, the server's log says more under this request's id (header x-request-id).")
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&*self.0).unwrap_or_default();
        let mut response = (status, body).into_response();
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        response.extensions_mut().insert(Code(self.0.code));
        response
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound => Self::new(StatusCode::NOT_FOUND, "not_found", "There is no such thing that you may see."),
            StoreError::Conflict(why) => Self::conflict("conflict", sentence(&why)).hint("Look again and repeat it if you still want it."),
            StoreError::Invalid(why) => {
                tracing::error!(%why, "the database holds something that cannot be read");
                Self::internal()
            }
            StoreError::Unavailable(ref why) => {
                tracing::warn!(%why, "the database cannot be used");
                let known = error
                    .trouble()
                    .map(|sentence| sentence.replacen("the database", "The server's database", 1) + ".");
                Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "database_unavailable",
                    known.unwrap_or_else(|| "The server's database does not answer.".to_owned()),
                )
                .hint("Try again in a few seconds.")
            }
        }
    }
}

impl Problem {
    /// A problem from something foreign that was asked for a thing: Flink, a planner, a disk.
    #[must_use]
    pub fn from_port(error: PortError, what: &str) -> Self {
        if error.not_found() {
            return Self::new(
                StatusCode::NOT_FOUND,
                "not_in_flink",
                format!("Flink does not have {what} (any more)."),
            )
            .hint("It forgets ended jobs after a while, and everything when its JobManager restarts.");
        }
        match error {
            PortError::Retry(why) => Self::new(
                StatusCode::BAD_GATEWAY,
                "cluster_unreachable",
                format!("The cluster was asked for {what} and did not answer: {}", sentence(&why)),
            )
            .hint("Look at the cluster's page; what is running goes on running."),
            PortError::Refused { message, .. } => Self::new(
                StatusCode::BAD_GATEWAY,
                "flink_refused",
                format!("Flink was asked for {what} and refused: {}", sentence(&message)),
            ),
            PortError::GiveUp(why) => Self::new(
                StatusCode::BAD_GATEWAY,
                "flink_unexpected",
                format!("The answer to the question for {what} was not Flink's: {}", sentence(&why)),
            )
            .hint("Check the cluster's REST address: something else may answer there."),
        }
    }
}

/// A text as a sentence: first letter large, full stop at the end.
pub(crate) fn sentence(text: &str) -> String {
    let text = text.trim();
    let mut letters = text.chars();
    let first: String = letters.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    let stop = if text.ends_with(['.', '!', '?', '…']) { "" } else { "." };
    format!("{first}{}{stop}", letters.as_str())
}
