//! The one clock and the one source of ids. Times are the host's wall clock in milliseconds; only leases
//! use the database's clock, because two hosts must agree on when one of them has expired.
//!
//! Ids are UUIDv7 from one generator of this process, so that ids made later sort later: timelines page
//! by id.

use std::time::{SystemTime, UNIX_EPOCH};

use domain::Millis;
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use uuid::Uuid;

use crate::fault::Fault;

/// The time now, in milliseconds since 1970-01-01 UTC, by this host's clock.
#[must_use]
#[allow(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
pub fn now() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// A new UUIDv7. Later ones of this process are greater, also within a millisecond.
#[must_use]
#[allow(clippy::disallowed_methods, reason = "this is the one place that makes ids")]
pub fn new_id() -> Uuid {
    Uuid::now_v7()
}

/// The time now by the database's clock.
pub(crate) async fn database_now(conn: &impl ConnectionTrait) -> Result<Millis, Fault> {
    let backend = conn.get_database_backend();
    let sql = match backend {
        DbBackend::Postgres => "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) AS millis",
        DbBackend::MySql => "SELECT CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED) AS millis",
        // An SQLite file is used by one host: its clock is the database's.
        _ => return Ok(now()),
    };
    let row = conn.query_one_raw(Statement::from_string(backend, sql)).await?;
    let row = row.ok_or_else(|| Fault::invalid("the database told no time"))?;
    Ok(Millis(row.try_get("", "millis")?))
}
