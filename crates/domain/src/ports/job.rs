//! The port that changes what a Flink job does.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::{Endpoint, PortError, SessionJar};
use crate::run::ClaimMode;
use crate::secret::Sealed;
use crate::sql::Statement;

/// What a submission runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Program {
    /// A script, by the runner.
    Sql {
        /// In statements.
        statements: Vec<Statement>,
    },
    /// The main class of a jar.
    Jar {
        /// The class; unset means the one that the jar's manifest names.
        entry_class: Option<String>,
        /// Its arguments, one by one.
        args: Vec<String>,
    },
}

/// What is sent to start a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// Flink job id, 32 hex digits.
    pub flink_job_id: String,
    /// `pipeline.name`.
    pub job_name: String,
    /// What runs.
    pub program: Program,
    /// The one jar with everything that the program needs beside Flink; unset for a script that needs no more
    /// than the runner.
    pub jar: Option<SessionJar>,
    /// Flink configuration of the job, ours included (checkpoint directory, retention …).
    pub configuration: BTreeMap<String, String>,
    /// Default parallelism.
    pub parallelism: Option<u32>,
    /// Path to restore from.
    pub restore_path: Option<String>,
    /// Start even where state has no operator.
    pub allow_non_restored_state: bool,
    /// What becomes of the snapshot; sent only where the version knows it.
    pub claim_mode: ClaimMode,
    /// Secrets that stand as `${name}` in program and configuration. Whoever sends it opens them, and nobody before.
    pub secrets: Vec<SealedVariable>,
}

impl Submission {
    /// The script as the runner reads it: name, configuration, statements with their lines.
    #[must_use]
    pub fn script(&self, statements: &[Statement]) -> Value {
        let statements: Vec<Value> = statements
            .iter()
            .map(|statement| json!({"line": statement.line, "kind": statement.kind, "text": statement.text}))
            .collect();
        json!({"name": self.job_name, "configuration": self.configuration, "statements": statements})
    }
}

/// A secret of a team as a submission takes it along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedVariable {
    /// Its name.
    pub name: String,
    /// For what it is sealed.
    pub purpose: String,
    /// The value.
    pub sealed: Sealed,
}

/// A savepoint to trigger, alone or with a stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavepointRequest {
    /// Flink job id.
    pub flink_job_id: String,
    /// Our trigger id, sent from Flink 1.15 on.
    pub trigger_id: String,
    /// The savepoint's own directory.
    pub directory: String,
    /// Flush all event time before stopping (stop only).
    pub drain: bool,
}

/// Where a triggered savepoint stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SavepointProgress {
    /// Not done.
    InProgress,
    /// Done, at this path.
    Completed {
        /// To restore from.
        location: String,
    },
    /// Flink could not; a savepoint that was complete before the stop failed may be named in the text.
    Failed {
        /// The cause first.
        cause: String,
        /// Path of a savepoint that was complete all the same.
        location: Option<String>,
    },
    /// Flink does not know the trigger (any more).
    NotKnown,
}

/// Acts on Flink jobs. Every call is harmless when repeated, by name or by trigger id.
#[async_trait]
pub trait JobControl: Send + Sync {
    /// Uploads the runner where this JobManager does not have it and runs it under the given job id.
    /// `Refused` means that the answer was not a success, not that nothing runs.
    async fn submit(&self, endpoint: &Endpoint, submission: &Submission) -> Result<(), PortError>;
    /// Triggers a savepoint; answers the id to ask for.
    async fn trigger_savepoint(&self, endpoint: &Endpoint, request: &SavepointRequest) -> Result<String, PortError>;
    /// Triggers a stop with savepoint; answers the id to ask for.
    async fn stop_with_savepoint(&self, endpoint: &Endpoint, request: &SavepointRequest) -> Result<String, PortError>;
    /// Where a triggered savepoint stands.
    async fn savepoint_progress(&self, endpoint: &Endpoint, flink_job_id: &str, trigger_id: &str) -> Result<SavepointProgress, PortError>;
    /// Cancels a job. Success when Flink accepted it or the job has ended already.
    async fn cancel(&self, endpoint: &Endpoint, flink_job_id: &str) -> Result<(), PortError>;
}
