//! Data as the first version of the schema held it, awkward on purpose, for every table of it: what each
//! later version must bring forward unchanged.

use serde_json::{Map, Value};
use tokio::sync::mpsc;

use crate::copy::shape::{Column, Kind, Shape, shapes};
use crate::{Copied, Digests, Store};

/// The first step.
pub const FIRST: &str = "m0001_begin";
/// Rows of each table.
const ROWS: usize = 3;

/// The pieces of a database of the first version.
pub async fn pieces() -> Vec<Copied> {
    let mut pieces = vec![Copied::Begin(vec![FIRST.to_owned()])];
    let mut digests = Digests::new();
    for table in shapes(1).await.unwrap() {
        let mut sum = crate::copy::Sum::default();
        let mut lines = String::new();
        let count = if table.name == "schema_facts" { 1 } else { ROWS };
        for number in 0..count {
            let line = line(&table, number);
            sum.add(&line);
            lines.push_str(&line);
            lines.push('\n');
        }
        digests.insert(table.name.clone(), sum.finish());
        pieces.push(Copied::Rows { table: table.name, lines });
    }
    pieces.push(Copied::End(digests));
    pieces
}

/// The rows of the first version, by table.
pub async fn rows() -> Vec<(String, Vec<Map<String, Value>>)> {
    let rows = |piece| match piece {
        Copied::Rows { table, lines } => Some((table, lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect())),
        _ => None,
    };
    pieces().await.into_iter().filter_map(rows).collect()
}

/// Fills a database with it and leaves it at the first version.
pub async fn begin(store: &Store) {
    store.take(channel().await, true, &mut || Ok(())).await.unwrap();
}

/// Fills a database with it and brings it up to date.
pub async fn fill(store: &Store) {
    store.copy_in(channel().await, true, &mut || Ok(())).await.unwrap();
}

async fn channel() -> mpsc::Receiver<Copied> {
    let pieces = pieces().await;
    let (sender, receiver) = mpsc::channel(pieces.len());
    for piece in pieces {
        sender.send(piece).await.unwrap();
    }
    receiver
}

fn line(table: &Shape, number: usize) -> String {
    let value = |column: &Column| (column.name.clone(), value(table, column, number));
    Value::Object(table.columns.iter().map(value).collect()).to_string()
}

fn value(table: &Shape, column: &Column, number: usize) -> Value {
    let awkward = [
        "Zoë's \"🦀\" \\ % _ ; --\n\t\r€ ",
        "",
        "  spaces, \u{202e}rtl\u{202c}, \u{7f}\u{1}, 漢字 ",
    ];
    match (table.name.as_str(), column.name.as_str(), column.kind) {
        ("schema_facts", "name", _) => "min_server".into(),
        ("schema_facts", _, _) => 1.into(),
        ("changes", "sequence", _) => (number + 1).into(),
        ("events", "message", _) => awkward[number].repeat(20_000).into(),
        ("releases", "content", _) => format!("{{\"sql\":\"{}\"}}", "SELECT '🦀';\\n".repeat(20_000)).into(),
        // The same number has the same id everywhere, so that rows belong to each other.
        (_, _, Kind::Uuid) => uuid::Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + number as u128)
            .to_string()
            .into(),
        (_, _, Kind::Number) => [i64::MIN, i64::MAX, -1][number].into(),
        (_, _, Kind::YesNo) => number.is_multiple_of(2).into(),
        (_, _, Kind::Real) => [Value::from("0.1"), Value::from("1e300"), Value::Null][number].clone(),
        (_, _, Kind::Bytes) => "AP8=".into(),
        (_, name, Kind::Text) if name.ends_with("key") || name.ends_with("sha256") => crate::column::key(&format!("{name}{number}")).into(),
        (_, _, Kind::Text) => format!("{}{number}", awkward[number]).into(),
    }
}
