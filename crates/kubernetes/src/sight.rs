//! What is seen of a cluster, from the API server's JSON: pure, and tolerant of what is missing.

use domain::ports::{ContainerEnd, DeploymentSight, EPOCH, InitSight, PodRole, PodSight};
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
        restarts: main.map_or(0, restarts),
        ended: end(&state("state")["terminated"]).or_else(|| end(&state("lastState")["terminated"])),
        cause: cause::of_pod(object, events),
        deleting: !meta["deletionTimestamp"].is_null(),
        init: init(object),
    })
}

/// The first init container that has begun and not done its work.
fn init(pod: &Value) -> Option<InitSight> {
    let all = pod["status"]["initContainerStatuses"].as_array()?;
    let at = all.iter().find(|one| one["state"]["terminated"]["exitCode"] != 0)?;
    let (running, ended) = (
        !at["state"]["running"].is_null(),
        end(&at["state"]["terminated"]).or_else(|| end(&at["lastState"]["terminated"])),
    );
    (running || ended.is_some()).then(|| InitSight {
        name: at["name"].as_str().unwrap_or_default().to_owned(),
        restarts: restarts(at),
        running,
        ended,
    })
}

fn restarts(container: &Value) -> u32 {
    let count = container["restartCount"].as_u64();
    count.map_or(0, |count| u32::try_from(count).unwrap_or(u32::MAX))
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(name: &str, component: &str, created: &str, container: Value) -> Value {
        json!({
            "metadata": {"name": name, "uid": format!("uid-{name}"), "creationTimestamp": created, "labels": {"component": component}},
            "status": {"phase": "Running", "containerStatuses": [{"name": "sidecar", "restartCount": 9, "state": {"running": {}}}, container]},
        })
    }

    #[test]
    fn pods_are_read_from_the_container_of_flink() {
        let main =
            |state: Value, last: Value| json!({"name": "flink-main-container", "restartCount": 2, "state": state, "lastState": last});
        let ended = json!({"terminated": {"exitCode": 2, "reason": "Error", "finishedAt": "2026-11-22T10:00:00Z"}});
        let task = of("t1", "taskmanager", "2026-11-22T09:00:02Z", main(json!({"running": {}}), json!({})));
        let older = of(
            "t2",
            "taskmanager",
            "2026-11-22T09:00:01Z",
            main(json!({"terminated": {"signal": 9, "exitCode": 0}}), json!({})),
        );
        let manager = of("j", "jobmanager", "2026-11-22T09:00:09Z", main(json!({"running": {}}), ended));
        let other = of("x", "webhook", "2026-11-22T09:00:00Z", json!({}));
        let seen = pods(&[&task, &older, &manager, &other, &json!({"metadata": {}})], &[]);
        let names: Vec<&str> = seen.iter().map(|pod| pod.name.as_str()).collect();
        assert_eq!(names, ["j", "t2", "t1"]);
        assert_eq!((seen[0].role, seen[0].running, seen[0].restarts), (PodRole::JobManager, true, 2));
        let end = seen[0].ended.as_ref().unwrap();
        assert_eq!((end.exit_code, end.reason.as_str()), (2, "Error"));
        assert_eq!(end.at.map(Millis::rfc3339).as_deref(), Some("2026-11-22T10:00:00.000Z"));
        assert_eq!(seen[1].ended.as_ref().map(|end| end.exit_code), Some(137));
        assert_eq!(seen[2].ended, None);
    }

    #[test]
    fn deployments_are_read() {
        let mut object = json!({"metadata": {"uid": "u", "annotations": {EPOCH: "7"}}, "spec": {"replicas": 2}});
        let seen = deployment(&object).unwrap();
        assert_eq!(
            (seen.uid.as_str(), seen.epoch.as_deref(), seen.replicas, seen.deleting),
            ("u", Some("7"), 2, false)
        );
        object["metadata"]["deletionTimestamp"] = json!("2026-11-22T10:00:00Z");
        object["spec"] = json!({});
        let seen = deployment(&object).unwrap();
        assert_eq!((seen.replicas, seen.deleting), (1, true));
        for strange in [json!(null), json!({}), json!({"metadata": {"uid": 7}})] {
            assert_eq!(deployment(&strange), None);
        }
    }
}
