//! `streamwright flink …`.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

use super::Format;

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
