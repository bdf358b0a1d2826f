//! What a cluster is to be.

use std::collections::BTreeMap;

use domain::draft::JobSpec;
use domain::flink_configuration::Configuration;
use domain::flink_version::VersionNumber;
use domain::run::ClaimMode;
use domain::target::{Ingress, KubernetesDefaults, PodPolicy};
use files::place::Point;

use crate::fault::{Role, Subject};
pub use crate::settings::{Exposure, RoleSettings, SecretVariable, Settings, Toleration};

/// A Flink cluster on Kubernetes as it is wanted.
#[derive(Debug, Clone)]
pub struct Description {
    /// Flink's version, which decides what the objects look like.
    pub version: VersionNumber,
    /// Name of the Deployment; other names are made of it.
    pub cluster_id: String,
    /// The namespace.
    pub namespace: String,
    /// The image of JobManager and TaskManagers.
    pub image: String,
    /// Session cluster or application.
    pub mode: Mode,
    /// What people chose in forms; written as Flink keys below `configuration`.
    pub settings: Settings,
    /// Flink keys as people wrote them: target, job and release on one another.
    pub configuration: Configuration,
    /// The runner's jar: runs a script, and fetches artifacts.
    pub runner: Option<Vec<u8>>,
    /// Jars that an init container brings into every pod.
    pub artifacts: Vec<Artifact>,
    /// Secret and key of the token for the artifact store.
    pub artifact_token: Option<(String, String)>,
    /// Pod templates, later ones over earlier ones: the target's, then the job's.
    pub templates: Vec<PodTemplate>,
    /// Configuration of Hadoop's clients.
    pub hadoop: Option<Hadoop>,
    /// Files of a Kerberos login.
    pub kerberos: Kerberos,
    /// Labels of ours on every object and pod (job, run, release).
    pub labels: BTreeMap<String, String>,
    /// Annotations of ours on every object and pod.
    pub annotations: BTreeMap<String, String>,
    /// Files of the logging instead of ours, by name.
    pub logging: BTreeMap<String, String>,
    /// What pods of this target may not have.
    pub policy: PodPolicy,
    /// What people call it: the name of the job, or of the session cluster.
    pub title: String,
    /// The Ingress of its web UI, where it is to have one.
    pub ingress: Option<Ingress>,
}

/// A pod template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodTemplate {
    /// Whose pods it is for.
    pub role: Role,
    /// Whether the job says so; else the target.
    pub of_job: bool,
    /// YAML, as it was written.
    pub text: String,
}

/// Session cluster or application.
#[derive(Debug, Clone)]
pub enum Mode {
    /// Runs jobs that are sent to it.
    Session,
    /// Runs one program.
    Application(Application),
}

/// A program and how it is started.
#[derive(Debug, Clone)]
pub struct Application {
    /// What runs.
    pub program: Program,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// Parallelism, else the configuration's.
    pub parallelism: Option<u32>,
    /// The snapshot to start from.
    pub restore: Option<Restore>,
    /// The Flink job id, 32 hexadecimal digits. With it come the keys that keep the end of the job to be seen.
    pub job_id: Option<String>,
}

/// What runs.
#[derive(Debug, Clone)]
pub enum Program {
    /// A jar that is in the image or mounted (`local:///…`), or that Flink fetches itself (1.19).
    Jar {
        /// Where it is.
        uri: String,
        /// The main class, else the one of its manifest.
        entry_class: Option<String>,
        /// Further jars for user code, `file:///…` in every pod.
        classpaths: Vec<String>,
    },
    /// A class of Flink's own class path (2.0).
    Class(String),
    /// A Python file in the pod.
    PythonFile(String),
    /// A Python module in the pod.
    PythonModule(String),
    /// A SQL script, brought by a ConfigMap beside the runner's jar.
    Script {
        /// The runner's main class.
        entry_class: String,
        /// The script as the runner reads it from a file.
        script: String,
    },
}

/// A jar that an init container brings into [`ARTIFACTS_FOLDER`](crate::ARTIFACTS_FOLDER) of every pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// Where it is fetched from.
    pub url: String,
    /// SHA-256 of its bytes, 64 hexadecimal digits.
    pub sha256: String,
    /// Its file name.
    pub name: String,
}

/// A snapshot to start from.
#[derive(Debug, Clone, Default)]
pub struct Restore {
    /// Its path; unset: from nothing.
    pub path: Option<String>,
    /// Start even where state has no operator any more.
    pub allow_non_restored_state: bool,
    /// What becomes of the snapshot (1.15).
    pub claim_mode: ClaimMode,
}

/// Configuration of Hadoop's clients.
#[derive(Debug, Clone)]
pub enum Hadoop {
    /// Files by name, such as `core-site.xml`.
    Files(BTreeMap<String, String>),
    /// A ConfigMap that is there.
    ConfigMap(String),
}

/// Files of a Kerberos login; principal and the rest are keys of the configuration.
#[derive(Debug, Clone, Default)]
pub struct Kerberos {
    /// Name and bytes of the keytab.
    pub keytab: Option<(String, Vec<u8>)>,
    /// `krb5.conf`.
    pub krb5: Option<String>,
}

impl PodTemplate {
    fn all(of_job: bool, texts: [(Role, Option<&String>); 2]) -> Vec<Self> {
        let template = |(role, text): (Role, Option<&String>)| {
            let text = text?.clone();
            Some(Self { role, of_job, text })
        };
        texts.into_iter().filter_map(template).collect()
    }

    /// What a target says of its pods.
    #[must_use]
    pub fn of_target(target: &KubernetesDefaults) -> Vec<Self> {
        let texts = [
            (Role::JobManager, target.job_manager_template.as_ref()),
            (Role::TaskManager, target.task_manager_template.as_ref()),
        ];
        Self::all(false, texts)
    }

    /// What a job says of its pods.
    #[must_use]
    pub fn of_job(job: &JobSpec) -> Vec<Self> {
        let texts = [
            (Role::JobManager, job.job_manager_template.as_ref()),
            (Role::TaskManager, job.task_manager_template.as_ref()),
        ];
        Self::all(true, texts)
    }

    /// A place in it.
    pub(crate) fn at(&self, point: Point) -> Subject {
        if self.of_job {
            Subject::JobTemplate(self.role, point)
        } else {
            Subject::Template(self.role, point)
        }
    }
}

impl Description {
    pub(crate) fn application(&self) -> Option<&Application> {
        match &self.mode {
            Mode::Session => None,
            Mode::Application(application) => Some(application),
        }
    }
}
