//! TaskManagers and the logs of all processes.

use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Value, json};

use crate::answer::{Answer, Refusal};
use crate::clock;
use crate::cluster::Cluster;
use crate::flink::Shared;

/// What every simulated log file says.
const LOG: &str = "2026-01-01 00:00:00,000 INFO  org.apache.flink.runtime.rest.RestServerEndpoint [] - Rest endpoint listening\n";

fn known(cluster: &Cluster, id: &str) -> bool {
    (1..=cluster.task_managers).any(|number| task_manager_id(number) == id)
}

fn task_manager_id(number: u32) -> String {
    format!("127.0.0.1:{}-sim", 6_121 + number)
}

fn row(cluster: &Cluster, number: u32) -> Value {
    let slots = cluster.slots.total / cluster.task_managers.max(1);
    let free = cluster.slots.free().saturating_sub(slots * (number - 1)).min(slots);
    let resource = json!({"cpuCores": 1.0, "taskHeapMemory": 128, "taskOffHeapMemory": 0, "managedMemory": 16, "networkMemory": 16});
    json!({
        "id": task_manager_id(number), "path": "pekko.tcp://flink@127.0.0.1:6122/user/rpc/taskmanager_0", "dataPort": 6_121,
        "jmxPort": -1, "timeSinceLastHeartbeat": clock::now(), "slotsNumber": slots, "freeSlots": free, "totalResource": resource,
        "freeResource": resource, "hardware": {"cpuCores": 2, "physicalMemory": 8_000_000_000_u64, "freeMemory": 100_000_000,
            "managedMemory": 16_000_000}, "blocked": false,
    })
}

pub(crate) async fn task_managers(State(shared): State<Shared>) -> Json<Value> {
    let mut cluster = shared.lock();
    cluster.settle();
    Json(json!({"taskmanagers": (1..=cluster.task_managers).map(|number| row(&cluster, number)).collect::<Vec<_>>()}))
}

pub(crate) async fn task_manager(State(shared): State<Shared>, Path(id): Path<String>) -> Answer {
    let cluster = shared.lock();
    let number = (1..=cluster.task_managers)
        .find(|number| task_manager_id(*number) == id)
        .ok_or_else(|| no_task_manager(&id))?;
    Ok(Json(row(&cluster, number)))
}

fn no_task_manager(id: &str) -> Refusal {
    Refusal::not_found(format!(
        "org.apache.flink.runtime.rest.NotFoundException: Could not find TaskExecutor {id}"
    ))
}

fn files(name: &str) -> Value {
    json!({"logs": [
        {"name": format!("{name}.log"), "size": LOG.len(), "mtime": clock::now()},
        {"name": format!("{name}.out"), "size": 0, "mtime": clock::now()},
    ]})
}

fn file(name: &str, process: &str) -> Result<String, Refusal> {
    match name.strip_prefix(process) {
        Some(".log") => Ok(LOG.to_owned()),
        Some(".out") => Ok(String::new()),
        _ => Err(Refusal::not_found(
            "org.apache.flink.runtime.rest.handler.RestHandlerException: This file does not exist in the log dir.",
        )),
    }
}

pub(crate) async fn jobmanager_log() -> String {
    LOG.to_owned()
}

pub(crate) async fn jobmanager_logs() -> Json<Value> {
    Json(files("jobmanager"))
}

pub(crate) async fn jobmanager_file(Path(name): Path<String>) -> Result<String, Refusal> {
    file(&name, "jobmanager")
}

pub(crate) async fn task_manager_log(State(shared): State<Shared>, Path(id): Path<String>) -> Result<String, Refusal> {
    if known(&shared.lock(), &id) {
        Ok(LOG.to_owned())
    } else {
        Err(no_task_manager(&id))
    }
}

pub(crate) async fn task_manager_logs(State(shared): State<Shared>, Path(id): Path<String>) -> Answer {
    if known(&shared.lock(), &id) {
        Ok(Json(files("taskmanager")))
    } else {
        Err(no_task_manager(&id))
    }
}

pub(crate) async fn task_manager_file(State(shared): State<Shared>, Path((id, name)): Path<(String, String)>) -> Result<String, Refusal> {
    if known(&shared.lock(), &id) {
        file(&name, "taskmanager")
    } else {
        Err(no_task_manager(&id))
    }
}
