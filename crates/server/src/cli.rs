//! The command line: one binary for the server, for people and for CI.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// The control plane for Apache Flink.
#[derive(Debug, Parser)]
#[command(name = "streamwright", version, max_term_width = 100, after_help = EXIT_CODES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 done; 1 it was done and the answer is no (the check found errors, the operation \
failed); 2 the command line or a file is wrong; 3 the server, Java or Flink could not be reached or used; 4 the server refused.";

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the server with the console
    Serve(Serve),
    /// Run the server with a demo: Flink, a local cluster and three sample jobs
    Demo(Demo),
    /// Sign in to a server and keep a token for the next commands
    Login(Login),
    /// Session clusters
    #[command(subcommand)]
    Cluster(ClusterCommand),
    /// Jobs
    #[command(subcommand)]
    Job(JobCommand),
    /// Operations
    #[command(subcommand)]
    Operation(OperationCommand),
    /// Flink versions in a data folder; needs no server
    #[command(subcommand)]
    Flink(FlinkCommand),
    /// Check a SQL script with Flink's own planner; needs no server
    Check(Check),
    /// Look at this machine: Java, Python, disk, ports; needs no server
    Doctor(Doctor),
    /// Hold one process of a local cluster
    #[command(hide = true)]
    Hold {
        /// Its folder.
        dir: PathBuf,
    },
    /// Run a program with as few rights as the kernel lets us take away
    #[command(hide = true, trailing_var_arg = true)]
    Sandbox {
        /// Scratch folder, `--`, program, arguments.
        #[arg(allow_hyphen_values = true)]
        args: Vec<std::ffi::OsString>,
    },
}

/// Options of `serve`.
#[derive(Debug, Args, Clone)]
pub struct Serve {
    /// Folder of the database, Flink versions, local clusters and their state
    #[arg(long, env = "STREAMWRIGHT_DATA", value_name = "DIR")]
    pub data: PathBuf,
    /// Address to listen on
    #[arg(long, env = "STREAMWRIGHT_LISTEN", value_name = "ADDR", default_value = "127.0.0.1:8088")]
    pub listen: SocketAddr,
    /// Database instead of SQLite in the data folder: postgres://… or mysql://…
    #[arg(long, env = "STREAMWRIGHT_DATABASE", value_name = "URL", hide_env_values = true)]
    pub database: Option<String>,
    /// Address under which browsers reach the server, for links; default: the listening address
    #[arg(long, env = "STREAMWRIGHT_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,
    /// File with the password of the platform admin `admin`, set at every start
    #[arg(long, env = "STREAMWRIGHT_ADMIN_PASSWORD_FILE", value_name = "FILE")]
    pub admin_password_file: Option<PathBuf>,
    /// Log as JSON lines
    #[arg(long, env = "STREAMWRIGHT_LOG_JSON")]
    pub log_json: bool,
}

/// Options of `demo`.
#[derive(Debug, Args)]
pub struct Demo {
    /// The server.
    #[command(flatten)]
    pub serve: Serve,
    /// Flink version to install and run
    #[arg(long, default_value = "2.2.1")]
    pub flink: String,
    /// End the demo's cluster and remove its data folder
    #[arg(long)]
    pub clean: bool,
}

/// How a command reaches the server.
#[derive(Debug, Args, Clone)]
pub struct Server {
    /// Address of the server; default: where you signed in
    #[arg(long, env = "STREAMWRIGHT_SERVER", value_name = "URL", global = true)]
    pub server: Option<String>,
    /// Team; default: the one you signed in with
    #[arg(long, env = "STREAMWRIGHT_TEAM", global = true)]
    pub team: Option<String>,
    /// How to print: `text`, or `json` for the API's own bodies
    #[arg(short, long, value_enum, default_value_t = Format::Text, global = true)]
    pub output: Format,
}

/// How to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// Options of `login`.
#[derive(Debug, Args)]
pub struct Login {
    /// Address of the server [default: that of the link, else http://127.0.0.1:8088]
    #[arg(long, env = "STREAMWRIGHT_SERVER")]
    pub server: Option<String>,
    /// Name to sign in with
    #[arg(long, default_value = "admin")]
    pub name: String,
    /// File with the password; `-` reads it from standard input
    #[arg(long, value_name = "FILE", conflicts_with = "link")]
    pub password_file: Option<PathBuf>,
    /// The one-time link that the server printed
    #[arg(long)]
    pub link: Option<String>,
    /// Team for the next commands; default: your first one
    #[arg(long)]
    pub team: Option<String>,
}

/// Waiting for an operation.
#[derive(Debug, Args, Clone, Copy)]
pub struct Wait {
    /// Wait until it is done, showing its steps; exit code 1 when it failed
    #[arg(long)]
    pub wait: bool,
}

/// `cluster …`
#[derive(Debug, Subcommand)]
pub enum ClusterCommand {
    /// List the team's clusters
    List {
        /// Where to.
        #[command(flatten)]
        server: Server,
    },
    /// Show one cluster
    Show {
        /// Name or id
        cluster: String,
        /// Where to.
        #[command(flatten)]
        server: Server,
    },
    /// Create a cluster and start it, if it is a local one
    Create(ClusterCreate),
    /// Start a local cluster's processes
    Start {
        /// Name or id
        cluster: String,
        /// Whether to wait.
        #[command(flatten)]
        wait: Wait,
        /// Where to.
        #[command(flatten)]
        server: Server,
    },
    /// End a local cluster's processes, and its jobs with them
    Stop {
        /// Name or id
        cluster: String,
        /// Whether to wait.
        #[command(flatten)]
        wait: Wait,
        /// Where to.
        #[command(flatten)]
        server: Server,
    },
    /// Delete a stopped cluster
    Delete {
        /// Name or id
        cluster: String,
        /// Where to.
        #[command(flatten)]
        server: Server,
    },
}

/// Options of `cluster create`.
#[derive(Debug, Args)]
pub struct ClusterCreate {
    /// Name, unique in the team
    pub name: String,
    /// Flink version of a local cluster, installed before
    #[arg(long, value_name = "VERSION", required_unless_present = "rest_url")]
    pub flink: Option<String>,
    /// REST address of a standalone cluster instead
    #[arg(long, value_name = "URL", conflicts_with = "flink")]
    pub rest_url: Option<String>,
    /// TaskManagers
    #[arg(long)]
    pub task_managers: Option<u32>,
    /// Slots of each TaskManager
    #[arg(long)]
    pub slots: Option<u32>,
    /// Flink configuration
    #[arg(long = "config", value_name = "KEY=VALUE", value_parser = key_value)]
    pub configuration: Vec<(String, String)>,
    /// Whether to wait.
    #[command(flatten)]
    pub wait: Wait,
    /// Where to.
    #[command(flatten)]
    pub server: Server,
}

/// `job …`
#[derive(Debug, Subcommand)]
pub enum JobCommand {
    /// Create a SQL job with its first draft
    Create(JobCreate),
    /// Save a new draft of a job
    Edit(JobEdit),
    /// List the team's jobs
    List {
        /// Only names with this in them
        #[arg(long)]
        search: Option<String>,
        /// Where to.
        #[command(flatten)]
        server: Server,
    },
    /// Show a job with its state and the evidence for it
    Show(JobOnly),
    /// Make an immutable release of the draft
    Release {
        /// Name or id
        job: String,
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
        /// Name or id
        job: String,
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
        /// Name or id
        job: String,
        /// Whether to wait.
        #[command(flatten)]
        wait: Wait,
        /// Where to.
        #[command(flatten)]
        server: Server,
    },
    /// List a job's savepoints and checkpoints
    Snapshots(JobOnly),
    /// Print the end of a log of the job's cluster
    Logs {
        /// Name or id
        job: String,
        /// `jobmanager`, or a TaskManager's id
        #[arg(long)]
        process: Option<String>,
        /// File, where there are several
        #[arg(long)]
        file: Option<String>,
        /// How much of its end
        #[arg(long, default_value_t = 65_536)]
        bytes: u32,
        /// Where to.
        #[command(flatten)]
        server: Server,
    },
    /// Delete a job that does not run; the files of its savepoints stay
    Delete {
        /// Name or id
        job: String,
        /// Whether to wait.
        #[command(flatten)]
        wait: Wait,
        /// Where to.
        #[command(flatten)]
        server: Server,
    },
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
    /// Session cluster, by name or id
    #[arg(long)]
    pub cluster: Option<String>,
    /// Default parallelism
    #[arg(long)]
    pub parallelism: Option<u32>,
    /// Flink configuration of the job
    #[arg(long = "config", value_name = "KEY=VALUE", value_parser = key_value)]
    pub configuration: Vec<(String, String)>,
}

/// Options of `job start`.
#[derive(Debug, Args)]
pub struct JobStart {
    /// Name or id
    pub job: String,
    /// Release; default: the newest
    #[arg(long)]
    pub release: Option<i64>,
    /// State to start from: `none`, `latest`, a snapshot's id, or a path
    #[arg(long, default_value = "none", value_name = "STATE")]
    pub from: String,
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

/// `operation …`
#[derive(Debug, Subcommand)]
pub enum OperationCommand {
    /// Show an operation with its steps
    Show {
        /// Its id
        operation: String,
        /// Whether to wait.
        #[command(flatten)]
        wait: Wait,
        /// Where to.
        #[command(flatten)]
        server: Server,
    },
    /// Stop waiting for an operation; what Flink was asked for goes on and is recorded
    Cancel {
        /// Its id
        operation: String,
        /// Where to.
        #[command(flatten)]
        server: Server,
    },
}

/// `flink …`
#[derive(Debug, Subcommand)]
pub enum FlinkCommand {
    /// Install a version
    Install {
        /// For example 2.2.1
        version: String,
        /// Data folder
        #[arg(long, env = "STREAMWRIGHT_DATA", value_name = "DIR")]
        data: PathBuf,
        /// Where it comes from
        #[arg(long, value_enum, default_value_t = Origin::Pypi)]
        source: Origin,
        /// Another base address for `--source archive`
        #[arg(long, value_name = "URL")]
        base_url: Option<String>,
    },
    /// Add a distribution that is already on this machine
    Add {
        /// Its folder
        home: PathBuf,
        /// Data folder
        #[arg(long, env = "STREAMWRIGHT_DATA", value_name = "DIR")]
        data: PathBuf,
    },
    /// List the versions
    List {
        /// Data folder
        #[arg(long, env = "STREAMWRIGHT_DATA", value_name = "DIR")]
        data: PathBuf,
        /// How to print
        #[arg(short, long, value_enum, default_value_t = Format::Text)]
        output: Format,
    },
}

/// Where a distribution comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Origin {
    /// The official Python packages, through pip
    Pypi,
    /// The Apache archive's tarball, verified by SHA-512
    Archive,
}

/// Options of `check`.
#[derive(Debug, Args)]
pub struct Check {
    /// The script; `-` reads standard input
    pub file: PathBuf,
    /// Flink version whose planner judges, installed in the data folder
    #[arg(long, default_value = "2.2.1", value_name = "VERSION")]
    pub flink: String,
    /// A distribution on this machine instead
    #[arg(long, value_name = "DIR", conflicts_with = "flink")]
    pub flink_home: Option<PathBuf>,
    /// Data folder
    #[arg(long, env = "STREAMWRIGHT_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Flink configuration of the job
    #[arg(long = "config", value_name = "KEY=VALUE", value_parser = key_value)]
    pub configuration: Vec<(String, String)>,
    /// Syntax only
    #[arg(long)]
    pub parse_only: bool,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = Format::Text)]
    pub output: Format,
}

/// Options of `doctor`.
#[derive(Debug, Args)]
pub struct Doctor {
    /// Data folder
    #[arg(long, env = "STREAMWRIGHT_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Address that the server is to listen on
    #[arg(long, default_value = "127.0.0.1:8088", value_name = "ADDR")]
    pub listen: SocketAddr,
}

fn key_value(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("expected KEY=VALUE")?;
    if key.trim().is_empty() {
        return Err("the key is empty".to_owned());
    }
    Ok((key.trim().to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
