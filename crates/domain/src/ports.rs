//! Ports: the object-safe traits through which engine and API reach Flink, Java and disks.
//! Their errors say *retry*, *the user's fault* or *give up*.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::artifact::{Digest, JarConflict, PinnedArtifact};
use crate::cluster::ProcessLook;
use crate::connection::{Connection, Unusable};
use crate::flink_version::VersionNumber;
use crate::id::UploadId;
use crate::message::{Address, Message};
use crate::observation::Presence;
use crate::run::ClaimMode;
use crate::secret::{Sealed, Secret};
use crate::sql::{Reading, Report, Statement, Tier};
use crate::time::Millis;
use crate::upload::{Content, Upload};

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

/// What one look at a cluster saw. Incarnation is read after the jobs, so that an incarnation that is still
/// the known one vouches for the list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClusterSight {
    /// The UUID at the end of `web.tmpdir`.
    pub incarnation: String,
    /// Version that the JobManager reports.
    pub version: String,
    /// TaskManagers registered.
    pub task_managers: u32,
    /// All slots.
    pub slots_total: u32,
    /// Free slots.
    pub slots_free: u32,
    /// All jobs of `/jobs/overview`.
    pub jobs: Vec<JobSight>,
}

/// One job in `/jobs/overview`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobSight {
    /// Flink's job id, 32 hex digits.
    pub flink_job_id: String,
    /// Its name in Flink.
    pub name: String,
    /// Always [`Presence::Present`].
    pub presence: Presence,
}

/// Looks at clusters.
#[async_trait]
pub trait ClusterObserver: Send + Sync {
    /// Overview, jobs and incarnation of one JobManager, within a few seconds.
    async fn look(&self, endpoint: &Endpoint) -> Result<ClusterSight, PortError>;
    /// Whether the parts of a connection are what they should be; asks nobody.
    fn check_connection(&self, connection: &Connection) -> Result<(), Unusable>;
    /// The version that a REST address reports, for standalone clusters. `Refused` where whoever enters the connection can mend
    /// it: with 401 or 403 from what stands before Flink, without a status where TLS fails.
    async fn detect_version(&self, rest_url: &str, connection: Option<&Sealed>) -> Result<VersionNumber, PortError>;
}

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

/// One jar merged from several, as a session cluster takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionJar {
    /// Where it is on this host.
    pub path: PathBuf,
    /// SHA-256 of its bytes: the same jars in the same order have the same bytes.
    pub digest: Digest,
}

/// Seals secrets before they are stored, and opens them where they are used.
pub trait Vault: Send + Sync {
    /// Seals a secret for a purpose: a stable word for the place where it is kept.
    fn seal(&self, purpose: &str, secret: &Secret) -> Result<Sealed, PortError>;
    /// Opens what was sealed for the same purpose. `GiveUp` for another key, another purpose, a damaged text.
    fn open(&self, purpose: &str, sealed: &Sealed) -> Result<Secret, PortError>;
}

/// What lies in an artifact store.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Inventory {
    /// Bytes of artifacts.
    pub digests: Vec<Digest>,
    /// Bytes of uploads.
    pub uploads: Vec<UploadId>,
}

/// Where the bytes of artifacts are. Equal bytes are stored once. `Refused` with 507 means that the disk is full.
#[async_trait]
pub trait ArtifactStore: Send + Sync {
    /// The file with these bytes, to be read only. `Refused` with 404 when they are not here.
    async fn file(&self, digest: &Digest) -> Result<PathBuf, PortError>;
    /// Makes an empty upload, where there is room for so many bytes.
    async fn begin(&self, upload: UploadId, size_bytes: i64) -> Result<(), PortError>;
    /// How many bytes of an upload have arrived. `Refused` with 404 when it is not here.
    async fn offset(&self, upload: UploadId) -> Result<i64, PortError>;
    /// Adds bytes at an offset; answers the next one. `Refused` with 409 when the upload does not end at that offset.
    async fn append(&self, upload: UploadId, offset: i64, bytes: Vec<u8>) -> Result<i64, PortError>;
    /// Reads a whole upload through. `Refused` with 422 when it is not what it is to be: with the reason, and the
    /// name of the entry at fault.
    async fn inspect(&self, upload: &Upload) -> Result<Content, PortError>;
    /// Keeps the bytes of an upload under their digest, safely on the disk; the upload is gone then.
    async fn keep(&self, upload: UploadId, digest: &Digest) -> Result<(), PortError>;
    /// Forgets an upload. Safe to call again.
    async fn discard(&self, upload: UploadId) -> Result<(), PortError>;
    /// What was last written before a moment.
    async fn inventory(&self, before: Millis) -> Result<Inventory, PortError>;
    /// Removes bytes, unless they were kept (again) since that moment. Safe to call again.
    async fn remove(&self, digest: &Digest, before: Millis) -> Result<(), PortError>;
}

/// Makes the one jar that a session cluster takes.
#[async_trait]
pub trait JarMerger: Send + Sync {
    /// Merges jars in this order into one, with the runner first where a script is to run. The second call for
    /// the same jars finds the first one's file.
    /// `Refused` when one of them is gone or is no jar.
    async fn merge(&self, artifacts: &[PinnedArtifact], with_runner: bool) -> Result<SessionJar, PortError>;
    /// What merging them would leave out although it differs.
    async fn conflicts(&self, artifacts: &[PinnedArtifact]) -> Result<Vec<JarConflict>, PortError>;
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

/// What is needed to launch a local cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launch {
    /// Name of the cluster's folder: its id's hex digits.
    pub name: String,
    /// The distribution.
    pub flink_home: String,
    /// Java home.
    pub java_home: String,
    /// Version of the distribution.
    pub version: VersionNumber,
    /// TaskManagers.
    pub task_managers: u32,
    /// Slots of each.
    pub slots: u32,
    /// The port of an earlier life, to be used again if it is free.
    pub rest_port: Option<u16>,
    /// Configuration on top of ours.
    pub configuration: BTreeMap<String, String>,
    /// Jars on the class path of all its processes, beside the distribution's.
    pub jars: Vec<PathBuf>,
}

/// Runs local clusters: child processes that survive the server and are found again.
#[async_trait]
pub trait ClusterHost: Send + Sync {
    /// Starts what of the cluster does not run; answers the REST address. Safe to call again.
    async fn launch(&self, launch: &Launch) -> Result<String, PortError>;
    /// The cluster's processes, dead or alive; empty when it was never launched.
    async fn processes(&self, name: &str) -> Result<Vec<ProcessLook>, PortError>;
    /// Ends the cluster's processes and waits until they are gone. Safe to call again.
    async fn terminate(&self, name: &str) -> Result<(), PortError>;
    /// Removes the cluster's folder (logs, configuration); processes must be gone.
    async fn remove(&self, name: &str) -> Result<(), PortError>;
    /// The last bytes of the log of a process, also when it is dead: `jobmanager`, `taskmanager-1`.
    async fn log_tail(&self, name: &str, role: &str, max_bytes: usize) -> Result<String, PortError>;
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
