//! What differs between two descriptions of a job or a cluster, field by field, scripts by lines.

use serde::Serialize;
use serde_json::{Map, Value};
use similar::TextDiff;

/// Texts of which lines are compared.
const TEXTS: &[&str] = &["sql", "jobManagerTemplate", "taskManagerTemplate"];
/// How long the search for the shortest difference of two scripts may take; after it a longer one is shown.
const SEARCHED_FOR: std::time::Duration = std::time::Duration::from_millis(500);
/// Fields of a job's document that say what it is called or what is to happen, and not what the job is.
pub const NOT_OF_JOB: &[&str] = &[
    "kind",
    "name",
    "team",
    "running",
    "flink",
    "sqlFile",
    "jobManagerTemplateFrom",
    "taskManagerTemplateFrom",
];
/// The same of a cluster's document.
pub const NOT_OF_CLUSTER: &[&str] = &["kind", "name", "team", "running"];

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// The field, or the key of a field: `config.parallelism.default`.
    pub field: String,
    /// Its value before; none where it was not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// Its value now; none where it is not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// The lines that differ, of a script or pod template that was there before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diff: Option<String>,
}

/// All differences in the order of the fields, but for some fields.
#[must_use]
pub fn changes<T: Serialize>(before: &T, after: &T, without: &[&str]) -> Vec<Change> {
    compare("", &keys(before), &keys(after))
        .into_iter()
        .filter(|change| !without.contains(&change.field.as_str()))
        .collect()
}

fn keys(value: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(value) {
        Ok(Value::Object(keys)) => keys,
        _ => Map::new(),
    }
}

fn compare(prefix: &str, before: &Map<String, Value>, after: &Map<String, Value>) -> Vec<Change> {
    let gone = before.keys().filter(|key| !after.contains_key(*key));
    let mut found = Vec::new();
    for key in after.keys().chain(gone) {
        let field = format!("{prefix}{key}");
        let empty = Map::new();
        match (before.get(key), after.get(key)) {
            (old, new) if old == new => {}
            (Some(Value::Object(old)), Some(Value::Object(new))) => found.extend(compare(&format!("{field}."), old, new)),
            (Some(Value::Object(old)), None) => found.extend(compare(&format!("{field}."), old, &empty)),
            (None, Some(Value::Object(new))) => found.extend(compare(&format!("{field}."), &empty, new)),
            (old, new) => found.push(change(field, old, new)),
        }
    }
    found
}

fn change(field: String, old: Option<&Value>, new: Option<&Value>) -> Change {
    let script = match (old, new) {
        (Some(Value::String(old)), Some(Value::String(new))) if TEXTS.contains(&field.as_str()) => Some(unified(old, new)),
        _ => None,
    };
    Change {
        before: old.map(shown),
        after: new.map(shown),
        diff: script,
        field,
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn unified(old: &str, new: &str) -> String {
    let diff = TextDiff::configure().timeout(SEARCHED_FOR).diff_lines(old, new);
    diff.unified_diff().context_radius(3).to_string()
}

impl Change {
    /// As lines for people: `+` is set, `-` is unset, `~` is another value.
    #[must_use]
    pub fn lines(&self) -> String {
        const LONGEST: usize = 200;
        let short = |text: &str| {
            let lines = text.lines().count();
            if lines > 1 {
                return format!("{lines} lines");
            }
            let shown: String = text.chars().take(LONGEST).collect();
            if shown.len() < text.len() { format!("{shown}…") } else { shown }
        };
        match (&self.diff, &self.before, &self.after) {
            (Some(diff), ..) => {
                let lines: String = diff.lines().map(|line| format!("    {line}\n")).collect();
                format!("  ~ {}\n{lines}", self.field)
            }
            (_, None, Some(after)) => format!("  + {}: {}\n", self.field, short(after)),
            (_, Some(before), None) => format!("  - {}: {}\n", self.field, short(before)),
            (_, Some(before), Some(after)) => format!("  ~ {}: {} -> {}\n", self.field, short(before), short(after)),
            _ => String::new(),
        }
    }
}
