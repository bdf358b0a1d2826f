//! `streamwright flink …`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{Format, GrantedTeams, Platform};
use crate::settings::PlaceFlags;

/// `flink …`
#[derive(Debug, Subcommand)]
pub enum FlinkCommand {
    /// Install a version
    Install {
        /// For example 2.2.1
        version: String,
        /// Where.
        #[command(flatten)]
        place: PlaceFlags,
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
        /// Where.
        #[command(flatten)]
        place: PlaceFlags,
    },
    /// List the versions
    List {
        /// Where.
        #[command(flatten)]
        place: PlaceFlags,
        /// How to print
        #[arg(short, long, value_enum, default_value_t = Format::Text)]
        output: Format,
    },
    /// Let teams use a version, on a running server (platform admins)
    Grant(Grant),
    /// Take a version from teams, on a running server (platform admins)
    Revoke(Revoke),
}

/// Options of `flink grant`.
#[derive(Debug, Args)]
pub struct Grant {
    /// For example 2.2.1
    pub version: String,
    /// Who may use it.
    #[command(flatten)]
    pub to: GrantedTeams,
    /// Where to.
    #[command(flatten)]
    pub platform: Platform,
}

/// Options of `flink revoke`.
#[derive(Debug, Args)]
pub struct Revoke {
    /// For example 2.2.1
    pub version: String,
    /// Name or id of a team; once for each
    #[arg(long = "team", id = "teams", value_name = "TEAM", required = true)]
    pub teams: Vec<String>,
    /// Where to.
    #[command(flatten)]
    pub platform: Platform,
}

/// Where a distribution comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Origin {
    /// The official Python packages, through pip
    Pypi,
    /// The Apache archive's tarball, verified by SHA-512
    Archive,
}
