//! `streamwright user …`.

use clap::Subcommand;

use super::Server;

/// `user …`: for platform admins.
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// List the accounts
    List {
        /// Only names that contain this text
        #[arg(long)]
        search: Option<String>,
        /// Where to.
        #[command(flatten)]
        server: Server,
    },
    /// Make an account; prints a one-time link for its person
    Create {
        /// Sign-in name
        name: String,
        /// May do everything in every team
        #[arg(long)]
        platform_admin: bool,
        /// Where to.
        #[command(flatten)]
        server: Server,
    },
    /// Print a new one-time link for somebody who cannot sign in
    Link {
        /// Name or id
        user: String,
        /// Where to.
        #[command(flatten)]
        server: Server,
    },
    /// Close an account; its sessions, tokens and open invitations end at once
    Disable {
        /// Name or id
        user: String,
        /// Where to.
        #[command(flatten)]
        server: Server,
    },
    /// Open a closed account again
    Enable {
        /// Name or id
        user: String,
        /// Where to.
        #[command(flatten)]
        server: Server,
    },
    /// Make somebody a platform admin
    Promote {
        /// Name or id
        user: String,
        /// Where to.
        #[command(flatten)]
        server: Server,
    },
    /// Make somebody no longer a platform admin
    Demote {
        /// Name or id
        user: String,
        /// Where to.
        #[command(flatten)]
        server: Server,
    },
}
