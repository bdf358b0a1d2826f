//! `streamwright team …`.

use clap::Subcommand;

use super::Server;

/// `team …`
#[derive(Debug, Subcommand)]
pub enum TeamCommand {
    /// List your teams
    List {
        /// Where to.
        #[command(flatten)]
        server: Server,
    },
    /// Make a team (platform admins)
    Create {
        /// Name, unique
        name: String,
        /// Where to.
        #[command(flatten)]
        server: Server,
    },
    /// Close a team to its members; what runs goes on (platform admins)
    Disable {
        /// Name or id
        name: String,
        /// Where to.
        #[command(flatten)]
        server: Server,
    },
    /// Open a closed team again (platform admins)
    Enable {
        /// Name or id
        name: String,
        /// Where to.
        #[command(flatten)]
        server: Server,
    },
}
