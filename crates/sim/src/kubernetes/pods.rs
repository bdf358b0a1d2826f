//! Pods as the controllers of Kubernetes and Flink itself make them, and their logs.

use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::answer::Refusal;
use super::route::Route;
use super::world::{World, collection, now};

/// The container that Flink runs in.
const MAIN: &str = "flink-main-container";

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

/// `pods/NAME/log`.
pub(crate) fn log(world: &World, route: &Route) -> Result<Response, Refusal> {
    let name = &route.name;
    let pod = world
        .get(&collection(&route.namespace, "pods"), name)
        .ok_or_else(|| Refusal::absent("pods", name))?;
    let container = route.parameter("container");
    let statuses = pod["status"]["containerStatuses"].as_array().into_iter().flatten();
    let status = statuses.filter(|one| container.is_empty() || one["name"] == container).next();
    let bad = |message: String| Refusal::new(400, "BadRequest", message);
    let status = status.ok_or_else(|| bad(format!("container {container} is not valid for pod {name}")))?;
    let previous = route.parameter("previous") == "true";
    let text = world.logs.get(&(name.clone(), previous)).cloned();
    let text = match text {
        Some(text) => text,
        None if previous => {
            return Err(bad(format!(
                "previous terminated container \"{container}\" in pod \"{name}\" not found"
            )));
        }
        None if !status["state"]["waiting"].is_null() => {
            return Err(bad(format!(
                "container \"{container}\" in pod \"{name}\" is waiting to start: ContainerCreating"
            )));
        }
        None => format!("log of {name}\n"),
    };
    let wanted: usize = route.parameter("tailLines").parse().unwrap_or(usize::MAX);
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let tail = lines[lines.len().saturating_sub(wanted)..].concat();
    Ok(tail.into_response())
}
