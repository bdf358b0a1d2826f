//! People and what lets them in: signing in and out, sessions, API tokens, passwords.

pub mod limiter;
pub mod me;
pub mod password;
pub mod secret;
pub mod session;
pub mod sign_in;
pub mod token;

use domain::access::Access;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a member may do in a team. Each role may also do what the ones before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// May look.
    Viewer,
    /// May start, stop and take savepoints.
    Operator,
    /// May write and release.
    Developer,
    /// May change members.
    TeamAdmin,
}

impl From<Access> for Role {
    fn from(access: Access) -> Self {
        match access {
            Access::Public | Access::SignedIn | Access::Account | Access::Viewer => Self::Viewer,
            Access::Operator => Self::Operator,
            Access::Developer => Self::Developer,
            Access::TeamAdmin | Access::PlatformAdmin => Self::TeamAdmin,
        }
    }
}

impl From<Role> for Access {
    fn from(role: Role) -> Self {
        match role {
            Role::Viewer => Self::Viewer,
            Role::Operator => Self::Operator,
            Role::Developer => Self::Developer,
            Role::TeamAdmin => Self::TeamAdmin,
        }
    }
}
