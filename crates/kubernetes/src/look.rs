//! What is seen of a cluster: from the watches where they are up to date, else by asking.

use domain::ports::{DeploymentSight, INGRESS, KubernetesSight, PortError};
use domain::target::KubernetesPlace;
use serde_json::Value;

use crate::access::way;
use crate::address::{Reached, Wanted};
use crate::api::{Api, encode};
use crate::fault::Fault;
use crate::{Kubernetes, cause, sight};

/// A cluster in the API server's words.
struct Found {
    deployment: Option<Value>,
    pods: Vec<Value>,
    events: Vec<Value>,
}

impl Kubernetes {
    /// See [`domain::ports::KubernetesControl::look`].
    pub(crate) async fn seen(&self, place: &KubernetesPlace, name: &str) -> Result<KubernetesSight, PortError> {
        let api = self.api(place)?;
        let found = self.find(place, &api, name).await?;
        let system_uid = self.system_uid(place, &api, found.deployment.is_none()).await?;
        let pods: Vec<&Value> = found.pods.iter().collect();
        let events: Vec<&Value> = found.events.iter().collect();
        let deployment = found.deployment.as_ref().and_then(sight::deployment);
        let reached = match &deployment {
            Some(DeploymentSight { uid, deleting: false, .. }) => {
                let object = found.deployment.as_ref();
                let wanted = Wanted {
                    name,
                    uid,
                    pods: &pods,
                    ingress: object.and_then(|object| object["metadata"]["annotations"][INGRESS].as_str()),
                };
                self.addresses.of(&self.clients, place, &api, wanted).await?
            }
            _ => Reached::default(),
        };
        Ok(KubernetesSight {
            system_uid,
            pods: sight::pods(&pods, &events),
            cause: cause::of_cluster(found.deployment.as_ref(), &pods, &events),
            gone: self.watches.of(place).salvage.gone(name),
            deployment,
            address: reached.address,
            web: reached.web,
        })
    }

    async fn find(&self, place: &KubernetesPlace, api: &Api, name: &str) -> Result<Found, Fault> {
        let watch = self.watches.of(place);
        watch.look_at(name);
        let Some(known) = watch.known(name) else {
            return asked(api, name).await;
        };
        let deployment = if known.fresh {
            Some(known.deployment)
        } else {
            let deployment = deployment(api, name).await?;
            watch.hear();
            deployment
        };
        Ok(Found {
            deployment,
            pods: known.pods,
            events: known.events,
        })
    }

    /// The uid of `kube-system`, asked for anew where an absence has to be proven.
    async fn system_uid(&self, place: &KubernetesPlace, api: &Api, prove: bool) -> Result<Option<String>, Fault> {
        let known = self.systems().get(&way(place)).cloned();
        if let (Some(known), false) = (known, prove) {
            return Ok(known);
        }
        let uid = system_uid(api).await?;
        self.systems().insert(way(place), uid.clone());
        Ok(uid)
    }
}

/// The uid of `kube-system`; nothing where it may not be read.
pub async fn system_uid(api: &Api) -> Result<Option<String>, Fault> {
    match api.get("/api/v1/namespaces/kube-system").await {
        Ok(system) => Ok(system["metadata"]["uid"].as_str().map(str::to_owned)),
        Err(fault) if fault.forbidden() || fault.absent() => Ok(None),
        Err(fault) => Err(fault),
    }
}

async fn deployment(api: &Api, name: &str) -> Result<Option<Value>, Fault> {
    match api.get(&api.object("deployments", name)?).await {
        Err(fault) if fault.absent() => Ok(None),
        deployment => deployment.map(Some),
    }
}

async fn asked(api: &Api, name: &str) -> Result<Found, Fault> {
    let labels = format!("labelSelector={}", encode(&format!("app={name},type=flink-native-kubernetes")));
    let (deployment, pods) = tokio::try_join!(deployment(api, name), api.list("pods", &labels))?;
    let pods = pods.items;
    let quiet = deployment.is_none() || (!pods.is_empty() && pods.iter().all(|pod| sight::pod(pod, &[]).is_some_and(|pod| pod.running)));
    let events = if quiet { Vec::new() } else { events(api).await? };
    Ok(Found { deployment, pods, events })
}

async fn events(api: &Api) -> Result<Vec<Value>, Fault> {
    match api.list("events", "fieldSelector=type%3DWarning").await {
        Ok(list) => Ok(list.items),
        // Then there are fewer causes to tell.
        Err(fault) if fault.forbidden() => Ok(Vec::new()),
        Err(fault) => Err(fault),
    }
}
