//! Turns the notes of a plan into one transaction.

use domain::cluster::Cluster;
use domain::effect::{EffectKind, EffectState};
use domain::id::OperationId;
use domain::job::Desired;
use domain::operation::{Operation, OperationState, Request};
use domain::plan::{Action, Sights};
use domain::restart::{GivenUp, attempt_words};
use domain::run::{Run, RunEnd, StartOptions};
use domain::snapshot::{Snapshot, SnapshotKind, SnapshotState};
use domain::status::{JobFacts, outcome_word};
use domain::time::MINUTE;
use store::{Lease, NewApplication, NewEvent, StoreError, Write};

use crate::cluster::{end_operation, push_step};
use crate::{Engine, checkpoint, evidence};

/// How long a restart by policy may take, as a start.
const RESTART_DEADLINE: i64 = 10 * MINUTE;

/// Writes all notes of a plan together; calls among the actions are left alone.
pub(crate) async fn write(
    engine: &Engine,
    lease: Option<&Lease>,
    facts: &JobFacts,
    sights: &Sights,
    actions: &[Action],
) -> Result<(), StoreError> {
    let mut notes = Notes::of(facts);
    for action in actions {
        match action {
            Action::EndRun(end) => {
                notes.end_run(end);
                let newest = sights.evidence.as_ref().and_then(|found| found.checkpoint.as_ref());
                notes.writes.extend(checkpoint::after_end(engine, facts, newest).await?);
                notes.writes.extend(evidence::keep(facts, sights.evidence.as_ref()));
            }
            Action::MarkRunning => notes.mark_running(),
            Action::MarkGhost(alive) => notes.mark_ghost(*alive),
            Action::RecordSnapshot(snapshot) => notes.record_snapshot(snapshot),
            Action::Step {
                operation_id,
                name,
                detail,
            } => notes.step(*operation_id, name, detail),
            Action::Finish {
                operation_id,
                state,
                error,
                desired,
            } => {
                notes.finish(*operation_id, *state, error.clone());
                notes.desire(*desired);
            }
            Action::DeleteJob => notes.delete_job(),
            Action::Restart { number, options } => notes.restart(*number, options),
            Action::GiveUpRestarts { reason } => notes.give_up(reason),
            Action::Submit { .. }
            | Action::Adopt { .. }
            | Action::TriggerSavepoint { .. }
            | Action::StopWithSavepoint { .. }
            | Action::Cancel { .. }
            | Action::DeleteCluster { .. }
            | Action::CollectEvidence => {}
        }
    }
    let writes = notes.into_writes();
    if writes.is_empty() {
        Ok(())
    } else {
        engine.store.commit(lease, writes).await
    }
}

/// One more cluster like that of the application that ended.
fn again(cluster: &Cluster) -> Option<NewApplication> {
    cluster.is_application().then_some(())?;
    Some(NewApplication {
        target_id: cluster.target_id?,
        version: cluster.version?,
        configuration: cluster.configuration.clone(),
    })
}

/// The writes so far, with the operations and the run as they will be.
struct Notes<'a> {
    facts: &'a JobFacts,
    operations: Vec<(Operation, bool)>,
    run: Option<(Run, bool)>,
    writes: Vec<Write>,
}

impl<'a> Notes<'a> {
    fn of(facts: &'a JobFacts) -> Self {
        let operations = facts
            .lifecycle
            .iter()
            .chain(&facts.savepoint)
            .map(|open| (open.clone(), false))
            .collect();
        Self {
            facts,
            operations,
            run: facts.run.clone().map(|run| (run, false)),
            writes: Vec::new(),
        }
    }

    fn operation(&mut self, id: OperationId) -> Option<&mut Operation> {
        self.operations
            .iter_mut()
            .find(|(operation, _)| operation.id == id)
            .map(|(operation, changed)| {
                *changed = true;
                operation
            })
    }

    fn run(&mut self) -> Option<&mut Run> {
        self.run.as_mut().map(|(run, changed)| {
            *changed = true;
            run
        })
    }

    fn event(&self, code: &str, message: String) -> NewEvent {
        let event = NewEvent::new(self.facts.job.team_id, code, message).job(self.facts.job.id);
        match &self.facts.run {
            Some(run) => event.run(run.id),
            None => event,
        }
    }

    fn end_run(&mut self, end: &RunEnd) {
        let event = self.event("run_ended", format!("Ended: {}. {}", outcome_word(end.outcome), end.reason));
        if let Some((run, _)) = &self.run {
            self.writes.push(Write::EndRun {
                run_id: run.id,
                end: end.clone(),
                events: vec![event],
            });
        }
    }

    fn mark_running(&mut self) {
        let now = store::now();
        let first = self
            .run()
            .is_some_and(|run| run.running_at.replace(run.running_at.unwrap_or(now)).is_none());
        if first {
            let message = self.running();
            let event = self.event("run_running", message);
            self.writes.push(Write::Event(event));
        }
    }

    /// Flink may run a job and refuse its submission all the same: the main method of a jar was broken off after it
    /// had started its job.
    fn running(&self) -> String {
        let run = self.facts.run.as_ref().map(|run| run.id);
        let refused = self
            .facts
            .effects
            .iter()
            .find(|effect| effect.kind == EffectKind::Submit && effect.state == EffectState::Refused && Some(effect.run_id) == run);
        match refused.and_then(|effect| effect.answer.as_deref()) {
            Some(answer) => format!("All tasks run, although Flink refused the rest of the submission: {answer}"),
            None => "All tasks run.".to_owned(),
        }
    }

    fn mark_ghost(&mut self, alive: bool) {
        let since = alive.then(store::now);
        if let Some(run) = self.run() {
            run.ghost_since = since;
        }
        let (code, message) = if alive {
            ("ghost_seen", "Seen alive in Flink after its end.")
        } else {
            ("ghost_gone", "Not alive in Flink any more.")
        };
        let event = self.event(code, message.to_owned());
        self.writes.push(Write::Event(event));
    }

    fn record_snapshot(&mut self, snapshot: &Snapshot) {
        let place = snapshot.path.as_deref().unwrap_or(&snapshot.directory);
        let (code, message) = match snapshot.state {
            SnapshotState::Complete => ("savepoint_complete", format!("Savepoint complete: {place}")),
            SnapshotState::Unverified => ("savepoint_unverified", format!("Savepoint unverified: {place}")),
            SnapshotState::Failed | SnapshotState::Triggering => (
                "savepoint_failed",
                format!("Savepoint failed: {}", snapshot.error.as_deref().unwrap_or("no cause given")),
            ),
        };
        self.writes.push(Write::Snapshot(snapshot.clone()));
        if snapshot.kind == SnapshotKind::Savepoint {
            let mut event = self.event(code, message);
            event.operation_id = snapshot.operation_id;
            self.writes.push(Write::Event(event));
        }
    }

    fn step(&mut self, id: OperationId, name: &str, detail: &str) {
        if let Some(operation) = self.operation(id) {
            push_step(operation, name, detail.to_owned());
        }
    }

    fn finish(&mut self, id: OperationId, state: OperationState, error: Option<domain::operation::OperationError>) {
        if let Some(operation) = self.operation(id) {
            let event = end_operation(operation, state, error);
            self.writes.push(Write::Event(event));
        }
    }

    /// A stop that failed: the run goes on and carries no stop intent any more.
    fn desire(&mut self, desired: Option<Desired>) {
        let Some(desired) = desired else { return };
        let job = &self.facts.job;
        self.writes.push(Write::Desired {
            job_id: job.id,
            generation: job.generation,
            desired,
        });
        if let Some(run) = self.run() {
            run.stop_intent = None;
        }
    }

    /// The policy's own start: an operation of the same intent, asked for by nobody.
    fn restart(&mut self, number: u32, options: &StartOptions) {
        let (Some(run), Some(restart)) = (&self.facts.run, &self.facts.restart) else {
            return;
        };
        let ended = run.end.as_ref().map_or("", |end| end.reason.as_str());
        let attempt = attempt_words(&restart.policy, number);
        let now = store::now();
        let operation = Operation {
            id: OperationId(store::new_id()),
            team_id: run.team_id,
            job_id: Some(run.job_id),
            cluster_id: None,
            request: Request::Restart {
                release_id: run.release_id,
                options: options.clone(),
            },
            generation: run.generation,
            run_id: None,
            snapshot_id: None,
            state: OperationState::Running,
            steps: Vec::new(),
            error: None,
            requested_by: None,
            created_at: now,
            deadline_at: now.plus(RESTART_DEADLINE),
            ended_at: None,
            revision: 1,
        };
        self.writes.push(Write::BeginRestart {
            after: run.id,
            operation,
            message: format!("Restarting by policy ({attempt}). It ended: {ended}"),
            application: self.facts.cluster.as_ref().and_then(|cluster| again(&cluster.cluster)),
        });
    }

    fn give_up(&mut self, reason: &str) {
        let Some(run) = &self.facts.run else { return };
        self.writes.push(Write::GiveUpRestarts {
            team_id: run.team_id,
            job_id: run.job_id,
            given_up: GivenUp {
                run_id: run.id,
                at: store::now(),
                reason: reason.to_owned(),
            },
        });
    }

    fn delete_job(&mut self) {
        self.writes.push(Write::DeleteJob(self.facts.job.id));
        if let Some(id) = self.facts.job.lifecycle_id {
            self.finish(id, OperationState::Succeeded, None);
        }
    }

    fn into_writes(self) -> Vec<Write> {
        let run = self
            .run
            .into_iter()
            .filter(|(_, changed)| *changed)
            .map(|(run, _)| Write::UpdateRun(run));
        let operations = self
            .operations
            .into_iter()
            .filter(|(_, changed)| *changed)
            .map(|(operation, _)| Write::Operation(operation));
        let mut writes: Vec<Write> = run.collect();
        writes.extend(self.writes);
        writes.extend(operations);
        writes
    }
}
