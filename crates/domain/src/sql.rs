//! SQL scripts: statements and findings, as they cross from the checker to everybody else.

use serde::{Deserialize, Serialize};

/// What a statement does, as far as its first words tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StatementKind {
    /// `SET 'k' = 'v'`
    Set,
    /// `RESET`
    Reset,
    /// CREATE, DROP, ALTER, USE, LOAD, UNLOAD …
    Ddl,
    /// INSERT INTO / OVERWRITE
    Insert,
    /// `BEGIN STATEMENT SET`
    SetBegin,
    /// `END`
    SetEnd,
    /// `EXECUTE STATEMENT SET BEGIN … END` as one statement
    StatementSet,
    /// `CREATE TABLE … AS SELECT`, `CREATE OR REPLACE TABLE … AS`
    Ctas,
    /// `COMPILE PLAN`
    CompilePlan,
    /// `EXECUTE PLAN`, `COMPILE AND EXECUTE PLAN`
    ExecutePlan,
    /// SELECT, WITH … SELECT, VALUES, TABLE
    Query,
    /// ADD JAR, REMOVE JAR
    Jar,
    /// SHOW, DESCRIBE, EXPLAIN, ANALYZE, CALL, UPDATE, DELETE, and whatever else
    Other,
}

/// One statement of a script, without its `;`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// What it does.
    pub kind: StatementKind,
    /// 1-based line of its first character in the script.
    pub line: u32,
    /// 1-based column of its first character, in UTF-16 units.
    pub column: u32,
    /// Its text.
    pub text: String,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Probably not meant.
    Warning,
    /// It would not run; a release with it needs an override.
    Error,
}

/// One thing found in a script. Lines and columns are 1-based, columns in UTF-16 units, the end exclusive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// Stable word, e.g. `unknown_column`.
    pub code: String,
    /// How bad.
    pub severity: Severity,
    /// First line.
    pub line: u32,
    /// First column.
    pub column: u32,
    /// Last line.
    pub end_line: u32,
    /// Column after the last character.
    pub end_column: u32,
    /// What is wrong, the cause first.
    pub message: String,
    /// How to mend it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<String>,
    /// Flink's own words, for those who want them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// `configuration.<key>` where the job's configuration is at fault and not the script; line and column are 1 then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}

/// Tables that a script reads and writes, as `catalog.database.table`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tables {
    /// Read by a query.
    #[serde(default)]
    pub read: Vec<String>,
    /// Written by an INSERT.
    #[serde(default)]
    pub written: Vec<String>,
}

/// How deep to check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// Syntax only.
    Parse,
    /// Parse, validate, run DDL on an in-memory catalog, plan.
    Deep,
}

/// The result of a check.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Report {
    /// All findings, in the order of the text.
    pub findings: Vec<Finding>,
    /// What it reads and writes.
    pub tables: Tables,
}

/// What a script tells before a planner is asked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reading {
    /// Its statements.
    pub statements: Vec<Statement>,
    /// What its characters and lint tell.
    pub findings: Vec<Finding>,
}

/// Codes of findings with which nothing can be started, whatever a planner says. A check may only warn of them,
/// because a script in the making has them; a release is refused, and nobody can override that.
pub const NEVER_RUNS: &[&str] = &["nothing_to_run", "select_in_session", "several_jobs", "dml_sync", "owned_key"];

impl Reading {
    /// The findings with which nothing can be started, as errors.
    #[must_use]
    pub fn never_runs(&self) -> Vec<Finding> {
        let stops = self.findings.iter().filter(|finding| NEVER_RUNS.contains(&finding.code.as_str()));
        let error = |finding: &Finding| Finding {
            severity: Severity::Error,
            ..finding.clone()
        };
        stops.map(error).collect()
    }
}

impl Report {
    /// How many findings are errors.
    #[must_use]
    pub fn errors(&self) -> usize {
        self.findings.iter().filter(|finding| finding.severity == Severity::Error).count()
    }
}
