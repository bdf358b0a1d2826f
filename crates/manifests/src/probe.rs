//! The pod of a test: one that is pulled, admitted, counted and placed as a JobManager would be, and asks for one small file as
//! an init container asks for jars. It has one container: what a template adds beside it may wait for a cluster that is none.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::delivery::{FETCH_CLASS, FOLDER};
use crate::description::Description;
use crate::fault::Fault;
use crate::pod::{list, object};
use crate::template::MAIN;

/// Label of a probe's objects: which target it tests.
pub const PROBE: &str = "streamwright.io/probe";

/// What a pod is to try.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// What the label says.
    pub label: String,
    /// After how many seconds Kubernetes ends it.
    pub deadline_seconds: u32,
    /// The file that it asks for, and the SHA-256 of its bytes; none: it only starts.
    pub file: Option<(String, String)>,
}

/// A pod and what it mounts.
#[derive(Debug, Clone)]
pub struct Probe {
    /// The pod: nobody owns it.
    pub pod: Value,
    /// The ConfigMap that goes with the pod, still without its owner.
    pub map: Value,
}

/// The probe of a description.
///
/// # Errors
/// All faults of the description, as of a cluster.
pub fn probe(description: &Description, wanted: &Wanted) -> Result<Probe, Vec<Fault>> {
    let made = crate::manifests(description)?;
    let template = &made.deployment["spec"]["template"];
    let name = &description.cluster_id;
    let map_name = format!("streamwright-code-{name}");
    let mut labels = object(template.get("metadata").map(|metadata| metadata["labels"].clone()));
    // Nothing selects it: no service, no watch, no Deployment.
    for selected in ["app", "component", "type"] {
        labels.remove(selected);
    }
    labels.insert(PROBE.to_owned(), json!(wanted.label));
    let mut spec = object(template.get("spec").cloned());
    let mut containers = list(spec.remove("containers"));
    let index = containers
        .iter()
        .position(|container| container["name"] == MAIN || container["name"] == "flink-job-manager");
    let main = container(object(index.map(|index| containers.remove(index))), wanted);
    for part in ["initContainers", "volumes", "ephemeralContainers"] {
        spec.remove(part);
    }
    spec.insert("containers".to_owned(), json!([main]));
    spec.insert("volumes".to_owned(), json!([{"name": "code", "configMap": {"name": map_name}}]));
    spec.insert("restartPolicy".to_owned(), json!("Never"));
    spec.insert("activeDeadlineSeconds".to_owned(), json!(wanted.deadline_seconds));
    spec.insert("terminationGracePeriodSeconds".to_owned(), json!(0));
    let metadata = |name: &str| json!({"name": name, "namespace": description.namespace, "labels": labels});
    let runner = STANDARD.encode(description.runner.as_deref().unwrap_or_default());
    Ok(Probe {
        pod: json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata(name), "spec": spec}),
        map: json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata(&map_name), "binaryData": {"runner.jar": runner}}),
    })
}

/// The JobManager's container with another program.
fn container(mut main: Map<String, Value>, wanted: &Wanted) -> Value {
    for part in [
        "args",
        "ports",
        "volumeMounts",
        "livenessProbe",
        "readinessProbe",
        "startupProbe",
        "lifecycle",
    ] {
        main.remove(part);
    }
    let command = match &wanted.file {
        Some((url, sha256)) => json!([
            "java",
            "-Xmx32m",
            "-cp",
            format!("{FOLDER}/runner.jar"),
            FETCH_CLASS,
            url,
            sha256,
            "/tmp/streamwright-probe"
        ]),
        None => json!(["java", "-version"]),
    };
    main.insert("name".to_owned(), json!(MAIN));
    main.insert("command".to_owned(), command);
    main.insert("terminationMessagePolicy".to_owned(), json!("FallbackToLogsOnError"));
    main.insert("volumeMounts".to_owned(), json!([{"name": "code", "mountPath": FOLDER}]));
    Value::Object(main)
}
