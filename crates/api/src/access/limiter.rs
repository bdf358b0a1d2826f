//! How often somebody may try to sign in: failures are counted by name and address, in bounded memory.
//! A right password clears the count; what is forgotten under pressure is the oldest.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use domain::Millis;
use domain::time::{MINUTE, SECOND};
use http::StatusCode;
use sha2::{Digest, Sha256};

use crate::problem::Problem;

/// Failures of one name from one address within [`WINDOW`] before the next try is refused.
const TRIES: u32 = 6;
/// How long failures count, in milliseconds.
const WINDOW: i64 = 5 * MINUTE;
/// Most pairs of name and address that are remembered: about half a megabyte.
const KEPT: usize = 8_192;

#[derive(Debug, Clone, Copy)]
struct Failures {
    count: u32,
    since: Millis,
}

/// Counts failures to sign in.
#[derive(Debug, Default)]
pub struct Limiter {
    seen: Mutex<HashMap<[u8; 32], Failures>>,
}

/// The pair of a name and an address, at a fixed size whatever was sent.
fn key(name: &str, address: Option<IpAddr>) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(address.map(|address| address.to_string()).unwrap_or_default());
    hash.update([0]);
    hash.update(name.to_lowercase());
    hash.finalize().into()
}

impl Limiter {
    /// Whether a try is allowed now.
    ///
    /// # Errors
    /// 429 `too_many_tries` with the time to wait.
    pub fn check(&self, name: &str, address: Option<IpAddr>, now: Millis) -> Result<(), Problem> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        match seen.get(&key(name, address)) {
            Some(failures) if failures.count >= TRIES && now.since(failures.since) < WINDOW => {
                let wait = (WINDOW - now.since(failures.since)) / SECOND + 1;
                Err(Problem::new(
                    StatusCode::TOO_MANY_REQUESTS,
                    "too_many_tries",
                    "The name and password did not fit several times.",
                )
                .hint(format!("Try again in {wait} s.")))
            }
            _ => Ok(()),
        }
    }

    /// Counts a failure.
    pub fn failed(&self, name: &str, address: Option<IpAddr>, now: Millis) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let key = key(name, address);
        if seen.len() >= KEPT && !seen.contains_key(&key) {
            make_room(&mut seen, now);
        }
        let failures = seen.entry(key).or_insert(Failures { count: 0, since: now });
        if now.since(failures.since) >= WINDOW {
            *failures = Failures { count: 0, since: now };
        }
        failures.count += 1;
    }

    /// Forgets failures after a success.
    pub fn succeeded(&self, name: &str, address: Option<IpAddr>) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).remove(&key(name, address));
    }
}

fn make_room(seen: &mut HashMap<[u8; 32], Failures>, now: Millis) {
    seen.retain(|_, failures| now.since(failures.since) < WINDOW);
    if seen.len() >= KEPT
        && let Some(oldest) = seen.iter().min_by_key(|(_, failures)| failures.since).map(|(key, _)| *key)
    {
        seen.remove(&oldest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seventh_try_waits_and_a_success_clears() {
        let limiter = Limiter::default();
        let here = Some(IpAddr::from([127, 0, 0, 1]));
        for _ in 0..TRIES {
            assert!(limiter.check("ann", here, Millis(0)).is_ok());
            limiter.failed("Ann", here, Millis(0));
        }
        assert!(limiter.check("ANN", here, Millis(WINDOW - 1)).is_err());
        assert!(limiter.check("ann", None, Millis(0)).is_ok(), "another address");
        assert!(limiter.check("ann", here, Millis(WINDOW)).is_ok(), "the window is over");
        limiter.succeeded("ann", here);
        assert!(limiter.check("ann", here, Millis(0)).is_ok());
    }

    #[test]
    fn memory_is_bounded() {
        let limiter = Limiter::default();
        for n in 0..KEPT + 100 {
            limiter.failed(&n.to_string(), None, Millis(n as i64));
        }
        assert!(limiter.seen.lock().unwrap().len() <= KEPT);
    }
}
