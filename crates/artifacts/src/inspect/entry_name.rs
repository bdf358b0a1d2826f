//! Names of entries: hostile until looked at.

use domain::ports::PortError;

use super::refused;

/// Longest name in bytes: what a path may have on Linux.
const LONGEST: usize = 4096;
/// Deepest path.
const DEEPEST: usize = 100;

/// The name of an entry, if unpacking it stays in its folder on every system.
pub fn checked(bytes: &[u8]) -> Result<String, PortError> {
    let name = String::from_utf8_lossy(bytes).into_owned();
    let shown = shown(&name);
    if name.is_empty() {
        return Err(refused("it has an entry without a name"));
    }
    if bytes.len() > LONGEST {
        return Err(refused(format!("the name of its entry '{shown}' has more than {LONGEST} bytes")));
    }
    if name.chars().any(char::is_control) {
        return Err(refused(format!("the name of its entry '{shown}' has control characters")));
    }
    let mut letters = name.chars();
    let drive = letters.next().is_some_and(|first| first.is_ascii_alphabetic()) && letters.next() == Some(':');
    if drive || name.starts_with(['/', '\\']) {
        return Err(refused(format!(
            "its entry '{shown}' has an absolute name and would be unpacked outside its folder"
        )));
    }
    let mut depth = 0;
    for part in name.split(['/', '\\']) {
        depth += 1;
        if part == ".." {
            return Err(refused(format!("its entry '{shown}' leads out of its folder (zip slip)")));
        }
    }
    if depth > DEEPEST {
        return Err(refused(format!("its entry '{shown}' lies deeper than {DEEPEST} folders")));
    }
    Ok(name)
}

/// A name that can be printed: shortened, without control characters.
pub fn shown(name: &str) -> String {
    name.chars()
        .take(120)
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect()
}
