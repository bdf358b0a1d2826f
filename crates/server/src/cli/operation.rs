//! `streamwright operation …`.

use clap::Subcommand;

use super::{Server, Wait};

/// `operation …`
#[derive(Debug, Subcommand)]
pub enum OperationCommand {
    /// Show an operation with its steps
    Show {
        /// Its id
        operation: String,
        /// Whether to wait.
        #[command(flatten)]
        wait: Wait,
        /// Where to.
        #[command(flatten)]
        server: Server,
    },
    /// Stop waiting for an operation; what Flink was asked for goes on and is recorded
    Cancel {
        /// Its id
        operation: String,
        /// Where to.
        #[command(flatten)]
        server: Server,
    },
}
