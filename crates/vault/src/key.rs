//! The key of an installation: from the environment, or a file beside the data that only its owner reads, made at the
//! first start.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use aws_lc_rs::rand;

/// Length of a key in bytes.
pub const KEY_BYTES: usize = 32;

/// A key. `Debug` hides it.
#[derive(Clone)]
pub struct Key([u8; KEY_BYTES]);

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Not a key.
    #[error("{0} is not a key: expected 64 hexadecimal digits, as 'openssl rand -hex 32' prints them")]
    NotAKey(String),
    /// Others can read it.
    #[error("{path} can be read by others than its owner (mode {mode:o}): run 'chmod 600 {path}'")]
    Open {
        /// The file.
        path: String,
        /// Its permission bits.
        mode: u32,
    },
    /// The file cannot be read or made.
    #[error("{path}: {error}")]
    File {
        /// The file.
        path: String,
        /// What the system says.
        error: std::io::Error,
    },
    /// The system gave no random numbers.
    #[error("the system gave no random numbers for a new key")]
    NoRandom,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

impl Key {
    /// A key from its bytes.
    #[must_use]
    pub const fn of(bytes: [u8; KEY_BYTES]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub(crate) const fn bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }

    /// A key as text; `from` says in an error where the text is from.
    ///
    /// # Errors
    /// When it is not 64 hexadecimal digits.
    pub fn parse(text: &str, from: &str) -> Result<Self, KeyError> {
        let mut bytes = [0; KEY_BYTES];
        hex::decode_to_slice(text.trim(), &mut bytes).map_err(|_| KeyError::NotAKey(from.to_owned()))?;
        Ok(Self(bytes))
    }

    /// The key in a file; made there where the file does not exist. Of two servers that make it at once, one does.
    ///
    /// # Errors
    /// When the file is not a key, can be read by others, or cannot be made.
    pub fn of_file(path: &Path) -> Result<Self, KeyError> {
        let fault = |error| KeyError::File {
            path: path.display().to_string(),
            error,
        };
        match fs::read_to_string(path) {
            Ok(text) => {
                let mode = fs::metadata(path).map_err(fault)?.mode() & 0o777;
                if mode & 0o077 != 0 {
                    let path = path.display().to_string();
                    return Err(KeyError::Open { path, mode });
                }
                Self::parse(&text, &path.display().to_string())
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                make(path)?;
                Self::of_file(path)
            }
            Err(error) => Err(fault(error)),
        }
    }
}

/// Writes a new key beside its place and links it there, so that nobody reads half a key and an existing one stays.
fn make(path: &Path) -> Result<(), KeyError> {
    let fault = |error| KeyError::File {
        path: path.display().to_string(),
        error,
    };
    let mut bytes = [0; KEY_BYTES];
    rand::fill(&mut bytes).map_err(|_| KeyError::NoRandom)?;
    let beside = path.with_extension(format!("new-{}", std::process::id()));
    let written = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&beside)
        .and_then(|mut file| {
            writeln!(file, "{}", hex::encode(bytes))?;
            file.sync_all()
        })
        .and_then(|()| match fs::hard_link(&beside, path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
            done => done,
        });
    let _ = fs::remove_file(&beside);
    written.map_err(fault)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_key_is_made_once_and_kept_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret.key");
        let made = Key::of_file(&path).unwrap();
        assert_eq!(Key::of_file(&path).unwrap().bytes(), made.bytes());
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(!format!("{made:?}").contains(&hex::encode(made.bytes())));
    }

    #[test]
    fn a_key_that_others_read_or_that_is_none_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret.key");
        Key::of_file(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(Key::of_file(&path), Err(KeyError::Open { mode: 0o644, .. })));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, "short").unwrap();
        assert!(matches!(Key::of_file(&path), Err(KeyError::NotAKey(_))));
        assert!(matches!(Key::of_file(&folder.path().join("no/such")), Err(KeyError::File { .. })));
    }
}
