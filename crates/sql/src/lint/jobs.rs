//! Rules about what the script runs: nothing, several things, or a loop.
//!
//! The runner puts all INSERTs of a script into one statement set, which is one job; a statement that starts a job by
//! itself (`CREATE TABLE … AS`, `EXECUTE PLAN`, `UPDATE`) cannot stand beside them.

use domain::sql::{Finding, StatementKind as Kind};

use super::Scope;
use crate::finding::suggest;
use crate::place::Span;
use crate::script::{Piece, Words};

pub(super) fn findings(scope: &Scope<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    found.extend(selects(scope));
    found.extend(nothing_to_run(scope));
    found.extend(several_jobs(scope));
    found.extend(one_job(scope));
    found.extend(loops(scope));
    found
}

fn selects(scope: &Scope<'_>) -> Vec<Finding> {
    let queries = scope.of_kind(&[Kind::Query]).filter_map(|(_, words)| words.span(0, 0));
    let message = "A SELECT has nowhere to put its rows; a job writes to a table";
    queries
        .map(|span| suggest(scope.warn(span, "select_in_session", message), "Write INSERT INTO … SELECT"))
        .collect()
}

/// Whether running the statement starts a job that is its own.
fn starts_own_job(piece: &Piece, words: &Words<'_>) -> bool {
    matches!(piece.kind, Kind::Ctas | Kind::ExecutePlan)
        || (piece.kind == Kind::Other && ["UPDATE", "DELETE", "ANALYZE", "CALL"].iter().any(|word| words.is(0, word)))
}

fn nothing_to_run(scope: &Scope<'_>) -> Option<Finding> {
    let runs =
        |piece: &Piece| matches!(piece.kind, Kind::Insert | Kind::StatementSet | Kind::Query) || starts_own_job(piece, &scope.words(piece));
    if scope.script.pieces.iter().any(runs) {
        return None;
    }
    let message = if scope.script.pieces.is_empty() {
        "The script is empty"
    } else {
        "Nothing to run: the script has no INSERT"
    };
    // At the end, where the INSERT is missing.
    let end = scope.script.pieces.last().map_or(0, |piece| piece.span.end);
    Some(suggest(
        scope.warn(Span::new(end, end), "nothing_to_run", message),
        "Write INSERT INTO … SELECT",
    ))
}

/// A submission takes one job; all INSERTs make one, everything else that starts one makes another.
fn several_jobs(scope: &Scope<'_>) -> Vec<Finding> {
    let own: Vec<&Piece> = scope
        .script
        .pieces
        .iter()
        .filter(|piece| starts_own_job(piece, &scope.words(piece)))
        .collect();
    let inserts = scope.of_kind(&[Kind::Insert, Kind::StatementSet]).next().is_some();
    let message = "This statement starts a job of its own, and a script runs as one job";
    let too_many = own.into_iter().skip(usize::from(!inserts));
    let heads = too_many.filter_map(|piece| scope.words(piece).span(0, 0));
    heads
        .map(|span| suggest(scope.warn(span, "several_jobs", message), "Put it in a script of its own"))
        .collect()
}

fn one_job(scope: &Scope<'_>) -> Option<Finding> {
    let mut in_set = false;
    let mut plain = Vec::new();
    for piece in &scope.script.pieces {
        match piece.kind {
            Kind::SetBegin => in_set = true,
            Kind::SetEnd => in_set = false,
            Kind::Insert if !in_set => plain.push(piece),
            _ => {}
        }
    }
    let second = plain.get(1)?;
    let message = format!("The {} INSERT statements of this script run together as one job", plain.len());
    Some(scope.info(scope.words(second).span(0, 0)?, "one_job", message))
}

/// Tables that are read and written.
fn loops(scope: &Scope<'_>) -> Vec<Finding> {
    let both: Vec<&String> = scope
        .tables
        .written
        .iter()
        .filter(|table| scope.tables.read.contains(table))
        .collect();
    let target = |table: &str| {
        let last = table.rsplit('.').next().unwrap_or(table);
        insert_targets(scope)
            .into_iter()
            .find(|(name, _)| name == last)
            .map(|(_, span)| span)
    };
    both.into_iter()
        .filter_map(|table| {
            let span = target(table)?;
            let name = table.rsplit('.').next().unwrap_or(table);
            Some(scope.warn(
                span,
                "reads_own_output",
                format!("Table '{name}' is both read and written by this script"),
            ))
        })
        .collect()
}

/// Last part of the name, and place, of each table behind INSERT INTO.
pub(super) fn insert_targets(scope: &Scope<'_>) -> Vec<(String, Span)> {
    let mut targets = Vec::new();
    for (_, words) in scope.of_kind(&[Kind::Insert, Kind::StatementSet]) {
        for at in 0..words.len() {
            if words.is(at, "INSERT") && (words.is(at + 1, "INTO") || words.is(at + 1, "OVERWRITE")) {
                targets.extend(path(&words, at + 2));
            }
        }
    }
    targets
}

/// A name of one or more parts: its last part and where it stands.
pub(super) fn path(words: &Words<'_>, first: usize) -> Option<(String, Span)> {
    let mut last = first;
    while words.is(last + 1, ".") && words.name(last + 2).is_some() {
        last += 2;
    }
    Some((words.name(last)?, words.span(first, last)?))
}
