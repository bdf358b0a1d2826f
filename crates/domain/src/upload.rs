//! Uploads: an artifact's bytes on their way to the server. They come in pieces, each at the offset where the last
//! one ended, so that a lost connection or a server that was killed costs no more than what was on the line.

use serde::{Deserialize, Serialize};

use crate::artifact::{ArtifactKind, Digest};
use crate::id::{TeamId, UploadId, UserId};
use crate::time::Millis;

/// What is taken; the operator of the server may decide otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UploadLimits {
    /// Largest file in bytes.
    pub file_bytes: i64,
    /// All versions and open uploads of a team in bytes.
    pub team_bytes: i64,
    /// Open uploads of a team.
    pub open: u32,
    /// Milliseconds after which an upload that nobody continues is forgotten.
    pub life_ms: i64,
}

impl Default for UploadLimits {
    fn default() -> Self {
        Self {
            file_bytes: 2 << 30,
            team_bytes: 100 << 30,
            open: 20,
            life_ms: 24 * 60 * 60 * 1000,
        }
    }
}

/// An upload that has not been completed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upload {
    /// Its id.
    pub id: UploadId,
    /// The team.
    pub team_id: TeamId,
    /// Name of the artifact to be.
    pub name: String,
    /// The file's name where it comes from.
    pub file_name: String,
    /// What a person says that it is; unset means what its content says.
    pub kind: Option<ArtifactKind>,
    /// How many bytes it will have.
    pub size_bytes: i64,
    /// What its bytes must hash to, where the sender knows.
    pub sha256: Option<Digest>,
    /// Who uploads.
    pub created_by: UserId,
    /// When it was begun.
    pub created_at: Millis,
    /// When it is forgotten, unless more comes.
    pub expires_at: Millis,
}

/// What a complete upload was found to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// Digest of the bytes.
    pub digest: Digest,
    /// How many.
    pub size_bytes: i64,
    /// What it is for.
    pub kind: ArtifactKind,
    /// Classes with a `main`, the one that the manifest names first.
    pub entry_classes: Vec<String>,
}
