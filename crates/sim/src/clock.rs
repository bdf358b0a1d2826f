//! The simulator's clock: milliseconds since the epoch, the unit of every time in Flink's REST API.

use std::time::{SystemTime, UNIX_EPOCH};

/// Now, in milliseconds since 1970-01-01 UTC.
#[allow(clippy::disallowed_methods, reason = "the simulator has no store; this is its clock")]
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
