//! `streamwright cluster …`.

use clap::{Args, Subcommand};

use super::job::{JarName, jar};
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
    /// A jar on the class path of its processes and jobs; once for each
    #[arg(long, value_name = "NAME[@VERSION]", value_parser = jar)]
    pub with: Vec<JarName>,
    /// Whether to wait.
    #[command(flatten)]
    pub wait: Wait,
    /// Where to.
    #[command(flatten)]
    pub server: Server,
}
