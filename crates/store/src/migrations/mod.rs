//! The schema's history: one list of steps for SQLite, PostgreSQL and MySQL/MariaDB, run at start under a
//! lock per engine (SQLite: BEGIN IMMEDIATE; PostgreSQL: an advisory lock of the transaction; MySQL:
//! GET_LOCK), so that several servers may start at once.
//!
//! Each step can be run again after it was cut off half-way: MySQL cannot undo a change of the schema.
//! Expand first, contract in a later version: the table `schema_facts` holds `min_server`, and a server
//! refuses a database only when its own level is below that, not because it is older than the schema.

mod m0001_begin;
mod m0002_people;
mod m0003_artifact;
mod m0004_night;
mod m0005_labels;
mod m0006_connection;
mod m0007_variable;
mod m0008_process_jars;
mod m0009_target;
mod m0010_application;
mod m0011_manifests;
mod m0012_unmanaged_cluster;

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, SqliteTransactionMode, Statement, TransactionOptions,
    TransactionTrait,
};
use sea_orm_migration::{MigrationTrait, MigratorTrait};

use crate::crash::Crash;
use crate::fault::StoreError;

/// The level of this server. It grows when a schema may not be used by older servers.
const SERVER_LEVEL: i64 = 1;
/// Name of the lock where the engine names locks: the word and the database, for MySQL.
const LOCK: &str = "streamwright_schema";
/// The same for PostgreSQL, which numbers them: the first bytes of the product's name.
const LOCK_NUMBER: i64 = 0x5374_7265_616d_7772;
/// How long a starting server waits for another one's migration, in seconds.
const LOCK_SECONDS: u32 = 300;

struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_begin::Begin),
            Box::new(m0002_people::People),
            Box::new(m0003_artifact::Artifacts),
            Box::new(m0004_night::Night),
            Box::new(m0005_labels::Labels),
            Box::new(m0006_connection::Connection),
            Box::new(m0007_variable::Variables),
            Box::new(m0008_process_jars::ProcessJars),
            Box::new(m0009_target::Targets),
            Box::new(m0010_application::Application),
            Box::new(m0011_manifests::Manifests),
            Box::new(m0012_unmanaged_cluster::UnmanagedCluster),
        ]
    }
}

/// Which steps of the schema a database has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema {
    /// Steps that it has and this server knows, oldest first.
    pub applied: Vec<String>,
    /// Steps that this server would add.
    pub pending: Vec<String>,
    /// Steps that only a newer server knows.
    pub newer: Vec<String>,
}

/// All steps that this server knows, oldest first.
pub(crate) fn known() -> Vec<String> {
    Migrator::migrations().iter().map(|step| step.name().to_owned()).collect()
}

/// Reads which steps a database has; changes nothing.
pub(crate) async fn status(conn: &impl ConnectionTrait) -> Result<Schema, StoreError> {
    let applied = if has_history(conn).await? {
        applied(conn).await?
    } else {
        Vec::new()
    };
    let known = known();
    let (applied, newer): (Vec<_>, Vec<_>) = applied.into_iter().partition(|step| known.contains(step));
    let pending = known.into_iter().filter(|step| !applied.contains(step)).collect();
    Ok(Schema { applied, pending, newer })
}

async fn has_history(conn: &impl ConnectionTrait) -> Result<bool, DbErr> {
    let backend = conn.get_database_backend();
    let sql = match backend {
        DbBackend::Postgres => {
            "SELECT 1 FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = 'seaql_migrations'"
        }
        DbBackend::MySql => "SELECT 1 FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = 'seaql_migrations'",
        _ => "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'seaql_migrations'",
    };
    Ok(conn.query_one_raw(Statement::from_string(backend, sql)).await?.is_some())
}

/// Brings the schema up to date, and says the name of each step once it is done. Each step is a transaction
/// of its own (one that is cut off is run again by whoever comes next), under a lock, so that of two servers
/// one waits and then finds nothing to do.
pub(crate) async fn run(connection: &DatabaseConnection, told: &mut (dyn FnMut(&str) + Send)) -> Result<(), StoreError> {
    let mut number = 0;
    loop {
        let tx = begin(connection).await?;
        let outcome = advance(&tx).await;
        unlock(&tx).await?;
        let Some(step) = outcome? else {
            return Ok(tx.commit().await?);
        };
        number += 1;
        Crash::from_environment().in_step(number);
        tx.commit().await?;
        told(&step);
    }
}

/// A transaction that holds the schema's lock. It pins one connection, which holds the lock; on SQLite and
/// PostgreSQL it also makes a step all or nothing.
pub(crate) async fn begin(connection: &DatabaseConnection) -> Result<DatabaseTransaction, StoreError> {
    let immediate = matches!(connection.get_database_backend(), DbBackend::Sqlite).then_some(SqliteTransactionMode::Immediate);
    let options = TransactionOptions {
        sqlite_transaction_mode: immediate,
        ..Default::default()
    };
    let tx = connection.begin_with_options(options).await?;
    lock(&tx).await?;
    Ok(tx)
}

/// Does the next step, if there is one to do.
async fn advance(tx: &DatabaseTransaction) -> Result<Option<String>, StoreError> {
    let schema = status(tx).await?;
    if !(schema.applied.is_empty() && schema.newer.is_empty()) {
        refuse_below(min_server(tx).await?)?;
    }
    // A newer server has been here and says that we may go on: its steps are not ours to judge.
    let Some(next) = schema.pending.first().filter(|_| schema.newer.is_empty()) else {
        return Ok(None);
    };
    Migrator::up(tx, Some(1)).await?;
    Ok(Some(next.clone()))
}

/// Makes the tables as they were after the first `steps` steps, in a transaction and a database without them.
pub(crate) async fn up_to(tx: &DatabaseTransaction, steps: usize) -> Result<(), StoreError> {
    let steps = u32::try_from(steps).unwrap_or(u32::MAX);
    Ok(Migrator::up(tx, Some(steps)).await?)
}

/// Whether this server may use the database: its schema asks for no later one.
pub(crate) async fn refuse_newer(conn: &impl ConnectionTrait) -> Result<(), StoreError> {
    if has_history(conn).await? && !applied(conn).await?.is_empty() {
        refuse_below(min_server(conn).await?)?;
    }
    Ok(())
}

fn refuse_below(min_server: i64) -> Result<(), StoreError> {
    if min_server > SERVER_LEVEL {
        return Err(StoreError::Invalid(format!(
            "this database asks for a server of level {min_server} or later, and this one has level {SERVER_LEVEL}: start a newer version of Streamwright"
        )));
    }
    Ok(())
}

/// Names of the steps that the database has, oldest first. Unlike SeaORM's own question it makes no table.
async fn applied(conn: &impl ConnectionTrait) -> Result<Vec<String>, DbErr> {
    let sql = "SELECT version FROM seaql_migrations ORDER BY version";
    let rows = conn.query_all_raw(Statement::from_string(conn.get_database_backend(), sql)).await?;
    rows.iter().map(|row| row.try_get("", "version")).collect()
}

/// The newest step that the database has.
pub(crate) async fn newest(conn: &DatabaseConnection) -> Result<String, StoreError> {
    let sql = "SELECT MAX(version) AS newest FROM seaql_migrations";
    let row = conn.query_one_raw(Statement::from_string(conn.get_database_backend(), sql)).await?;
    let newest: Option<String> = row.map(|row| row.try_get("", "newest")).transpose()?.flatten();
    newest.ok_or_else(|| StoreError::Invalid("the database has no schema".to_owned()))
}

async fn min_server(tx: &impl ConnectionTrait) -> Result<i64, StoreError> {
    let sql = "SELECT amount FROM schema_facts WHERE name = 'min_server'";
    let row = tx.query_one_raw(Statement::from_string(tx.get_database_backend(), sql)).await?;
    Ok(row.map(|row| row.try_get("", "amount")).transpose()?.unwrap_or(0))
}

/// Waits for the schema's lock.
pub(crate) async fn lock(tx: &DatabaseTransaction) -> Result<(), StoreError> {
    let backend = tx.get_database_backend();
    match backend {
        DbBackend::Postgres => {
            tx.execute_raw(Statement::from_string(
                backend,
                format!("SELECT pg_advisory_xact_lock({LOCK_NUMBER})"),
            ))
            .await?;
        }
        DbBackend::MySql => {
            let sql = format!("SELECT COALESCE(GET_LOCK(CONCAT('{LOCK}_', LEFT(DATABASE(), 40)), {LOCK_SECONDS}), 0) AS held");
            let row = tx.query_one_raw(Statement::from_string(backend, sql)).await?;
            let held: i64 = row.map(|row| row.try_get("", "held")).transpose()?.unwrap_or(0);
            if held != 1 {
                return Err(StoreError::Unavailable(
                    "another server is changing the schema and does not come to an end: look at it, then start again".to_owned(),
                ));
            }
        }
        _ => {}
    }
    Ok(())
}

/// Gives the lock back.
pub(crate) async fn unlock(tx: &DatabaseTransaction) -> Result<(), StoreError> {
    let backend = tx.get_database_backend();
    if backend == DbBackend::MySql {
        tx.execute_raw(Statement::from_string(
            backend,
            format!("DO RELEASE_LOCK(CONCAT('{LOCK}_', LEFT(DATABASE(), 40)))"),
        ))
        .await?;
    }
    Ok(())
}
