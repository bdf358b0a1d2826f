//! Drafts: the editable specification of a job, one row for each saved revision, never overwritten.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::artifact::ArtifactRef;
use crate::flink_version::VersionNumber;
use crate::id::{ClusterId, JobId, TargetId, UserId};
use crate::time::Millis;

/// Longest SQL script in bytes (2 MiB): more than a thousand pages, small enough to check and to send.
pub const MAX_SCRIPT_BYTES: usize = 2 * 1024 * 1024;

/// Where a job's tasks run: in a cluster of its own, or in a session cluster beside others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// A session cluster that several jobs share.
    #[default]
    Session,
    /// A cluster of its own, which comes and goes with each run.
    Application,
}

/// What a job does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Code {
    /// A SQL script.
    Sql {
        /// As it was typed.
        sql: String,
    },
    /// The main class of a jar.
    Jar {
        /// The jar.
        jar: ArtifactRef,
        /// The main class; unset means the one that the jar's manifest names.
        entry_class: Option<String>,
        /// Arguments of main, one by one, never split or joined.
        args: Vec<String>,
    },
}

impl Code {
    /// The SQL script; nothing for other kinds.
    #[must_use]
    pub fn sql(&self) -> Option<&str> {
        match self {
            Self::Sql { sql } => Some(sql),
            Self::Jar { .. } => None,
        }
    }
}

/// What a job is to be: the content of a draft and of a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobSpec {
    /// What it does.
    #[serde(flatten)]
    pub code: Code,
    /// The session cluster to run on.
    pub cluster_id: Option<ClusterId>,
    /// Where the clusters of an application are made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_id: Option<TargetId>,
    /// The Flink version of an application.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flink_version: Option<VersionNumber>,
    /// How it is deployed.
    #[serde(default)]
    pub mode: Mode,
    /// Default parallelism; unset means the cluster's.
    pub parallelism: Option<u32>,
    /// Flink configuration of the job.
    #[serde(default)]
    pub configuration: BTreeMap<String, String>,
    /// Connectors, functions and libraries that stand on the job's class path, in this order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub jars: Vec<ArtifactRef>,
}

impl JobSpec {
    /// Every artifact that it refers to: the program first, then the class path.
    pub fn artifacts(&self) -> impl Iterator<Item = &ArtifactRef> {
        let program = match &self.code {
            Code::Jar { jar, .. } => Some(jar),
            Code::Sql { .. } => None,
        };
        program.into_iter().chain(&self.jars)
    }
}

/// One saved revision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// The job it belongs to.
    pub job_id: JobId,
    /// 1, 2, 3 …; unique in the job.
    pub revision: i64,
    /// The content.
    pub spec: JobSpec,
    /// Who saved it.
    pub saved_by: UserId,
    /// When it was saved.
    pub saved_at: Millis,
}

/// Keys that the platform sets itself, with the reason a user is told.
/// A draft that names one is refused with the field `configuration.<key>`.
pub const OWNED_KEYS: &[(&str, &str)] = &[
    ("pipeline.name", "the job's name is used"),
    ("$internal.pipeline.job-id", "the run's id is used"),
    ("pipeline.jars", "jars are named in the draft"),
    ("pipeline.classpaths", "jars are named in the draft"),
    ("execution.savepoint.path", "choose the state when you start the job"),
    ("execution.state-recovery.path", "choose the state when you start the job"),
    ("execution.savepoint.ignore-unclaimed-state", "choose it when you start the job"),
    (
        "execution.state-recovery.ignore-unclaimed-state",
        "choose it when you start the job",
    ),
    ("execution.savepoint-restore-mode", "choose the claim mode when you start the job"),
    (
        "execution.state-recovery.claim-mode",
        "choose the claim mode when you start the job",
    ),
    ("state.checkpoints.dir", "every job has a checkpoint directory of its own"),
    ("execution.checkpointing.dir", "every job has a checkpoint directory of its own"),
    ("state.savepoints.dir", "every savepoint has a directory of its own"),
    (
        "execution.checkpointing.savepoint-dir",
        "every savepoint has a directory of its own",
    ),
    ("execution.target", "the cluster decides it"),
    ("execution.attached", "the platform submits detached"),
    ("high-availability", "it belongs to the cluster"),
    ("high-availability.type", "it belongs to the cluster"),
    ("table.dml-sync", "a session cluster cannot wait for a job inside its submission"),
];

/// The reason why a key may not be set by a user, if it may not.
#[must_use]
pub fn owned_key(key: &str) -> Option<&'static str> {
    OWNED_KEYS.iter().find(|(owned, _)| *owned == key).map(|(_, why)| *why)
}
