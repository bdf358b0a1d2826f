//! The port that reads what Flink says of a job, for people.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{Endpoint, PortError};
use crate::time::Millis;

/// One vertex of a job graph with its figures.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Vertex {
    /// Flink's vertex id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Parallelism.
    pub parallelism: u32,
    /// Flink's word for its state.
    pub state: String,
    /// Subtasks by state.
    pub tasks: BTreeMap<String, u32>,
    /// Records in since the start.
    pub records_in: Option<i64>,
    /// Records out since the start.
    pub records_out: Option<i64>,
    /// Bytes in.
    pub bytes_in: Option<i64>,
    /// Bytes out.
    pub bytes_out: Option<i64>,
    /// Share of time in back pressure, 0 to 1, the worst subtask.
    pub back_pressure: Option<f64>,
    /// Share of time busy, 0 to 1, the worst subtask.
    pub busy: Option<f64>,
    /// Ids of the vertices that feed it.
    pub inputs: Vec<String>,
}

/// What a job is doing now.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct JobDetail {
    /// Flink's state word.
    pub state: String,
    /// When it was started.
    pub started_at: Option<Millis>,
    /// Vertices in topological order.
    pub vertices: Vec<Vertex>,
}

/// One checkpoint as Flink lists it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Flink's number.
    pub id: i64,
    /// `COMPLETED`, `IN_PROGRESS`, `FAILED`.
    pub status: String,
    /// Whether it is a savepoint.
    pub savepoint: bool,
    /// When it was triggered.
    pub triggered_at: Option<Millis>,
    /// When it was acknowledged by all tasks.
    pub completed_at: Option<Millis>,
    /// Milliseconds from end to end.
    pub duration_ms: Option<i64>,
    /// Bytes of state.
    pub size_bytes: Option<i64>,
    /// Where it is, once complete.
    pub path: Option<String>,
    /// Why it failed.
    pub failure: Option<String>,
    /// Whether Flink has discarded it.
    pub discarded: bool,
}

/// Checkpoints of a job.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Checkpoints {
    /// Completed since the start.
    pub completed: i64,
    /// Failed since the start.
    pub failed: i64,
    /// In progress.
    pub in_progress: i64,
    /// Restored from since the start.
    pub restored: i64,
    /// The newest complete one.
    pub latest: Option<Checkpoint>,
    /// What the job was last restored from.
    pub restored_from: Option<String>,
    /// Recent ones, newest first.
    pub history: Vec<Checkpoint>,
}

/// One exception of a job, the cause first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct JobException {
    /// The first cause: the innermost `Caused by`.
    pub cause: String,
    /// Class of the outermost exception.
    pub class: String,
    /// When.
    pub at: Option<Millis>,
    /// The task that threw it.
    pub task: Option<String>,
    /// The TaskManager it ran on.
    pub location: Option<String>,
    /// The whole trace.
    pub trace: String,
}

/// A log file of a JobManager or TaskManager.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogFile {
    /// `jobmanager`, or Flink's TaskManager id.
    pub process: String,
    /// Name of the file.
    pub name: String,
    /// Its size in bytes.
    pub size_bytes: i64,
}

/// Reads what Flink says of a job, for the people who look at it.
#[async_trait]
pub trait JobReader: Send + Sync {
    /// Vertices with figures.
    async fn detail(&self, endpoint: &Endpoint, flink_job_id: &str) -> Result<JobDetail, PortError>;
    /// Checkpoints.
    async fn checkpoints(&self, endpoint: &Endpoint, flink_job_id: &str) -> Result<Checkpoints, PortError>;
    /// Exceptions, newest first.
    async fn exceptions(&self, endpoint: &Endpoint, flink_job_id: &str) -> Result<Vec<JobException>, PortError>;
    /// The configuration that the JobManager runs with and the job's own.
    async fn configuration(&self, endpoint: &Endpoint, flink_job_id: Option<&str>) -> Result<BTreeMap<String, String>, PortError>;
    /// Log files of JobManager and TaskManagers.
    async fn log_files(&self, endpoint: &Endpoint) -> Result<Vec<LogFile>, PortError>;
    /// The last `max_bytes` of one log file.
    async fn log_tail(&self, endpoint: &Endpoint, process: &str, name: &str, max_bytes: usize) -> Result<String, PortError>;
}
