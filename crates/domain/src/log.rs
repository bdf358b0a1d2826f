//! Logs of containers in pods: which life of which container it is, what its file is called, and when its end has to be
//! kept because nobody can read it later. Pure.

use std::fmt;
use std::str::FromStr;

use crate::cluster::Cluster;
use crate::id::{JobId, RunId, TeamId};
use crate::ports::{PodRole, PodSight};

/// Most logs that are kept of one run, or of one session cluster while it lives; the oldest go first.
pub const MAX_KEPT_LOGS: usize = 32;
/// Most logs that are read at one moment.
pub const MAX_AT_ONCE: usize = 16;
/// The JobManager's name among the processes.
pub const JOB_MANAGER: &str = "jobmanager";

/// What one life of one container of a pod has logged.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ContainerLog {
    /// The pod's name.
    pub pod: String,
    /// What the pod is for.
    pub role: PodRole,
    /// The init container; none for the one that Flink runs in.
    pub init: Option<String>,
    /// Which life: how often the container had been started before.
    pub life: u32,
    /// Whether it has to be asked for as the life before the present one.
    pub previous: bool,
}

impl ContainerLog {
    /// Whose log: `jobmanager`, or the TaskManager's id, which is its pod's name.
    #[must_use]
    pub fn process(&self) -> &str {
        match self.role {
            PodRole::JobManager => JOB_MANAGER,
            PodRole::TaskManager => &self.pod,
        }
    }

    /// What its file is called: `POD.log`, of a later life `POD.2.log`, of an init container `POD.init-NAME.log`.
    #[must_use]
    pub fn file(&self) -> String {
        let init = self.init.as_ref().map_or_else(String::new, |name| format!(".init-{name}"));
        let life = if self.life == 0 { String::new() } else { format!(".{}", self.life) };
        format!("{}{init}{life}.log", self.pod)
    }
}

/// What can be asked of a pod's logs now, the present life first; nothing where no container has begun.
#[must_use]
pub fn logs_of(pod: &PodSight) -> Vec<ContainerLog> {
    let of = |init: Option<&str>, life, previous| ContainerLog {
        pod: pod.name.clone(),
        role: pod.role,
        init: init.map(str::to_owned),
        life,
        previous,
    };
    let mut logs = Vec::new();
    if pod.running || pod.ended.is_some() {
        logs.push(of(None, pod.restarts, false));
    }
    // Of a container that waits to be started again the last life is the present one.
    if pod.running && pod.restarts > 0 {
        logs.push(of(None, pod.restarts - 1, true));
    }
    if let Some(init) = &pod.init {
        logs.push(of(Some(&init.name), init.restarts, false));
    }
    logs
}

/// Whether a log of a pod still grows.
#[must_use]
pub fn grows(pod: &PodSight, log: &ContainerLog) -> bool {
    match (&log.init, &pod.init) {
        _ if log.previous => false,
        (None, _) => pod.running && log.life == pod.restarts,
        (Some(name), Some(init)) => init.running && *name == init.name && log.life == init.restarts,
        (Some(_), None) => false,
    }
}

/// The pods of a cluster at two looks.
#[derive(Debug, Clone, Copy, Default)]
pub struct Pods<'a> {
    /// At the look before.
    pub before: &'a [PodSight],
    /// Now.
    pub now: &'a [PodSight],
    /// Those that went in between, as they were last seen.
    pub gone: &'a [PodSight],
}

/// The logs to keep now: of each life that is over, and, where the cluster is about to be deleted, of the present ones; never
/// one that is kept already. The JobManager's first, then those of pods that are gone.
#[must_use]
pub fn to_keep(pods: Pods<'_>, leaving: bool, kept: impl Fn(&ContainerLog) -> bool) -> Vec<ContainerLog> {
    let is_in = |some: &[PodSight], pod: &PodSight| some.iter().any(|one| one.uid == pod.uid);
    let vanished = pods.before.iter().filter(|pod| !is_in(pods.now, pod) && !is_in(pods.gone, pod));
    let gone = pods
        .gone
        .iter()
        .filter(|pod| !is_in(pods.now, pod))
        .chain(vanished)
        .flat_map(logs_of);
    let now = pods.now.iter().flat_map(|pod| {
        let over = move |log: &ContainerLog| leaving || !grows(pod, log);
        logs_of(pod).into_iter().filter(over)
    });
    let mut wanted: Vec<ContainerLog> = Vec::new();
    for log in gone.chain(now) {
        if !kept(&log) && !wanted.iter().any(|one| one.file() == log.file()) {
            wanted.push(log);
        }
    }
    wanted.sort_by_key(|log| log.role);
    wanted.truncate(MAX_AT_ONCE);
    wanted
}

/// With what a log is kept: the run of an application, whose cluster has the same digits, or a session cluster itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogOwner {
    /// The team.
    pub team_id: TeamId,
    /// The job with which it goes; of a session cluster its own digits.
    pub job_id: JobId,
    /// The run; of a session cluster its own digits.
    pub run_id: RunId,
}

impl LogOwner {
    /// The owner of what is kept of a cluster; `job` is the one that an application runs.
    #[must_use]
    pub fn of(cluster: &Cluster, job: Option<JobId>) -> Self {
        Self {
            team_id: cluster.team_id,
            job_id: job.unwrap_or(JobId(cluster.id.0)),
            run_id: RunId(cluster.id.0),
        }
    }
}

/// Where a log is to be followed from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFrom {
    /// So many lines before its end.
    Lines(u32),
    /// After what was read.
    After(LogPlace),
}

/// A place in a log: the time of the last line that was read, and how many of that time were.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogPlace {
    /// Nanoseconds since 1970.
    pub at: i64,
    /// Lines of exactly that time that were read.
    pub lines: u32,
}

impl LogPlace {
    /// The place after a line of this time.
    #[must_use]
    pub const fn after(self, at: i64) -> Self {
        if at == self.at {
            Self {
                lines: self.lines.saturating_add(1),
                ..self
            }
        } else {
            Self { at, lines: 1 }
        }
    }

    /// The whole second in which it is, as Kubernetes takes it.
    #[must_use]
    pub fn since(self) -> String {
        let second = jiff::Timestamp::from_second(self.at.div_euclid(1_000_000_000));
        second.map(|second| second.to_string()).unwrap_or_default()
    }
}

/// The time at the beginning of a line, as Kubernetes writes it, in nanoseconds since 1970; and the line behind it.
#[must_use]
pub fn timed(line: &str) -> Option<(i64, &str)> {
    let (time, text) = line.split_once(' ').unwrap_or((line, ""));
    let time: jiff::Timestamp = time.parse().ok()?;
    Some((i64::try_from(time.as_nanosecond()).ok()?, text))
}

impl fmt::Display for LogPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.at, self.lines)
    }
}

impl FromStr for LogPlace {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (at, lines) = text.split_once('-').ok_or(())?;
        let at: i64 = at.parse().map_err(|_| ())?;
        let lines = lines.parse().map_err(|_| ())?;
        Ok(Self { at, lines })
    }
}

#[cfg(test)]
#[path = "log_tests.rs"]
mod tests;
