//! `streamwright settings`: the commented default file, or whether a file can be used.

use crate::cli::SettingsCommand;
use crate::failure::Failure;
use crate::settings::{self, table};

/// Runs `settings`.
///
/// # Errors
/// All that is wrong with the settings, with `--check`.
pub fn run(command: &SettingsCommand) -> Result<(), Failure> {
    if command.check {
        let settings = settings::read(&command.settings.0)?;
        println!("The settings can be used: {} on {}", settings.data.display(), settings.listen);
    } else {
        print!("{}", table::default_file());
    }
    Ok(())
}
