//! Passwords: Argon2id with 19 MiB, two passes and one lane, on threads of their own and at most two at a
//! time, so that a crowd at the door costs 38 MiB and two threads and not the server.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use http::StatusCode;
use tokio::sync::Semaphore;

use crate::problem::Problem;

/// Shortest password in characters.
const MIN_CHARS: usize = 12;
/// Longest password in characters: enough for any sentence, short enough to hash.
const MAX_CHARS: usize = 200;
/// Hashes at once.
const AT_ONCE: usize = 2;
/// Requests that may wait for their turn; the next one is told to come back.
const WAITING: usize = 64;

/// The hashing of passwords, with its queue.
#[derive(Debug)]
pub struct Passwords {
    turns: Semaphore,
    room: Semaphore,
}

impl Default for Passwords {
    fn default() -> Self {
        Self {
            turns: Semaphore::new(AT_ONCE),
            room: Semaphore::new(WAITING),
        }
    }
}

/// Argon2id, m = 19 MiB, t = 2, p = 1.
fn hasher() -> Result<Argon2<'static>, Problem> {
    let params = Params::new(19 * 1024, 2, 1, None).map_err(|_| Problem::internal())?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// Hashes a password; takes tens of milliseconds, so call it where blocking is fine.
///
/// # Errors
/// When the operating system gives no randomness.
pub fn hash(password: &str) -> Result<String, Problem> {
    let hashed = hasher()?.hash_password(password.as_bytes()).map_err(|error| {
        tracing::error!(%error, "a password could not be hashed");
        Problem::internal()
    })?;
    Ok(hashed.to_string())
}

/// Whether a password fits a stored hash.
fn fits(password: &str, stored: &str) -> bool {
    let Ok(hasher) = hasher() else { return false };
    PasswordHash::new(stored).is_ok_and(|stored| hasher.verify_password(password.as_bytes(), &stored).is_ok())
}

/// A hash that nothing fits, for people who are not known: their refusal takes as long as another. The text after
/// the salt was not made of any password.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGF0IGFsbCE$QWxsIG9mIHRoaXMgaXMgdGV4dCwgbm90IGEgaGFzaCE";

/// Checks a password that is to be set.
///
/// # Errors
/// 422 `bad_password`.
pub fn check(password: &str, name: &str) -> Result<(), Problem> {
    let refuse = |why: String| Err(Problem::unprocessable("bad_password", why).field("new"));
    let chars = password.chars().count();
    if !(MIN_CHARS..=MAX_CHARS).contains(&chars) {
        return refuse(format!(
            "A password has {MIN_CHARS} to {MAX_CHARS} characters; this one has {chars}."
        ));
    }
    if password.trim().is_empty() || password.eq_ignore_ascii_case(name) {
        return refuse("A password is neither blank nor the name.".to_owned());
    }
    Ok(())
}

impl Passwords {
    /// Hashes a password in its turn.
    ///
    /// # Errors
    /// 503 when too many wait.
    pub async fn hash(&self, password: String) -> Result<String, Problem> {
        self.in_turn(move || hash(&password)).await?
    }

    /// Whether a password fits; with no hash it never does, after the same time.
    ///
    /// # Errors
    /// 503 when too many wait.
    pub async fn verify(&self, password: String, stored: Option<String>) -> Result<bool, Problem> {
        self.in_turn(move || {
            let known = stored.is_some();
            let stored = stored.as_deref().unwrap_or(NOBODY);
            fits(&password, stored) && known
        })
        .await
    }

    async fn in_turn<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
        let busy = || {
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "Too many people sign in at once.").hint("Try again in a few seconds.")
        };
        let _place = self.room.try_acquire().map_err(|_| busy())?;
        let _turn = self.turns.acquire().await.map_err(|_| busy())?;
        tokio::task::spawn_blocking(work).await.map_err(|error| {
            tracing::error!(%error, "the hashing of a password ended early");
            Problem::internal()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_fits() {
        let passwords = Passwords::default();
        let stored = passwords.hash("correct horse battery".to_owned()).await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(
            passwords
                .verify("correct horse battery".to_owned(), Some(stored.clone()))
                .await
                .unwrap()
        );
        assert!(!passwords.verify("correct horse batterz".to_owned(), Some(stored)).await.unwrap());
        assert!(!passwords.verify("correct horse battery".to_owned(), None).await.unwrap());
    }

    /// What is done for somebody unknown is what is done for a wrong password: the same algorithm with the same
    /// costs, to the end.
    #[test]
    fn nobody_costs_as_much_as_somebody() {
        let somebody = hash("correct horse battery").unwrap();
        let costs = |text: &str| {
            let hash = PasswordHash::new(text).unwrap();
            let length = |part: Option<usize>| part.unwrap_or_default();
            (
                hash.algorithm.to_string(),
                hash.version,
                hash.params.to_string(),
                length(hash.hash.map(|hash| hash.len())),
            )
        };
        assert_eq!(costs(NOBODY), costs(&somebody));
    }

    #[test]
    fn weak_passwords_are_refused() {
        for bad in ["short", "             ", "averylongname", &"x".repeat(201)] {
            assert!(check(bad, "AVERYLONGNAME").is_err(), "{bad}");
        }
        assert!(check("correct horse", "ann").is_ok());
    }
}
