//! Savepoints, alone and with a stop. Triggers are idempotent by `triggerId` from 1.15 on.

use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use domain::flink_version::VersionNumber;
use serde_json::{Map, Value, json};

use crate::answer::{Answer, Refusal};
use crate::cluster::Cluster;
use crate::flink::Shared;
use crate::job::{JobState, Taken, Tasks};
use crate::options::SavepointOutcome;
use crate::savepoint::{self, Request, Stop, Trigger};

type Accepted = Result<(StatusCode, Json<Value>), Refusal>;

pub(crate) async fn trigger(State(shared): State<Shared>, Path(id): Path<String>, bytes: Bytes) -> Accepted {
    let body = read(
        &bytes,
        shared.lock().version,
        &["target-directory", "cancel-job"],
        "SavepointTriggerRequestBody",
    )?;
    let stop = (body.get("cancel-job") == Some(&Value::Bool(true))).then_some(Stop::Cancel);
    accept(&shared, id, &body, "target-directory", stop)
}

pub(crate) async fn stop(State(shared): State<Shared>, Path(id): Path<String>, bytes: Bytes) -> Accepted {
    let body = read(
        &bytes,
        shared.lock().version,
        &["targetDirectory", "drain"],
        "StopWithSavepointRequestBody",
    )?;
    accept(&shared, id, &body, "targetDirectory", Some(Stop::Finish))
}

fn read(bytes: &[u8], version: VersionNumber, fields: &[&str], name: &str) -> Result<Map<String, Value>, Refusal> {
    let format = || Refusal::bad_request(format!("Request did not match expected format {name}."));
    let body: Map<String, Value> = if bytes.is_empty() {
        Map::new()
    } else {
        serde_json::from_slice(bytes).map_err(|_| format())?
    };
    let later = |field: &str| matches!(field, "triggerId" | "formatType") && version.at_least(1, 15);
    let known = |field: &String| fields.contains(&field.as_str()) || later(field);
    if !version.at_least(1, 20) && !body.keys().all(known) {
        return Err(format());
    }
    Ok(body)
}

fn accept(shared: &Shared, job: String, body: &Map<String, Value>, directory: &str, stop: Option<Stop>) -> Accepted {
    let mut cluster = shared.lock();
    let configuration = cluster.job(&job).ok_or_else(|| Refusal::no_job(&job))?.configuration.clone();
    let text = |key: &str| body.get(key).and_then(Value::as_str).map(ToOwned::to_owned);
    let asked = text("triggerId").filter(|_| cluster.version.at_least(1, 15));
    let trigger = asked.unwrap_or_else(|| uuid::Uuid::now_v7().simple().to_string());
    let answer = Ok((StatusCode::ACCEPTED, Json(json!({"request-id": trigger}))));
    let key = (job.clone(), trigger.clone());
    if cluster.triggers.contains_key(&key) {
        return answer;
    }
    let default = ["execution.checkpointing.savepoint-dir", "state.savepoints.dir"]
        .iter()
        .find_map(|key| configuration.get(*key).cloned());
    let Some(directory) = text(directory).or(default) else {
        return Err(Refusal::bad_request(
            "Config key [state.savepoints.dir] is not set. Property [target-directory] must be provided.",
        ));
    };
    cluster.triggers.insert(key, Trigger::InProgress);
    let plan = cluster.savepoints.clone();
    let incarnation = cluster.incarnation.clone();
    drop(cluster);
    let (shared, request) = (
        shared.clone(),
        Request {
            job,
            trigger,
            directory,
            stop,
        },
    );
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(plan.duration_ms)).await;
        let mut cluster = shared.lock();
        // A JobManager that died has left its triggers behind.
        if cluster.incarnation == incarnation && plan.outcome != SavepointOutcome::Hang {
            complete(&mut cluster, &request, plan.outcome);
        }
    });
    answer
}

fn complete(cluster: &mut Cluster, request: &Request, outcome: SavepointOutcome) {
    let end = match take(cluster, request, outcome) {
        Ok(location) => Trigger::Completed { location },
        Err(cause) => Trigger::Failed { cause },
    };
    cluster.triggers.insert((request.job.clone(), request.trigger.clone()), end);
}

/// Takes the savepoint and ends the job where that was asked; answers its path, or Flink's text of the failure.
fn take(cluster: &mut Cluster, request: &Request, outcome: SavepointOutcome) -> Result<String, String> {
    let failed =
        |why: &str| format!("java.util.concurrent.CompletionException: org.apache.flink.runtime.checkpoint.CheckpointException: {why}");
    let ready = cluster
        .job(&request.job)
        .is_some_and(|job| job.state == JobState::Running && job.tasks == Tasks::Running);
    if !ready {
        return Err(failed(
            "Checkpoint triggering task Source: events (1/1) of job is not being executed at the moment. Aborting checkpoint. Failure reason: Not all required tasks are currently running.",
        ));
    }
    if outcome == SavepointOutcome::Fail || (outcome == SavepointOutcome::FailAfterComplete && request.stop.is_none()) {
        return Err(failed(
            "Checkpoint expired before completing. Failure reason: Checkpoint expired before completing.",
        ));
    }
    let path = savepoint::write(&request.directory, &savepoint::folder_name(&request.job))?;
    let stop = request.stop;
    cluster.change(&request.job, |job, at, slots| {
        job.savepoints.push(Taken { at, path: path.clone() });
        match stop {
            _ if outcome == SavepointOutcome::FailAfterComplete => {}
            Some(Stop::Finish) => job.enter(JobState::Finished, at, slots),
            Some(Stop::Cancel) => job.enter(JobState::Canceled, at, slots),
            None => {}
        }
    });
    if outcome == SavepointOutcome::FailAfterComplete {
        return Err(savepoint::failed_after(&path, &request.job));
    }
    Ok(path)
}

pub(crate) async fn look(State(shared): State<Shared>, Path(key): Path<(String, String)>) -> Answer {
    match shared.lock().triggers.get(&key) {
        Some(trigger) => Ok(Json(trigger.body())),
        None => Err(Refusal::not_found(format!(
            "org.apache.flink.runtime.rest.NotFoundException: Operation not found under key: AsynchronousJobOperationKey{{triggerId={}, jobId={}}}",
            key.1, key.0
        ))),
    }
}
