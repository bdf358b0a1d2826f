//! Variables of a team: names for values that stand as `${name}` in scripts, arguments and configuration. A plain one
//! is resolved when a release is made; a secret stays a reference there and is opened only for the call that needs it.

mod hide;
mod mark;
mod prepare;
mod resolve;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::id::{JobId, TeamId, UserId, VariableId};
use crate::secret::Sealed;
use crate::time::Millis;

pub use hide::Hider;
pub use mark::Language;
pub use prepare::{Prepared, names, prepare};
pub use resolve::{Resolved, insert};

/// Longest name in characters.
pub const MAX_NAME: usize = 128;
/// Longest value in bytes.
pub const MAX_VALUE_BYTES: usize = 64 * 1024;
/// Shortest secret in characters: a shorter one cannot be kept out of what others say without spoiling it.
pub const MIN_SECRET: usize = 4;
/// Most variables of a team.
pub const MAX_VARIABLES: usize = 1_000;

/// Whether a text is a name: a letter, then letters, digits, `_`, `.` and `-`.
///
/// # Errors
/// What is wrong with it, for a sentence.
pub fn check_name(name: &str) -> Result<(), &'static str> {
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return Err("it begins with a letter (a to z)");
    }
    if name.len() > MAX_NAME {
        return Err("it has at most 128 characters");
    }
    if name.bytes().all(mark::in_name) {
        Ok(())
    } else {
        Err("it has letters (a to z), digits, '_', '.' and '-' only")
    }
}

/// What a variable stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VariableValue {
    /// Everybody in the team may read it.
    Plain(String),
    /// Nobody may.
    Secret(Sealed),
}

/// One variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Its id.
    pub id: VariableId,
    /// The team.
    pub team_id: TeamId,
    /// Unique in the team.
    pub name: String,
    /// What it stands for.
    pub value: VariableValue,
    /// A secret's value before the newest one: only to keep it out of what is shown.
    pub former: Option<Sealed>,
    /// One line about it.
    pub description: String,
    /// 1, 2, 3 …: grows with each other value.
    pub revision: i64,
    /// When it was made.
    pub created_at: Millis,
    /// When its value or description was last changed.
    pub changed_at: Millis,
    /// By whom.
    pub changed_by: UserId,
}

impl Variable {
    /// Whether its value is a secret.
    #[must_use]
    pub const fn secret(&self) -> bool {
        matches!(self.value, VariableValue::Secret(_))
    }

    /// As a release or run names it.
    #[must_use]
    pub fn pin(&self) -> PinnedVariable {
        PinnedVariable {
            name: self.name.clone(),
            revision: self.revision,
            secret: self.secret(),
        }
    }

    /// The sealed values that must not be seen: the present one and the one before.
    pub fn sealed(&self) -> impl Iterator<Item = &Sealed> {
        let present = match &self.value {
            VariableValue::Secret(sealed) => Some(sealed),
            VariableValue::Plain(_) => None,
        };
        present.into_iter().chain(&self.former)
    }
}

/// For what a secret is sealed: it opens for no other team and no other name.
#[must_use]
pub fn purpose(team: TeamId, name: &str) -> String {
    format!("variable {team} {name}")
}

/// Which revision of a variable a release or run uses.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PinnedVariable {
    /// Its name.
    pub name: String,
    /// Of a plain one the revision that was inserted; of a secret the newest when the release was made or the run sent.
    pub revision: i64,
    /// Whether it stayed a reference.
    pub secret: bool,
}

/// What a job needs to use the newest value of a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Need {
    /// Another release.
    Release,
    /// Another run.
    Restart,
}

/// What a job needs that uses a variable: `released` is what its release pins, `running` the revision that its live run
/// was sent with, `newest` the variable now.
#[must_use]
pub fn need(released: &PinnedVariable, running: Option<i64>, newest: &PinnedVariable) -> Option<Need> {
    if !released.secret {
        return (newest.secret || released.revision < newest.revision).then_some(Need::Release);
    }
    running.is_some_and(|revision| revision < newest.revision).then_some(Need::Restart)
}

/// A job that uses a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VariableUse {
    /// The job.
    pub job_id: JobId,
    /// Its name.
    pub job_name: String,
    /// Whether its draft names the variable.
    pub draft: bool,
    /// The number of its running, else of its newest release, where that names the variable.
    pub release: Option<i64>,
    /// What it needs to use the newest value.
    pub need: Option<Need>,
}

/// A variable with another value than the one that a job's release or run uses.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Outdated {
    /// What the job needs.
    pub need: Need,
    /// The release that uses it.
    pub release: i64,
    /// Name of the variable.
    pub name: String,
}
