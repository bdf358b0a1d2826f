//! Good files, bad files, and what is written is read again.

mod bad;
mod folders;
mod plan;
mod round;
mod target;

use crate::place::Fault;
use crate::read::Document;

/// What a text came to.
fn read(text: &str) -> (Vec<Document>, Vec<Fault>) {
    crate::read::text(&"f.yaml".into(), text)
}

/// The faults of a text as lines.
fn faults(text: &str) -> Vec<String> {
    read(text).1.iter().map(ToString::to_string).collect()
}

/// The committed schema is the one of the types; `UPDATE_SCHEMA=1` writes it.
#[test]
#[allow(clippy::disallowed_methods, reason = "the writer of the schema is this test")]
fn the_schema_is_current() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/files.schema.json");
    let generated = serde_json::to_string_pretty(&crate::schema::json_schema()).unwrap() + "\n";
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(&path, &generated).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == generated,
        "docs/reference/files.schema.json is stale: run `UPDATE_SCHEMA=1 cargo test -p files the_schema_is_current`"
    );
}
