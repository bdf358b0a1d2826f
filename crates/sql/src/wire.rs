//! The planner's protocol, version 1: one JSON object a line in both directions, at most 32 MiB each.
//!
//! The worker's first line is a hello with the protocol's version; then every request gets one answer with its id.
//! Unknown fields are ignored on both sides, so that either can learn new ones.

use std::collections::BTreeMap;

use domain::sql::{Finding, Severity, StatementKind, Tables, Tier};
use serde::{Deserialize, Serialize};

/// The version of the protocol.
pub(crate) const PROTOCOL: u32 = 1;
/// The longest line in bytes.
pub(crate) const LONGEST_LINE: usize = 32 * 1024 * 1024;

/// A worker's first line.
#[derive(Debug, Deserialize)]
pub(crate) struct Greeting {
    pub hello: Hello,
}

/// What a worker is.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Hello {
    pub protocol: u32,
    #[serde(default)]
    pub flink_version: String,
}

/// A request.
#[derive(Debug, Serialize)]
pub(crate) struct Request<'a> {
    pub id: String,
    #[serde(flatten)]
    pub op: &'a Op<'a>,
}

/// What is asked.
#[derive(Debug, Serialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub(crate) enum Op<'a> {
    /// Check statements.
    Check {
        tier: Tier,
        statements: &'a [Sent],
        configuration: &'a BTreeMap<String, String>,
        jars: &'a [String],
    },
    /// List what the class path offers.
    Catalogue { jars: &'a [String] },
}

/// A statement as it is sent.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Sent {
    pub index: usize,
    pub line: u32,
    pub column: u32,
    pub kind: StatementKind,
    pub text: String,
}

/// An answer with the id of its request.
#[derive(Debug, Deserialize)]
pub(crate) struct Envelope<T> {
    #[serde(default)]
    pub id: Option<String>,
    #[serde(flatten)]
    pub body: T,
}

/// The answer to a check.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Answer {
    pub findings: Vec<Told>,
    pub tables: Tables,
    pub error: Option<Refusal>,
}

/// A request that was not done.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Refusal {
    pub code: String,
    pub message: String,
}

/// A finding as the planner tells it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Told {
    #[serde(default)]
    pub statement: Option<usize>,
    pub code: String,
    pub severity: Severity,
    pub line: u32,
    pub column: u32,
    pub end_line: u32,
    pub end_column: u32,
    pub message: String,
    #[serde(default)]
    pub suggestion: Option<String>,
    #[serde(default)]
    pub detail: Option<String>,
    #[serde(default)]
    pub cascade: bool,
}

impl Told {
    /// The finding without what only the merge needs.
    pub fn into_finding(self) -> Finding {
        Finding {
            code: self.code,
            severity: self.severity,
            line: self.line.max(1),
            column: self.column.max(1),
            end_line: self.end_line.max(self.line).max(1),
            end_column: self.end_column.max(1),
            message: self.message,
            suggestion: self.suggestion,
            detail: self.detail,
            field: None,
        }
    }
}
