//! Handing an operation to the store: decide on fresh facts, ask for the one place on the job, and tell
//! the others whose operation has it.

use axum::Json;
use domain::actions::Verdict;
use domain::id::{ClusterId, OperationId};
use domain::operation::Request as Wanted;
use domain::status::JobFacts;
use http::StatusCode;
use store::{Idempotency, NewApplication, NewClusterOperation, NewOperation, Requested, now};

use crate::app::App;
use crate::operation::{self, Operation};
use crate::problem::Problem;
use crate::scope::JobScope;

/// How often a job may move on while a decision is being made before the caller is asked to look again.
const TRIES: usize = 5;

/// The answer to a request that was taken.
pub(crate) type Accepted = (StatusCode, Json<Operation>);

/// What is asked, whatever the decision will be.
pub(crate) struct Request<'a> {
    /// The job and its caller.
    pub of: &'a JobScope,
    /// Milliseconds until it is given up.
    pub deadline: i64,
    /// The sentence of the event; empty for a standard one.
    pub message: String,
    /// The caller's key against doing it twice.
    pub key: Option<Idempotency>,
}

impl<'a> Request<'a> {
    /// What is asked of a job.
    pub(crate) const fn new(of: &'a JobScope, deadline: i64, message: String, key: Option<Idempotency>) -> Self {
        Self {
            of,
            deadline,
            message,
            key,
        }
    }
}

/// What facts say about a request.
pub(crate) struct Decision {
    /// Whether it is allowed.
    pub verdict: Verdict,
    /// What to do.
    pub request: Wanted,
    /// The open operation whose place it takes.
    pub supersede: Option<OperationId>,
    /// Where the job stands from now on.
    pub place: Place,
}

/// Where a job stands from now on; by default where it is.
#[derive(Clone, Default)]
pub(crate) struct Place {
    /// On this session cluster.
    pub cluster_id: Option<ClusterId>,
    /// On a cluster of its own.
    pub application: Option<NewApplication>,
}

/// The operation that this key was answered with before, whatever has become of the job since.
///
/// # Errors
/// 422 `idempotency_mismatch` when the key was used with another request.
pub(crate) async fn answered(app: &App, key: Option<&Idempotency>) -> Result<Option<Accepted>, Problem> {
    let Some(key) = key else { return Ok(None) };
    match app.store.answered(key).await {
        Ok(Some(operation)) => accepted(app, operation).await.map(Some),
        Ok(None) => Ok(None),
        Err(refused) => Err(refusal(refused)),
    }
}

/// Asks the store for an operation on a job.
///
/// # Errors
/// 409 with the verdict's reason or `operation_running`, 422 `idempotency_mismatch`.
pub(crate) async fn request(app: &App, asked: Request<'_>, decide: impl Fn(&JobFacts) -> Decision) -> Result<Accepted, Problem> {
    let scope = &asked.of.scope;
    for _ in 0..TRIES {
        let facts = app.store.job_view(scope.team_id, asked.of.job.id).await?;
        let decision = decide(&facts);
        if !decision.verdict.allowed {
            return Err(denied(&decision, &facts));
        }
        let new = NewOperation {
            team_id: scope.team_id,
            job_id: asked.of.job.id,
            request: decision.request,
            cluster_id: decision.place.cluster_id,
            application: decision.place.application,
            requested_by: Some(scope.user_id()),
            deadline_at: now().plus(asked.deadline),
            generation: Some(facts.job.generation),
            supersede: decision.supersede,
            idempotency: asked.key.clone(),
            message: asked.message.clone(),
        };
        match app.store.request_operation(new).await {
            Ok(operation) => {
                scope
                    .note
                    .after(serde_json::json!({ "operation": operation.id, "request": operation.request }));
                return accepted(app, operation).await;
            }
            Err(Requested::Changed) => {}
            Err(refused) => return Err(refusal(refused)),
        }
    }
    Err(moving_on())
}

/// Asks the store for an operation on a cluster.
///
/// # Errors
/// 409 `operation_running`, 422 `idempotency_mismatch`; `None` when the cluster has moved on meanwhile.
pub(crate) async fn request_cluster(app: &App, new: NewClusterOperation) -> Result<Option<Accepted>, Problem> {
    match app.store.request_cluster(new).await {
        Ok(operation) => accepted(app, operation).await.map(Some),
        Err(Requested::Changed) => Ok(None),
        Err(refused) => Err(refusal(refused)),
    }
}

/// The answer when something kept changing while it was asked.
pub(crate) fn moving_on() -> Problem {
    Problem::conflict("changing", "It kept changing while this was asked; nothing was done.")
        .hint("Look again and repeat it if you still want it.")
}

/// A verdict as a problem, with the operation that is in the way.
fn denied(decision: &Decision, facts: &JobFacts) -> Problem {
    let problem = Problem::conflict(decision.verdict.code, decision.verdict.reason.clone());
    let savepoint = facts.savepoint.as_ref().filter(|_| matches!(decision.request, Wanted::Savepoint));
    match savepoint.or(facts.lifecycle.as_ref()) {
        Some(open) if decision.verdict.code == "operation_running" => problem.operation(open.id),
        _ => problem,
    }
}

fn refusal(refused: Requested) -> Problem {
    match refused {
        Requested::Busy(open) => Problem::conflict("operation_running", format!("Another operation is under way: {}.", open.id))
            .operation(open.id)
            .hint("Wait for it, or cancel it."),
        Requested::Mismatch => Problem::unprocessable("idempotency_mismatch", "This idempotency key was used for another request.")
            .field("Idempotency-Key")
            .hint("Take a new key for a new request."),
        Requested::Changed => moving_on(),
        Requested::Store(error) => error.into(),
    }
}

async fn accepted(app: &App, operation: domain::operation::Operation) -> Result<Accepted, Problem> {
    Ok((StatusCode::ACCEPTED, Json(operation::view(app, operation).await?)))
}
