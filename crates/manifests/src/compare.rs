//! What differs between the objects of one run and another's, made or only thought of.

use std::time::Duration;

use serde_json::Value;
use similar::TextDiff;

use crate::shown::yaml;

/// How long the search for the shortest difference of an object may take; after it a longer one is shown.
const SEARCHED_FOR: Duration = Duration::from_millis(300);
/// Equal lines around a difference.
const AROUND: usize = 3;

/// What became of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It is the same.
    Unchanged,
    /// It says something else.
    Changed,
    /// It was not there before.
    Added,
    /// It is not there any more.
    Removed,
}

/// One object in a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// Its kind.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// What became of it.
    pub change: Change,
    /// The lines of its YAML that differ, as a unified diff without a head; empty where nothing does.
    pub diff: String,
}

/// The kind and the name of an object.
#[must_use]
pub fn identity(object: &Value) -> (&str, &str) {
    let text = |value: &'static str| object.pointer(value).and_then(Value::as_str).unwrap_or_default();
    (text("/kind"), text("/metadata/name"))
}

/// Compares objects by kind and name: those of `after` in their order, then those that are gone.
#[must_use]
pub fn compare(before: &[Value], after: &[Value]) -> Vec<Compared> {
    let find = |list: &'_ [Value], object: &Value| list.iter().position(|other| identity(other) == identity(object));
    let stays = after.iter().map(|new| (find(before, new).map(|place| &before[place]), Some(new)));
    let gone = before.iter().filter(|old| find(after, old).is_none()).map(|old| (Some(old), None));
    stays.chain(gone).filter_map(|(old, new)| compared(old, new)).collect()
}

fn compared(old: Option<&Value>, new: Option<&Value>) -> Option<Compared> {
    let (kind, name) = identity(new.or(old)?);
    let change = match (old, new) {
        (Some(old), Some(new)) if old == new => Change::Unchanged,
        (Some(_), Some(_)) => Change::Changed,
        (None, _) => Change::Added,
        (_, None) => Change::Removed,
    };
    let text = |object: Option<&Value>| object.map(|object| yaml(&unfolded(object.clone()))).unwrap_or_default();
    Some(Compared {
        kind: kind.to_owned(),
        name: name.to_owned(),
        change,
        diff: match change {
            Change::Unchanged => String::new(),
            _ => unified(&text(old), &text(new)),
        },
    })
}

fn unified(old: &str, new: &str) -> String {
    TextDiff::configure()
        .timeout(SEARCHED_FOR)
        .diff_lines(old, new)
        .unified_diff()
        .context_radius(AROUND)
        .to_string()
}

/// JSON that stands in a text as YAML, so that a difference shows the lines that differ, those of scripts, too.
fn unfolded(value: Value) -> Value {
    match value {
        Value::String(text) if text.starts_with('{') => match serde_json::from_str::<Value>(&text) {
            Ok(inner) => Value::from(yaml(&inner)),
            Err(_) => Value::String(text),
        },
        Value::Array(items) => items.into_iter().map(unfolded).collect(),
        Value::Object(map) => map.into_iter().map(|(key, value)| (key, unfolded(value))).collect(),
        other => other,
    }
}
