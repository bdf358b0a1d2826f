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
