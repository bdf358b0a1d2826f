//! Secrets in the database: sealed with AES-256-GCM under a key of this installation, which is in a file of its own or in
//! the environment, never in the database. A sealed text names its key, so that keys can be changed one after the other,
//! and belongs to its place: moved to another row it does not open.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use sha2::Digest;

use crate::fault::StoreError;

/// Version of the format.
const FORMAT: &str = "s1";
/// Bytes of a key.
const KEY_BYTES: usize = 32;

/// Seals and opens secrets.
#[derive(Clone)]
pub struct Sealer {
    id: String,
    key: std::sync::Arc<LessSafeKey>,
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sealer({})", self.id)
    }
}

fn invalid(what: &str) -> StoreError {
    StoreError::Invalid(what.to_owned())
}

impl Sealer {
    /// A sealer with a key of 32 bytes.
    ///
    /// # Errors
    /// `Invalid` for another length.
    pub fn new(key: &[u8]) -> Result<Self, StoreError> {
        let bad = |_| invalid("the secret key has not 32 bytes: give 64 hexadecimal digits");
        let id = hex::encode(&sha2::Sha256::digest(key)[..4]);
        let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).map_err(bad)?);
        Ok(Self {
            id,
            key: std::sync::Arc::new(key),
        })
    }

    /// A sealer with a key of 64 hexadecimal digits.
    ///
    /// # Errors
    /// `Invalid` for anything else; the text is not repeated.
    pub fn from_hex(digits: &str) -> Result<Self, StoreError> {
        let key = hex::decode(digits.trim()).map_err(|_| invalid("the secret key is not 64 hexadecimal digits"))?;
        Self::new(&key)
    }

    /// The sealer of a key file, which is made, readable for its owner only, where there is none.
    ///
    /// # Errors
    /// `Unavailable` when the file can neither be read nor made, `Invalid` when it holds no key.
    pub fn of_file(file: &Path) -> Result<Self, StoreError> {
        let broken = |error: std::io::Error| StoreError::Unavailable(format!("the key file {} cannot be used: {error}", file.display()));
        let made = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
        match made {
            Ok(mut made) => {
                let mut key = [0; KEY_BYTES];
                aws_lc_rs::rand::fill(&mut key).map_err(|_| invalid("no random numbers are to be had"))?;
                made.write_all(hex::encode(key).as_bytes())
                    .and_then(|()| made.sync_all())
                    .map_err(broken)?;
                Self::new(&key)
            }
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                Self::from_hex(&std::fs::read_to_string(file).map_err(broken)?)
            }
            Err(error) => Err(broken(error)),
        }
    }

    /// Seals a text for its place, such as `destination_…`.
    ///
    /// # Errors
    /// `Invalid` when the system gives no random numbers.
    pub fn seal(&self, place: &str, text: &str) -> Result<String, StoreError> {
        let mut nonce = [0; NONCE_LEN];
        aws_lc_rs::rand::fill(&mut nonce).map_err(|_| invalid("no random numbers are to be had"))?;
        let mut bytes = text.as_bytes().to_vec();
        self.key
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(place.as_bytes()), &mut bytes)
            .map_err(|_| invalid("a secret could not be sealed"))?;
        Ok(format!("{FORMAT}.{}.{}.{}", self.id, hex::encode(nonce), hex::encode(bytes)))
    }

    /// Opens what was sealed for this place.
    ///
    /// # Errors
    /// `Invalid` when it was sealed with another key, for another place, or was changed.
    pub fn open(&self, place: &str, sealed: &str) -> Result<String, StoreError> {
        let broken = || invalid("a sealed secret cannot be opened: enter it again");
        let mut parts = sealed.split('.');
        let (format, key, nonce, bytes) = (parts.next(), parts.next(), parts.next(), parts.next());
        if format != Some(FORMAT) || key.is_none() {
            return Err(broken());
        }
        if key != Some(self.id.as_str()) {
            return Err(StoreError::Invalid(format!(
                "a secret was sealed with the key {}, and this server has {}: restore its key file, or enter the secret again",
                key.unwrap_or_default(),
                self.id
            )));
        }
        let nonce = hex::decode(nonce.unwrap_or_default()).ok().and_then(|nonce| nonce.try_into().ok());
        let mut bytes = hex::decode(bytes.unwrap_or_default()).map_err(|_| broken())?;
        let nonce = Nonce::assume_unique_for_key(nonce.ok_or_else(broken)?);
        let opened = self
            .key
            .open_in_place(nonce, Aad::from(place.as_bytes()), &mut bytes)
            .map_err(|_| broken())?;
        String::from_utf8(opened.to_vec()).map_err(|_| broken())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn what_is_sealed_opens_in_its_place_with_its_key_only() {
        let sealer = Sealer::new(&[7; 32]).unwrap();
        let sealed = sealer.seal("destination_1", "geheim 字").unwrap();
        assert!(!sealed.contains("geheim"));
        assert_eq!(sealer.open("destination_1", &sealed).unwrap(), "geheim 字");
        assert_ne!(sealer.seal("destination_1", "geheim 字").unwrap(), sealed, "a nonce is used once");
        assert!(sealer.open("destination_2", &sealed).is_err());
        let other = Sealer::new(&[8; 32]).unwrap();
        assert!(
            other
                .open("destination_1", &sealed)
                .unwrap_err()
                .to_string()
                .contains("sealed with the key")
        );
        for broken in ["", "s1", "s1.x", &sealed[..sealed.len() - 2], &format!("{sealed}00"), "s0.a.b.c"] {
            assert!(sealer.open("destination_1", broken).is_err(), "{broken}");
        }
        assert!(Sealer::new(&[7; 31]).is_err() && Sealer::from_hex("zz").is_err());
    }

    #[test]
    fn the_key_file_is_made_once_for_its_owner() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret.key");
        let sealed = Sealer::of_file(&file).unwrap().seal("p", "x").unwrap();
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(Sealer::of_file(&file).unwrap().open("p", &sealed).unwrap(), "x");
        std::fs::write(&file, "no key").unwrap();
        assert!(Sealer::of_file(&file).is_err());
    }
}
