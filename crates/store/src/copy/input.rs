//! Into a database: one transaction that takes all rows, reads them back, compares and commits. Whatever
//! goes wrong before leaves the database as it was.

use sea_orm::sea_query::{Alias, Expr, Query};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, Statement};
use tokio::sync::mpsc::Receiver;

use super::shape::{Shape, shapes};
use super::{Copied, Digests, output, row};
use crate::connect::Store;
use crate::fault::{Fault, StoreError};
use crate::migrations;

/// Values in one statement: SQLite takes 32766.
const VALUES: usize = 10_000;
/// Text in one statement, in bytes: far below what a server takes as one packet.
const BYTES: usize = 1 << 20;

/// What is done right before the commit.
pub type Ready<'a> = &'a mut (dyn FnMut() -> Result<(), StoreError> + Send);

impl Store {
    /// Takes a whole database from a channel, as [`Self::copy_out`] sends it, and brings it up to date.
    /// `replace`: what is in the database is removed in the same transaction. `ready` is called when everything is
    /// there and right, before the commit; what it refuses is not committed.
    ///
    /// # Errors
    /// `Conflict` when the database is not empty; `Invalid` when the pieces are of a newer server, cannot
    /// be read, or do not come to what their end says; `Unavailable` when the database does not answer.
    /// The database is as it was.
    pub async fn copy_in(&self, from: Receiver<Copied>, replace: bool, ready: Ready<'_>) -> Result<Digests, StoreError> {
        let digests = self.take(from, replace, ready).await?;
        self.migrate(&mut |step| tracing::info!(step, "the schema has a new step")).await?;
        Ok(digests)
    }

    /// Takes it and leaves the schema as it was there.
    pub(crate) async fn take(&self, mut from: Receiver<Copied>, replace: bool, ready: Ready<'_>) -> Result<Digests, StoreError> {
        let Some(Copied::Begin(steps)) = from.recv().await else {
            return Err(StoreError::Invalid("what is to be read has no beginning".to_owned()));
        };
        let number = known_prefix(&steps)?;
        let schema = self.schema().await?;
        if !schema.newer.is_empty() {
            return Err(StoreError::Invalid(
                "the database is of a newer version of Streamwright: use that one, or another database".to_owned(),
            ));
        }
        let there = shapes(schema.applied.len()).await?;
        let empty = schema.applied.is_empty() || self.empty(&there).await?;
        if !empty && !replace {
            return Err(StoreError::Conflict("the database is not empty".to_owned()));
        }
        let tables = shapes(number).await?;
        let tx = migrations::begin(&self.writer).await?;
        let outcome = async {
            if schema.applied != steps {
                self.remake(&tx, (&there, empty), number).await?;
            }
            let digests = take(&tx, &tables, &mut from).await?;
            ready()?;
            Ok(digests)
        };
        let outcome: Result<Digests, StoreError> = outcome.await;
        migrations::unlock(&tx).await?;
        let digests = outcome?;
        tx.commit().await?;
        Ok(digests)
    }

    /// Whether none of these tables holds a row.
    async fn empty(&self, tables: &[Shape]) -> Result<bool, StoreError> {
        for table in tables.iter().filter(|table| table.name != "schema_facts") {
            let sql = format!("SELECT 1 FROM {} LIMIT 1", row::quoted(self.backend, &table.name));
            if self
                .reader
                .query_one_raw(Statement::from_string(self.backend, sql))
                .await?
                .is_some()
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Makes the tables anew as after `steps` steps, in the transaction where the engine can.
    async fn remake(&self, tx: &DatabaseTransaction, (there, empty): (&[Shape], bool), steps: usize) -> Result<(), StoreError> {
        let ends_transactions = self.backend == DbBackend::MySql;
        if ends_transactions && !empty {
            return Err(StoreError::Conflict(
                "MySQL and MariaDB cannot change the schema and the rows in one step, and this database has another schema: \
                 make an empty database, restore into that one, and point the server at it"
                    .to_owned(),
            ));
        }
        for table in there.iter().rev() {
            drop_table(tx, &table.name).await?;
        }
        drop_table(tx, "seaql_migrations").await?;
        migrations::up_to(tx, steps).await?;
        if ends_transactions {
            // Each change of the schema has ended the transaction.
            tx.execute_unprepared("START TRANSACTION").await?;
        }
        Ok(())
    }
}

async fn drop_table(tx: &DatabaseTransaction, table: &str) -> Result<(), StoreError> {
    let sql = format!("DROP TABLE IF EXISTS {}", row::quoted(tx.get_database_backend(), table));
    tx.execute_unprepared(&sql).await?;
    Ok(())
}

/// How many steps these are, if they are the first ones of those that this server knows.
fn known_prefix(steps: &[String]) -> Result<usize, StoreError> {
    let known = migrations::known();
    if steps.is_empty() || !known.starts_with(steps) {
        let strange = steps
            .iter()
            .find(|step| !known.contains(step))
            .map_or("another order", String::as_str);
        return Err(StoreError::Invalid(format!(
            "it was written by a newer version of Streamwright (its schema has {strange}): use that one"
        )));
    }
    Ok(steps.len())
}

async fn take(tx: &DatabaseTransaction, tables: &[Shape], from: &mut Receiver<Copied>) -> Result<Digests, Fault> {
    let backend = tx.get_database_backend();
    for table in tables.iter().rev() {
        let sql = format!("DELETE FROM {}", row::quoted(backend, &table.name));
        tx.execute_unprepared(&sql).await?;
    }
    let wanted = loop {
        match from.recv().await {
            Some(Copied::Rows { table, lines }) => {
                let table = tables
                    .iter()
                    .find(|known| known.name == table)
                    .ok_or_else(|| Fault::invalid(format!("there is no table {table} in this schema")))?;
                insert(tx, table, &lines).await?;
            }
            Some(Copied::End(digests)) => break digests,
            Some(Copied::Begin(_)) => return Err(Fault::invalid("what is to be read begins twice")),
            None => return Err(Fault::invalid("what is to be read is cut off")),
        }
    };
    for table in tables {
        compare(tx, table, &wanted).await?;
        number_on(tx, table).await?;
    }
    Ok(wanted)
}

async fn compare(tx: &DatabaseTransaction, table: &Shape, wanted: &Digests) -> Result<(), Fault> {
    let found = output::digest(tx, table).await?.finish();
    let Some(wanted) = wanted.get(&table.name) else {
        return Err(Fault::invalid(format!("the end of what was read does not tell of {}", table.name)));
    };
    if found == *wanted {
        return Ok(());
    }
    Err(Fault::invalid(format!(
        "{} has {} rows, and should have {} with another content: the copy is not what was sent",
        table.name, found.rows, wanted.rows
    )))
}

async fn insert(tx: &DatabaseTransaction, table: &Shape, lines: &str) -> Result<(), Fault> {
    let mut rows: Vec<Vec<sea_orm::sea_query::Value>> = Vec::new();
    let mut bytes = 0;
    for line in lines.lines() {
        if !rows.is_empty() && ((rows.len() + 1) * table.columns.len() > VALUES || bytes + line.len() > BYTES) {
            insert_rows(tx, table, std::mem::take(&mut rows)).await?;
            bytes = 0;
        }
        let values = row::values(line, table).map_err(Fault::invalid)?;
        if tx.get_database_backend() == DbBackend::Postgres && line.contains("\\u0000") {
            refuse_nul(&values, table, line)?;
        }
        bytes += line.len();
        rows.push(values);
    }
    insert_rows(tx, table, rows).await
}

async fn insert_rows(tx: &DatabaseTransaction, table: &Shape, rows: Vec<Vec<sea_orm::sea_query::Value>>) -> Result<(), Fault> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut statement = Query::insert();
    statement
        .into_table(Alias::new(&table.name))
        .columns(table.columns.iter().map(|column| Alias::new(&column.name)));
    for values in rows {
        statement
            .values(values.into_iter().map(Expr::value))
            .map_err(|error| Fault::invalid(error.to_string()))?;
    }
    tx.execute(&statement).await?;
    Ok(())
}

/// PostgreSQL has no text with a NUL character in it.
fn refuse_nul(values: &[sea_orm::sea_query::Value], table: &Shape, line: &str) -> Result<(), Fault> {
    let place = values
        .iter()
        .position(|value| matches!(value, sea_orm::sea_query::Value::String(Some(text)) if text.contains('\0')));
    let Some(place) = place else { return Ok(()) };
    let column = table.columns.get(place).map_or("", |column| column.name.as_str());
    let row: String = line.chars().take(200).collect();
    Err(Fault::invalid(format!(
        "{}.{column} holds a NUL character, which PostgreSQL cannot store: change it first, in the row {row}",
        table.name
    )))
}

/// The database goes on numbering after the highest number that was copied. MySQL and SQLite do so by themselves.
async fn number_on(tx: &DatabaseTransaction, table: &Shape) -> Result<(), Fault> {
    let (DbBackend::Postgres, Some(column)) = (tx.get_database_backend(), &table.serial) else {
        return Ok(());
    };
    let sql = format!(
        "SELECT setval(pg_get_serial_sequence('\"{0}\"', '{column}'), COALESCE(MAX(\"{column}\"), 1), MAX(\"{column}\") IS NOT NULL) FROM \"{0}\"",
        table.name
    );
    tx.execute_unprepared(&sql).await?;
    Ok(())
}
