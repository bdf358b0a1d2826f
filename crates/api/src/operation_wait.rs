//! Reading one operation, at once or when it has ended.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use domain::id::OperationId;
use serde::Deserialize;
use store::StoreError;
use tokio::time::Instant;
use utoipa::IntoParams;

use crate::app::App;
use crate::extract::{Path, Query};
use crate::operation::{Operation, OperationPath, view};
use crate::problem::Problem;
use crate::scope::Scope;

/// Longest wait for the end of an operation: shorter than what proxies on the way allow.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// How often an operation is read while somebody waits, where another instance works on it and this one is
/// not told.
const READ_EVERY: Duration = Duration::from_secs(1);

/// Whether to wait for the end of an operation.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WaitQuery {
    /// Answer when it has ended, at most after so long, e.g. `30s`; never more than 60 s.
    #[param(example = "30s")]
    pub wait: Option<String>,
}

/// One operation; `wait` answers when it has ended.
///
/// # Errors
/// 404 when the team has none of this id.
#[utoipa::path(
    get,
    path = "/operations/{operation}",
    tag = "operations",
    params(WaitQuery),
    responses((status = 200, description = "Done", body = Operation)),
)]
pub async fn get_operation(
    State(app): State<App>,
    scope: Scope,
    Path(path): Path<OperationPath>,
    Query(query): Query<WaitQuery>,
) -> Result<Json<Operation>, Problem> {
    let until = query
        .wait
        .as_deref()
        .map(span)
        .transpose()?
        .map(|wait| Instant::now() + wait.min(LONGEST_WAIT));
    let mut changes = app.store.changes_watch();
    loop {
        changes.mark_unchanged();
        let operation = read(&app, &scope, path.operation).await?;
        let waits = until.filter(|until| operation.state.open() && Instant::now() < *until);
        let Some(until) = waits else {
            return Ok(Json(view(&app, operation).await?));
        };
        let next = until.min(Instant::now() + READ_EVERY);
        // A wait that ends by time only means another look.
        let _ = tokio::time::timeout_at(next, changes.changed()).await;
    }
}

async fn read(app: &App, scope: &Scope, id: OperationId) -> Result<domain::operation::Operation, Problem> {
    match app.store.operation(scope.team_id, id).await {
        Err(StoreError::NotFound) => Err(Problem::not_found("operation", &id.to_string())),
        found => Ok(found?),
    }
}

/// A span such as `30s`, `1m` or `500ms`; a bare number is seconds.
fn span(text: &str) -> Result<Duration, Problem> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit: Option<u64> = match &text[digits.len()..] {
        "" | "s" => Some(1_000),
        "ms" => Some(1),
        "m" => Some(60_000),
        _ => None,
    };
    let number: Option<u64> = digits.parse().ok();
    let millis = number.zip(unit).map(|(number, unit)| number.saturating_mul(unit));
    millis.map(Duration::from_millis).ok_or_else(|| {
        Problem::bad_request("bad_wait", "The time to wait is a number with s, ms or m.")
            .field("wait")
            .hint("For example wait=30s.")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans() {
        for (text, millis) in [("30s", 30_000), ("30", 30_000), ("1m", 60_000), ("500ms", 500), ("0", 0)] {
            assert_eq!(span(text).unwrap(), Duration::from_millis(millis), "{text}");
        }
        for bad in ["", "s", "-1s", "1h", "1.5s", "30 s", "99999999999999999999"] {
            assert_eq!(span(bad).unwrap_err().code, "bad_wait", "{bad}");
        }
    }
}
