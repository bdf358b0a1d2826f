//! Ports of artifacts: where their bytes are, and how several become one.

use std::path::PathBuf;

use async_trait::async_trait;

use super::PortError;
use crate::artifact::{Digest, JarConflict, PinnedArtifact};
use crate::id::UploadId;
use crate::time::Millis;
use crate::upload::{Content, Upload};

/// One jar merged from several, as a session cluster takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionJar {
    /// Where it is on this host.
    pub path: PathBuf,
    /// SHA-256 of its bytes: the same jars in the same order have the same bytes.
    pub digest: Digest,
}

/// What lies in an artifact store.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Inventory {
    /// Bytes of artifacts.
    pub digests: Vec<Digest>,
    /// Bytes of uploads.
    pub uploads: Vec<UploadId>,
}

/// Where the bytes of artifacts are. Equal bytes are stored once. `Refused` with 507 means that the disk is full.
#[async_trait]
pub trait ArtifactStore: Send + Sync {
    /// The file with these bytes, to be read only. `Refused` with 404 when they are not here.
    async fn file(&self, digest: &Digest) -> Result<PathBuf, PortError>;
    /// Makes an empty upload, where there is room for so many bytes.
    async fn begin(&self, upload: UploadId, size_bytes: i64) -> Result<(), PortError>;
    /// How many bytes of an upload have arrived. `Refused` with 404 when it is not here.
    async fn offset(&self, upload: UploadId) -> Result<i64, PortError>;
    /// Adds bytes at an offset; answers the next one. `Refused` with 409 when the upload does not end at that offset.
    async fn append(&self, upload: UploadId, offset: i64, bytes: Vec<u8>) -> Result<i64, PortError>;
    /// Reads a whole upload through. `Refused` with 422 when it is not what it is to be: with the reason, and the
    /// name of the entry at fault.
    async fn inspect(&self, upload: &Upload) -> Result<Content, PortError>;
    /// Keeps the bytes of an upload under their digest, safely on the disk; the upload is gone then.
    async fn keep(&self, upload: UploadId, digest: &Digest) -> Result<(), PortError>;
    /// Forgets an upload. Safe to call again.
    async fn discard(&self, upload: UploadId) -> Result<(), PortError>;
    /// What was last written before a moment.
    async fn inventory(&self, before: Millis) -> Result<Inventory, PortError>;
    /// Removes bytes, unless they were kept (again) since that moment. Safe to call again.
    async fn remove(&self, digest: &Digest, before: Millis) -> Result<(), PortError>;
}

/// Makes the one jar that a session cluster takes.
#[async_trait]
pub trait JarMerger: Send + Sync {
    /// Merges jars in this order into one, with the runner first where a script is to run. The second call for
    /// the same jars finds the first one's file.
    /// `Refused` when one of them is gone or is no jar.
    async fn merge(&self, artifacts: &[PinnedArtifact], with_runner: bool) -> Result<SessionJar, PortError>;
    /// What merging them would leave out although it differs.
    async fn conflicts(&self, artifacts: &[PinnedArtifact]) -> Result<Vec<JarConflict>, PortError>;
}
