//! A store of bytes that is played: in memory, with what tests want it to say.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Mutex;

use async_trait::async_trait;
use domain::Millis;
use domain::artifact::{ArtifactKind, Digest};
use domain::id::UploadId;
use domain::ports::{ArtifactStore, Inventory, PortError};
use domain::upload::{Content, Upload};
use sha2::{Digest as _, Sha256};

/// Keeps what is kept as files of a folder, so that it can be downloaded.
pub struct FakeArtifacts {
    folder: tempfile::TempDir,
    uploads: Mutex<BTreeMap<UploadId, Vec<u8>>>,
}

impl Default for FakeArtifacts {
    fn default() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            uploads: Mutex::default(),
        }
    }
}

fn refused(status: u16, message: &str) -> PortError {
    PortError::Refused {
        status: Some(status),
        message: message.to_owned(),
    }
}

fn length(bytes: &[u8]) -> i64 {
    i64::try_from(bytes.len()).unwrap()
}

#[async_trait]
impl ArtifactStore for FakeArtifacts {
    async fn file(&self, digest: &Digest) -> Result<PathBuf, PortError> {
        Ok(self.folder.path().join(digest.as_str()))
    }

    /// A file of 507 bytes finds the disk full.
    async fn begin(&self, upload: UploadId, size_bytes: i64) -> Result<(), PortError> {
        if size_bytes == 507 {
            return Err(refused(507, "the disk is full"));
        }
        self.uploads.lock().unwrap().insert(upload, Vec::new());
        Ok(())
    }

    async fn offset(&self, upload: UploadId) -> Result<i64, PortError> {
        let uploads = self.uploads.lock().unwrap();
        uploads.get(&upload).map(|bytes| length(bytes)).ok_or_else(|| refused(404, "gone"))
    }

    /// Bytes that say so fill the disk.
    async fn append(&self, upload: UploadId, offset: i64, bytes: Vec<u8>) -> Result<i64, PortError> {
        let mut uploads = self.uploads.lock().unwrap();
        let have = uploads.get_mut(&upload).ok_or_else(|| refused(404, "gone"))?;
        if length(have) != offset {
            return Err(refused(409, "another offset"));
        }
        if bytes == b"full" {
            return Err(refused(507, "the disk is full"));
        }
        have.extend(bytes);
        Ok(length(have))
    }

    /// Everything is a job's jar, except what begins with `bad`.
    async fn inspect(&self, upload: &Upload) -> Result<Content, PortError> {
        let uploads = self.uploads.lock().unwrap();
        let bytes = uploads.get(&upload.id).ok_or_else(|| refused(404, "gone"))?;
        if length(bytes) != upload.size_bytes {
            return Err(refused(409, "bytes are missing"));
        }
        if bytes.starts_with(b"bad") {
            return Err(refused(422, "its entry '../evil' leads out of its folder (zip slip)"));
        }
        let digest = Digest::of(Sha256::digest(bytes).into());
        if upload.sha256.as_ref().is_some_and(|expected| *expected != digest) {
            return Err(refused(422, "what arrived has another SHA-256"));
        }
        Ok(Content {
            digest,
            size_bytes: upload.size_bytes,
            kind: upload.kind.unwrap_or(ArtifactKind::JobJar),
            entry_classes: vec!["com.example.Main".to_owned()],
        })
    }

    async fn keep(&self, upload: UploadId, digest: &Digest) -> Result<(), PortError> {
        let bytes = self.uploads.lock().unwrap().remove(&upload);
        std::fs::write(self.folder.path().join(digest.as_str()), bytes.unwrap_or_default()).unwrap();
        Ok(())
    }

    async fn discard(&self, upload: UploadId) -> Result<(), PortError> {
        self.uploads.lock().unwrap().remove(&upload);
        Ok(())
    }

    async fn inventory(&self, _: Millis) -> Result<Inventory, PortError> {
        Ok(Inventory {
            digests: Vec::new(),
            uploads: self.uploads.lock().unwrap().keys().copied().collect(),
        })
    }

    async fn remove(&self, _: &Digest, _: Millis) -> Result<(), PortError> {
        Ok(())
    }
}
