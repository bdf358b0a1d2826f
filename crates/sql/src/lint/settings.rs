//! Rules about SET and the job's configuration: keys that the platform owns, keys that Flink does not know, values of the wrong type, and when a
//! SET takes effect.
//! Which keys exist and what they take is known where the planner listed them for the distribution.

use std::collections::HashMap;

use domain::draft::owned_key;
use domain::sql::{Finding, Severity, StatementKind as Kind};

use super::{Scope, values};
use crate::catalogue::Catalogue;
use crate::finding::{excerpt, finding, finding_of_key, suggest};
use crate::place::Span;
use crate::script::{Piece, Script, Words};

/// One `SET key = value` or `RESET key`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Setting {
    /// The key.
    pub key: String,
    /// The value; none for RESET.
    pub value: Option<String>,
    key_span: Span,
    value_span: Span,
    piece: usize,
}

/// Most settings that are looked at.
const MOST: usize = 1000;

/// The settings of a script, in order. Statements that are no `SET key = value` are left out.
pub(crate) fn settings(script: &Script<'_>) -> Vec<Setting> {
    let one = |(index, piece): (usize, &Piece)| match piece.kind {
        Kind::Set => set(script, index, piece),
        Kind::Reset => reset(script, index, piece),
        _ => None,
    };
    script.pieces.iter().enumerate().filter_map(one).take(MOST).collect()
}

fn set(script: &Script<'_>, index: usize, piece: &Piece) -> Option<Setting> {
    let words = script.words(piece.tokens.clone());
    let equals = (1..words.len()).find(|at| words.is(*at, "="))?;
    let key_span = words.span(1, equals.checked_sub(1).filter(|last| *last >= 1)?)?;
    let value_span = words
        .span(equals + 1, words.len().checked_sub(1)?)
        .filter(|span| span.start < span.end)?;
    Some(Setting {
        key: text(script, &words, (1, equals), key_span),
        value: Some(text(script, &words, (equals + 1, words.len()), value_span)),
        key_span,
        value_span,
        piece: index,
    })
}

fn reset(script: &Script<'_>, index: usize, piece: &Piece) -> Option<Setting> {
    let words = script.words(piece.tokens.clone());
    let span = words.span(1, words.len().checked_sub(1)?)?;
    Some(Setting {
        key: text(script, &words, (1, words.len()), span),
        value: None,
        key_span: span,
        value_span: span,
        piece: index,
    })
}

/// The text of a range of tokens: of the literal that it is, else as it stands.
fn text(script: &Script<'_>, words: &Words<'_>, (first, end): (usize, usize), span: Span) -> String {
    let literal = if end == first + 1 { words.string(first) } else { None };
    literal.unwrap_or_else(|| script.slice(span).to_owned())
}

/// What is wrong with a key or its value, wherever it is set.
struct Fault {
    severity: Severity,
    code: &'static str,
    message: String,
    suggestion: String,
}

pub(super) fn findings(scope: &Scope<'_>) -> Vec<Finding> {
    let mut found: Vec<Finding> = scope.settings.iter().filter_map(|setting| of_set(scope, setting)).collect();
    found.extend(
        scope
            .configuration
            .iter()
            .filter_map(|(key, value)| of_configuration(scope, key, value)),
    );
    found.extend(twice(scope));
    found.extend(late(scope));
    found
}

fn of_set(scope: &Scope<'_>, setting: &Setting) -> Option<Finding> {
    let fault = fault(scope, &setting.key, setting.value.as_deref()?)?;
    let span = if fault.code == "bad_value" {
        setting.value_span
    } else {
        setting.key_span
    };
    let found = finding(scope.script, span, fault.severity, (fault.code, fault.message));
    Some(suggest(found, fault.suggestion))
}

fn of_configuration(scope: &Scope<'_>, key: &str, value: &str) -> Option<Finding> {
    let fault = fault(scope, key, value)?;
    let found = finding_of_key(scope.script, key, fault.severity, (fault.code, fault.message));
    Some(suggest(found, fault.suggestion))
}

fn fault(scope: &Scope<'_>, key: &str, value: &str) -> Option<Fault> {
    if key == "table.dml-sync" {
        return value.trim().eq_ignore_ascii_case("true").then(|| Fault {
            severity: Severity::Error,
            code: "dml_sync",
            message: "'table.dml-sync' makes the submission wait for the job's end, which Flink refuses".to_owned(),
            suggestion: "Take it out".to_owned(),
        });
    }
    match owned_key(key) {
        Some(why) => Some(owned(key, why)),
        None => known(scope, scope.catalogue?, key, value),
    }
}

fn owned(key: &str, why: &str) -> Fault {
    // Scripts from elsewhere name their job, and that does no harm; the other keys would break what is kept track of.
    let (severity, code, message) = if key == "pipeline.name" {
        (Severity::Warning, "ignored_key", format!("'{key}' has no effect: {why}"))
    } else {
        (Severity::Error, "owned_key", format!("'{key}' is set by the platform: {why}"))
    };
    let suggestion = "Take it out".to_owned();
    Fault {
        severity,
        code,
        message,
        suggestion,
    }
}

fn known(scope: &Scope<'_>, catalogue: &Catalogue, key: &str, value: &str) -> Option<Fault> {
    if let Some(known) = catalogue.find(key) {
        let wrong = values::wrong(known, value)?;
        return Some(Fault {
            severity: if read_by_the_job(key) { Severity::Error } else { Severity::Warning },
            code: "bad_value",
            message: format!("'{key}' takes {}, not '{}'", wrong.expected, excerpt(value)),
            suggestion: wrong.example,
        });
    }
    let near = catalogue.nearest(key)?;
    Some(Fault {
        severity: Severity::Warning,
        code: "unknown_key",
        message: format!("Flink {} does not know the key '{}'", scope.version, excerpt(key)),
        suggestion: format!("Did you mean '{near}'?"),
    })
}

/// Whether every job reads keys like this one, so that a bad value certainly stops it.
fn read_by_the_job(key: &str) -> bool {
    ["table.exec.", "table.optimizer.", "execution.", "pipeline.", "parallelism."]
        .iter()
        .any(|start| key.starts_with(start))
}

/// A key that is set again with another value: the script is one job, so the first value is never used.
fn twice(scope: &Scope<'_>) -> Vec<Finding> {
    let mut before: HashMap<&str, &Setting> = HashMap::new();
    let mut found = Vec::new();
    for setting in scope.settings {
        let earlier = before.insert(&setting.key, setting);
        let Some(earlier) = earlier.filter(|earlier| earlier.value.is_some() && setting.value.is_some() && earlier.value != setting.value)
        else {
            continue;
        };
        let line = scope.script.places.at(earlier.key_span.start).line;
        let message = format!(
            "'{}' is set again with another value (first on line {line}); the last one counts for the whole job",
            excerpt(&setting.key)
        );
        found.push(scope.warn(setting.key_span, "set_twice", message));
    }
    found
}

/// SETs behind an INSERT: all INSERTs run at the end, so they take effect for those above as well.
fn late(scope: &Scope<'_>) -> Vec<Finding> {
    let inserts = |piece: &Piece| matches!(piece.kind, Kind::Insert | Kind::StatementSet);
    let Some(first) = scope.script.pieces.iter().position(inserts) else {
        return Vec::new();
    };
    let last = scope.script.pieces.iter().rposition(inserts).unwrap_or(first);
    let message = "The script runs as one job: this SET also counts for the INSERT statements above it";
    let behind = scope.settings.iter().filter(|setting| setting.piece > first);
    let late = behind.map(|setting| {
        if setting.piece > last {
            scope.warn(setting.key_span, "late_set", message)
        } else {
            scope.info(setting.key_span, "late_set", message)
        }
    });
    late.map(|found| suggest(found, "Put it above the first INSERT")).collect()
}
