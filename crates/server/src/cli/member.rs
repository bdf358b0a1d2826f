//! `streamwright member …`.

use clap::{Subcommand, ValueEnum};

use super::Server;

/// A role of a team.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Role {
    /// Looks at everything.
    Viewer,
    /// Starts and stops.
    Operator,
    /// Writes and releases.
    Developer,
    /// Changes members.
    TeamAdmin,
}

impl Role {
    /// The word of the API.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Developer => "developer",
            Self::TeamAdmin => "team_admin",
        }
    }
}

/// `member …`
#[derive(Debug, Subcommand)]
pub enum MemberCommand {
    /// List the team's members
    List {
        /// Where to.
        #[command(flatten)]
        server: Server,
    },
    /// Change a member's role; a platform admin also takes somebody in
    Set {
        /// Name or id of the user
        user: String,
        /// The role
        role: Role,
        /// Where to.
        #[command(flatten)]
        server: Server,
    },
    /// Take somebody out of the team
    Remove {
        /// Name or id of the user
        user: String,
        /// Where to.
        #[command(flatten)]
        server: Server,
    },
}
