//! Why a cluster does not come up, from what Kubernetes says of its Deployment and pods: the first cause, as a sentence that ends with
//! what to do. Pure. Only what holds now counts: an event about a pod that runs by now is history.

use serde_json::Value;

use crate::sight::main_container;

/// The first cause of a cluster: its Deployment's, then its pods', the JobManager's before the others.
pub fn of_cluster(deployment: Option<&Value>, pods: &[&Value], events: &[&Value]) -> Option<String> {
    let deployment = deployment?;
    if deployment["spec"]["replicas"] == 0 || !deployment["metadata"]["deletionTimestamp"].is_null() {
        return None;
    }
    let of_role = |role: &'static str| pods.iter().filter(move |pod| pod["metadata"]["labels"]["component"] == role);
    if of_role("jobmanager").next().is_none()
        && let Some(cause) = no_pod(deployment, events)
    {
        return Some(cause);
    }
    of_role("jobmanager")
        .chain(of_role("taskmanager"))
        .find_map(|pod| of_pod(pod, events))
}

/// Why there is no pod at all: quota, admission, a service account that is not there.
fn no_pod(deployment: &Value, events: &[&Value]) -> Option<String> {
    let conditions = deployment["status"]["conditions"].as_array().into_iter().flatten();
    let failed = conditions.filter(|one| one["type"] == "ReplicaFailure" && one["status"] == "True");
    let said = failed.filter_map(|one| one["message"].as_str()).next();
    let name = deployment["metadata"]["name"].as_str().unwrap_or_default();
    let said = said.or_else(|| {
        let about = |event: &&&Value| {
            let object = &event["involvedObject"];
            let of_set = object["kind"] == "ReplicaSet"
                && object["name"]
                    .as_str()
                    .is_some_and(|set| set.rsplit_once('-').is_some_and(|(set, _)| set == name));
            event["reason"] == "FailedCreate" && (of_set || (object["kind"] == "Deployment" && object["name"] == name))
        };
        newest(events.iter().filter(about))
    });
    said.map(not_created)
}

/// Why a pod was refused, with what to do.
pub fn not_created(said: &str) -> String {
    let what = "Kubernetes refuses the pod";
    let to_do = if said.contains("exceeded quota") {
        "Ask for a larger quota of the namespace, give the job less, or stop another one"
    } else if said.contains("serviceaccount") && said.contains("not found") {
        "Make this service account in the namespace, or name another one in the target"
    } else if said.contains("violates PodSecurity") {
        "Give the pod template the security settings that the namespace asks for"
    } else if said.contains("admission webhook") || said.contains("denied") {
        "The cluster's own rules say so: change the pod template or ask whoever runs the cluster"
    } else if said.contains("must be less than or equal to") || said.contains("maximum") && said.contains("usage per") {
        "Give the job less, or ask for a larger limit range of the namespace"
    } else {
        "Change the job or its target accordingly"
    };
    format!("{what}: {}. {to_do}.", sentence(said))
}

/// Why a pod does not run.
pub fn of_pod(pod: &Value, events: &[&Value]) -> Option<String> {
    let status = &pod["status"];
    let main = main_container(pod);
    if main.is_some_and(|main| !main["state"]["running"].is_null()) || !pod["metadata"]["deletionTimestamp"].is_null() {
        return None;
    }
    let role = if pod["metadata"]["labels"]["component"] == "taskmanager" {
        "TaskManager"
    } else {
        "JobManager"
    };
    unscheduled(status)
        .or_else(|| of_init(status, pod, events))
        .or_else(|| main.and_then(|main| waits(main, pod, events)))
        .or_else(|| main.and_then(|main| ended(main, role)))
        .or_else(|| not_mounted(pod, events))
        .or_else(|| evicted(status))
}

fn unscheduled(status: &Value) -> Option<String> {
    let conditions = status["conditions"].as_array()?;
    let no = conditions
        .iter()
        .find(|one| one["type"] == "PodScheduled" && one["status"] == "False")?;
    let said = no["message"].as_str().unwrap_or_default();
    Some(format!(
        "no node takes the pod: {}. Ask for less CPU and memory, change node selectors and tolerations, or add a node.",
        sentence(said)
    ))
}

fn of_init(status: &Value, pod: &Value, events: &[&Value]) -> Option<String> {
    let all = status["initContainerStatuses"].as_array()?;
    let stuck = all.iter().find(|one| {
        let done = one["state"]["terminated"]["exitCode"] == 0 || !one["state"]["running"].is_null();
        let waits = one["state"]["waiting"]["reason"]
            .as_str()
            .is_some_and(|reason| reason != "PodInitializing");
        !done && (waits || !one["state"]["terminated"].is_null())
    })?;
    if let Some(cause) = waits(stuck, pod, events) {
        return Some(cause);
    }
    let name = stuck["name"].as_str().unwrap_or_default();
    let end = last_end(stuck)?;
    let code = end["exitCode"].as_i64().unwrap_or_default();
    let said = end["message"].as_str().map(str::trim).filter(|said| !said.is_empty());
    let said = said.map_or_else(String::new, |said| format!(": {}", sentence(said)));
    Some(format!(
        "the init container '{name}' fails with exit code {code}{said}. Look at its log."
    ))
}

/// How a container ended last.
fn last_end(container: &Value) -> Option<&Value> {
    [&container["state"]["terminated"], &container["lastState"]["terminated"]]
        .into_iter()
        .find(|end| !end.is_null())
}

fn waits(container: &Value, pod: &Value, events: &[&Value]) -> Option<String> {
    let waiting = &container["state"]["waiting"];
    let reason = waiting["reason"].as_str()?;
    let said = waiting["message"].as_str().unwrap_or_default();
    let image = container["image"].as_str().unwrap_or_default();
    match reason {
        "ErrImagePull"
        | "ImagePullBackOff"
        | "ImageInspectError"
        | "ErrImageNeverPull"
        | "RegistryUnavailable"
        | "SignatureValidationFailed" => {
            // "Back-off pulling image" says nothing of why; the event before it does.
            let told = newest(about(pod, events).filter(|event| event["reason"] == "Failed" && contains(event, "pull image")));
            let said = told.unwrap_or(said);
            Some(format!(
                "the image '{image}' cannot be pulled: {}. Look at its name, at the registry, and at the pull secrets of the target.",
                sentence(said)
            ))
        }
        "InvalidImageName" => Some(format!(
            "'{image}' is no name of an image: {}. Change the image of the target.",
            sentence(said)
        )),
        "CreateContainerConfigError" => Some(format!(
            "the container cannot be made: {}. Create what is missing in the namespace, or take it out of the job.",
            sentence(said)
        )),
        "CreateContainerError" | "RunContainerError" | "StartError" => {
            Some(format!("the container cannot be started: {}.", sentence(said)))
        }
        _ => None,
    }
}

fn ended(container: &Value, role: &str) -> Option<String> {
    let end = last_end(container)?;
    let code = end["exitCode"].as_i64().unwrap_or_default();
    if end["reason"] == "OOMKilled" {
        return Some(format!(
            "the {role} needed more memory than its container has and was killed (OOMKilled). Give it more memory, or Flink's JVM overhead a larger share."
        ));
    }
    let loops = container["state"]["waiting"]["reason"] == "CrashLoopBackOff";
    if code == 0 && !loops {
        return None;
    }
    let restarts = container["restartCount"].as_u64().unwrap_or_default();
    let said = end["message"].as_str().map(str::trim).filter(|said| !said.is_empty());
    let said = said.map_or_else(String::new, |said| format!(" ({})", sentence(said)));
    let why = match code {
        2 => ": main of the job has thrown, or the configuration is not one that this Flink takes",
        127 => ": the image has no such program; is it an image of Flink?",
        137 => ": something killed it; it may need more memory",
        143 => ": it was asked to end",
        163 => ": the job has failed",
        _ => "",
    };
    Some(if loops {
        format!(
            "the {role} ends again and again with exit code {code}{said}{why}, {restarts} times so far. Look at the log of its last life."
        )
    } else {
        format!("the {role} has ended with exit code {code}{said}{why}. Look at its log.")
    })
}

fn not_mounted(pod: &Value, events: &[&Value]) -> Option<String> {
    let conditions = pod["status"]["conditions"].as_array().into_iter().flatten();
    if conditions
        .into_iter()
        .any(|one| one["type"] == "PodReadyToStartContainers" && one["status"] == "True")
    {
        // It was mounted in the end.
        return None;
    }
    let failed = |event: &&&Value| matches!(event["reason"].as_str(), Some("FailedMount" | "FailedAttachVolume"));
    let said = newest(about(pod, events).filter(failed))?;
    Some(format!(
        "a volume of the pod cannot be mounted: {}. Create what is missing in the namespace, or take it out of the job.",
        sentence(said)
    ))
}

fn evicted(status: &Value) -> Option<String> {
    let reason = status["reason"].as_str()?;
    let said = status["message"].as_str().unwrap_or_default();
    (status["phase"] == "Failed").then(|| format!("the pod has ended ({reason}): {}.", sentence(said)))
}

/// Events about a pod.
fn about<'a>(pod: &Value, events: &'a [&'a Value]) -> impl Iterator<Item = &'a &'a Value> {
    let uid = pod["metadata"]["uid"].as_str().unwrap_or_default().to_owned();
    events
        .iter()
        .filter(move |event| !uid.is_empty() && event["involvedObject"]["uid"] == uid.as_str())
}

fn contains(event: &Value, part: &str) -> bool {
    event["message"].as_str().is_some_and(|message| message.contains(part))
}

/// The message of the newest of these events.
fn newest<'a>(events: impl Iterator<Item = &'a &'a Value>) -> Option<&'a str> {
    let at = |event: &Value| {
        let times = [
            &event["series"]["lastObservedTime"],
            &event["lastTimestamp"],
            &event["eventTime"],
            &event["metadata"]["creationTimestamp"],
        ];
        times.into_iter().find_map(Value::as_str).map(str::to_owned)
    };
    events.max_by_key(|event| at(event)).and_then(|event| event["message"].as_str())
}

/// What somebody else said, fit to be part of a sentence.
fn sentence(said: &str) -> String {
    let line = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = line.trim_end_matches(['.', ':', ' ']);
    let short: String = line.chars().take(600).collect();
    if short.is_empty() {
        "it does not say why".to_owned()
    } else {
        short
    }
}

#[cfg(test)]
#[path = "cause_tests.rs"]
mod tests;
