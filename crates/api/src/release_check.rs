//! What a draft must be before it becomes a release: placed on a cluster whose version is known, judged by
//! that version's planner, and made of statements that a session cluster can run.
//!
//! Errors that the planner finds can be overridden, because planners cannot know everything. What can never
//! run on a session cluster cannot: nothing to run, a bare query, waiting inside the submission, and keys
//! that the platform sets.

use domain::artifact::PinnedArtifact;
use domain::cluster::Cluster;
use domain::draft::{JobSpec, Mode};
use domain::flink_version::VersionNumber;
use domain::id::TeamId;
use domain::sql::{Finding, Severity, Statement, Tier};
use domain::target::Target;
use domain::variable::PinnedVariable;
use store::StoreError;

use crate::app::App;
use crate::check::{judge_for, unavailable};
use crate::problem::Problem;
use crate::scope::JobScope;
use crate::substitution::{Substitution, substitute};
use crate::{artifact_pin, program, template};

/// What a release is made of beside the draft.
pub(crate) struct Checked {
    /// The version that runs it.
    pub version: VersionNumber,
    /// The script in statements.
    pub statements: Vec<Statement>,
    /// What its jars are.
    pub artifacts: Vec<PinnedArtifact>,
    /// What the check found, at places of the draft.
    pub findings: Vec<Finding>,
    /// The draft with its plain variables resolved.
    pub spec: JobSpec,
    /// The variables that it names.
    pub variables: Vec<PinnedVariable>,
}

/// Checks a specification for a release.
///
/// # Errors
/// 422 for what can never run, 503 when the planner cannot be asked and nobody overrides it.
pub(crate) async fn checked(app: &App, of: &JobScope, typed: &JobSpec, overridden: bool) -> Result<Checked, Problem> {
    let (version, target) = version(app, of, typed).await?;
    let mut findings = match &target {
        Some(target) => template::findings(typed, target)?,
        None => Vec::new(),
    };
    let substitution = substitute(app, &of.scope, typed).await?;
    if substitution.impossible() {
        return Err(cannot(substitution.prepared.findings));
    }
    let spec = &substitution.prepared.spec;
    let artifacts = artifact_pin::resolve(app, of.scope.team_id, spec).await?;
    let reading = app
        .ports
        .checker
        .read(spec.code.sql().unwrap_or_default(), version, &spec.configuration);
    let mut impossible = reading.never_runs();
    // A program has no script, and may have keys of its own that no job can set.
    impossible.retain(|finding| spec.code.sql().is_some() || finding.code == "owned_key");
    if !impossible.is_empty() {
        return Err(cannot(impossible.into_iter().map(|finding| substitution.typed(finding)).collect()));
    }
    let shared = match spec.cluster_id {
        Some(id) => app.store.cluster_jars(id).await?,
        None => Vec::new(),
    };
    let pinned: Vec<PinnedArtifact> = artifacts.iter().map(PinnedArtifact::from).collect();
    let class_path: Vec<PinnedArtifact> = pinned.iter().chain(&shared).cloned().collect();
    if spec.code.sql().is_some() {
        findings.extend(script_findings((app, of.scope.team_id), &substitution, (version, &class_path), overridden).await?);
    } else {
        findings.extend(substitution.prepared.findings.clone());
        findings.extend(program::findings(spec, &artifacts, version));
    }
    findings.extend(program::conflicts(app, spec, &pinned).await?);
    findings.extend(program::in_cluster(&pinned, &shared));
    Ok(Checked {
        version,
        statements: reading.statements,
        artifacts: pinned,
        findings,
        spec: substitution.prepared.spec,
        variables: substitution.prepared.variables,
    })
}

/// The problem of what can never run: the first finding, and all of them.
fn cannot(findings: Vec<Finding>) -> Problem {
    let first = findings.iter().find(|finding| finding.severity == Severity::Error);
    let Some(first) = first else { return Problem::internal() };
    let field = first.field.clone().unwrap_or_else(|| "sql".to_owned());
    let problem = Problem::unprocessable(&first.code, first.message.clone()).field(field);
    let problem = match &first.suggestion {
        Some(hint) => problem.hint(hint.clone()),
        None => problem,
    };
    problem.findings(findings.into_iter().map(Into::into).collect())
}

/// The version that is to run it, and an application's target.
async fn version(app: &App, of: &JobScope, spec: &JobSpec) -> Result<(VersionNumber, Option<Target>), Problem> {
    match spec.mode {
        Mode::Session => Ok((of_cluster(app, of, spec).await?, None)),
        Mode::Application => {
            let (version, target) = of_application(app, of, spec).await?;
            Ok((version, Some(target)))
        }
    }
}

async fn of_application(app: &App, of: &JobScope, spec: &JobSpec) -> Result<(VersionNumber, Target), Problem> {
    let missing = |detail: &str| {
        Problem::unprocessable("target_missing", detail)
            .field("targetId")
            .hint("Choose one of the team's targets and save the draft again.")
    };
    let id = spec
        .target_id
        .ok_or_else(|| missing("The draft names no target to make its clusters in."))?;
    let granted = app.store.granted_targets(of.scope.team_id).await?;
    let target = granted.into_iter().find(|target| target.id == id);
    let target = target.ok_or_else(|| missing("The target of the draft is gone, or not for the team any more."))?;
    let version = spec.flink_version.ok_or_else(|| {
        Problem::unprocessable("flink_version_missing", "The draft names no Flink version.")
            .field("flinkVersion")
            .hint("Choose the version that the target's image has and save the draft again.")
    })?;
    Ok((version, target))
}

async fn of_cluster(app: &App, of: &JobScope, spec: &JobSpec) -> Result<VersionNumber, Problem> {
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

async fn script_findings(
    (app, team): (&App, TeamId),
    substitution: &Substitution<'_>,
    (version, class_path): (VersionNumber, &[PinnedArtifact]),
    overridden: bool,
) -> Result<Vec<Finding>, Problem> {
    let Some(judge) = judge_for(app, team, version).await? else {
        let minor = format!("{}.{}", version.major, version.minor);
        return Ok(vec![unchecked(format!(
            "No Flink {minor} that the team may use is installed here, so nothing has checked this script for {version}."
        ))]);
    };
    let files = artifact_pin::files(app, class_path).await?;
    match substitution.check(app, &judge, (files, Tier::Deep)).await {
        Ok(report) => Ok(report.findings),
        Err(error) if overridden => Ok(vec![unchecked(format!("Flink's planner could not check this script: {error}"))]),
        Err(error) => Err(unavailable(&error)),
    }
}

/// A release that nothing has checked says so, as an error that somebody must override.
fn unchecked(message: String) -> Finding {
    Finding {
        code: "not_checked".to_owned(),
        severity: Severity::Error,
        line: 1,
        column: 1,
        end_line: 1,
        end_column: 1,
        message,
        suggestion: Some("Install the Flink version, or release without a check.".to_owned()),
        detail: None,
        field: None,
    }
}
