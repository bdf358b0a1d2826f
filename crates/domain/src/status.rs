//! The label on the screen: computed from the facts, never stored.

use serde::{Deserialize, Serialize};

use crate::cluster::{Cluster, Look};
use crate::effect::Effect;
use crate::job::Job;
use crate::observation::Observation;
use crate::operation::Operation;
use crate::run::Run;
use crate::snapshot::Snapshot;

/// A cluster with its newest news.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterFacts {
    /// The cluster as it was asked for.
    pub cluster: Cluster,
    /// The newest look at it.
    pub look: Look,
}

/// All that is known of one job: what `plan` and `status` decide from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobFacts {
    /// The job with what is desired.
    pub job: Job,
    /// The newest run, live or ended.
    pub run: Option<Run>,
    /// The open lifecycle operation.
    pub lifecycle: Option<Operation>,
    /// The open savepoint operation.
    pub savepoint: Option<Operation>,
    /// What the JobManager last said of the run.
    pub observation: Option<Observation>,
    /// The cluster of the live run, else the job's.
    pub cluster: Option<ClusterFacts>,
    /// Effects of the newest run. Only read for the engine; empty in lists.
    pub effects: Vec<Effect>,
    /// Snapshots that the open operations take. Only read for the engine; empty in lists.
    pub snapshots: Vec<Snapshot>,
}

/// The word on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Label {
    /// Never released or never started.
    Draft,
    /// A start is under way.
    Starting,
    /// Flink runs it.
    Running,
    /// Flink is restarting it.
    Restarting,
    /// A stop is under way.
    Stopping,
    /// Stopped as asked.
    Stopped,
    /// Came to its end.
    Finished,
    /// Flink gave up on it.
    Failed,
    /// Gone, and nobody knows how.
    Ended,
}
