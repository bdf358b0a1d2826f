//! Typed, prefixed ids: `job_018f…` outside, a UUIDv7 inside. The 32 hex digits of a run's id are also its
//! Flink job id, so that a run can be found in Flink by looking at either.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

/// A text that is not an id of the expected kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is not a {kind} id: expected {prefix}_ and 32 hexadecimal digits")]
pub struct InvalidId {
    /// What was given, shortened.
    pub text: String,
    /// The noun.
    pub kind: &'static str,
    /// The prefix it should have had.
    pub prefix: &'static str,
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub Uuid);

        impl $name {
            /// The text before the underscore.
            pub const PREFIX: &'static str = $prefix;

            /// 26 lower-case letters and digits (RFC 4648), for names that may hold no more.
            #[must_use]
            pub fn base32(&self) -> String {
                base32(self.0.as_u128())
            }

            /// The 32 hexadecimal digits without the prefix.
            #[must_use]
            pub fn hex(&self) -> String {
                self.0.simple().to_string()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "_{}"), self.0.simple())
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                text.strip_prefix(concat!($prefix, "_"))
                    .filter(|digits| digits.len() == 32)
                    .and_then(|digits| Uuid::try_parse(digits).ok())
                    .map(Self)
                    .ok_or_else(|| InvalidId {
                        text: text.chars().take(60).collect(),
                        kind: stringify!($name).trim_end_matches("Id"),
                        prefix: $prefix,
                    })
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

ids! {
    /// A team, the tenant of everything below it.
    TeamId = "team";
    /// A person who can sign in.
    UserId = "user";
    /// One signed-in browser.
    SessionId = "session";
    /// One API token.
    TokenId = "token";
    /// An invitation into a team.
    InvitationId = "invitation";
    /// One row of the audit list.
    AuditId = "audit";
    /// An installed Flink distribution.
    FlinkVersionId = "flink";
    /// One installation of a Flink distribution.
    InstallationId = "installation";
    /// A place that can run Flink.
    TargetId = "target";
    /// A Flink cluster.
    ClusterId = "cluster";
    /// A job.
    JobId = "job";
    /// A release of a job.
    ReleaseId = "release";
    /// A run of a release.
    RunId = "run";
    /// A durable request with steps.
    OperationId = "operation";
    /// One call outside that changes something.
    EffectId = "effect";
    /// A savepoint or checkpoint.
    SnapshotId = "snapshot";
    /// One row of a job's timeline.
    EventId = "event";
    /// One version of an artifact.
    ArtifactId = "artifact";
    /// Trouble of a job that people are told of.
    IncidentId = "incident";
    /// Where messages of a team go.
    DestinationId = "destination";
    /// One message on its way.
    DeliveryId = "delivery";
    /// An artifact's bytes on their way to the server.
    UploadId = "upload";
    /// A variable of a team.
    VariableId = "variable";
    /// One running server process.
    InstanceId = "instance";
}

/// 128 bits in groups of five, the highest first; the last two bits stand alone.
fn base32(bits: u128) -> String {
    const DIGITS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let digit = |group: u32| {
        let five = if group == 25 { bits << 2 } else { bits >> (123 - 5 * group) };
        char::from(DIGITS[(five & 31) as usize])
    };
    (0..26).map(digit).collect()
}

impl ClusterId {
    /// The name of its Deployment in Kubernetes, from which Flink derives all others: at most 45 characters.
    #[must_use]
    pub fn deployment_name(&self) -> String {
        format!("sw-{}", self.base32())
    }

    /// What stands in the Deployment's annotation: it was created for this cluster and for no other.
    #[must_use]
    pub fn epoch(&self) -> String {
        self.hex()
    }
}

impl RunId {
    /// Stands for a run that is only thought of.
    pub const NIL: Self = Self(Uuid::nil());

    /// The Flink job id under which this run is submitted: law 3, names outside are derived from the run.
    #[must_use]
    pub fn flink_job_id(&self) -> String {
        self.hex()
    }

    /// The run that a Flink job of somebody else becomes when it is adopted: the same digits.
    #[must_use]
    pub fn of_flink_job(flink_job_id: &str) -> Option<Self> {
        let hex = flink_job_id.len() == 32 && flink_job_id.bytes().all(|byte| byte.is_ascii_hexdigit());
        hex.then(|| Uuid::try_parse(flink_job_id).ok()).flatten().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        let id = RunId(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_002a));
        assert_eq!(id.to_string(), "run_0190000000007000800000000000002a");
        assert_eq!(id.to_string().parse::<RunId>(), Ok(id));
        assert_eq!(id.flink_job_id(), "0190000000007000800000000000002a");
        assert_eq!(RunId::of_flink_job(&id.flink_job_id()), Some(id));
        for bad in ["", "0190", "{0190000000007000800000000000002a}", &"z".repeat(32)] {
            assert_eq!(RunId::of_flink_job(bad), None, "{bad}");
        }
    }

    #[test]
    fn base32_has_26_digits_of_rfc_4648() {
        assert_eq!(JobId(Uuid::from_u128(0)).base32(), "a".repeat(26));
        assert_eq!(JobId(Uuid::from_u128(u128::MAX)).base32(), format!("{}4", "7".repeat(25)));
        assert_eq!(JobId(Uuid::from_u128(1)).base32(), format!("{}e", "a".repeat(25)));
    }

    #[test]
    fn another_kind_is_refused_with_both_named() {
        let error = "job_0190000000007000800000000000002a".parse::<RunId>().unwrap_err();
        assert!(error.to_string().contains("is not a Run id: expected run_"), "{error}");
        assert!("run_zz".parse::<RunId>().is_err());
        assert!("run_0190-000000007000800000000000002a".parse::<RunId>().is_err());
    }
}
