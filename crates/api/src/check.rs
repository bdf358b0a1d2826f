//! Checking scripts with Flink's own planner: for the editor while somebody types, and for a release.

use std::collections::BTreeMap;
use std::path::PathBuf;

use axum::Json;
use axum::extract::State;
use domain::artifact::PinnedArtifact;
use domain::cluster::Cluster;
use domain::draft::{Code, JobSpec, Mode};
use domain::flink_version::{FlinkVersion, VersionNumber};
use domain::id::TeamId;
use domain::ports::{Check, PortError};
use domain::sql::Report;
use http::StatusCode;

use crate::app::App;
use crate::extract::Body;
use crate::flink_version::number;
use crate::problem::{Problem, sentence};
use crate::scope::{Scope, find_cluster};
use crate::sql::{CheckReport, CheckRequest, Finding, Severity, Tables, Tier};
use crate::substitution::substitute;
use crate::{artifact_pin, spec, text};

impl From<Tier> for domain::sql::Tier {
    fn from(tier: Tier) -> Self {
        match tier {
            Tier::Parse => Self::Parse,
            Tier::Deep => Self::Deep,
        }
    }
}

impl From<domain::sql::Severity> for Severity {
    fn from(severity: domain::sql::Severity) -> Self {
        match severity {
            domain::sql::Severity::Info => Self::Info,
            domain::sql::Severity::Warning => Self::Warning,
            domain::sql::Severity::Error => Self::Error,
        }
    }
}

impl From<domain::sql::Finding> for Finding {
    fn from(finding: domain::sql::Finding) -> Self {
        Self {
            code: finding.code,
            severity: finding.severity.into(),
            line: finding.line,
            column: finding.column,
            end_line: finding.end_line,
            end_column: finding.end_column,
            message: finding.message,
            suggestion: finding.suggestion,
            detail: finding.detail,
            field: finding.field,
        }
    }
}

/// A distribution that a team may use and that can judge scripts for a version: this one, else the newest patch of the
/// same minor, because grammar and planner change with the minor.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn judge_for(app: &App, team: TeamId, version: VersionNumber) -> Result<Option<FlinkVersion>, Problem> {
    let same_minor = |known: &FlinkVersion| (known.version.major, known.version.minor) == (version.major, version.minor);
    let known: Vec<_> = app
        .store
        .granted_flink_versions(team)
        .await?
        .into_iter()
        .filter(same_minor)
        .collect();
    let exact = known.iter().find(|known| known.version == version).cloned();
    Ok(exact.or_else(|| known.into_iter().max_by_key(|known| known.version)))
}

async fn newest(app: &App, team: TeamId) -> Result<FlinkVersion, Problem> {
    let newest = app
        .store
        .granted_flink_versions(team)
        .await?
        .into_iter()
        .max_by_key(|known| known.version);
    newest.ok_or_else(|| {
        Problem::unprocessable(
            "no_flink_version",
            "No Flink version that your team may use is installed here, so nothing can check the script.",
        )
        .hint("Install a Flink version first.")
    })
}

/// The problem of a version that nothing here can judge for.
fn not_installed(version: VersionNumber, field: &str) -> Problem {
    let minor = format!("{}.{}", version.major, version.minor);
    Problem::unprocessable(
        "unknown_flink_version",
        format!("No Flink {minor} that your team may use is installed here, so nothing can check scripts for {version}."),
    )
    .field(field)
    .hint(format!("Install a Flink {minor} version."))
}

fn unknown_cluster() -> Problem {
    Problem::unprocessable("unknown_cluster", "The team has no cluster of this name or id.").field("cluster")
}

async fn judge(app: &App, team: TeamId, cluster: Option<&Cluster>, version: Option<&str>) -> Result<FlinkVersion, Problem> {
    if let Some(version) = cluster.and_then(|cluster| cluster.version) {
        return judge_for(app, team, version)
            .await?
            .ok_or_else(|| not_installed(version, "cluster"));
    }
    let Some(text) = version else {
        return newest(app, team).await;
    };
    let version = number("flinkVersion", text)?;
    judge_for(app, team, version)
        .await?
        .ok_or_else(|| not_installed(version, "flinkVersion"))
}

/// Checks with an installed distribution.
///
/// # Errors
/// What the planner could not do.
pub(crate) async fn check(app: &App, judge: &FlinkVersion, subject: Subject<'_>) -> Result<Report, PortError> {
    let check = Check {
        flink_home: judge.home.clone(),
        version: judge.version,
        java_home: judge.java_home.clone(),
        script: subject.script.to_owned(),
        configuration: subject.configuration,
        jars: subject.jars,
        tier: subject.tier,
    };
    let began = std::time::Instant::now();
    let report = app.ports.checker.check(&check).await;
    let result = if report.is_ok() { "answered" } else { "failed" };
    metrics::histogram!("streamwright_check_seconds", "result" => result).record(began.elapsed().as_secs_f64());
    report
}

/// What is checked.
pub(crate) struct Subject<'a> {
    /// The script.
    pub script: &'a str,
    /// The job's configuration.
    pub configuration: BTreeMap<String, String>,
    /// Files on its class path.
    pub jars: Vec<PathBuf>,
    /// How deep.
    pub tier: domain::sql::Tier,
}

/// The problem of a check that could not be done.
pub(crate) fn unavailable(error: &PortError) -> Problem {
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "check_unavailable",
        format!("Flink's planner could not check the script: {}", sentence(&error.to_string())),
    )
    .hint("Try again; the server's log and 'doctor' say more.")
}

/// Checks a script with Flink's own planner. Nothing is saved.
///
/// # Errors
/// 422 naming the field, 503 when the planner cannot be asked.
#[utoipa::path(
    post,
    path = "/check",
    tag = "sql",
    request_body = CheckRequest,
    responses((status = 200, description = "Done", body = CheckReport)),
)]
pub async fn check_sql(State(app): State<App>, scope: Scope, Body(asked): Body<CheckRequest>) -> Result<Json<CheckReport>, Problem> {
    text::script("sql", &asked.sql)?;
    let configuration = asked.configuration.of_job("configuration")?;
    let cluster = match asked.cluster.as_deref() {
        Some(named) => Some(find_cluster(&app, &scope, named).await?.ok_or_else(unknown_cluster)?),
        None => None,
    };
    let shared = match &cluster {
        Some(cluster) => app.store.cluster_jars(cluster.id).await?,
        None => Vec::new(),
    };
    let judge = judge(&app, scope.team_id, cluster.as_ref(), asked.flink_version.as_deref()).await?;
    let named = spec::jars("jars", asked.jars)?;
    let artifacts = artifact_pin::jars(&app, scope.team_id, &named, "jars").await?;
    let mut class_path: Vec<PinnedArtifact> = artifacts.iter().map(PinnedArtifact::from).collect();
    class_path.extend(shared);
    let typed = JobSpec {
        code: Code::Sql { sql: asked.sql },
        cluster_id: None,
        target_id: None,
        flink_version: None,
        mode: Mode::Session,
        parallelism: None,
        configuration,
        jars: Vec::new(),
        job_manager_template: None,
        task_manager_template: None,
    };
    let files = artifact_pin::files(&app, &class_path).await?;
    let substitution = substitute(&app, &scope, &typed).await?;
    let report = substitution.check(&app, &judge, (files, asked.tier.into())).await;
    let report = report.map_err(|error| unavailable(&error))?;
    Ok(Json(CheckReport {
        findings: report.findings.into_iter().map(Finding::from).collect(),
        tables: Tables {
            read: report.tables.read,
            written: report.tables.written,
        },
        flink_version: judge.version.to_string(),
    }))
}
