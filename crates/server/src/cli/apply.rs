//! `streamwright apply` and `streamwright export`: jobs as files.

use std::path::PathBuf;

use clap::Args;

use super::{Server, key_value};

/// Options of `apply`.
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub struct Apply {
    /// Files or folders; `-` reads standard input
    #[arg(short, long = "file", required = true, num_args = 1.., value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Also the folders below
    #[arg(short = 'R', long)]
    pub recursive: bool,
    /// Only say what would be done
    #[arg(long)]
    pub dry_run: bool,
    /// The same, and exit code 1 where anything would be done
    #[arg(long)]
    pub diff: bool,
    /// Save drafts and release nothing
    #[arg(long)]
    pub no_release: bool,
    /// Replace running jobs by their newest release, with a savepoint in between
    #[arg(long)]
    pub roll_out: bool,
    /// Stop, with a savepoint, running jobs that say `running: false`
    #[arg(long)]
    pub stop: bool,
    /// Release in spite of the errors that the check found
    #[arg(long)]
    pub override_errors: bool,
    /// Files may name other files outside of the folder that was given
    #[arg(long)]
    pub allow_outside: bool,
    /// Wait until what was started, replaced or stopped is done
    #[arg(long)]
    pub wait: bool,
    /// Where to.
    #[command(flatten)]
    pub server: Server,
}

/// Options of `export`.
#[derive(Debug, Args)]
pub struct Export {
    /// Names or ids of jobs
    #[arg(required_unless_present_any = ["labels", "all", "targets"])]
    pub jobs: Vec<String>,
    /// Jobs with this label; several: with all of them
    #[arg(long = "label", id = "labels", value_name = "KEY=VALUE", value_parser = key_value, conflicts_with = "jobs")]
    pub labels: Vec<(String, String)>,
    /// All clusters and jobs of the team
    #[arg(long, conflicts_with_all = ["jobs", "labels"])]
    pub all: bool,
    /// All targets of the platform, without the kubeconfigs that were sent (platform admins)
    #[arg(long, conflicts_with_all = ["jobs", "labels", "all"])]
    pub targets: bool,
    /// Write a file for each, and long scripts into files of their own, instead of standard output
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// Where to.
    #[command(flatten)]
    pub server: Server,
}
