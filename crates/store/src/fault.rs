//! What can go wrong. [`StoreError`] is what callers see; [`Fault`] is what the inside of a transaction
//! answers: it also knows when the database gave a transaction up in favour of another one (a deadlock or
//! a serialization failure), so that [`Store::write`](crate::Store::write) does it again.

use sea_orm::{DbErr, RuntimeErr, SqlErr, SqlxError};

/// Why the store could not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// There is no such thing, or it belongs to another team.
    #[error("there is no such thing here, or it belongs to another team")]
    NotFound,
    /// Somebody else was first: a name is taken, a row has changed meanwhile, a lease was lost.
    #[error("{0}")]
    Conflict(String),
    /// The database holds something that this version cannot read.
    #[error("{0}")]
    Invalid(String),
    /// The database does not answer, or cannot answer now. Trying again is right.
    #[error("{0}")]
    Unavailable(String),
}

const READ_ONLY: &str = "the database may only be read, nothing was changed: make it writable (a standby takes no writes, and the system \
     mounts a file system that had errors read-only)";
const FULL: &str = "the database's disk is full, nothing was changed: make room, then it goes on by itself";
const GONE: &str = "the database does not answer: look whether it runs and can be reached, then it goes on by itself";
const DENIED: &str = "the database refuses its user: look at the user's password and rights";

impl StoreError {
    /// What is the matter with the database and what to do, where that is known: a sentence for people, without the
    /// driver's words.
    #[must_use]
    pub fn trouble(&self) -> Option<&'static str> {
        let Self::Unavailable(text) = self else { return None };
        [READ_ONLY, FULL, GONE, DENIED]
            .into_iter()
            .find(|sentence| text.starts_with(sentence))
    }
}

/// What the inside of a transaction answers instead of a value.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The database chose another transaction: the same again will do.
    Contended(String),
    /// A row with the same unique value is there.
    Unique(String),
    /// Anything else.
    Store(StoreError),
}

impl Fault {
    /// A conflict with a sentence for people.
    pub(crate) fn conflict(text: impl Into<String>) -> Self {
        Self::Store(StoreError::Conflict(text.into()))
    }

    /// A stored value that cannot be read.
    pub(crate) fn invalid(text: impl Into<String>) -> Self {
        Self::Store(StoreError::Invalid(text.into()))
    }

    /// The same fault, with a sentence for people where a unique value was taken.
    pub(crate) fn taken(self, text: impl FnOnce() -> String) -> Self {
        match self {
            Self::Unique(_) => Self::conflict(text()),
            other => other,
        }
    }

    /// The same fault, or "again" where a unique value was taken: for rows that two transactions may
    /// find missing at the same time.
    pub(crate) fn raced(self) -> Self {
        match self {
            Self::Unique(text) => Self::Contended(text),
            other => other,
        }
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Store(error) => error,
            Fault::Unique(text) => Self::Conflict(format!("something with the same name or number is there already: {text}")),
            Fault::Contended(text) => Self::Unavailable(format!("the database is too busy with other writes, try again: {text}")),
        }
    }
}

impl From<DbErr> for Fault {
    fn from(error: DbErr) -> Self {
        match error.sql_err() {
            Some(SqlErr::UniqueConstraintViolation(text)) => return Self::Unique(text),
            Some(SqlErr::ForeignKeyConstraintViolation(text)) => {
                return Self::conflict(format!("something that this belongs to is gone, look again: {text}"));
            }
            _ => {}
        }
        if contended(&error) {
            return Self::Contended(error.to_string());
        }
        match error {
            DbErr::RecordNotFound(_) => Self::Store(StoreError::NotFound),
            DbErr::Type(_) | DbErr::Json(_) | DbErr::TryIntoErr { .. } => {
                Self::invalid(format!("the database holds a value that this version cannot read: {error}"))
            }
            _ if decoding(&error) => Self::invalid(format!("the database holds a value that this version cannot read: {error}")),
            _ => Self::Store(StoreError::Unavailable(match trouble(&error) {
                Some(sentence) => format!("{sentence} ({error})"),
                None => format!("the database did not do it: {error}"),
            })),
        }
    }
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        Fault::from(error).into()
    }
}

/// The error of the driver below, if it is one.
fn driver(error: &DbErr) -> Option<&SqlxError> {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(inner))
        | DbErr::Exec(RuntimeErr::SqlxError(inner))
        | DbErr::Query(RuntimeErr::SqlxError(inner)) => Some(inner),
        _ => None,
    }
}

/// SQLSTATE 40001 and 40P01: serialization failure and deadlock, in PostgreSQL and MySQL. SQLite has one
/// writer, which waits in line.
fn contended(error: &DbErr) -> bool {
    matches!(driver(error), Some(SqlxError::Database(inner)) if matches!(inner.code().as_deref(), Some("40001" | "40P01")))
}

/// What is the matter with the database, and what to do, where its answer tells. Codes: SQLite's primary ones in
/// the low byte, PostgreSQL's SQLSTATE, MySQL's and MariaDB's error numbers.
fn trouble(error: &DbErr) -> Option<&'static str> {
    match driver(error) {
        Some(SqlxError::Database(inner)) => {
            if let Some(inner) = inner.try_downcast_ref::<sea_orm::sqlx::mysql::MySqlDatabaseError>() {
                return match inner.number() {
                    1290 | 1792 | 1836 => Some(READ_ONLY),
                    1021 | 1026 | 1041 | 1114 => Some(FULL),
                    1040 | 1053 | 1203 => Some(GONE),
                    1044 | 1045 | 1142 | 1143 | 1227 => Some(DENIED),
                    _ => None,
                };
            }
            let code = inner.code()?;
            if let Some(number) = inner
                .try_downcast_ref::<sea_orm::sqlx::sqlite::SqliteError>()
                .and_then(|_| code.parse::<u32>().ok())
            {
                return match number & 0xff {
                    8 => Some(READ_ONLY),
                    13 => Some(FULL),
                    _ => None,
                };
            }
            match code.as_ref() {
                "25006" => Some(READ_ONLY),
                "53100" | "53200" => Some(FULL),
                "53300" | "57P01" | "57P02" | "57P03" => Some(GONE),
                "42501" | "28000" | "28P01" => Some(DENIED),
                _ => None,
            }
        }
        Some(SqlxError::Io(_) | SqlxError::PoolTimedOut | SqlxError::PoolClosed | SqlxError::WorkerCrashed) => Some(GONE),
        _ if matches!(error, DbErr::ConnectionAcquire(_) | DbErr::Conn(_)) => Some(GONE),
        _ => None,
    }
}

/// Whether a column had another type than expected.
fn decoding(error: &DbErr) -> bool {
    matches!(driver(error), Some(SqlxError::ColumnDecode { .. } | SqlxError::Decode(_)))
}
