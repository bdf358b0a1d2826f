//! Secrets that let people in: 256 random bits as base64url text. Only their SHA-256 is stored: a secret
//! with that much randomness needs no slow hash, and a stolen database opens no door.

use std::borrow::Cow;

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

/// Whether a text holds an API token.
#[must_use]
pub fn holds_token(text: &str) -> bool {
    text.match_indices(TOKEN_PREFIX)
        .any(|(at, prefix)| text.get(at + prefix.len()..at + prefix.len() + CHARS).is_some_and(well_formed))
}

/// A text for a log: API tokens are cut out.
#[must_use]
pub fn struck_out(text: &str) -> Cow<'_, str> {
    if !holds_token(text) {
        return Cow::Borrowed(text);
    }
    let mut parts = text.split(TOKEN_PREFIX);
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        shown.push_str(TOKEN_PREFIX);
        match part.get(..CHARS) {
            Some(digits) if well_formed(digits) => shown.push_str(&format!("…{}", &part[CHARS..])),
            _ => shown.push_str(part),
        }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_found_and_cut_out_wherever_they_stand() {
        let token = format!("{TOKEN_PREFIX}{}", "aB3-_".repeat(9).get(..CHARS).unwrap());
        let text = format!("/a/{token}/b?x={token}&swt_short");
        assert!(holds_token(&text) && holds_token(&format!("swt_{token}")));
        assert_eq!(struck_out(&text), "/a/swt_…/b?x=swt_…&swt_short");
        for none in ["", "/api/v1/jobs", "swt_", "/swt_字字字字字字字字字字字字字字字字字字字字字字"] {
            assert!(!holds_token(none) && struck_out(none) == none, "{none}");
        }
    }
}
