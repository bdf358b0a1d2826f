//! Who did something: an id with the name that people know.

use domain::id::UserId;
use serde::Serialize;
use utoipa::ToSchema;

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    /// The user's id.
    #[schema(value_type = String)]
    pub id: UserId,
    /// The user's name.
    pub name: String,
}
