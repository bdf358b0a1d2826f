//! Names and numbers that stand beside ids in answers: who did something, which release. They never change
//! once given, so they are remembered, in a bounded way.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use domain::id::{ReleaseId, UserId};
use store::StoreError;

use crate::app::App;
use crate::person::Person;
use crate::problem::Problem;

/// Most entries of each kind that are remembered; beyond it everything is forgotten and looked up again.
const KEPT: usize = 10_000;

/// What has been looked up.
#[derive(Debug, Default)]
pub struct Names {
    people: Mutex<HashMap<UserId, String>>,
    releases: Mutex<HashMap<ReleaseId, i64>>,
}

fn known<K: Eq + Hash, V: Clone>(map: &Mutex<HashMap<K, V>>, key: &K) -> Option<V> {
    map.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
}

fn keep<K: Eq + Hash, V>(map: &Mutex<HashMap<K, V>>, key: K, value: V) {
    let mut map = map.lock().unwrap_or_else(PoisonError::into_inner);
    if map.len() >= KEPT {
        map.clear();
    }
    map.insert(key, value);
}

impl App {
    /// A person by id. One who is gone has an empty name.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(crate) async fn person(&self, id: UserId) -> Result<Person, Problem> {
        if let Some(name) = known(&self.names.people, &id) {
            return Ok(Person { id, name });
        }
        match self.store.user(id).await {
            Ok(user) => {
                keep(&self.names.people, id, user.name.clone());
                Ok(Person { id, name: user.name })
            }
            Err(StoreError::NotFound) => Ok(Person { id, name: String::new() }),
            Err(error) => Err(error.into()),
        }
    }

    /// The number of a release.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(crate) async fn release_number(&self, id: ReleaseId) -> Result<Option<i64>, Problem> {
        if let Some(number) = known(&self.names.releases, &id) {
            return Ok(Some(number));
        }
        match self.store.release_any(id).await {
            Ok(release) => {
                keep(&self.names.releases, id, release.number);
                Ok(Some(release.number))
            }
            Err(StoreError::NotFound) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}
