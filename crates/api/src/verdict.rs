//! Whether something may be done now, and why not: the server says it, the console repeats it.

use serde::Serialize;
use utoipa::ToSchema;

/// Whether something may be done now.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// Whether it is allowed.
    pub allowed: bool,
    /// Stable word of the reason; `ok` when allowed.
    pub code: String,
    /// Why not, as a sentence; empty when allowed.
    pub reason: String,
}
