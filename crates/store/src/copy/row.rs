//! A row as a line of JSON and back.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sea_orm::sea_query::Value as Bound;
use sea_orm::{DbBackend, DbErr, QueryResult};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::shape::{Column, Kind, Shape};

/// The statement that reads all rows of a table.
pub(super) fn select(backend: DbBackend, table: &Shape) -> String {
    let columns: Vec<String> = table.columns.iter().map(|column| expression(backend, column)).collect();
    format!("SELECT {} FROM {}", columns.join(", "), quoted(backend, &table.name))
}

/// Narrower numbers of PostgreSQL are types of their own.
fn expression(backend: DbBackend, column: &Column) -> String {
    let name = quoted(backend, &column.name);
    match (backend, column.kind) {
        (DbBackend::Postgres, Kind::Number) => format!("CAST({name} AS BIGINT) AS {name}"),
        (DbBackend::Postgres, Kind::Real) => format!("CAST({name} AS DOUBLE PRECISION) AS {name}"),
        _ => name,
    }
}

/// A name of ours as the engine quotes it.
pub(super) fn quoted(backend: DbBackend, name: &str) -> String {
    match backend {
        DbBackend::MySql => format!("`{name}`"),
        _ => format!("\"{name}\""),
    }
}

/// The row as a line, without its line feed.
pub(super) fn line(row: &QueryResult, table: &Shape) -> Result<String, DbErr> {
    let mut object = Map::new();
    for column in &table.columns {
        object.insert(column.name.clone(), value(row, column)?);
    }
    Ok(Value::Object(object).to_string())
}

fn value(row: &QueryResult, column: &Column) -> Result<Value, DbErr> {
    let name = column.name.as_str();
    let value = match column.kind {
        Kind::Uuid => row.try_get::<Option<Uuid>>("", name)?.map(|id| Value::from(id.to_string())),
        Kind::Number => row.try_get::<Option<i64>>("", name)?.map(Value::from),
        Kind::YesNo => row.try_get::<Option<bool>>("", name)?.map(Value::from),
        Kind::Text => row.try_get::<Option<String>>("", name)?.map(Value::from),
        // The shortest text that reads back as the same number.
        Kind::Real => row.try_get::<Option<f64>>("", name)?.map(|real| Value::from(format!("{real:?}"))),
        Kind::Bytes => row
            .try_get::<Option<Vec<u8>>>("", name)?
            .map(|bytes| Value::from(STANDARD.encode(bytes))),
    };
    Ok(value.unwrap_or(Value::Null))
}

/// The values of a line, in the order of the table's columns.
///
/// # Errors
/// What is wrong with the line.
pub(super) fn values(line: &str, table: &Shape) -> Result<Vec<Bound>, String> {
    let object: Map<String, Value> =
        serde_json::from_str(line).map_err(|error| format!("a row of {} is no JSON object: {error}", table.name))?;
    if let Some(name) = object.keys().find(|name| !table.columns.iter().any(|column| column.name == **name)) {
        return Err(format!("{} has no column {name}", table.name));
    }
    let one = |column: &Column| {
        let value = object
            .get(&column.name)
            .ok_or_else(|| format!("a row of {} lacks the column {}", table.name, column.name))?;
        bound(value, column.kind).ok_or_else(|| format!("{}.{} holds what it cannot hold", table.name, column.name))
    };
    table.columns.iter().map(one).collect()
}

fn bound(value: &Value, kind: Kind) -> Option<Bound> {
    if value.is_null() {
        return Some(match kind {
            Kind::Uuid => Bound::Uuid(None),
            Kind::Number => Bound::BigInt(None),
            Kind::YesNo => Bound::Bool(None),
            Kind::Text => Bound::String(None),
            Kind::Real => Bound::Double(None),
            Kind::Bytes => Bound::Bytes(None),
        });
    }
    Some(match kind {
        Kind::Uuid => value.as_str()?.parse::<Uuid>().ok()?.into(),
        Kind::Number => value.as_i64()?.into(),
        Kind::YesNo => value.as_bool()?.into(),
        Kind::Text => value.as_str()?.into(),
        Kind::Real => value.as_str()?.parse::<f64>().ok()?.into(),
        Kind::Bytes => STANDARD.decode(value.as_str()?).ok()?.into(),
    })
}
