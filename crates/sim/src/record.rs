//! The record of every request, so that tests can say "one submission", "no delete" and count the
//! requests that tracking costs.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::clock;

/// Rows kept in full; counts go on above it.
const KEPT: usize = 100_000;

/// One request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestRow {
    /// When it came, in milliseconds since the epoch.
    pub at: i64,
    /// Method and path with parameters as `:id`, e.g. `POST /jars/:id/run`.
    pub endpoint: String,
    /// Its path with the query.
    pub path: String,
    /// The fault that it met.
    pub fault: Option<String>,
}

/// The requests since the start or since the record was last cleared.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// The time from which on it counts, in milliseconds since the epoch.
    pub since: i64,
    /// Requests by endpoint.
    pub counts: BTreeMap<String, u64>,
    /// The requests themselves.
    pub rows: Vec<RequestRow>,
}

impl Record {
    /// An empty record from now on.
    pub(crate) fn from_now() -> Self {
        Self {
            since: clock::now(),
            ..Self::default()
        }
    }

    /// Adds a request.
    pub(crate) fn add(&mut self, endpoint: &str, path: &str, fault: Option<String>) {
        *self.counts.entry(endpoint.to_owned()).or_default() += 1;
        if self.rows.len() < KEPT {
            self.rows.push(RequestRow {
                at: clock::now(),
                endpoint: endpoint.to_owned(),
                path: path.to_owned(),
                fault,
            });
        }
    }

    /// How many requests an endpoint got, e.g. `POST /jars/:id/run`.
    #[must_use]
    pub fn count(&self, endpoint: &str) -> u64 {
        self.counts.get(&crate::fault::anonymous(endpoint)).copied().unwrap_or(0)
    }

    /// How many requests a method got, e.g. `DELETE`.
    #[must_use]
    pub fn count_method(&self, method: &str) -> u64 {
        let of = |endpoint: &str| endpoint.split(' ').next() == Some(method);
        self.counts
            .iter()
            .filter(|(endpoint, _)| of(endpoint))
            .map(|(_, count)| count)
            .sum()
    }

    /// All requests.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.values().sum()
    }
}
