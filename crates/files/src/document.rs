//! The documents and their fields. The reader, the JSON Schema of editors and the messages are made of these types.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

pub use crate::connection::Connection;
use crate::restart::Restart;
pub use crate::target::{Ingress, Policy, Target};

/// Text that needs no quotes: `8081`, `true` and `1.0` are taken as they are written.
#[derive(Debug)]
pub struct Text;

impl PartialSchema for Text {
    fn schema() -> RefOr<Schema> {
        let types = vec![Type::String, Type::Number, Type::Boolean];
        ObjectBuilder::new().schema_type(SchemaType::Array(types)).into()
    }
}

impl ToSchema for Text {}

/// What a job is deployed as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// In a session cluster beside other jobs.
    #[default]
    Session,
    /// In a cluster of its own.
    Application,
}

/// Where a cluster runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClusterTarget {
    /// Processes on the server's host.
    Local,
    /// A REST address that somebody else runs.
    Standalone,
}

/// What an artifact is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ArtifactType {
    /// A program with a main class.
    JobJar,
    /// Functions that scripts call.
    UdfJar,
    /// Tables, formats, catalogs.
    Connector,
    /// A Python program or module.
    PythonFile,
    /// Any other archive.
    Archive,
}

/// The word that says what a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub enum Kind {
    /// A place that can run Flink.
    Target,
    /// Bytes with a name: connectors, functions, programs.
    Artifact,
    /// A session cluster.
    Cluster,
    /// A job.
    Job,
}

impl Kind {
    /// Its word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Target => "Target",
            Self::Artifact => "Artifact",
            Self::Cluster => "Cluster",
            Self::Job => "Job",
        }
    }
}

/// A job. The document is the whole of it: what it does not say is unset; only `running` and `restart` are left as they are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Job {
    /// `Job`.
    pub kind: Kind,
    /// Name, unique in the team.
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    /// The team; unless told that of `--team` or of the sign-in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// One line about it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schema(max_length = 2000)]
    pub description: String,
    /// Words to find it by and to act on many jobs at once.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = BTreeMap<String, Text>)]
    pub labels: BTreeMap<String, String>,
    /// The session cluster that it runs in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub cluster: Option<String>,
    /// Where a job with a cluster of its own runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// The Flink version that it is written for; refused where its cluster has another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Text>)]
    pub flink: Option<String>,
    /// How it is deployed.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub mode: Mode,
    /// Default parallelism; unless told the cluster's.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 32768)]
    pub parallelism: Option<u32>,
    /// Flink configuration.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = BTreeMap<String, Text>)]
    pub config: BTreeMap<String, String>,
    /// Connectors, functions and libraries: `name`, `name@version`, or `file:path`, which is uploaded where it is new.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 100)]
    pub jars: Vec<String>,
    /// What happens after a failure. Unset: as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restart: Option<Restart>,
    /// `true`: it is to run. `false`: it is to be stopped. Unset: as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub running: Option<bool>,
    /// Jar with the program: `name`, `name@version`, or `file:path`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jar: Option<String>,
    /// The same where the jar is in an application's image or in a mount of its pods: `local:///path/to/program.jar`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 2048)]
    pub jar_uri: Option<String>,
    /// Main class; unless told that of the jar's manifest.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 1000)]
    pub entry_class: Option<String>,
    /// Arguments of main, one by one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<Text>, max_items = 1000)]
    pub args: Vec<String>,
    /// Pod template of an application's JobManager, over the target's: YAML as a block of text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job_manager_template: Option<String>,
    /// File with that template, relative to this file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job_manager_template_from: Option<String>,
    /// Pod template of an application's TaskManagers, over the target's: YAML as a block of text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_manager_template: Option<String>,
    /// File with that template, relative to this file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_manager_template_from: Option<String>,
    /// File with the SQL script, relative to this file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sql_file: Option<String>,
    /// The SQL script.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sql: Option<String>,
}

/// A session cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Cluster {
    /// `Cluster`.
    pub kind: Kind,
    /// Name, unique in the team.
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    /// The team; unless told that of `--team` or of the sign-in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// Where it runs.
    pub target: ClusterTarget,
    /// Installed Flink version (local).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Text>)]
    pub flink: Option<String>,
    /// REST address (standalone).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rest_url: Option<String>,
    /// TaskManagers; 1 unless told (local).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 64)]
    pub task_managers: Option<u32>,
    /// Slots of each TaskManager; 4 unless told (local).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 256)]
    pub slots: Option<u32>,
    /// Flink configuration (local).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = BTreeMap<String, Text>)]
    pub config: BTreeMap<String, String>,
    /// Jars on the class path of its processes and its jobs: `name` for the newest version, or `name@version` (local). They take
    /// effect at its next start. Unset: as they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 100)]
    pub jars: Option<Vec<String>>,
    /// How its address is spoken to (standalone). Unset: as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection: Option<Connection>,
    /// `true`: its processes are to run. `false`: they are to be stopped. Unset: as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub running: Option<bool>,
}

/// An artifact: a file that is uploaded where its content is new.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Artifact {
    /// `Artifact`.
    pub kind: Kind,
    /// Name, with the version unique in the team.
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    /// The team; unless told that of `--team` or of the sign-in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// What it is for; unless told what its content looks like.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub r#type: Option<ArtifactType>,
    /// The file, relative to this file.
    pub file: String,
}

fn is_usual(mode: &Mode) -> bool {
    *mode == Mode::default()
}

impl Job {
    /// A job with a name and nothing else.
    #[must_use]
    pub const fn named(name: String) -> Self {
        Self {
            kind: Kind::Job,
            name,
            team: None,
            description: String::new(),
            labels: BTreeMap::new(),
            cluster: None,
            target: None,
            flink: None,
            mode: Mode::Session,
            parallelism: None,
            config: BTreeMap::new(),
            jars: Vec::new(),
            restart: None,
            running: None,
            jar: None,
            jar_uri: None,
            entry_class: None,
            args: Vec::new(),
            job_manager_template: None,
            job_manager_template_from: None,
            task_manager_template: None,
            task_manager_template_from: None,
            sql_file: None,
            sql: None,
        }
    }

    /// Its pod templates: for each the field, the text, the field of the file instead, and that file.
    #[must_use]
    pub fn templates(&self) -> [Template<'_>; 2] {
        [
            Template {
                field: "jobManagerTemplate",
                text: self.job_manager_template.as_deref(),
                from_field: "jobManagerTemplateFrom",
                from: self.job_manager_template_from.as_deref(),
            },
            Template {
                field: "taskManagerTemplate",
                text: self.task_manager_template.as_deref(),
                from_field: "taskManagerTemplateFrom",
                from: self.task_manager_template_from.as_deref(),
            },
        ]
    }
}

/// A pod template of a job as it is written.
#[derive(Debug, Clone, Copy)]
pub struct Template<'a> {
    /// The field of the text.
    pub field: &'static str,
    /// The text; of a file once it is read.
    pub text: Option<&'a str>,
    /// The field of the file.
    pub from_field: &'static str,
    /// The file.
    pub from: Option<&'a str>,
}
