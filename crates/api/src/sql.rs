//! Checking a script before anything is saved: findings with their place in the text.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::configuration::Configuration;
use crate::spec::ArtifactRef;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
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
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
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
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<String>,
    /// Flink's own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// `configuration.<key>`, `jars`, `jar`, `entryClass` where that is at fault and not the script; line and column are 1 then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}

/// Tables that a script reads and writes, as `catalog.database.table`.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Tables {
    /// Read by a query.
    pub read: Vec<String>,
    /// Written by an INSERT.
    pub written: Vec<String>,
}

/// How deep to check.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// Syntax only: quick enough for each key press.
    Parse,
    /// Parse, validate, run DDL on an in-memory catalog, plan.
    #[default]
    Deep,
}

/// A script to check. The Flink version is that of `cluster`, else `flinkVersion`, else the newest installed.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CheckRequest {
    /// The script.
    pub sql: String,
    /// Name or id of the cluster whose Flink version judges.
    pub cluster: Option<String>,
    /// The Flink version that judges, e.g. `2.2.1`.
    pub flink_version: Option<String>,
    /// The job's configuration.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, String>)]
    pub configuration: Configuration,
    /// Jars on the job's class path.
    #[serde(default)]
    pub jars: Vec<ArtifactRef>,
    /// How deep; `deep` unless told.
    #[serde(default)]
    pub tier: Tier,
}

/// The result of a check.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CheckReport {
    /// All findings, in the order of the text.
    pub findings: Vec<Finding>,
    /// What the script reads and writes.
    pub tables: Tables,
    /// The Flink version that judged.
    pub flink_version: String,
}
