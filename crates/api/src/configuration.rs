//! Flink configuration in requests: keys and values as they were sent, so that a key that is set twice is
//! an error that names it and not a silent choice of one of the two.

use std::collections::BTreeMap;
use std::fmt;

use domain::draft::owned_key;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::problem::Problem;

/// Most keys that one configuration may have: far above any real one, small enough to show.
const MAX_KEYS: usize = 1_000;
/// Longest key in characters.
const MAX_KEY_CHARS: usize = 500;
/// Longest value in characters.
const MAX_VALUE_CHARS: usize = 64 * 1024;

/// Keys and values in the order in which they were sent, doubles included.
#[derive(Debug, Clone, Default)]
pub struct Configuration(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Configuration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Configuration;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with text values")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Configuration, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Configuration(pairs))
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}

impl Configuration {
    /// Whether nothing was sent.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The configuration of a job as a map.
    ///
    /// # Errors
    /// A problem naming `<field>.<key>`: set twice, owned by the platform, empty or too long.
    pub fn of_job(self, field: &str) -> Result<BTreeMap<String, String>, Problem> {
        let map = self.of_cluster(field)?;
        match map.keys().find_map(|key| owned_key(key).map(|why| (key, why))) {
            Some((key, why)) => Err(Problem::unprocessable("owned_key", format!("The key '{key}' is set by the platform: {why}."))
                .field(format!("{field}.{key}"))
                .hint("Remove the key.")),
            None => Ok(map),
        }
    }

    /// The configuration of a cluster as a map.
    ///
    /// # Errors
    /// A problem naming `<field>.<key>`: set twice, empty or too long.
    pub fn of_cluster(self, field: &str) -> Result<BTreeMap<String, String>, Problem> {
        if self.0.len() > MAX_KEYS {
            let detail = format!("A configuration has at most {MAX_KEYS} keys; this one has {}.", self.0.len());
            return Err(Problem::bad_request("too_many_keys", detail).field(field));
        }
        let mut map = BTreeMap::new();
        for (key, value) in self.0 {
            check_pair(field, &key, &value)?;
            if map.insert(key.clone(), value).is_some() {
                return Err(Problem::bad_request("duplicate_key", format!("The key '{key}' is set twice."))
                    .field(format!("{field}.{key}"))
                    .hint("Keep one of the two."));
            }
        }
        Ok(map)
    }
}

fn check_pair(field: &str, key: &str, value: &str) -> Result<(), Problem> {
    let shown: String = key.chars().take(80).collect();
    let named = format!("{field}.{shown}");
    let blank = key.is_empty() || key.chars().any(|c| c.is_whitespace() || c.is_control());
    if blank || key.chars().count() > MAX_KEY_CHARS {
        let detail = format!("'{shown}' is not a configuration key: 1 to {MAX_KEY_CHARS} characters without blanks.");
        return Err(Problem::bad_request("bad_key", detail).field(named));
    }
    if value.chars().count() > MAX_VALUE_CHARS {
        let detail = format!("The value of '{key}' is longer than {MAX_VALUE_CHARS} characters.");
        return Err(Problem::bad_request("value_too_long", detail).field(named));
    }
    crate::text::no_nul(&named, value)
}
