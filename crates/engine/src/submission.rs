//! What a submission of a run is made of: its program, its one jar, its configuration.

use std::collections::BTreeMap;

use domain::draft::{Code, Mode};
use domain::ports::{Endpoint, PortError, Program, SealedVariable, SessionJar, Submission};
use domain::release::{Release, ReleaseContent};
use domain::run::Run;
use domain::status::JobFacts;

use crate::Engine;

/// The submission of a run on the cluster at an endpoint, with the secrets that it takes along. Merges the job's jars
/// where there are any.
///
/// # Errors
/// When the job's jar cannot be had.
pub(crate) async fn of(
    engine: &Engine,
    place: (&JobFacts, &Endpoint),
    (run, release): (&Run, &Release),
    secrets: Vec<SealedVariable>,
) -> Result<Submission, PortError> {
    let spec = &release.content.spec;
    let alone = spec.mode == Mode::Application;
    Ok(Submission {
        flink_job_id: run.id.flink_job_id(),
        job_name: release.content.name.clone(),
        program: program(&release.content),
        // An application's jars come to its pods one by one.
        jar: if alone { None } else { jar(engine, &release.content).await? },
        configuration: configuration(engine, place, &spec.configuration),
        parallelism: run.options.parallelism.or(spec.parallelism),
        restore_path: run.restore_path.clone(),
        allow_non_restored_state: run.options.allow_non_restored_state,
        claim_mode: run.options.claim_mode,
        secrets,
    })
}

/// The one jar that a release needs beside Flink; none for a script that needs no more than the runner.
async fn jar(engine: &Engine, content: &ReleaseContent) -> Result<Option<SessionJar>, PortError> {
    if content.artifacts.is_empty() {
        return Ok(None);
    }
    let with_runner = content.spec.code.sql().is_some();
    engine.ports.merger.merge(&content.artifacts, with_runner).await.map(Some)
}

/// The release's configuration with ours below it (checkpoints retained, time for savepoints) and above it
/// (a checkpoint directory of the job's own).
fn configuration(
    engine: &Engine,
    (facts, endpoint): (&JobFacts, &Endpoint),
    declared: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let mut configuration = BTreeMap::from([
        (
            "execution.checkpointing.externalized-checkpoint-retention".to_owned(),
            "RETAIN_ON_CANCELLATION".to_owned(),
        ),
        ("execution.checkpointing.timeout".to_owned(), "30 min".to_owned()),
    ]);
    configuration.extend(declared.clone());
    let cluster = facts.cluster.as_ref().map(|cluster| &cluster.cluster);
    let key = endpoint.version.capabilities().checkpoints_dir_key;
    if let Some(directory) = engine.checkpoints_of(facts.job.id, cluster) {
        configuration.insert(key.to_owned(), directory);
    }
    configuration
}

/// What a release runs, in the words of a submission.
fn program(content: &ReleaseContent) -> Program {
    match &content.spec.code {
        Code::Sql { .. } => Program::Sql {
            statements: content.statements.clone(),
        },
        Code::Jar { entry_class, args, .. } => Program::Jar {
            entry_class: entry_class.clone(),
            args: args.clone(),
        },
    }
}
