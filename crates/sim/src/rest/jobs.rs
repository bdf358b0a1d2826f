//! Jobs as a list, and the one change that a client makes directly: cancel.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::answer::{Answer, Refusal};
use crate::cluster::Cluster;
use crate::flink::Shared;
use crate::job::{Job, JobState, Tasks};

/// Vertices of every simulated job: a source and a sink.
pub(crate) const VERTICES: [(&str, &str); 2] = [
    ("bc764cd8ddf7a0cff126f51c16239658", "Source: events"),
    ("20ba6b65f97481d5570070de90e4e791", "Sink: results"),
];

/// The jobs that the JobManager shows now.
fn shown(cluster: &mut Cluster) -> (i64, Vec<&Job>) {
    let now = cluster.settle();
    cluster.forget(now);
    if now < cluster.recovering_until {
        return (now, Vec::new());
    }
    (now, cluster.jobs.values().collect())
}

pub(crate) async fn ids(State(shared): State<Shared>) -> Json<Value> {
    let mut cluster = shared.lock();
    let (_, jobs) = shown(&mut cluster);
    Json(json!({"jobs": jobs.iter().map(|job| json!({"id": job.id, "status": job.state})).collect::<Vec<_>>()}))
}

pub(crate) async fn overview(State(shared): State<Shared>) -> Json<Value> {
    let mut cluster = shared.lock();
    let (now, jobs) = shown(&mut cluster);
    let rows = jobs.iter().map(|job| {
        json!({
            "jid": job.id, "name": job.name, "start-time": job.started_at, "end-time": job.ended_at().unwrap_or(-1),
            "duration": job.ended_at().unwrap_or(now) - job.started_at, "state": job.state, "last-modification": job.since,
            "tasks": task_counts(job, VERTICES.len() as u32),
        })
    });
    Json(json!({"jobs": rows.collect::<Vec<_>>()}))
}

/// Tasks by state, of so many vertices.
pub(crate) fn task_counts(job: &Job, vertices: u32) -> Value {
    let all = job.parallelism * vertices;
    let word = task_state(job).to_lowercase();
    let mut counts = json!({
        "running": 0, "canceling": 0, "canceled": 0, "total": all, "created": 0, "scheduled": 0, "deploying": 0, "reconciling": 0,
        "finished": 0, "initializing": 0, "failed": 0,
    });
    counts[word] = json!(all);
    counts
}

/// Flink's word for the state of the job's tasks.
pub(crate) const fn task_state(job: &Job) -> &'static str {
    match (job.state, job.tasks) {
        (JobState::Finished, _) => "FINISHED",
        (JobState::Canceled, _) => "CANCELED",
        (JobState::Failed, _) => "FAILED",
        (JobState::Cancelling, _) => "CANCELING",
        (JobState::Initializing | JobState::Created, _) => "CREATED",
        (_, Tasks::Running) => "RUNNING",
        (_, Tasks::Deploying) => "DEPLOYING",
        _ => "SCHEDULED",
    }
}

pub(crate) async fn status(State(shared): State<Shared>, Path(id): Path<String>) -> Answer {
    let mut cluster = shared.lock();
    let job = cluster.job(&id).ok_or_else(|| Refusal::no_job(&id))?;
    Ok(Json(json!({"status": job.state})))
}

#[derive(Deserialize)]
pub(crate) struct Termination {
    mode: Option<String>,
}

pub(crate) async fn cancel(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    Query(query): Query<Termination>,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    if !matches!(query.mode.as_deref(), None | Some("cancel")) {
        return Err(Refusal(
            StatusCode::PERMANENT_REDIRECT,
            vec!["The termination mode \"stop\" has been removed.".to_owned()],
        ));
    }
    let mut cluster = shared.lock();
    let state = cluster.job(&id).ok_or_else(|| Refusal::no_job(&id))?.state;
    match state {
        JobState::Canceled | JobState::Cancelling => {}
        ended if ended.ended() => {
            let message = format!(
                "org.apache.flink.runtime.rest.handler.RestHandlerException: Job cancellation failed because the job has already reached another terminal state ({}).",
                ended.word()
            );
            return Err(Refusal(StatusCode::CONFLICT, vec![message]));
        }
        _ => {
            cluster.change(&id, |job, now, slots| job.enter(JobState::Cancelling, now, slots));
        }
    }
    Ok((StatusCode::ACCEPTED, Json(json!({}))))
}
