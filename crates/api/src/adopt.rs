//! Taking over a Flink job that somebody else started: it becomes the job's run, under the release that is
//! started when the job is started again. Nothing is sent to Flink.

use axum::Json;
use axum::extract::State;
use domain::actions::actions;
use domain::cluster_view::adopt_unmanaged;
use domain::id::{ClusterId, RunId};
use domain::operation::Request;
use domain::status::JobFacts;
use domain::time::MINUTE;
use http::StatusCode;
use store::StoreError;

use crate::app::App;
use crate::extract::Command;
use crate::lifecycle::{placed, release};
use crate::operation::Operation;
use crate::problem::Problem;
use crate::request::{Decision, Request as Asked, answered, request};
use crate::run::AdoptRequest;
use crate::scope::JobScope;
use crate::verdict::allow;

/// How long an adoption may take: a look at the cluster, and all tasks seen running.
const ADOPT: i64 = 10 * MINUTE;

/// Takes over a Flink job that somebody else started on the cluster of a release.
///
/// # Errors
/// 409 with the reason or the operation in the way, 422 naming the field.
#[utoipa::path(
    post,
    path = "/jobs/{job}/adopt",
    tag = "lifecycle",
    params(("idempotency-key" = Option<String>, Header, description = "The same key and body within 24 hours answer the same operation")),
    request_body = AdoptRequest,
    responses((status = 202, description = "Accepted", body = Operation)),
)]
pub async fn adopt_job(
    State(app): State<App>,
    of: JobScope,
    command: Command<AdoptRequest>,
) -> Result<(StatusCode, Json<Operation>), Problem> {
    if let Some(done) = answered(&app, command.key.as_ref()).await? {
        return Ok(done);
    }
    let asked = command.body;
    let release = release(&app, &of, asked.release).await?;
    let place = placed(&app, &of, &release).await?;
    let cluster_id = place.cluster_id.ok_or_else(on_a_session_cluster)?;
    let run_id = unmanaged(&app, cluster_id, &asked.flink_job_id).await?;
    let decide = |facts: &JobFacts| Decision {
        verdict: actions(facts).adopt,
        request: Request::Adopt {
            release_id: release.id,
            run_id,
        },
        supersede: None,
        place: place.clone(),
    };
    let message = format!(
        "Adoption of Flink job {} as release {} was requested.",
        asked.flink_job_id, release.number
    );
    request(&app, Asked::new(&of, ADOPT, message, command.key), decide).await
}

fn on_a_session_cluster() -> Problem {
    Problem::unprocessable(
        "not_a_session",
        "The release runs in clusters of its own; what runs on a session cluster is adopted there.",
    )
    .field("release")
    .hint("Choose the session cluster in the draft and release it.")
}

/// The run that an unmanaged Flink job of a cluster becomes.
async fn unmanaged(app: &App, cluster_id: ClusterId, flink_job_id: &str) -> Result<RunId, Problem> {
    let shown: String = flink_job_id.chars().take(40).collect();
    let run_id = RunId::of_flink_job(flink_job_id).ok_or_else(|| {
        Problem::unprocessable(
            "bad_flink_job_id",
            format!("'{shown}' is not a Flink job id: expected 32 hexadecimal digits."),
        )
        .field("flinkJobId")
    })?;
    let look = app.store.look(cluster_id).await?;
    allow(&adopt_unmanaged(&app.store.cluster_any(cluster_id).await?, &look))?;
    if !look.unmanaged.iter().any(|job| job.flink_job_id == run_id.flink_job_id()) {
        return Err(Problem::unprocessable(
            "not_unmanaged",
            format!("The release's cluster has no unmanaged Flink job {shown}."),
        )
        .field("flinkJobId")
        .hint("Look at the cluster's unmanaged jobs; the release must name the cluster on which the Flink job runs."));
    }
    // The same Flink may be known as a cluster of another team, whose job this is.
    match app.store.run_any(run_id).await {
        Err(StoreError::NotFound) => Ok(run_id),
        Ok(_) => Err(Problem::conflict(
            "already_managed",
            format!("Flink job {shown} is a run of a job that is known here already."),
        )),
        Err(error) => Err(error.into()),
    }
}
