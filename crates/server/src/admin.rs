//! The platform admin and the one-time link: nobody walks in with a default password.

use std::path::Path;

use base64::Engine as _;
use domain::access::User;
use domain::time::HOUR;
use sha2::Digest;
use store::Store;

use crate::failure::Failure;

/// How long a one-time link can be used.
const LINK_LIVES: i64 = HOUR;

/// The platform admin `admin`, made at the first start.
///
/// # Errors
/// When the database cannot be used.
pub async fn ensure(store: &Store) -> Result<User, Failure> {
    match store.user_by_name("admin").await? {
        Some(admin) => Ok(admin),
        None => Ok(store.create_user("admin", None, true).await?),
    }
}

/// Sets the admin's password from a file.
///
/// # Errors
/// When the file cannot be read or the password is too short.
pub async fn password_from(store: &Store, admin: &User, file: &Path) -> Result<(), Failure> {
    let text =
        std::fs::read_to_string(file).map_err(|error| Failure::usage(format!("the admin's password file {}: {error}", file.display())))?;
    let password = text.trim_end_matches(['\r', '\n']);
    let refused = |problem: api::problem::Problem| Failure::usage(format!("the password in {}: {}", file.display(), problem.detail));
    api::access::password::check(password, &admin.name).map_err(refused)?;
    let hash = api::access::password::hash(password).map_err(refused)?;
    store.set_password(admin.id, &hash).await?;
    Ok(())
}

/// A new one-time link for the admin.
///
/// # Errors
/// When the database cannot be used or the system has no randomness.
pub async fn link(store: &Store, admin: &User, public_url: &str) -> Result<String, Failure> {
    let token = secret("")?;
    store.create_link(&sha256(&token), admin.id, store::now().plus(LINK_LIVES)).await?;
    Ok(format!("{}/sign-in#token={token}", public_url.trim_end_matches('/')))
}

/// 256 random bits as text.
///
/// # Errors
/// When the system has no randomness.
pub fn secret(prefix: &str) -> Result<String, Failure> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| Failure::unavailable(format!("the system gives no randomness: {error}")))?;
    Ok(format!(
        "{prefix}{}",
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
    ))
}

/// What the database keeps of a secret.
#[must_use]
pub fn sha256(secret: &str) -> String {
    hex::encode(sha2::Sha256::digest(secret.as_bytes()))
}
