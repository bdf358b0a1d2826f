//! Opening a database: the URL decides the engine, connections get their settings, the schema is brought
//! up to date.
//!
//! SQLite: one writer connection (write-ahead log, synchronous FULL, so that nothing that was answered
//! for is lost in a power cut) and a pool of readers that cannot write. PostgreSQL and MySQL: one pool.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use domain::Millis;
use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::{ConnectOptions, Database, DatabaseConnection, DbBackend};
use tokio::sync::watch;

use crate::clock::database_now;
use crate::crash::Crash;
use crate::fault::StoreError;
use crate::migrations::{self, Schema};

/// How long a connection waits for another one's lock or for a free connection.
const PATIENCE: Duration = Duration::from_secs(10);
/// Readers of an SQLite file at the same time.
const SQLITE_READERS: u32 = 4;
/// Connections to a database server.
const SERVER_CONNECTIONS: u32 = 16;

/// The database. Cheap to clone; all clones share the connections.
#[derive(Debug, Clone)]
pub struct Store {
    pub(crate) writer: DatabaseConnection,
    pub(crate) reader: DatabaseConnection,
    pub(crate) backend: DbBackend,
    pub(crate) crash: Arc<Crash>,
    pub(crate) wake: Arc<watch::Sender<u64>>,
    pub(crate) changes: Arc<watch::Sender<u64>>,
}

impl Store {
    /// Opens the database at a URL and brings its schema up to date, under a lock, so that several
    /// servers may start at once. `sqlite:///absolute/file.db` (made when missing; see
    /// [`Self::sqlite_url`]), `postgres://user:password@host/database` or `mysql://…`.
    ///
    /// # Errors
    /// `Invalid` for a URL of another kind, or a database that asks for a newer server; `Unavailable`
    /// when the database does not answer.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let store = Self::connect(url, true).await?;
        store.migrate(&mut |step| tracing::info!(step, "the schema has a new step")).await?;
        Ok(store)
    }

    /// Opens the database at a URL and leaves its schema as it is. `make`: an SQLite file that is missing
    /// is made.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub async fn connect(url: &str, make: bool) -> Result<Self, StoreError> {
        let (writer, reader) = match url.split_once(':') {
            Some(("sqlite", _)) => open_sqlite(url, make).await?,
            Some(("postgres" | "postgresql" | "mysql" | "mariadb", _)) => open_server(url).await?,
            _ => {
                return Err(StoreError::Invalid(
                    "a database address starts with sqlite:, postgres: or mysql:".to_owned(),
                ));
            }
        };
        let [mut writer, mut reader] = [writer, reader];
        writer.set_metric_callback(timed);
        reader.set_metric_callback(timed);
        Ok(Self {
            backend: writer.get_database_backend(),
            writer,
            reader,
            crash: Arc::new(Crash::from_environment()),
            wake: Arc::new(watch::Sender::new(0)),
            changes: Arc::new(watch::Sender::new(0)),
        })
    }

    /// Brings the schema up to date, step by step; `told` hears the name of each step once it is done.
    ///
    /// # Errors
    /// `Invalid` when the database asks for a newer server, `Unavailable` when it does not answer or may
    /// not be changed: what is done stays, and the next call goes on from there.
    pub async fn migrate(&self, told: &mut (dyn FnMut(&str) + Send)) -> Result<(), StoreError> {
        migrations::run(&self.writer, told).await
    }

    /// Which steps of the schema the database has. Changes nothing.
    ///
    /// # Errors
    /// `Invalid` when the database asks for a newer server, `Unavailable` when it does not answer.
    pub async fn schema(&self) -> Result<Schema, StoreError> {
        migrations::refuse_newer(&self.reader).await?;
        migrations::status(&self.reader).await
    }

    /// The address of an SQLite file. Characters with a meaning in URLs are escaped.
    #[must_use]
    pub fn sqlite_url(path: &Path) -> String {
        let mut url = String::from("sqlite://");
        for byte in path.as_os_str().as_encoded_bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' => url.push(char::from(*byte)),
                other => url.push_str(&format!("%{other:02X}")),
            }
        }
        url
    }

    /// Asks the database whether it is there.
    ///
    /// # Errors
    /// `Unavailable` when it is not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        Ok(self.reader.ping().await?)
    }

    /// The time by the database's clock.
    ///
    /// # Errors
    /// `Unavailable` when it does not answer.
    pub async fn time(&self) -> Result<Millis, StoreError> {
        Ok(database_now(&self.reader).await?)
    }

    /// The engine's name: `sqlite`, `postgres` or `mysql`.
    #[must_use]
    pub const fn engine_name(&self) -> &'static str {
        match self.backend {
            DbBackend::Postgres => "postgres",
            DbBackend::MySql => "mysql",
            _ => "sqlite",
        }
    }

    /// The name of the newest step of the schema that the database has.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn schema_version(&self) -> Result<String, StoreError> {
        migrations::newest(&self.reader).await
    }

    /// A counter that grows when the engine should look at once: a request, a cancel, a new cluster.
    /// Only of this process; nothing depends on it, since the engine also looks by itself.
    #[must_use]
    pub fn wake(&self) -> watch::Receiver<u64> {
        self.wake.subscribe()
    }

    /// A counter that grows with every commit that appended to the change feed. Only of this process.
    #[must_use]
    pub fn changes_watch(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Ends all connections, after what they are doing. For a server that ends.
    pub async fn close(&self) {
        for connection in [&self.reader, &self.writer] {
            if let Err(error) = connection.close_by_ref().await {
                tracing::warn!(%error, "a database connection did not end well");
            }
        }
    }
}

/// Counts how long statements take, by their first word.
fn timed(statement: &sea_orm::metric::Info<'_>) {
    let first = statement.statement.sql.split_ascii_whitespace().next().unwrap_or_default();
    let kind = match first {
        "SELECT" => "select",
        "INSERT" => "insert",
        "UPDATE" => "update",
        "DELETE" => "delete",
        _ => "other",
    };
    let result = if statement.failed { "failed" } else { "done" };
    metrics::histogram!("streamwright_database_seconds", "kind" => kind, "result" => result).record(statement.elapsed.as_secs_f64());
}

async fn open_sqlite(url: &str, make: bool) -> Result<(DatabaseConnection, DatabaseConnection), StoreError> {
    let mut write = sqlite_options(url);
    write.max_connections(1).idle_timeout(None).max_lifetime(None);
    write.map_sqlx_sqlite_opts(move |options| {
        options
            .create_if_missing(make)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(PATIENCE)
    });
    // First the writer: it makes the file and switches it to the write-ahead log.
    let writer = Database::connect(write).await.map_err(|error| unopened(&error))?;
    let mut read = sqlite_options(url);
    read.max_connections(SQLITE_READERS);
    read.map_sqlx_sqlite_opts(|options| options.foreign_keys(true).busy_timeout(PATIENCE).pragma("query_only", "ON"));
    let reader = Database::connect(read).await.map_err(|error| unopened(&error))?;
    Ok((writer, reader))
}

fn sqlite_options(url: &str) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .sqlx_logging(false)
        .record_stmt_in_spans(false)
        .test_before_acquire(false)
        .acquire_timeout(PATIENCE * 3);
    options
}

async fn open_server(url: &str) -> Result<(DatabaseConnection, DatabaseConnection), StoreError> {
    let mut options = ConnectOptions::new(url.replacen("mariadb:", "mysql:", 1));
    options
        .sqlx_logging(false)
        .record_stmt_in_spans(false)
        .max_connections(SERVER_CONNECTIONS)
        .acquire_timeout(PATIENCE);
    let pool = Database::connect(options).await.map_err(|error| unopened(&error))?;
    Ok((pool.clone(), pool))
}

/// The driver's text does not hold the URL, which may hold a password.
fn unopened(error: &sea_orm::DbErr) -> StoreError {
    StoreError::Unavailable(format!(
        "the database could not be opened: {error}. Check the address, that it runs, and that it may be written"
    ))
}
