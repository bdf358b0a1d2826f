//! Drafts: the editable specification of a job, one row for each saved revision, never overwritten.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::artifact::ArtifactRef;
use crate::flink_version::VersionNumber;
use crate::id::{ClusterId, JobId, TargetId, UserId};
use crate::time::Millis;

/// Longest SQL script in bytes (2 MiB): more than a thousand pages, small enough to check and to send.
pub const MAX_SCRIPT_BYTES: usize = 2 * 1024 * 1024;

/// Where a job's tasks run: in a cluster of its own, or in a session cluster beside others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// A session cluster that several jobs share.
    #[default]
    Session,
    /// A cluster of its own, which comes and goes with each run.
    Application,
}

/// What a job does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Code {
    /// A SQL script.
    Sql {
        /// As it was typed.
        sql: String,
    },
    /// The main class of a jar.
    Jar {
        /// The jar.
        jar: ProgramJar,
        /// The main class; unset means the one that the jar's manifest names.
        entry_class: Option<String>,
        /// Arguments of main, one by one, never split or joined.
        args: Vec<String>,
    },
}

/// Where the jar of a program is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ProgramJar {
    /// An artifact of the team.
    Artifact(ArtifactRef),
    /// A file of the image or of a mount of an application's pods: `local:///path`, as [`check_jar_uri`] takes it.
    Local(String),
}

/// Longest URI of a jar in bytes.
const MAX_JAR_URI_BYTES: usize = 2_048;

/// Why a text does not name a jar of an application's pods.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidJarUri {
    /// It has no scheme.
    #[error("expected a file of the image or of a mount, such as local:///opt/flink/usrlib/orders.jar")]
    NoScheme,
    /// It lies elsewhere.
    #[error(
        "'{0}' names no file of the image or of a mount: upload the jar as an artifact and name that, or mount it and write local:///path"
    )]
    Elsewhere(String),
    /// `local://host/path`.
    #[error("a file of a pod has no host: write three slashes, local:///path")]
    Host,
    /// `..`, which may lead out of what is mounted.
    #[error("'..' stands in the path: write where the jar really is")]
    Dots,
    /// A character that URIs do not have as it is, or that reads as something else there.
    #[error("{0} cannot stand in the path: give the file another name")]
    Character(String),
    /// Flink would not take it for a jar.
    #[error("the path does not end with .jar")]
    NoJar,
    /// Beyond any path.
    #[error("it has more than {MAX_JAR_URI_BYTES} bytes")]
    TooLong,
}

/// Checks the URI of a jar that is in the image or in a mount of an application's pods.
///
/// # Errors
/// Why it is refused.
pub fn check_jar_uri(uri: &str) -> Result<(), InvalidJarUri> {
    if uri.len() > MAX_JAR_URI_BYTES {
        return Err(InvalidJarUri::TooLong);
    }
    let (scheme, rest) = uri.split_once(':').ok_or(InvalidJarUri::NoScheme)?;
    if scheme != "local" {
        return Err(InvalidJarUri::Elsewhere(scheme.chars().take(40).collect()));
    }
    let path = rest.strip_prefix("//").ok_or(InvalidJarUri::NoScheme)?;
    if !path.starts_with('/') {
        return Err(InvalidJarUri::Host);
    }
    let bad = |c: &char| c.is_whitespace() || c.is_control() || "\"<>\\^`{|}?#%;".contains(*c);
    if let Some(bad) = path.chars().find(bad) {
        let shown = match bad {
            bad if bad.is_whitespace() => "a blank".to_owned(),
            bad if bad.is_control() => "a control character".to_owned(),
            bad => format!("'{bad}'"),
        };
        return Err(InvalidJarUri::Character(shown));
    }
    let mut parts = path.split('/');
    if parts.any(|part| part == "..") {
        return Err(InvalidJarUri::Dots);
    }
    let file = path.rsplit('/').next().unwrap_or_default();
    match file.strip_suffix(".jar") {
        Some(stem) if !stem.is_empty() => Ok(()),
        _ => Err(InvalidJarUri::NoJar),
    }
}

impl Code {
    /// The SQL script; nothing for other kinds.
    #[must_use]
    pub fn sql(&self) -> Option<&str> {
        match self {
            Self::Sql { sql } => Some(sql),
            Self::Jar { .. } => None,
        }
    }
}

/// What a job is to be: the content of a draft and of a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobSpec {
    /// What it does.
    #[serde(flatten)]
    pub code: Code,
    /// The session cluster to run on.
    pub cluster_id: Option<ClusterId>,
    /// Where the clusters of an application are made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_id: Option<TargetId>,
    /// The Flink version of an application.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flink_version: Option<VersionNumber>,
    /// How it is deployed.
    #[serde(default)]
    pub mode: Mode,
    /// Default parallelism; unset means the cluster's.
    pub parallelism: Option<u32>,
    /// Flink configuration of the job.
    #[serde(default)]
    pub configuration: BTreeMap<String, String>,
    /// Connectors, functions and libraries that stand on the job's class path, in this order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub jars: Vec<ArtifactRef>,
    /// Pod template of an application's JobManager, YAML: laid over the target's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_manager_template: Option<String>,
    /// Pod template of an application's TaskManagers, YAML: laid over the target's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_manager_template: Option<String>,
}

impl JobSpec {
    /// Every artifact that it refers to: the program first, then the class path.
    pub fn artifacts(&self) -> impl Iterator<Item = &ArtifactRef> {
        let program = match &self.code {
            Code::Jar {
                jar: ProgramJar::Artifact(jar),
                ..
            } => Some(jar),
            Code::Jar {
                jar: ProgramJar::Local(_), ..
            }
            | Code::Sql { .. } => None,
        };
        program.into_iter().chain(&self.jars)
    }
}

/// One saved revision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// The job it belongs to.
    pub job_id: JobId,
    /// 1, 2, 3 …; unique in the job.
    pub revision: i64,
    /// The content.
    pub spec: JobSpec,
    /// Who saved it.
    pub saved_by: UserId,
    /// When it was saved.
    pub saved_at: Millis,
}

/// Keys that the platform sets itself, with the reason a user is told.
/// A draft that names one is refused with the field `configuration.<key>`.
pub const OWNED_KEYS: &[(&str, &str)] = &[
    ("pipeline.name", "the job's name is used"),
    ("$internal.pipeline.job-id", "the run's id is used"),
    ("pipeline.jars", "jars are named in the draft"),
    ("pipeline.classpaths", "jars are named in the draft"),
    ("execution.savepoint.path", "choose the state when you start the job"),
    ("execution.state-recovery.path", "choose the state when you start the job"),
    ("execution.savepoint.ignore-unclaimed-state", "choose it when you start the job"),
    (
        "execution.state-recovery.ignore-unclaimed-state",
        "choose it when you start the job",
    ),
    ("execution.savepoint-restore-mode", "choose the claim mode when you start the job"),
    (
        "execution.state-recovery.claim-mode",
        "choose the claim mode when you start the job",
    ),
    ("state.checkpoints.dir", "every job has a checkpoint directory of its own"),
    ("execution.checkpointing.dir", "every job has a checkpoint directory of its own"),
    ("state.savepoints.dir", "every savepoint has a directory of its own"),
    (
        "execution.checkpointing.savepoint-dir",
        "every savepoint has a directory of its own",
    ),
    ("execution.target", "the cluster decides it"),
    ("execution.attached", "the platform submits detached"),
    ("high-availability", "it belongs to the cluster"),
    ("high-availability.type", "it belongs to the cluster"),
    ("table.dml-sync", "a session cluster cannot wait for a job inside its submission"),
];

/// The reason why a key may not be set by a user, if it may not.
#[must_use]
pub fn owned_key(key: &str) -> Option<&'static str> {
    OWNED_KEYS.iter().find(|(owned, _)| *owned == key).map(|(_, why)| *why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jar_of_the_pods_is_named_by_its_path() {
        let fine = [
            "local:///opt/flink/usrlib/app.jar",
            "local:///mnt/jars/orders-1.2_3+b.jar",
            "local:///data/订单.jar",
            "local:///a..b/c.jar",
            "local:///$HOME/(x)/a@b,c=d.jar",
        ];
        for uri in fine {
            assert_eq!(check_jar_uri(uri), Ok(()), "{uri}");
        }
        let long = format!("local:///{}.jar", "x".repeat(MAX_JAR_URI_BYTES));
        let refused = [
            ("", "expected a file"),
            ("/opt/flink/usrlib/app.jar", "expected a file"),
            ("app.jar", "expected a file"),
            ("local:/opt/app.jar", "expected a file"),
            (
                "http://host/app.jar",
                "'http' names no file of the image or of a mount: upload the jar as an artifact",
            ),
            ("https://host/app.jar", "'https' names no file"),
            ("s3://bucket/app.jar", "'s3' names no file"),
            ("hdfs:///app.jar", "'hdfs' names no file"),
            ("file:///opt/app.jar", "'file' names no file"),
            ("LOCAL:///opt/app.jar", "'LOCAL' names no file"),
            ("local://host/app.jar", "three slashes"),
            ("local://", "three slashes"),
            ("local:///", "does not end with .jar"),
            ("local:///opt/.jar", "does not end with .jar"),
            ("local:///opt/app.zip", "does not end with .jar"),
            ("local:///opt/app.jar/", "does not end with .jar"),
            ("local:///opt/../etc/app.jar", "'..' stands in the path"),
            ("local:///opt/a b.jar", "a blank"),
            ("local:///opt/a\u{3000}b.jar", "a blank"),
            ("local:///opt/a\0b.jar", "a control character"),
            ("local:///opt/a%20b.jar", "'%'"),
            ("local:///opt/a.jar?x=b.jar", "'?'"),
            ("local:///opt/a.jar#b.jar", "'#'"),
            ("local:///opt/a.jar;/b.jar", "';'"),
            (long.as_str(), "more than 2048 bytes"),
        ];
        for (uri, why) in refused {
            let told = check_jar_uri(uri).unwrap_err().to_string();
            assert!(told.contains(why), "{uri}: {told}");
        }
    }
}
