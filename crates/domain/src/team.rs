//! Teams: the tenants. People's rights inside a team are in [`crate::access`].

use serde::{Deserialize, Serialize};

use crate::id::TeamId;
use crate::time::Millis;

/// A tenant: every job, cluster and snapshot belongs to one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Team {
    /// Its id.
    pub id: TeamId,
    /// Unique name, compared byte by byte.
    pub name: String,
    /// When it was made.
    pub created_at: Millis,
    /// Since when its members cannot enter it.
    pub disabled_at: Option<Millis>,
}
