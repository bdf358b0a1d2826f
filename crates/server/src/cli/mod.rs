//! The command line: one binary for the server, for people and for CI.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

mod apply;
mod artifact;
mod audit;
mod cluster;
mod flink;
mod grant;
mod invitation;
mod job;
mod log;
mod member;
mod message;
mod operation;
mod place;
mod port_forward;
mod target;
mod team;
mod token;
mod user;
mod variable;

pub use apply::*;
pub use artifact::*;
pub use audit::*;
pub use cluster::*;
pub use flink::*;
pub use grant::*;
pub use invitation::*;
pub use job::*;
pub use log::*;
pub use member::*;
pub use message::*;
pub use operation::*;
pub use place::*;
pub use port_forward::*;
pub use target::*;

use crate::settings::ServeFlags;
pub use team::*;
pub use token::*;
pub use user::*;
pub use variable::*;

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
    Job(Box<JobCommand>),
    /// Open Flink's web UI of a job or cluster at an address of this machine, through the server
    PortForward(PortForward),
    /// Artifacts: jars, Python files, archives
    #[command(subcommand)]
    Artifact(ArtifactCommand),
    /// Operations
    #[command(subcommand)]
    Operation(OperationCommand),
    /// Messages about jobs in trouble
    #[command(subcommand)]
    Message(MessageCommand),
    /// Variables and secrets of the team
    #[command(subcommand)]
    Variable(VariableCommand),
    /// Bring jobs, clusters, artifacts and targets to what files say of them; nothing is deleted or interrupted
    Apply(Apply),
    /// Write jobs as files that `apply` reads
    Export(Export),
    /// Print the JSON Schema of the files that `apply` reads, for editors; needs no server
    Schema,
    /// Accounts (platform admins)
    #[command(subcommand)]
    User(UserCommand),
    /// Teams
    #[command(subcommand)]
    Team(TeamCommand),
    /// Members of the team and their roles
    #[command(subcommand)]
    Member(MemberCommand),
    /// Invitations into the team by one-time link
    #[command(subcommand)]
    Invitation(InvitationCommand),
    /// API tokens
    #[command(subcommand)]
    Token(TokenCommand),
    /// What was done, by whom and from where
    Audit(Audit),
    /// Flink versions in a data folder, without a server; and which teams may use them
    #[command(subcommand)]
    Flink(FlinkCommand),
    /// Targets: namespaces of Kubernetes clusters where teams run Flink (platform admins)
    #[command(subcommand)]
    Target(TargetCommand),
    /// Check a SQL script with Flink's own planner; needs no server
    Check(Check),
    /// Look at this machine: Java, git, Python, disk, port, database, clock; needs no server
    Doctor(Doctor),
    /// Bring the database's schema up to date, or see what there is to do
    Migrate(Migrate),
    /// Write database and artifacts into one file, also while the server is running
    Backup(Backup),
    /// Fill a data folder and a database from a backup, while no server is running
    Restore(Restore),
    /// Move everything into another database, while no server is running
    MoveDatabase(MoveDatabase),
    /// Print a settings file with everything there is, or check one
    Settings(SettingsCommand),
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
    /// The settings.
    #[command(flatten)]
    pub settings: ServeFlags,
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

/// How a command that is about no team reaches the server.
#[derive(Debug, Args, Clone)]
pub struct Platform {
    /// Address of the server; default: where you signed in
    #[arg(long, env = "STREAMWRIGHT_SERVER", value_name = "URL")]
    pub server: Option<String>,
    /// How to print: `text`, or `json` for the API's own bodies
    #[arg(short, long, value_enum, default_value_t = Format::Text)]
    pub output: Format,
}

impl From<Platform> for Server {
    fn from(platform: Platform) -> Self {
        Self {
            server: platform.server,
            team: None,
            output: platform.output,
        }
    }
}

/// How to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people; `yaml` where that is what they read.
    #[value(alias = "yaml")]
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
    /// A jar on the job's class path: connector, function, library; once for each, in order
    #[arg(long = "jar", value_name = "FILE")]
    pub jars: Vec<PathBuf>,
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
    /// The settings that the server is to have.
    #[command(flatten)]
    pub settings: ServeFlags,
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
