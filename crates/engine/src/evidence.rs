//! What is kept of a run's end: its exceptions, its newest checkpoint, and the end of the logs of its cluster. Runs that
//! end together on one cluster share one reading of its logs, and keep them once.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use domain::cluster::{Cluster, TargetKind};
use domain::evidence::{EvidenceFile, EvidenceKind, KeptEvidence, MAX_LOG_BYTES, MAX_TASK_MANAGERS, last_cause, mask};
use domain::id::{ClusterId, RunId};
use domain::log::{JOB_MANAGER, Pods, to_keep};
use domain::plan::Evidence;
use domain::ports::{Endpoint, JobException, LogFile, PortError};
use domain::run::Run;
use domain::status::{ClusterFacts, JobFacts};
use domain::time::{Millis, SECOND};
use domain::variable::Hider;
use futures::StreamExt;
use store::{PackedFile, Write};
use tokio::sync::Mutex;

use crate::{Engine, log, observe, variable};

/// How long a reading of logs serves others.
const FRESH: i64 = 15 * SECOND;
/// All logs of a cluster are read within this, or left.
const PATIENCE: Duration = Duration::from_secs(40);
/// Logs that are read at once.
const AT_ONCE: usize = 4;

/// The engine, and who strikes out the team's secrets.
type Told<'a> = (&'a Engine, &'a Hider);

/// What may be kept of a text: without the team's secrets, and without what looks like one.
fn clean(hider: &Hider, text: &str) -> String {
    mask(&hider.hide(text))
}

/// The logs of clusters on which runs have just ended.
#[derive(Clone, Default)]
pub struct LogReadings(Arc<Mutex<HashMap<ClusterId, Arc<Mutex<Option<Reading>>>>>>);

/// One reading, kept with the run that it was made for.
struct Reading {
    at: Millis,
    run_id: RunId,
    files: Vec<EvidenceFile>,
    missing: Option<String>,
}

impl LogReadings {
    async fn of(&self, cluster: ClusterId) -> Arc<Mutex<Option<Reading>>> {
        let mut known = self.0.lock().await;
        known.retain(|_, reading| reading.try_lock().map_or(true, |reading| reading.as_ref().is_some_and(fresh)));
        Arc::clone(known.entry(cluster).or_default())
    }
}

fn fresh(reading: &Reading) -> bool {
    store::now().since(reading.at) < FRESH
}

/// Reads what would be lost with the cluster: why the run ended, where its newest checkpoint is, what was logged.
pub(crate) async fn collect(engine: &Engine, facts: &JobFacts) -> Evidence {
    let (Some(cluster), Some(run)) = (&facts.cluster, &facts.run) else {
        return Evidence::default();
    };
    let endpoint = observe::endpoint(&cluster.cluster).filter(|_| cluster.look.reachable());
    let hider = variable::hider(engine, run.team_id).await;
    let mut evidence = match &endpoint {
        Some(endpoint) => from_flink((engine, &hider), endpoint, run).await,
        None => Evidence::default(),
    };
    logs((engine, &hider), (cluster, endpoint.as_ref()), run, &mut evidence).await;
    if endpoint.is_none() && cluster.cluster.is_application() {
        // The log of a life that is over may have been kept before.
        let words = cluster.look.kubernetes.as_ref().and_then(|seen| seen.last_words.as_ref());
        let words = words.map(|words| words.cause.clone());
        let mut logs = evidence
            .files
            .iter()
            .filter(|file| file.kind == EvidenceKind::Log && file.process == JOB_MANAGER);
        let cause = logs.find_map(|file| last_cause(&file.text));
        evidence.cause = evidence.cause.or(cause).or(words);
    }
    evidence
}

async fn from_flink((engine, hider): Told<'_>, endpoint: &Endpoint, run: &Run) -> Evidence {
    let id = run.id.flink_job_id();
    let reader = &engine.ports.reader;
    let (exceptions, checkpoints) = tokio::join!(reader.exceptions(endpoint, &id), reader.checkpoints(endpoint, &id));
    let report = |error: &PortError| tracing::info!(run = %run.id, %error, "evidence of the run's end could not be read");
    let exceptions = exceptions.inspect_err(report).unwrap_or_default();
    Evidence {
        cause: exceptions.first().map(|newest| clean(hider, &newest.cause)),
        checkpoint: checkpoints.inspect_err(report).ok().and_then(|found| found.latest),
        files: exceptions_file(hider, exceptions).into_iter().collect(),
        ..Evidence::default()
    }
}

fn exceptions_file(hider: &Hider, mut exceptions: Vec<JobException>) -> Option<EvidenceFile> {
    if exceptions.is_empty() {
        return None;
    }
    for exception in &mut exceptions {
        exception.cause = clean(hider, &exception.cause);
        exception.trace = clean(hider, &exception.trace);
    }
    Some(EvidenceFile {
        kind: EvidenceKind::Exceptions,
        process: String::new(),
        name: "exceptions.json".to_owned(),
        text: serde_json::to_string(&exceptions).ok()?,
    })
}

/// Adds the logs, or the run that they are kept with.
async fn logs((engine, hider): Told<'_>, from: (&ClusterFacts, Option<&Endpoint>), run: &Run, evidence: &mut Evidence) {
    let place = engine.readings.of(from.0.cluster.id).await;
    let mut reading = place.lock().await;
    if !reading.as_ref().is_some_and(fresh) {
        let (files, missing) = match tokio::time::timeout(PATIENCE, read((engine, hider), from, evidence)).await {
            Ok((files, missing)) => (files, missing),
            Err(_) => (Vec::new(), vec![format!("its logs were not read within {} s", PATIENCE.as_secs())]),
        };
        *reading = Some(Reading {
            at: store::now(),
            run_id: run.id,
            files,
            missing: (!missing.is_empty()).then(|| format!("Not kept: {}.", missing.join("; "))),
        });
    }
    let Some(reading) = reading.as_ref() else { return };
    evidence.missing.clone_from(&reading.missing);
    if reading.run_id == run.id {
        evidence.files.extend(reading.files.iter().cloned());
    } else {
        evidence.logs_of = Some(reading.run_id);
    }
}

/// The logs: of a local cluster from this host, where they also are when its JobManager is dead or is the next one
/// already; of others over REST.
async fn read(
    (engine, hider): Told<'_>,
    (of, endpoint): (&ClusterFacts, Option<&Endpoint>),
    evidence: &Evidence,
) -> (Vec<EvidenceFile>, Vec<String>) {
    let cluster = &of.cluster;
    match endpoint {
        _ if cluster.target == TargetKind::Local => on_host((engine, hider), cluster).await,
        _ if cluster.target == TargetKind::Kubernetes => match (of_pods((engine, hider), of).await, endpoint) {
            // We may see pods and not read their logs; Flink has them, too.
            (None, Some(endpoint)) => listed((engine, hider), endpoint, evidence).await,
            (None, None) => (Vec::new(), vec!["the logs of its pods, of which nothing is known".to_owned()]),
            (Some(read), _) => read,
        },
        Some(endpoint) => listed((engine, hider), endpoint, evidence).await,
        None => (
            Vec::new(),
            vec![format!("its logs, because cluster {} does not answer", cluster.name)],
        ),
    }
}

async fn listed((engine, hider): Told<'_>, endpoint: &Endpoint, evidence: &Evidence) -> (Vec<EvidenceFile>, Vec<String>) {
    match engine.ports.reader.log_files(endpoint).await {
        Ok(listed) => over_rest((engine, hider), endpoint, chosen(&listed, evidence)).await,
        Err(error) => (Vec::new(), vec![format!("the list of its logs ({error})")]),
    }
}

/// The main log of each process: the JobManager's, and of TaskManagers first those that the exceptions name.
fn chosen(listed: &[LogFile], evidence: &Evidence) -> Vec<LogFile> {
    let mut main: HashMap<&str, &LogFile> = HashMap::new();
    for file in listed {
        let better = |known: &&LogFile| (file.name.ends_with(".log"), file.size_bytes) > (known.name.ends_with(".log"), known.size_bytes);
        if main.get(file.process.as_str()).is_none_or(better) {
            main.insert(&file.process, file);
        }
    }
    let traces: Vec<&str> = evidence.files.iter().map(|file| file.text.as_str()).collect();
    let mut files: Vec<LogFile> = main.into_values().cloned().collect();
    files.sort_by_key(|file| {
        let named = traces.iter().any(|trace| trace.contains(&file.process));
        (file.process != JOB_MANAGER, !named, file.process.clone())
    });
    files.truncate(MAX_TASK_MANAGERS + 1);
    files
}

async fn over_rest((engine, hider): Told<'_>, endpoint: &Endpoint, files: Vec<LogFile>) -> (Vec<EvidenceFile>, Vec<String>) {
    let calls = files.into_iter().map(|file| async move {
        let text = engine
            .ports
            .reader
            .log_tail(endpoint, &file.process, &file.name, MAX_LOG_BYTES)
            .await;
        (file.process, file.name, text)
    });
    let read: Vec<_> = futures::stream::iter(calls).buffered(AT_ONCE).collect().await;
    sorted(hider, read)
}

/// The logs of the pods, but for those that are kept already. Nothing where no pod can be read.
async fn of_pods((engine, hider): Told<'_>, of: &ClusterFacts) -> Option<(Vec<EvidenceFile>, Vec<String>)> {
    let pods = of.look.kubernetes.as_ref().map_or(&[][..], |seen| &seen.pods);
    let kept = log::kept(engine, &of.cluster).await.unwrap_or_default();
    let now = Pods {
        now: pods,
        ..Pods::default()
    };
    let wanted = to_keep(now, true, |log| kept.contains(&log.file()));
    let reads = log::read(engine, hider, &of.cluster, wanted).await;
    if reads.iter().all(|read| read.text.is_err()) && kept.is_empty() {
        return None;
    }
    let lost = reads.iter().filter_map(|read| {
        let error = read.text.as_ref().err()?;
        Some(format!("the log {} ({error})", read.log.file()))
    });
    Some((reads.iter().map(log::Read::file).collect(), lost.collect()))
}

async fn on_host((engine, hider): Told<'_>, cluster: &Cluster) -> (Vec<EvidenceFile>, Vec<String>) {
    let folder = observe::folder(cluster);
    let processes = engine.ports.host.processes(&folder).await.unwrap_or_default();
    let mut read = Vec::new();
    for process in processes.into_iter().take(MAX_TASK_MANAGERS + 1) {
        let text = engine.ports.host.log_tail(&folder, &process.role, MAX_LOG_BYTES).await;
        read.push((process.role.clone(), format!("{}.log", process.role), text));
    }
    sorted(hider, read)
}

fn sorted(hider: &Hider, read: Vec<(String, String, Result<String, PortError>)>) -> (Vec<EvidenceFile>, Vec<String>) {
    let (mut files, mut missing) = (Vec::new(), Vec::new());
    for (process, name, text) in read {
        match text {
            Ok(text) => files.push(EvidenceFile {
                kind: EvidenceKind::Log,
                process,
                name,
                text: clean(hider, &text),
            }),
            Err(error) => missing.push(format!("the log of {process} ({error})")),
        }
    }
    (files, missing)
}

/// The write that keeps the evidence of the run that ends; nothing where nothing was read.
pub(crate) fn keep(facts: &JobFacts, evidence: Option<&Evidence>) -> Option<Write> {
    let (run, evidence) = (facts.run.as_ref()?, evidence?);
    Some(Write::Evidence {
        kept: KeptEvidence {
            run_id: run.id,
            job_id: run.job_id,
            team_id: run.team_id,
            collected_at: store::now(),
            missing: evidence.missing.clone(),
            logs_of: evidence.logs_of,
        },
        files: evidence.files.iter().map(PackedFile::of).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_jobmanager_and_those_that_failed_come_first_and_each_once() {
        let file = |process: &str, name: &str, size_bytes| LogFile {
            process: process.to_owned(),
            name: name.to_owned(),
            size_bytes,
        };
        let mut listed: Vec<LogFile> = (0..12).map(|n| file(&format!("tm-{n:02}"), "a.log", 1)).collect();
        listed.extend([
            file("jobmanager", "gc", 900),
            file("jobmanager", "a.log", 5),
            file("jobmanager", "a.out", 7),
        ]);
        let evidence = Evidence {
            files: vec![EvidenceFile {
                kind: EvidenceKind::Exceptions,
                process: String::new(),
                name: String::new(),
                text: r#"{"location":"tm-11"}"#.to_owned(),
            }],
            ..Evidence::default()
        };
        let chosen: Vec<String> = chosen(&listed, &evidence)
            .iter()
            .map(|file| format!("{}/{}", file.process, file.name))
            .collect();
        assert_eq!(chosen.len(), MAX_TASK_MANAGERS + 1);
        assert_eq!(&chosen[..3], ["jobmanager/a.log", "tm-11/a.log", "tm-00/a.log"]);
    }
}
