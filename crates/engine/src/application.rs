//! The submission of an application: the objects of a cluster that runs one release.

use domain::artifact::PinnedArtifact;
use domain::cluster::Cluster;
use domain::draft::{Code, ProgramJar};
use domain::ports::{PortError, Program, Submission};
use domain::release::Release;
use domain::run::{ARTIFACTS_PURPOSE, Run};
use domain::secret::Secret;
use domain::target::Target;
use manifests::description::{Application, Artifact, Mode, Program as Deployed, Restore};
use manifests::{ARTIFACTS_FOLDER, Description, PodTemplate};
use serde_json::{Value, json};

use crate::{Engine, kubernetes};

/// The key of the token in its Secret.
const TOKEN: &str = "token";
/// The runner's main class.
const ENTRY_CLASS: &str = "io.streamwright.runner.SqlRunner";

/// Creates what is missing of the cluster that runs a release.
///
/// # Errors
/// `Refused` for what can never be, `Retry` for what may mend itself.
pub(crate) async fn submit(engine: &Engine, cluster: &Cluster, of: (&Run, &Release), submission: &Submission) -> Result<(), PortError> {
    let target = kubernetes::target(engine, cluster).await?;
    let description = description(engine, (cluster, &target), of, submission)?;
    let secret = match description.artifact_token {
        Some(_) => Some(token(engine, (cluster, &target), of.0)?),
        None => None,
    };
    kubernetes::create(engine, &target, &description, secret).await
}

/// The cluster of a run with its program.
///
/// # Errors
/// `GiveUp` for what an application cannot be.
pub(crate) fn description(
    engine: &Engine,
    (cluster, target): (&Cluster, &Target),
    (run, release): (&Run, &Release),
    submission: &Submission,
) -> Result<Description, PortError> {
    let mut description = kubernetes::description(engine, cluster, target)?;
    let (program, arguments) = program(release, submission)?;
    description.templates.extend(PodTemplate::of_job(&release.content.spec));
    if !release.content.artifacts.is_empty() {
        let base = target.defaults.artifact_url.as_ref().or(engine.public_url.as_ref());
        description.artifacts = artifacts(base.ok_or_else(unreachable)?, run, &release.content.artifacts);
        description.artifact_token = Some((token_name(cluster), TOKEN.to_owned()));
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
    for (noun, id) in [
        ("job", run.job_id.hex()),
        ("run", run.id.hex()),
        ("release", release.number.to_string()),
    ] {
        description.labels.insert(format!("streamwright.io/{noun}"), id);
    }
    description
        .annotations
        .insert("streamwright.io/job-name".to_owned(), submission.job_name.clone());
    Ok(description)
}

/// Where pods get the jars of a release.
fn artifacts(base: &str, run: &Run, jars: &[PinnedArtifact]) -> Vec<Artifact> {
    let base = base.trim_end_matches('/');
    let of = |(place, jar): (usize, &PinnedArtifact)| Artifact {
        url: format!("{base}/api/v1/runs/{}/artifacts/{}", run.id, jar.digest),
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

fn unreachable() -> PortError {
    PortError::GiveUp(
        "the release has jars, and nobody said where pods reach this server: set the target's artifact address, or the server's public address".to_owned(),
    )
}

fn token_name(cluster: &Cluster) -> String {
    format!("streamwright-token-{}", cluster.deployment_name())
}

/// The Secret with the token that opens the run's jars.
fn token(engine: &Engine, (cluster, target): (&Cluster, &Target), run: &Run) -> Result<Value, PortError> {
    let token = engine.ports.vault.seal(ARTIFACTS_PURPOSE, &Secret::new(run.id.to_string()))?;
    Ok(json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "Opaque",
        "metadata": {
            "name": token_name(cluster),
            "namespace": target.place.namespace,
            "labels": {"app": cluster.deployment_name(), "type": "flink-native-kubernetes"},
        },
        "stringData": {TOKEN: token.as_str()},
    }))
}

fn program(release: &Release, submission: &Submission) -> Result<(Deployed, Vec<String>), PortError> {
    if let Some(secret) = submission.secrets.first() {
        return Err(PortError::GiveUp(format!(
            "release {} names the secret '{}': the objects of a cluster can be read by everybody in its namespace. Keep it in a Secret of Kubernetes and name that in kubernetes.env.secretKeyRef or kubernetes.secrets",
            release.number, secret.name
        )));
    }
    match &submission.program {
        Program::Sql { statements } => {
            let script = submission.script(statements).to_string();
            let entry_class = ENTRY_CLASS.to_owned();
            Ok((Deployed::Script { entry_class, script }, Vec::new()))
        }
        Program::Jar { entry_class, args } => {
            let program = Deployed::Jar {
                uri: jar_uri(release)?,
                entry_class: entry_class.clone(),
                classpaths: Vec::new(),
            };
            Ok((program, args.clone()))
        }
    }
}

/// Where the jar of a release's program is in the pods: in the image or a mount, else first of what is brought.
fn jar_uri(release: &Release) -> Result<String, PortError> {
    if let Code::Jar {
        jar: ProgramJar::Local(uri),
        ..
    } = &release.content.spec.code
    {
        return Ok(uri.clone());
    }
    let gone = || PortError::GiveUp("the program's jar is missing in its release".to_owned());
    let jar = release.content.artifacts.first().ok_or_else(gone)?;
    Ok(format!("local://{ARTIFACTS_FOLDER}/{}", file_name(0, jar)))
}
