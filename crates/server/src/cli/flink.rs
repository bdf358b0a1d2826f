//! `streamwright flink …`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{Format, Platform};
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
    /// Name or id of a team; once for each
    #[arg(long = "team", id = "teams", value_name = "TEAM", required_unless_present = "all_teams")]
    pub teams: Vec<String>,
    /// Nobody but the teams that are named here
    #[arg(long, requires = "teams")]
    pub only: bool,
    /// Every team, also those that come later
    #[arg(long, conflicts_with = "teams")]
    pub all_teams: bool,
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
