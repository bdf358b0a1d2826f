//! One check: what is sent to the planner, and how its findings join ours.
//!
//! Ours come from the characters ([`crate::lexical`]) and from lint; the planner's from Flink itself. A statement with a lexical
//! error of ours is sent all the same, so that the planner knows which table it was to create and marks what
//! follows from its absence; but what the planner says of that statement is dropped, because ours is better placed.
//! Findings that only follow from another one are told as information.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::flink_version::VersionNumber;
use domain::sql::{Finding, Reading, Report, Severity, StatementKind, Tables};

use crate::catalogue::Catalogue;
use crate::finding::finding;
use crate::lexical;
use crate::lint::{self, Scope};
use crate::place::{Place, Span};
use crate::script::Script;
use crate::wire::{Answer, Sent, Told};

/// What became of the question to the planner.
#[derive(Debug, Clone)]
pub(crate) enum Judged {
    /// It answered.
    Answered(Answer),
    /// It died of the script, twice, or answered with something else than an answer.
    Crashed(String),
    /// It was not done in time.
    Late(Duration),
    /// There was nothing to ask.
    NotAsked,
}

/// A script ready to be sent.
#[derive(Debug)]
pub(crate) struct Prepared<'a> {
    /// The statements for the planner.
    pub sent: Vec<Sent>,
    /// Our own findings so far.
    pub own: Vec<Finding>,
    /// Spans of the statements that were sent, by index.
    spans: Vec<Span>,
    version: VersionNumber,
    configuration: &'a BTreeMap<String, String>,
}

/// Reads a script without a planner: its statements as they were typed, and what we find in it ourselves.
pub(crate) fn read(text: &str, version: VersionNumber, configuration: &BTreeMap<String, String>) -> Reading {
    let mut script = Script::read(text);
    let statements = script.statements();
    let prepared = prepare(&mut script, version, configuration);
    let Report { findings, .. } = merge(&script, prepared, Judged::NotAsked, None);
    Reading { statements, findings }
}

/// Reads the script's characters, and cuts it also where a `;` is missing.
pub(crate) fn prepare<'a>(script: &mut Script<'_>, version: VersionNumber, configuration: &'a BTreeMap<String, String>) -> Prepared<'a> {
    let own = lexical::findings(script, speaks_hive(script, configuration));
    script.cut_before(&lexical::missing_semicolons(script));
    let statements = script.statements().into_iter().enumerate();
    let sent = statements
        .map(|(index, one)| Sent {
            index,
            line: one.line,
            column: one.column,
            kind: one.kind,
            text: one.text,
        })
        .collect();
    let spans = script.pieces.iter().map(|piece| piece.span).collect();
    Prepared {
        sent,
        own,
        spans,
        version,
        configuration,
    }
}

/// Whether a dialect is chosen in which double quotes are strings.
fn speaks_hive(script: &Script<'_>, configuration: &BTreeMap<String, String>) -> bool {
    const KEY: &str = "table.sql-dialect";
    let set = |piece: &&crate::script::Piece| {
        piece.kind == StatementKind::Set
            && script.slice(piece.span).contains(KEY)
            && script.slice(piece.span).to_ascii_lowercase().contains("hive")
    };
    configuration.get(KEY).is_some_and(|dialect| dialect.eq_ignore_ascii_case("hive")) || script.pieces.iter().any(|piece| set(&piece))
}

/// Joins our findings and the planner's into one report, in the order of the text.
pub(crate) fn merge(script: &Script<'_>, prepared: Prepared<'_>, judged: Judged, catalogue: Option<&Catalogue>) -> Report {
    let Prepared {
        own,
        spans,
        version,
        configuration,
        ..
    } = prepared;
    let (told, tables, lost) = match judged {
        Judged::Answered(answer) => (answer.findings, answer.tables, None),
        Judged::Crashed(how) => (Vec::new(), Tables::default(), Some(crashed(script, &spans, how))),
        Judged::Late(limit) => (Vec::new(), Tables::default(), Some(late(script, &spans, limit))),
        Judged::NotAsked => Default::default(),
    };
    let settings = lint::settings(script);
    let scope = Scope {
        script,
        settings: &settings,
        configuration,
        version,
        catalogue,
        tables: &tables,
    };
    let mut linted = lint::findings(&scope);
    // What cannot be read may well be the INSERT.
    let broken = own.iter().any(|found| found.severity == Severity::Error);
    linted.retain(|found| !(broken && found.code == "nothing_to_run"));
    let blamed = blamed(script, &own, &spans);
    let keys = settings.iter().map(|setting| &setting.key).chain(configuration.keys());
    let bad: Vec<String> = keys.filter(|key| is_bad(key, &linted)).map(|key| format!("'{key}'")).collect();
    let news = told
        .into_iter()
        .filter(|told| !told.statement.is_some_and(|index| blamed.contains(&index)) && !bad.iter().any(|key| told.message.contains(key)));
    let mut findings: Vec<Finding> = news.map(from_planner).collect();
    findings.extend(own);
    findings.extend(linted);
    findings.extend(lost);
    tidy(&mut findings);
    Report { findings, tables }
}

/// Whether we complain of the value of a key: what the planner says of it elsewhere is the same fault.
fn is_bad(key: &str, linted: &[Finding]) -> bool {
    linted
        .iter()
        .any(|found| found.code == "bad_value" && found.message.starts_with(&format!("'{key}' ")))
}

/// Statements that carry a lexical error of ours.
fn blamed(script: &Script<'_>, own: &[Finding], spans: &[Span]) -> Vec<usize> {
    let errors: Vec<Place> = own
        .iter()
        .filter(|found| found.severity == Severity::Error && found.code != "missing_semicolon")
        .map(|found| Place {
            line: found.line,
            column: found.column,
        })
        .collect();
    let covers = |span: &Span| {
        let (start, end) = (script.places.at(span.start), script.places.at(span.end));
        errors.iter().any(|at| start <= *at && *at < end)
    };
    spans
        .iter()
        .enumerate()
        .filter(|(_, span)| covers(span))
        .map(|(index, _)| index)
        .collect()
}

fn from_planner(told: Told) -> Finding {
    let follows = told.cascade;
    let mut found = told.into_finding();
    if follows {
        found.severity = Severity::Info;
        found
            .suggestion
            .get_or_insert_with(|| "This follows from an error above".to_owned());
    }
    found
}

fn crashed(script: &Script<'_>, spans: &[Span], how: String) -> Finding {
    lost(script, spans, ("planner_crashed", "Flink's planner died of this script"), how)
}

fn late(script: &Script<'_>, spans: &[Span], limit: Duration) -> Finding {
    let how = format!("The planner was ended after {} s", limit.as_secs());
    let message = "Flink's planner does not come to an end with this script";
    lost(script, spans, ("planner_timeout", message), how)
}

/// The finding for a planner that gave no answer. With one statement it is known which one did it.
fn lost(script: &Script<'_>, spans: &[Span], (code, message): (&str, &str), how: String) -> Finding {
    let span = match spans {
        [only] => *only,
        _ => Span::new(0, 0),
    };
    let found = finding(script, span, Severity::Error, (code, message.to_owned()));
    let suggestion = Some("Take statements out to find the one that causes it".to_owned());
    Finding {
        detail: Some(how),
        suggestion,
        ..found
    }
}

/// Orders findings by place and severity and drops what says the same twice.
pub(crate) fn tidy(findings: &mut Vec<Finding>) {
    let place = |found: &Finding| (found.line, found.column);
    findings.sort_by(|a, b| place(a).cmp(&place(b)).then(b.severity.cmp(&a.severity)).then(a.code.cmp(&b.code)));
    findings.dedup_by(|b, a| place(a) == place(b) && a.code == b.code && a.message == b.message);
}
