//! Effects: one row for each call outside that changes something. Written before the call as `intended`,
//! marked `sent` right before the bytes go out, then `answered` or `unknown`: what a killed server finds.

use serde::{Deserialize, Serialize};

use crate::id::{EffectId, OperationId, RunId};
use crate::time::Millis;

/// What the call does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EffectKind {
    /// `POST /jars/:id/run`, or the objects of an application in Kubernetes; name = the Flink job id.
    Submit,
    /// `POST /jobs/:id/savepoints`; name = the trigger id.
    TriggerSavepoint,
    /// `POST /jobs/:id/stop`; name = the trigger id.
    StopWithSavepoint,
    /// `PATCH /jobs/:id`; name = the Flink job id.
    Cancel,
    /// The deletion of an application's cluster; name = the Flink job id.
    DeleteCluster,
}

/// How far the call got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EffectState {
    /// Decided; nothing was sent.
    Intended,
    /// Being sent: after a crash nobody knows whether it arrived.
    Sent,
    /// It arrived and was accepted.
    Accepted,
    /// It arrived and was refused, or the answer was not a success. Of a submission this means "look by id".
    Refused,
    /// No answer came.
    Unknown,
}

/// One call outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effect {
    /// Its id.
    pub id: EffectId,
    /// The operation that it serves.
    pub operation_id: OperationId,
    /// The run that it touches.
    pub run_id: RunId,
    /// What it does.
    pub kind: EffectKind,
    /// The idempotent name outside.
    pub name: String,
    /// The JobManager's life that it was sent to.
    pub incarnation: Option<String>,
    /// How far it got.
    pub state: EffectState,
    /// What the other side said: the trigger id it gave, or the error with its cause first.
    pub answer: Option<String>,
    /// How often it was sent.
    pub tries: i64,
    /// When it was decided.
    pub intended_at: Millis,
    /// When it was last sent.
    pub sent_at: Option<Millis>,
    /// When the answer came.
    pub answered_at: Option<Millis>,
}
