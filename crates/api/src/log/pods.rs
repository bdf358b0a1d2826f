//! Logs of a cluster in Kubernetes: of each pod that is there, of the life before where its container was started again, of an init
//! container that is at work or fails, and what was kept of pods that are gone.

use domain::cluster::Cluster;
use domain::id::RunId;
use domain::log::{ContainerLog, JOB_MANAGER, grows, logs_of};
use domain::ports::{PodRole, PodSight, PortError};
use domain::target::KubernetesPlace;
use http::StatusCode;
use store::FileOfEvidence;

use super::{LogFile, LogPod, LogQuery, LogSource, LogTail};
use crate::app::App;
use crate::evidence;
use crate::problem::Problem;

/// All logs of a cluster.
pub(super) struct Shelf {
    place: KubernetesPlace,
    /// Those that Kubernetes has, the JobManager's pods first, each with its present life first.
    live: Vec<(ContainerLog, LogFile)>,
    /// Pods of which no container has begun.
    waiting: Vec<LogFile>,
    /// What was kept, the oldest first.
    kept: Vec<FileOfEvidence>,
}

/// One log of a shelf.
pub(super) enum Chosen<'a> {
    /// Kubernetes has it.
    Live(&'a ContainerLog),
    /// It was kept.
    Kept(&'a FileOfEvidence),
}

/// The place of a cluster's target.
async fn place(app: &App, cluster: &Cluster) -> Result<KubernetesPlace, Problem> {
    let gone = || Problem::conflict("target_gone", format!("The target of cluster '{}' is gone.", cluster.name));
    let target = app.store.target(cluster.target_id.ok_or_else(gone)?).await?;
    Ok(target.place)
}

fn file_of(pod: &PodSight, log: &ContainerLog) -> LogFile {
    LogFile {
        process: log.process().to_owned(),
        name: log.file(),
        size_bytes: -1,
        source: LogSource::Kubernetes,
        pod: Some(LogPod::from(pod)),
        container: log.init.clone(),
        previous: log.previous,
        grows: grows(pod, log),
        missing: None,
    }
}

/// A pod that has logged nothing yet.
fn waiting(pod: &PodSight) -> LogFile {
    let why = pod.cause.clone().unwrap_or_else(|| format!("the pod is {}", pod.phase));
    let log = ContainerLog {
        pod: pod.name.clone(),
        role: pod.role,
        init: None,
        life: 0,
        previous: false,
    };
    LogFile {
        missing: Some(format!("Its container has not begun: {}", crate::problem::sentence(&why))),
        ..file_of(pod, &log)
    }
}

impl Shelf {
    /// Asks the API server, and reads what was kept.
    ///
    /// # Errors
    /// As the API server, where nothing was kept either.
    pub(super) async fn of(app: &App, cluster: &Cluster) -> Result<Self, Problem> {
        let kept = app.store.kept_logs(cluster.team_id, RunId(cluster.id.0)).await?;
        let place = place(app, cluster).await?;
        let sight = app.ports.kubernetes.look(&place, &cluster.deployment_name()).await;
        let pods = match sight {
            Ok(sight) => sight.pods,
            Err(error) if kept.is_empty() => return Err(Problem::from_port(error, "its pods")),
            Err(_) => Vec::new(),
        };
        let live = pods.iter().flat_map(|pod| {
            let of = move |log: ContainerLog| (file_of(pod, &log), log);
            logs_of(pod).into_iter().map(of).map(|(file, log)| (log, file))
        });
        Ok(Self {
            place,
            live: live.collect(),
            waiting: pods.iter().filter(|pod| logs_of(pod).is_empty()).map(waiting).collect(),
            kept,
        })
    }

    /// All of them, each once.
    pub(super) async fn files(&self, app: &App) -> Result<Vec<LogFile>, Problem> {
        let live = self.live.iter().map(|(_, file)| file.clone());
        let there = |file: &FileOfEvidence| self.live.iter().any(|(_, live)| live.name == file.name);
        let mut files: Vec<LogFile> = live.chain(self.waiting.iter().cloned()).collect();
        let kept: Vec<FileOfEvidence> = self.kept.iter().filter(|file| !there(file)).cloned().collect();
        files.extend(evidence::log_files(app, &kept).await?);
        Ok(files)
    }

    /// The log that is meant: the one of this name, the life before, or the present one of the process's newest pod.
    ///
    /// # Errors
    /// 404 where there is none, 409 `not_begun` where it has logged nothing yet.
    pub(super) fn choose(&self, query: &LogQuery) -> Result<Chosen<'_>, Problem> {
        let process = query.process.as_deref().unwrap_or(JOB_MANAGER);
        let named = |log: &ContainerLog| log.process() == process || log.pod == process;
        let mut live = self.live.iter().filter(|(log, _)| named(log)).map(|(log, _)| log);
        let mut kept = self.kept.iter().filter(|file| {
            let of_pod = file.name.strip_prefix(process).is_some_and(|rest| rest.starts_with('.'));
            file.process == process || of_pod
        });
        let found = match (&query.file, query.previous) {
            (Some(file), _) => {
                let live = live.find(|log| log.file() == *file).map(Chosen::Live);
                live.or_else(|| kept.find(|one| one.name == *file).map(Chosen::Kept))
            }
            (None, true) => {
                let before = live.clone().rfind(|log| log.previous).map(Chosen::Live);
                let there: Vec<String> = live.map(ContainerLog::file).collect();
                before.or_else(|| kept.rfind(|file| !there.contains(&file.name)).map(Chosen::Kept))
            }
            (None, false) => {
                // Of several pods the newest, of that Flink's own container before an init container.
                let now = live.filter(|log| !log.previous).max_by_key(|log| log.init.is_none());
                match now {
                    Some(log) => Some(Chosen::Live(log)),
                    None if self.begins(process).is_some() => None,
                    None => kept.next_back().map(Chosen::Kept),
                }
            }
        };
        found.ok_or_else(|| self.none(process, query))
    }

    fn begins(&self, process: &str) -> Option<&LogFile> {
        let of = |file: &&LogFile| file.process == process || file.pod.as_ref().is_some_and(|pod| pod.name == process);
        self.waiting.iter().find(of)
    }

    fn none(&self, process: &str, query: &LogQuery) -> Problem {
        match self.begins(process) {
            Some(file) if !query.previous => {
                let why = file.missing.clone().unwrap_or_default();
                Problem::conflict("not_begun", format!("The pod of {process} has logged nothing yet. {why}"))
            }
            _ if query.previous => Problem::not_found("log of a life before of", process)
                .hint("There is one once its container was started again, or its pod was replaced."),
            _ => Problem::not_found("log of", query.file.as_deref().unwrap_or(process)),
        }
    }

    /// The end of a log.
    ///
    /// # Errors
    /// 410 `log_lost` where nobody has it any more.
    pub(super) async fn tail(&self, app: &App, chosen: &Chosen<'_>, bytes: usize) -> Result<LogTail, Problem> {
        let log = match chosen {
            Chosen::Live(log) => *log,
            Chosen::Kept(file) => return evidence::read(app, file, bytes).await,
        };
        let error = match app.ports.kubernetes.log_tail(&self.place, log, bytes).await {
            Ok(text) => {
                return Ok(LogTail {
                    process: log.process().to_owned(),
                    file: log.file(),
                    text,
                    source: LogSource::Kubernetes,
                });
            }
            Err(error) => error,
        };
        // It went in this moment.
        match self.kept.iter().find(|file| file.name == log.file()) {
            Some(file) => evidence::read(app, file, bytes).await,
            None => Err(lost(error, log)),
        }
    }

    /// Where it is.
    pub(super) const fn place(&self) -> &KubernetesPlace {
        &self.place
    }
}

/// What an error of the API server means for a log.
pub(super) fn lost(error: PortError, log: &ContainerLog) -> Problem {
    match error {
        PortError::Refused {
            status: Some(400 | 404),
            message,
        } => Problem::new(
            StatusCode::GONE,
            "log_lost",
            format!(
                "The log {} cannot be read any more: {}",
                log.file(),
                crate::problem::sentence(&message)
            ),
        ),
        error => Problem::from_port(error, &format!("the log {}", log.file())),
    }
}

impl From<&PodSight> for LogPod {
    fn from(pod: &PodSight) -> Self {
        let role = match pod.role {
            PodRole::JobManager => "jobmanager",
            PodRole::TaskManager => "taskmanager",
        };
        Self {
            name: pod.name.clone(),
            role: role.to_owned(),
            phase: pod.phase.clone(),
            running: pod.running,
            restarts: pod.restarts,
        }
    }
}
