//! What the controllers of Kubernetes and Flink's own processes do: pods come and go with the Deployment, a Flink runs in the JobManager's
//! pod once its `ConfigMap` is there, and its job a moment later.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::objects::{configuration, image, version};
use super::serve::Shared;
use super::world::{World, collection, now};
use super::{pod_fault, pods};
use crate::{Flink, RestartOptions, SimOptions};

/// How often ends of jobs are looked for.
const TICK: Duration = Duration::from_millis(100);

/// Runs until it is ended.
pub(crate) async fn run(shared: Shared) {
    let mut bell = shared.bell();
    loop {
        bell.borrow_and_update();
        for start in shared.with(settle) {
            start.flink(&shared).await;
        }
        tokio::time::timeout(TICK, bell.changed()).await.ok();
    }
}

/// A JobManager whose process is to begin.
struct Start {
    namespace: String,
    name: String,
    uid: String,
    version: Option<String>,
    configuration: BTreeMap<String, String>,
}

fn word<'a>(object: &'a Value, key: &str) -> &'a str {
    object["metadata"][key].as_str().unwrap_or_default()
}

/// Brings pods to what the Deployments ask for; answers the JobManagers that are to begin.
fn settle(world: &mut World) -> Vec<Start> {
    let deployments = world.all("deployments");
    let alive: BTreeSet<String> = deployments.iter().map(|(_, one)| word(one, "uid").to_owned()).collect();
    world.flinks.retain(|uid, _| alive.contains(uid));
    deployments.iter().filter_map(|(_, deployment)| one(world, deployment)).collect()
}

fn one(world: &mut World, deployment: &Value) -> Option<Start> {
    let (namespace, name, uid) = (word(deployment, "namespace"), word(deployment, "name"), word(deployment, "uid"));
    let at = collection(namespace, "pods");
    let all = world.objects.get(&at).into_iter().flat_map(|pods| pods.values());
    let owned: Vec<Value> = all
        .filter(|pod| pod["metadata"]["ownerReferences"][0]["uid"] == uid)
        .cloned()
        .collect();
    if deployment["spec"]["replicas"] == 0 {
        for pod in &owned {
            world.remove(&at, word(pod, "name"));
        }
        world.flinks.remove(uid);
        return None;
    }
    if ended(world, namespace, name, uid) {
        // Flink deletes its own Deployment, as it does unless it is told to stay.
        world.remove(&collection(namespace, "deployments"), name);
        world.collect();
        return None;
    }
    let manager = owned.iter().find(|pod| pod["metadata"]["labels"]["component"] == "jobmanager");
    match manager {
        None => {
            job_manager(world, deployment);
            None
        }
        Some(pod) => begins(world, deployment, pod),
    }
}

/// Whether the only job has ended and nobody said that the JobManager is to stay.
fn ended(world: &World, namespace: &str, name: &str, uid: &str) -> bool {
    let Some(flink) = world.flinks.get(uid) else { return false };
    let keys = world
        .get(&collection(namespace, "configmaps"), &format!("flink-config-{name}"))
        .map(configuration)
        .unwrap_or_default();
    let stays = keys
        .get("execution.shutdown-on-application-finish")
        .is_some_and(|value| value == "false");
    let session = !keys.contains_key("$internal.pipeline.job-id");
    let jobs = flink.jobs();
    !stays && !session && !jobs.is_empty() && jobs.iter().all(|job| job.state.ended())
}

fn job_manager(world: &mut World, deployment: &Value) {
    let (namespace, name) = (word(deployment, "namespace"), word(deployment, "name"));
    if let Some(why) = world.no_pods.clone() {
        return refused(world, deployment, &why);
    }
    let number = world.version;
    let pod = format!(
        "{name}-{:08x}-{:05x}",
        number.wrapping_mul(2_654_435_761) & 0xffff_ffff,
        number & 0xf_ffff
    );
    let status = pod_fault::status(world, &pod, &image(deployment)).or_else(|| world.pod_status.clone());
    let object = pods::of(
        deployment,
        "jobmanager",
        &pod,
        status.unwrap_or_else(|| pods::waiting(&image(deployment))),
    );
    let made = world.put(&collection(namespace, "pods"), &pod, object);
    pod_fault::tell(world, namespace, &made);
}

/// No pod: the Deployment and an event say why.
fn refused(world: &mut World, deployment: &Value, why: &str) {
    let (namespace, name) = (word(deployment, "namespace"), word(deployment, "name"));
    let conditions = json!([{"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": why}]);
    if deployment["status"]["conditions"] == conditions {
        return;
    }
    let mut failed = deployment.clone();
    failed["status"]["conditions"] = conditions;
    world.put(&collection(namespace, "deployments"), name, failed);
    let set = format!("{name}-5d8f7c9b4");
    let event = json!({
        "apiVersion": "v1", "kind": "Event", "type": "Warning", "reason": "FailedCreate", "message": format!("Error creating: {why}"),
        "metadata": {"name": format!("{set}.1"), "namespace": namespace},
        "involvedObject": {"kind": "ReplicaSet", "name": set, "namespace": namespace}, "lastTimestamp": now(),
    });
    world.put(&collection(namespace, "events"), &format!("{set}.1"), event);
}

fn begins(world: &mut World, deployment: &Value, pod: &Value) -> Option<Start> {
    let (namespace, name, uid) = (word(deployment, "namespace"), word(deployment, "name"), word(deployment, "uid"));
    if world.pod_status.is_some() || world.pod_fault.is_some() || pod["status"]["phase"] != "Pending" {
        return None;
    }
    let keys = configuration(world.get(&collection(namespace, "configmaps"), &format!("flink-config-{name}"))?);
    let mut pod = pod.clone();
    pod["status"] = pods::running(&image(deployment), 0);
    let name_of_pod = word(&pod, "name").to_owned();
    world.put(&collection(namespace, "pods"), &name_of_pod, pod);
    Some(Start {
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        uid: uid.to_owned(),
        version: version(&image(deployment)),
        configuration: keys,
    })
}

impl Start {
    /// Begins the process in the pod, the first or another life of it.
    async fn flink(self, shared: &Shared) {
        let known = shared.with(|world| world.flinks.get(&self.uid).cloned());
        let recovers = self
            .configuration
            .keys()
            .any(|key| key == "high-availability.type" || key == "high-availability");
        let flink = match known {
            Some(flink) => {
                flink.restart(&RestartOptions {
                    keep_jobs: recovers,
                    ..RestartOptions::default()
                });
                flink
            }
            None => match self.first(shared).await {
                Some(flink) => flink,
                None => return,
            },
        };
        if let Some(id) = self
            .configuration
            .get("$internal.pipeline.job-id")
            .filter(|id| flink.job(id).is_none())
        {
            flink.main(id, &self.configuration);
        }
        shared.with(|world| {
            world.flinks.insert(self.uid.clone(), flink.clone());
            self.task_manager(world);
            self.reached_directly(world, flink.url());
        });
    }

    async fn first(&self, shared: &Shared) -> Option<Arc<Flink>> {
        let (plan, savepoints) = shared.with(|world| (world.options.plan.clone(), world.options.savepoints.clone()));
        let mut configuration = self.configuration.clone();
        configuration.insert("kubernetes.cluster-id".to_owned(), self.name.clone());
        let mut options = SimOptions {
            plan,
            savepoints,
            configuration,
            ..SimOptions::default()
        };
        if let Some(version) = &self.version {
            options.version.clone_from(version);
        }
        Flink::start(options).await.ok().map(Arc::new)
    }

    fn task_manager(&self, world: &mut World) {
        let Some(deployment) = world.get(&collection(&self.namespace, "deployments"), &self.name).cloned() else {
            return;
        };
        let name = format!("{}-taskmanager-1-1", self.name);
        let pod = pods::of(&deployment, "taskmanager", &name, pods::running(&image(&deployment), 0));
        world.put(&collection(&self.namespace, "pods"), &name, pod);
    }

    /// The service gets an address at which this Flink listens, where that is wanted.
    fn reached_directly(&self, world: &mut World, url: &str) {
        let (at, name) = (collection(&self.namespace, "services"), format!("{}-rest", self.name));
        let port: Option<u16> = url.rsplit(':').next().and_then(|port| port.parse().ok());
        if let (true, Some(mut service), Some(port)) = (world.options.direct, world.get(&at, &name).cloned(), port) {
            service["spec"]["clusterIP"] = "127.0.0.1".into();
            service["spec"]["ports"][0]["port"] = port.into();
            world.put(&at, &name, service);
        }
    }
}
