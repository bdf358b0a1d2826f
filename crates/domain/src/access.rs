//! People and what lets them in: users, sessions, API tokens, one-time links, and the classes of routes.

use serde::{Deserialize, Serialize};

use crate::id::{SessionId, TeamId, TokenId, UserId};
use crate::time::Millis;

/// What a caller must be to use a route. One table in the API classifies every route with one of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// Anybody, without a session.
    Public,
    /// Anybody who has signed in.
    SignedIn,
    /// Anybody who has signed in, but not with a token of one team: for what belongs to the account.
    Account,
    /// May look at the team's things.
    Viewer,
    /// May start, stop and take savepoints.
    Operator,
    /// May write and release.
    Developer,
    /// May change members.
    TeamAdmin,
    /// May change the platform.
    PlatformAdmin,
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Their id.
    pub id: UserId,
    /// Unique sign-in name.
    pub name: String,
    /// Argon2id hash in PHC text, where a password is set.
    pub password_hash: Option<String>,
    /// Whether they are a platform admin, who may do everything in every team.
    pub platform_admin: bool,
    /// When the account was made.
    pub created_at: Millis,
    /// Since when the account lets nobody in.
    pub disabled_at: Option<Millis>,
}

/// One signed-in browser. The secret itself is never stored, only its SHA-256.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Public id, for listing and revoking.
    pub id: SessionId,
    /// Whose session.
    pub user_id: UserId,
    /// When it began.
    pub created_at: Millis,
    /// When it ends by itself.
    pub expires_at: Millis,
    /// The browser's own name for itself, shortened.
    pub user_agent: String,
    /// The network address that signed in, where it is known.
    pub address: Option<String>,
}

/// An API token. The secret itself is never stored, only its SHA-256.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Public id, for listing and revoking.
    pub id: TokenId,
    /// Whose rights it carries.
    pub user_id: UserId,
    /// What it is for.
    pub name: String,
    /// When it was made.
    pub created_at: Millis,
    /// When it ends by itself.
    pub expires_at: Option<Millis>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Millis>,
    /// The team and role that it is for; without one it carries all rights of its maker.
    pub scope: Option<TokenScope>,
}

/// The one team that a token is for, and the most that it may do there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenScope {
    /// The team.
    pub team_id: TeamId,
    /// Viewer, operator, developer or team admin.
    pub role: Access,
}

/// A team and the caller's role in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// The team.
    pub team_id: TeamId,
    /// Its name.
    pub team_name: String,
    /// The role: viewer, operator, developer or team admin.
    pub role: Access,
}

impl Access {
    /// The roles of a team, lowest first.
    pub const ROLES: [Self; 4] = [Self::Viewer, Self::Operator, Self::Developer, Self::TeamAdmin];

    /// Whether a member of a team can have it as a role.
    #[must_use]
    pub fn is_role(self) -> bool {
        Self::ROLES.contains(&self)
    }
}

/// The teams that somebody reaches with what they showed: all of theirs, or with a token of one team only that
/// one, with the lower of the token's role and the role that they have there now.
#[must_use]
pub fn reach(memberships: Vec<Membership>, token: Option<TokenScope>) -> Vec<Membership> {
    let Some(scope) = token else { return memberships };
    let mut memberships = memberships;
    memberships.retain(|of| of.team_id == scope.team_id);
    for of in &mut memberships {
        of.role = of.role.min(scope.role);
    }
    memberships
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_token_never_reaches_further_than_its_scope_and_its_maker() {
        let (one, two) = (TeamId(Uuid::from_u128(1)), TeamId(Uuid::from_u128(2)));
        let of = |team_id, role| Membership {
            team_id,
            team_name: String::new(),
            role,
        };
        for now in Access::ROLES {
            for role in Access::ROLES {
                let teams = vec![of(one, now), of(two, Access::TeamAdmin)];
                assert_eq!(reach(teams.clone(), None), teams);
                assert_eq!(reach(teams, Some(TokenScope { team_id: one, role })), [of(one, now.min(role))]);
            }
        }
        assert_eq!(
            reach(
                vec![of(two, Access::Viewer)],
                Some(TokenScope {
                    team_id: one,
                    role: Access::Viewer
                })
            ),
            []
        );
    }
}
