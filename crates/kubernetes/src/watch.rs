//! What changes in a namespace, followed: one watch for each kind and place, started by the first look and ended when nobody has looked
//! for a while. A watch resumes where it stopped, and lists anew when the API server has forgotten that point.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use domain::target::KubernetesPlace;
use futures::StreamExt;
use serde_json::Value;
use tokio::task::JoinHandle;

use crate::access::Clients;
use crate::api::Api;
use crate::fault::Fault;

/// Silence after which a watch is taken up again: an API server says something at least every minute.
const SILENCE: Duration = Duration::from_secs(90);
/// Longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// Pause where we may not watch: somebody has to change that.
const NOT_ALLOWED: Duration = Duration::from_secs(120);
/// How long what nobody hears anything of counts as known.
const TRUST: Duration = Duration::from_secs(10);
/// Events that are kept of a namespace.
const EVENTS: usize = 2_000;

/// What is followed.
pub struct Kind {
    /// As it stands in paths.
    pub path: &'static str,
    /// Which of them.
    pub query: &'static str,
}

/// Deployments and pods of Flink clusters, and warnings.
pub const KINDS: [Kind; 3] = [
    Kind {
        path: "deployments",
        query: "labelSelector=type%3Dflink-native-kubernetes",
    },
    Kind {
        path: "pods",
        query: "labelSelector=type%3Dflink-native-kubernetes",
    },
    Kind {
        path: "events",
        query: "fieldSelector=type%3DWarning",
    },
];

/// How long things may take.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// A call.
    pub call: Duration,
    /// A watch that nobody asks.
    pub idle: Duration,
    /// The first pause after a failure; each is twice as long as the one before.
    pub pause: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            call: Duration::from_secs(10),
            idle: Duration::from_secs(600),
            pause: Duration::from_millis(500),
        }
    }
}

/// The watches of all places.
pub struct Watches {
    clients: Arc<Clients>,
    timing: Timing,
    all: Mutex<HashMap<KubernetesPlace, Running>>,
}

struct Running {
    watch: Arc<Watch>,
    tasks: Vec<JoinHandle<()>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl Watches {
    /// None yet.
    pub fn new(clients: Arc<Clients>, timing: Timing) -> Self {
        Self {
            clients,
            timing,
            all: Mutex::default(),
        }
    }

    /// The watch of a place, started where there is none.
    pub fn of(&self, place: &KubernetesPlace) -> Arc<Watch> {
        let mut all = lock(&self.all);
        all.retain(|_, running| !running.watch.forgotten(self.timing.idle));
        let running = all.entry(place.clone()).or_insert_with(|| self.start(place));
        *lock(&running.watch.asked) = Instant::now();
        running.watch.clone()
    }

    /// How many places are followed.
    pub fn places(&self) -> usize {
        let mut all = lock(&self.all);
        all.retain(|_, running| !running.watch.forgotten(self.timing.idle));
        all.len()
    }

    /// What we have written ourselves: nothing older is told from now on.
    pub fn wrote(&self, place: &KubernetesPlace, name: &str, written: Written) {
        if let Some(running) = lock(&self.all).get(place) {
            lock(&running.watch.written).insert(name.to_owned(), written);
        }
    }

    fn start(&self, place: &KubernetesPlace) -> Running {
        let watch = Arc::new(Watch {
            asked: Mutex::new(Instant::now()),
            heard: Mutex::new(Instant::now()),
            written: Mutex::default(),
            seen: KINDS.map(|_| Mutex::default()),
        });
        let follow = |index| {
            let follower = Follower {
                clients: self.clients.clone(),
                place: place.clone(),
                watch: watch.clone(),
                timing: self.timing,
                index,
            };
            tokio::spawn(follower.run())
        };
        Running {
            tasks: (0..KINDS.len()).map(follow).collect(),
            watch,
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What we have done to a Deployment.
#[derive(Debug, Clone)]
pub enum Written {
    /// It was written; the API server calls the result this version.
    Version {
        /// Its uid.
        uid: String,
        /// Grows with each write.
        version: String,
    },
    /// It was deleted.
    Deleted {
        /// Its uid.
        uid: String,
    },
}

/// A place that is followed.
pub struct Watch {
    asked: Mutex<Instant>,
    heard: Mutex<Instant>,
    written: Mutex<HashMap<String, Written>>,
    seen: [Mutex<Seen>; 3],
}

#[derive(Default)]
struct Seen {
    /// By name.
    items: HashMap<String, Value>,
    /// The watch runs.
    live: bool,
    /// We may not watch it.
    denied: bool,
}

/// What is known of a cluster without asking.
pub struct Known {
    /// Its Deployment.
    pub deployment: Value,
    /// Its pods.
    pub pods: Vec<Value>,
    /// Warnings of the namespace about what may be its own.
    pub events: Vec<Value>,
    /// Whether the API server has been heard lately.
    pub fresh: bool,
}

impl Watch {
    fn forgotten(&self, idle: Duration) -> bool {
        lock(&self.asked).elapsed() > idle
    }

    /// The API server has answered.
    pub fn hear(&self) {
        *lock(&self.heard) = Instant::now();
    }

    /// What is known of a cluster; nothing while the watches do not run, what is known is older than what we wrote, or the
    /// Deployment is not there: absence is asked for.
    pub fn known(&self, name: &str) -> Option<Known> {
        let deployment = {
            let seen = lock(&self.seen[0]);
            seen.live.then(|| seen.items.get(name).cloned()).flatten()?
        };
        if self.outdated(name, &deployment) {
            return None;
        }
        let pods = {
            let seen = lock(&self.seen[1]);
            let of = |pod: &&Value| pod["metadata"]["labels"]["app"] == name;
            seen.live.then(|| seen.items.values().filter(of).cloned().collect())?
        };
        let events = {
            let seen = lock(&self.seen[2]);
            let of = |event: &&Value| {
                event["involvedObject"]["name"]
                    .as_str()
                    .is_some_and(|about| about.starts_with(name))
            };
            (seen.live || seen.denied).then(|| seen.items.values().filter(of).cloned().collect())?
        };
        let fresh = lock(&self.heard).elapsed() < TRUST;
        Some(Known {
            deployment,
            pods,
            events,
            fresh,
        })
    }

    fn outdated(&self, name: &str, deployment: &Value) -> bool {
        let meta = &deployment["metadata"];
        let mut written = lock(&self.written);
        let older = match written.get(name) {
            None => return false,
            Some(Written::Deleted { uid }) => meta["uid"] == uid.as_str() && meta["deletionTimestamp"].is_null(),
            Some(Written::Version { uid, version }) => {
                meta["uid"] != uid.as_str() || number(&meta["resourceVersion"]) < version.parse().ok()
            }
        };
        if !older {
            written.remove(name);
        }
        older
    }
}

fn number(version: &Value) -> Option<u64> {
    version.as_str()?.parse().ok()
}

/// One watch of a place.
struct Follower {
    clients: Arc<Clients>,
    place: KubernetesPlace,
    watch: Arc<Watch>,
    timing: Timing,
    index: usize,
}

/// Why a watch ended.
enum End {
    /// To be taken up where it was.
    Resume,
    /// The API server does not know that point any more.
    Relist,
}

impl Follower {
    async fn run(self) {
        let mut version = None;
        let mut pause = self.timing.pause;
        while !self.watch.forgotten(self.timing.idle) {
            let begun = Instant::now();
            let end = self.follow(&mut version).await;
            self.seen().live = false;
            let wait = match &end {
                Err(Fault::Unknown(_)) => {
                    self.clients.forget(&self.place);
                    pause
                }
                Err(fault) if fault.forbidden() => {
                    self.seen().denied = true;
                    NOT_ALLOWED.max(pause)
                }
                Ok(_) if begun.elapsed() > LONGEST_PAUSE => Duration::ZERO,
                _ => pause,
            };
            match end {
                Ok(End::Resume) => {}
                Ok(End::Relist) | Err(Fault::Strange(_)) => version = None,
                Err(fault) => tracing::debug!(?fault, kind = KINDS[self.index].path, "a watch of Kubernetes has ended"),
            }
            pause = if begun.elapsed() > LONGEST_PAUSE {
                self.timing.pause
            } else {
                (pause * 2).min(LONGEST_PAUSE)
            };
            tokio::time::sleep(wait).await;
        }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        lock(&self.watch.seen[self.index])
    }

    async fn follow(&self, version: &mut Option<String>) -> Result<End, Fault> {
        let kind = &KINDS[self.index];
        let api = self.clients.of(&self.place)?;
        let from = match version {
            Some(from) => from.clone(),
            None => self.list(&api, kind).await?,
        };
        *version = Some(from.clone());
        let query = format!("{}&allowWatchBookmarks=true&timeoutSeconds=290&resourceVersion={from}", kind.query);
        let mut lines = match api.watch(kind.path, &query).await {
            Err(fault) if fault.refusal().is_some_and(|refusal| refusal.status == 410) => return Ok(End::Relist),
            lines => std::pin::pin!(lines?),
        };
        self.seen().live = true;
        while let Ok(Some(line)) = tokio::time::timeout(SILENCE.min(self.timing.idle), lines.next()).await {
            self.watch.hear();
            if let Some(end) = self.heard(&line?, version)? {
                return Ok(end);
            }
            if self.watch.forgotten(self.timing.idle) {
                break;
            }
        }
        Ok(End::Resume)
    }

    async fn list(&self, api: &Api, kind: &Kind) -> Result<String, Fault> {
        let list = api.list(kind.path, kind.query).await?;
        self.watch.hear();
        let named = list.items.into_iter().filter_map(|item| Some((name(&item)?, trimmed(item))));
        let mut seen = self.seen();
        seen.items = named.collect();
        seen.denied = false;
        Ok(list.version)
    }

    /// One line of a watch.
    fn heard(&self, line: &[u8], version: &mut Option<String>) -> Result<Option<End>, Fault> {
        let mut event: Value = serde_json::from_slice(line).map_err(|_| Fault::Silent("an event of a watch was cut off".to_owned()))?;
        let what = event["type"].as_str().unwrap_or_default().to_owned();
        let object = event["object"].take();
        if what == "ERROR" {
            let code = object["code"].as_u64().unwrap_or_default();
            let message = object["message"].as_str().unwrap_or_default();
            return if code == 410 {
                Ok(Some(End::Relist))
            } else {
                Err(Fault::Silent(format!("a watch has failed: {message}")))
            };
        }
        if let Some(reached) = object["metadata"]["resourceVersion"].as_str() {
            *version = Some(reached.to_owned());
        }
        let Some(name) = name(&object) else { return Ok(None) };
        let mut seen = self.seen();
        match what.as_str() {
            "ADDED" | "MODIFIED" => {
                if KINDS[self.index].path == "events" && seen.items.len() >= EVENTS {
                    // What holds is said again.
                    seen.items.clear();
                }
                seen.items.insert(name, trimmed(object));
            }
            "DELETED" => {
                seen.items.remove(&name);
            }
            _ => {}
        }
        Ok(None)
    }
}

fn name(object: &Value) -> Option<String> {
    object["metadata"]["name"]
        .as_str()
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
}

/// Without what is never looked at: most of an object.
fn trimmed(mut object: Value) -> Value {
    let replicas = object["spec"]["replicas"].take();
    let whole = object.as_object_mut();
    if let Some(whole) = whole {
        whole.remove("spec");
        if !replicas.is_null() {
            whole.insert("spec".to_owned(), serde_json::json!({ "replicas": replicas }));
        }
    }
    if let Some(meta) = object["metadata"].as_object_mut() {
        meta.remove("managedFields");
    }
    object
}
