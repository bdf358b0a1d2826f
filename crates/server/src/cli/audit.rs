//! `streamwright audit`.

use clap::Args;

use super::Server;

/// Options of `audit`.
#[derive(Debug, Args)]
pub struct Audit {
    /// Of the whole platform instead of the team (platform admins)
    #[arg(long)]
    pub all: bool,
    /// Only of this person: name or id
    #[arg(long)]
    pub user: Option<String>,
    /// Only about this noun, such as job
    #[arg(long)]
    pub noun: Option<String>,
    /// From this time on, such as 2026-11-22T00:00:00Z
    #[arg(long, value_name = "TIME")]
    pub from: Option<String>,
    /// Before this time
    #[arg(long, value_name = "TIME")]
    pub to: Option<String>,
    /// Most rows
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=500))]
    pub limit: u32,
    /// Where to.
    #[command(flatten)]
    pub server: Server,
}
