//! What changes in a namespace, followed: one watch for each kind and place, started by the first look and ended when nobody has looked
//! for a while. A watch resumes where it stopped, and lists anew when the API server has forgotten that point.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use domain::target::KubernetesPlace;
use serde_json::Value;
use tokio::task::JoinHandle;

use crate::access::Clients;
use crate::api::Api;
use crate::follow::Follower;
use crate::salvage::{self, Salvage};
use crate::sight;

/// How long what nobody hears anything of counts as known.
const TRUST: Duration = Duration::from_secs(10);

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
            looked_at: Mutex::default(),
            salvage: Salvage::default(),
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

/// What is behind a mutex.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
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
    /// By the index of [`KINDS`].
    pub seen: [Mutex<Seen>; 3],
    /// Names of the clusters that somebody asked for: only their pods are ours to read.
    looked_at: Mutex<HashSet<String>>,
    /// What their pods logged before they went.
    pub salvage: Salvage,
}

/// What a watch has heard.
#[derive(Default)]
pub struct Seen {
    /// By name.
    pub items: HashMap<String, Value>,
    /// The watch runs.
    pub live: bool,
    /// We may not watch it.
    pub denied: bool,
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
    /// Whether nobody has looked for so long.
    pub fn forgotten(&self, idle: Duration) -> bool {
        lock(&self.asked).elapsed() > idle
    }

    /// The API server has answered.
    pub fn hear(&self) {
        *lock(&self.heard) = Instant::now();
    }

    /// Somebody asks for a cluster.
    pub fn look_at(&self, name: &str) {
        let mut names = lock(&self.looked_at);
        if !names.contains(name) {
            names.insert(name.to_owned());
        }
    }

    /// A pod changed, or went: what it logged is read while that can be done.
    pub fn pod(&self, api: &Api, before: Option<&Value>, after: Option<&Value>) {
        let name = |pod: &Value| pod["metadata"]["labels"]["app"].as_str().map(str::to_owned);
        let Some(cluster) = before.or(after).and_then(name) else { return };
        if !lock(&self.looked_at).contains(&cluster) {
            return;
        }
        let sight = |pod: Option<&Value>| pod.and_then(|pod| sight::pod(pod, &[]));
        match (sight(before), sight(after)) {
            (Some(before), Some(after)) => self.salvage.read(api, salvage::ending(&before, &after)),
            (Some(before), None) => self.salvage.went(&cluster, before),
            (None, _) => {}
        }
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

    /// A Deployment is gone: what we did to it is no news any more.
    pub fn gone(&self, name: &str, uid: &str) {
        let mut written = lock(&self.written);
        if matches!(written.get(name), Some(Written::Deleted { uid: ours }) if ours == uid) {
            written.remove(name);
        }
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
