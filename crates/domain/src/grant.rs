//! Which teams may use something that belongs to the platform, such as a Flink version.

use std::collections::BTreeSet;

use crate::id::TeamId;

/// Who may use it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Grant {
    /// Every team, also those that come later.
    #[default]
    AllTeams,
    /// These teams.
    Teams(BTreeSet<TeamId>),
}

impl Grant {
    /// Whether a team may use it.
    #[must_use]
    pub fn allows(&self, team: TeamId) -> bool {
        match self {
            Self::AllTeams => true,
            Self::Teams(teams) => teams.contains(&team),
        }
    }
}
