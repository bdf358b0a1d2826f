//! Statement kinds: what a statement does, by its first words.
//!
//! Only the beginning decides, as in Flink's grammar, with one exception: `CREATE TABLE` is a CTAS when an `AS`
//! outside all parentheses is followed by a query. A misspelt first word gives [`StatementKind::Other`]; what is
//! wrong with it is the planner's to say.

use domain::sql::StatementKind;

use crate::script::Words;

/// The kind of the statement that these tokens are.
#[must_use]
pub(crate) fn kind_of(words: &Words<'_>) -> StatementKind {
    match words.keyword(0).as_str() {
        "SET" => StatementKind::Set,
        "RESET" => StatementKind::Reset,
        "INSERT" => StatementKind::Insert,
        "EXECUTE" => executed(words),
        "STATEMENT" if words.starts(&["STATEMENT", "SET", "BEGIN"]) => StatementKind::StatementSet,
        "BEGIN" if words.starts(&["BEGIN", "STATEMENT", "SET"]) => StatementKind::SetBegin,
        "END" if words.len() == 1 => StatementKind::SetEnd,
        "COMPILE" if words.starts(&["COMPILE", "AND", "EXECUTE"]) => StatementKind::ExecutePlan,
        "COMPILE" => StatementKind::CompilePlan,
        "CREATE" if is_ctas(words) => StatementKind::Ctas,
        "REPLACE" if is_ctas(words) => StatementKind::Ctas,
        "CREATE" | "DROP" | "ALTER" | "USE" | "LOAD" | "UNLOAD" => StatementKind::Ddl,
        "SELECT" | "WITH" | "VALUES" | "TABLE" | "(" => StatementKind::Query,
        "ADD" | "REMOVE" if words.keyword(1) == "JAR" => StatementKind::Jar,
        _ => StatementKind::Other,
    }
}

fn executed(words: &Words<'_>) -> StatementKind {
    match words.keyword(1).as_str() {
        "STATEMENT" => StatementKind::StatementSet,
        "PLAN" => StatementKind::ExecutePlan,
        "INSERT" => StatementKind::Insert,
        "SELECT" | "WITH" | "VALUES" | "TABLE" | "(" => StatementKind::Query,
        _ => StatementKind::Other,
    }
}

fn is_ctas(words: &Words<'_>) -> bool {
    let mut at = 0;
    while matches!(words.keyword(at).as_str(), "CREATE" | "OR" | "REPLACE" | "TEMPORARY") {
        at += 1;
    }
    if words.keyword(at) != "TABLE" {
        return false;
    }
    let mut depth = 0_i32;
    for index in at..words.len() {
        match words.keyword(index).as_str() {
            "(" => depth += 1,
            ")" => depth -= 1,
            "AS" if depth == 0 => return matches!(words.keyword(index + 1).as_str(), "SELECT" | "WITH" | "VALUES" | "TABLE" | "("),
            _ => {}
        }
    }
    false
}
