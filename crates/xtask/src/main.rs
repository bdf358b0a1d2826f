//! Repository rules as code: `cargo xtask lint` checks what the compiler cannot see. Which crate may use
//! which, what documents name, how long files are, which names and texts must not appear.
//! Each rule is a function from the repository's files to complaints; `make lint` runs them all.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod arrows;
mod documents;
mod files;
mod licences;
mod reference;
mod sources;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::files::Repository;

/// What is wrong: where, and what to do.
pub(crate) type Complaints = Vec<String>;

/// Repository rules as code.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Checks the rules that the compiler cannot see.
    Lint,
    /// Prints the licences of everything that the binary holds.
    Licences,
    /// Writes the API reference anew.
    Reference,
}

fn main() -> anyhow::Result<ExitCode> {
    match Arguments::parse().command {
        Command::Lint => lint(),
        Command::Licences => {
            print!("{}", licences::document(&Repository::open()?.root)?);
            Ok(ExitCode::SUCCESS)
        }
        Command::Reference => {
            reference::write(&Repository::open()?)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn lint() -> anyhow::Result<ExitCode> {
    let repository = Repository::open()?;
    let rules: [(&str, Complaints); 4] = [
        ("arrows", arrows::check(&repository)?),
        ("documents", documents::check(&repository)),
        ("reference", reference::check(&repository)?),
        ("sources", sources::check(&repository)),
    ];
    for (rule, complaints) in &rules {
        for complaint in complaints {
            println!("{rule}: {complaint}");
        }
    }
    for note in sources::notes(&repository) {
        println!("note: {note}");
    }
    let count: usize = rules.iter().map(|(_, complaints)| complaints.len()).sum();
    if count > 0 {
        println!("{count} complaints");
        return Ok(ExitCode::FAILURE);
    }
    println!("{} files keep the rules", repository.files.len());
    Ok(ExitCode::SUCCESS)
}
