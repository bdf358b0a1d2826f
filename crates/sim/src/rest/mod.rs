//! Flink's endpoints, with and without the `/v1` prefix.

mod details;
mod jars;
mod jobs;
mod overview;
mod pages;
mod processes;
mod savepoints;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::Uri;
use axum::routing::{delete, get, post};

use crate::answer::Refusal;
use crate::flink::Shared;

/// All of them.
pub(crate) fn router(shared: Shared) -> Router {
    let endpoints = Router::new()
        .route("/", get(pages::index))
        .route("/main.js", get(pages::script))
        .route("/overview", get(overview::overview))
        .route("/config", get(overview::config))
        .route("/jobmanager/config", get(overview::jobmanager_config))
        .route("/jars", get(jars::list))
        .route("/jars/upload", post(jars::upload))
        .route("/jars/{jarid}", delete(jars::remove))
        .route("/jars/{jarid}/run", post(jars::run))
        .route("/jobs", get(jobs::ids))
        .route("/jobs/overview", get(jobs::overview))
        .route("/jobs/{jobid}", get(details::job).patch(jobs::cancel))
        .route("/jobs/{jobid}/status", get(jobs::status))
        .route("/jobs/{jobid}/plan", get(details::plan))
        .route("/jobs/{jobid}/checkpoints", get(details::checkpoints))
        .route("/jobs/{jobid}/exceptions", get(details::exceptions))
        .route("/jobs/{jobid}/config", get(details::config))
        .route("/jobs/{jobid}/execution-result", get(details::execution_result))
        .route("/jobs/{jobid}/vertices/{vertexid}/subtasks/metrics", get(details::subtask_metrics))
        .route("/jobs/{jobid}/savepoints", post(savepoints::trigger))
        .route("/jobs/{jobid}/stop", post(savepoints::stop))
        .route("/jobs/{jobid}/savepoints/{triggerid}", get(savepoints::look))
        .route("/taskmanagers", get(processes::task_managers))
        .route("/taskmanagers/{id}", get(processes::task_manager))
        .route("/taskmanagers/{id}/log", get(processes::task_manager_log))
        .route("/taskmanagers/{id}/logs", get(processes::task_manager_logs))
        .route("/taskmanagers/{id}/logs/{name}", get(processes::task_manager_file))
        .route("/jobmanager/log", get(processes::jobmanager_log))
        .route("/jobmanager/logs", get(processes::jobmanager_logs))
        .route("/jobmanager/logs/{name}", get(processes::jobmanager_file));
    Router::new()
        .merge(endpoints.clone())
        .nest("/v1", endpoints)
        .fallback(unknown)
        .layer(DefaultBodyLimit::disable())
        .with_state(shared)
}

async fn unknown(uri: Uri) -> Refusal {
    Refusal::not_found(format!("Not found: {}", uri.path()))
}
