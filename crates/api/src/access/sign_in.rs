//! Signing in by password or one-time link, and signing out.

use axum::Json;
use http::StatusCode;
use crate::problem::Problem;
use super::me::Me;
use serde::Deserialize;
use utoipa::ToSchema;

/// A name and a password.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignIn {
    /// Sign-in name.
    pub name: String,
    /// Password.
    #[schema(format = Password)]
    pub password: String,
}

/// The secret of a one-time link.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignInLink {
    /// The text after `#token=` of the link.
    #[schema(format = Password)]
    pub token: String,
}

/// Signs in with a name and a password; answers the caller and sets the session cookie.
///
/// # Errors
/// A problem with its code.
#[utoipa::path(
    post,
    path = "/sign-in",
    tag = "session",
    request_body = SignIn,
    responses((status = 200, description = "Done", body = Me))
)]
pub async fn sign_in() -> Result<Json<Me>, Problem> {
    Err(Problem::internal())
}

/// Signs in with a one-time link. The console then asks for a password where none is set.
///
/// # Errors
/// A problem with its code.
#[utoipa::path(
    post,
    path = "/sign-in/link",
    tag = "session",
    request_body = SignInLink,
    responses((status = 200, description = "Done", body = Me))
)]
pub async fn sign_in_by_link() -> Result<Json<Me>, Problem> {
    Err(Problem::internal())
}

/// Ends the session of this browser.
///
/// # Errors
/// A problem with its code.
#[utoipa::path(
    post,
    path = "/sign-out",
    tag = "session",
    responses((status = 204, description = "Done"))
)]
pub async fn sign_out() -> Result<StatusCode, Problem> {
    Err(Problem::internal())
}
