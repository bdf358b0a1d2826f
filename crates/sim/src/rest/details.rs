//! One job in detail: vertices, plan, checkpoints, exceptions, configuration, result, metrics.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, Query, State};
use serde_json::{Map, Value, json};

use super::jobs::{VERTICES, task_counts, task_state};
use crate::answer::{Answer, Refusal};
use crate::checkpoint;
use crate::flink::Shared;
use crate::job::{Job, JobState};

/// Records a second of every simulated source.
const RATE: i64 = 100;

/// Answers about a job, or that there is none.
fn about(shared: &Shared, id: &str, say: impl FnOnce(&Job, i64, domain::flink_version::VersionNumber) -> Value) -> Answer {
    let mut cluster = shared.lock();
    let (now, version) = (cluster.settle(), cluster.version);
    let job = cluster.job(id).ok_or_else(|| Refusal::no_job(id))?;
    Ok(Json(say(job, now, version)))
}

pub(crate) async fn job(State(shared): State<Shared>, Path(id): Path<String>) -> Answer {
    about(&shared, &id, |job, now, version| {
        let times = JobState::ALL
            .iter()
            .map(|(state, word)| ((*word).to_owned(), json!(job.times.get(state).copied().unwrap_or(0))));
        let mut body = json!({
            "jid": job.id, "name": job.name, "isStoppable": false, "state": job.state, "start-time": job.started_at,
            "end-time": job.ended_at().unwrap_or(-1), "duration": job.ended_at().unwrap_or(now) - job.started_at, "maxParallelism": -1,
            "now": now, "timestamps": times.collect::<Map<_, _>>(),
            "vertices": (0..VERTICES.len()).map(|index| vertex(job, now, index)).collect::<Vec<_>>(),
            "status-counts": status_counts(job), "plan": plan_of(job),
        });
        if version.at_least(1, 20) {
            body["job-type"] = json!("STREAMING");
        }
        body
    })
}

fn status_counts(job: &Job) -> Value {
    let mut counts = json!({"RUNNING": 0, "CANCELING": 0, "CANCELED": 0, "CREATED": 0, "SCHEDULED": 0, "DEPLOYING": 0, "RECONCILING": 0,
        "FINISHED": 0, "INITIALIZING": 0, "FAILED": 0});
    counts[task_state(job)] = json!(VERTICES.len());
    counts
}

fn records(job: &Job, now: i64) -> i64 {
    job.running_since
        .map_or(0, |since| (job.ended_at().unwrap_or(now) - since) * RATE / 1_000)
}

fn vertex(job: &Job, now: i64, index: usize) -> Value {
    let (id, name) = VERTICES[index];
    let records = records(job, now);
    let (read, written) = if index == 0 { (0, records) } else { (records, 0) };
    let mut tasks = task_counts(job, 1);
    if let Some(fields) = tasks.as_object_mut() {
        fields.remove("total");
        *fields = fields.iter().map(|(word, count)| (word.to_uppercase(), count.clone())).collect();
    }
    json!({
        "id": id, "name": name, "maxParallelism": 128, "parallelism": job.parallelism, "status": task_state(job),
        "start-time": job.running_since.unwrap_or(-1), "end-time": job.ended_at().unwrap_or(-1),
        "duration": job.running_since.map_or(-1, |since| now - since), "tasks": tasks,
        "metrics": {"read-bytes": read * 40, "read-bytes-complete": true, "write-bytes": written * 40, "write-bytes-complete": true,
            "read-records": read, "read-records-complete": true, "write-records": written, "write-records-complete": true,
            "accumulated-backpressured-time": 0, "accumulated-idle-time": 0, "accumulated-busy-time": 0.0},
    })
}

fn plan_of(job: &Job) -> Value {
    let node = |index: usize| {
        let (id, name) = VERTICES[index];
        let mut node = json!({"id": id, "parallelism": job.parallelism, "operator": "", "operator_strategy": "", "description": name,
            "optimizer_properties": {}});
        if index > 0 {
            node["inputs"] = json!([{"num": 0, "id": VERTICES[index - 1].0, "ship_strategy": "FORWARD", "exchange": "pipelined_bounded"}]);
        }
        node
    };
    // Flink lists the nodes from the sinks back to the sources.
    json!({"jid": job.id, "name": job.name, "type": "STREAMING", "nodes": (0..VERTICES.len()).rev().map(node).collect::<Vec<_>>()})
}

pub(crate) async fn plan(State(shared): State<Shared>, Path(id): Path<String>) -> Answer {
    about(&shared, &id, |job, _, _| json!({"plan": plan_of(job)}))
}

pub(crate) async fn checkpoints(State(shared): State<Shared>, Path(id): Path<String>) -> Answer {
    about(&shared, &id, |job, now, _| checkpoint::statistics(job, now))
}

pub(crate) async fn exceptions(State(shared): State<Shared>, Path(id): Path<String>) -> Answer {
    about(&shared, &id, |job, _, version| {
        let entries = job.failures.iter().rev().map(|failure| {
            let class = failure.message.split(':').next().unwrap_or_default();
            let mut entry = json!({"exceptionName": class, "stacktrace": failure.message, "timestamp": failure.at,
                "taskName": "Source: events (1/1) - execution #0", "taskManagerId": "127.0.0.1:6122-sim", "concurrentExceptions": []});
            entry[if version.at_least(1, 19) { "endpoint" } else { "location" }] = json!("127.0.0.1:6122");
            entry
        });
        let history = json!({"entries": entries.collect::<Vec<_>>(), "truncated": false});
        let last = job.failures.last();
        if version.at_least(2, 0) {
            return json!({"exceptionHistory": history});
        }
        json!({"root-exception": last.map(|failure| failure.message.as_str()), "timestamp": last.map(|failure| failure.at),
            "all-exceptions": [], "truncated": false, "exceptionHistory": history})
    })
}

pub(crate) async fn config(State(shared): State<Shared>, Path(id): Path<String>) -> Answer {
    about(&shared, &id, |job, _, _| {
        json!({"jid": job.id, "name": job.name, "execution-config": {"execution-mode": "PIPELINED",
            "restart-strategy": "Cluster level default restart strategy", "job-parallelism": job.parallelism, "object-reuse-mode": false,
            "user-config": job.configuration}})
    })
}

pub(crate) async fn execution_result(State(shared): State<Shared>, Path(id): Path<String>) -> Answer {
    about(&shared, &id, |job, now, _| {
        let status = match job.state {
            JobState::Finished => "SUCCEEDED",
            JobState::Failed => "FAILED",
            JobState::Canceled => "CANCELED",
            _ => return json!({"status": {"id": "IN_PROGRESS"}}),
        };
        let cause = job.failures.last().filter(|_| status == "FAILED").map(|failure| {
            json!({"class": failure.message.split(':').next(), "stack-trace": failure.message, "serialized-throwable": "rO0ABQ=="})
        });
        let runtime = job.ended_at().unwrap_or(now) - job.started_at;
        json!({"status": {"id": "COMPLETED"}, "job-execution-result": {"id": job.id, "application-status": status,
            "accumulator-results": {}, "net-runtime": runtime, "failure-cause": cause}})
    })
}

pub(crate) async fn subtask_metrics(
    State(shared): State<Shared>,
    Path((id, _)): Path<(String, String)>,
    Query(query): Query<BTreeMap<String, String>>,
) -> Answer {
    about(&shared, &id, |_, _, _| {
        let names = query
            .get("get")
            .map_or("", String::as_str)
            .split(',')
            .filter(|name| !name.is_empty());
        let row = |name: &str| {
            let value = match name {
                "busyTimeMsPerSecond" => 120.0,
                "backPressuredTimeMsPerSecond" => 0.0,
                "idleTimeMsPerSecond" => 880.0,
                _ => 100.0,
            };
            json!({"id": name, "min": value, "max": value, "avg": value, "sum": value})
        };
        Value::Array(names.map(row).collect())
    })
}
