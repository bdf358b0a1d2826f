//! Secrets that let people in: 256 random bits as base64url text. Only their SHA-256 is stored: a secret
//! with that much randomness needs no slow hash, and a stolen database opens no door.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::problem::Problem;

/// What API tokens begin with, so that scanners and people recognise them.
pub const TOKEN_PREFIX: &str = "swt_";

/// Characters of 32 bytes in base64url.
const CHARS: usize = 43;

/// A new secret of 43 characters.
///
/// # Errors
/// When the operating system gives no randomness.
pub fn new() -> Result<String, Problem> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| {
        tracing::error!(%error, "the operating system gives no randomness");
        Problem::internal()
    })?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// Whether a text can be a secret: saves the look into the database where it cannot.
#[must_use]
pub fn well_formed(text: &str) -> bool {
    text.len() == CHARS && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// SHA-256 of a secret as 64 hexadecimal digits: what is stored and looked up. The look-up compares hashes,
/// so its time says nothing about the secret.
#[must_use]
pub fn sha256(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}
