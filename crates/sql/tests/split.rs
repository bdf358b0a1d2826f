//! The splitter on its own: statements, kinds, positions, and laws that hold for any text.
//!
//! The laws are tried on texts made of what a lexer trips over: quotes, comment marks, block words, full-width and
//! invisible characters.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use domain::sql::StatementKind as Kind;
use proptest::prelude::*;
use sql::Script;

fn kinds(script: &str) -> Vec<Kind> {
    Script::read(script)
        .statements()
        .into_iter()
        .map(|statement| statement.kind)
        .collect()
}

#[test]
fn kinds_by_the_first_words() {
    for (text, kind) in [
        ("set 'a' = 'b'", Kind::Set),
        ("SET", Kind::Set),
        ("RESET 'a.b'", Kind::Reset),
        ("CREATE TABLE t (a INT, b AS a + 1) WITH ('connector'='print')", Kind::Ddl),
        ("CREATE TABLE t (b AS a) LIKE s", Kind::Ddl),
        ("CREATE TABLE t WITH ('connector'='print') AS SELECT 1 AS a", Kind::Ctas),
        ("CREATE OR REPLACE TABLE t AS (SELECT 1)", Kind::Ctas),
        ("CREATE TABLE t AS WITH c AS (SELECT 1) SELECT * FROM c", Kind::Ctas),
        ("CREATE VIEW v AS SELECT 1", Kind::Ddl),
        ("CREATE MATERIALIZED TABLE m AS SELECT 1 AS a", Kind::Ddl),
        ("USE MODULES core, hive", Kind::Ddl),
        ("insert into t values (1)", Kind::Insert),
        ("EXECUTE INSERT INTO a SELECT 1", Kind::Insert),
        ("EXECUTE SELECT 1", Kind::Query),
        ("BEGIN STATEMENT SET", Kind::SetBegin),
        ("END", Kind::SetEnd),
        ("COMPILE PLAN '/x' FOR INSERT INTO a SELECT 1", Kind::CompilePlan),
        ("COMPILE AND EXECUTE PLAN '/x' FOR INSERT INTO a SELECT 1", Kind::ExecutePlan),
        ("EXECUTE PLAN '/x'", Kind::ExecutePlan),
        ("WITH c AS (SELECT 1) SELECT * FROM c", Kind::Query),
        ("(SELECT 1) UNION (SELECT 2)", Kind::Query),
        ("ADD JAR '/x/y.jar'", Kind::Jar),
        ("SHOW JARS", Kind::Other),
        ("EXPLAIN PLAN FOR SELECT 1", Kind::Other),
        ("SELCT 1", Kind::Other),
        ("`SET` 1", Kind::Other),
    ] {
        assert_eq!(kinds(text), [kind], "{text}");
    }
}

#[test]
fn statement_sets_stay_whole() {
    let script = "EXECUTE STATEMENT SET\nBEGIN\nINSERT INTO a SELECT CASE WHEN x THEN 1 ELSE 2\nEND FROM s;\nINSERT INTO b SELECT 2;\nEND;\nSELECT 1";
    assert_eq!(kinds(script), [Kind::StatementSet, Kind::Query]);
    assert!(Script::read(script).statements()[0].text.ends_with("END"));
    assert_eq!(
        kinds("EXPLAIN STATEMENT SET BEGIN INSERT INTO a SELECT 1; END; SET"),
        [Kind::Other, Kind::Set]
    );
    assert_eq!(
        kinds("COMPILE PLAN '/p' FOR STATEMENT SET BEGIN INSERT INTO a SELECT 1; END;"),
        [Kind::CompilePlan]
    );
    assert_eq!(
        kinds("BEGIN STATEMENT SET; INSERT INTO a SELECT 1; END;"),
        [Kind::SetBegin, Kind::Insert, Kind::SetEnd]
    );
}

#[test]
fn a_block_that_stays_open_does_not_swallow_the_rest() {
    let script = "EXECUTE STATEMENT SET BEGIN\nINSERT INTO a SELECT 1;\nCREATE TABLE t (a INT);\nEXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT 1; END;";
    assert_eq!(kinds(script), [Kind::StatementSet, Kind::Ddl, Kind::StatementSet]);
    let read = Script::read(script);
    assert!(read.pieces[0].open_block.is_some() && read.pieces[2].open_block.is_none());
    assert!(read.statements()[0].text.ends_with("SELECT 1"));
}

#[test]
fn positions_are_those_of_the_first_token() {
    let script = "-- a; b\n/* c */ SELECT '😀;' /*+ OPTIONS('k'=';') */; SELECT 2 -- tail\n;;\r\n  数据";
    let found: Vec<_> = Script::read(script)
        .statements()
        .into_iter()
        .map(|s| (s.line, s.column, s.text))
        .collect();
    assert_eq!(
        found,
        [
            (2, 9, "SELECT '😀;' /*+ OPTIONS('k'=';') */".to_owned()),
            (2, 47, "SELECT 2".to_owned()),
            (4, 3, "数据".to_owned()),
        ]
    );
    assert_eq!(Script::read(script).lone_semicolons.len(), 1);
}

/// Texts made of what a lexer trips over.
fn tricky() -> impl Strategy<Value = String> {
    let fragment = prop_oneof![
        Just("'"),
        Just("''"),
        Just("`"),
        Just("\""),
        Just(";"),
        Just(";\n"),
        Just("--"),
        Just("//"),
        Just("/*"),
        Just("*/"),
        Just("/*+"),
        Just("\n"),
        Just("\r\n"),
        Just(" "),
        Just("BEGIN"),
        Just(" END"),
        Just("EXECUTE STATEMENT SET BEGIN "),
        Just("BEGIN STATEMENT SET;"),
        Just("INSERT INTO a SELECT 1"),
        Just("CREATE TABLE t (a AS b)"),
        Just(" AS SELECT "),
        Just("SET 'k'='v'"),
        Just("，"),
        Just("😀"),
        Just("\u{feff}"),
        Just("\u{a0}"),
        Just("é"),
        Just("中"),
        Just("1e"),
        Just("+"),
        Just("0x"),
        Just("#"),
        Just("\\'"),
        Just("("),
        Just(")"),
        Just("\0"),
    ];
    prop_oneof![
        prop::collection::vec(fragment, 0..40).prop_map(|parts| parts.concat()),
        any::<String>()
    ]
}

proptest! {
    #[test]
    fn pieces_with_what_lies_between_them_give_the_text(text in tricky()) {
        let script = Script::read(&text);
        let mut at = 0;
        let mut rebuilt = String::new();
        for piece in &script.pieces {
            prop_assert!(piece.span.start >= at && piece.span.end > piece.span.start);
            rebuilt.push_str(&text[at..piece.span.start]);
            rebuilt.push_str(script.slice(piece.span));
            at = piece.span.end;
        }
        rebuilt.push_str(&text[at..]);
        prop_assert_eq!(rebuilt, text);
    }

    #[test]
    fn positions_point_at_the_text(text in tricky()) {
        for statement in Script::read(&text).statements() {
            let line = text.split('\n').nth(statement.line as usize - 1).unwrap_or_default();
            let units: Vec<u16> = line.encode_utf16().skip(statement.column as usize - 1).collect();
            let rest = String::from_utf16(&units).expect("columns never cut a character");
            let first = statement.text.split('\n').next().unwrap_or_default();
            prop_assert!(rest.starts_with(first), "{:?} at {}:{} of {:?}", first, statement.line, statement.column, text);
            prop_assert!(!statement.text.is_empty());
        }
    }

    #[test]
    fn every_token_lies_in_one_piece_or_is_a_semicolon(text in tricky()) {
        let script = Script::read(&text);
        let inside: usize = script.pieces.iter().map(|piece| piece.tokens.len()).sum();
        let all = (0..script.tokens.len()).collect::<Vec<_>>();
        let between = all.iter().filter(|at| !script.pieces.iter().any(|piece| piece.tokens.contains(at)));
        let mut count = 0;
        for at in between {
            prop_assert!(script.is(*at, ";"));
            count += 1;
        }
        prop_assert_eq!(inside + count, script.tokens.len());
    }
}
