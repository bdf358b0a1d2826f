//! Invitations: a one-time link with which somebody becomes a member of a team.

use crate::access::Access;
use crate::id::{InvitationId, TeamId, UserId};
use crate::time::{HOUR, Millis};

/// Longest time for which an invitation can be used, in hours: a month.
pub const MAX_HOURS: u32 = 30 * 24;
/// How long an invitation can be used unless told, in hours: three days.
pub const USUAL_HOURS: u32 = 72;

/// An invitation. Its secret is never stored, only its SHA-256.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Its id, for listing and revoking.
    pub id: InvitationId,
    /// Into which team.
    pub team_id: TeamId,
    /// With which role: viewer, operator, developer or team admin.
    pub role: Access,
    /// Whom it is meant for.
    pub note: String,
    /// Who invites.
    pub created_by: UserId,
    /// When it was made.
    pub created_at: Millis,
    /// Until when it can be used.
    pub expires_at: Millis,
}

/// When a link of so many hours ends.
#[must_use]
pub fn ends(now: Millis, hours: u32) -> Millis {
    now.plus(i64::from(hours) * HOUR)
}
