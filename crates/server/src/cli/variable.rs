//! `streamwright variable …`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Server;

/// `variable …`
#[derive(Debug, Subcommand)]
pub enum VariableCommand {
    /// List those of the team with the jobs that use them; values of secrets are never shown
    List {
        /// Where to.
        #[command(flatten)]
        server: Server,
    },
    /// Make a variable or give it another value; says which jobs need a new release or a restart
    Set(Box<VariableSet>),
    /// Delete one that no draft and no current release uses
    Delete {
        /// Name
        name: String,
        /// Where to.
        #[command(flatten)]
        server: Server,
    },
}

/// Options of `variable set`.
#[derive(Debug, Args)]
pub struct VariableSet {
    /// Name: a letter, then letters, digits, `_`, `.` and `-`
    pub name: String,
    /// The value of a plain variable; other users of this machine can see what stands on a command line
    #[arg(long, conflicts_with_all = ["value_file", "secret"])]
    pub value: Option<String>,
    /// File with the value, without its last line end; `-`, which is the default, reads standard input
    #[arg(long, value_name = "FILE")]
    pub value_file: Option<PathBuf>,
    /// Keep the value a secret: sealed in the database, never shown again
    #[arg(long)]
    pub secret: bool,
    /// One line about it
    #[arg(long)]
    pub description: Option<String>,
    /// Where to.
    #[command(flatten)]
    pub server: Server,
}
