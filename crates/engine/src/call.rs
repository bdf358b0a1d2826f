//! Calls outside: the effect is written as intended, then as sent, then the call is made, then its answer is
//! written. A server killed between any two of these leaves a row from which the next one goes on.

use domain::cluster::Cluster;
use domain::effect::{Effect, EffectKind, EffectState};
use domain::id::{EffectId, OperationId, RunId, SnapshotId};
use domain::operation::{Operation, Request};
use domain::plan::Action;
use domain::plan::start::submitting;
use domain::plan::{CANCELLING, DELETING};
use domain::ports::{Endpoint, PortError, SavepointRequest, Submission};
use domain::release::Release;
use domain::run::{Run, RunCause, StartOptions, StopMode};
use domain::snapshot::{Snapshot, SnapshotKind, SnapshotState};
use domain::status::JobFacts;
use domain::variable::PinnedVariable;
use store::{Lease, NewEvent, StoreError, Write};

use crate::{Engine, application, kubernetes, log, observe, submission, variable};

/// Makes one call of a plan.
pub(crate) async fn make(engine: &Engine, lease: Option<&Lease>, facts: &JobFacts, action: &Action) -> Result<(), StoreError> {
    let Some(endpoint) = facts.cluster.as_ref().and_then(|cluster| to(&cluster.cluster)) else {
        return Ok(());
    };
    let caller = Caller {
        engine,
        lease,
        facts,
        endpoint,
    };
    match action {
        Action::Submit { new: true, restore_path } => caller.submit_new(restore_path.clone()).await,
        Action::Submit { new: false, .. } => caller.submit_again().await,
        Action::Adopt { run_id } => caller.adopt(*run_id).await,
        Action::TriggerSavepoint { operation_id } => caller.savepoint(*operation_id, None).await,
        Action::StopWithSavepoint { operation_id, drain } => caller.savepoint(*operation_id, Some(*drain)).await,
        Action::Cancel { operation_id } => caller.cancel(*operation_id, EffectKind::Cancel).await,
        Action::DeleteCluster { operation_id } => caller.cancel(*operation_id, EffectKind::DeleteCluster).await,
        _ => Ok(()),
    }
}

/// Where calls go. The cluster of an application has no address before it is submitted, and only what needs none is planned
/// until then.
fn to(cluster: &Cluster) -> Option<Endpoint> {
    let without = || {
        Some(Endpoint {
            rest_url: String::new(),
            version: cluster.version.filter(|_| cluster.is_application())?,
            connection: None,
        })
    };
    observe::endpoint(cluster).or_else(without)
}

struct Caller<'a> {
    engine: &'a Engine,
    lease: Option<&'a Lease>,
    facts: &'a JobFacts,
    endpoint: Endpoint,
}

impl Caller<'_> {
    async fn commit(&self, writes: Vec<Write>) -> Result<(), StoreError> {
        self.engine.store.commit(self.lease, writes).await
    }

    fn operation(&self, id: OperationId) -> Option<&Operation> {
        self.facts
            .lifecycle
            .iter()
            .chain(&self.facts.savepoint)
            .find(|operation| operation.id == id)
    }

    fn incarnation(&self) -> Option<String> {
        self.facts.cluster.as_ref().and_then(|cluster| cluster.look.incarnation.clone())
    }

    fn event(&self, code: &str, message: String, run: RunId, operation: OperationId) -> Write {
        Write::Event(
            NewEvent::new(self.facts.job.team_id, code, message)
                .job(self.facts.job.id)
                .run(run)
                .operation(operation),
        )
    }

    fn intended(operation_id: OperationId, run_id: RunId, kind: EffectKind, name: String) -> Effect {
        Effect {
            id: EffectId(store::new_id()),
            operation_id,
            run_id,
            kind,
            name,
            incarnation: None,
            state: EffectState::Intended,
            answer: None,
            tries: 0,
            intended_at: store::now(),
            sent_at: None,
            answered_at: None,
        }
    }

    /// Marks an effect as sent; the next thing that happens is the call.
    async fn sent(&self, effect: Effect) -> Result<Effect, StoreError> {
        self.sent_with(effect, Vec::new()).await
    }

    /// The same with what belongs to it.
    async fn sent_with(&self, mut effect: Effect, more: Vec<Write>) -> Result<Effect, StoreError> {
        effect.incarnation = self.incarnation();
        effect.state = EffectState::Sent;
        effect.tries += 1;
        effect.sent_at = Some(store::now());
        self.commit(std::iter::once(Write::Effect(effect.clone())).chain(more).collect())
            .await?;
        Ok(effect)
    }

    /// Writes what came of a call.
    async fn answered(&self, mut effect: Effect, answer: Result<Option<String>, PortError>) -> Result<(), StoreError> {
        effect.answered_at = Some(store::now());
        (effect.state, effect.answer) = match answer {
            Ok(said) => (EffectState::Accepted, said),
            Err(PortError::Refused { message, .. } | PortError::GiveUp(message)) => (EffectState::Refused, Some(message)),
            Err(PortError::Retry(message)) => (EffectState::Unknown, Some(message)),
        };
        let (kind, state) = (format!("{:?}", effect.kind), format!("{:?}", effect.state));
        metrics::counter!("streamwright_effects_total", "kind" => kind, "state" => state).increment(1);
        self.commit(vec![Write::Effect(effect)]).await
    }

    async fn submit_new(&self, restore_path: Option<String>) -> Result<(), StoreError> {
        let Some(operation) = &self.facts.lifecycle else { return Ok(()) };
        let (release_id, options, cause) = match &operation.request {
            Request::Start { release_id, options } => (*release_id, options, RunCause::Start),
            Request::Restart { release_id, options } => (*release_id, options, RunCause::Restart),
            Request::Replace { release_id, options, .. } => (*release_id, options, RunCause::Replace),
            _ => return Ok(()),
        };
        let release = self.engine.store.release_any(release_id).await?;
        let Some(run) = self.new_run(operation, &release, (options, cause), restore_path) else {
            return Ok(());
        };
        let effect = Self::intended(operation.id, run.id, EffectKind::Submit, run.id.flink_job_id());
        let from = run
            .restore_path
            .as_deref()
            .map_or_else(|| "without state".to_owned(), |path| format!("from {path}"));
        let message = format!(
            "Submitting release {} as Flink job {} {from}.",
            release.number,
            run.id.flink_job_id()
        );
        let operation = Operation {
            run_id: Some(run.id),
            ..self.stepped(operation)
        };
        self.commit(vec![
            Write::InsertRun(run.clone()),
            Write::Effect(effect.clone()),
            self.event("run_submitting", message, run.id, operation.id),
            Write::Operation(operation),
        ])
        .await?;
        self.submit(&run, &release, effect).await
    }

    /// A Flink job of somebody else becomes a run, with the effect of a submission that Flink has taken.
    async fn adopt(&self, run_id: RunId) -> Result<(), StoreError> {
        let Some(operation) = &self.facts.lifecycle else { return Ok(()) };
        let Request::Adopt { release_id, .. } = &operation.request else {
            return Ok(());
        };
        let release = self.engine.store.release_any(*release_id).await?;
        let Some(run) = self.new_run(operation, &release, (&StartOptions::default(), RunCause::Adopt), None) else {
            return Ok(());
        };
        let run = Run { id: run_id, ..run };
        let now = Some(store::now());
        let taken = Effect {
            incarnation: self.incarnation(),
            state: EffectState::Accepted,
            answer: Some("It was running already.".to_owned()),
            sent_at: now,
            answered_at: now,
            ..Self::intended(operation.id, run.id, EffectKind::Submit, run.id.flink_job_id())
        };
        let message = format!("Flink job {} was taken over as release {}.", run.id.flink_job_id(), release.number);
        let event = self.event("run_adopted", message, run.id, operation.id);
        let operation = Operation {
            run_id: Some(run.id),
            ..operation.clone()
        };
        let writes = vec![Write::InsertRun(run), Write::Effect(taken), event, Write::Operation(operation)];
        self.commit(writes).await
    }

    /// The operation with the step that the notes of this plan have just written.
    fn stepped(&self, operation: &Operation) -> Operation {
        let mut operation = operation.clone();
        let sentence = self.cluster().map(submitting).unwrap_or_default();
        crate::cluster::push_step(&mut operation, "submit", sentence);
        operation
    }

    fn new_run(
        &self,
        operation: &Operation,
        release: &Release,
        how: (&StartOptions, RunCause),
        restore_path: Option<String>,
    ) -> Option<Run> {
        let cluster = self.cluster()?;
        // The cluster of an application has the run's own digits.
        let id = if cluster.is_application() { cluster.id.0 } else { store::new_id() };
        Some(Run {
            id: RunId(id),
            job_id: self.facts.job.id,
            team_id: self.facts.job.team_id,
            release_id: release.id,
            release_number: release.number,
            cluster_id: cluster.id,
            generation: operation.generation,
            attempt: self.attempt(operation),
            cause: how.1,
            options: how.0.clone(),
            restore_path,
            operation_id: operation.id,
            created_at: store::now(),
            running_at: None,
            stop_intent: None,
            end: None,
            ghost_since: None,
        })
    }

    /// The first run of an intent is attempt 1; a restart by policy is one more of the same intent.
    fn attempt(&self, operation: &Operation) -> i64 {
        let before = self.facts.run.as_ref().filter(|run| run.generation == operation.generation);
        before.map_or(1, |run| run.attempt + 1)
    }

    /// The same run once more: the effect says that nothing, or nothing that arrived, went out.
    async fn submit_again(&self) -> Result<(), StoreError> {
        let Some(run) = &self.facts.run else { return Ok(()) };
        let Some(effect) = self
            .facts
            .effects
            .iter()
            .find(|effect| effect.kind == EffectKind::Submit && effect.run_id == run.id)
        else {
            return Ok(());
        };
        let release = self.engine.store.release_any(run.release_id).await?;
        self.submit(run, &release, effect.clone()).await
    }

    async fn submit(&self, run: &Run, release: &Release, effect: Effect) -> Result<(), StoreError> {
        let (submission, used) = match self.submission(run, release).await {
            Ok(made) => made,
            Err(error) => return self.not_submitted(effect, error).await,
        };
        let of = (run.team_id, run.job_id);
        let used = (!used.is_empty()).then_some(Write::RunVariables {
            of,
            run_id: run.id,
            variables: used,
        });
        let made = match self.cluster().filter(|cluster| cluster.is_application()) {
            Some(cluster) => Some(application::make(self.engine, cluster, release, &submission).await),
            None => None,
        };
        let objects = made.as_ref().and_then(|made| made.as_ref().ok()).map(|made| Write::RunManifests {
            of,
            run_id: run.id,
            objects: made.shown.clone(),
        });
        let effect = self.sent_with(effect, used.into_iter().chain(objects).collect()).await?;
        let answer = match made {
            Some(Ok(made)) => application::create(self.engine, &made).await,
            Some(Err(error)) => Err(error),
            None => self.engine.ports.control.submit(&self.endpoint, &submission).await,
        };
        if let Err(error) = &answer {
            tracing::info!(run = %run.id, %error, "the submission's answer was not a success; looking for the job by its id");
        }
        self.answered(effect, answer.map(|()| None)).await
    }

    /// What is sent, and the secrets that it takes along.
    async fn submission(&self, run: &Run, release: &Release) -> Result<(Submission, Vec<PinnedVariable>), PortError> {
        let (secrets, used) = variable::secrets(self.engine, release).await?;
        let made = submission::of(self.engine, (self.facts, &self.endpoint), (run, release), secrets).await?;
        Ok((made, used))
    }

    /// The job's jar or a secret cannot be had, so nothing goes out. What may mend itself is tried again until the operation's
    /// deadline, with the reason in the effect; anything else is a refused submission.
    async fn not_submitted(&self, effect: Effect, error: PortError) -> Result<(), StoreError> {
        tracing::info!(run = %effect.run_id, %error, "the submission cannot be made");
        match error {
            PortError::Retry(_) if effect.state != EffectState::Intended => Ok(()),
            PortError::Retry(reason) if effect.answer.as_ref() == Some(&reason) => Ok(()),
            PortError::Retry(reason) => {
                let answer = Some(reason);
                self.commit(vec![Write::Effect(Effect { answer, ..effect })]).await
            }
            _ if matches!(effect.state, EffectState::Sent | EffectState::Unknown) => Ok(()),
            error => self.answered(effect, Err(error)).await,
        }
    }

    fn cluster(&self) -> Option<&Cluster> {
        self.facts.cluster.as_ref().map(|cluster| &cluster.cluster)
    }

    /// A savepoint, with a stop where `drain` says how.
    async fn savepoint(&self, operation_id: OperationId, drain: Option<bool>) -> Result<(), StoreError> {
        let (Some(operation), Some(run)) = (self.operation(operation_id), &self.facts.run) else {
            return Ok(());
        };
        let kind = if drain.is_some() {
            EffectKind::StopWithSavepoint
        } else {
            EffectKind::TriggerSavepoint
        };
        let known = self
            .facts
            .effects
            .iter()
            .find(|effect| effect.kind == kind && effect.operation_id == operation_id);
        let root = self.engine.state_root_of(self.cluster());
        let directory = root.as_ref().map_or_else(String::new, |root| {
            format!("{root}/savepoints/{}/{}", self.facts.job.id.hex(), operation_id.hex())
        });
        let effect = match known {
            Some(effect) => effect.clone(),
            None => self.intend_savepoint(operation, run, (kind, drain), &directory).await?,
        };
        let request = SavepointRequest {
            flink_job_id: run.id.flink_job_id(),
            trigger_id: operation_id.hex(),
            directory,
            drain: drain == Some(true),
        };
        let effect = self.sent(effect).await?;
        let control = &self.engine.ports.control;
        let answer = match drain {
            _ if root.is_none() => Err(PortError::Refused {
                status: None,
                message:
                    "The target of its cluster names no place for state that pods can reach: set its state root, then restart the job."
                        .to_owned(),
            }),
            Some(_) => control.stop_with_savepoint(&self.endpoint, &request).await,
            None => control.trigger_savepoint(&self.endpoint, &request).await,
        };
        let refused = matches!(&answer, Err(PortError::Refused { .. } | PortError::GiveUp(_)));
        let message = answer.as_ref().err().map(ToString::to_string);
        self.answered(effect, answer.map(Some)).await?;
        if refused {
            self.refuse_savepoint(operation_id, message).await
        } else {
            Ok(())
        }
    }

    /// Writes the snapshot's row, the effect and the stop intent before anything goes out.
    async fn intend_savepoint(
        &self,
        operation: &Operation,
        run: &Run,
        how: (EffectKind, Option<bool>),
        directory: &str,
    ) -> Result<Effect, StoreError> {
        let (kind, drain) = how;
        let effect = Self::intended(operation.id, run.id, kind, operation.id.hex());
        let snapshot = Snapshot {
            id: SnapshotId(store::new_id()),
            job_id: self.facts.job.id,
            team_id: self.facts.job.team_id,
            run_id: run.id,
            release_number: run.release_number,
            operation_id: Some(operation.id),
            kind: SnapshotKind::Savepoint,
            state: SnapshotState::Triggering,
            directory: directory.to_owned(),
            path: None,
            format: self
                .endpoint
                .version
                .capabilities()
                .savepoint_format
                .then(|| "CANONICAL".to_owned()),
            size_bytes: None,
            checkpoint_id: None,
            error: None,
            created_at: store::now(),
            completed_at: None,
        };
        let mut operation = Operation {
            snapshot_id: Some(snapshot.id),
            run_id: Some(run.id),
            ..operation.clone()
        };
        crate::cluster::push_step(&mut operation, "savepoint", "Asking Flink for a savepoint.".to_owned());
        let mut writes = vec![
            Write::Snapshot(snapshot),
            Write::Effect(effect.clone()),
            Write::Operation(operation),
        ];
        if let Some(drain) = drain {
            let mode = if drain { StopMode::Drain } else { StopMode::Savepoint };
            writes.push(Write::UpdateRun(Run {
                stop_intent: Some(mode),
                ..run.clone()
            }));
        }
        self.commit(writes).await?;
        Ok(effect)
    }

    /// Flink refused the trigger: nothing is being written in the snapshot's directory.
    async fn refuse_savepoint(&self, operation_id: OperationId, message: Option<String>) -> Result<(), StoreError> {
        let facts = self.engine.store.job_facts(self.facts.job.id).await?;
        let snapshot = facts
            .snapshots
            .into_iter()
            .find(|snapshot| snapshot.operation_id == Some(operation_id));
        match snapshot {
            Some(snapshot) => {
                self.commit(vec![Write::Snapshot(Snapshot {
                    state: SnapshotState::Failed,
                    error: message,
                    ..snapshot
                })])
                .await
            }
            None => Ok(()),
        }
    }

    async fn cancel(&self, operation_id: OperationId, kind: EffectKind) -> Result<(), StoreError> {
        let Some(run) = &self.facts.run else { return Ok(()) };
        let known = self
            .facts
            .effects
            .iter()
            .find(|effect| effect.kind == kind && effect.operation_id == operation_id);
        let effect = match known {
            Some(effect) => effect.clone(),
            None => {
                let effect = Self::intended(operation_id, run.id, kind, run.id.flink_job_id());
                let mut writes = vec![
                    Write::Effect(effect.clone()),
                    Write::UpdateRun(Run {
                        stop_intent: Some(StopMode::Cancel),
                        ..run.clone()
                    }),
                ];
                if let Some(operation) = self.operation(operation_id) {
                    writes.push(Write::Operation(Operation {
                        run_id: Some(run.id),
                        ..self.cancelling(operation, kind)
                    }));
                }
                self.commit(writes).await?;
                effect
            }
        };
        let effect = self.sent(effect).await?;
        let answer = match (kind, &self.facts.cluster) {
            (EffectKind::DeleteCluster, Some(of)) => {
                log::before_delete(self.engine, self.lease, (&of.cluster, Some(run)), &of.look).await?;
                kubernetes::delete(self.engine, &of.cluster, &of.look).await
            }
            _ => self.engine.ports.control.cancel(&self.endpoint, &run.id.flink_job_id()).await,
        };
        self.answered(effect, answer.map(|()| None)).await
    }

    fn cancelling(&self, operation: &Operation, kind: EffectKind) -> Operation {
        let mut operation = operation.clone();
        let sentence = if kind == EffectKind::DeleteCluster { DELETING } else { CANCELLING };
        crate::cluster::push_step(&mut operation, "cancel", sentence.to_owned());
        operation
    }
}
