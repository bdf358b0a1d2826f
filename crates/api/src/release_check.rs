//! What a draft must be before it becomes a release: placed on a cluster whose version is known, judged by
//! that version's planner, and made of statements that a session cluster can run.
//!
//! Errors that the planner finds can be overridden, because planners cannot know everything. What can never
//! run on a session cluster cannot: nothing to run, a bare query, waiting inside the submission, and keys
//! that the platform sets.

use domain::cluster::Cluster;
use domain::draft::{JobSpec, owned_key};
use domain::flink_version::VersionNumber;
use domain::sql::{Finding, Severity, Statement, StatementKind, Tier};
use store::StoreError;

use crate::app::App;
use crate::check::{check, judge_for, unavailable};
use crate::problem::Problem;
use crate::scope::JobScope;

/// What a release is made of beside the draft.
pub(crate) struct Checked {
    /// The version that runs it.
    pub version: VersionNumber,
    /// The script in statements.
    pub statements: Vec<Statement>,
    /// What the check found.
    pub findings: Vec<Finding>,
}

/// Checks a specification for a release.
///
/// # Errors
/// 422 for what can never run, 503 when the planner cannot be asked and nobody overrides it.
pub(crate) async fn checked(app: &App, of: &JobScope, spec: &JobSpec, overridden: bool) -> Result<Checked, Problem> {
    let statements = app.ports.checker.split(&spec.sql);
    let impossible = never_runs(&statements);
    if let Some(first) = impossible.first() {
        let problem = Problem::unprocessable(&first.code, first.message.clone()).field("sql");
        let problem = if let Some(hint) = &first.suggestion {
            problem.hint(hint.clone())
        } else {
            problem
        };
        return Err(problem.findings(impossible.into_iter().map(Into::into).collect()));
    }
    let version = version(app, of, spec).await?;
    let findings = findings(app, spec, version, overridden).await?;
    Ok(Checked {
        version,
        statements,
        findings,
    })
}

async fn version(app: &App, of: &JobScope, spec: &JobSpec) -> Result<VersionNumber, Problem> {
    let missing = |detail: &str| {
        Problem::unprocessable("cluster_missing", detail)
            .field("clusterId")
            .hint("Choose a cluster and save the draft again.")
    };
    let id = spec.cluster_id.ok_or_else(|| missing("The draft names no cluster to run on."))?;
    let cluster: Cluster = match app.store.cluster(of.scope.team_id, id).await {
        Err(StoreError::NotFound) => return Err(missing("The cluster of the draft is gone.")),
        found => found?,
    };
    cluster.version.ok_or_else(|| {
        Problem::unprocessable(
            "version_unknown",
            format!(
                "The Flink version of cluster '{}' is not known yet: it has not answered.",
                cluster.name
            ),
        )
        .field("clusterId")
        .hint("Make it reachable, then release again.")
    })
}

async fn findings(app: &App, spec: &JobSpec, version: VersionNumber, overridden: bool) -> Result<Vec<Finding>, Problem> {
    let Some(judge) = judge_for(app, version).await? else {
        let minor = format!("{}.{}", version.major, version.minor);
        return Ok(vec![unchecked(format!(
            "No Flink {minor} is installed here, so nothing has checked this script for {version}."
        ))]);
    };
    match check(app, &judge, &spec.sql, spec.configuration.clone(), Tier::Deep).await {
        Ok(report) => Ok(report.for_release().findings),
        Err(error) if overridden => Ok(vec![unchecked(format!("Flink's planner could not check this script: {error}"))]),
        Err(error) => Err(unavailable(&error)),
    }
}

/// A release that nothing has checked says so, as an error that somebody must override.
fn unchecked(message: String) -> Finding {
    finding(
        "not_checked",
        message,
        "Install the Flink version, or release without a check.",
        None,
    )
}

fn finding(code: &str, message: String, suggestion: &str, at: Option<&Statement>) -> Finding {
    let (line, column) = at.map_or((1, 1), |statement| (statement.line, statement.column));
    let (end_line, end_column) = at.map_or((1, 1), end);
    Finding {
        code: code.to_owned(),
        severity: Severity::Error,
        line,
        column,
        end_line,
        end_column,
        message,
        suggestion: Some(suggestion.to_owned()),
        detail: None,
    }
}

/// Where a statement ends: columns are UTF-16 units.
fn end(statement: &Statement) -> (u32, u32) {
    let breaks = statement.text.matches('\n').count();
    let last = statement.text.rsplit('\n').next().unwrap_or_default();
    let units = last.encode_utf16().count();
    let before = if breaks == 0 { statement.column } else { 1 };
    let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    (statement.line.saturating_add(number(breaks)), before.saturating_add(number(units)))
}

/// Statements that a session cluster can never run, and scripts that run nothing.
fn never_runs(statements: &[Statement]) -> Vec<Finding> {
    let mut found: Vec<Finding> = statements.iter().filter_map(refused).collect();
    let runs = |statement: &Statement| {
        use StatementKind as Kind;
        matches!(statement.kind, Kind::Insert | Kind::StatementSet | Kind::Ctas | Kind::ExecutePlan)
    };
    if found.is_empty() && !statements.iter().any(runs) {
        let message = if statements.is_empty() {
            "The script is empty: there is nothing to run."
        } else {
            "The script runs nothing: it has no INSERT, no statement set and no CREATE TABLE … AS."
        };
        found.push(finding(
            "nothing_to_run",
            message.to_owned(),
            "Add an INSERT INTO … SELECT ….",
            None,
        ));
    }
    found
}

fn refused(statement: &Statement) -> Option<Finding> {
    if statement.kind == StatementKind::Query {
        let message = "A query by itself cannot run as a job: nobody would read its rows.".to_owned();
        return Some(finding(
            "select_in_session",
            message,
            "Write INSERT INTO a table … SELECT ….",
            Some(statement),
        ));
    }
    if statement.kind != StatementKind::Set {
        return None;
    }
    let (key, value) = assignment(&statement.text)?;
    if key == "table.dml-sync" {
        let waits = value.eq_ignore_ascii_case("true");
        let message = "A session cluster cannot wait for a job inside its submission (table.dml-sync).".to_owned();
        return waits.then(|| finding("dml_sync", message, "Remove this SET.", Some(statement)));
    }
    let why = owned_key(&key)?;
    Some(finding(
        "owned_key",
        format!("The key '{key}' is set by the platform: {why}."),
        "Remove this SET.",
        Some(statement),
    ))
}

/// Key and value of `SET 'k' = 'v'` or `SET k = v`.
fn assignment(text: &str) -> Option<(String, String)> {
    let rest = text.trim_start().get(3..)?;
    let (key, value) = rest.split_once('=')?;
    let plain = |text: &str| text.trim().trim_matches('\'').trim().to_owned();
    Some((plain(key), plain(value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement(kind: StatementKind, text: &str) -> Statement {
        Statement {
            kind,
            line: 3,
            column: 2,
            text: text.to_owned(),
        }
    }

    #[test]
    fn what_can_never_run_is_found() {
        use StatementKind as Kind;
        let insert = statement(Kind::Insert, "INSERT INTO s SELECT * FROM t");
        let codes = |with: Statement| {
            never_runs(&[with, insert.clone()])
                .into_iter()
                .map(|finding| finding.code)
                .collect::<Vec<_>>()
        };
        assert_eq!(never_runs(&[])[0].code, "nothing_to_run");
        assert_eq!(
            never_runs(&[statement(Kind::Ddl, "CREATE TABLE t (a INT)")])[0].code,
            "nothing_to_run"
        );
        assert_eq!(never_runs(std::slice::from_ref(&insert)), []);
        assert_eq!(codes(statement(Kind::Query, "SELECT 1")), ["select_in_session"]);
        assert_eq!(codes(statement(Kind::Set, "SET 'table.dml-sync' = 'true'")), ["dml_sync"]);
        assert_eq!(codes(statement(Kind::Set, "set table.dml-sync=TRUE")), ["dml_sync"]);
        assert_eq!(codes(statement(Kind::Set, "SET 'table.dml-sync' = 'false'")), [""; 0]);
        assert_eq!(codes(statement(Kind::Set, "SET 'execution.savepoint.path' = '/x'")), ["owned_key"]);
        assert_eq!(codes(statement(Kind::Set, "SET 'parallelism.default' = '2'")), [""; 0]);
        assert_eq!(codes(statement(Kind::Set, "SET")), [""; 0]);
    }

    #[test]
    fn a_finding_ends_where_its_statement_ends() {
        assert_eq!(end(&statement(StatementKind::Query, "SELECT 🚀")), (3, 11));
        assert_eq!(end(&statement(StatementKind::Query, "SELECT\n  1")), (4, 4));
    }
}
