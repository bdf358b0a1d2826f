//! How often somebody may try to sign in: failures are counted by name and address together, by name, and by
//! address, in bounded memory. A right password takes its try back; what is forgotten under pressure is the oldest.

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
/// Failures of one name from anywhere: more than a person makes, too few to guess from many places.
const TRIES_OF_NAME: u32 = 100;
/// Failures from one address with any name: an office behind one address still gets in.
const TRIES_FROM_ADDRESS: u32 = 100;
/// Refused requests of nobody known that one address leaves in the audit list.
const REFUSALS_KEPT: u32 = 300;
/// How long failures count, in milliseconds.
const WINDOW: i64 = 5 * MINUTE;
/// Most entries of each count that are remembered: about half a megabyte.
const KEPT: usize = 8_192;

#[derive(Debug, Clone, Copy)]
struct Failures {
    count: u32,
    since: Millis,
}

/// Counts by key within the window.
#[derive(Debug, Default)]
struct Tally {
    seen: Mutex<HashMap<[u8; 32], Failures>>,
}

impl Tally {
    /// Milliseconds to wait when a key has reached its limit.
    fn wait(&self, key: &[u8; 32], limit: u32, now: Millis) -> Option<i64> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let failures = seen.get(key)?;
        let left = WINDOW - now.since(failures.since);
        (failures.count >= limit && left > 0).then_some(left)
    }

    fn add(&self, key: [u8; 32], now: Millis) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= KEPT && !seen.contains_key(&key) {
            make_room(&mut seen, now);
        }
        let failures = seen.entry(key).or_insert(Failures { count: 0, since: now });
        if now.since(failures.since) >= WINDOW {
            *failures = Failures { count: 0, since: now };
        }
        failures.count = failures.count.saturating_add(1);
    }

    fn forget(&self, key: &[u8; 32]) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }

    fn take_back(&self, key: &[u8; 32]) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(failures) = seen.get_mut(key) {
            failures.count = failures.count.saturating_sub(1);
        }
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

/// Counts failures to sign in, and refusals of nobody known.
#[derive(Debug, Default)]
pub struct Limiter {
    pairs: Tally,
    names: Tally,
    addresses: Tally,
    strangers: Tally,
}

/// A key of fixed size, whatever was sent.
fn key(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

/// Who is counted as one: an IPv4 address, or the /64 that an IPv6 subscriber has.
fn place(address: Option<IpAddr>) -> Vec<u8> {
    match address {
        Some(IpAddr::V4(address)) => address.octets().to_vec(),
        Some(IpAddr::V6(address)) => address.octets()[..8].to_vec(),
        None => Vec::new(),
    }
}

fn keys(name: &str, address: Option<IpAddr>) -> [[u8; 32]; 3] {
    let (name, place) = (name.to_lowercase(), place(address));
    [key(&[name.as_bytes(), &place]), key(&[name.as_bytes()]), key(&[&place])]
}

impl Limiter {
    /// Whether a try is allowed now.
    ///
    /// # Errors
    /// 429 `too_many_tries` with the time to wait.
    pub fn check(&self, name: &str, address: Option<IpAddr>, now: Millis) -> Result<(), Problem> {
        let [pair, name, place] = keys(name, address);
        let looks = [
            (
                self.pairs.wait(&pair, TRIES, now),
                "The name and password did not fit several times.",
            ),
            (
                self.names.wait(&name, TRIES_OF_NAME, now),
                "Somebody is guessing the password of this name; nobody can sign in with it for a while.",
            ),
            (
                self.addresses.wait(&place, TRIES_FROM_ADDRESS, now),
                "Too many sign-ins have failed from your network address.",
            ),
        ];
        match looks.into_iter().find_map(|(wait, why)| Some((wait?, why))) {
            None => Ok(()),
            Some((wait, why)) => {
                Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_tries", why)
                    .hint(format!("Try again in {} s.", wait / SECOND + 1)))
            }
        }
    }

    /// Counts a failure.
    pub fn failed(&self, name: &str, address: Option<IpAddr>, now: Millis) {
        let [pair, name, place] = keys(name, address);
        self.pairs.add(pair, now);
        self.names.add(name, now);
        self.addresses.add(place, now);
    }

    /// Takes a try back after a success.
    pub fn succeeded(&self, name: &str, address: Option<IpAddr>) {
        let [pair, name, place] = keys(name, address);
        self.pairs.forget(&pair);
        self.names.take_back(&name);
        self.addresses.take_back(&place);
    }

    /// Whether one more refusal of nobody known is worth a row in the audit list; counts it.
    pub(crate) fn notes_stranger(&self, address: Option<IpAddr>, now: Millis) -> bool {
        let key = key(&[&place(address)]);
        let noted = self.strangers.wait(&key, REFUSALS_KEPT, now).is_none();
        self.strangers.add(key, now);
        noted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Option<IpAddr> = Some(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST));

    fn there(n: u32) -> Option<IpAddr> {
        Some(IpAddr::V4(std::net::Ipv4Addr::from_bits(n)))
    }

    #[test]
    fn the_seventh_try_waits_and_a_success_clears() {
        let limiter = Limiter::default();
        for _ in 0..TRIES {
            assert!(limiter.check("ann", HERE, Millis(0)).is_ok());
            limiter.failed("Ann", HERE, Millis(0));
        }
        assert!(limiter.check("ANN", HERE, Millis(WINDOW - 1)).is_err());
        assert!(limiter.check("ann", None, Millis(0)).is_ok(), "another address");
        assert!(limiter.check("ann", HERE, Millis(WINDOW)).is_ok(), "the window is over");
        limiter.succeeded("ann", HERE);
        assert!(limiter.check("ann", HERE, Millis(0)).is_ok());
    }

    #[test]
    fn guessing_from_many_places_and_many_names_from_one_end_too() {
        let limiter = Limiter::default();
        for n in 0..TRIES_OF_NAME {
            assert!(limiter.check("ann", there(n), Millis(0)).is_ok());
            limiter.failed("ann", there(n), Millis(0));
        }
        let refused = limiter.check("ann", there(1_000_000), Millis(0)).unwrap_err();
        assert!(refused.detail.contains("guessing"), "{refused}");
        assert!(limiter.check("bob", there(1_000_000), Millis(0)).is_ok());
        for n in 0..TRIES_FROM_ADDRESS {
            limiter.failed(&n.to_string(), HERE, Millis(0));
        }
        let refused = limiter.check("somebody", HERE, Millis(0)).unwrap_err();
        assert!(refused.detail.contains("network address"), "{refused}");
        let six = |text: &str| Some(text.parse::<IpAddr>().unwrap());
        assert_eq!(place(six("2001:db8::1")), place(six("2001:db8::ffff:1")), "one subscriber");
        assert_ne!(place(six("2001:db8::1")), place(six("2001:db8:0:1::1")));
    }

    #[test]
    fn those_who_get_in_are_not_counted() {
        let limiter = Limiter::default();
        for n in 0..500 {
            assert!(limiter.check(&format!("user {n}"), HERE, Millis(0)).is_ok());
            limiter.failed(&format!("user {n}"), HERE, Millis(0));
            limiter.succeeded(&format!("user {n}"), HERE);
        }
    }

    #[test]
    fn memory_and_the_audit_list_are_bounded() {
        let limiter = Limiter::default();
        for n in 0..u32::try_from(KEPT).unwrap() + 100 {
            limiter.failed(&n.to_string(), there(n), Millis(i64::from(n)));
        }
        for tally in [&limiter.pairs, &limiter.names, &limiter.addresses] {
            assert!(tally.seen.lock().unwrap().len() <= KEPT);
        }
        let noted = (0..1_000).filter(|_| limiter.notes_stranger(HERE, Millis(0))).count();
        assert_eq!(noted, REFUSALS_KEPT as usize);
        assert!(limiter.notes_stranger(there(7), Millis(0)));
    }
}
