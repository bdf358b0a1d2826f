//! A small world for tests: a team with a user, a cluster and a released job, and the steps that the
//! engine would take.

use std::collections::BTreeMap;

use domain::Millis;
use domain::cluster::{Cluster, ClusterDesired, TargetKind};
use domain::draft::{Code, JobSpec, Mode};
use domain::effect::{Effect, EffectKind, EffectState};
use domain::flink_version::VersionNumber;
use domain::id::{EffectId, OperationId, RunId, SnapshotId};
use domain::job::Job;
use domain::operation::{Operation, OperationState, Request};
use domain::release::{Release, ReleaseContent};
use domain::run::{Outcome, Run, RunCause, RunEnd, Source, StartOptions, StopMode};
use domain::snapshot::{Snapshot, SnapshotKind, SnapshotState};
use domain::team::Team;

use crate::{NewCluster, NewDraft, NewJob, NewOperation, NewRelease, Requested, Store, StoreError, Write, new_id, now};

/// See the module.
#[derive(Clone)]
pub struct World {
    pub store: Store,
    pub team: Team,
    pub user: domain::id::UserId,
    pub cluster: Cluster,
    pub job: Job,
    pub release: Release,
}

impl World {
    pub async fn new(store: Store) -> Self {
        let team = store.create_team("team").await.unwrap();
        let user = store.create_user("ada", None, false).await.unwrap().id;
        let cluster = store.create_cluster(standalone(&team, "cluster")).await.unwrap();
        let (job, release) = released(&store, &team, user, &cluster, "job").await;
        Self {
            store,
            team,
            user,
            cluster,
            job,
            release,
        }
    }

    /// Another released job on the same cluster.
    pub async fn another(&self, name: &str) -> Self {
        let (job, release) = released(&self.store, &self.team, self.user, &self.cluster, name).await;
        Self {
            job,
            release,
            ..self.clone()
        }
    }

    /// The policy's own start after a run, as the engine would make it.
    pub fn restart_of(&self, after: &Run) -> Operation {
        Operation {
            id: OperationId(new_id()),
            team_id: self.team.id,
            job_id: Some(self.job.id),
            cluster_id: None,
            request: Request::Restart {
                release_id: self.release.id,
                options: StartOptions::default(),
            },
            generation: after.generation,
            run_id: None,
            snapshot_id: None,
            state: OperationState::Running,
            steps: Vec::new(),
            error: None,
            requested_by: None,
            created_at: now(),
            deadline_at: now().plus(60_000),
            ended_at: None,
            revision: 1,
        }
    }

    pub fn asks(&self, request: Request) -> NewOperation {
        NewOperation {
            team_id: self.team.id,
            job_id: self.job.id,
            request,
            cluster_id: Some(self.cluster.id),
            application: None,
            requested_by: Some(self.user),
            deadline_at: now().plus(60_000),
            generation: None,
            supersede: None,
            idempotency: None,
            message: String::new(),
        }
    }

    pub fn start(&self) -> NewOperation {
        self.asks(Request::Start {
            release_id: self.release.id,
            options: StartOptions::default(),
        })
    }

    pub fn stop(&self) -> NewOperation {
        self.asks(Request::Stop { mode: StopMode::Savepoint })
    }

    pub async fn request(&self, new: NewOperation) -> Operation {
        self.store.request_operation(new).await.unwrap()
    }

    pub async fn now(&self) -> Job {
        self.store.job_any(self.job.id).await.unwrap()
    }

    pub fn run(&self, of: &Operation) -> Run {
        Run {
            id: RunId(new_id()),
            job_id: self.job.id,
            team_id: self.team.id,
            release_id: self.release.id,
            release_number: self.release.number,
            cluster_id: self.cluster.id,
            generation: of.generation,
            attempt: 1,
            cause: RunCause::Start,
            options: StartOptions {
                parallelism: Some(4),
                ..StartOptions::default()
            },
            restore_path: None,
            operation_id: of.id,
            created_at: now(),
            running_at: None,
            stop_intent: None,
            end: None,
            ghost_since: None,
        }
    }

    pub async fn commit(&self, writes: Vec<Write>) -> Result<(), StoreError> {
        self.store.commit(None, writes).await
    }

    /// Started, submitted and running, with the operation ended.
    pub async fn running(&self) -> Run {
        let operation = self.request(self.start()).await;
        let run = self.run(&operation);
        self.commit(vec![
            Write::InsertRun(run.clone()),
            Write::Operation(ended(operation, OperationState::Succeeded)),
        ])
        .await
        .unwrap();
        run
    }

    pub fn snapshot(&self, run: &Run, state: SnapshotState) -> Snapshot {
        Snapshot {
            id: SnapshotId(new_id()),
            job_id: self.job.id,
            team_id: self.team.id,
            run_id: run.id,
            release_number: 1,
            operation_id: None,
            kind: SnapshotKind::Savepoint,
            state,
            directory: "file:///state/job/operation".to_owned(),
            path: None,
            format: Some("CANONICAL".to_owned()),
            size_bytes: None,
            checkpoint_id: None,
            error: None,
            created_at: now(),
            completed_at: None,
        }
    }
}

pub fn standalone(team: &Team, name: &str) -> NewCluster {
    NewCluster {
        team_id: team.id,
        name: name.to_owned(),
        target: TargetKind::Standalone,
        flink_version_id: None,
        version: Some(VersionNumber::new(2, 2, 1)),
        rest_url: Some("http://127.0.0.1:1".to_owned()),
        connection: None,
        task_managers: 1,
        slots: 2,
        configuration: BTreeMap::from([("a.key".to_owned(), "a value".to_owned())]),
        target_id: None,
        deployment: None,
        jars: Vec::new(),
        desired: ClusterDesired::Running,
        created_by: None,
    }
}

pub fn spec(sql: &str, cluster: &Cluster) -> JobSpec {
    JobSpec {
        code: Code::Sql { sql: sql.to_owned() },
        cluster_id: Some(cluster.id),
        target_id: None,
        flink_version: None,
        mode: Mode::Session,
        parallelism: Some(2),
        configuration: BTreeMap::new(),
        jars: Vec::new(),
        job_manager_template: None,
        task_manager_template: None,
    }
}

pub fn content(name: &str, spec: JobSpec) -> ReleaseContent {
    ReleaseContent {
        name: name.to_owned(),
        spec,
        version: VersionNumber::new(2, 2, 1),
        statements: Vec::new(),
        artifacts: Vec::new(),
        variables: Vec::new(),
    }
}

async fn released(store: &Store, team: &Team, user: domain::id::UserId, cluster: &Cluster, name: &str) -> (Job, Release) {
    let new = NewJob {
        team_id: team.id,
        name: name.to_owned(),
        description: "what it does".to_owned(),
        labels: [].into(),
        created_by: user,
    };
    let job = store.create_job(new).await.unwrap();
    let spec = spec("SELECT 1", cluster);
    let draft = NewDraft {
        team_id: team.id,
        job_id: job.id,
        base_revision: Some(0),
        spec: spec.clone(),
        saved_by: user,
    };
    let draft = store.save_draft(draft).await.unwrap();
    let new = NewRelease {
        team_id: team.id,
        job_id: job.id,
        draft_revision: draft.revision,
        content: content(name, spec),
        findings: Vec::new(),
        overridden: false,
        note: "first".to_owned(),
        created_by: user,
    };
    let release = store.create_release(new).await.unwrap();
    (store.job_any(job.id).await.unwrap(), release)
}

pub fn ended(operation: Operation, state: OperationState) -> Operation {
    Operation {
        state,
        ended_at: Some(now()),
        ..operation
    }
}

pub fn end(outcome: Outcome) -> RunEnd {
    RunEnd {
        at: Millis(1_700_000_000_000),
        outcome,
        reason: "because".to_owned(),
        source: Source::JobManagerRest,
    }
}

pub fn effect(run: &Run, state: EffectState) -> Effect {
    Effect {
        id: EffectId(new_id()),
        operation_id: run.operation_id,
        run_id: run.id,
        kind: EffectKind::Submit,
        name: run.id.flink_job_id(),
        incarnation: Some("incarnation".to_owned()),
        state,
        answer: None,
        tries: 0,
        intended_at: now(),
        sent_at: None,
        answered_at: None,
    }
}

pub fn busy(error: Requested) -> Operation {
    match error {
        Requested::Busy(operation) => *operation,
        other => panic!("expected Busy, got {other:?}"),
    }
}
