//! `/__sim/…`: the script of the simulated cluster for another process, on Flink's own port.
//!
//! | request | does |
//! | --- | --- |
//! | `POST /__sim/faults` | adds a [`Fault`]: `{"endpoint":"POST /jars/:id/run","times":1,"fault":{"kind":"loseAnswer"}}` |
//! | `DELETE /__sim/faults` | removes all |
//! | `POST /__sim/down` `{"down":true}` | breaks every connection to Flink's endpoints |
//! | `POST /__sim/restart` | a new life of the JobManager, see [`RestartOptions`] |
//! | `POST /__sim/plan` `{"name":"orders","plan":{…}}` | how jobs go, all or those of a name, see [`JobPlan`] |
//! | `POST /__sim/savepoints` | how savepoints go, see [`SavepointPlan`] |
//! | `POST /__sim/slots` `{"taskManagers":1,"slots":4}` | registered TaskManagers and slots of each |
//! | `GET /__sim/jobs` | jobs, and how often `main` ran for each id |
//! | `POST /__sim/jobs` `{"count":3,"name":"x"}` | running jobs that nobody submitted |
//! | `POST /__sim/jobs/:id` `{"state":"FAILED","failure":"…"}` | puts a job into a state |
//! | `DELETE /__sim/jobs/:id` | makes the JobManager forget it |
//! | `GET`, `DELETE /__sim/requests` | the [record](crate::Record) of requests, and starts it anew |

use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::fault::Fault;
use crate::flink::{Flink, RestartOptions, Shared};
use crate::job::JobState;
use crate::options::{JobPlan, SavepointPlan};
use crate::record::Record;

/// The routes below `/__sim`.
pub(crate) fn router(shared: Shared) -> Router {
    Router::new()
        .route("/__sim/faults", post(add_fault).delete(clear_faults))
        .route("/__sim/down", post(down))
        .route("/__sim/restart", post(restart))
        .route("/__sim/plan", post(plan))
        .route("/__sim/savepoints", post(savepoints))
        .route("/__sim/slots", post(slots))
        .route("/__sim/jobs", get(jobs).post(add_jobs))
        .route("/__sim/jobs/{id}", post(set_job).delete(forget_job))
        .route("/__sim/requests", get(requests).delete(clear_requests))
        .layer(DefaultBodyLimit::disable())
        .with_state(shared)
}

/// Calls the handle's own functions: one script for both ways.
fn with<T>(shared: &Shared, act: impl FnOnce(&Flink) -> T) -> T {
    act(&Flink::view(shared.clone()))
}

async fn add_fault(State(shared): State<Shared>, Json(fault): Json<Fault>) {
    with(&shared, |flink| flink.fault(fault));
}

async fn clear_faults(State(shared): State<Shared>) {
    with(&shared, Flink::clear_faults);
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Down {
    down: bool,
}

async fn down(State(shared): State<Shared>, Json(body): Json<Down>) {
    with(&shared, |flink| flink.set_down(body.down));
}

async fn restart(State(shared): State<Shared>, Json(options): Json<RestartOptions>) -> Json<Value> {
    with(&shared, |flink| {
        flink.restart(&options);
        Json(json!({"incarnation": flink.incarnation()}))
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlanOf {
    name: Option<String>,
    plan: JobPlan,
}

async fn plan(State(shared): State<Shared>, Json(body): Json<PlanOf>) {
    with(&shared, |flink| match body.name {
        Some(name) => flink.set_plan_of(&name, body.plan),
        None => flink.set_plan(body.plan),
    });
}

async fn savepoints(State(shared): State<Shared>, Json(plan): Json<SavepointPlan>) {
    with(&shared, |flink| flink.set_savepoints(plan));
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SlotsOf {
    task_managers: u32,
    slots: u32,
}

async fn slots(State(shared): State<Shared>, Json(body): Json<SlotsOf>) {
    with(&shared, |flink| flink.set_slots(body.task_managers, body.slots));
}

async fn jobs(State(shared): State<Shared>) -> Json<Value> {
    let jobs = with(&shared, Flink::jobs);
    let executions = shared.lock().main_executions.clone();
    Json(json!({"jobs": jobs, "mainExecutions": executions}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Added {
    count: u32,
    name: String,
}

async fn add_jobs(State(shared): State<Shared>, Json(body): Json<Added>) -> Json<Vec<String>> {
    Json(with(&shared, |flink| flink.add_running(body.count, &body.name)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewState {
    state: JobState,
    failure: Option<String>,
}

const fn found(known: bool) -> StatusCode {
    if known { StatusCode::OK } else { StatusCode::NOT_FOUND }
}

async fn set_job(State(shared): State<Shared>, Path(id): Path<String>, Json(body): Json<NewState>) -> StatusCode {
    found(with(&shared, |flink| flink.set_job(&id, body.state, body.failure.as_deref())))
}

async fn forget_job(State(shared): State<Shared>, Path(id): Path<String>) -> StatusCode {
    found(with(&shared, |flink| flink.forget_job(&id)))
}

async fn requests(State(shared): State<Shared>) -> Json<Record> {
    Json(with(&shared, Flink::record))
}

async fn clear_requests(State(shared): State<Shared>) {
    with(&shared, Flink::clear_record);
}
