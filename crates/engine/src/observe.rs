//! One look at a cluster, turned into rows: what changed, and nothing else.

use domain::cluster::{Cluster, KubernetesLook, Look, TargetKind, UnmanagedJob};
use domain::observation::{Observation, Presence};
use domain::ports::{ClusterSight, Endpoint, PodSight, PortError, RestAddress};
use domain::run::{Run, Source};
use domain::status::JobFacts;
use domain::target::HIGH_AVAILABILITY;
use domain::time::{Millis, SECOND};
use store::{NewEvent, Write};

use crate::{Engine, kubernetes};

/// A look row is written at most this often while nothing changes.
const LOOK_ROW_EVERY: i64 = 10 * SECOND;

/// What one look brought.
pub(crate) struct Sighting {
    /// The cluster's news, to be shown and stored.
    pub look: Look,
    /// The JobManager's answer, if it gave one.
    pub sight: Option<ClusterSight>,
    /// Where the API server says that it is reached (kubernetes).
    pub address: Option<RestAddress>,
    /// Pods that went lately, as they were last seen (kubernetes).
    pub gone: Vec<PodSight>,
}

/// The address to talk to, once it and the version are known.
pub(crate) fn endpoint(cluster: &Cluster) -> Option<Endpoint> {
    Some(Endpoint {
        rest_url: cluster.rest_url.clone()?,
        version: cluster.version?,
        connection: cluster.connection.clone(),
    })
}

/// Name of a cluster's folder.
pub(crate) fn folder(cluster: &Cluster) -> String {
    cluster.id.hex()
}

/// Looks at a cluster: its processes on this host, then its JobManager.
pub(crate) async fn look(engine: &Engine, cluster: &Cluster, before: &Look) -> Sighting {
    let began = store::now();
    let mut look = Look {
        looked_at: Some(began),
        ..before.clone()
    };
    if cluster.target == TargetKind::Local {
        match engine.ports.host.processes(&folder(cluster)).await {
            Ok(processes) => look.processes = processes,
            Err(error) => tracing::warn!(cluster = %cluster.id, %error, "the cluster's processes could not be looked at"),
        }
        let jobmanager = look.processes.iter().find(|process| process.role == "jobmanager");
        if jobmanager.is_none_or(|process| process.pid.is_none()) {
            return Sighting {
                look: unreachable(look, began, "its JobManager process does not run".to_owned()),
                sight: None,
                address: None,
                gone: Vec::new(),
            };
        }
    }
    let (mut address, mut gone) = (None, Vec::new());
    if cluster.target == TargetKind::Kubernetes {
        let seen = kubernetes::look(engine, cluster, before).await;
        let why = kubernetes_silence(&seen.look);
        (address, gone) = (seen.address, seen.gone);
        look.kubernetes = Some(seen.look);
        if let Some(why) = why {
            return Sighting {
                look: unreachable(look, began, why),
                sight: None,
                address,
                gone,
            };
        }
    }
    let cluster = &at(engine, cluster, address.as_ref());
    let answer = answer(engine, cluster).await;
    let result = if answer.is_ok() { "answered" } else { "failed" };
    metrics::counter!("streamwright_looks_total", "result" => result).increment(1);
    match answer {
        Ok(sight) => Sighting {
            look: answered(look, began, &sight),
            sight: Some(sight),
            address,
            gone,
        },
        Err(error) => Sighting {
            look: unreachable(look, began, error.to_string()),
            sight: None,
            address,
            gone,
        },
    }
}

/// Why Flink is not asked at all: the API server answered, and the JobManager's pod does not run.
fn kubernetes_silence(seen: &KubernetesLook) -> Option<String> {
    if seen.error.is_some() || seen.job_manager().is_some_and(|pod| pod.running) {
        return None;
    }
    let missing = if seen.deployment.is_none() {
        "its Deployment is not there"
    } else {
        "the pod of its JobManager does not run"
    };
    Some(seen.cause.clone().unwrap_or_else(|| missing.to_owned()))
}

/// The cluster as it is reached now: before the row is written, and where it cannot be sealed, as before.
fn at(engine: &Engine, cluster: &Cluster, address: Option<&RestAddress>) -> Cluster {
    let changed = address.and_then(|address| kubernetes::reached(engine, cluster, address));
    match changed {
        Some(Write::ClusterAddress { rest_url, connection, .. }) => Cluster {
            rest_url: Some(rest_url),
            connection,
            ..cluster.clone()
        },
        _ => cluster.clone(),
    }
}

async fn answer(engine: &Engine, cluster: &Cluster) -> Result<ClusterSight, PortError> {
    let Some(rest_url) = &cluster.rest_url else {
        return Err(PortError::Retry("it has no address yet".to_owned()));
    };
    let version = match cluster.version {
        Some(version) => version,
        None => {
            let version = engine.ports.observer.detect_version(rest_url, cluster.connection.as_ref()).await?;
            engine
                .store
                .set_cluster_rest(cluster.id, None, Some(version))
                .await
                .map_err(|error| PortError::Retry(error.to_string()))?;
            version
        }
    };
    let sight = engine
        .ports
        .observer
        .look(&Endpoint {
            rest_url: rest_url.clone(),
            version,
            connection: cluster.connection.clone(),
        })
        .await?;
    // Somebody upgraded a cluster that is not ours: other fields are taken from now on.
    if let Some(other) = sight.version.parse().ok().filter(|seen| *seen != version && !cluster.managed()) {
        let written = engine.store.set_cluster_rest(cluster.id, None, Some(other)).await;
        written.map_err(|error| PortError::Retry(error.to_string()))?;
    }
    Ok(sight)
}

/// `contact_at` is when the look began: only what was sent before that can have been seen by it.
fn answered(look: Look, began: Millis, sight: &ClusterSight) -> Look {
    Look {
        incarnation: Some(sight.incarnation.clone()),
        contact_at: Some(began),
        unreachable_since: None,
        error: None,
        reported_version: Some(sight.version.clone()),
        task_managers: sight.task_managers,
        slots_total: sight.slots_total,
        slots_free: sight.slots_free,
        ..look
    }
}

fn unreachable(look: Look, began: Millis, error: String) -> Look {
    Look {
        unreachable_since: look.unreachable_since.or(Some(began)),
        error: Some(error),
        task_managers: 0,
        slots_total: 0,
        slots_free: 0,
        ..look
    }
}

/// What the look says of the newest run of a job; `None` when it says nothing.
pub(crate) fn of_run(run: &Run, sighting: &Sighting, cluster: &Cluster) -> Option<Observation> {
    let seen = |source, presence, incarnation| Observation {
        run_id: run.id,
        source,
        presence,
        incarnation,
        seen_at: store::now(),
    };
    if run.cluster_id != cluster.id {
        return None;
    }
    if let Some(sight) = &sighting.sight {
        let id = run.id.flink_job_id();
        let presence = sight.jobs.iter().find(|job| job.flink_job_id == id).map(|job| job.presence.clone());
        // A JobManager that recovers an application lists nothing for a while.
        let silent = presence.is_none() && cluster.is_application();
        let presence = presence.unwrap_or(Presence::Absent);
        return (!silent).then(|| seen(Source::JobManagerRest, presence, Some(sight.incarnation.clone())));
    }
    if cluster.is_application() {
        return None;
    }
    let process_ended = cluster.target == TargetKind::Local
        && sighting
            .look
            .processes
            .iter()
            .any(|process| process.role == "jobmanager" && process.pid.is_none() && process.ended_at.is_some());
    process_ended.then(|| seen(Source::ProcessExit, Presence::Absent, None))
}

/// An event where the JobManager of an application has begun another life while its job runs.
pub(crate) fn restarted(facts: &JobFacts, (before, sighting): (&Look, &Sighting), cluster: &Cluster) -> Option<NewEvent> {
    let run = facts.run.as_ref().filter(|run| run.live() && run.cluster_id == cluster.id)?;
    let (old, new) = (before.incarnation.as_ref()?, sighting.look.incarnation.as_ref()?);
    if old == new || !cluster.is_application() {
        return None;
    }
    let goes_on = if cluster.configuration.contains_key(HIGH_AVAILABILITY) {
        "the job goes on from its last checkpoint"
    } else {
        "without high availability the program runs again from the state that it was started with"
    };
    let message = format!("The JobManager was restarted: {goes_on}.");
    Some(
        NewEvent::new(facts.job.team_id, "jobmanager_restarted", message)
            .job(facts.job.id)
            .run(run.id),
    )
}

/// Whether the row has to be written.
pub(crate) fn differs(before: Option<&Observation>, seen: &Observation) -> bool {
    before.is_none_or(|row| {
        row.run_id != seen.run_id || row.source != seen.source || row.presence != seen.presence || row.incarnation != seen.incarnation
    })
}

/// An event where Flink's word changed; an end has an event of its own.
pub(crate) fn state_event(facts: &JobFacts, seen: &Observation) -> Option<NewEvent> {
    let word = |presence: &Presence| match presence {
        Presence::Present { state, .. } if !state.ended() => Some(state.word().to_owned()),
        _ => None,
    };
    let now_word = word(&seen.presence)?;
    let before = facts
        .observation
        .as_ref()
        .filter(|row| row.run_id == seen.run_id)
        .and_then(|row| word(&row.presence));
    (before.as_ref() != Some(&now_word)).then(|| {
        NewEvent::new(facts.job.team_id, "flink_state", format!("Flink: {now_word}"))
            .job(facts.job.id)
            .run(seen.run_id)
    })
}

/// The look row, if it is time for one.
pub(crate) fn look_row(cluster: &Cluster, before: &Look, look: &Look) -> Option<Write> {
    let still = Look {
        looked_at: before.looked_at,
        contact_at: before.contact_at,
        ..look.clone()
    };
    let due = look
        .looked_at
        .zip(before.looked_at)
        .is_none_or(|(new, old)| new.since(old) >= LOOK_ROW_EVERY);
    (still != *before || due).then(|| Write::Look {
        cluster_id: cluster.id,
        look: look.clone(),
    })
}

/// Flink jobs that are not in `ours` and still live.
pub(crate) fn unmanaged(sight: &ClusterSight, ours: &[String]) -> Vec<UnmanagedJob> {
    sight
        .jobs
        .iter()
        .filter(|job| !ours.contains(&job.flink_job_id))
        .filter_map(|job| match &job.presence {
            Presence::Present { state, .. } if !state.ended() => Some(UnmanagedJob {
                flink_job_id: job.flink_job_id.clone(),
                name: job.name.clone(),
                state: state.word().to_owned(),
            }),
            _ => None,
        })
        .collect()
}
