//! Starting and stopping the processes of a local cluster.

use axum::Json;
use axum::extract::State;
use domain::actions::Verdict;
use domain::cluster_view::{ClusterActions, cluster_actions};
use domain::operation::Request;
use domain::time::MINUTE;
use http::StatusCode;
use store::{NewClusterOperation, now};

use crate::app::App;
use crate::cluster::facts;
use crate::extract::Command;
use crate::operation::Operation;
use crate::problem::Problem;
use crate::request::{Accepted, answered, moving_on, request_cluster};
use crate::run::NoChoices;
use crate::scope::ClusterScope;

/// How long the processes may take to come up or to end: JVMs on a busy host take a minute.
const DEADLINE: i64 = 3 * MINUTE;
/// As for jobs: how often a cluster may move on while a decision is being made.
const TRIES: usize = 5;

/// Starts a local cluster's processes.
///
/// # Errors
/// 409 with the reason or the operation in the way.
#[utoipa::path(
    post,
    path = "/clusters/{cluster}/start",
    tag = "clusters",
    params(("idempotency-key" = Option<String>, Header, description = "The same key and body within 24 hours answer the same operation")),
    request_body = NoChoices,
    responses((status = 202, description = "Accepted", body = Operation)),
)]
pub async fn start_cluster(
    State(app): State<App>,
    of: ClusterScope,
    command: Command<NoChoices>,
) -> Result<(StatusCode, Json<Operation>), Problem> {
    ask(&app, &of, Request::ClusterStart, command).await
}

/// Ends a local cluster's processes; its jobs end with it.
///
/// # Errors
/// 409 with the reason or the operation in the way.
#[utoipa::path(
    post,
    path = "/clusters/{cluster}/stop",
    tag = "clusters",
    params(("idempotency-key" = Option<String>, Header, description = "The same key and body within 24 hours answer the same operation")),
    request_body = NoChoices,
    responses((status = 202, description = "Accepted", body = Operation)),
)]
pub async fn stop_cluster(
    State(app): State<App>,
    of: ClusterScope,
    command: Command<NoChoices>,
) -> Result<(StatusCode, Json<Operation>), Problem> {
    ask(&app, &of, Request::ClusterStop, command).await
}

fn verdict(actions: ClusterActions, request: &Request) -> Verdict {
    if matches!(request, Request::ClusterStop) {
        actions.stop
    } else {
        actions.start
    }
}

async fn ask(app: &App, of: &ClusterScope, request: Request, command: Command<NoChoices>) -> Result<Accepted, Problem> {
    if let Some(done) = answered(app, command.key.as_ref()).await? {
        return Ok(done);
    }
    let (team_id, id) = (of.scope.team_id, of.cluster.id);
    for _ in 0..TRIES {
        let facts = facts(app, app.store.cluster(team_id, id).await?, None).await?;
        let verdict = verdict(cluster_actions(&facts.cluster, facts.operation.as_ref(), facts.live_runs), &request);
        let open = facts.operation.as_ref().map(|open| open.id);
        if !verdict.allowed {
            let problem = Problem::conflict(verdict.code, verdict.reason);
            return Err(open.map_or(problem.clone(), |open| problem.operation(open)));
        }
        let new = NewClusterOperation {
            team_id,
            cluster_id: id,
            request: request.clone(),
            requested_by: Some(of.scope.user_id()),
            deadline_at: now().plus(DEADLINE),
            generation: Some(facts.cluster.generation),
            supersede: open,
            idempotency: command.key.clone(),
            message: String::new(),
        };
        if let Some(accepted) = request_cluster(app, new).await? {
            return Ok(accepted);
        }
    }
    Err(moving_on())
}
