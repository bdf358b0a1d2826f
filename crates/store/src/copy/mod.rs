//! All rows of a database as lines of JSON, out of one engine and into another: what backups are made of,
//! and how a database moves from SQLite to a server.
//!
//! [`Store::copy_out`] reads one moment of the database and sends it through a channel piece by piece;
//! [`Store::copy_in`] takes such pieces into one transaction, reads them back, compares, and only then
//! commits. Neither holds more than a few pieces in memory. A line is an object with the columns sorted by
//! name: UUIDs, numbers, texts; real numbers and bytes as text. The digest of a table is the exclusive or of
//! its lines' SHA-256, so that it does not depend on the order in which an engine answers.

mod input;
mod output;
mod row;
pub(crate) mod shape;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::Digest;

/// One piece of a database, in this order: the beginning, rows of each table (those it belongs to first),
/// the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Copied {
    /// The steps of the schema that the database has.
    Begin(Vec<String>),
    /// Rows of a table: lines of JSON, each ended by a line feed.
    Rows {
        /// The table.
        table: String,
        /// The lines.
        lines: String,
    },
    /// How many rows each table has and what they come to. Without it nothing was complete.
    End(Digests),
}

/// Tables by name.
pub type Digests = BTreeMap<String, TableDigest>;

/// How many rows a table has and what they come to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableDigest {
    /// How many.
    pub rows: u64,
    /// Exclusive or of the SHA-256 of all lines, as hexadecimal digits.
    pub sha256: String,
}

/// A digest that grows.
#[derive(Default)]
pub(crate) struct Sum {
    rows: u64,
    bytes: [u8; 32],
}

impl Sum {
    pub(crate) fn add(&mut self, line: &str) {
        self.rows += 1;
        let digest: [u8; 32] = sha2::Sha256::digest(line.as_bytes()).into();
        for (sum, byte) in self.bytes.iter_mut().zip(digest) {
            *sum ^= byte;
        }
    }

    pub(crate) fn finish(&self) -> TableDigest {
        TableDigest {
            rows: self.rows,
            sha256: hex::encode(self.bytes),
        }
    }
}
