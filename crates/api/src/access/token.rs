//! The caller's API tokens: made once, shown once, kept as a hash, revocable.

use axum::Json;
use http::StatusCode;
use crate::problem::Problem;
use crate::page::Page;
use domain::id::TokenId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::time::Time;

/// An API token without its secret.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Token {
    /// Its id.
    #[schema(value_type = String)]
    pub id: TokenId,
    /// What it is for.
    pub name: String,
    /// When it was made.
    pub created_at: Time,
    /// When it ends by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Time>,
    /// When it was last used, to the minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<Time>,
}

/// A token to make. It carries the rights of the one who makes it.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewToken {
    /// What it is for.
    pub name: String,
    /// Days until it ends by itself, 1 to 3650; absent means never.
    #[schema(minimum = 1, maximum = 3650)]
    pub expires_in_days: Option<u32>,
}

/// A new token with its secret, which is never shown again.
#[derive(Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreatedToken {
    /// The token.
    pub token: Token,
    /// `swt_…`, for `Authorization: Bearer`.
    pub secret: String,
}

/// The caller's API tokens.
///
/// # Errors
/// A problem with its code.
#[utoipa::path(
    get,
    path = "/me/tokens",
    tag = "session",
    responses((status = 200, description = "Done", body = Page<Token>))
)]
pub async fn list_tokens() -> Result<Json<Page<Token>>, Problem> {
    Err(Problem::internal())
}

/// Makes an API token. Its secret is in the answer and nowhere else.
///
/// # Errors
/// A problem with its code.
#[utoipa::path(
    post,
    path = "/me/tokens",
    tag = "session",
    request_body = NewToken,
    responses((status = 201, description = "Made", body = CreatedToken))
)]
pub async fn create_token() -> Result<Json<CreatedToken>, Problem> {
    Err(Problem::internal())
}

/// Revokes an API token.
///
/// # Errors
/// A problem with its code.
#[utoipa::path(
    delete,
    path = "/me/tokens/{token}",
    tag = "session",
    responses((status = 204, description = "Done"))
)]
pub async fn delete_token() -> Result<StatusCode, Problem> {
    Err(Problem::internal())
}
