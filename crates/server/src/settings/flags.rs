//! The flags of the settings, made from the table.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command};

use super::table::{Kind, SETTINGS};
use super::{Given, Values};

/// What a command line says of settings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flags {
    /// The file.
    pub config: Option<PathBuf>,
    /// Settings by key.
    pub values: Values,
}

/// All settings as flags, for `serve` and `demo`.
#[derive(Debug, Clone, Default)]
pub struct ServeFlags(pub Flags);

/// Where data folder and database are, for the commands that work on them without a server.
#[derive(Debug, Clone, Default)]
pub struct PlaceFlags(pub Flags);

/// The keys of [`PlaceFlags`].
const PLACE: [&str; 2] = ["data", "database"];

fn augment(mut command: Command, takes: fn(&str) -> bool) -> Command {
    command = command.arg(
        Arg::new("config")
            .long("config")
            .value_name("FILE")
            .value_parser(clap::value_parser!(PathBuf))
            .help("File with settings; `streamwright settings` prints one with all of them [env: STREAMWRIGHT_CONFIG]"),
    );
    for setting in SETTINGS.iter().filter(|setting| takes(setting.key)) {
        let first = setting.doc.lines().next().unwrap_or_default();
        let default = if setting.kind == Kind::Number || (setting.kind == Kind::Text && setting.default.len() > 2) {
            format!(" [default: {}]", setting.default.trim_matches('"'))
        } else {
            String::new()
        };
        let mut argument = Arg::new(setting.key)
            .long(setting.flag)
            .help(format!("{first}{default} [env: {}]", setting.variable()));
        argument = if setting.kind == Kind::YesNo {
            argument.action(ArgAction::SetTrue)
        } else {
            argument.value_name(setting.value_name)
        };
        command = command.arg(argument);
    }
    command
}

fn read(matches: &ArgMatches, takes: fn(&str) -> bool) -> Flags {
    let mut values = Values::new();
    for setting in SETTINGS.iter().filter(|setting| takes(setting.key)) {
        let text = if setting.kind == Kind::YesNo {
            matches.get_flag(setting.key).then(|| "true".to_owned())
        } else {
            matches.get_one::<String>(setting.key).cloned()
        };
        if let Some(text) = text {
            let place = format!("--{}", setting.flag);
            values.insert(setting.key, Given { text, place });
        }
    }
    Flags {
        config: matches.get_one::<PathBuf>("config").cloned(),
        values,
    }
}

macro_rules! flags {
    ($name:ident, $takes:expr) => {
        impl clap::FromArgMatches for $name {
            fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
                Ok(Self(read(matches, $takes)))
            }

            fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
                self.0 = read(matches, $takes);
                Ok(())
            }
        }

        impl clap::Args for $name {
            fn augment_args(command: Command) -> Command {
                augment(command, $takes)
            }

            fn augment_args_for_update(command: Command) -> Command {
                augment(command, $takes)
            }
        }
    };
}

flags!(ServeFlags, |_| true);
flags!(PlaceFlags, |key| PLACE.contains(&key));
