//! Flink versions: an installed distribution, and what differs between Flink's minor versions as one table.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::id::{FlinkVersionId, InstallationId};
use crate::ports::InstallSource;
use crate::time::Millis;

/// The number of a Flink version, e.g. 2.2.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VersionNumber {
    /// 1 or 2.
    pub major: u16,
    /// The minor, which decides the REST fields and configuration keys.
    pub minor: u16,
    /// The patch.
    pub patch: u16,
}

/// The oldest version that Streamwright runs outside Kubernetes.
pub const OLDEST: (u16, u16) = (1, 13);
/// The newest minor that the facts cover; newer ones are tried as this one.
pub const NEWEST: (u16, u16) = (2, 3);

/// A text that is not a Flink version number, or one that is not supported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidVersion {
    /// Not three numbers.
    #[error("'{0}' is not a Flink version: expected three numbers such as 2.2.1")]
    NotANumber(String),
    /// Below the oldest supported one.
    #[error("Flink {0} is not supported: the oldest supported version is 1.13")]
    TooOld(VersionNumber),
}

impl VersionNumber {
    /// A version from its three numbers.
    #[must_use]
    pub const fn new(major: u16, minor: u16, patch: u16) -> Self {
        Self { major, minor, patch }
    }

    /// Whether this version is at least the given minor.
    #[must_use]
    pub const fn at_least(self, major: u16, minor: u16) -> bool {
        self.major > major || (self.major == major && self.minor >= minor)
    }

    /// What this version can do and how it spells it.
    #[must_use]
    pub fn capabilities(self) -> Capabilities {
        Capabilities {
            run_flink_configuration: self.at_least(1, 17),
            restore_mode_field: if self.at_least(1, 20) {
                Some("claimMode")
            } else if self.at_least(1, 15) {
                Some("restoreMode")
            } else {
                None
            },
            trigger_id: self.at_least(1, 15),
            savepoint_format: self.at_least(1, 15),
            refuses_used_job_id: self.at_least(1, 16),
            config_yaml: self.at_least(1, 19),
            checkpoints_dir_key: if self.at_least(2, 0) {
                "execution.checkpointing.dir"
            } else {
                "state.checkpoints.dir"
            },
            savepoints_dir_key: if self.at_least(2, 0) {
                "execution.checkpointing.savepoint-dir"
            } else {
                "state.savepoints.dir"
            },
            bind_host_keys: self.at_least(1, 15),
        }
    }
}

/// What a Flink minor can do over REST and how it spells configuration
/// (`facts`: REST bodies by version 1.13 – 2.3; unknown fields are refused with 400 up to 1.19).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// `/jars/:id/run` takes `flinkConfiguration` (1.17).
    pub run_flink_configuration: bool,
    /// The field of `/jars/:id/run` for the claim mode: `restoreMode` (1.15), `claimMode` (1.20).
    pub restore_mode_field: Option<&'static str>,
    /// Savepoint triggers take a `triggerId`, which makes them idempotent (1.15).
    pub trigger_id: bool,
    /// Savepoint triggers take a `formatType` (1.15).
    pub savepoint_format: bool,
    /// The id of a finished job is refused; below 1.16 the job would run a second time.
    pub refuses_used_job_id: bool,
    /// The configuration file is `config.yaml` (read from 1.19, the only one from 2.0).
    pub config_yaml: bool,
    /// Key of the checkpoint directory.
    pub checkpoints_dir_key: &'static str,
    /// Key of the default savepoint directory.
    pub savepoints_dir_key: &'static str,
    /// `jobmanager.bind-host` and `taskmanager.bind-host` exist (1.15).
    pub bind_host_keys: bool,
}

impl fmt::Display for VersionNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl FromStr for VersionNumber {
    type Err = InvalidVersion;

    fn from_str(text: &str) -> Result<Self, InvalidVersion> {
        let bad = || InvalidVersion::NotANumber(text.chars().take(40).collect());
        let mut parts = text.split('.').map(|part| {
            let digits = !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
            digits.then(|| part.parse::<u16>().ok()).flatten()
        });
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(Some(major)), Some(Some(minor)), Some(Some(patch)), None) => {
                let version = Self { major, minor, patch };
                if version.at_least(OLDEST.0, OLDEST.1) {
                    Ok(version)
                } else {
                    Err(InvalidVersion::TooOld(version))
                }
            }
            _ => Err(bad()),
        }
    }
}

impl Serialize for VersionNumber {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for VersionNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// An installed Flink distribution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlinkVersion {
    /// Its id.
    pub id: FlinkVersionId,
    /// Version number, unique among the installed ones.
    pub version: VersionNumber,
    /// Absolute path of the distribution's folder (FLINK_HOME).
    pub home: String,
    /// Absolute path of the Java home that runs it.
    pub java_home: String,
    /// Where it came from: `pypi`, `archive` or `added`.
    pub source: String,
    /// When it was registered.
    pub created_at: Millis,
}

/// How far an installation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InstallationState {
    /// Being downloaded or unpacked.
    Running,
    /// The distribution is there and registered.
    Succeeded,
    /// It is not; the error says why.
    Failed,
}

/// One installation of a Flink distribution, done or under way.
#[derive(Debug, Clone, PartialEq)]
pub struct Installation {
    /// Its id.
    pub id: InstallationId,
    /// The version to install.
    pub version: VersionNumber,
    /// Where from.
    pub source: InstallSource,
    /// How far it is.
    pub state: InstallationState,
    /// What it is doing, as a sentence.
    pub message: String,
    /// Share done, from 0 to 1, where known.
    pub share: Option<f64>,
    /// Why it failed.
    pub error: Option<String>,
    /// When it began.
    pub started_at: Millis,
    /// When it ended.
    pub ended_at: Option<Millis>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_strictly() {
        assert_eq!("2.2.1".parse(), Ok(VersionNumber::new(2, 2, 1)));
        for bad in [
            "",
            "2.2",
            "2.2.1.0",
            "2.2.x",
            "v2.2.1",
            "2.2.1-SNAPSHOT",
            " 2.2.1",
            "2.+2.1",
            "99999.1.1",
        ] {
            assert!(matches!(bad.parse::<VersionNumber>(), Err(InvalidVersion::NotANumber(_))), "{bad}");
        }
        assert!(matches!("1.9.3".parse::<VersionNumber>(), Err(InvalidVersion::TooOld(_))));
    }

    #[test]
    fn fields_follow_the_minor() {
        let of = |text: &str| text.parse::<VersionNumber>().map(VersionNumber::capabilities).ok();
        assert_eq!(of("1.14.6").and_then(|c| c.restore_mode_field), None);
        assert_eq!(of("1.18.1").and_then(|c| c.restore_mode_field), Some("restoreMode"));
        assert_eq!(of("1.20.5").and_then(|c| c.restore_mode_field), Some("claimMode"));
        assert_eq!(of("2.2.1").map(|c| c.checkpoints_dir_key), Some("execution.checkpointing.dir"));
        assert_eq!(of("1.16.3").map(|c| c.run_flink_configuration), Some(false));
    }
}
