//! Flink configuration: keys in the order in which they were given, and the files that carry them to a JVM.
//!
//! Three things differ between Flink's versions: the file ([`written`]), the text form of lists and maps
//! ([`list`]), and the names of some keys, which whoever sets them asks of the version.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

pub mod list;
pub mod written;

/// The value of one key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Setting {
    /// As it is given to Flink.
    Text(String),
    /// A list, written as the version's file wants it.
    List(Vec<String>),
}

impl Setting {
    /// The value as one text; a list in the form that every version reads.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) => Cow::Borrowed(text),
            Self::List(items) => Cow::Owned(list::join(items, ';')),
        }
    }
}

impl From<&str> for Setting {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Setting {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<String>> for Setting {
    fn from(items: Vec<String>) -> Self {
        Self::List(items)
    }
}

/// Keys with values, no key twice, in the order in which they were first set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Configuration {
    entries: Vec<(String, Setting)>,
}

impl Configuration {
    /// No keys.
    #[must_use]
    pub const fn new() -> Self {
        Self { entries: Vec::new() }
    }

    /// Sets a key; one that is there keeps its place.
    pub fn set(&mut self, key: impl Into<String>, value: impl Into<Setting>) {
        let (key, value) = (key.into(), value.into());
        match self.entries.iter_mut().find(|(known, _)| *known == key) {
            Some((_, setting)) => *setting = value,
            None => self.entries.push((key, value)),
        }
    }

    /// Sets a key that is not there.
    pub fn set_default(&mut self, key: &str, value: impl Into<Setting>) {
        if !self.contains(key) {
            self.set(key, value);
        }
    }

    /// Takes a key away and gives its value.
    pub fn remove(&mut self, key: &str) -> Option<Setting> {
        let index = self.entries.iter().position(|(known, _)| known == key)?;
        Some(self.entries.remove(index).1)
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Setting> {
        self.entries.iter().find(|(known, _)| known == key).map(|(_, setting)| setting)
    }

    /// The value of a key as one text.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<Cow<'_, str>> {
        self.get(key).map(Setting::text)
    }

    /// Whether a key is set.
    #[must_use]
    pub fn contains(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// All keys with their values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Setting)> {
        self.entries.iter().map(|(key, setting)| (key.as_str(), setting))
    }

    /// Sets all keys of another one.
    pub fn extend(&mut self, other: &Self) {
        for (key, setting) in other.iter() {
            self.set(key, setting.clone());
        }
    }
}

impl<K: Into<String>, V: Into<Setting>> FromIterator<(K, V)> for Configuration {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let mut configuration = Self::new();
        for (key, value) in pairs {
            configuration.set(key, value);
        }
        configuration
    }
}
