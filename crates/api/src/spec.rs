//! What a job is to be: a script or the main class of a jar, the jars beside it, where it runs and with which
//! configuration.

use std::collections::{BTreeMap, BTreeSet};

use domain::cluster::Cluster;
use domain::draft::{Code, ProgramJar};
use domain::id::{ClusterId, TargetId};
use domain::target::Target;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::code::Sent;
use crate::configuration::Configuration;
use crate::flink_version::number;
use crate::problem::Problem;
use crate::scope::{Scope, find_cluster, find_target};
use crate::{template, text};

/// Most jars of a job beside its program.
const MOST_JARS: usize = 100;
/// Longest name of an artifact in characters.
const LONGEST_NAME: usize = 500;

/// Where a job's tasks run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// A session cluster that several jobs share.
    #[default]
    Session,
    /// A cluster of its own in Kubernetes, which comes and goes with each run.
    Application,
}

impl From<Mode> for domain::draft::Mode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Session => Self::Session,
            Mode::Application => Self::Application,
        }
    }
}

impl From<domain::draft::Mode> for Mode {
    fn from(mode: domain::draft::Mode) -> Self {
        match mode {
            domain::draft::Mode::Session => Self::Session,
            domain::draft::Mode::Application => Self::Application,
        }
    }
}

/// An artifact of the team by its name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ArtifactRef {
    /// Its name.
    pub name: String,
    /// The version; absent means the newest one when it is released.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub version: Option<i64>,
}

/// What a job is to be, as it is sent: either `sql`, or one of `jar` and `jarUri` with `entryClass` and `args`.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewJobSpec {
    /// The SQL script.
    pub sql: Option<String>,
    /// The jar whose main class runs.
    pub jar: Option<ArtifactRef>,
    /// Where that jar is in an application's image or in a mount of its pods, instead of `jar`: `local:///path/to/program.jar`.
    pub jar_uri: Option<String>,
    /// The main class; absent means the one that the jar's manifest names.
    pub entry_class: Option<String>,
    /// Arguments of the main class, one by one: they are never split or joined.
    #[serde(default)]
    pub args: Vec<String>,
    /// Connectors, functions and libraries on the job's class path, in this order.
    #[serde(default)]
    pub jars: Vec<ArtifactRef>,
    /// Id or name of the session cluster to run on.
    pub cluster_id: Option<String>,
    /// Id or name of the target that an application's clusters are made in.
    pub target_id: Option<String>,
    /// The Flink version of an application, such as `2.2.1`.
    pub flink_version: Option<String>,
    /// How it is deployed.
    #[serde(default)]
    pub mode: Mode,
    /// Default parallelism, 1 to 32768; absent means the cluster's.
    #[schema(minimum = 1, maximum = 32768)]
    pub parallelism: Option<u32>,
    /// Flink configuration of the job.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, String>)]
    pub configuration: Configuration,
    /// Pod template of an application's JobManager, YAML: merged over the target's.
    pub job_manager_template: Option<String>,
    /// Pod template of an application's TaskManagers, YAML: merged over the target's.
    pub task_manager_template: Option<String>,
}

/// What a job is to be: either `sql`, or one of `jar` and `jarUri` with `entryClass` and `args`.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct JobSpec {
    /// The SQL script.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sql: Option<String>,
    /// The jar whose main class runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jar: Option<ArtifactRef>,
    /// Where that jar is in an application's image or in a mount of its pods: `local:///path/to/program.jar`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jar_uri: Option<String>,
    /// The main class; absent means the one that the jar's manifest names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry_class: Option<String>,
    /// Arguments of the main class, one by one.
    pub args: Vec<String>,
    /// Connectors, functions and libraries on the job's class path, in this order.
    pub jars: Vec<ArtifactRef>,
    /// The session cluster to run on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub cluster_id: Option<ClusterId>,
    /// The target that an application's clusters are made in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub target_id: Option<TargetId>,
    /// The Flink version of an application.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flink_version: Option<String>,
    /// How it is deployed.
    pub mode: Mode,
    /// Default parallelism; absent means the cluster's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parallelism: Option<u32>,
    /// Flink configuration of the job.
    pub configuration: BTreeMap<String, String>,
    /// Pod template of an application's JobManager, YAML: merged over the target's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job_manager_template: Option<String>,
    /// Pod template of an application's TaskManagers, YAML: merged over the target's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_manager_template: Option<String>,
}

impl From<ArtifactRef> for domain::artifact::ArtifactRef {
    fn from(named: ArtifactRef) -> Self {
        Self {
            name: named.name,
            version: named.version,
        }
    }
}

impl From<domain::artifact::ArtifactRef> for ArtifactRef {
    fn from(named: domain::artifact::ArtifactRef) -> Self {
        Self {
            name: named.name,
            version: named.version,
        }
    }
}

impl NewJobSpec {
    /// The specification as the domain knows it.
    ///
    /// # Errors
    /// A problem naming the field, with `prefix` before it.
    pub(crate) async fn checked(self, app: &App, scope: &Scope, prefix: &str) -> Result<domain::draft::JobSpec, Problem> {
        text::parallelism(&format!("{prefix}parallelism"), self.parallelism)?;
        let jars = jars(&format!("{prefix}jars"), self.jars)?;
        let mode = self.mode.into();
        let code = Sent {
            sql: self.sql,
            jar: self.jar,
            jar_uri: self.jar_uri,
            entry_class: self.entry_class,
            args: self.args,
        };
        let code = code.checked(mode, prefix)?;
        let configuration = self.configuration.of_job(&format!("{prefix}configuration"))?;
        let cluster_id = match self.cluster_id.as_deref() {
            Some(named) => Some(cluster(app, scope, named, prefix).await?.id),
            None => None,
        };
        let target = match self.target_id.as_deref() {
            Some(named) => Some(target(app, scope, named, prefix).await?),
            None => None,
        };
        let flink_version = match self.flink_version.as_deref() {
            Some(text) => Some(number(&format!("{prefix}flinkVersion"), text)?),
            None => None,
        };
        let templates = (self.job_manager_template, self.task_manager_template);
        let templates = template::of_job(templates, (mode, target.as_ref()), prefix)?;
        Ok(domain::draft::JobSpec {
            code,
            cluster_id,
            target_id: target.map(|target| target.id),
            flink_version,
            mode,
            parallelism: self.parallelism,
            configuration,
            jars,
            job_manager_template: templates.0,
            task_manager_template: templates.1,
        })
    }
}

async fn cluster(app: &App, scope: &Scope, named: &str, prefix: &str) -> Result<Cluster, Problem> {
    let found = find_cluster(app, scope, named).await?;
    found.ok_or_else(|| unknown_cluster(named, prefix))
}

async fn target(app: &App, scope: &Scope, named: &str, prefix: &str) -> Result<Target, Problem> {
    let found = find_target(app, scope, named).await?;
    found.ok_or_else(|| unknown_target(named, prefix))
}

/// Checks references to jars.
///
/// # Errors
/// A problem naming the jar's place.
pub(crate) fn jars(field: &str, sent: Vec<ArtifactRef>) -> Result<Vec<domain::artifact::ArtifactRef>, Problem> {
    if sent.len() > MOST_JARS {
        return Err(Problem::unprocessable("too_many", format!("At most {MOST_JARS} jars stand on a class path.")).field(field));
    }
    let mut seen = BTreeSet::new();
    let mut known = Vec::with_capacity(sent.len());
    for (at, jar) in sent.into_iter().enumerate() {
        let field = format!("{field}[{at}]");
        if !seen.insert(jar.name.clone()) {
            return Err(Problem::unprocessable("named_twice", format!("'{}' is named twice.", jar.name)).field(format!("{field}.name")));
        }
        known.push(reference(&field, jar)?);
    }
    Ok(known)
}

/// Checks a reference to an artifact.
///
/// # Errors
/// A problem naming the reference's place.
pub(crate) fn reference(field: &str, named: ArtifactRef) -> Result<domain::artifact::ArtifactRef, Problem> {
    let field = format!("{field}.name");
    text::no_nul(&field, &named.name)?;
    if named.name.is_empty() || named.name.chars().count() > LONGEST_NAME {
        let detail = format!("The name of an artifact has 1 to {LONGEST_NAME} characters.");
        return Err(Problem::unprocessable("bad_name", detail).field(field));
    }
    Ok(named.into())
}

/// The problem of a target that is not there, or not for the team.
pub(crate) fn unknown_target(named: &str, prefix: &str) -> Problem {
    let shown: String = named.chars().take(80).collect();
    Problem::unprocessable("unknown_target", format!("The team has no target '{shown}'."))
        .field(format!("{prefix}targetId"))
        .hint("Choose one of the team's targets, or ask a platform admin to grant it.")
}

fn unknown_cluster(named: &str, prefix: &str) -> Problem {
    let shown: String = named.chars().take(80).collect();
    Problem::unprocessable("unknown_cluster", format!("The team has no cluster '{shown}'.")).field(format!("{prefix}clusterId"))
}

impl From<domain::draft::JobSpec> for JobSpec {
    fn from(spec: domain::draft::JobSpec) -> Self {
        let (sql, program, entry_class, args) = match spec.code {
            Code::Sql { sql } => (Some(sql), None, None, Vec::new()),
            Code::Jar { jar, entry_class, args } => (None, Some(jar), entry_class, args),
        };
        let (jar, jar_uri) = match program {
            Some(ProgramJar::Artifact(jar)) => (Some(jar.into()), None),
            Some(ProgramJar::Local(uri)) => (None, Some(uri)),
            None => (None, None),
        };
        Self {
            sql,
            jar,
            jar_uri,
            entry_class,
            args,
            jars: spec.jars.into_iter().map(Into::into).collect(),
            cluster_id: spec.cluster_id,
            target_id: spec.target_id,
            flink_version: spec.flink_version.map(|version| version.to_string()),
            mode: spec.mode.into(),
            parallelism: spec.parallelism,
            configuration: spec.configuration,
            job_manager_template: spec.job_manager_template,
            task_manager_template: spec.task_manager_template,
        }
    }
}
