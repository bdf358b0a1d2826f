//! What a job is to be: a script or the main class of a jar, the jars beside it, where it runs and with which
//! configuration.

use std::collections::{BTreeMap, BTreeSet};

use domain::id::{ClusterId, TargetId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::configuration::Configuration;
use crate::flink_version::number;
use crate::problem::Problem;
use crate::scope::{Scope, find_cluster, find_target};
use crate::text;

/// Most jars of a job beside its program.
const MOST_JARS: usize = 100;
/// Most arguments of a program.
const MOST_ARGS: usize = 1_000;
/// Most bytes of all arguments of a program.
const MOST_ARG_BYTES: usize = 256 * 1024;
/// Longest name of a class or of an artifact in characters.
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

/// What a job is to be, as it is sent: either `sql`, or `jar` with `entryClass` and `args`.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewJobSpec {
    /// The SQL script.
    pub sql: Option<String>,
    /// The jar whose main class runs.
    pub jar: Option<ArtifactRef>,
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
}

/// What a job is to be: either `sql`, or `jar` with `entryClass` and `args`.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct JobSpec {
    /// The SQL script.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sql: Option<String>,
    /// The jar whose main class runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jar: Option<ArtifactRef>,
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
        let code = code((self.sql, self.jar), (self.entry_class, self.args), prefix)?;
        let configuration = self.configuration.of_job(&format!("{prefix}configuration"))?;
        let cluster_id = match self.cluster_id.as_deref() {
            Some(named) => Some(
                find_cluster(app, scope, named)
                    .await?
                    .ok_or_else(|| unknown_cluster(named, prefix))?
                    .id,
            ),
            None => None,
        };
        let target_id = match self.target_id.as_deref() {
            Some(named) => Some(
                find_target(app, scope, named)
                    .await?
                    .ok_or_else(|| unknown_target(named, prefix))?
                    .id,
            ),
            None => None,
        };
        let flink_version = match self.flink_version.as_deref() {
            Some(text) => Some(number(&format!("{prefix}flinkVersion"), text)?),
            None => None,
        };
        Ok(domain::draft::JobSpec {
            code,
            cluster_id,
            target_id,
            flink_version,
            mode: self.mode.into(),
            parallelism: self.parallelism,
            configuration,
            jars,
        })
    }
}

type Sent = (Option<String>, Option<ArtifactRef>);

fn code(sent: Sent, (entry_class, args): (Option<String>, Vec<String>), prefix: &str) -> Result<domain::draft::Code, Problem> {
    let refused = |code: &str, field: &str, detail: &str| Err(Problem::unprocessable(code, detail).field(format!("{prefix}{field}")));
    match sent {
        (Some(_), Some(_)) => refused(
            "two_programs",
            "jar",
            "A job is either a SQL script or the main class of a jar, not both.",
        ),
        (None, None) => refused(
            "no_program",
            "sql",
            "A job needs a SQL script (sql) or a jar with a main class (jar).",
        ),
        (Some(_), None) if entry_class.is_some() || !args.is_empty() => {
            let field = if entry_class.is_some() { "entryClass" } else { "args" };
            refused(
                "not_for_sql",
                field,
                "A SQL script has no main class and no arguments; they belong to a jar.",
            )
        }
        (Some(sql), None) => {
            text::script(&format!("{prefix}sql"), &sql)?;
            Ok(domain::draft::Code::Sql { sql })
        }
        (None, Some(jar)) => {
            checked_args(&format!("{prefix}args"), &args)?;
            if let Some(class) = &entry_class {
                checked_class(&format!("{prefix}entryClass"), class)?;
            }
            Ok(domain::draft::Code::Jar {
                jar: reference(&format!("{prefix}jar"), jar)?,
                entry_class,
                args,
            })
        }
    }
}

fn checked_args(field: &str, args: &[String]) -> Result<(), Problem> {
    for (at, arg) in args.iter().enumerate() {
        text::no_nul(&format!("{field}[{at}]"), arg)?;
    }
    if args.len() > MOST_ARGS || args.iter().map(String::len).sum::<usize>() > MOST_ARG_BYTES {
        let detail = format!(
            "A program takes at most {MOST_ARGS} arguments of {} KiB together.",
            MOST_ARG_BYTES / 1024
        );
        return Err(Problem::unprocessable("too_long", detail).field(field));
    }
    Ok(())
}

fn checked_class(field: &str, class: &str) -> Result<(), Problem> {
    let part = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '$');
    if class.chars().count() <= LONGEST_NAME && class.split('.').all(part) {
        return Ok(());
    }
    let detail = "That is no name of a Java class: expected something like com.acme.Orders.";
    Err(Problem::unprocessable("bad_class", detail).field(field))
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

fn reference(field: &str, named: ArtifactRef) -> Result<domain::artifact::ArtifactRef, Problem> {
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
        let (sql, jar, entry_class, args) = match spec.code {
            domain::draft::Code::Sql { sql } => (Some(sql), None, None, Vec::new()),
            domain::draft::Code::Jar { jar, entry_class, args } => (None, Some(jar.into()), entry_class, args),
        };
        Self {
            sql,
            jar,
            entry_class,
            args,
            jars: spec.jars.into_iter().map(Into::into).collect(),
            cluster_id: spec.cluster_id,
            target_id: spec.target_id,
            flink_version: spec.flink_version.map(|version| version.to_string()),
            mode: spec.mode.into(),
            parallelism: spec.parallelism,
            configuration: spec.configuration,
        }
    }
}
