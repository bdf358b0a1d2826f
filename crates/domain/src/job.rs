//! Jobs: a named piece of work in a team, with what the user asked of it.

use serde::{Deserialize, Serialize};

use crate::id::{ClusterId, JobId, OperationId, ReleaseId, RunId, TeamId};
use crate::label::Labels;
use crate::time::Millis;

/// Longest name of a job, cluster or team, in characters.
pub const MAX_NAME_CHARS: usize = 200;

/// What the user asked: the first of the three facts of the state model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "want", rename_all = "snake_case")]
pub enum Desired {
    /// Nothing should run.
    Stopped,
    /// This release should run.
    Running {
        /// The release.
        release_id: ReleaseId,
    },
}

/// A job as stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// The team it belongs to.
    pub team_id: TeamId,
    /// Name, unique in the team, compared byte by byte.
    pub name: String,
    /// One line about it.
    pub description: String,
    /// Words to find it by.
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub labels: Labels,
    /// What is asked.
    pub desired: Desired,
    /// Grows with each intent; a run carries the generation that made it.
    pub generation: i64,
    /// Where its newest intent runs: the cluster of the release that was last asked to run, before that
    /// the draft's.
    pub cluster_id: Option<ClusterId>,
    /// The newest run, live or ended.
    pub run_id: Option<RunId>,
    /// The open lifecycle operation (start, stop, replace, delete): one at a time.
    pub lifecycle_id: Option<OperationId>,
    /// The open savepoint: one beside the lifecycle operation.
    pub savepoint_id: Option<OperationId>,
    /// Newest draft revision; 0 before the first save.
    pub draft_revision: i64,
    /// Newest release's number; 0 before the first.
    pub release_number: i64,
    /// When it was made.
    pub created_at: Millis,
    /// Grows with each write of the row.
    pub revision: i64,
}

/// Why a name is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidName {
    /// Nothing but blanks.
    #[error("a name is needed")]
    Empty,
    /// Too long.
    #[error("a name has at most {MAX_NAME_CHARS} characters")]
    TooLong,
    /// Blank at an end: two such names look the same.
    #[error("a name neither starts nor ends with a blank")]
    Padded,
    /// Control characters would break logs and file names.
    #[error("a name has no control characters or line breaks")]
    Control,
}

/// Checks a name: any script, blanks and emoji are fine; names never become file names or ids outside.
///
/// # Errors
/// Why the name is refused.
pub fn check_name(name: &str) -> Result<(), InvalidName> {
    if name.trim().is_empty() {
        Err(InvalidName::Empty)
    } else if name.chars().count() > MAX_NAME_CHARS {
        Err(InvalidName::TooLong)
    } else if name.trim() != name {
        Err(InvalidName::Padded)
    } else if name
        .chars()
        .any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
    {
        Err(InvalidName::Control)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_script_is_a_name() {
        for good in ["orders", "orders per minute", "订单汇总", "🚀 launch", "a'b\"c;--"] {
            assert_eq!(check_name(good), Ok(()), "{good}");
        }
        assert_eq!(check_name(&"字".repeat(MAX_NAME_CHARS)), Ok(()));
    }

    #[test]
    fn what_cannot_be_told_apart_is_refused() {
        assert_eq!(check_name(" \t"), Err(InvalidName::Empty));
        assert_eq!(check_name(" a"), Err(InvalidName::Padded));
        assert_eq!(check_name("a\nb"), Err(InvalidName::Control));
        assert_eq!(check_name("a\u{202e}b"), Err(InvalidName::Control));
        assert_eq!(check_name(&"x".repeat(MAX_NAME_CHARS + 1)), Err(InvalidName::TooLong));
    }
}
