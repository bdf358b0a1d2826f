//! What a submission of a run is made of: its program, its one jar, its configuration.

use domain::draft::Mode;
use domain::ports::{Endpoint, PortError, SealedVariable, SessionJar, Submission};
use domain::release::{Release, ReleaseContent};
use domain::run::Run;
use domain::status::JobFacts;
use domain::submission::Start;

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
    let cluster = place.0.cluster.as_ref().map(|cluster| &cluster.cluster);
    let start = Start {
        run_id: run.id,
        options: &run.options,
        restore_path: run.restore_path.as_deref(),
        version: place.1.version,
        checkpoints: engine.checkpoints_of(run.job_id, cluster),
    };
    // An application's jars come to its pods one by one.
    let alone = spec.mode == Mode::Application;
    Ok(Submission {
        jar: if alone { None } else { jar(engine, &release.content).await? },
        secrets,
        ..start.submission(&release.content)
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
