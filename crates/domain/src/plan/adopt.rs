//! The walk of Adopt: a Flink job that somebody else started becomes the job's run. Nothing is sent to Flink; it
//! has to be seen on the cluster first, and is followed from then on like a run that was submitted from here.

use super::{Action, Sights, failed, reachable, start, step};
use crate::id::RunId;
use crate::operation::{Operation, OperationError};
use crate::run::{Run, StartOptions};
use crate::status::JobFacts;
use crate::time::Millis;

pub(super) fn adopt(facts: &JobFacts, operation: &Operation, run_id: RunId, now: Millis) -> Vec<Action> {
    let begun = facts.run.as_ref().is_some_and(|run| run.generation == operation.generation);
    if begun {
        return start::start(facts, &Sights::default(), operation, &StartOptions::default(), now);
    }
    if facts.run.as_ref().is_some_and(Run::live) {
        return vec![failed(operation, old_run_alive(), None)];
    }
    if !reachable(facts) {
        return step(operation, "wait_for_cluster", "Waiting for the cluster to answer.");
    }
    if listed(facts, run_id) {
        return vec![Action::Adopt { run_id }];
    }
    vec![failed(operation, not_listed(run_id), None)]
}

fn listed(facts: &JobFacts, run_id: RunId) -> bool {
    let id = run_id.flink_job_id();
    facts
        .cluster
        .as_ref()
        .is_some_and(|cluster| cluster.look.unmanaged.iter().any(|job| job.flink_job_id == id))
}

fn old_run_alive() -> OperationError {
    OperationError {
        code: "old_run_alive".to_owned(),
        message: "A run of this job may still be running.".to_owned(),
        hint: "Stop it or detach it, then adopt.".to_owned(),
    }
}

fn not_listed(run_id: RunId) -> OperationError {
    OperationError {
        code: "not_unmanaged".to_owned(),
        message: format!("Flink job {} does not run on the cluster any more.", run_id.flink_job_id()),
        hint: "Look at the cluster's unmanaged jobs, and choose one that is there.".to_owned(),
    }
}
