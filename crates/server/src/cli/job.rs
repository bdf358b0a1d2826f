//! `streamwright job …`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::log::LogChoice;
use super::{Server, Wait, key_value};

/// `job …`
#[derive(Debug, Subcommand)]
pub enum JobCommand {
    /// Create a job, a SQL script or the main class of a jar, with its first draft
    Create(JobCreate),
    /// Save a new draft of a job
    Edit(JobEdit),
    /// List the team's jobs
    List {
        /// Only names with this in them
        #[arg(long)]
        search: Option<String>,
        /// Only jobs with this label; several: with all of them
        #[arg(long = "label", value_name = "KEY=VALUE", value_parser = key_value)]
        labels: Vec<(String, String)>,
        /// Where to.
        #[command(flatten)]
        server: Server,
    },
    /// Show a job with its state and the evidence for it
    Show(JobOnly),
    /// Put labels on a job: `KEY=VALUE` sets one, `KEY-` removes one
    Label {
        /// Name or id
        job: String,
        /// What changes
        #[arg(required = true, value_name = "KEY=VALUE")]
        labels: Vec<String>,
        /// Where to.
        #[command(flatten)]
        server: Server,
    },
    /// Make an immutable release of the draft
    Release {
        /// Which.
        #[command(flatten)]
        jobs: Jobs,
        /// A line about it
        #[arg(long)]
        note: Option<String>,
        /// Release in spite of the errors that the check found
        #[arg(long)]
        override_errors: bool,
        /// Where to.
        #[command(flatten)]
        server: Server,
    },
    /// Start a release
    Start(JobStart),
    /// Stop the running release, then start one
    Restart {
        /// How the running release is stopped
        #[arg(long, value_enum, default_value_t = Stop::Savepoint)]
        stop: Stop,
        /// How to start.
        #[command(flatten)]
        start: JobStart,
    },
    /// Stop a job
    Stop {
        /// Which.
        #[command(flatten)]
        jobs: Jobs,
        /// How
        #[arg(long, value_enum, default_value_t = Stop::Savepoint)]
        mode: Stop,
        /// Whether to wait.
        #[command(flatten)]
        wait: Wait,
        /// Where to.
        #[command(flatten)]
        server: Server,
    },
    /// Take a savepoint of a running job
    Savepoint {
        /// Which.
        #[command(flatten)]
        jobs: Jobs,
        /// Whether to wait.
        #[command(flatten)]
        wait: Wait,
        /// Where to.
        #[command(flatten)]
        server: Server,
    },
    /// Take over a Flink job that somebody else started on the job's cluster
    Adopt {
        /// Name or id
        job: String,
        /// Id of the Flink job, 32 hexadecimal digits (`cluster show` lists them)
        flink_job_id: String,
        /// Release that it is taken for; default: the newest
        #[arg(long)]
        release: Option<i64>,
        /// Whether to wait.
        #[command(flatten)]
        wait: Wait,
        /// Where to.
        #[command(flatten)]
        server: Server,
    },
    /// Show or set how a job is kept running when it fails
    RestartPolicy(RestartPolicy),
    /// List a job's savepoints and checkpoints
    Snapshots(JobOnly),
    /// List a job's runs: when each was started and how it ended
    Runs(JobOnly),
    /// Print the objects that a start would create in Kubernetes, as YAML that kubectl takes
    Manifests {
        /// Name or id
        job: String,
        /// Release; default: the newest
        #[arg(long)]
        release: Option<i64>,
        /// What this run was made of instead
        #[arg(long, conflicts_with_all = ["release", "diff"])]
        run: Option<String>,
        /// Only what differs from the last run; exit code 1 where something does
        #[arg(long)]
        diff: bool,
        /// Where to.
        #[command(flatten)]
        server: Server,
    },
    /// Print what was kept of a run's end: why it ended, its exceptions, its logs
    Evidence {
        /// Name or id
        job: String,
        /// Run; default: the newest that has ended
        #[arg(long)]
        run: Option<String>,
        /// Print the kept log of this process: `jobmanager`, or a TaskManager's id
        #[arg(long)]
        log: Option<String>,
        /// Where to.
        #[command(flatten)]
        server: Server,
    },
    /// Print or follow a log of the job's cluster, or what was kept of it
    Logs {
        /// Name or id
        job: String,
        /// Which.
        #[command(flatten)]
        log: LogChoice,
    },
    /// Delete a job that does not run; the files of its savepoints stay
    Delete {
        /// Which.
        #[command(flatten)]
        jobs: Jobs,
        /// Whether to wait.
        #[command(flatten)]
        wait: Wait,
        /// Where to.
        #[command(flatten)]
        server: Server,
    },
}

/// One job, or all that have labels.
#[derive(Debug, Args)]
pub struct Jobs {
    /// Name or id
    #[arg(required_unless_present = "labels")]
    pub job: Option<String>,
    /// All jobs with this label instead; several: with all of them
    #[arg(long = "label", id = "labels", value_name = "KEY=VALUE", value_parser = key_value, conflicts_with = "job")]
    pub labels: Vec<(String, String)>,
    /// Only say what would be asked of which job
    #[arg(long)]
    pub dry_run: bool,
}

/// A job and nothing else.
#[derive(Debug, Args)]
pub struct JobOnly {
    /// Name or id
    pub job: String,
    /// Where to.
    #[command(flatten)]
    pub server: Server,
}

/// Options of `job create`.
#[derive(Debug, Args)]
pub struct JobCreate {
    /// Name, unique in the team
    pub name: String,
    /// What is in the draft.
    #[command(flatten)]
    pub spec: Spec,
    /// One line about it
    #[arg(long)]
    pub description: Option<String>,
    /// Words to find it by
    #[arg(long = "label", value_name = "KEY=VALUE", value_parser = key_value)]
    pub labels: Vec<(String, String)>,
    /// Where to.
    #[command(flatten)]
    pub server: Server,
}

/// Options of `job edit`.
#[derive(Debug, Args)]
pub struct JobEdit {
    /// Name or id
    pub job: String,
    /// What changes; the rest stays.
    #[command(flatten)]
    pub spec: Spec,
    /// Revision that you have read; without it the newest is taken
    #[arg(long)]
    pub revision: Option<i64>,
    /// Where to.
    #[command(flatten)]
    pub server: Server,
}

/// The content of a draft.
#[derive(Debug, Args)]
pub struct Spec {
    /// File with the SQL script; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    pub sql: Option<PathBuf>,
    /// Artifact whose main class runs, instead of a script; without a version the newest at each release. Of an application
    /// also a file of its image or of a mount: `local:///path/to/program.jar`
    #[arg(long, value_name = "NAME[@VERSION]|URI", value_parser = program, conflicts_with = "sql")]
    pub jar: Option<ProgramName>,
    /// Main class of the jar; without it the one that its manifest names
    #[arg(long, value_name = "CLASS", conflicts_with = "sql")]
    pub entry_class: Option<String>,
    /// An argument of the main class, taken as it is; once for each
    #[arg(long = "arg", value_name = "ARGUMENT", allow_hyphen_values = true, conflicts_with = "sql")]
    pub args: Vec<String>,
    /// A connector, function or library on the job's class path; once for each, in order
    #[arg(long, value_name = "NAME[@VERSION]", value_parser = jar)]
    pub with: Vec<JarName>,
    /// Take all such jars away
    #[arg(long, conflicts_with = "with")]
    pub without_jars: bool,
    /// Session cluster, by name or id
    #[arg(long)]
    pub cluster: Option<String>,
    /// Target in Kubernetes where each run has a cluster of its own, by name or id
    #[arg(long, conflicts_with = "cluster")]
    pub target: Option<String>,
    /// Flink version of such a cluster
    #[arg(long, value_name = "VERSION", conflicts_with = "cluster")]
    pub flink: Option<String>,
    /// File with a pod template of such a cluster's JobManager, YAML, over the target's; '' takes it away
    #[arg(long, value_name = "FILE", value_parser = file_or_none, conflicts_with = "cluster")]
    pub job_manager_template: Option<PathBuf>,
    /// File with a pod template of its TaskManagers, YAML, over the target's; '' takes it away
    #[arg(long, value_name = "FILE", value_parser = file_or_none, conflicts_with = "cluster")]
    pub task_manager_template: Option<PathBuf>,
    /// Default parallelism
    #[arg(long)]
    pub parallelism: Option<u32>,
    /// Flink configuration of the job
    #[arg(long = "config", value_name = "KEY=VALUE", value_parser = key_value)]
    pub configuration: Vec<(String, String)>,
}

/// An artifact by its name, with its version behind an `@` where a certain one is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JarName {
    /// The name.
    pub name: String,
    /// The version; unset means the newest.
    pub version: Option<i64>,
}

impl JarName {
    /// As the API takes it.
    #[must_use]
    pub fn body(&self) -> serde_json::Value {
        match self.version {
            Some(version) => serde_json::json!({ "name": self.name, "version": version }),
            None => serde_json::json!({ "name": self.name }),
        }
    }
}

/// Reads a path; an empty one, which takes away what is there, is one, too.
#[allow(clippy::unnecessary_wraps, reason = "the command line asks so")]
pub(super) fn file_or_none(text: &str) -> Result<PathBuf, String> {
    Ok(PathBuf::from(text))
}

/// The jar of a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProgramName {
    /// An artifact.
    Artifact(JarName),
    /// A URI, for the server to judge.
    Uri(String),
}

/// Reads a jar's name, or a URI: no name of an artifact has a '/'.
fn program(text: &str) -> Result<ProgramName, String> {
    if text.contains(":/") {
        return Ok(ProgramName::Uri(text.to_owned()));
    }
    jar(text).map(ProgramName::Artifact)
}

/// Reads `NAME` or `NAME@VERSION`; an `@` without a number behind it belongs to the name.
pub(super) fn jar(text: &str) -> Result<JarName, String> {
    let parts = text
        .rsplit_once('@')
        .and_then(|(name, version)| Some((name, version.parse::<i64>().ok()?)));
    let (name, version) = parts.map_or((text, None), |(name, version)| (name, Some(version)));
    match (name, version) {
        ("", _) => Err("the name is empty".to_owned()),
        (_, Some(version)) if version < 1 => Err("versions begin with 1".to_owned()),
        _ => Ok(JarName {
            name: name.to_owned(),
            version,
        }),
    }
}

/// Options of `job start`.
#[derive(Debug, Args)]
pub struct JobStart {
    /// Which.
    #[command(flatten)]
    pub jobs: Jobs,
    /// Release; default: the newest
    #[arg(long)]
    pub release: Option<i64>,
    /// State to start from: `none`, `latest`, a snapshot's id, or a path; default: the newest snapshot, where the job has one
    #[arg(long, value_name = "STATE")]
    pub from: Option<String>,
    /// Start even where state of the snapshot has no operator any more
    #[arg(long)]
    pub allow_non_restored_state: bool,
    /// Let Flink own the snapshot and delete it when it is not needed any more
    #[arg(long)]
    pub claim: bool,
    /// Parallelism of this run
    #[arg(long)]
    pub parallelism: Option<u32>,
    /// Whether to wait.
    #[command(flatten)]
    pub wait: Wait,
    /// Where to.
    #[command(flatten)]
    pub server: Server,
}

/// Options of `job restart-policy`: without any it is shown; what is not given stays as it is.
#[derive(Debug, Args)]
pub struct RestartPolicy {
    /// Name or id
    pub job: String,
    /// After which ends it is restarted
    #[arg(long, value_enum)]
    pub when: Option<RestartWhen>,
    /// Restarts within the window before it is given up
    #[arg(long)]
    pub limit: Option<u32>,
    /// How long failures are counted, in seconds
    #[arg(long, value_name = "SECONDS")]
    pub window: Option<u32>,
    /// Before the first restart, in seconds
    #[arg(long, value_name = "SECONDS")]
    pub initial_delay: Option<u32>,
    /// Each delay is so many times the one before
    #[arg(long)]
    pub factor: Option<u32>,
    /// The longest delay, in seconds
    #[arg(long, value_name = "SECONDS")]
    pub maximum_delay: Option<u32>,
    /// Each delay is up to so many percent longer or shorter
    #[arg(long, value_name = "PERCENT")]
    pub jitter: Option<u32>,
    /// State to go on from: `latest` or `none`
    #[arg(long, value_parser = ["latest", "none"])]
    pub state: Option<String>,
    /// Where to.
    #[command(flatten)]
    pub server: Server,
}

/// After which ends a job is restarted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RestartWhen {
    /// After none
    Never,
    /// After a failure
    Failed,
    /// After a failure, and when nobody knows how it ended
    FailedOrLost,
}

impl RestartWhen {
    /// The API's word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Failed => "failed",
            Self::FailedOrLost => "failed_or_lost",
        }
    }
}

/// How to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Stop {
    /// Savepoint, then stop
    Savepoint,
    /// Flush all event time, savepoint, then stop: for good
    Drain,
    /// Cancel without a savepoint
    Cancel,
}

impl Stop {
    /// The API's word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Savepoint => "savepoint",
            Self::Drain => "drain",
            Self::Cancel => "cancel",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_stand_behind_the_last_at_sign() {
        let read = |text: &str| jar(text).map(|found| (found.name, found.version));
        let named = |name: &str, version| Ok((name.to_owned(), version));
        assert_eq!(read("kafka"), named("kafka", None));
        assert_eq!(read("kafka@3"), named("kafka", Some(3)));
        assert_eq!(read("a@b@12"), named("a@b", Some(12)));
        assert_eq!(read("a@b"), named("a@b", None));
        assert!(read("").is_err() && read("@3").is_err() && read("a@0").is_err());
    }
}
