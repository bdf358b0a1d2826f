//! Snapshots: savepoints and checkpoints that we know of. A row is written before the call that makes it.

use serde::{Deserialize, Serialize};

use crate::id::{JobId, OperationId, RunId, SnapshotId, TeamId};
use crate::run::Run;
use crate::time::Millis;

/// Savepoint or checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SnapshotKind {
    /// Asked for, kept until somebody deletes it.
    Savepoint,
    /// Taken by Flink itself; retained when the job is cancelled or fails.
    Checkpoint,
}

/// What we know of its completeness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SnapshotState {
    /// Asked for, not yet there.
    Triggering,
    /// Flink returned its path, or `_metadata` was listed there.
    Complete,
    /// It may be there; nobody could look.
    Unverified,
    /// Flink said that it failed.
    Failed,
}

/// A savepoint or checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Its id.
    pub id: SnapshotId,
    /// The job it belongs to.
    pub job_id: JobId,
    /// The team, for scoping.
    pub team_id: TeamId,
    /// The run whose state it is.
    pub run_id: RunId,
    /// The number of the release that ran.
    pub release_number: i64,
    /// The operation that asked for it, for savepoints.
    pub operation_id: Option<OperationId>,
    /// Savepoint or checkpoint.
    pub kind: SnapshotKind,
    /// How sure we are.
    pub state: SnapshotState,
    /// The directory given to Flink (of a savepoint: its own) or the checkpoint's own.
    pub directory: String,
    /// The path to restore from, once known.
    pub path: Option<String>,
    /// `CANONICAL` or `NATIVE`, for savepoints of Flink 1.15 and later.
    pub format: Option<String>,
    /// Bytes of state, where Flink said so.
    pub size_bytes: Option<i64>,
    /// Flink's checkpoint number.
    pub checkpoint_id: Option<i64>,
    /// Why it failed.
    pub error: Option<String>,
    /// When it was asked for.
    pub created_at: Millis,
    /// When it was complete, as Flink says; else when we learnt it.
    pub completed_at: Option<Millis>,
}

impl Snapshot {
    /// Whether it is being taken of a run: only the run's cluster can say what becomes of it.
    #[must_use]
    pub fn waits_for(&self, run: &Run) -> bool {
        self.state == SnapshotState::Triggering && self.run_id == run.id
    }
}
