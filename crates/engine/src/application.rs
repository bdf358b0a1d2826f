//! The submission of an application: the objects of a cluster that runs one release.

use domain::cluster::Cluster;
use domain::ports::{PortError, Program, Submission};
use domain::release::Release;
use domain::run::Run;
use domain::target::Target;
use manifests::Description;
use manifests::description::{Application, Mode, Program as Deployed, Restore};

use crate::{Engine, kubernetes};

/// The runner's main class.
const ENTRY_CLASS: &str = "io.streamwright.runner.SqlRunner";

/// Creates what is missing of the cluster that runs a release.
///
/// # Errors
/// `Refused` for what can never be, `Retry` for what may mend itself.
pub(crate) async fn submit(engine: &Engine, cluster: &Cluster, of: (&Run, &Release), submission: &Submission) -> Result<(), PortError> {
    let target = kubernetes::target(engine, cluster).await?;
    let description = description(engine, (cluster, &target), of, submission)?;
    kubernetes::create(engine, &target, &description).await
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
        Program::Jar { .. } => Err(PortError::GiveUp(
            "a jar in a cluster of its own is not supported yet: run it on a session cluster".to_owned(),
        )),
    }
}
