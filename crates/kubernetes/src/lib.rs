//! The adapter for Kubernetes: creates, sees and deletes the objects of Flink clusters, and says in words what Kubernetes says of them.
//!
//! Objects are JSON, as they come and go: only what is looked at is read. Who asks decides what an answer means for a job.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod access;
mod address;
mod api;
mod cause;
mod create;
mod delete;
mod fault;
mod follow;
mod found;
mod kubeconfig;
mod log;
mod log_follow;
mod look;
mod probe;
mod salvage;
mod sight;
mod test;
mod watch;
mod web;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use domain::log::{ContainerLog, LogFrom};
use domain::ports::{
    ClusterObjects, FoundCluster, KubernetesControl, KubernetesSight, LogStream, PodProbe, PortError, ProbeWatcher, Vault,
};
use domain::target::{KubernetesPlace, TargetCheck, TargetReport};

use crate::access::{Clients, Way};
use crate::address::Addresses;
use crate::api::{Api, segment};
use crate::fault::Fault;
use crate::log_follow::Following;
use crate::watch::{Watches, Written};

pub use crate::watch::Timing;

/// All places, each with its client and its watches.
pub struct Kubernetes {
    clients: Arc<Clients>,
    watches: Watches,
    addresses: Addresses,
    systems: Mutex<HashMap<Way, Option<String>>>,
    /// How often a probe is looked at, and the first pause after a log broke off.
    pause: Duration,
}

impl fmt::Debug for Kubernetes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kubernetes").finish_non_exhaustive()
    }
}

impl Kubernetes {
    /// Nothing is asked yet. The vault opens kubeconfigs.
    #[must_use]
    pub fn new(vault: Arc<dyn Vault>) -> Self {
        Self::with(vault, Timing::default())
    }

    /// The same with other times: for tests.
    #[must_use]
    pub fn with(vault: Arc<dyn Vault>, timing: Timing) -> Self {
        let clients = Arc::new(Clients::new(vault, timing.call));
        Self {
            pause: timing.pause,
            watches: Watches::new(clients.clone(), timing),
            clients,
            addresses: Addresses::default(),
            systems: Mutex::default(),
        }
    }

    /// How many places are followed by watches now.
    #[must_use]
    pub fn watched_places(&self) -> usize {
        self.watches.places()
    }

    fn api(&self, place: &KubernetesPlace) -> Result<Api, Fault> {
        segment(&place.namespace)?;
        self.clients.of(place)
    }

    fn systems(&self) -> MutexGuard<'_, HashMap<Way, Option<String>>> {
        self.systems.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An outcome; a client that the API server does not know any more is made anew for the next call.
    fn told<T>(&self, place: &KubernetesPlace, outcome: Result<T, PortError>) -> Result<T, PortError> {
        if let Err(PortError::Refused { status: Some(401), .. }) = &outcome {
            self.clients.forget(place);
        }
        outcome
    }
}

#[async_trait]
impl KubernetesControl for Kubernetes {
    async fn check(&self, place: &KubernetesPlace) -> Result<(), PortError> {
        self.api(place)?;
        Ok(())
    }

    async fn test(&self, place: &KubernetesPlace, service_account: Option<&str>) -> Result<TargetReport, PortError> {
        let outcome = test::test(&self.api(place)?, service_account).await;
        self.told(place, outcome)
    }

    async fn probe(&self, place: &KubernetesPlace, probe: &PodProbe, watcher: &dyn ProbeWatcher) -> Result<Vec<TargetCheck>, PortError> {
        let outcome = probe::probe(&self.api(place)?, self.pause, probe, watcher).await;
        self.told(place, outcome)
    }

    async fn look(&self, place: &KubernetesPlace, name: &str) -> Result<KubernetesSight, PortError> {
        let outcome = self.seen(place, name).await;
        self.told(place, outcome)
    }

    async fn clusters(&self, place: &KubernetesPlace) -> Result<Vec<FoundCluster>, PortError> {
        let outcome = found::clusters(&self.api(place)?).await;
        self.told(place, outcome)
    }

    async fn create(&self, place: &KubernetesPlace, objects: &ClusterObjects) -> Result<String, PortError> {
        let outcome = create::create(&self.api(place)?, objects).await;
        let created = self.told(place, outcome)?;
        let name = objects.deployment["metadata"]["name"].as_str().unwrap_or_default();
        let (uid, version) = (created.uid.clone(), created.version);
        self.watches.wrote(place, name, Written::Version { uid, version });
        Ok(created.uid)
    }

    async fn delete(&self, place: &KubernetesPlace, name: &str, uid: &str) -> Result<(), PortError> {
        let outcome = delete::delete(&self.api(place)?, name, uid).await;
        self.told(place, outcome)?;
        self.watches.wrote(place, name, Written::Deleted { uid: uid.to_owned() });
        Ok(())
    }

    async fn forget(&self, place: &KubernetesPlace, name: &str) -> Result<(), PortError> {
        let outcome = delete::forget(&self.api(place)?, name).await;
        self.told(place, outcome)
    }

    async fn log_tail(&self, place: &KubernetesPlace, log: &ContainerLog, max_bytes: usize) -> Result<String, PortError> {
        let api = self.api(place)?;
        let read = match log::tail(&api, log, max_bytes).await {
            // The pod, or this life of its container, is gone: it may have been read as it went.
            Err(fault) if fault.refusal().is_some_and(|refusal| matches!(refusal.status, 400 | 404)) => {
                let held = self.watches.of(place).salvage.of(&api, log).await;
                held.map(|text| log::end(&text, max_bytes).to_owned()).ok_or(fault)
            }
            read => read,
        };
        self.told(place, read.map_err(PortError::from))
    }

    async fn log_follow(&self, place: &KubernetesPlace, log: &ContainerLog, from: LogFrom) -> Result<Box<dyn LogStream>, PortError> {
        let opened = Following::open(self.api(place)?, log.clone(), from, self.pause).await;
        let following = self.told(place, opened.map_err(PortError::from))?;
        Ok(Box::new(following))
    }
}
