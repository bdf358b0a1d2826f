//! The walk of Start from its first step: start, stop, savepoint, replace, delete and detach of a job.
//!
//! Each asks the domain whether it may, on facts of one generation of the job, and hands the store one
//! operation for that generation. Of many requests at once the store takes one; the others are told whose
//! operation is in the way. When the job has moved on meanwhile, the question is asked again.

use axum::Json;
use axum::extract::State;
use domain::actions::{actions, stop_verdict, superseded_by_stop};
use domain::draft::Mode;
use domain::id::ReleaseId;
use domain::operation::Request;
use domain::run::{Outcome, RunEnd, Source};
use domain::status::JobFacts;
use domain::target::Target;
use domain::time::MINUTE;
use http::StatusCode;
use store::{NewApplication, NewEvent, StoreError, Write, now};

use crate::app::App;
use crate::extract::{Body, Command};
use crate::job;
use crate::job_view::Job;
use crate::operation::Operation;
use crate::problem::Problem;
use crate::release::by_number;
use crate::request::{Decision, Place, Request as Asked, answered, request};
use crate::run::{NoChoices, ReplaceRequest, StartRequest, StopRequest};
use crate::scope::JobScope;
use crate::start;
use crate::substitution::present;
use crate::verdict::allow;

/// How long a start may take: a cluster that has to come up, a large state to restore.
const START: i64 = 10 * MINUTE;
/// How long a stop or savepoint may take: large state on a slow store; Flink's own limit is ten minutes
/// unless the job sets another one.
const SAVEPOINT: i64 = 30 * MINUTE;
/// A stop and a start.
const REPLACE: i64 = START + SAVEPOINT;
/// How long the deletion of rows may take.
const DELETE: i64 = 5 * MINUTE;

/// The release that a request names, the newest one when it names none.
pub(crate) async fn release(app: &App, of: &JobScope, number: Option<i64>) -> Result<domain::release::Release, Problem> {
    let found = match number {
        Some(number) => by_number(app, of, number).await,
        None => match app.store.newest_release(of.scope.team_id, of.job.id).await {
            Err(StoreError::NotFound) => {
                return Err(Problem::unprocessable("not_released", "Nothing has been released yet.")
                    .field("release")
                    .hint("Release the draft first."));
            }
            found => Ok(found?),
        },
    };
    found.map_err(|problem| {
        if problem.code == "not_found" {
            problem.status(StatusCode::UNPROCESSABLE_ENTITY).field("release")
        } else {
            problem
        }
    })
}

fn gone(release: &domain::release::Release, what: &str) -> Problem {
    let detail = format!("The {what} of release {} is gone, or not for the team any more.", release.number);
    Problem::unprocessable(&format!("{what}_missing"), detail)
        .field("release")
        .hint(format!("Choose another {what} in the draft and release it."))
}

/// The target of an application, as it is now.
pub(crate) async fn target_of(app: &App, of: &JobScope, release: &domain::release::Release) -> Result<Target, Problem> {
    let granted = app.store.granted_targets(of.scope.team_id).await?;
    let target = granted.into_iter().find(|target| Some(target.id) == release.content.spec.target_id);
    target.ok_or_else(|| gone(release, "target"))
}

/// Where a release runs: its session cluster, or a cluster of its own in its target. They must still be there.
pub(crate) async fn placed(app: &App, of: &JobScope, release: &domain::release::Release) -> Result<Place, Problem> {
    let content = &release.content;
    if content.spec.mode == Mode::Application {
        let target = target_of(app, of, release).await?;
        let application = NewApplication {
            target_id: target.id,
            version: content.version,
            configuration: target.defaults.resolved(),
        };
        return Ok(Place {
            application: Some(application),
            ..Place::default()
        });
    }
    let id = content.spec.cluster_id.ok_or_else(|| gone(release, "cluster"))?;
    match app.store.cluster(of.scope.team_id, id).await {
        Err(StoreError::NotFound) => Err(gone(release, "cluster")),
        found => {
            let cluster = found?;
            if cluster.read_only {
                return Err(only_looked_at(&cluster.name));
            }
            Ok(Place {
                cluster_id: Some(cluster.id),
                ..Place::default()
            })
        }
    }
}

/// 409: a cluster is only looked at.
pub(crate) fn only_looked_at(cluster: &str) -> Problem {
    let detail = format!("Cluster '{cluster}' is somebody else's and only looked at: no job is started there, changed or taken over.");
    Problem::conflict("cluster_read_only", detail).hint("Open it for jobs first, on its page or with 'streamwright cluster access'.")
}

/// Starts a release.
///
/// # Errors
/// 409 with the reason or the operation in the way, 422 naming the field.
#[utoipa::path(
    post,
    path = "/jobs/{job}/start",
    tag = "lifecycle",
    params(("idempotency-key" = Option<String>, Header, description = "The same key and body within 24 hours answer the same operation")),
    request_body = StartRequest,
    responses((status = 202, description = "Accepted", body = Operation)),
)]
pub async fn start_job(
    State(app): State<App>,
    of: JobScope,
    command: Command<StartRequest>,
) -> Result<(StatusCode, Json<Operation>), Problem> {
    if let Some(done) = answered(&app, command.key.as_ref()).await? {
        return Ok(done);
    }
    let asked = command.body;
    let number = asked.release;
    let options = start::options(&app, &of, asked.into()).await?;
    let release = release(&app, &of, number).await?;
    let place = placed(&app, &of, &release).await?;
    present(&app, &of, &release).await?;
    let decide = |facts: &JobFacts| {
        let verdict = actions(facts).start;
        let request = Request::Start {
            release_id: release.id,
            options: options.clone(),
        };
        Decision {
            verdict,
            request,
            supersede: None,
            place: place.clone(),
        }
    };
    let message = format!("Start of release {} was requested.", release.number);
    request(&app, Asked::new(&of, START, message, command.key), decide).await
}

/// Stops what runs. `cancel` takes the place of an open stop.
///
/// # Errors
/// 409 with the reason or the operation in the way.
#[utoipa::path(
    post,
    path = "/jobs/{job}/stop",
    tag = "lifecycle",
    params(("idempotency-key" = Option<String>, Header, description = "The same key and body within 24 hours answer the same operation")),
    request_body = StopRequest,
    responses((status = 202, description = "Accepted", body = Operation)),
)]
pub async fn stop_job(
    State(app): State<App>,
    of: JobScope,
    command: Command<StopRequest>,
) -> Result<(StatusCode, Json<Operation>), Problem> {
    if let Some(done) = answered(&app, command.key.as_ref()).await? {
        return Ok(done);
    }
    let mode = command.body.mode.into();
    let decide = |facts: &JobFacts| Decision {
        verdict: stop_verdict(facts, mode),
        request: Request::Stop { mode },
        supersede: superseded_by_stop(facts).map(|open| open.id),
        place: Place::default(),
    };
    request(&app, Asked::new(&of, SAVEPOINT, String::new(), command.key), decide).await
}

/// Takes a savepoint; the job goes on running.
///
/// # Errors
/// 409 with the reason or the operation in the way.
#[utoipa::path(
    post,
    path = "/jobs/{job}/savepoint",
    tag = "lifecycle",
    params(("idempotency-key" = Option<String>, Header, description = "The same key and body within 24 hours answer the same operation")),
    request_body = NoChoices,
    responses((status = 202, description = "Accepted", body = Operation)),
)]
pub async fn take_savepoint(
    State(app): State<App>,
    of: JobScope,
    command: Command<NoChoices>,
) -> Result<(StatusCode, Json<Operation>), Problem> {
    if let Some(done) = answered(&app, command.key.as_ref()).await? {
        return Ok(done);
    }
    let decide = |facts: &JobFacts| Decision {
        verdict: actions(facts).savepoint,
        request: Request::Savepoint,
        supersede: None,
        place: Place::default(),
    };
    request(&app, Asked::new(&of, SAVEPOINT, String::new(), command.key), decide).await
}

/// Stops what runs and starts a release: a restart, or a change of the release.
///
/// # Errors
/// 409 with the reason or the operation in the way, 422 naming the field.
#[utoipa::path(
    post,
    path = "/jobs/{job}/replace",
    tag = "lifecycle",
    params(("idempotency-key" = Option<String>, Header, description = "The same key and body within 24 hours answer the same operation")),
    request_body = ReplaceRequest,
    responses((status = 202, description = "Accepted", body = Operation)),
)]
pub async fn replace_job(
    State(app): State<App>,
    of: JobScope,
    command: Command<ReplaceRequest>,
) -> Result<(StatusCode, Json<Operation>), Problem> {
    if let Some(done) = answered(&app, command.key.as_ref()).await? {
        return Ok(done);
    }
    let asked = command.body;
    let (number, stop) = (asked.release, asked.stop.into());
    let options = start::options(&app, &of, asked.into()).await?;
    let release = match (number, running(&app, &of).await?) {
        (None, Some(running)) => app.store.release(of.scope.team_id, running).await?,
        (number, _) => release(&app, &of, number).await?,
    };
    let place = placed(&app, &of, &release).await?;
    present(&app, &of, &release).await?;
    let decide = |facts: &JobFacts| {
        let verdict = actions(facts).replace;
        let request = Request::Replace {
            release_id: release.id,
            stop,
            options: options.clone(),
        };
        Decision {
            verdict,
            request,
            supersede: None,
            place: place.clone(),
        }
    };
    let message = format!("Restart with release {} was requested.", release.number);
    request(&app, Asked::new(&of, REPLACE, message, command.key), decide).await
}

/// The release that runs.
async fn running(app: &App, of: &JobScope) -> Result<Option<ReleaseId>, Problem> {
    let facts = app.store.job_view(of.scope.team_id, of.job.id).await?;
    Ok(facts.run.filter(domain::run::Run::live).map(|run| run.release_id))
}

/// Deletes a job with its history; files of snapshots stay.
///
/// # Errors
/// 409 with the reason or the operation in the way.
#[utoipa::path(
    delete,
    path = "/jobs/{job}",
    tag = "lifecycle",
    params(("idempotency-key" = Option<String>, Header, description = "The same key and body within 24 hours answer the same operation")),
    responses((status = 202, description = "Accepted", body = Operation)),
)]
pub async fn delete_job(
    State(app): State<App>,
    of: JobScope,
    command: Command<NoChoices>,
) -> Result<(StatusCode, Json<Operation>), Problem> {
    if let Some(done) = answered(&app, command.key.as_ref()).await? {
        return Ok(done);
    }
    let decide = |facts: &JobFacts| Decision {
        verdict: actions(facts).delete,
        request: Request::Delete,
        supersede: None,
        place: Place::default(),
    };
    request(&app, Asked::new(&of, DELETE, String::new(), command.key), decide).await
}

/// Declares the live run gone, where nobody can find out any more. Nothing is sent to Flink.
///
/// # Errors
/// 409 with the reason why it is not allowed.
#[utoipa::path(
    post,
    path = "/jobs/{job}/detach",
    tag = "lifecycle",
    request_body = NoChoices,
    responses((status = 200, description = "Done", body = Job)),
)]
pub async fn detach_job(State(app): State<App>, of: JobScope, Body(NoChoices {}): Body<NoChoices>) -> Result<Json<Job>, Problem> {
    let facts = app.store.job_view(of.scope.team_id, of.job.id).await?;
    allow(&actions(&facts).detach)?;
    if let Some(run) = facts.run.filter(domain::run::Run::live) {
        let reason = format!("{} declared it gone while its cluster did not answer.", of.scope.caller.user.name);
        let event = NewEvent::new(of.scope.team_id, "run_detached", reason.clone())
            .job(of.job.id)
            .run(run.id)
            .user(Some(of.scope.user_id()));
        let end = RunEnd {
            at: now(),
            outcome: Outcome::Unknown,
            reason,
            source: Source::User,
        };
        app.store
            .commit(
                None,
                vec![Write::EndRun {
                    run_id: run.id,
                    end,
                    events: vec![event],
                }],
            )
            .await?;
    }
    job::shown(&app, &of.scope, of.job.id).await
}
