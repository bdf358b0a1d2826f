//! The change feed as server-sent events: what changed, never what it is now. A browser reads the thing
//! again when it shows it.

use http::StatusCode;
use crate::problem::Problem;
use domain::id::JobId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Something changed: the data of an event `change`. An event `reset` says that the feed does not reach back
/// to `Last-Event-ID`, and that everything should be read again.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// Grows; also the id of the event.
    pub sequence: i64,
    /// `job`, `run`, `operation`, `cluster`, `release`, `draft`, `snapshot`, `event`, `flink_version`, ….
    pub noun: String,
    /// Prefixed id of the thing that changed.
    pub id: String,
    /// The job whose page shows it, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub job_id: Option<JobId>,
}

/// Where to go on.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ChangeQuery {
    /// As the header `Last-Event-ID`, for clients that cannot set it.
    pub last_event_id: Option<i64>,
}

/// Follows what changes in the caller's teams, as server-sent events.
///
/// # Errors
/// A problem with its code.
#[utoipa::path(
    get,
    path = "/changes",
    tag = "changes",
    params(ChangeQuery, ("last-event-id" = Option<i64>, Header, description = "The sequence after which to go on")),
    responses((status = 200, description = "Events `change` and `reset`", body = Change, content_type = "text/event-stream"))
)]
pub async fn follow_changes() -> Result<StatusCode, Problem> {
    Err(Problem::internal())
}
