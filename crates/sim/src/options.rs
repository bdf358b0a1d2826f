//! What a simulated cluster is like when it starts, and how jobs and savepoints go on it.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

/// How a simulated cluster starts.
#[derive(Debug, Clone)]
pub struct SimOptions {
    /// Flink version that it claims and whose rules it follows, e.g. `2.2.1`.
    pub version: String,
    /// Address to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Registered TaskManagers.
    pub task_managers: u32,
    /// Slots of each TaskManager.
    pub slots: u32,
    /// How jobs go that no plan of their own names.
    pub plan: JobPlan,
    /// How savepoints go.
    pub savepoints: SavepointPlan,
    /// Forget ended jobs after this time (`jobstore.expiration-time`).
    pub forget_ended_after_ms: i64,
    /// Keys that the JobManager shows as its configuration, beside its own.
    pub configuration: BTreeMap<String, String>,
}

impl Default for SimOptions {
    fn default() -> Self {
        Self {
            version: "2.2.1".to_owned(),
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            task_managers: 1,
            slots: 100,
            plan: JobPlan::default(),
            savepoints: SavepointPlan::default(),
            forget_ended_after_ms: 3_600_000,
            configuration: BTreeMap::new(),
        }
    }
}

impl SimOptions {
    /// The default cluster, of a version.
    #[must_use]
    pub fn of(version: &str) -> Self {
        Self {
            version: version.to_owned(),
            ..Self::default()
        }
    }
}

/// How a job goes from its submission to its end. All times in milliseconds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct JobPlan {
    /// How long `main` runs in the JobManager before the job appears and `/jars/:id/run` answers.
    pub main_ms: u64,
    /// `main` throws this after `main_ms`: no job appears and the run is refused with 400.
    pub main_error: Option<String>,
    /// Time in INITIALIZING.
    pub initializing_ms: i64,
    /// Time in RUNNING with tasks that are being deployed.
    pub deploying_ms: i64,
    /// A bounded job: FINISHED this long after all its tasks run.
    pub finish_after_ms: Option<i64>,
    /// FAILED this long after all its tasks run.
    pub fail_after_ms: Option<i64>,
    /// Message of the exception of `fail_after_ms`.
    pub failure: Option<String>,
    /// Time in CANCELLING.
    pub cancel_ms: i64,
}

/// How savepoints go, alone and with a stop.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct SavepointPlan {
    /// From the trigger to its end.
    pub duration_ms: u64,
    /// How it ends.
    pub outcome: SavepointOutcome,
}

/// How a savepoint ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SavepointOutcome {
    /// `_metadata` is written and the path returned; a stop ends the job FINISHED.
    #[default]
    Complete,
    /// Nothing is written, the job goes on.
    Fail,
    /// Complete on disk, but the stop fails after it and names the path in its `failure-cause`; the job goes on.
    /// Without a stop the same as `Fail`.
    FailAfterComplete,
    /// Never ends by itself.
    Hang,
}
