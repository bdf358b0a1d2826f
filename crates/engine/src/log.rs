//! Keeps what pods have logged: when a life of a container is over, when a pod went, and before the objects of a cluster are
//! deleted. Kept with the run of an application, else with the session cluster.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::cluster::{Cluster, LastWords, Look, TargetKind};
use domain::evidence::{EvidenceFile, EvidenceKind, MAX_LOG_BYTES, last_cause, mask};
use domain::id::RunId;
use domain::log::{ContainerLog, LogOwner, Pods, to_keep};
use domain::ports::{ContainerEnd, PodRole, PodSight, PortError};
use domain::run::Run;
use domain::status::JobFacts;
use domain::variable::Hider;
use futures::StreamExt;
use store::{Lease, NewEvent, PackedFile, StoreError, Write};

use crate::observe::Sighting;
use crate::{Engine, kubernetes, variable};

/// All logs of one moment are read within this, or left for the next.
const PATIENCE: Duration = Duration::from_secs(30);
/// Logs that are read at once.
const AT_ONCE: usize = 4;

/// Names of what is kept of a cluster, so that the database is not asked at each look.
#[derive(Clone, Default)]
pub(crate) struct KeptNames(Arc<Mutex<HashSet<String>>>);

impl KeptNames {
    fn has(&self, file: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(file)
    }

    fn add(&self, files: impl IntoIterator<Item = String>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(files);
    }
}

/// A log that was asked for.
pub(crate) struct Read {
    /// Which.
    pub log: ContainerLog,
    /// Its end, without secrets; or why it could not be read.
    pub text: Result<String, PortError>,
}

impl Read {
    /// What is kept of it: in the place of a log that cannot be read any more, why.
    pub fn file(&self) -> EvidenceFile {
        let (kind, text) = match &self.text {
            Ok(text) => (EvidenceKind::Log, text.clone()),
            Err(error) => (EvidenceKind::Lost, format!("It could not be read any more: {error}.")),
        };
        EvidenceFile {
            kind,
            process: self.log.process().to_owned(),
            name: self.log.file(),
            text,
        }
    }
}

/// Reads the ends of logs.
pub(crate) async fn read(engine: &Engine, hider: &Hider, cluster: &Cluster, logs: Vec<ContainerLog>) -> Vec<Read> {
    let place = &kubernetes::place(engine, cluster).await;
    let calls = logs.into_iter().map(|log| async move {
        let text = match place {
            Ok(place) => engine.ports.kubernetes.log_tail(place, &log, MAX_LOG_BYTES).await,
            Err(error) => Err(error.clone()),
        };
        let text = text.map(|text| mask(&hider.hide(&text)));
        Read { log, text }
    });
    let mut reads = std::pin::pin!(futures::stream::iter(calls).buffered(AT_ONCE));
    let (mut done, until) = (Vec::new(), tokio::time::Instant::now() + PATIENCE);
    while let Ok(Some(read)) = tokio::time::timeout_at(until, reads.next()).await {
        done.push(read);
    }
    done
}

/// The names of the logs that are kept of a cluster.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn kept(engine: &Engine, cluster: &Cluster) -> Result<HashSet<String>, StoreError> {
    let files = engine.store.kept_logs(cluster.team_id, RunId(cluster.id.0)).await?;
    Ok(files.into_iter().map(|file| file.name).collect())
}

/// The run of an application's cluster.
fn run_of<'a>(cluster: &Cluster, jobs: &'a [JobFacts]) -> Option<&'a Run> {
    let mut runs = jobs.iter().filter_map(|facts| facts.run.as_ref());
    runs.find(|run| cluster.is_application() && run.cluster_id == cluster.id)
}

/// Keeps the logs of what has ended since the look before.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn after_look(
    engine: &Engine,
    (lease, names): (&Lease, &KeptNames),
    (cluster, jobs): (&Cluster, &[JobFacts]),
    (before, sighting): (&Look, &mut Sighting),
) -> Result<(), StoreError> {
    let Some(seen) = sighting.look.kubernetes.as_mut().filter(|seen| seen.error.is_none()) else {
        return Ok(());
    };
    let pods = Pods {
        before: before.kubernetes.as_ref().map_or(&[], |before| &before.pods),
        now: &seen.pods,
        gone: &sighting.gone,
    };
    let keeping = Keeping {
        engine,
        cluster,
        run: run_of(cluster, jobs),
        pods,
    };
    let Some(kept) = keeping.keep(names, false).await? else {
        return Ok(());
    };
    let events = kept.iter().filter_map(|read| keeping.event(read)).map(Write::Event);
    let events: Vec<Write> = events.collect();
    let words = last_words(&kept);
    engine
        .store
        .commit(Some(lease), std::iter::once(keeping.write(&kept)).chain(events).collect())
        .await?;
    names.add(kept.iter().map(|read| read.log.file()));
    if words.is_some() {
        seen.last_words = words;
    }
    Ok(())
}

/// Keeps the logs of a cluster whose objects are about to be deleted. What cannot be read does not hold up the deletion.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn before_delete(
    engine: &Engine,
    lease: Option<&Lease>,
    (cluster, run): (&Cluster, Option<&Run>),
    look: &Look,
) -> Result<(), StoreError> {
    let Some(seen) = look.kubernetes.as_ref().filter(|_| cluster.target == TargetKind::Kubernetes) else {
        return Ok(());
    };
    let pods = Pods {
        now: &seen.pods,
        ..Pods::default()
    };
    let keeping = Keeping {
        engine,
        cluster,
        run: run.filter(|run| run.cluster_id == cluster.id && cluster.is_application()),
        pods,
    };
    match keeping.keep(&KeptNames::default(), true).await? {
        Some(kept) => engine.store.commit(lease, vec![keeping.write(&kept)]).await,
        None => Ok(()),
    }
}

/// What the newest life of a JobManager says of its end.
fn last_words(kept: &[Read]) -> Option<LastWords> {
    let of_manager = kept
        .iter()
        .filter(|read| read.log.role == PodRole::JobManager && read.log.init.is_none());
    let newest = of_manager.max_by_key(|read| read.log.life)?;
    Some(LastWords {
        pod: newest.log.pod.clone(),
        life: newest.log.life,
        cause: last_cause(newest.text.as_ref().ok()?)?,
    })
}

struct Keeping<'a> {
    engine: &'a Engine,
    cluster: &'a Cluster,
    run: Option<&'a Run>,
    pods: Pods<'a>,
}

impl Keeping<'_> {
    /// Reads what is to be kept; nothing where there is nothing new.
    async fn keep(&self, names: &KeptNames, leaving: bool) -> Result<Option<Vec<Read>>, StoreError> {
        if to_keep(self.pods, leaving, |log| names.has(&log.file())).is_empty() {
            return Ok(None);
        }
        names.add(kept(self.engine, self.cluster).await?);
        let wanted = to_keep(self.pods, leaving, |log| names.has(&log.file()));
        if wanted.is_empty() {
            return Ok(None);
        }
        let hider = variable::hider(self.engine, self.cluster.team_id).await;
        let mut reads = read(self.engine, &hider, self.cluster, wanted).await;
        // What is still there can be read at the next look.
        reads.retain(|read| !matches!(read.text, Err(PortError::Retry(_))) || !self.there(&read.log));
        Ok((!reads.is_empty()).then_some(reads))
    }

    fn there(&self, log: &ContainerLog) -> bool {
        self.pods.now.iter().any(|pod| pod.name == log.pod)
    }

    fn write(&self, kept: &[Read]) -> Write {
        Write::Logs {
            owner: LogOwner::of(self.cluster, self.run.map(|run| run.job_id)),
            files: kept.iter().map(|read| PackedFile::of(&read.file())).collect(),
        }
    }

    fn pod(&self, log: &ContainerLog) -> Option<&PodSight> {
        let mut all = self.pods.now.iter().chain(self.pods.gone).chain(self.pods.before);
        all.find(|pod| pod.name == log.pod)
    }

    /// An event where a container ended in a way that nobody asked for.
    fn event(&self, read: &Read) -> Option<NewEvent> {
        let pod = self.pod(&read.log)?;
        let end = match &read.log.init {
            None => pod.ended.as_ref()?,
            Some(_) => pod.init.as_ref()?.ended.as_ref()?,
        };
        if !unasked(end) {
            return None;
        }
        let what = match (&read.log.init, read.log.role) {
            (Some(name), _) => format!("The init container '{name}' of"),
            (None, PodRole::JobManager) => "The JobManager in".to_owned(),
            (None, PodRole::TaskManager) => "The TaskManager in".to_owned(),
        };
        let log = match &read.text {
            Ok(_) => "The end of its log is kept.".to_owned(),
            Err(error) => format!("Its log could not be read any more: {error}."),
        };
        let message = format!(
            "{what} pod {} ended with exit code {} ({}). {log}",
            pod.name, end.exit_code, end.reason
        );
        let event = NewEvent::new(self.cluster.team_id, "container_ended", message);
        Some(match self.run {
            Some(run) => event.job(run.job_id).run(run.id),
            None => event.cluster(self.cluster.id),
        })
    }
}

/// Neither of its own accord nor because it was asked to end.
fn unasked(end: &ContainerEnd) -> bool {
    end.reason == "OOMKilled" || !matches!(end.exit_code, 0 | 143)
}
