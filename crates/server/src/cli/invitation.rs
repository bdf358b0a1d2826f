//! `streamwright invitation …`.

use clap::Subcommand;

use super::{Role, Server};

/// `invitation …`: for admins of the team.
#[derive(Debug, Subcommand)]
pub enum InvitationCommand {
    /// List the open invitations
    List {
        /// Where to.
        #[command(flatten)]
        server: Server,
    },
    /// Invite somebody into the team; prints a one-time link
    Create {
        /// The role that it gives
        role: Role,
        /// Whom it is meant for
        #[arg(long, default_value = "")]
        note: String,
        /// Hours for which it can be used, 1 to 720
        #[arg(long, default_value_t = 72)]
        hours: u32,
        /// Where to.
        #[command(flatten)]
        server: Server,
    },
    /// Revoke an open invitation
    Revoke {
        /// Its id
        invitation: String,
        /// Where to.
        #[command(flatten)]
        server: Server,
    },
}
