//! Tables of texts and what is found in them without a planner.
//!
//! Each finding is written as `code@line:column-endColumn`, so that a table shows places as well as codes. A text
//! with an empty list is one that must not be blamed.

use std::collections::BTreeMap;

use domain::flink_version::VersionNumber;
use domain::ports::Check;
use domain::sql::{Severity, Tables, Tier};

use crate::catalogue::{Catalogue, ConfigurationKey};
use crate::check::{Judged, merge, prepare};
use crate::lexical;
use crate::script::Script;
use crate::wire::Answer;

fn check(script: &str) -> Check {
    let version = VersionNumber::new(2, 2, 1);
    let (flink_home, java_home) = (String::new(), String::new());
    Check {
        flink_home,
        version,
        java_home,
        script: script.to_owned(),
        configuration: BTreeMap::new(),
        jars: Vec::new(),
        tier: Tier::Deep,
    }
}

fn catalogue() -> Catalogue {
    let key = |key: &str, sort: &str| ConfigurationKey {
        key: key.to_owned(),
        sort: sort.to_owned(),
        values: Vec::new(),
    };
    Catalogue::of(vec![
        key("table.exec.state.ttl", "DURATION"),
        key("parallelism.default", "INTEGER"),
        key("rest.port", "INTEGER"),
        key("pipeline.name", "STRING"),
    ])
}

/// `code@line:column-endColumn` of all findings, warnings with `?`, information with `!` in front.
fn found_with(check: &Check, answer: Answer) -> Vec<String> {
    let mut script = Script::read(&check.script);
    let prepared = prepare(&mut script, check.version, &check.configuration);
    let report = merge(&script, prepared, Judged::Answered(answer), Some(&catalogue()));
    let mark = |severity| match severity {
        Severity::Error => "",
        Severity::Warning => "?",
        Severity::Info => "!",
    };
    report
        .findings
        .iter()
        .map(|f| format!("{}{}@{}:{}-{}", mark(f.severity), f.code, f.line, f.column, f.end_column))
        .collect()
}

fn found(script: &str) -> Vec<String> {
    found_with(&check(script), Answer::default())
}

/// A script that has nothing wrong, to put other things into.
fn good(before: &str, query: &str) -> String {
    format!("{before}\nINSERT INTO o SELECT {query}")
}

#[test]
fn characters() {
    for (query, expected) in [
        ("a FROM t", &[][..]),
        ("a， b FROM t", &["full_width_character@2:23-24"]),
        ("F（a） FROM t", &["full_width_character@2:23-24", "full_width_character@2:25-26"]),
        ("“a” FROM t", &["full_width_character@2:22-23", "full_width_character@2:24-25"]),
        ("a\u{a0}\u{200b} FROM t", &["invisible_character@2:23-25"]),
        ("a 😀 FROM t", &["unknown_character@2:24-26"]),
        ("a # b\nFROM t", &["unknown_character@2:24-25"]),
        ("a\n # it's\nFROM t", &["unknown_character@3:2-8"]),
        ("'， “ \u{a0} #' FROM `，“` -- ，\n/* ， */", &[]),
        ("\"x\" FROM t", &["double_quotes@2:22-25"]),
        ("'x FROM t", &["unterminated_string@2:22-31"]),
        ("'it\\'s' FROM t", &["unterminated_string@2:22-36"]),
        ("`x FROM t", &["unterminated_identifier@2:22-31"]),
        ("a FROM t /* b", &["unterminated_comment@2:31-33"]),
        ("a FROM t /*+ OPTIONS('b'='c')", &["unterminated_hint@2:31-34"]),
        ("한국 FROM t", &[]),
    ] {
        assert_eq!(found(&good("", query)), expected, "{query}");
    }
    assert!(found("SET 'table.sql-dialect' = 'hive';\nINSERT INTO o SELECT \"x\" FROM t").is_empty());
}

#[test]
fn separation() {
    for (script, expected) in [
        (
            "INSERT INTO a SELECT 1\nINSERT INTO b SELECT 2",
            &["!one_job@2:1-7", "missing_semicolon@2:1-7"][..],
        ),
        (
            "SET 'rest.port' = '1'\nSET 'rest.port' = '1'\nINSERT INTO b SELECT 2",
            &["missing_semicolon@2:1-4", "missing_semicolon@3:1-7"],
        ),
        (
            "CREATE TABLE t (a INT) WITH ('connector'='x')\nCREATE VIEW v AS SELECT 1;\nINSERT INTO b SELECT 2",
            &["missing_semicolon@2:1-7"],
        ),
        (
            "INSERT INTO a SELECT 1；\nINSERT INTO b SELECT 2",
            &["!one_job@2:1-7", "full_width_character@1:23-24"],
        ),
        ("BEGIN STATEMENT SET\nINSERT INTO b SELECT 2;\nEND", &["missing_semicolon@2:1-7"]),
        ("EXPLAIN PLAN FOR\nINSERT INTO b SELECT 2;\nINSERT INTO b SELECT 2", &[]),
        ("COMPILE PLAN '/p' FOR\nINSERT INTO b SELECT 2;\nINSERT INTO b SELECT 2", &[]),
        ("EXECUTE STATEMENT SET BEGIN\nINSERT INTO b SELECT 2;\nEND", &[]),
        ("SHOW\nCREATE TABLE t;\nINSERT INTO b SELECT 2", &[]),
        ("ALTER TABLE t\nSET ('a' = 'b');\nINSERT INTO b SELECT 2", &[]),
        ("INSERT INTO b SELECT 2;;", &["!empty_statement@1:24-25"]),
        ("END;\nINSERT INTO b SELECT 2", &["end_without_begin@1:1-4"]),
        (
            "BEGIN STATEMENT SET;\nINSERT INTO b SELECT 2",
            &["unterminated_statement_set@1:1-20"],
        ),
        (
            "EXECUTE STATEMENT SET BEGIN INSERT INTO b SELECT 2;",
            &["unterminated_statement_set@1:9-28"],
        ),
        ("", &["?nothing_to_run@1:1-1"]),
        ("/* INSERT", &["unterminated_comment@1:1-3"]),
    ] {
        let mut found = found(script);
        found.sort();
        assert_eq!(found, expected, "{script}");
    }
}

#[test]
fn what_the_script_runs() {
    for (script, expected) in [
        ("CREATE TABLE t (a INT)", &["?nothing_to_run@1:23-23"][..]),
        ("SELECT 1", &["?select_in_session@1:1-7"]),
        ("CREATE TABLE t AS SELECT 1", &[]),
        ("CREATE TABLE t AS SELECT 1;\nINSERT INTO o SELECT 1", &["?several_jobs@1:1-7"]),
        ("CREATE TABLE t AS SELECT 1;\nCREATE TABLE u AS SELECT 1", &["?several_jobs@2:1-7"]),
        ("EXECUTE PLAN '/p'", &[]),
        ("BEGIN STATEMENT SET; INSERT INTO o SELECT 1; INSERT INTO o SELECT 2; END", &[]),
        ("UPDATE t SET a = 1 WHERE b = 2", &[]),
    ] {
        assert_eq!(found(script), expected, "{script}");
    }
    let tables = Tables {
        read: vec!["c.d.o".to_owned(), "c.d.x".to_owned()],
        written: vec!["c.d.o".to_owned()],
    };
    let loops = found_with(
        &check("INSERT INTO p SELECT 1;\nINSERT INTO d.`o` SELECT * FROM o"),
        Answer {
            tables,
            ..Answer::default()
        },
    );
    assert_eq!(loops, ["!one_job@2:1-7", "?reads_own_output@2:13-18"]);
}

#[test]
fn settings() {
    for (set, expected) in [
        ("SET 'pipeline.nmae' = 'demo';", &["?unknown_key@1:5-20"][..]),
        ("SET 'my.own.key' = 'x';", &[]),
        ("SET 'table.exec.state.ttl' = '1 fortnight';", &["bad_value@1:30-43"]),
        ("SET 'rest.port' = 'high';", &["?bad_value@1:19-25"]),
        ("SET parallelism.default = many of them;", &["bad_value@1:27-39"]),
        (
            "SET 'table.exec.state.ttl' = '1 d'; RESET 'table.exec.state.ttl'; SET 'table.exec.state.ttl' = '2 d';",
            &[],
        ),
        (
            "SET 'table.exec.state.ttl' = '1 d'; SET 'table.exec.state.ttl' = '2 d';",
            &["?set_twice@1:41-63"],
        ),
        ("SET 'table.exec.state.ttl' = '1 d'; SET 'table.exec.state.ttl' = '1 d';", &[]),
        ("SET 'table.dml-sync' = 'true';", &["dml_sync@1:5-21"]),
        ("SET 'table.dml-sync' = 'false';", &[]),
        ("SET 'pipeline.name' = 'x';", &["?ignored_key@1:5-20"]),
        ("SET 'execution.checkpointing.dir' = 'x';", &["owned_key@1:5-34"]),
        ("SET;", &[]),
        ("RESET;", &[]),
        ("SET 'a' 'b';", &[]),
        ("SET 'a' =;", &[]),
    ] {
        assert_eq!(found(&good(set, "1")), expected, "{set}");
    }
    let late = "INSERT INTO a SELECT 1;\nSET 'x.y' = '1';\nINSERT INTO a SELECT 2;\nSET 'x.z' = '1'";
    assert_eq!(found(late), ["!late_set@2:5-10", "!one_job@3:1-7", "?late_set@4:5-10"]);
}

#[test]
fn a_fault_of_the_configuration_names_its_key() {
    let of = |key: &str, value: &str| {
        let mut check = check(&good("", "1"));
        check.configuration.insert(key.to_owned(), value.to_owned());
        let mut script = Script::read(&check.script);
        let prepared = prepare(&mut script, check.version, &check.configuration);
        let report = merge(&script, prepared, Judged::Answered(Answer::default()), Some(&catalogue()));
        let told = report
            .findings
            .into_iter()
            .map(|found| (found.field.unwrap_or_default(), found.code));
        told.collect::<Vec<_>>()
    };
    let said = |key: &str, code: &str| vec![(format!("configuration.{key}"), code.to_owned())];
    assert_eq!(of("table.exec.state.tl", "1 d"), said("table.exec.state.tl", "unknown_key"));
    assert_eq!(of("table.exec.state.ttl", "soon"), said("table.exec.state.ttl", "bad_value"));
    assert_eq!(of("table.exec.state.ttl", "1 d"), []);
    assert_eq!(of("high-availability", "zookeeper"), said("high-availability", "owned_key"));
    assert_eq!(of("my.own.key", "x"), []);
}

#[test]
fn tables_and_types() {
    let with = |columns: &str, options: &str| format!("CREATE TABLE t ({columns}) WITH ({options});\nINSERT INTO t SELECT 1");
    for (columns, options, expected) in [
        ("a DECIMAL(50, 2)", "'connector'='x'", &["?type_precision@1:19-33"][..]),
        (
            "a DECIMAL(38, 2), b TIMESTAMP(9), c ROW<d TIMESTAMP_LTZ(12)>",
            "'connector'='x'",
            &["?type_precision@1:59-76"],
        ),
        ("a INT", "'connector'='print'", &["!print_connector@1:42-49"]),
        ("a INT", "'connector'='jdbc', 'password'='hunter2'", &["?secret_in_script@1:61-70"]),
        (
            "a INT",
            "'connector'='jdbc', 'password'='${secret}', 'token.url'='http://x', 'tokens'='3'",
            &[],
        ),
        (
            "a INT",
            "'connector'='kafka', 'properties.sasl.jaas.config'='x password=\"y\";'",
            &["?secret_in_script@1:81-98"],
        ),
        ("a INT", "'connector'='filesystem', 'path'='/tmp/x'", &["!local_path@1:63-71"]),
        ("a INT", "'connector'='filesystem', 'path'='s3://b/x'", &[]),
    ] {
        assert_eq!(found(&with(columns, options)), expected, "{columns} {options}");
    }
    let partitioned = "CREATE TEMPORARY TABLE IF NOT EXISTS c.d.t (a INT) PARTITIONED BY (a) WITH ('connector'='datagen');";
    assert_eq!(found(&good(partitioned, "1")), ["?partition_ignored@1:52-66"]);
    assert!(found(&good("CREATE TABLE unused (a INT) WITH ('connector'='print');", "1")).is_empty());
}

#[test]
fn state_and_constants() {
    let ddl = "CREATE TABLE s (id INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts, p AS PROCTIME()) WITH ('connector'='x');";
    for (query, expected) in [
        ("s.a FROM s JOIN u ON s.id = u.id", &["?unbounded_state@2:33-37"][..]),
        ("s.a FROM s JOIN u ON s.ts = u.ts", &[]),
        ("s.a FROM s JOIN u ON s.ts BETWEEN u.x - INTERVAL '1' DAY AND u.x", &[]),
        ("s.a FROM s JOIN u FOR SYSTEM_TIME AS OF s.p ON s.id = u.id", &[]),
        ("s.a FROM s CROSS JOIN UNNEST(s.b) AS x", &[]),
        ("s.a FROM s, LATERAL TABLE(f(a))", &[]),
        ("/*+ STATE_TTL('s'='1d') */ s.a FROM s JOIN u ON s.id = u.id", &[]),
        ("a, COUNT(*) FROM s GROUP BY a", &["!unbounded_state@2:41-49"]),
        (
            "a, COUNT(*) FROM TABLE(TUMBLE(TABLE s, DESCRIPTOR(ts), INTERVAL '1' HOUR)) GROUP BY window_start, a",
            &[],
        ),
        ("CAST('abc' AS BIGINT) FROM s", &["?bad_constant@2:27-32"]),
        (
            "CAST('12' AS INT), CAST(' 1.5 ' AS DOUBLE), CAST('2024-01-01' AS DATE), CAST('x' AS STRING), CAST('y' AS BOOLEAN) FROM s",
            &[],
        ),
        (
            "CAST('x' AS DECIMAL(3, 1)), TRY_CAST('x' AS INT) FROM s",
            &["?bad_constant@2:27-30"],
        ),
        ("id / 0, id / 0.5, id / 01, MOD(id, 2) FROM s", &["?division_by_zero@2:25-28"]),
    ] {
        assert_eq!(found(&good(ddl, query)), expected, "{query}");
    }
    for bounded in ["SET 'execution.runtime-mode' = 'batch';", "SET 'table.exec.state.ttl' = '1 d';"] {
        assert!(found(&good(bounded, "s.a FROM s JOIN u ON s.id = u.id")).is_empty(), "{bounded}");
    }
    assert_eq!(
        found(&good("SET 'table.exec.state.ttl' = '0 ms';", "a FROM s GROUP BY a")),
        ["!unbounded_state@2:31-39"]
    );
}

#[test]
fn the_planners_findings_join_ours() {
    let answer = |json: &str| serde_json::from_str::<Answer>(json).unwrap();
    let told = |statement: usize, code: &str, line: u32, more: &str| {
        format!(
            r#"{{"statement":{statement},"code":"{code}","severity":"error","line":{line},"column":3,"endLine":{line},"endColumn":9,"message":"{code}"{more}}}"#
        )
    };
    let both = format!(
        r#"{{"findings":[{},{}]}}"#,
        told(1, "unknown_table", 2, r#","cascade":true"#),
        told(0, "syntax_error", 1, "")
    );
    let script = "CREATE TABLE t (a INT) WITH ('connector' = \"x\");\nINSERT INTO o SELECT a FROM t";
    assert_eq!(
        found_with(&check(script), answer(&both)),
        ["double_quotes@1:44-47", "!unknown_table@2:3-9"]
    );
    let valued = r#"{"findings":[{"statement":1,"code":"invalid_option_value","severity":"error","line":2,"column":1,"endLine":2,"endColumn":5,"message":"'parallelism.default' is a number, 'x' given"}]}"#;
    assert_eq!(
        found_with(&check(&good("SET 'parallelism.default' = 'x';", "1")), answer(valued)),
        ["bad_value@1:29-32"]
    );
}

#[test]
fn a_planner_that_gives_no_answer_is_a_finding() {
    let check = check("\n INSERT INTO o SELECT 1 / 0");
    let mut script = Script::read(&check.script);
    let prepared = prepare(&mut script, check.version, &check.configuration);
    let report = merge(&script, prepared, Judged::Crashed("signal 6".to_owned()), None);
    let codes: Vec<_> = report.findings.iter().map(|f| (f.code.as_str(), f.line, f.column)).collect();
    assert_eq!(codes, [("planner_crashed", 2, 2), ("division_by_zero", 2, 25)]);
    assert_eq!(report.findings[0].detail.as_deref(), Some("signal 6"));
}

#[test]
fn a_script_has_a_longest_length() {
    assert!(lexical::too_long(&" ".repeat(domain::draft::MAX_SCRIPT_BYTES)).is_none());
    assert_eq!(
        lexical::too_long(&" ".repeat(domain::draft::MAX_SCRIPT_BYTES + 1)).unwrap().code,
        "script_too_long"
    );
}

/// Texts that are made to be expensive: each would take minutes if one of its rules were quadratic.
#[test]
fn hostile_scripts_are_judged() {
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
        "SET 'table.exec.state.tll' = '1';",
        "'it\\'s' ",
        "SELECT 'x;\n",
        "CREATE TABLE t (a DECIMAL(50)) WITH ('connector'='print');",
        "INSERT INTO t SELECT 1/0 FROM a JOIN b ON c = d GROUP BY e;",
        "DECIMAL (",
        "x DECIMAL(99 ",
    ] {
        let script = unit.repeat(128 * 1024 / unit.len());
        let last = Script::read(&script).statements().last().map(|statement| statement.line);
        assert!(last.is_none_or(|line| line as usize <= script.lines().count() + 1), "{unit:?}");
        assert!(found(&script).len() < 400, "{unit:?}");
    }
}
