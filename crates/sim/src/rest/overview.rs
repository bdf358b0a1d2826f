//! The cluster as a whole: `/overview`, `/config`, `/jobmanager/config`.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use crate::flink::Shared;
use crate::job::JobState;

pub(crate) async fn overview(State(shared): State<Shared>) -> Json<Value> {
    let mut cluster = shared.lock();
    let now = cluster.settle();
    let recovering = now < cluster.recovering_until;
    let count = |is: fn(JobState) -> bool| {
        if recovering {
            0
        } else {
            cluster.jobs.values().filter(|job| is(job.state)).count()
        }
    };
    Json(json!({
        "taskmanagers": cluster.task_managers,
        "slots-total": cluster.slots.total,
        "slots-available": cluster.slots.free(),
        "jobs-running": count(|state| !state.ended()),
        "jobs-finished": count(|state| state == JobState::Finished),
        "jobs-cancelled": count(|state| state == JobState::Canceled),
        "jobs-failed": count(|state| state == JobState::Failed),
        "flink-version": cluster.version.to_string(),
        "flink-commit": "0000000",
    }))
}

pub(crate) async fn config(State(shared): State<Shared>) -> Json<Value> {
    let version = shared.lock().version;
    let mut features = json!({"web-submit": true});
    if version.at_least(1, 20) {
        features = json!({"web-submit": true, "web-cancel": true, "web-rescale": false, "web-history": false});
    }
    Json(json!({
        "refresh-interval": 3000,
        "timezone-name": "Coordinated Universal Time",
        "timezone-offset": 0,
        "flink-version": version.to_string(),
        "flink-revision": "0000000 @ 2026-01-01T00:00:00+00:00",
        "features": features,
    }))
}

pub(crate) async fn jobmanager_config(State(shared): State<Shared>) -> Json<Value> {
    let cluster = shared.lock();
    let mut rows = vec![
        json!({"key": "jobmanager.rpc.address", "value": "127.0.0.1"}),
        json!({"key": "web.tmpdir", "value": format!("/tmp/flink-web-{}", cluster.incarnation)}),
        json!({"key": "parallelism.default", "value": "1"}),
        json!({"key": "s3.secret-key", "value": "******"}),
    ];
    let more = cluster.configuration.iter();
    rows.extend(more.map(|(key, value)| json!({"key": key, "value": value})));
    Json(Value::Array(rows))
}
