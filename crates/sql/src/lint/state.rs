//! Rules about state that grows for ever: regular joins and groups without a window, when no time-to-live is set.
//!
//! Seen by tokens alone, so everything that may bound the state silences the rule: window functions, time columns in
//! the condition, hints, lookups, batch mode.

use std::collections::HashSet;

use domain::sql::{Finding, StatementKind as Kind};

use super::Scope;
use crate::finding::suggest;
use crate::script::Words;

const TTL: &str = "table.exec.state.ttl";
/// Words that mean a window, a lookup or a bound of another kind.
const BOUNDS: &[&str] = &[
    "TUMBLE",
    "HOP",
    "CUMULATE",
    "SESSION",
    "WINDOW_START",
    "WINDOW_END",
    "WINDOW_TIME",
    "SYSTEM_TIME",
    "INTERVAL",
    "STATE_TTL",
    "MATCH_RECOGNIZE",
    "LATERAL",
    "UNNEST",
    "TUMBLE_START",
    "HOP_START",
    "SESSION_START",
    "PROCTIME",
];

pub(super) fn findings(scope: &Scope<'_>) -> Vec<Finding> {
    let bounded = scope.value(TTL).is_some_and(|ttl| {
        !ttl.trim()
            .trim_start_matches('0')
            .trim_start_matches(|c: char| !c.is_ascii_digit())
            .is_empty()
    });
    let runs = scope.of_kind(&[Kind::Insert, Kind::StatementSet]).next().is_some();
    if scope.is_batch() || bounded || !runs {
        return Vec::new();
    }
    let times = time_columns(scope);
    let view = |words: &Words<'_>| words.find(0, &["VIEW"]).is_some();
    let queries = scope
        .of_kind(&[Kind::Insert, Kind::StatementSet, Kind::Ddl])
        .filter(|(piece, words)| piece.kind != Kind::Ddl || view(words));
    queries
        .filter(|(_, words)| !is_bounded(words, &times))
        .flat_map(|(_, words)| joins(scope, &words).or_else(|| groups(scope, &words)))
        .collect()
}

/// Columns that are time attributes: named in a WATERMARK, or computed by PROCTIME().
fn time_columns(scope: &Scope<'_>) -> HashSet<String> {
    let mut columns = HashSet::new();
    for (_, words) in scope.of_kind(&[Kind::Ddl]) {
        for at in 0..words.len() {
            if words.has(at, &["WATERMARK", "FOR"]) {
                columns.extend(words.name(at + 2));
            } else if words.is(at + 1, "AS") && words.is(at + 2, "PROCTIME") {
                columns.extend(words.name(at));
            }
        }
    }
    columns
}

fn is_bounded(words: &Words<'_>, times: &HashSet<String>) -> bool {
    // Behind an ON, WHERE or GROUP BY a time column bounds what is kept.
    let condition = |at: &usize| words.is(*at, "ON") || words.is(*at, "WHERE") || words.has(*at, &["GROUP", "BY"]);
    let first = (0..words.len()).find(condition).unwrap_or(words.len());
    let bounds = |at: usize| BOUNDS.iter().any(|word| words.is(at, word));
    (0..words.len()).any(|at| bounds(at) || (at > first && words.name(at).is_some_and(|name| times.contains(&name))))
}

fn joins(scope: &Scope<'_>, words: &Words<'_>) -> Option<Finding> {
    let at = (0..words.len()).find(|at| words.is(*at, "JOIN") && words.name(at + 1).is_some() && !words.is(at + 1, "TABLE"))?;
    let message = format!("A join without time bounds keeps the rows of both sides for ever, unless '{TTL}' is set");
    Some(suggest(
        scope.warn(words.span(at, at)?, "unbounded_state", message),
        format!("SET '{TTL}' = '1 d', or bound the join by time"),
    ))
}

fn groups(scope: &Scope<'_>, words: &Words<'_>) -> Option<Finding> {
    let at = words.find(0, &["GROUP", "BY"])?;
    let message = format!("A group without a window keeps each of its keys for ever, unless '{TTL}' is set");
    Some(suggest(
        scope.info(words.span(at, at + 1)?, "unbounded_state", message),
        format!("SET '{TTL}' = '1 d', or group by a window"),
    ))
}
