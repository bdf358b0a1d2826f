//! Rules about constants that fail when the job runs: casts of texts that are no number, and division by zero.
//!
//! Flink folds no constant that throws, so the planner lets them pass. A text is only blamed when it has characters
//! that no spelling of the type has.

use domain::sql::{Finding, StatementKind as Kind};

use super::Scope;
use crate::finding::{excerpt, suggest};
use crate::script::Words;
use crate::token::TokenKind;

pub(super) fn findings(scope: &Scope<'_>) -> Vec<Finding> {
    let queries = scope.of_kind(&[Kind::Insert, Kind::StatementSet, Kind::Query, Kind::Ctas, Kind::Ddl]);
    queries
        .flat_map(|(_, words)| {
            (0..words.len())
                .filter_map(|at| cast(scope, &words, at).or_else(|| zero(scope, &words, at)))
                .collect::<Vec<_>>()
        })
        .collect()
}

fn cast(scope: &Scope<'_>, words: &Words<'_>, at: usize) -> Option<Finding> {
    let casts = words.has(at, &["CAST", "("]) && words.is(at + 3, "AS") && (words.is(at + 5, ")") || words.is(at + 5, "("));
    let text = if casts { words.string(at + 2)? } else { return None };
    let kind = words.keyword(at + 4);
    if could_be(&kind, text.trim()) {
        return None;
    }
    // Before 1.15 a cast that fails gives NULL.
    let then = if scope.version.at_least(1, 15) {
        "the cast fails when the job runs"
    } else {
        "the cast gives NULL"
    };
    let message = format!("'{}' is no {kind}: {then}", excerpt(&text));
    Some(suggest(
        scope.warn(words.span(at + 2, at + 2)?, "bad_constant", message),
        "TRY_CAST gives NULL instead of failing",
    ))
}

/// Whether a text could be read as the type; where that is not known, yes.
fn could_be(kind: &str, text: &str) -> bool {
    let plausible = |extra: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_digit() || extra.contains(c)) && text.contains(|c: char| c.is_ascii_digit())
    };
    match kind {
        "TINYINT" | "SMALLINT" | "INT" | "INTEGER" | "BIGINT" => plausible("+-.eE"),
        "DECIMAL" | "DEC" | "NUMERIC" => plausible("+-.eE"),
        "FLOAT" | "DOUBLE" => {
            plausible("+-.eEdDfF") || ["nan", "infinity", "+infinity", "-infinity"].contains(&text.to_ascii_lowercase().as_str())
        }
        "DATE" => plausible("+-:.T tZz"),
        "BOOLEAN" => ["true", "t", "yes", "y", "1", "false", "f", "no", "n", "0"].contains(&text.to_ascii_lowercase().as_str()),
        _ => true,
    }
}

fn zero(scope: &Scope<'_>, words: &Words<'_>, at: usize) -> Option<Finding> {
    let divides = (words.is(at, "/") || words.is(at, "%")) && words.token(at + 1).is_some_and(|token| token.kind == TokenKind::Number);
    let ends = !words.is(at + 2, ".");
    (divides && ends && words.raw(at + 1) == "0").then_some(())?;
    Some(scope.warn(
        words.span(at, at + 1)?,
        "division_by_zero",
        "Division by zero: whole numbers fail when the job runs",
    ))
}
