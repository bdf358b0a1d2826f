//! The vault: secrets are sealed with a key of this installation before they are stored, and opened only by the adapter
//! that sends them somewhere.
//!
//! AES-256-GCM with a random nonce. What a secret is for is part of the seal: the sealed text of one place does not open
//! at another. The sealed text names its key, so that a key can be replaced later while old texts still open.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod key;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use domain::ports::{PortError, Vault};
use domain::secret::{Sealed, Secret};
use sha2::{Digest, Sha256};

pub use key::{KEY_BYTES, Key, KeyError};

/// What sealed texts of this form begin with.
const FORM: &str = "sealed1";

/// A [`Vault`] with one key.
#[derive(Debug)]
pub struct Sealer {
    key: LessSafeKey,
    /// The first 8 hexadecimal digits of the key's SHA-256: tells keys apart and nothing of the key.
    id: String,
}

impl Sealer {
    /// A vault with this key.
    ///
    /// # Errors
    /// `GiveUp` where the library refuses the key, which has the right length by its type.
    pub fn new(key: &Key) -> Result<Self, PortError> {
        let unbound =
            UnboundKey::new(&AES_256_GCM, key.bytes()).map_err(|_| PortError::GiveUp("the secret key cannot be used".to_owned()))?;
        let id = hex::encode(Sha256::digest(key.bytes())).chars().take(8).collect();
        Ok(Self {
            key: LessSafeKey::new(unbound),
            id,
        })
    }
}

impl Vault for Sealer {
    fn seal(&self, purpose: &str, secret: &Secret) -> Result<Sealed, PortError> {
        let failed = |_| PortError::Retry("the system gave no random numbers".to_owned());
        let mut nonce = [0_u8; NONCE_LEN];
        rand::fill(&mut nonce).map_err(failed)?;
        let mut text = secret.expose().as_bytes().to_vec();
        self.key
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(purpose.as_bytes()), &mut text)
            .map_err(failed)?;
        let packed = STANDARD_NO_PAD.encode([nonce.as_slice(), &text].concat());
        Ok(Sealed::new(format!("{FORM}:{}:{packed}", self.id)))
    }

    fn open(&self, purpose: &str, sealed: &Sealed) -> Result<Secret, PortError> {
        let mut parts = sealed.as_str().splitn(3, ':');
        let (Some(FORM), Some(id), Some(packed)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(PortError::GiveUp("this is no sealed secret: enter it again".to_owned()));
        };
        if id != self.id {
            return Err(PortError::GiveUp(format!(
                "it was sealed with key {id}, and this server has key {}: give the server that key, or enter the secret again",
                self.id
            )));
        }
        let broken = || PortError::GiveUp("the sealed secret is damaged or belongs to another place: enter it again".to_owned());
        let bytes = STANDARD_NO_PAD.decode(packed).map_err(|_| broken())?;
        let (nonce, text) = bytes.split_first_chunk::<NONCE_LEN>().ok_or_else(broken)?;
        let mut text = text.to_vec();
        let opened = self
            .key
            .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(purpose.as_bytes()), &mut text)
            .map_err(|_| broken())?;
        String::from_utf8(opened.to_vec()).map(Secret::new).map_err(|_| broken())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealer(byte: u8) -> Sealer {
        Sealer::new(&Key::of([byte; KEY_BYTES])).unwrap()
    }

    #[test]
    fn what_was_sealed_opens_again_and_only_there() {
        let sealer = sealer(1);
        let secret = Secret::new("pässword\n".to_owned());
        let sealed = sealer.seal("cluster", &secret).unwrap();
        assert_eq!(sealer.open("cluster", &sealed), Ok(secret.clone()));
        assert!(sealer.open("variable", &sealed).is_err());
        assert!(!sealed.as_str().contains("pässword"));
        assert_ne!(sealer.seal("cluster", &secret).unwrap(), sealed, "a nonce is used once");
    }

    #[test]
    fn another_key_is_named() {
        let sealed = sealer(1).seal("cluster", &Secret::new("a".to_owned())).unwrap();
        let Err(PortError::GiveUp(why)) = sealer(2).open("cluster", &sealed) else {
            panic!()
        };
        assert!(why.contains("give the server that key"), "{why}");
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        let sealer = sealer(1);
        let sealed = sealer.seal("cluster", &Secret::new("a secret".to_owned())).unwrap();
        let (head, packed) = sealed.as_str().rsplit_once(':').unwrap();
        let bytes = STANDARD_NO_PAD.decode(packed).unwrap();
        for place in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[place] ^= 1;
            let text = format!("{head}:{}", STANDARD_NO_PAD.encode(changed));
            assert!(sealer.open("cluster", &Sealed::new(text)).is_err(), "{place}");
        }
        for odd in [
            "",
            "a",
            "sealed1",
            "sealed1:x",
            "sealed1:00000000:",
            &format!("{head}:"),
            &format!("{head}:%%"),
            &format!("{head}:AAAA"),
        ] {
            assert!(sealer.open("cluster", &Sealed::new(odd.to_owned())).is_err(), "{odd}");
        }
    }
}
