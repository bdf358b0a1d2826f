//! `streamwright cluster …`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::job::{JarName, jar};
use super::log::LogChoice;
use super::{Server, Wait, key_value};

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
    /// List the Flink clusters in the namespace of a target, whoever made them
    Find {
        /// Target in Kubernetes, by name or id
        target: String,
        /// Where to.
        #[command(flatten)]
        server: Server,
    },
    /// Create a cluster and start it, if it is a local one; or take up one that somebody else made
    Create(Box<ClusterCreate>),
    /// Show, try or change how the address of a standalone cluster is spoken to; its secrets are never shown
    Connection(Box<ClusterConnection>),
    /// Say whether jobs may run on a cluster that somebody else made
    Access {
        /// Name or id
        cluster: String,
        /// Only look at it: no job is started there or taken over
        #[arg(long, required_unless_present = "jobs")]
        read_only: bool,
        /// Start jobs there, and take them over
        #[arg(long, conflicts_with = "read_only")]
        jobs: bool,
        /// Where to.
        #[command(flatten)]
        server: Server,
    },
    /// Show or change the jars of a local cluster; a change takes effect at its next start
    Jars {
        /// Name or id
        cluster: String,
        /// A jar on the class path of its processes and jobs, once for each: these and no others
        #[arg(long, value_name = "NAME[@VERSION]", value_parser = jar)]
        with: Vec<JarName>,
        /// Take all jars away
        #[arg(long, conflicts_with = "with")]
        without_jars: bool,
        /// Where to.
        #[command(flatten)]
        server: Server,
    },
    /// Start a local cluster's processes, or create a cluster's objects in Kubernetes
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
    /// End a local cluster's processes or delete its objects, and its jobs with them
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
    /// Print or follow a log of a cluster, or what was kept of its pods
    Logs {
        /// Name or id
        cluster: String,
        /// Which.
        #[command(flatten)]
        log: LogChoice,
    },
    /// Delete a stopped cluster; one that somebody else made is only forgotten
    Delete {
        /// Name or id
        cluster: String,
        /// Delete this Deployment in Kubernetes, too, although somebody else made it
        #[arg(long, value_name = "NAME")]
        deployment: Option<String>,
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
    /// Flink version of a local cluster, installed before, or of the image of a target
    #[arg(long, value_name = "VERSION", required_unless_present_any = ["rest_url", "deployment"])]
    pub flink: Option<String>,
    /// REST address of a standalone cluster instead
    #[arg(long, value_name = "URL", conflicts_with = "flink")]
    pub rest_url: Option<String>,
    /// Target in Kubernetes to make it in, by name or id
    #[arg(long, conflicts_with = "rest_url")]
    pub target: Option<String>,
    /// Deployment of the target's namespace that somebody else made, to take up instead of making one; it is only looked at first
    #[arg(long, value_name = "NAME", requires = "target", conflicts_with_all = ["flink", "slots", "configuration"])]
    pub deployment: Option<String>,
    /// TaskManagers
    #[arg(long)]
    pub task_managers: Option<u32>,
    /// Slots of each TaskManager
    #[arg(long)]
    pub slots: Option<u32>,
    /// Flink configuration
    #[arg(long = "config", value_name = "KEY=VALUE", value_parser = key_value)]
    pub configuration: Vec<(String, String)>,
    /// A jar on the class path of its processes and jobs; once for each
    #[arg(long, value_name = "NAME[@VERSION]", value_parser = jar)]
    pub with: Vec<JarName>,
    /// How the address of a standalone cluster is spoken to.
    #[command(flatten, next_help_heading = "How the REST address is spoken to")]
    pub connection: ConnectionFlags,
    /// Whether to wait.
    #[command(flatten)]
    pub wait: Wait,
    /// Where to.
    #[command(flatten)]
    pub server: Server,
}

/// Options of `cluster connection`.
#[derive(Debug, Args)]
pub struct ClusterConnection {
    /// Name or id
    pub cluster: String,
    /// What is to be used; what is not named stays as it is
    #[command(flatten)]
    pub connection: ConnectionFlags,
    /// Forget what is used now; what is named beside this is all there is
    #[arg(long)]
    pub reset: bool,
    /// Try it and say what the address answers; change nothing
    #[arg(long)]
    pub test: bool,
    /// Where to.
    #[command(flatten)]
    pub server: Server,
}

/// How the address of a standalone cluster is spoken to. Secrets come from files: arguments are seen by everybody on the machine.
#[derive(Debug, Args, Default)]
pub struct ConnectionFlags {
    /// Certificates of the authorities that are trusted instead of the public ones, PEM
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// Certificate to show to an address that asks for one, PEM
    #[arg(long, value_name = "FILE")]
    pub client_cert: Option<PathBuf>,
    /// Its private key, PEM without a passphrase; `-` reads standard input
    #[arg(long, value_name = "FILE", requires = "client_cert")]
    pub client_key: Option<PathBuf>,
    /// User of HTTP basic authentication
    #[arg(long, value_name = "NAME", conflicts_with = "header")]
    pub user: Option<String>,
    /// File with the password; `-` reads standard input
    #[arg(long, value_name = "FILE", requires = "user")]
    pub password_file: Option<PathBuf>,
    /// Header that is sent instead, such as Authorization
    #[arg(long, value_name = "NAME")]
    pub header: Option<String>,
    /// File with its value; `-` reads standard input
    #[arg(long, value_name = "FILE", requires = "header")]
    pub header_value_file: Option<PathBuf>,
}
