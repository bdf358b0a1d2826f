//! Which teams may use what belongs to the platform: the same for Flink versions and targets.

use clap::Args;

/// The teams of a grant.
#[derive(Debug, Args)]
pub struct GrantedTeams {
    /// Name or id of a team; once for each
    #[arg(long = "team", id = "teams", value_name = "TEAM", required_unless_present = "all_teams")]
    pub teams: Vec<String>,
    /// Nobody but the teams that are named here
    #[arg(long, requires = "teams")]
    pub only: bool,
    /// Every team, also those that come later
    #[arg(long, conflicts_with = "teams")]
    pub all_teams: bool,
}
