//! Facts to decide on, for the tests: a job on a cluster that answered just now.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::{Action, Sights, plan};
use crate::cluster::{Cluster, ClusterDesired, Look, TargetKind};
use crate::draft::Mode;
use crate::effect::{Effect, EffectKind, EffectState};
use crate::flink_version::VersionNumber;
use crate::id::*;
use crate::job::{Desired, Job};
use crate::observation::{FlinkState, Observation, Presence};
use crate::operation::{Operation, OperationState, Request};
use crate::run::{Run, RunCause, Source, StartOptions, StopMode};
use crate::snapshot::{Snapshot, SnapshotKind, SnapshotState};
use crate::status::{ClusterFacts, JobFacts};
use crate::time::Millis;

pub(super) const T: Millis = Millis(1_000_000);
pub(super) const LIFE: &str = "life-1";

pub(super) fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

pub(super) fn start_request() -> Request {
    Request::Start {
        release_id: ReleaseId(id(5)),
        options: StartOptions::default(),
    }
}

pub(super) fn operation(n: u128, request: Request, generation: i64) -> Operation {
    Operation {
        id: OperationId(id(n)),
        team_id: TeamId(id(1)),
        job_id: Some(JobId(id(2))),
        cluster_id: None,
        request,
        generation,
        run_id: None,
        snapshot_id: None,
        state: OperationState::Running,
        steps: Vec::new(),
        error: None,
        requested_by: None,
        created_at: T.plus(-1_000),
        deadline_at: T.plus(600_000),
        ended_at: None,
        revision: 1,
    }
}

pub(super) fn run(generation: i64) -> Run {
    Run {
        id: RunId(id(7)),
        job_id: JobId(id(2)),
        team_id: TeamId(id(1)),
        release_id: ReleaseId(id(5)),
        release_number: 1,
        cluster_id: ClusterId(id(3)),
        generation,
        attempt: 1,
        cause: RunCause::Start,
        options: StartOptions::default(),
        restore_path: None,
        operation_id: OperationId(id(100)),
        created_at: T.plus(-900),
        running_at: None,
        stop_intent: None,
        end: None,
        ghost_since: None,
    }
}

pub(super) fn effect(kind: EffectKind, operation: u128, state: EffectState) -> Effect {
    Effect {
        id: EffectId(id(operation + 1_000)),
        operation_id: OperationId(id(operation)),
        run_id: RunId(id(7)),
        kind,
        name: "n".to_owned(),
        incarnation: Some(LIFE.to_owned()),
        state,
        answer: None,
        tries: i64::from(state != EffectState::Intended),
        intended_at: T.plus(-800),
        sent_at: (state != EffectState::Intended).then(|| T.plus(-700)),
        answered_at: matches!(state, EffectState::Accepted | EffectState::Refused).then(|| T.plus(-600)),
    }
}

/// A job whose cluster answered just now, in its first life.
pub(super) fn facts() -> JobFacts {
    let cluster = Cluster {
        id: ClusterId(id(3)),
        team_id: TeamId(id(1)),
        name: "local".to_owned(),
        target: TargetKind::Local,
        flink_version_id: None,
        version: Some(VersionNumber::new(2, 2, 1)),
        rest_url: Some("http://127.0.0.1:1".to_owned()),
        connection: None,
        task_managers: 1,
        slots: 4,
        configuration: BTreeMap::new(),
        target_id: None,
        deployment: None,
        read_only: false,
        mode: Mode::Session,
        desired: ClusterDesired::Running,
        generation: 1,
        operation_id: None,
        created_at: T,
        revision: 1,
    };
    let look = Look {
        incarnation: Some(LIFE.to_owned()),
        contact_at: Some(T),
        looked_at: Some(T),
        slots_total: 4,
        slots_free: 4,
        ..Look::default()
    };
    JobFacts {
        job: Job {
            id: JobId(id(2)),
            team_id: TeamId(id(1)),
            name: "orders".to_owned(),
            description: String::new(),
            desired: Desired::Running {
                release_id: ReleaseId(id(5)),
            },
            generation: 1,
            cluster_id: Some(ClusterId(id(3))),
            run_id: None,
            lifecycle_id: None,
            savepoint_id: None,
            draft_revision: 1,
            labels: [].into(),
            release_number: 1,
            created_at: T,
            revision: 1,
        },
        run: None,
        lifecycle: None,
        savepoint: None,
        observation: None,
        cluster: Some(ClusterFacts { cluster, look }),
        effects: Vec::new(),
        snapshots: Vec::new(),
        restart: None,
        outdated: Vec::new(),
    }
}

pub(super) fn seen(presence: Presence) -> Option<Observation> {
    let incarnation = Some(LIFE.to_owned());
    Some(Observation {
        run_id: RunId(id(7)),
        source: Source::JobManagerRest,
        presence,
        incarnation,
        seen_at: T,
    })
}

pub(super) fn present(state: FlinkState, running: u32) -> Presence {
    Presence::Present {
        state,
        tasks_running: running,
        tasks_total: 2,
        since: None,
        ended_at: None,
    }
}

/// A start whose run was sent this way.
pub(super) fn starting(submit: EffectState, presence: Option<Presence>) -> JobFacts {
    let mut facts = facts();
    facts.lifecycle = Some(operation(100, start_request(), 1));
    facts.run = Some(run(1));
    facts.effects = vec![effect(EffectKind::Submit, 100, submit)];
    facts.observation = presence.and_then(seen);
    facts
}

/// A job that runs, with a stop of this kind open.
pub(super) fn stopping(mode: StopMode, generation: i64) -> JobFacts {
    let mut facts = starting(EffectState::Accepted, Some(present(FlinkState::Running, 2)));
    facts.lifecycle = Some(operation(200, Request::Stop { mode }, generation));
    facts.job.generation = generation;
    facts
}

pub(super) fn snapshot(state: SnapshotState) -> Snapshot {
    Snapshot {
        id: SnapshotId(id(9)),
        job_id: JobId(id(2)),
        team_id: TeamId(id(1)),
        run_id: RunId(id(7)),
        release_number: 1,
        operation_id: Some(OperationId(id(200))),
        kind: SnapshotKind::Savepoint,
        state,
        directory: "file:///s/2/200".to_owned(),
        path: (state == SnapshotState::Complete).then(|| "file:///s/2/200/savepoint-1".to_owned()),
        format: None,
        size_bytes: None,
        checkpoint_id: None,
        error: None,
        created_at: T,
        completed_at: Some(T),
    }
}

pub(super) fn words(actions: &[Action]) -> Vec<String> {
    actions
        .iter()
        .map(|action| match action {
            Action::EndRun(end) => format!("end:{:?}", end.outcome),
            Action::MarkRunning => "running".to_owned(),
            Action::MarkGhost(alive) => format!("ghost:{alive}"),
            Action::RecordSnapshot(snapshot) => format!("snapshot:{:?}", snapshot.state),
            Action::Step { name, .. } => format!("step:{name}"),
            Action::Finish { state, error, desired, .. } => {
                let error = error.as_ref().map_or("", |error| error.code.as_str());
                format!("finish:{state:?}:{error}{}", if desired.is_some() { ":running again" } else { "" })
            }
            Action::DeleteJob => "delete".to_owned(),
            Action::Restart { number, options } => format!("restart:{number}:{:?}", options.state),
            Action::GiveUpRestarts { .. } => "give up".to_owned(),
            Action::Submit { new, restore_path } => format!("submit:{new}:{}", restore_path.as_deref().unwrap_or("-")),
            Action::Adopt { .. } => "adopt".to_owned(),
            Action::TriggerSavepoint { .. } => "savepoint".to_owned(),
            Action::StopWithSavepoint { drain, .. } => format!("stop:{drain}"),
            Action::Cancel { .. } => "cancel".to_owned(),
            Action::DeleteCluster { .. } => "delete cluster".to_owned(),
            Action::CollectEvidence => "evidence".to_owned(),
        })
        .collect()
}

#[track_caller]
pub(super) fn check(facts: &JobFacts, sights: &Sights, now: Millis, expected: &[&str]) {
    assert_eq!(words(&plan(facts, sights, now).actions), expected);
}

#[track_caller]
pub(super) fn check_now(facts: &JobFacts, expected: &[&str]) {
    check(facts, &Sights::default(), T, expected);
}

/// What is seen once the evidence of an end was read, and there was none.
pub(super) fn evidence_read() -> Sights {
    Sights {
        evidence: Some(super::Evidence::default()),
        ..Sights::default()
    }
}

/// The same facts with the JobManager last heard of at a later time.
pub(super) fn heard_at(mut facts: JobFacts, at: Millis, life: &str) -> JobFacts {
    if let Some(cluster) = &mut facts.cluster {
        cluster.look.contact_at = Some(at);
        cluster.look.incarnation = Some(life.to_owned());
    }
    facts
}

pub(super) fn unreachable(mut facts: JobFacts) -> JobFacts {
    if let Some(cluster) = &mut facts.cluster {
        cluster.look.unreachable_since = Some(T.plus(-60_000));
    }
    facts
}
