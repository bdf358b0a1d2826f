//! Points in time as the API writes them: RFC 3339 in UTC with milliseconds.

use domain::Millis;
use serde::Serialize;
use utoipa::ToSchema;

/// A point in time, RFC 3339 in UTC with milliseconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(format = DateTime, example = "2026-11-22T14:03:03.120Z")]
pub struct Time(pub String);

impl From<Millis> for Time {
    fn from(time: Millis) -> Self {
        Self(time.rfc3339())
    }
}

/// The same of a time that may not have come.
pub(crate) fn some(time: Option<Millis>) -> Option<Time> {
    time.map(Time::from)
}
