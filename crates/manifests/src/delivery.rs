//! How code reaches the pods without an image: script and runner in a ConfigMap, jars by an init container of the same
//! image, for the JobManager and, in their template, for the TaskManagers.
//!
//! Flink takes every jar in `/opt/flink/usrlib` for user code, and expects the same files in every pod.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::cluster::Cluster;
use crate::description::{Description, Program};
use crate::fault::{Report, Subject, short};
use crate::mounts::Parts;
use crate::names;
use crate::pod::{list, merge, object};
use crate::template::MAIN;

/// Where Flink finds user code.
const LIBRARY: &str = "/opt/flink/usrlib";
/// Where Flink finds the runner.
pub(crate) const RUNNER_PATH: &str = "/opt/flink/usrlib/streamwright-runner.jar";
/// Where the runner finds the script.
pub(crate) const SCRIPT_PATH: &str = "/opt/streamwright/script.json";
pub(crate) const FOLDER: &str = "/opt/streamwright";
const CODE: &str = "streamwright-code-volume";
const JARS: &str = "streamwright-jars-volume";
pub(crate) const FETCH_CLASS: &str = "io.streamwright.runner.Fetch";
const TOKEN_VARIABLE: &str = "STREAMWRIGHT_ARTIFACT_TOKEN";

/// The script, where there is one.
fn script(description: &Description) -> Option<&str> {
    match &description.application()?.program {
        Program::Script { script, .. } => Some(script),
        _ => None,
    }
}

/// Parts of the JobManager's pod, and the ConfigMap.
pub(crate) fn add(parts: &mut Parts, description: &Description, report: &mut Report) {
    let script = script(description);
    if script.is_none() && description.artifacts.is_empty() {
        return;
    }
    check(description, report);
    let name = format!("streamwright-code-{}", description.cluster_id);
    let files = script.map(|script| ("script.json".to_owned(), script.to_owned()));
    let mut map = crate::objects::config_map(description, &name, &files.into_iter().collect());
    map["binaryData"] = json!({"runner.jar": STANDARD.encode(description.runner.as_deref().unwrap_or_default())});
    parts.objects.push(map);
    parts.volumes.push(json!({"name": CODE, "configMap": {"name": name}}));
    // The folder before the file in it.
    if !description.artifacts.is_empty() {
        parts.volumes.push(json!({"name": JARS, "emptyDir": {}}));
        parts.mounts.push(json!({"name": JARS, "mountPath": LIBRARY}));
    }
    if script.is_some() {
        parts.mounts.push(json!({"name": CODE, "mountPath": FOLDER}));
        parts
            .mounts
            .push(json!({"name": CODE, "mountPath": RUNNER_PATH, "subPath": "runner.jar"}));
    }
}

fn check(description: &Description, report: &mut Report) {
    if description.runner.is_none() {
        report.fault(Subject::Field("runner"), "a script and artifacts need the runner's jar");
    }
    if !description.artifacts.is_empty() && !description.version.at_least(1, 13) {
        let message = "Flink 1.12 has no pod templates, so nothing can be brought to its TaskManagers: put the jars into the image";
        report.fault(Subject::Field("artifacts"), message);
    }
    for artifact in &description.artifacts {
        let digest = artifact.sha256.len() == 64 && artifact.sha256.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !digest {
            let message = format!("'{}' is not a SHA-256: expected 64 hexadecimal digits", short(&artifact.sha256));
            report.fault(Subject::Field("artifacts"), message);
        }
        if let Err(message) = names::file(&artifact.name) {
            report.fault(Subject::Field("artifacts"), message);
        }
    }
}

/// The init container; none where there is nothing to fetch.
pub(crate) fn fetcher(description: &Description, cluster: &Cluster) -> Option<Value> {
    if description.artifacts.is_empty() {
        return None;
    }
    let mut command: Vec<String> = ["java", "-Xmx32m", "-cp", "/opt/streamwright/runner.jar", FETCH_CLASS]
        .map(str::to_owned)
        .to_vec();
    for artifact in &description.artifacts {
        command.extend([
            artifact.url.clone(),
            artifact.sha256.clone(),
            format!("{LIBRARY}/{}", artifact.name),
        ]);
    }
    let mut container = json!({
        "name": "streamwright-fetch",
        "image": description.image,
        "imagePullPolicy": cluster.pull_policy.as_deref().unwrap_or("IfNotPresent"),
        "command": command,
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "128Mi"}},
        "volumeMounts": [{"name": CODE, "mountPath": FOLDER}, {"name": JARS, "mountPath": LIBRARY}],
    });
    if let Some((secret, key)) = &description.artifact_token {
        let source = json!({"secretKeyRef": {"name": secret, "key": key}});
        container["env"] = json!([{"name": TOKEN_VARIABLE, "valueFrom": source}]);
    }
    Some(container)
}

/// The TaskManagers' template as the JobManager gets it: as it was written, or with our init container in it.
pub(crate) fn task_manager_template(description: &Description, cluster: &Cluster, read: &Map<String, Value>) -> Option<String> {
    let Some(fetcher) = fetcher(description, cluster) else {
        return description.task_manager_template.clone();
    };
    let mut pod = read.clone();
    pod.insert("apiVersion".to_owned(), json!("v1"));
    pod.insert("kind".to_owned(), json!("Pod"));
    let mut metadata = object(pod.remove("metadata"));
    metadata.entry("name").or_insert_with(|| json!("taskmanager-pod-template"));
    let mut spec = object(pod.remove("spec"));
    let code = json!({"name": format!("streamwright-code-{}", description.cluster_id)});
    let volumes = vec![json!({"name": CODE, "configMap": code}), json!({"name": JARS, "emptyDir": {}})];
    merge(&mut spec, "volumes", volumes, "name");
    begin_with(&mut spec, fetcher);
    let mut containers = list(spec.remove("containers"));
    let index = containers.iter().position(|container| container["name"] == MAIN);
    let mut main = object(index.map(|index| containers.remove(index)));
    main.insert("name".to_owned(), json!(MAIN));
    merge(
        &mut main,
        "volumeMounts",
        vec![json!({"name": JARS, "mountPath": LIBRARY})],
        "mountPath",
    );
    containers.push(Value::Object(main));
    spec.insert("containers".to_owned(), Value::Array(containers));
    pod.insert("metadata".to_owned(), Value::Object(metadata));
    pod.insert("spec".to_owned(), Value::Object(spec));
    // JSON is YAML.
    Some(Value::Object(pod).to_string())
}

/// Puts our init container before those of the template, which may want the jars.
pub(crate) fn begin_with(spec: &mut Map<String, Value>, fetcher: Value) {
    let mut all = vec![fetcher];
    all.extend(list(spec.remove("initContainers")));
    spec.insert("initContainers".to_owned(), Value::Array(all));
}
