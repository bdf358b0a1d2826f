//! Events, the append-only timeline of a job, and changes, the pruned feed that browsers follow.

use serde::{Deserialize, Serialize};

use crate::id::{ClusterId, EventId, JobId, OperationId, RunId, TeamId, UserId};
use crate::time::Millis;

/// One row of a timeline: who or what, when, why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Its id; later events have greater ids.
    pub id: EventId,
    /// The team, for scoping.
    pub team_id: TeamId,
    /// The job, if it is about one.
    pub job_id: Option<JobId>,
    /// The cluster, if it is about one.
    pub cluster_id: Option<ClusterId>,
    /// The run it belongs to.
    pub run_id: Option<RunId>,
    /// The operation it belongs to.
    pub operation_id: Option<OperationId>,
    /// Stable word: `start_requested`, `run_ended`, `flink_state`, `draft_saved`, `released`, ….
    pub code: String,
    /// What happened, as a sentence.
    pub message: String,
    /// The user who did it; none when the platform noticed it.
    pub user_id: Option<UserId>,
    /// When.
    pub at: Millis,
}

/// One row of the change feed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Grows; the id of the server-sent event.
    pub sequence: i64,
    /// The team; none for platform nouns, which everybody sees.
    pub team_id: Option<TeamId>,
    /// The noun: `job`, `run`, `operation`, `cluster`, `release`, `draft`, `snapshot`, `event`, `flink_version`.
    pub noun: String,
    /// Prefixed id of the thing that changed.
    pub id: String,
    /// The job whose page shows it, if any.
    pub job_id: Option<JobId>,
    /// When.
    pub at: Millis,
}
