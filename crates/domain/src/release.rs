//! Releases: immutable, numbered snapshots of a draft. What runs is always a release.

use serde::{Deserialize, Serialize};

use crate::artifact::PinnedArtifact;
use crate::draft::JobSpec;
use crate::flink_version::VersionNumber;
use crate::id::{JobId, ReleaseId, TeamId, UserId};
use crate::sql::{Finding, Statement};
use crate::time::Millis;
use crate::variable::PinnedVariable;

/// Everything that decides what runs, in the order in which it is hashed. Canonical: the fields in this
/// order, maps sorted by key, so the same content has the same bytes and the same digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseContent {
    /// The job's name when it was released; it becomes `pipeline.name`.
    pub name: String,
    /// The specification.
    pub spec: JobSpec,
    /// The Flink version that checked it and runs it.
    pub version: VersionNumber,
    /// The script split into statements.
    pub statements: Vec<Statement>,
    /// What the specification's artifacts were resolved to, in the order of [`JobSpec::artifacts`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub artifacts: Vec<PinnedArtifact>,
    /// The variables that the specification named, by name. Plain ones are inserted; secrets stand as `${name}` still.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variables: Vec<PinnedVariable>,
}

/// One release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// Its id.
    pub id: ReleaseId,
    /// The job.
    pub job_id: JobId,
    /// The team, for scoping.
    pub team_id: TeamId,
    /// 1, 2, 3 …; unique in the job.
    pub number: i64,
    /// The draft revision that it was made from.
    pub draft_revision: i64,
    /// What it holds.
    pub content: ReleaseContent,
    /// SHA-256 of the canonical bytes, as 64 hex digits.
    pub digest: String,
    /// What the check found when it was released.
    pub findings: Vec<Finding>,
    /// Whether it was released in spite of errors.
    pub overridden: bool,
    /// A line of its author.
    pub note: String,
    /// Who released it.
    pub created_by: UserId,
    /// When it was released.
    pub created_at: Millis,
}

impl ReleaseContent {
    /// Names of the secrets that stand in it as references.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        self.variables.iter().filter(|one| one.secret).map(|one| one.name.as_str())
    }

    /// The bytes that the digest is made of.
    ///
    /// # Errors
    /// Never for content that came from JSON; a map key that is not text would be an error.
    pub fn canonical(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }

    /// SHA-256 of the canonical bytes as hexadecimal digits.
    ///
    /// # Errors
    /// As [`Self::canonical`].
    pub fn digest(&self) -> Result<String, serde_json::Error> {
        use sha2::Digest;
        Ok(hex::encode(sha2::Sha256::digest(self.canonical()?.as_bytes())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Releases of earlier servers are read, and their bytes and digest stay what they were.
    #[test]
    fn a_script_without_jars_has_the_bytes_it_always_had() {
        let stored = concat!(
            r#"{"name":"orders","spec":{"sql":"INSERT INTO a SELECT 1","cluster_id":null,"mode":"session","parallelism":2,"#,
            r#""configuration":{"a":"b"}},"version":"2.2.1","statements":[]}"#
        );
        let content: ReleaseContent = serde_json::from_str(stored).unwrap();
        assert_eq!(content.spec.code.sql(), Some("INSERT INTO a SELECT 1"));
        assert_eq!(content.canonical().unwrap(), stored);
    }

    /// The jar of a program was an artifact before it could be a file of the image.
    #[test]
    fn a_program_has_the_bytes_it_always_had() {
        let stored = concat!(
            r#"{"name":"orders","spec":{"jar":{"name":"orders","version":2},"entry_class":"a.B","args":["x"],"cluster_id":null,"#,
            r#""mode":"application","parallelism":null,"configuration":{}},"version":"2.2.1","statements":[]}"#
        );
        let content: ReleaseContent = serde_json::from_str(stored).unwrap();
        assert_eq!(
            content.spec.artifacts().map(|jar| jar.name.as_str()).collect::<Vec<_>>(),
            ["orders"]
        );
        assert_eq!(content.canonical().unwrap(), stored);
        let digest = "00159e412d8e75f80ef7bb61c2e6f3d1806af983385041463110f6d3302b3c15";
        assert_eq!(content.digest().unwrap(), digest);
    }

    #[test]
    fn a_jar_of_the_image_and_pod_templates_are_part_of_a_release() {
        let stored = concat!(
            r#"{"name":"orders","spec":{"jar":"local:///opt/a.jar","entry_class":null,"args":[],"cluster_id":null,"#,
            r#""mode":"application","parallelism":null,"configuration":{},"jars":[{"name":"udf"}],"#,
            r#""job_manager_template":"kind: Pod","task_manager_template":"kind: Pod\n"},"version":"2.2.1","statements":[]}"#
        );
        let content: ReleaseContent = serde_json::from_str(stored).unwrap();
        assert_eq!(content.spec.artifacts().map(|jar| jar.name.as_str()).collect::<Vec<_>>(), ["udf"]);
        assert_eq!(content.canonical().unwrap(), stored);
        let mut other = content.clone();
        other.spec.task_manager_template = None;
        assert_ne!(other.digest().unwrap(), content.digest().unwrap());
    }
}
