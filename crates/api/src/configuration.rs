//! Flink configuration in requests: keys and values as they were sent, so that a key that is set twice is
//! an error that names it and not a silent choice of one of the two.

use std::collections::BTreeMap;
use std::fmt;

use domain::draft::owned_key;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::problem::{FieldError, Problem};

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
        self.checked(field, |key| {
            let why = owned_key(key)?;
            Some(Problem::unprocessable("owned_key", format!("The key '{key}' is set by the platform: {why}.")).hint("Remove the key."))
        })
    }

    /// The configuration of a cluster as a map.
    ///
    /// # Errors
    /// A problem naming `<field>.<key>`: set twice, empty or too long.
    pub fn of_cluster(self, field: &str) -> Result<BTreeMap<String, String>, Problem> {
        self.checked(field, |_| None)
    }

    /// Checks every pair, so that one answer names all keys at fault.
    ///
    /// # Errors
    /// A problem naming `<field>.<key>`.
    pub(crate) fn checked(self, field: &str, refuse: impl Fn(&str) -> Option<Problem>) -> Result<BTreeMap<String, String>, Problem> {
        if self.0.len() > MAX_KEYS {
            let detail = format!("A configuration has at most {MAX_KEYS} keys; this one has {}.", self.0.len());
            return Err(Problem::bad_request("too_many_keys", detail).field(field));
        }
        let mut map = BTreeMap::new();
        let mut faults = Vec::new();
        for (key, value) in self.0 {
            let fault = pair(&key, &value).or_else(|| refuse(&key));
            let twice = map
                .contains_key(&key)
                .then(|| Problem::bad_request("duplicate_key", format!("The key '{key}' is set twice.")).hint("Keep one of the two."));
            faults.extend(twice.or(fault).map(|problem| problem.field(format!("{field}.{}", shown(&key)))));
            map.insert(key, value);
        }
        if faults.is_empty() { Ok(map) } else { Err(together(faults)) }
    }
}

/// The first fault, with the fields of all.
fn together(faults: Vec<Problem>) -> Problem {
    let fields = faults.iter().map(|fault| FieldError {
        field: fault.field.clone().unwrap_or_default(),
        message: fault.detail.clone(),
    });
    let errors = if faults.len() > 1 { fields.collect() } else { Vec::new() };
    let mut first = faults.into_iter().next().unwrap_or_else(Problem::internal);
    first.errors = errors;
    first
}

fn shown(key: &str) -> String {
    key.chars().take(80).collect()
}

/// What is wrong with a key and its value, whoever sets them.
fn pair(key: &str, value: &str) -> Option<Problem> {
    let blank = key.is_empty() || key.chars().any(|c| c.is_whitespace() || c.is_control());
    if blank || key.chars().count() > MAX_KEY_CHARS {
        let detail = format!(
            "'{}' is not a configuration key: 1 to {MAX_KEY_CHARS} characters without blanks.",
            shown(key)
        );
        return Some(Problem::bad_request("bad_key", detail));
    }
    if value.chars().count() > MAX_VALUE_CHARS {
        return Some(Problem::bad_request(
            "value_too_long",
            format!("The value of '{key}' is longer than {MAX_VALUE_CHARS} characters."),
        ));
    }
    crate::text::no_nul(key, value).err()
}
