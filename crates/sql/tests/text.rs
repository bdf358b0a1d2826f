//! What `streamwright check FILE` prints, as snapshots.
//!
//! The snapshots are files beside this one; look at them with a font in which Chinese characters take two columns.
//! `INSTA_UPDATE=always` writes them anew.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use domain::sql::{Finding, Report, Severity, Tables};
use sql::text::{Style, render};

fn finding(severity: Severity, code: &str, at: (u32, u32, u32, u32), message: &str) -> Finding {
    Finding {
        code: code.to_owned(),
        severity,
        line: at.0,
        column: at.1,
        end_line: at.2,
        end_column: at.3,
        message: message.to_owned(),
        suggestion: None,
        detail: None,
        field: None,
    }
}

fn report(findings: Vec<Finding>) -> Report {
    Report {
        findings,
        tables: Tables::default(),
    }
}

#[test]
fn marks_stand_under_the_place() {
    let script = "CREATE TABLE t (id BIGINT);\r\n\tINSERT INTO t SELECT nme FROM s;\nSELECT '中文😀', ｘ FROM t;\nSELECT *\nFROM t";
    let mut column = finding(Severity::Error, "unknown_column", (2, 23, 2, 26), "No column 'nme' in s");
    column.suggestion = Some("Did you mean 'name'?".to_owned());
    let found = vec![
        column,
        finding(
            Severity::Error,
            "full_width_character",
            (3, 16, 3, 17),
            "Full-width character 'ｘ' (U+FF58) outside a string",
        ),
        finding(
            Severity::Warning,
            "select_in_session",
            (4, 1, 5, 7),
            "A SELECT has nowhere to put its rows",
        ),
        finding(Severity::Info, "one_job", (99, 1, 99, 1), "Behind the end"),
    ];
    insta::assert_snapshot!(render("jobs/订单.sql", script, &report(found), Style::default()));
}

#[test]
fn long_lines_are_shown_around_the_place() {
    let wide = format!(
        "INSERT INTO t SELECT {}, wrong, {} FROM s",
        "某列".repeat(40),
        "column_name, ".repeat(20)
    );
    let at = 21 + 80 + 3;
    let mut found = finding(Severity::Error, "unknown_column", (1, at, 1, at + 5), "No column 'wrong'");
    found.suggestion = Some("A suggestion that is long enough to need more than one line of a terminal with eighty columns".to_owned());
    let whole = finding(Severity::Warning, "x", (1, 1, 1, 600), "The whole line");
    let end = finding(Severity::Warning, "y", (1, 372, 1, 373), "Near the end");
    let text = render("f.sql", &wide, &report(vec![found, whole, end]), Style::default());
    for line in text.lines() {
        assert!(unicode_width::UnicodeWidthStr::width(line) <= 80, "{line}");
    }
    insta::assert_snapshot!(text);
}

#[test]
fn colour_only_when_asked_and_no_escapes_from_the_script() {
    let script = "SELECT \u{1b}[31m 1";
    let found = || finding(Severity::Error, "invisible_character", (1, 8, 1, 9), "Invisible \u{7} character");
    let plain = render("f.sql", script, &report(vec![found()]), Style::default());
    assert!(!plain.contains('\u{1b}') && !plain.contains('\u{7}'), "{plain:?}");
    let colour = render("f.sql", script, &report(vec![found()]), Style { colour: true, width: 80 });
    assert!(colour.contains("\u{1b}[1;31merror[invisible_character]\u{1b}[0m"));
    assert_eq!(render("f.sql", "", &report(vec![]), Style::default()), "no findings\n");
}
