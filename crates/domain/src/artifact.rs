//! Artifacts: content-addressed bytes of a team with a name and a kind, which jobs refer to.
//!
//! An upload under a name that is taken makes the next version of that name; versions are never changed. A draft
//! refers to a name, with or without a version; a release pins the digest, so what is released never changes.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::id::{ArtifactId, ClusterId, JobId, ReleaseId, TeamId, UserId};
use crate::job::{InvalidName, check_name};
use crate::time::Millis;

/// SHA-256 of an artifact's bytes: 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(String);

/// A text that is not a digest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a SHA-256 digest: expected 64 lower-case hexadecimal digits")]
pub struct InvalidDigest(String);

impl Digest {
    /// The digest of bytes hashed elsewhere.
    #[must_use]
    pub fn of(sha256: [u8; 32]) -> Self {
        Self(hex::encode(sha256))
    }

    /// The 64 digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Digest {
    type Err = InvalidDigest;

    fn from_str(text: &str) -> Result<Self, InvalidDigest> {
        let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if text.len() == 64 && text.bytes().all(hex) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidDigest(text.chars().take(80).collect()))
        }
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// What an artifact is for. Read off its content at the upload; a person may say otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ArtifactKind {
    /// A program with a main class.
    JobJar,
    /// Classes that a script calls.
    UdfJar,
    /// Tables, formats, catalogs: a jar that offers Flink factories as services.
    Connector,
    /// A Python program or module.
    PythonFile,
    /// Any other archive.
    Archive,
}

impl ArtifactKind {
    /// Whether it can stand on a class path.
    #[must_use]
    pub const fn is_jar(self) -> bool {
        matches!(self, Self::JobJar | Self::UdfJar | Self::Connector)
    }
}

/// One version of an artifact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artifact {
    /// Its id.
    pub id: ArtifactId,
    /// The team it belongs to.
    pub team_id: TeamId,
    /// Name; with the version unique in the team, compared byte by byte.
    pub name: String,
    /// 1, 2, 3 … in its name.
    pub version: i64,
    /// What it is for.
    pub kind: ArtifactKind,
    /// The name that the file had where it came from: shown, and the name of a download.
    pub file_name: String,
    /// Digest of the bytes.
    pub digest: Digest,
    /// How many bytes.
    pub size_bytes: i64,
    /// Classes with a `main`, the one that the manifest names first; empty for what is no jar.
    #[serde(default)]
    pub entry_classes: Vec<String>,
    /// Who uploaded it.
    pub created_by: UserId,
    /// When it was uploaded.
    pub created_at: Millis,
}

/// Something that refers to an artifact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holder {
    /// A job's newest draft.
    Draft(JobId),
    /// A release, which may be started at any time.
    Release(ReleaseId),
    /// A cluster, which is to have it in its `lib` from its next start on.
    Cluster(ClusterId),
    /// The processes of a cluster, which have it on their class path until they end.
    ClusterProcesses(ClusterId),
}

/// One use of an artifact, with what people call its holder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ArtifactUse {
    /// Who refers to it.
    pub holder: Holder,
    /// Name of the job or of the cluster.
    pub name: String,
    /// The job, where a draft or a release refers to it.
    pub job_id: Option<JobId>,
    /// The release's number.
    pub release_number: Option<i64>,
}

impl fmt::Display for ArtifactUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.holder {
            Holder::Draft(_) => write!(f, "the draft of job '{}'", self.name),
            Holder::Release(_) => write!(f, "release {} of job '{}'", self.release_number.unwrap_or_default(), self.name),
            Holder::Cluster(_) => write!(f, "cluster '{}'", self.name),
            Holder::ClusterProcesses(_) => write!(f, "what runs of cluster '{}' until it is stopped", self.name),
        }
    }
}

/// Why a name of an artifact or of its file is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidArtifactName {
    /// As for every name.
    #[error(transparent)]
    Name(#[from] InvalidName),
    /// It will be a file's name on the way to Flink.
    #[error("a name has no '/' and no '\\', because it is the name of a file")]
    Separator,
    /// A folder's own names.
    #[error("'.' and '..' are no names of files")]
    Dots,
}

/// Checks the name of an artifact or of its file.
///
/// # Errors
/// Why it is refused.
pub fn check_artifact_name(name: &str) -> Result<(), InvalidArtifactName> {
    check_name(name)?;
    if name.contains(['/', '\\']) {
        Err(InvalidArtifactName::Separator)
    } else if matches!(name, "." | "..") {
        Err(InvalidArtifactName::Dots)
    } else {
        Ok(())
    }
}

/// How a draft refers to an artifact of its team.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ArtifactRef {
    /// The name.
    pub name: String,
    /// The version; unset means the newest one when it is released.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

/// An artifact as a release holds it: what [`ArtifactRef`] was resolved to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PinnedArtifact {
    /// The name that the draft used.
    pub name: String,
    /// The version that it meant.
    pub version: i64,
    /// The file's name.
    pub file_name: String,
    /// Digest of the bytes: what really runs.
    pub digest: Digest,
}

impl From<&Artifact> for PinnedArtifact {
    fn from(artifact: &Artifact) -> Self {
        Self {
            name: artifact.name.clone(),
            version: artifact.version,
            file_name: artifact.file_name.clone(),
            digest: artifact.digest.clone(),
        }
    }
}

/// Two jars of a job that hold something different under the same name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JarConflict {
    /// The jar that comes first: what it holds is used.
    pub kept: String,
    /// The jar whose is not.
    pub left_out: String,
    /// How many classes differ.
    pub classes: u32,
    /// How many other entries differ.
    pub resources: u32,
    /// One of them, a class where there is one.
    pub example: String,
}

impl From<&PinnedArtifact> for ArtifactRef {
    fn from(pinned: &PinnedArtifact) -> Self {
        Self {
            name: pinned.name.clone(),
            version: Some(pinned.version),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_names_of_files() {
        for good in ["flink-sql-connector-kafka-4.0.1-2.0.jar", "订单.jar", "a b.py", "..jar"] {
            assert_eq!(check_artifact_name(good), Ok(()), "{good}");
        }
        for bad in [
            "../a.jar",
            "/etc/passwd",
            "a\\b.jar",
            "..",
            ".",
            "",
            "a\nb",
            "a\0b",
            &"x".repeat(10_000),
        ] {
            assert!(check_artifact_name(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn digests_are_read_strictly() {
        let digest = Digest::of([0xab; 32]);
        assert_eq!(digest.to_string().parse(), Ok(digest.clone()));
        for bad in [
            "",
            "ab",
            &"AB".repeat(32),
            &"g".repeat(64),
            &format!("{digest} "),
            "../../etc/passwd",
        ] {
            assert!(bad.parse::<Digest>().is_err(), "{bad}");
        }
    }
}
