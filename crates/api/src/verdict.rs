//! Whether something may be done now, and why not: the server says it, the console repeats it.

use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::Problem;

/// Whether something may be done now.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// Whether it is allowed.
    pub allowed: bool,
    /// Stable word of the reason; empty when allowed.
    pub code: String,
    /// Why not, as a sentence; empty when allowed.
    pub reason: String,
}

impl From<domain::actions::Verdict> for Verdict {
    fn from(verdict: domain::actions::Verdict) -> Self {
        Self {
            allowed: verdict.allowed,
            code: verdict.code.to_owned(),
            reason: verdict.reason,
        }
    }
}

/// A verdict as a guard: passes, or answers 409 with its reason.
///
/// # Errors
/// The verdict's reason.
pub fn allow(verdict: &domain::actions::Verdict) -> Result<(), Problem> {
    if verdict.allowed {
        Ok(())
    } else {
        Err(Problem::conflict(verdict.code, verdict.reason.clone()))
    }
}
