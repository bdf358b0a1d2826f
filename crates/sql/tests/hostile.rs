//! Long texts that are made to be expensive: reading them stays linear.
//!
//! There is no clock here: a quadratic step would take minutes at this size, which is seen without one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use sql::Script;

/// An eighth of the longest script.
const SIZE: usize = domain::draft::MAX_SCRIPT_BYTES / 8;

fn filled(unit: &str) -> String {
    unit.repeat(SIZE / unit.len())
}

#[test]
fn long_scripts_are_read() {
    for unit in [
        "'",
        "`",
        "\"",
        "`a",
        ";",
        "(",
        "/*+",
        "/*",
        "--\n",
        "a ",
        "'a\n",
        "E'\\'",
        "#\n",
        "x#",
        "，",
        "EXECUTE STATEMENT SET BEGIN ",
        "BEGIN STATEMENT SET;",
        "END;",
        "EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT 1;\n",
        "INSERT INTO a SELECT 1\n",
        "CREATE TABLE t AS ",
        "SET 'a' = 'b';",
        "'it\\'s' ",
        "SELECT 'x;\n",
    ] {
        let text = filled(unit);
        let script = Script::read(&text);
        let last = script.statements().last().map(|statement| statement.line);
        assert!(last.is_none_or(|line| line as usize <= text.lines().count() + 1), "{unit:?}");
    }
}
