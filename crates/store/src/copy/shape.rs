//! The tables as a given number of schema steps makes them. Read from an empty database in memory on which
//! those steps were run: the history is one for all engines, and a table that a later step adds is copied
//! without anybody thinking of it. Tables of others in the same database are never looked at.

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DbBackend, Statement, TransactionTrait};

use crate::fault::StoreError;
use crate::migrations;

/// The history of steps is made by the steps themselves.
const HISTORY: &str = "seaql_migrations";

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Uuid,
    Number,
    YesNo,
    Text,
    Real,
    Bytes,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    pub name: String,
    pub kind: Kind,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shape {
    pub name: String,
    /// Sorted by name.
    pub columns: Vec<Column>,
    /// The column that the database numbers by itself.
    pub serial: Option<String>,
    belongs_to: Vec<String>,
}

/// The tables after the first `steps` steps, each after those it belongs to.
pub(crate) async fn shapes(steps: usize) -> Result<Vec<Shape>, StoreError> {
    let mut options = ConnectOptions::new("sqlite::memory:");
    options.max_connections(1).sqlx_logging(false);
    let memory = Database::connect(options).await?;
    let tx = memory.begin().await?;
    migrations::up_to(&tx, steps).await?;
    let tables = rows(
        &tx,
        "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
    )
    .await?;
    let mut found = Vec::new();
    for table in tables {
        let (name, sql): (String, String) = (table.try_get("", "name")?, table.try_get("", "sql")?);
        if name != HISTORY {
            found.push(shape(&tx, name, &sql).await?);
        }
    }
    tx.rollback().await?;
    memory.close().await?;
    Ok(in_order(found))
}

async fn rows(conn: &impl ConnectionTrait, sql: &str) -> Result<Vec<sea_orm::QueryResult>, StoreError> {
    Ok(conn.query_all_raw(Statement::from_string(DbBackend::Sqlite, sql)).await?)
}

async fn shape(conn: &impl ConnectionTrait, name: String, sql: &str) -> Result<Shape, StoreError> {
    let mut columns = Vec::new();
    let mut serial = None;
    for row in rows(conn, &format!("PRAGMA table_info({name})")).await? {
        let (column, declared): (String, String) = (row.try_get("", "name")?, row.try_get("", "type")?);
        if row.try_get::<i32>("", "pk")? > 0 && sql.to_ascii_uppercase().contains("AUTOINCREMENT") {
            serial = Some(column.clone());
        }
        let kind = kind(&declared)
            .ok_or_else(|| StoreError::Invalid(format!("column {name}.{column} is of the kind {declared}, which cannot be copied")))?;
        columns.push(Column { name: column, kind });
    }
    columns.sort_by(|one, other| one.name.cmp(&other.name));
    let mut belongs_to = Vec::new();
    for row in rows(conn, &format!("PRAGMA foreign_key_list({name})")).await? {
        belongs_to.push(row.try_get("", "table")?);
    }
    Ok(Shape {
        name,
        columns,
        serial,
        belongs_to,
    })
}

fn kind(declared: &str) -> Option<Kind> {
    let declared = declared.to_ascii_lowercase();
    let kinds = [
        ("uuid", Kind::Uuid),
        ("bool", Kind::YesNo),
        ("int", Kind::Number),
        ("char", Kind::Text),
        ("text", Kind::Text),
        ("double", Kind::Real),
        ("real", Kind::Real),
        ("float", Kind::Real),
        ("blob", Kind::Bytes),
        ("binary", Kind::Bytes),
    ];
    kinds.iter().find(|(word, _)| declared.contains(word)).map(|(_, kind)| *kind)
}

/// Sorted so that each table comes after those it belongs to.
fn in_order(mut waiting: Vec<Shape>) -> Vec<Shape> {
    let mut sorted: Vec<Shape> = Vec::new();
    while !waiting.is_empty() {
        let ready = waiting.iter().position(|table| {
            let there = |other: &String| *other == table.name || sorted.iter().any(|one| one.name == *other);
            table.belongs_to.iter().all(there)
        });
        // A circle cannot be: foreign keys are made with their table.
        sorted.push(waiting.remove(ready.unwrap_or(0)));
    }
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_table_comes_after_those_it_belongs_to() {
        for steps in 1..=migrations::known().len() {
            let shapes = shapes(steps).await.unwrap();
            for (place, table) in shapes.iter().enumerate() {
                let before = |name: &String| *name == table.name || shapes[..place].iter().any(|one| one.name == *name);
                assert!(table.belongs_to.iter().all(before), "{table:?}");
            }
            let changes = shapes.iter().find(|table| table.name == "changes").unwrap();
            assert_eq!(changes.serial.as_deref(), Some("sequence"));
            assert!(shapes.iter().all(|table| table.name != HISTORY));
        }
    }
}
