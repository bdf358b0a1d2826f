//! Observations: what a source said of a run, the second fact of the state model. Written when the value
//! changes; how fresh it is stands in the cluster's [`Look`](crate::cluster::Look).

use serde::{Deserialize, Serialize};

use crate::id::RunId;
use crate::run::Source;
use crate::time::Millis;

/// Flink's job states (`org.apache.flink.api.common.JobStatus`, the same in 1.13 – 2.3). A word that is
/// not known is kept as text and treated as "alive, meaning unknown": foreign enums grow.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum FlinkState {
    /// The JobMaster is being set up.
    Initializing,
    /// Created, nothing scheduled.
    Created,
    /// Some tasks are scheduled or running.
    Running,
    /// Tasks failed, being cleaned up.
    Failing,
    /// Failed for good.
    Failed,
    /// Being cancelled.
    Cancelling,
    /// Cancelled.
    Canceled,
    /// All tasks finished.
    Finished,
    /// Failed, will start again.
    Restarting,
    /// Suspended by a JobManager that lost leadership; not an end of the job.
    Suspended,
    /// A recovered job finds its tasks again.
    Reconciling,
    /// A word that this version does not know.
    Other(String),
}

impl From<String> for FlinkState {
    fn from(word: String) -> Self {
        match word.as_str() {
            "INITIALIZING" => Self::Initializing,
            "CREATED" => Self::Created,
            "RUNNING" => Self::Running,
            "FAILING" => Self::Failing,
            "FAILED" => Self::Failed,
            "CANCELLING" => Self::Cancelling,
            "CANCELED" => Self::Canceled,
            "FINISHED" => Self::Finished,
            "RESTARTING" => Self::Restarting,
            "SUSPENDED" => Self::Suspended,
            "RECONCILING" => Self::Reconciling,
            _ => Self::Other(word),
        }
    }
}

impl From<FlinkState> for String {
    fn from(state: FlinkState) -> Self {
        state.word().to_owned()
    }
}

impl FlinkState {
    /// Flink's own word.
    #[must_use]
    pub fn word(&self) -> &str {
        match self {
            Self::Initializing => "INITIALIZING",
            Self::Created => "CREATED",
            Self::Running => "RUNNING",
            Self::Failing => "FAILING",
            Self::Failed => "FAILED",
            Self::Cancelling => "CANCELLING",
            Self::Canceled => "CANCELED",
            Self::Finished => "FINISHED",
            Self::Restarting => "RESTARTING",
            Self::Suspended => "SUSPENDED",
            Self::Reconciling => "RECONCILING",
            Self::Other(word) => word,
        }
    }

    /// Whether the job has come to a globally terminal end.
    #[must_use]
    pub const fn ended(&self) -> bool {
        matches!(self, Self::Failed | Self::Canceled | Self::Finished)
    }
}

/// Whether the thing is there: absent needs an authoritative source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "presence", rename_all = "snake_case")]
pub enum Presence {
    /// The source has it.
    Present {
        /// Flink's state of it.
        state: FlinkState,
        /// Tasks that run or have finished: a source may come to its end while the rest goes on.
        tasks_running: u32,
        /// All tasks; 0 while unknown.
        tasks_total: u32,
        /// When the state began, as Flink says.
        since: Option<Millis>,
        /// When the job ended, as Flink says.
        ended_at: Option<Millis>,
    },
    /// Flink answered from a known incarnation and does not have it.
    Absent,
    /// No authoritative answer.
    Unknown,
}

/// The current word of one source about one run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    /// The run.
    pub run_id: RunId,
    /// Who says so.
    pub source: Source,
    /// What.
    pub presence: Presence,
    /// The life of the JobManager that said it.
    pub incarnation: Option<String>,
    /// When this value was first seen.
    pub seen_at: Millis,
}

impl Presence {
    /// Whether every task runs.
    #[must_use]
    pub fn all_tasks_running(&self) -> bool {
        matches!(self, Self::Present { state: FlinkState::Running, tasks_running, tasks_total, .. }
            if *tasks_total > 0 && tasks_running == tasks_total)
    }
}
