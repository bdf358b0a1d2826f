//! Configuration keys of one Flink distribution, with their types: what the lint of SET needs.
//!
//! The planner lists them by walking Flink's classes, which takes some seconds and much memory; the list is asked of
//! a worker of its own, once for each distribution, and kept as a file in the cache folder.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use strsim::damerau_levenshtein;
use tokio::sync::OnceCell;

/// The planner's answer, as far as it is used.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub(crate) struct CatalogueAnswer {
    #[serde(default)]
    pub catalogue: Listing,
}

/// What the class path offers.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Listing {
    pub configuration: Vec<ConfigurationKey>,
}

/// One configuration key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct ConfigurationKey {
    pub key: String,
    /// `BOOLEAN`, `INTEGER`, `LONG`, `DOUBLE`, `FLOAT`, `DURATION`, `MEMORY`, `ENUM`, `STRING` …
    #[serde(rename = "type")]
    pub sort: String,
    /// The words of an enum.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
}

/// The keys of a distribution.
#[derive(Debug, Default)]
pub(crate) struct Catalogue(HashMap<String, ConfigurationKey>);

impl Catalogue {
    /// A catalogue of these keys.
    pub fn of(keys: Vec<ConfigurationKey>) -> Self {
        Self(keys.into_iter().map(|key| (key.key.clone(), key)).collect())
    }

    /// A key, if Flink knows it.
    pub fn find(&self, key: &str) -> Option<&ConfigurationKey> {
        self.0.get(key)
    }

    /// The known key that a misspelt one was most likely to be: few letters away, and not a pattern.
    pub fn nearest(&self, key: &str) -> Option<&str> {
        let most = (key.len() / 10).clamp(1, 3);
        let near = |known: &&String| known.len().abs_diff(key.len()) <= most && !known.contains(['<', '#']);
        let distances = self
            .0
            .keys()
            .filter(near)
            .map(|known| (damerau_levenshtein(known, key), known.as_str()));
        distances.filter(|(distance, _)| *distance <= most).min().map(|(_, known)| known)
    }
}

/// A place for one catalogue; none inside when it cannot be had.
pub(crate) type Shelf = Arc<OnceCell<Option<Arc<Catalogue>>>>;

/// Catalogues of all distributions, by fingerprint.
#[derive(Debug)]
pub(crate) struct Catalogues {
    folder: PathBuf,
    shelves: Mutex<HashMap<String, Shelf>>,
}

impl Catalogues {
    /// Catalogues that are kept in a folder of the cache.
    pub fn new(cache: &Path) -> Self {
        Self {
            folder: cache.join("catalogues"),
            shelves: Mutex::default(),
        }
    }

    /// The place of a distribution's catalogue.
    pub fn shelf(&self, fingerprint: &str) -> Shelf {
        let mut shelves = self.shelves.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(shelves.entry(fingerprint.to_owned()).or_default())
    }

    fn file(&self, fingerprint: &str) -> PathBuf {
        self.folder.join(format!("{fingerprint}.json"))
    }

    /// The keys as they were kept, if they were.
    pub fn read(&self, fingerprint: &str) -> Option<Vec<ConfigurationKey>> {
        let bytes = std::fs::read(self.file(fingerprint)).ok()?;
        serde_json::from_slice(&bytes).ok()
    }

    /// Keeps the keys; a cache that cannot be written only costs time later.
    pub fn write(&self, fingerprint: &str, keys: &[ConfigurationKey]) {
        let file = self.file(fingerprint);
        let part = file.with_extension(format!("{}.part", std::process::id()));
        let written = std::fs::create_dir_all(&self.folder)
            .and_then(|()| std::fs::write(&part, serde_json::to_vec(keys).unwrap_or_default()))
            .and_then(|()| std::fs::rename(&part, &file));
        if let Err(error) = written {
            tracing::warn!(%error, file = %file.display(), "a list of configuration keys cannot be kept");
        }
    }
}
