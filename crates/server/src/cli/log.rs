//! Which log: of a job's cluster or of a session cluster.

use clap::Args;

use super::Server;

/// Options of `job logs` and `cluster logs`.
#[derive(Debug, Args)]
pub struct LogChoice {
    /// `jobmanager`, or a TaskManager's id; in Kubernetes a pod's name
    #[arg(long, visible_alias = "pod")]
    pub process: Option<String>,
    /// File, where there are several
    #[arg(long)]
    pub file: Option<String>,
    /// The life of its container before the present one (Kubernetes)
    #[arg(long, conflicts_with = "file")]
    pub previous: bool,
    /// Go on with what comes, until its container ends (Kubernetes)
    #[arg(long, short = 'f')]
    pub follow: bool,
    /// List the logs that there are, with pods, their lives before, and what was kept
    #[arg(long, conflicts_with_all = ["process", "file", "previous", "follow"])]
    pub list: bool,
    /// How much of its end
    #[arg(long, default_value_t = 65_536)]
    pub bytes: u32,
    /// Where to.
    #[command(flatten)]
    pub server: Server,
}
