//! `streamwright token …`.

use clap::Subcommand;

use super::{Role, Server};

/// `token …`
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// List your API tokens
    List {
        /// Where to.
        #[command(flatten)]
        server: Server,
    },
    /// Make a token for the team; prints it, once
    Create {
        /// What it is for
        name: String,
        /// The most that it may do in the team; default: your own role
        #[arg(long, conflicts_with = "all")]
        role: Option<Role>,
        /// A token with all your rights instead, in every team and for your account
        #[arg(long)]
        all: bool,
        /// Days until it ends by itself
        #[arg(long, default_value_t = 90)]
        days: u32,
        /// Where to.
        #[command(flatten)]
        server: Server,
    },
    /// Revoke a token
    Revoke {
        /// Its id
        token: String,
        /// Where to.
        #[command(flatten)]
        server: Server,
    },
}
