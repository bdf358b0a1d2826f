//! The binary `streamwright`: the server with its console, and the command line for people and CI.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod admin;
mod archive;
mod backup;
mod check;
mod cli;
mod console;
mod demo;
mod doctor;
mod embedded;
mod environment;
mod failure;
mod flink;
mod listener;
mod messenger;
mod migrate;
mod move_database;
mod outbound;
mod place;
mod rbac;
mod remote;
mod serve;
mod settings;
mod settings_command;
mod wiring;

use clap::Parser;
use cli::{Cli, Command};
use failure::Failure;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let command = Cli::parse().command;
    // These two become other programs and must not have threads before.
    let ended = match command {
        Command::Hold { dir } => std::process::exit(::flink::local::hold(&dir)),
        Command::Sandbox { args } => Err(Failure::unavailable(sql::sandbox::run(&args).to_string())),
        command => run(command),
    };
    if let Err(failure) = ended {
        if !failure.message.is_empty() {
            eprintln!("streamwright: {failure}");
        }
        std::process::exit(failure.code);
    }
}

fn run(command: Command) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::unavailable(format!("no threads could be started: {error}")))?;
    runtime.block_on(async {
        match command {
            Command::Serve(options) => serve::run(options).await,
            Command::Demo(options) => demo::run(options).await,
            Command::Login(login) => remote::login::run(login).await,
            Command::Artifact(command) => remote::artifact::run(command).await,
            Command::Cluster(command) => remote::cluster::run(command).await,
            Command::Job(command) => remote::job::run(*command).await,
            Command::Operation(command) => remote::operation::run(command).await,
            Command::Message(command) => remote::message::run(command).await,
            Command::Apply(apply) => remote::apply::run(apply).await,
            Command::Export(export) => remote::export::run(export).await,
            Command::Schema => {
                println!("{:#}", files::schema::json_schema());
                Ok(())
            }
            Command::User(command) => remote::user::run(command).await,
            Command::Team(command) => remote::team::run(command).await,
            Command::Member(command) => remote::member::run(command).await,
            Command::Invitation(command) => remote::invitation::run(command).await,
            Command::Token(command) => remote::token::run(command).await,
            Command::Variable(command) => remote::variable::run(command).await,
            Command::Audit(audit) => remote::audit::run(audit).await,
            Command::Flink(command) => flink::run(command).await,
            Command::Target(command) => remote::target::run(command).await,
            Command::PortForward(asked) => remote::port_forward::run(asked).await,
            Command::Check(check) => check::run(check).await,
            Command::Doctor(doctor) => doctor::run(doctor).await,
            Command::Migrate(migrate) => migrate::run(migrate).await,
            Command::Backup(backup) => backup::run(backup).await,
            Command::Restore(restore) => backup::restore(restore).await,
            Command::MoveDatabase(options) => move_database::run(options).await,
            Command::Settings(command) => settings_command::run(&command),
            Command::Hold { .. } | Command::Sandbox { .. } => Ok(()),
        }
    })
}
