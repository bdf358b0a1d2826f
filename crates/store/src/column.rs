//! How domain values stand in columns: words of enums as their serde word, structures as JSON text, ids
//! as UUIDs, names with the SHA-256 of their bytes beside them, because the engines' own comparisons of
//! text differ. A word or JSON that cannot be read is an error that names the column, never a panic.

use domain::Millis;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::Digest;

use crate::fault::{Fault, StoreError};

/// The serde word of a value without fields.
pub(crate) fn word<T: Serialize>(value: &T) -> Result<String, StoreError> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => Ok(text),
        other => Err(StoreError::Invalid(format!(
            "this value has no word of its own to be stored as: {other:?}"
        ))),
    }
}

/// The value of a stored word.
pub(crate) fn from_word<T: DeserializeOwned>(column: &str, text: &str) -> Result<T, StoreError> {
    serde_json::from_value(serde_json::Value::String(text.to_owned())).map_err(|_| unknown(column, text))
}

/// A value as JSON text.
pub(crate) fn json<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Invalid(format!("this cannot be stored as JSON: {error}")))
}

/// The value of stored JSON text.
pub(crate) fn from_json<T: DeserializeOwned>(column: &str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| {
        StoreError::Invalid(format!(
            "column {column} holds JSON that this version cannot read ({error}); was it written by a newer server?"
        ))
    })
}

/// The error of a stored word that this version does not know.
pub(crate) fn unknown(column: &str, text: &str) -> StoreError {
    let shown: String = text.chars().take(60).collect();
    StoreError::Invalid(format!(
        "column {column} holds '{shown}', which this version does not know; was it written by a newer server?"
    ))
}

/// SHA-256 of a text's bytes as 64 hexadecimal digits: binary-exact, of fixed length in every index.
pub(crate) fn key(text: &str) -> String {
    hex::encode(sha2::Sha256::digest(text.as_bytes()))
}

/// A small count that the domain holds as `u32`.
pub(crate) fn count(column: &str, value: i64) -> Result<u32, StoreError> {
    u32::try_from(value).map_err(|_| unknown(column, &value.to_string()))
}

/// A time that may be missing.
pub(crate) fn time(value: Option<i64>) -> Option<Millis> {
    value.map(Millis)
}

/// All rows as domain values, or the first that cannot be read.
pub(crate) fn all<M, T>(rows: Vec<M>) -> Result<Vec<T>, Fault>
where
    T: FromRow<M>,
{
    rows.into_iter().map(|row| T::from_row(row).map_err(Fault::from)).collect()
}

/// A domain value that is made of a row. Not `TryFrom`: both types may be foreign.
pub(crate) trait FromRow<M>: Sized {
    /// The value, or which column cannot be read.
    fn from_row(row: M) -> Result<Self, StoreError>;
}
