//! `streamwright flink …`.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

use super::Format;
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
}

/// Where a distribution comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Origin {
    /// The official Python packages, through pip
    Pypi,
    /// The Apache archive's tarball, verified by SHA-512
    Archive,
}
