//! Commands on a server's database and data folder, and on its settings.

use std::path::PathBuf;

use clap::Args;

use crate::settings::{PlaceFlags, ServeFlags};

/// Options of `migrate`.
#[derive(Debug, Args)]
pub struct Migrate {
    /// Where.
    #[command(flatten)]
    pub place: PlaceFlags,
    /// Say what there is to do, and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Options of `backup`.
#[derive(Debug, Args)]
pub struct Backup {
    /// The file to write; it must not be there yet
    pub file: PathBuf,
    /// Where.
    #[command(flatten)]
    pub place: PlaceFlags,
}

/// Options of `restore`.
#[derive(Debug, Args)]
pub struct Restore {
    /// A file that `backup` wrote
    pub file: PathBuf,
    /// Where.
    #[command(flatten)]
    pub place: PlaceFlags,
    /// Remove what is there; without it, only an empty place is filled
    #[arg(long)]
    pub replace: bool,
    /// Read the whole file and say whether it is right; change nothing
    #[arg(long, conflicts_with = "replace")]
    pub check: bool,
}

/// Options of `move-database`.
#[derive(Debug, Args)]
pub struct MoveDatabase {
    /// Address of the new database: postgres://…, mysql://… or sqlite:///…
    #[arg(long, env = "STREAMWRIGHT_TO_DATABASE", value_name = "URL", hide_env_values = true)]
    pub to: String,
    /// Where.
    #[command(flatten)]
    pub place: PlaceFlags,
    /// Remove what is in the new database; without it, it has to be empty
    #[arg(long)]
    pub replace: bool,
}

/// Options of `settings`.
#[derive(Debug, Args)]
pub struct SettingsCommand {
    /// Check the settings of --config, the environment and the flags, instead of printing the default file
    #[arg(long)]
    pub check: bool,
    /// The settings.
    #[command(flatten)]
    pub settings: ServeFlags,
}
