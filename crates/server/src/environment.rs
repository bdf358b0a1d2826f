//! The one place that reads the process's environment.

use domain::secret::Secret;

/// A variable that is set and not empty.
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
#[must_use]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Name of the variable with the key that secrets are sealed with.
pub const SECRET_KEY: &str = "STREAMWRIGHT_SECRET_KEY";

/// The key that secrets are sealed with, where it is not to be in the data folder.
#[must_use]
pub fn secret_key() -> Option<Secret> {
    variable(SECRET_KEY).map(Secret::new)
}

/// All variables whose name begins so, and that are not empty and text.
#[must_use]
pub fn variables(prefix: &str) -> Vec<(String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(name, value)| name.starts_with(prefix) && !value.is_empty())
        .collect()
}

/// This host's name, for people.
#[must_use]
pub fn host() -> String {
    nix::unistd::gethostname()
        .ok()
        .and_then(|name| name.into_string().ok())
        .unwrap_or_else(|| "this machine".to_owned())
}

/// Where data goes when nobody says: `$XDG_DATA_HOME/streamwright`.
#[must_use]
pub fn data_folder() -> Option<std::path::PathBuf> {
    let share = variable("XDG_DATA_HOME").map(std::path::PathBuf::from);
    share
        .or_else(|| variable("HOME").map(|home| std::path::PathBuf::from(home).join(".local/share")))
        .map(|folder| folder.join("streamwright"))
}
