//! The substitution as a table, and places, secrets and what is struck out.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::*;
use crate::draft::{Code, JobSpec, Mode};
use crate::secret::Secret;
use crate::sql::{Finding, Severity};

fn variable(name: &str, value: VariableValue) -> Variable {
    Variable {
        id: VariableId(Uuid::from_u128(1)),
        team_id: TeamId(Uuid::from_u128(2)),
        name: name.to_owned(),
        value,
        former: None,
        description: String::new(),
        revision: 3,
        created_at: Millis(1),
        changed_at: Millis(2),
        changed_by: UserId(Uuid::from_u128(3)),
    }
}

fn plain(name: &str, value: &str) -> Variable {
    variable(name, VariableValue::Plain(value.to_owned()))
}

fn secret(name: &str) -> Variable {
    variable(name, VariableValue::Secret(Sealed::new("sealed".to_owned())))
}

fn known() -> Vec<Variable> {
    let mut known: Vec<Variable> = [
        ("n", "42"),
        ("topic", "orders"),
        ("quote", "O'Brien ''"),
        ("tick", "a`b"),
        ("own", "${n} $${n}"),
        ("cjk", "订单🦀"),
        ("empty", ""),
        ("lines", "a\nb\nc"),
        ("a.b-c_d", "dotted"),
        ("dollar", "$"),
        ("says", "${pw}"),
    ]
    .into_iter()
    .map(|(name, value)| plain(name, value))
    .collect();
    known.push(plain("long", &"字".repeat(10_000)));
    known.extend([secret("pw"), secret("db.password")]);
    known
}

fn sql(text: &str) -> JobSpec {
    JobSpec {
        code: Code::Sql { sql: text.to_owned() },
        cluster_id: None,
        target_id: None,
        flink_version: None,
        mode: Mode::Session,
        parallelism: None,
        configuration: BTreeMap::new(),
        jars: Vec::new(),
        job_manager_template: None,
        task_manager_template: None,
    }
}

fn prepared(text: &str) -> Prepared {
    prepare(&sql(text), &known())
}

fn said(prepared: &Prepared) -> Vec<(&str, u32, u32, u32)> {
    let said = prepared.findings.iter();
    said.map(|one| (one.code.as_str(), one.line, one.column, one.end_column)).collect()
}

#[test]
fn what_stands_in_a_script() {
    let long = "字".repeat(10_000);
    let rows: Vec<(&str, String)> = vec![
        ("LIMIT ${n}", "LIMIT 42".into()),
        ("${topic}", "orders".into()),
        ("a${n}b${n}", "a42b42".into()),
        ("'${a.b-c_d}'", "'dotted'".into()),
        // A value never ends the string or name that it stands in; elsewhere it is SQL.
        ("'x ${quote}'", "'x O''Brien '''''".into()),
        ("'it''s ${quote}' ${quote}", "'it''s O''Brien ''''' O'Brien ''".into()),
        ("`t_${tick}`", "`t_a``b`".into()),
        ("${tick} '${tick}'", "a`b 'a`b'".into()),
        // What was inserted is not looked at again.
        ("'${own}'", "'${n} $${n}'".into()),
        ("${dollar}{n}", "${n}".into()),
        // The text itself.
        ("'$${n}'", "'${n}'".into()),
        ("'$$${n}'", "'$${n}'".into()),
        ("$${no.such}", "${no.such}".into()),
        // No variable at all.
        ("'$n {n} $ $$ 100$'", "'$n {n} $ $$ 100$'".into()),
        // Comments are left alone; a hint is none.
        ("-- ${nothing} ' \n${n}", "-- ${nothing} ' \n42".into()),
        ("// ${nothing}\r${n}", "// ${nothing}\r42".into()),
        ("/* ${nothing} ' */ '${n}'", "/* ${nothing} ' */ '42'".into()),
        ("/*+ OPTIONS('k'='${quote}') */", "/*+ OPTIONS('k'='O''Brien ''''') */".into()),
        ("'-- ${n}' '/* ${n}'", "'-- 42' '/* 42'".into()),
        // Other scripts, long and empty values, lines.
        ("SELECT '🦀${cjk}🦀', `${cjk}`", "SELECT '🦀订单🦀🦀', `订单🦀`".into()),
        ("[${empty}]", "[]".into()),
        ("'${lines}'", "'a\nb\nc'".into()),
        ("'${long}'", format!("'{long}'")),
    ];
    for (text, expected) in rows {
        let prepared = prepared(text);
        assert_eq!(prepared.spec.code.sql(), Some(expected.as_str()), "{text}");
        assert_eq!(said(&prepared), [], "{text}");
    }
}

#[test]
fn what_cannot_be_is_said_at_its_place() {
    let name = "n".repeat(MAX_NAME);
    let rows: Vec<(String, Vec<(&str, u32, u32, u32)>)> = vec![
        ("SELECT\n '🦀' ${nope}".into(), vec![("unknown_variable", 2, 7, 14)]),
        (
            "${N} ${nope}".into(),
            vec![("unknown_variable", 1, 1, 5), ("unknown_variable", 1, 6, 13)],
        ),
        (format!("${{{name}}}"), vec![("unknown_variable", 1, 1, 132)]),
        // Not terminated, not a name, nested, empty.
        ("'a ${n'".into(), vec![("bad_variable", 1, 4, 6)]),
        ("${".into(), vec![("bad_variable", 1, 1, 3)]),
        (
            "${}${ n}${1}".into(),
            vec![("bad_variable", 1, 1, 3), ("bad_variable", 1, 4, 6), ("bad_variable", 1, 9, 11)],
        ),
        ("${a${n}}".into(), vec![("bad_variable", 1, 1, 3)]),
        ("${名}".into(), vec![("bad_variable", 1, 1, 3)]),
        (format!("${{{name}x}}"), vec![("bad_variable", 1, 1, 3)]),
    ];
    for (text, expected) in rows {
        let prepared = prepared(&text);
        assert_eq!(said(&prepared), expected, "{text}");
        let errors = prepared.findings.iter().all(|one| one.severity == Severity::Error);
        assert_eq!(errors, expected[0].0 == "unknown_variable", "{text}");
    }
    assert_eq!(prepared("${a${n}}").spec.code.sql(), Some("${a42}"));
    let near = prepared("'${db.pasword} ${topci}'");
    let proposals: Vec<&str> = near.findings.iter().map(|one| one.suggestion.as_deref().unwrap()).collect();
    assert!(proposals[0].starts_with("Did you mean 'db.password'?"), "{proposals:?}");
    assert!(
        proposals[1].contains("'topic'") && proposals[1].contains("$${topci}"),
        "{proposals:?}"
    );
    let huge = prepared(&"${long}".repeat(100));
    assert_eq!(said(&huge).last().map(|one| one.0), Some("too_long"));
    assert!(huge.spec.code.sql().unwrap().len() < 3 << 20);
}

#[test]
fn a_secret_is_the_value_of_an_option_or_nothing() {
    let stays = [
        "CREATE TABLE t (a INT) WITH ('connector' = 'jdbc', 'password' = '${pw}')",
        "create table t (a int) with ('url'='jdbc:x?p=${pw}&q=${n}') AS SELECT 1",
        "ALTER TABLE t SET ('password' = 'x${db.password}y')",
        "CREATE CATALOG c WITH ('k' /* why */ = -- so\n '${pw}')",
        "SET 'fs.s3.secret-key' = '${pw}'; SET 'x.PASSWORD' = '${pw}'",
    ];
    for text in stays {
        let prepared = prepared(text);
        assert_eq!(said(&prepared), [], "{text}");
        assert_eq!(prepared.spec.code.sql(), Some(text.replace("${n}", "42").as_str()));
        assert!(prepared.variables.iter().any(|one| one.secret && one.revision == 3));
    }
    let refused = [
        "SELECT '${pw}'",
        "SELECT * FROM t WHERE 'a' = '${pw}'",
        "CREATE VIEW v AS SELECT * FROM t WHERE 'a' = '${pw}'",
        "CREATE TABLE t (a AS IF('a' = '${pw}', 1, 2)) WITH ('k' = 'v')",
        "CREATE TABLE t (a INT) WITH ('k' = 'v') AS SELECT * FROM x WHERE 'a' = '${pw}'",
        "CREATE TABLE t (a INT) COMMENT '${pw}' WITH ('k' = 'v')",
        "CREATE TABLE t (a INT) WITH ('${pw}' = 'v')",
        "CREATE TABLE t (a INT) WITH ('k' = ${pw})",
        "CREATE TABLE `${pw}` (a INT)",
        "INSERT INTO t SELECT * FROM s /*+ OPTIONS('password' = '${pw}') */",
        "SET 'table.local-time-zone' = '${pw}'",
        "CREATE TABLE t (a INT) WITH ('k' = 'v'); 'x' = '${pw}'",
    ];
    for text in refused {
        let at = u32::try_from(text.find("${pw}").unwrap()).unwrap() + 1;
        assert_eq!(said(&prepared(text)), [("secret_shown", 1, at, at + 5)], "{text}");
    }
    // A plain value cannot make a place for a secret, and cannot be taken for one.
    let tricked = prepared("CREATE TABLE t (a INT) WITH ('k' = '$${pw}', 'p' = '${pw}', 'q' = '${says}')");
    assert_eq!(said(&tricked), [("secret_ambiguous", 1, 37, 43), ("secret_ambiguous", 1, 68, 75)]);
    let mut more = known();
    more.push(plain("open", "WITH ('k' = '"));
    more.push(plain("hole", "/*"));
    let opened = prepare(&sql("CREATE TABLE t (a INT) COMMENT 'x' ${hole} WITH ('p' = '${pw}')"), &more);
    assert_eq!(said(&opened), [("secret_shown", 1, 57, 62)], "it is in a comment now");
    let opened = prepare(&sql("CREATE TABLE t (a INT) ${open} ${pw}')"), &more);
    assert_eq!(said(&opened), [], "what is released decides: {:?}", opened.spec.code.sql());
}

#[test]
fn arguments_and_configuration() {
    let jar = crate::artifact::ArtifactRef {
        name: "a.jar".to_owned(),
        version: None,
    };
    let spec = JobSpec {
        code: Code::Jar {
            jar: crate::draft::ProgramJar::Artifact(jar),
            entry_class: None,
            args: vec![
                "--topic=${topic}".to_owned(),
                "--pw".to_owned(),
                "${pw}".to_owned(),
                "$${n} ${oops}".to_owned(),
            ],
        },
        configuration: BTreeMap::from([
            ("a.secret-key".to_owned(), "${pw}".to_owned()),
            ("plain".to_owned(), "${quote}".to_owned()),
            ("shown".to_owned(), "${pw}".to_owned()),
        ]),
        ..sql("")
    };
    assert_eq!(names(&spec).into_iter().collect::<Vec<_>>(), ["oops", "pw", "quote", "topic"]);
    let prepared = prepare(&spec, &known());
    let Code::Jar { args, .. } = &prepared.spec.code else { panic!() };
    assert_eq!(args, &["--topic=orders", "--pw", "${pw}", "${n} ${oops}"]);
    assert_eq!(prepared.spec.configuration["plain"], "O'Brien ''");
    let fields: Vec<_> = prepared
        .findings
        .iter()
        .map(|one| (one.code.as_str(), one.field.as_deref().unwrap()))
        .collect();
    assert_eq!(fields, [("unknown_variable", "args[3]"), ("secret_shown", "configuration.shown")]);
    let used: Vec<_> = prepared.variables.iter().map(|one| (one.name.as_str(), one.secret)).collect();
    assert_eq!(used, [("pw", true), ("quote", false), ("topic", false)]);
}

fn at(line: u32, column: u32, end_line: u32, end_column: u32) -> Finding {
    Finding {
        code: "x".to_owned(),
        severity: Severity::Error,
        line,
        column,
        end_line,
        end_column,
        message: String::new(),
        suggestion: None,
        detail: None,
        field: None,
    }
}

#[test]
fn places_come_back_to_the_text_that_was_typed() {
    let typed = "'🦀${lines}' x\n${n} y ${cjk}z";
    let prepared = prepared(typed);
    let script = prepared.script.unwrap();
    assert_eq!(script.text, "'🦀a\nb\nc' x\n42 y 订单🦀z");
    let rows = [
        // `x` behind a value of three lines.
        ((3, 4, 3, 5), (1, 14, 1, 15)),
        // Inside the value: the whole reference.
        ((2, 1, 2, 2), (1, 4, 1, 12)),
        ((1, 4, 3, 2), (1, 4, 1, 12)),
        // `42`, its second digit, `y`.
        ((4, 1, 4, 3), (2, 1, 2, 5)),
        ((4, 2, 4, 3), (2, 1, 2, 5)),
        ((4, 4, 4, 5), (2, 6, 2, 7)),
        // `z` behind wide characters, and the end.
        ((4, 10, 4, 11), (2, 14, 2, 15)),
        ((9, 9, 9, 9), (2, 15, 2, 15)),
        // Before anything.
        ((1, 1, 1, 2), (1, 1, 1, 2)),
    ];
    for (found, expected) in rows {
        let back = script.back(typed, at(found.0, found.1, found.2, found.3));
        assert_eq!((back.line, back.column, back.end_line, back.end_column), expected, "{found:?}");
    }
}

#[test]
fn secrets_are_inserted_once_and_struck_out_in_every_form() {
    let value = "it's \"${n}\" \\ ${pw}";
    let secrets = BTreeMap::from([("pw".to_owned(), Secret::new(value.to_owned()))]);
    let text = "WITH ('a' = '${pw}', 'b' = '$${pw} ${other}') -- ${pw}";
    let inserted = insert(text, Language::Sql, &secrets);
    let quoted = value.replace('\'', "''");
    assert_eq!(
        inserted.text,
        format!("WITH ('a' = '{quoted}', 'b' = '${quoted} ${{other}}') -- ${{pw}}")
    );
    assert_eq!(insert("${pw}", Language::Argument, &secrets).text, value);
    assert!(!format!("{inserted:?}").contains("it"), "nobody prints it by accident");
    let hider = Hider::new(secrets.values());
    let json = serde_json::to_string(value).unwrap();
    for said in [value, quoted.as_str(), json.as_str(), inserted.text.as_str()] {
        let hidden = hider.hide(&format!("before {said} after"));
        assert!(!hidden.contains("it") && !hidden.contains("\\ ${pw}"), "{hidden}");
        assert!(hidden.starts_with("before ") && hidden.ends_with(" after"));
    }
    let key = Secret::new("-----BEGIN KEY-----\nabcdefghijkl\n-----END-----\n".to_owned());
    let hidden = Hider::new([&key]).hide("line: abcdefghijkl.");
    assert_eq!(hidden, "line: ******.");
    let (short, long) = (Secret::new("pass".to_owned()), Secret::new("password1".to_owned()));
    assert_eq!(Hider::new([&short, &long]).hide("password1 pass"), "****** ******");
    assert_eq!(Hider::default().hide("a"), "a");
}

#[test]
fn what_a_job_needs_for_the_newest_value() {
    let pin = |revision, secret| PinnedVariable {
        name: "x".to_owned(),
        revision,
        secret,
    };
    for (released, running, newest, expected) in [
        (pin(1, false), None, pin(1, false), None),
        (pin(1, false), Some(1), pin(2, false), Some(Need::Release)),
        (pin(1, false), None, pin(2, true), Some(Need::Release)),
        (pin(1, true), None, pin(2, true), None),
        (pin(1, true), Some(2), pin(2, true), None),
        (pin(1, true), Some(1), pin(2, true), Some(Need::Restart)),
    ] {
        assert_eq!(need(&released, running, &newest), expected, "{released:?} {running:?} {newest:?}");
    }
}

#[test]
fn names_of_variables() {
    for good in ["a", "A9", "db.password", "a_b-c", &"n".repeat(MAX_NAME)] {
        assert_eq!(check_name(good), Ok(()), "{good}");
    }
    for bad in [
        "",
        "1a",
        ".a",
        "_a",
        "a b",
        "a/b",
        "ä",
        "a}",
        "a\n",
        "名",
        &"n".repeat(MAX_NAME + 1),
        &"n".repeat(10_000),
    ] {
        assert!(check_name(bad).is_err(), "{bad}");
    }
}
