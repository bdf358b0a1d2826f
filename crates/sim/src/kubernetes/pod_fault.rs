//! What keeps a JobManager from coming up, each as Kubernetes 1.34 says it: a status, an event, or no pod at all.

use serde_json::{Value, json};

use super::pods::{MAIN, is_job_manager};
use super::world::{World, collection, now};

/// What is wrong with the pods of JobManagers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PodFault {
    /// The registry does not have the image.
    ImagePull,
    /// An environment variable comes from a Secret that is not there.
    MissingSecret,
    /// A volume comes from a `ConfigMap` that is not there.
    MissingConfigMap,
    /// The service account is not there.
    MissingAccount,
    /// The quota has no room.
    Quota,
    /// No node has room.
    Unschedulable,
    /// A webhook does not want the pod.
    Admission,
    /// An init container ends with an error.
    Init,
    /// The container is killed for want of memory, started again so often.
    OutOfMemory(u32),
    /// The container ends by itself with this exit code, started again so often, with this log of its last life.
    Crash {
        /// Exit code.
        code: u32,
        /// How often it was started again.
        restarts: u32,
        /// What its last life logged.
        log: String,
    },
}

impl PodFault {
    /// Why there is no pod.
    pub(crate) fn no_pod(&self) -> Option<&'static str> {
        match self {
            Self::MissingAccount => {
                Some("pods \"sw-a-1\" is forbidden: error looking up service account flink/flink: serviceaccount \"flink\" not found")
            }
            Self::Quota => {
                Some("pods \"sw-a-1\" is forbidden: exceeded quota: small, requested: memory=1Gi, used: memory=3Gi, limited: memory=3Gi")
            }
            Self::Admission => {
                Some("admission webhook \"policy.example.com\" denied the request: images come from registry.example.com only")
            }
            _ => None,
        }
    }

    /// The status of the pod.
    fn status(&self, image: &str) -> Value {
        let container = |restarts: u32, state: Value, last: Value| json!({"name": MAIN, "image": image, "restartCount": restarts, "ready": false, "state": state, "lastState": last});
        let waiting = |reason: &str, message: &str| json!({"waiting": {"reason": reason, "message": message}});
        let scheduled = json!([{"type": "PodScheduled", "status": "True"}]);
        let status =
            |conditions: Value, container: Value| json!({"phase": "Pending", "conditions": conditions, "containerStatuses": [container]});
        let ended = |code: u32, reason: &str| json!({"terminated": {"exitCode": code, "reason": reason, "finishedAt": now()}});
        let back_off = waiting("CrashLoopBackOff", "back-off 40s restarting failed container=flink-main-container");
        match self {
            Self::ImagePull => {
                let back_off = waiting("ImagePullBackOff", &format!("Back-off pulling image \"{image}\""));
                status(scheduled, container(0, back_off, json!({})))
            }
            Self::MissingSecret => {
                let waits = waiting("CreateContainerConfigError", "secret \"passwords\" not found");
                status(scheduled, container(0, waits, json!({})))
            }
            Self::Unschedulable => {
                let message = "0/3 nodes are available: 3 Insufficient memory. preemption: 0/3 nodes are available.";
                let no = json!([{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}]);
                json!({"phase": "Pending", "conditions": no})
            }
            Self::OutOfMemory(restarts) => status(scheduled, container(*restarts, back_off, ended(137, "OOMKilled"))),
            Self::Crash { code, restarts, .. } => status(scheduled, container(*restarts, back_off, ended(*code, "Error"))),
            Self::Init => {
                let mut pod = status(scheduled, container(0, waiting("PodInitializing", ""), json!({})));
                let mut fetch = container(1, waiting("CrashLoopBackOff", "back-off"), ended(3, "Error"));
                fetch["name"] = "fetch-artifacts".into();
                pod["initContainerStatuses"] = json!([fetch]);
                pod
            }
            _ => status(scheduled, container(0, waiting("ContainerCreating", ""), json!({}))),
        }
    }

    /// The event about the pod.
    fn event(&self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::ImagePull => Some((
                "Failed",
                "Failed to pull image \"flink:2.2.1\": rpc error: code = NotFound desc = failed to pull and unpack image: not found",
            )),
            Self::MissingConfigMap => Some((
                "FailedMount",
                "MountVolume.SetUp failed for volume \"hadoop-config-volume\" : configmap \"hadoop\" not found",
            )),
            _ => None,
        }
    }
}

/// From now on; pods that are there have it at once, and those that could not be made are tried again.
pub(crate) fn set(world: &mut World, fault: Option<PodFault>) {
    world.no_pods = fault.as_ref().and_then(PodFault::no_pod).map(str::to_owned);
    world.pod_fault = fault;
    // Controllers look at each change.
    world.logged += 1;
    let pods = world.all("pods").into_iter().filter(|(_, pod)| is_job_manager(pod));
    for (at, mut pod) in pods.collect::<Vec<_>>() {
        let name = pod["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        if world.pod_fault.is_none() {
            world.remove(&at, &name);
            continue;
        }
        let image = pod["status"]["containerStatuses"][0]["image"]
            .as_str()
            .unwrap_or("flink")
            .to_owned();
        if let Some(status) = status(world, &name, &image) {
            pod["status"] = status;
            world.put(&at, &name, pod);
        }
    }
}

/// The status of a pod with the present fault, whose log is there then.
pub(crate) fn status(world: &mut World, pod: &str, image: &str) -> Option<Value> {
    let fault = world.pod_fault.clone()?;
    if let PodFault::Crash { log, .. } = &fault {
        world.logs.insert((pod.to_owned(), false), log.clone());
    }
    Some(fault.status(image))
}

/// The event of the present fault about a pod that was just made.
pub(crate) fn tell(world: &mut World, namespace: &str, pod: &Value) {
    let Some((reason, message)) = world.pod_fault.as_ref().and_then(PodFault::event) else {
        return;
    };
    let (name, uid) = (pod["metadata"]["name"].as_str().unwrap_or_default(), &pod["metadata"]["uid"]);
    let event = json!({
        "apiVersion": "v1", "kind": "Event", "type": "Warning", "reason": reason, "message": message,
        "metadata": {"name": format!("{name}.1"), "namespace": namespace},
        "involvedObject": {"kind": "Pod", "name": name, "namespace": namespace, "uid": uid}, "lastTimestamp": now(),
    });
    world.put(&collection(namespace, "events"), &format!("{name}.1"), event);
}
