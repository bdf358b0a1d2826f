//! Each thing that keeps a cluster from coming up, as Kubernetes 1.34 says it, and what is said of it.

use serde_json::{Value, json};

use super::*;

fn deployment() -> Value {
    json!({"metadata": {"name": "sw-a"}, "spec": {"replicas": 1}})
}

fn pod(status: Value) -> Value {
    json!({"metadata": {"name": "sw-a-1-x", "uid": "u1", "labels": {"app": "sw-a", "component": "jobmanager"}}, "status": status})
}

fn main(state: Value, last: Value) -> Value {
    let phase = if state["running"].is_null() { "Pending" } else { "Running" };
    let container = json!({
        "name": "flink-main-container", "image": "registry/flink:2.2.1", "restartCount": 3, "state": state, "lastState": last,
    });
    pod(json!({"phase": phase, "containerStatuses": [container]}))
}

fn waiting(reason: &str, message: &str) -> Value {
    main(json!({"waiting": {"reason": reason, "message": message}}), json!({}))
}

fn init(state: Value, last: Value) -> Value {
    let fetch = json!({"name": "fetch-artifacts", "image": "registry/flink:2.2.1", "state": state, "lastState": last});
    let main = json!({"name": "flink-main-container", "state": {"waiting": {"reason": "PodInitializing"}}});
    pod(json!({"phase": "Pending", "initContainerStatuses": [fetch], "containerStatuses": [main]}))
}

fn event(reason: &str, message: &str, object: Value) -> Value {
    json!({"reason": reason, "message": message, "lastTimestamp": "2026-11-22T10:00:00Z", "involvedObject": object})
}

fn of_pod_event(reason: &str, message: &str) -> Value {
    event(reason, message, json!({"kind": "Pod", "name": "sw-a-1-x", "uid": "u1"}))
}

fn of_set(message: &str) -> Value {
    event("FailedCreate", message, json!({"kind": "ReplicaSet", "name": "sw-a-6d5f"}))
}

fn told(pods: &[Value], events: &[Value]) -> Option<String> {
    of_cluster(
        Some(&deployment()),
        &pods.iter().collect::<Vec<_>>(),
        &events.iter().collect::<Vec<_>>(),
    )
}

#[test]
fn pods_that_do_not_run() {
    let crash = json!({"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 40s restarting failed container"}});
    let ended = |code: i64, reason: &str| json!({"terminated": {"exitCode": code, "reason": reason}});
    let unschedulable = pod(json!({
        "phase": "Pending",
        "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes are available: 3 Insufficient cpu."}],
    }));
    for (pod, parts) in [
        (
            waiting(
                "ErrImagePull",
                "failed to pull and unpack image \"registry/flink:2.2.1\": not found",
            ),
            vec!["the image 'registry/flink:2.2.1' cannot be pulled", "not found", "pull secrets"],
        ),
        (
            waiting("InvalidImageName", "couldn't parse image name \"a b\": invalid reference format"),
            vec!["is no name of an image", "invalid reference format"],
        ),
        (
            waiting("CreateContainerConfigError", "secret \"keytab\" not found"),
            vec!["secret \"keytab\" not found", "Create what is missing"],
        ),
        (
            waiting("CreateContainerConfigError", "configmap \"hadoop\" not found"),
            vec!["configmap \"hadoop\" not found"],
        ),
        (
            unschedulable,
            vec!["no node takes the pod: 0/3 nodes are available: 3 Insufficient cpu."],
        ),
        (
            main(crash.clone(), ended(137, "OOMKilled")),
            vec!["JobManager needed more memory", "OOMKilled"],
        ),
        (main(ended(137, "OOMKilled"), json!({})), vec!["OOMKilled"]),
        (
            main(crash.clone(), ended(2, "Error")),
            vec!["again and again with exit code 2", "main of the job has thrown", "3 times"],
        ),
        (main(crash, ended(163, "Error")), vec!["exit code 163", "the job has failed"]),
        (main(ended(1, "Error"), json!({})), vec!["has ended with exit code 1"]),
        (
            init(
                json!({"waiting": {"reason": "CrashLoopBackOff"}}),
                json!({"terminated": {"exitCode": 3, "reason": "Error", "message": "the digest differs\n"}}),
            ),
            vec!["init container 'fetch-artifacts' fails with exit code 3: the digest differs."],
        ),
        (
            init(ended(1, "Error"), json!({})),
            vec!["init container 'fetch-artifacts' fails with exit code 1"],
        ),
        (
            init(json!({"waiting": {"reason": "ImagePullBackOff", "message": "x"}}), json!({})),
            vec!["cannot be pulled"],
        ),
        (pod_of_evicted(), vec!["Evicted", "low on resource: memory"]),
    ] {
        let cause = told(std::slice::from_ref(&pod), &[]).unwrap_or_else(|| panic!("no cause of {pod}"));
        for part in parts {
            assert!(cause.contains(part), "'{part}' is not in: {cause}");
        }
        assert!(cause.ends_with('.') && !cause.contains(".."), "{cause}");
    }
}

fn pod_of_evicted() -> Value {
    pod(json!({"phase": "Failed", "reason": "Evicted", "message": "The node was low on resource: memory."}))
}

#[test]
fn events_say_what_pods_do_not() {
    let creating = || waiting("ContainerCreating", "");
    let backing_off = || waiting("ImagePullBackOff", "Back-off pulling image \"registry/flink:2.2.1\"");
    for (pods, events, expected) in [
        (
            vec![backing_off()],
            vec![
                of_pod_event("Failed", "Failed to pull image \"registry/flink:2.2.1\": 401 Unauthorized"),
                of_pod_event("BackOff", "Back-off pulling image"),
            ],
            "401 Unauthorized",
        ),
        (
            vec![creating()],
            vec![of_pod_event(
                "FailedMount",
                "MountVolume.SetUp failed for volume \"s\" : secret \"s3\" not found",
            )],
            "secret \"s3\" not found",
        ),
        (
            vec![],
            vec![of_set(
                "Error creating: pods \"sw-a-6d5f-\" is forbidden: error looking up service account d/flink: serviceaccount \"flink\" not found",
            )],
            "Make this service account",
        ),
        (
            vec![],
            vec![of_set(
                "Error creating: pods \"x\" is forbidden: exceeded quota: q, requested: cpu=1, used: cpu=2, limited: cpu=2",
            )],
            "larger quota",
        ),
        (
            vec![],
            vec![of_set(
                "Error creating: pods \"x\" is forbidden: violates PodSecurity \"restricted:latest\": runAsNonRoot != true",
            )],
            "security settings",
        ),
        (
            vec![],
            vec![of_set("Error creating: admission webhook \"p.example.org\" denied the request: no")],
            "p.example.org",
        ),
    ] {
        let cause = told(&pods, &events).unwrap_or_else(|| panic!("no cause of {events:?}"));
        assert!(cause.contains(expected), "'{expected}' is not in: {cause}");
    }
}

#[test]
fn the_deployments_own_condition_is_read() {
    let message = "pods \"sw-a-6d5f-\" is forbidden: exceeded quota: q";
    let mut failed = deployment();
    failed["status"] = json!({"conditions": [{"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": message}]});
    let cause = of_cluster(Some(&failed), &[], &[]).unwrap();
    assert!(cause.contains("exceeded quota: q"), "{cause}");
}

#[test]
fn nothing_is_told_where_nothing_is_wrong() {
    let running = main(
        json!({"running": {}}),
        json!({"terminated": {"exitCode": 137, "reason": "OOMKilled"}}),
    );
    let mount = of_pod_event("FailedMount", "configmap not found");
    let mut mounted = waiting("ContainerCreating", "");
    mounted["status"]["conditions"] = json!([{"type": "PodReadyToStartContainers", "status": "True"}]);
    let done = init(json!({"terminated": {"exitCode": 0}}), json!({}));
    let working = init(json!({"running": {}}), json!({}));
    let mut going = waiting("ErrImagePull", "no");
    going["metadata"]["deletionTimestamp"] = json!("2026-11-22T10:00:00Z");
    let of_another = event(
        "FailedCreate",
        "exceeded quota",
        json!({"kind": "ReplicaSet", "name": "sw-a-b-6d5f"}),
    );
    for (pods, events) in [
        (vec![running.clone()], vec![mount.clone()]),
        (vec![mounted], vec![mount]),
        (vec![done], vec![]),
        (vec![working], vec![]),
        (vec![going], vec![]),
        (vec![waiting("ContainerCreating", "")], vec![]),
        (vec![], vec![of_another]),
        (vec![], vec![]),
    ] {
        assert_eq!(told(&pods, &events), None, "{pods:?} {events:?}");
    }
    let mut stopped = deployment();
    stopped["spec"]["replicas"] = 0.into();
    assert_eq!(of_cluster(Some(&stopped), &[&pod_of_evicted()], &[]), None);
    assert_eq!(of_cluster(None, &[&pod_of_evicted()], &[]), None);
    for strange in [
        json!(null),
        json!([]),
        json!({"status": 1}),
        json!({"status": {"containerStatuses": "x"}}),
    ] {
        assert_eq!(of_pod(&strange, &[&strange]), None, "{strange}");
    }
}
