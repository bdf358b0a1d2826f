//! A backup: one file with the database and the artifacts, the same whatever the database's engine is. A tar
//! archive, compressed with gzip, whose entries are in this order:
//!
//! * `streamwright-backup.json`: the format, the version that wrote it, when, and the steps of its schema;
//! * `tables/TABLE/NUMBER.jsonl`: rows, see [`store::Copied`];
//! * `artifacts/…`: files that are named by the SHA-256 of their content;
//! * `keys/…`: the file that opens sealed secrets, where there is one;
//! * `end.json`: rows and digest of each table, the number of files, and the SHA-256 over all entries before it.
//!
//! Both directions stream: neither database nor file is in memory as a whole.

mod reader;
mod writer;

pub use reader::{Staging, check, read};
pub use writer::write;

use std::fmt;
use std::path::{Component, Path};

use serde::{Deserialize, Serialize};
use sha2::Digest;
use store::Digests;

/// The format that this version writes, and the newest one that it reads.
pub const FORMAT: u32 = 1;
/// Name of the first entry.
const BEGIN: &str = "streamwright-backup.json";
/// Name of the last entry.
const END: &str = "end.json";
/// Folder of the artifacts, in the archive and in the data folder.
pub const ARTIFACTS: &str = "artifacts";
/// Files of the data folder that open what is sealed in the database.
pub const KEYS: [&str; 1] = ["secret.key"];

/// The first entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Begin {
    /// See [`FORMAT`].
    pub format: u32,
    /// Version that wrote it.
    pub version: String,
    /// When, in milliseconds since 1970-01-01 UTC.
    pub created_at: i64,
    /// The engine whose database it was.
    pub engine: String,
    /// Steps of its schema.
    pub steps: Vec<String>,
}

/// The last entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct End {
    /// Rows of each table.
    pub tables: Digests,
    /// How many artifacts.
    pub artifacts: u64,
    /// Their size in bytes.
    pub artifact_bytes: u64,
    /// Whether the file that opens sealed secrets is in it.
    pub key: bool,
    /// Over all entries before.
    pub sha256: String,
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows: u64 = self.tables.values().map(|table| table.rows).sum();
        write!(
            f,
            "{rows} rows of {} tables, {} artifacts ({} bytes)",
            self.tables.len(),
            self.artifacts,
            self.artifact_bytes
        )
    }
}

/// The digest over all entries.
#[derive(Default)]
struct Seal(sha2::Sha256);

impl Seal {
    fn entry(&mut self, name: &str, size: u64) {
        self.0.update(format!("{name}\0{size}\0"));
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> String {
        hex::encode(self.0.clone().finalize())
    }
}

/// The digest that a file's name tells, if the path is one of artifacts: plain names only, the last one 64
/// hexadecimal digits.
fn digest_of(path: &Path) -> Option<String> {
    let plain = |part: Component<'_>| match part {
        Component::Normal(name) => name.to_str().is_some_and(|name| {
            name.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        }),
        _ => false,
    };
    if !path.components().all(plain) {
        return None;
    }
    let name = path.file_name()?.to_str()?;
    let hexadecimal = name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    hexadecimal.then(|| name.to_owned())
}

#[cfg(test)]
mod tests;
