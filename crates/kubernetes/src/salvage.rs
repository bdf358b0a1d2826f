//! What pods log before they go. Flink deletes a TaskManager's pod as soon as its container has ended, and the log with it: it is
//! read when the watch tells of the end, before anybody asks, and held for a while. Bounded: the oldest go first.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use domain::evidence::MAX_LOG_BYTES;
use domain::log::{ContainerLog, logs_of};
use domain::ports::PodSight;
use tokio::sync::{OnceCell, Semaphore};

use crate::api::Api;
use crate::log;
use crate::watch::lock;

/// How long something is held: some looks long.
const HELD: Duration = Duration::from_secs(120);
/// Logs that are held of one place, each with at most [`MAX_LOG_BYTES`].
const MOST: usize = 48;
/// Logs that are read at once in one place.
const AT_ONCE: usize = 4;

/// One reading; whoever comes first makes it.
type Reading = Arc<OnceCell<Option<String>>>;
/// All of them, the oldest first.
type Readings = Arc<Mutex<VecDeque<(Instant, ContainerLog, Reading)>>>;

/// What is held of one place.
pub struct Salvage {
    readings: Readings,
    gone: Mutex<VecDeque<(Instant, String, PodSight)>>,
    permits: Arc<Semaphore>,
}

impl Default for Salvage {
    fn default() -> Self {
        Self {
            readings: Readings::default(),
            gone: Mutex::default(),
            permits: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }
}

/// The logs that are to be read because of what a pod has become. Pure.
pub fn ending(before: &PodSight, after: &PodSight) -> Vec<ContainerLog> {
    let leaves = after.deleting && !before.deleting;
    let ended = before.running && !after.running;
    let restarted = after.restarts > before.restarts;
    let logs = logs_of(after).into_iter();
    logs.filter(|log| {
        let init = log.init.is_some() && after.init != before.init;
        leaves || init || (log.init.is_none() && ((log.previous && restarted) || (!log.previous && ended)))
    })
    .collect()
}

impl Salvage {
    /// Begins to read logs.
    pub fn read(&self, api: &Api, logs: Vec<ContainerLog>) {
        for log in logs {
            let reading = Reading::default();
            let mut readings = lock(&self.readings);
            while readings.len() >= MOST {
                readings.pop_front();
            }
            readings.push_back((Instant::now(), log.clone(), Arc::clone(&reading)));
            let (api, permits, all) = (api.clone(), Arc::clone(&self.permits), Arc::clone(&self.readings));
            tokio::spawn(async move {
                let permit = permits.acquire_owned().await;
                reading.get_or_init(|| once(&api, &log)).await;
                drop((permit, reading));
                tokio::time::sleep(HELD).await;
                lock(&all).retain(|(since, ..)| since.elapsed() < HELD);
            });
        }
    }

    /// A pod of a cluster is gone.
    pub fn went(&self, cluster: &str, pod: PodSight) {
        let mut gone = lock(&self.gone);
        while gone.len() >= MOST {
            gone.pop_front();
        }
        gone.push_back((Instant::now(), cluster.to_owned(), pod));
    }

    /// The pods of a cluster that went lately.
    pub fn gone(&self, cluster: &str) -> Vec<PodSight> {
        let mut gone = lock(&self.gone);
        gone.retain(|(since, ..)| since.elapsed() < HELD);
        let of = gone.iter().filter(|(_, name, _)| name == cluster);
        of.map(|(.., pod)| pod.clone()).collect()
    }

    /// What was read of a log, the newest first.
    pub async fn of(&self, api: &Api, wanted: &ContainerLog) -> Option<String> {
        let same = |log: &ContainerLog| log.file() == wanted.file();
        let readings: Vec<Reading> = {
            let readings = lock(&self.readings);
            let of = readings.iter().rev().filter(|(_, log, _)| same(log));
            of.map(|(.., reading)| Arc::clone(reading)).collect()
        };
        for reading in readings {
            if let Some(text) = reading.get_or_init(|| once(api, wanted)).await {
                return Some(text.clone());
            }
        }
        None
    }
}

async fn once(api: &Api, log: &ContainerLog) -> Option<String> {
    let read = log::tail(api, log, MAX_LOG_BYTES).await;
    read.inspect_err(|fault| tracing::debug!(?fault, pod = log.pod, "the log of a pod that goes could not be read"))
        .ok()
}

#[cfg(test)]
mod tests {
    use domain::ports::{ContainerEnd, InitSight, PodRole};

    use super::*;

    fn pod(running: bool, restarts: u32, deleting: bool) -> PodSight {
        PodSight {
            name: "t".to_owned(),
            uid: "u".to_owned(),
            role: PodRole::TaskManager,
            phase: String::new(),
            running,
            restarts,
            ended: (!running).then(|| ContainerEnd {
                exit_code: 1,
                reason: "Error".to_owned(),
                at: None,
            }),
            cause: None,
            deleting,
            init: None,
        }
    }

    fn init(restarts: u32) -> PodSight {
        PodSight {
            ended: None,
            init: Some(InitSight {
                name: "fetch".to_owned(),
                restarts,
                running: false,
                ended: pod(false, 0, false).ended,
            }),
            ..pod(false, 0, false)
        }
    }

    #[test]
    fn a_log_is_read_when_its_life_ends_or_its_pod_goes() {
        let rows = [
            (pod(true, 0, false), pod(true, 0, false), vec![]),
            (pod(true, 0, false), pod(false, 0, false), vec!["t.log"]),
            (pod(false, 0, false), pod(false, 0, false), vec![]),
            (pod(true, 0, false), pod(true, 0, true), vec!["t.log"]),
            (pod(true, 0, true), pod(false, 0, true), vec!["t.log"]),
            (pod(false, 0, false), pod(true, 1, false), vec!["t.log"]),
            (pod(true, 1, false), pod(true, 1, true), vec!["t.1.log", "t.log"]),
            (init(0), init(1), vec!["t.init-fetch.1.log"]),
            (init(1), init(1), vec![]),
        ];
        for (before, after, expected) in rows {
            let files: Vec<String> = ending(&before, &after).iter().map(ContainerLog::file).collect();
            assert_eq!(files, expected, "{before:?} {after:?}");
        }
    }
}
