//! Pods as the controllers of Kubernetes and Flink itself make them.

use serde_json::{Value, json};

use super::world::now;

/// The container that Flink runs in.
pub(crate) const MAIN: &str = "flink-main-container";

/// A pod of a Deployment, of a component.
pub(crate) fn of(deployment: &Value, component: &str, name: &str, status: Value) -> Value {
    let meta = &deployment["metadata"];
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": meta["namespace"],
            "labels": {"app": meta["name"], "component": component, "type": "flink-native-kubernetes"},
            "ownerReferences": [{
                "apiVersion": "apps/v1", "kind": "Deployment", "name": meta["name"], "uid": meta["uid"],
                "controller": true, "blockOwnerDeletion": true,
            }],
        },
        "spec": {"containers": [{"name": MAIN}]},
        "status": status,
    })
}

/// A pod that waits for its volumes.
pub(crate) fn waiting(image: &str) -> Value {
    json!({
        "phase": "Pending",
        "conditions": [{"type": "PodScheduled", "status": "True"}],
        "containerStatuses": [{
            "name": MAIN, "image": image, "restartCount": 0, "ready": false,
            "state": {"waiting": {"reason": "ContainerCreating"}},
        }],
    })
}

/// A pod that runs; nobody listens at its address.
pub(crate) fn running(image: &str, restarts: u32) -> Value {
    json!({
        "phase": "Running",
        "podIP": "127.255.1.1",
        "hostIP": "127.255.2.1",
        "conditions": [{"type": "PodScheduled", "status": "True"}, {"type": "Ready", "status": "True"}],
        "containerStatuses": [{
            "name": MAIN, "image": image, "restartCount": restarts, "ready": true,
            "state": {"running": {"startedAt": now()}},
        }],
    })
}

/// Whether it is the pod of a JobManager.
pub(crate) fn is_job_manager(pod: &Value) -> bool {
    pod["metadata"]["labels"]["component"] == "jobmanager"
}
