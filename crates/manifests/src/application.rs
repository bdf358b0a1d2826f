//! The descriptions of our clusters: what a target says, and on top of it what a release and the choices of its start say.
//! Whoever creates a cluster and whoever only shows what would be created ask here.

use std::collections::BTreeMap;

use domain::artifact::PinnedArtifact;
use domain::draft::{Code, ProgramJar};
use domain::flink_version::VersionNumber;
use domain::id::{ClusterId, RunId};
use domain::ports::{self, EPOCH, Submission};
use domain::release::Release;
use domain::target::{HIGH_AVAILABILITY, Target};
use serde_json::{Value, json};

use crate::delivery::ARTIFACTS_FOLDER;
use crate::description::{Application, Artifact, Description, Kerberos, Mode, PodTemplate, Program, Restore, RoleSettings, Settings};
use crate::fault::{Fault, Subject};

/// The key of the token in its Secret.
const TOKEN: &str = "token";
/// The runner's main class.
const ENTRY_CLASS: &str = "io.streamwright.runner.SqlRunner";

/// A cluster in a target, before its program is known.
#[derive(Debug, Clone)]
pub struct Place<'a> {
    /// The cluster. That of an application has the digits of its run.
    pub cluster_id: ClusterId,
    /// Flink's version.
    pub version: VersionNumber,
    /// Slots of each TaskManager; 0: as the configuration says.
    pub slots: u32,
    /// What the target said when the cluster was asked for.
    pub configuration: &'a BTreeMap<String, String>,
    /// The target, as it is now.
    pub target: &'a Target,
    /// The runner's jar.
    pub runner: &'a [u8],
    /// What people call a session cluster.
    pub name: &'a str,
    /// Where everybody reaches this server; a target may know better.
    pub public_url: Option<&'a str>,
}

impl Place<'_> {
    /// A session cluster.
    #[must_use]
    pub fn session(&self) -> Description {
        let defaults = &self.target.defaults;
        let role = || RoleSettings {
            service_account: defaults.service_account.clone(),
            ..RoleSettings::default()
        };
        let mut resolved = self.configuration.clone();
        let high_availability = resolved.remove(HIGH_AVAILABILITY);
        Description {
            version: self.version,
            cluster_id: self.cluster_id.deployment_name(),
            namespace: self.target.place.namespace.clone(),
            image: defaults.image(self.version),
            mode: Mode::Session,
            settings: Settings {
                job_manager: role(),
                task_manager: role(),
                slots: (self.slots > 0).then_some(self.slots),
                high_availability,
                ..Settings::default()
            },
            configuration: resolved.into_iter().collect(),
            runner: Some(self.runner.to_vec()),
            artifacts: Vec::new(),
            artifact_token: None,
            templates: PodTemplate::of_target(defaults),
            hadoop: None,
            kerberos: Kerberos::default(),
            labels: [("streamwright.io/cluster".to_owned(), self.cluster_id.hex())].into(),
            annotations: [(EPOCH.to_owned(), self.cluster_id.epoch())].into(),
            logging: BTreeMap::new(),
            policy: defaults.policy.clone(),
            title: self.name.to_owned(),
            ingress: defaults.ingress.clone(),
        }
    }

    /// The cluster of one run with its program.
    ///
    /// # Errors
    /// What an application cannot be.
    pub fn application(&self, release: &Release, submission: &Submission) -> Result<Description, Fault> {
        let mut description = self.session();
        let run = RunId(self.cluster_id.0);
        let (program, arguments) = program(release, submission)?;
        description.templates.extend(PodTemplate::of_job(&release.content.spec));
        if !release.content.artifacts.is_empty() {
            let base = self.target.defaults.artifact_url.as_deref().or(self.public_url);
            description.artifacts = artifacts(base.ok_or_else(unreachable)?, run, &release.content.artifacts);
            description.artifact_token = Some((format!("streamwright-token-{}", description.cluster_id), TOKEN.to_owned()));
        }
        description.mode = Mode::Application(Application {
            program,
            arguments,
            parallelism: submission.parallelism,
            restore: Some(Restore {
                path: submission.restore_path.clone(),
                allow_non_restored_state: submission.allow_non_restored_state,
                claim_mode: submission.claim_mode,
            }),
            job_id: Some(submission.flink_job_id.clone()),
        });
        description
            .configuration
            .extend(&submission.configuration.clone().into_iter().collect());
        description.configuration.set("pipeline.name", submission.job_name.as_str());
        description.title.clone_from(&submission.job_name);
        for (noun, id) in [
            ("job", release.job_id.hex()),
            ("run", run.hex()),
            ("release", release.number.to_string()),
        ] {
            description.labels.insert(format!("streamwright.io/{noun}"), id);
        }
        description
            .annotations
            .insert("streamwright.io/job-name".to_owned(), submission.job_name.clone());
        Ok(description)
    }
}

/// The Secret with the token that opens the jars of a run, where the cluster needs one.
#[must_use]
pub fn token_secret(description: &Description, token: &str) -> Option<Value> {
    let (name, key) = description.artifact_token.as_ref()?;
    Some(json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "Opaque",
        "metadata": {
            "name": name,
            "namespace": description.namespace,
            "labels": {"app": description.cluster_id, "type": "flink-native-kubernetes"},
        },
        "stringData": {key: token},
    }))
}

/// Where pods get the jars of a release.
fn artifacts(base: &str, run: RunId, jars: &[PinnedArtifact]) -> Vec<Artifact> {
    let base = base.trim_end_matches('/');
    let of = |(place, jar): (usize, &PinnedArtifact)| Artifact {
        url: format!("{base}/api/v1/runs/{run}/artifacts/{}", jar.digest),
        sha256: jar.digest.to_string(),
        name: file_name(place, jar),
    };
    jars.iter().enumerate().map(of).collect()
}

/// A name that every file system takes, in the order of the class path.
fn file_name(place: usize, jar: &PinnedArtifact) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' };
    let stem = jar.file_name.strip_suffix(".jar").unwrap_or(&jar.file_name);
    let stem: String = stem.chars().take(100).map(safe).collect();
    format!("{place:02}-{stem}.jar")
}

fn fault(field: &'static str, message: String) -> Fault {
    Fault {
        subject: Subject::Field(field),
        message,
    }
}

fn unreachable() -> Fault {
    let message = "the release has jars, and nobody said where pods reach this server: set the target's artifact address, or the server's \
                   public address";
    fault("artifacts", message.to_owned())
}

fn program(release: &Release, submission: &Submission) -> Result<(Program, Vec<String>), Fault> {
    if let Some(secret) = release.content.secrets().next() {
        let message = format!(
            "release {} names the secret '{secret}': the objects of a cluster can be read by everybody in its namespace. Keep it in a Secret of Kubernetes and name that in kubernetes.env.secretKeyRef or kubernetes.secrets",
            release.number
        );
        return Err(fault("variables", message));
    }
    match &submission.program {
        ports::Program::Sql { statements } => {
            let script = submission.script(statements).to_string();
            let entry_class = ENTRY_CLASS.to_owned();
            Ok((Program::Script { entry_class, script }, Vec::new()))
        }
        ports::Program::Jar { entry_class, args } => {
            let program = Program::Jar {
                uri: jar_uri(release)?,
                entry_class: entry_class.clone(),
                classpaths: Vec::new(),
            };
            Ok((program, args.clone()))
        }
    }
}

/// Where the jar of a release's program is in the pods: in the image or a mount, else first of what is brought.
fn jar_uri(release: &Release) -> Result<String, Fault> {
    if let Code::Jar {
        jar: ProgramJar::Local(uri),
        ..
    } = &release.content.spec.code
    {
        return Ok(uri.clone());
    }
    let gone = || fault("jar", "the program's jar is missing in its release".to_owned());
    let jar = release.content.artifacts.first().ok_or_else(gone)?;
    Ok(format!("local://{ARTIFACTS_FOLDER}/{}", file_name(0, jar)))
}
