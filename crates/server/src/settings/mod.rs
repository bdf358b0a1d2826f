//! What the operator of a server decides. One table ([`table::SETTINGS`]) is the source of the commented default
//! file, of the names in the environment, of the flags and of the reading. A flag counts more than the environment,
//! the environment more than the file `streamwright.toml`, and the file more than the default.

mod file;
mod flags;
pub mod table;
mod typed;

pub use flags::{Flags, PlaceFlags, ServeFlags};
pub use typed::{Settings, Tls};

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::environment;
use crate::failure::Failure;

/// A value as it was given, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// The text; the parts of a list are joined by commas.
    pub text: String,
    /// For people: `streamwright.toml:12`, `STREAMWRIGHT_LISTEN`, `--listen`.
    pub place: String,
}

/// Values by the setting's key.
pub type Values = BTreeMap<&'static str, Given>;

/// Reads all settings for a command, and reports all that is wrong with them together.
///
/// # Errors
/// One line for each problem: where it is, what is wrong, what was expected.
pub fn read(flags: &Flags) -> Result<Settings, Failure> {
    let path = flags
        .config
        .clone()
        .or_else(|| environment::variable("STREAMWRIGHT_CONFIG").map(PathBuf::from));
    let file = path.as_deref().map(text_of).transpose()?;
    let (settings, problems) = combine(
        file.as_ref().map(|(path, text)| (path.as_path(), text.as_str())),
        &environment::variables("STREAMWRIGHT_"),
        &flags.values,
    );
    settings.ok_or_else(|| Failure::usage(format!("the settings cannot be used:\n{}", problems.join("\n"))))
}

fn text_of(path: &Path) -> Result<(PathBuf, String), Failure> {
    std::fs::read_to_string(path)
        .map(|text| (path.to_owned(), text))
        .map_err(|error| Failure::usage(format!("the settings {} cannot be read: {error}", path.display())))
}

/// The settings of a file, an environment and flags; none when there are problems.
pub fn combine(file: Option<(&Path, &str)>, environment: &[(String, String)], flags: &Values) -> (Option<Settings>, Vec<String>) {
    let mut problems = Vec::new();
    let mut values = Values::new();
    if let Some((path, text)) = file {
        let name = path
            .file_name()
            .map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned());
        values = file::read(&name, text, &mut problems);
    }
    for setting in table::SETTINGS {
        let variable = setting.variable();
        if let Some((_, text)) = environment.iter().find(|(name, _)| *name == variable) {
            let given = Given {
                text: text.clone(),
                place: variable,
            };
            values.insert(setting.key, given);
        }
    }
    values.extend(flags.clone());
    let settings = typed::settings(&values, &mut problems);
    (settings.filter(|_| problems.is_empty()), problems)
}

/// What is likely meant by a name that nobody knows.
pub(super) fn meant<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|one| (strsim::jaro_winkler(name, one), one))
        .filter(|(alike, _)| *alike > 0.8)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, one)| one)
}

#[cfg(test)]
mod tests;
