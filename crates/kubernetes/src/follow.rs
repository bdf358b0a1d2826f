//! One watch: list, then listen from there on; taken up again where it stopped, listed anew after 410.

use std::sync::{Arc, MutexGuard};
use std::time::{Duration, Instant};

use domain::target::KubernetesPlace;
use futures::StreamExt;
use serde_json::Value;

use crate::access::Clients;
use crate::api::Api;
use crate::fault::Fault;
use crate::watch::{KINDS, Kind, Seen, Timing, Watch, lock};

/// Silence after which a watch is taken up again: an API server says something at least every minute.
const SILENCE: Duration = Duration::from_secs(90);
/// Longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// Pause where we may not watch: somebody has to change that.
const NOT_ALLOWED: Duration = Duration::from_secs(120);
/// Events that are kept of a namespace.
const EVENTS: usize = 2_000;

/// One watch of a place.
pub struct Follower {
    /// Where its client comes from.
    pub clients: Arc<Clients>,
    /// The place.
    pub place: KubernetesPlace,
    /// Where it writes what it hears.
    pub watch: Arc<Watch>,
    /// How long things may take.
    pub timing: Timing,
    /// Which of [`KINDS`].
    pub index: usize,
}

/// Why a watch ended.
enum End {
    /// To be taken up where it was.
    Resume,
    /// The API server does not know that point any more.
    Relist,
}

impl Follower {
    /// Runs until nobody looks any more.
    pub async fn run(self) {
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
            if let Some(end) = self.heard(&api, &line?, version)? {
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
    fn heard(&self, api: &Api, line: &[u8], version: &mut Option<String>) -> Result<Option<End>, Fault> {
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
        let pods = KINDS[self.index].path == "pods";
        let mut seen = self.seen();
        if pods {
            let after = (what != "DELETED").then_some(&object);
            self.watch.pod(api, seen.items.get(&name), after);
        }
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
                self.watch.gone(&name, object["metadata"]["uid"].as_str().unwrap_or_default());
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
