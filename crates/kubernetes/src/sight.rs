//! What is seen of a cluster, from the API server's JSON: pure, and tolerant of what is missing.

use domain::ports::{ContainerEnd, DeploymentSight, EPOCH, PodRole, PodSight};
use domain::time::Millis;
use serde_json::Value;

use crate::cause;

/// Names of the container that Flink runs in; the older ones are those of 1.12.
pub const MAIN: [&str; 3] = ["flink-main-container", "flink-job-manager", "flink-task-manager"];

/// A Deployment.
pub fn deployment(object: &Value) -> Option<DeploymentSight> {
    let meta = &object["metadata"];
    Some(DeploymentSight {
        uid: meta["uid"].as_str()?.to_owned(),
        epoch: meta["annotations"][EPOCH].as_str().map(str::to_owned),
        // The API server writes 1 where nothing was said.
        replicas: object["spec"]["replicas"]
            .as_u64()
            .map_or(1, |replicas| u32::try_from(replicas).unwrap_or(u32::MAX)),
        deleting: !meta["deletionTimestamp"].is_null(),
    })
}

/// The pods of a cluster, the JobManager's first, then by age.
pub fn pods(objects: &[&Value], events: &[&Value]) -> Vec<PodSight> {
    let mut seen: Vec<(Option<Millis>, PodSight)> = objects
        .iter()
        .filter_map(|object| Some((made_at(object), pod(object, events)?)))
        .collect();
    seen.sort_by(|(a, one), (b, other)| (one.role, a, &one.name).cmp(&(other.role, b, &other.name)));
    seen.into_iter().map(|(_, pod)| pod).collect()
}

fn made_at(object: &Value) -> Option<Millis> {
    Millis::parse(object["metadata"]["creationTimestamp"].as_str()?)
}

/// A pod.
pub fn pod(object: &Value, events: &[&Value]) -> Option<PodSight> {
    let meta = &object["metadata"];
    let role = match meta["labels"]["component"].as_str()? {
        "jobmanager" => PodRole::JobManager,
        "taskmanager" => PodRole::TaskManager,
        _ => return None,
    };
    let main = main_container(object);
    let state = |key: &str| main.map_or(&Value::Null, |main| &main[key]);
    Some(PodSight {
        name: meta["name"].as_str()?.to_owned(),
        uid: meta["uid"].as_str()?.to_owned(),
        role,
        phase: object["status"]["phase"].as_str().unwrap_or("Unknown").to_owned(),
        running: !state("state")["running"].is_null(),
        restarts: state("restartCount")
            .as_u64()
            .map_or(0, |count| u32::try_from(count).unwrap_or(u32::MAX)),
        ended: end(&state("state")["terminated"]).or_else(|| end(&state("lastState")["terminated"])),
        cause: cause::of_pod(object, events),
        deleting: !meta["deletionTimestamp"].is_null(),
    })
}

/// The status of the container that Flink runs in.
pub fn main_container(pod: &Value) -> Option<&Value> {
    let all = pod["status"]["containerStatuses"].as_array()?;
    let named = all.iter().find(|one| MAIN.iter().any(|name| one["name"] == *name));
    named.or_else(|| all.first().filter(|_| all.len() == 1))
}

fn end(terminated: &Value) -> Option<ContainerEnd> {
    let signal = terminated["signal"]
        .as_i64()
        .filter(|signal| *signal > 0)
        .map(|signal| 128 + signal);
    let code = terminated["exitCode"].as_i64().filter(|code| *code != 0).or(signal);
    Some(ContainerEnd {
        exit_code: i32::try_from(code.unwrap_or(terminated.as_object().map(|_| 0)?)).unwrap_or(i32::MAX),
        reason: terminated["reason"].as_str().unwrap_or("Unknown").to_owned(),
        at: terminated["finishedAt"].as_str().and_then(Millis::parse),
    })
}
