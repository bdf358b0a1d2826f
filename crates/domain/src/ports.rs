//! Ports: the object-safe traits through which engine and API reach Flink, Java and disks.
//! Their errors say *retry*, *the user's fault* or *give up*.

mod artifact;
mod cluster;
mod job;
mod job_reader;
mod kubernetes;
mod web_ui;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::flink_version::VersionNumber;
use crate::message::{Address, Message};
use crate::secret::{Sealed, Secret};
use crate::sql::{Reading, Report, Tier};
use crate::time::Millis;

pub use artifact::{ArtifactStore, Inventory, JarMerger, SessionJar};
pub use cluster::{ClusterHost, ClusterObserver, ClusterSight, JobSight, Launch};
pub use job::{JobControl, Program, SavepointProgress, SavepointRequest, SealedVariable, Submission};
pub use job_reader::{Checkpoint, Checkpoints, JobDetail, JobException, JobReader, LogFile, Vertex};
pub use kubernetes::{
    ClusterObjects, ContainerEnd, DeploymentSight, EPOCH, FoundCluster, INGRESS, InitSight, KubernetesControl, KubernetesSight, LogPiece,
    LogStream, PodProbe, PodRole, PodSight, ProbeWatcher, RestAddress,
};
pub use web_ui::{WebAnswer, WebRequest, WebUi};

/// What went wrong on the way to something foreign.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PortError {
    /// No answer, or one that means "not now": nothing is known; trying again is right.
    #[error("{0}")]
    Retry(String),
    /// The other side answered and refused; the text has the cause first.
    #[error("{message}")]
    Refused {
        /// HTTP status, where there is one.
        status: Option<u16>,
        /// The cause first.
        message: String,
    },
    /// The other side is not what it should be, or something here is broken: trying again is useless.
    #[error("{0}")]
    GiveUp(String),
}

impl PortError {
    /// Whether the other side said that it does not have the thing (Flink's own 404).
    #[must_use]
    pub const fn not_found(&self) -> bool {
        matches!(self, Self::Refused { status: Some(404), .. })
    }
}

/// A Flink cluster's REST address, how it is spoken to, and the version whose fields it takes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// `http://127.0.0.1:8081`, no trailing slash.
    pub rest_url: String,
    /// Decides which fields are sent.
    pub version: VersionNumber,
    /// How it is spoken to, sealed; unset for an address that asks for nothing.
    pub connection: Option<Sealed>,
}

/// Seals secrets before they are stored, and opens them where they are used.
pub trait Vault: Send + Sync {
    /// Seals a secret for a purpose: a stable word for the place where it is kept.
    fn seal(&self, purpose: &str, secret: &Secret) -> Result<Sealed, PortError>;
    /// Opens what was sealed for the same purpose. `GiveUp` for another key, another purpose, a damaged text.
    fn open(&self, purpose: &str, sealed: &Sealed) -> Result<Secret, PortError>;
}

/// Carries messages out. Addresses come from users: what lies inside the network is refused unless the platform allows it.
#[async_trait]
pub trait Messenger: Send + Sync {
    /// Sends one message. `secret` is the webhook's address or the mail server's password. `GiveUp` and `Refused` are not
    /// tried again.
    async fn send(&self, address: &Address, secret: Option<&Secret>, message: &Message) -> Result<(), PortError>;
}

/// What a state storage says of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSnapshot {
    /// Path to restore from.
    pub path: String,
    /// Bytes of all its files.
    pub size_bytes: i64,
    /// When `_metadata` was last written.
    pub written_at: Option<Millis>,
}

/// Reads and prepares the storage where Flink keeps state.
#[async_trait]
pub trait StateStorage: Send + Sync {
    /// The complete snapshot in a directory, itself or one level below: the newest with `_metadata`.
    /// `GiveUp` when this storage cannot be read from here.
    async fn find(&self, directory: &str) -> Result<Option<StoredSnapshot>, PortError>;
    /// Whether Flink on this host could write there: makes the directory and removes a probe file.
    async fn check_writable(&self, directory: &str) -> Result<(), PortError>;
}

/// Asks Flink's own planner about a script.
#[async_trait]
pub trait SqlChecker: Send + Sync {
    /// Checks a script with the planner of an installed distribution. Faults of the script are findings;
    /// an error means that the check itself could not be done.
    async fn check(&self, check: &Check) -> Result<Report, PortError>;
    /// Reads a script without asking a planner. Pure.
    fn read(&self, script: &str, version: VersionNumber, configuration: &BTreeMap<String, String>) -> Reading;
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// The distribution whose planner judges.
    pub flink_home: String,
    /// Its version.
    pub version: VersionNumber,
    /// Java home.
    pub java_home: String,
    /// The script.
    pub script: String,
    /// The job's configuration.
    pub configuration: BTreeMap<String, String>,
    /// Jars on the job's class path, files on this host.
    pub jars: Vec<PathBuf>,
    /// How deep.
    pub tier: Tier,
}

/// Where a distribution comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "source", rename_all = "snake_case")]
pub enum InstallSource {
    /// The official Python packages, through `python3 -m pip download`.
    Pypi,
    /// The Apache archive's tarball, verified by its SHA-512.
    Archive {
        /// Another base address than the Apache archive's.
        base_url: Option<String>,
    },
}

/// Told how an installation goes: a sentence, and a share from 0 to 1 where known.
pub type Progress<'a> = &'a (dyn Fn(&str, Option<f64>) + Send + Sync);

/// Installs and probes Flink distributions.
#[async_trait]
pub trait FlinkInstaller: Send + Sync {
    /// Installs a version; answers its home. Two installations at once: the second waits and finds it.
    /// Nothing half-done is left behind.
    async fn install(&self, version: VersionNumber, source: &InstallSource, progress: Progress<'_>) -> Result<String, PortError>;
    /// The version of the distribution in a folder, by its `flink-dist` jar.
    async fn probe(&self, home: &Path) -> Result<VersionNumber, PortError>;
    /// A Java home that can run Flink: `JAVA_HOME`, else the `java` on the path.
    async fn find_java(&self) -> Result<String, PortError>;
}
