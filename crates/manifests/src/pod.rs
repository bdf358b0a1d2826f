//! The JobManager's pod: the template, and Flink's parts on it.
//!
//! As Flink's client merges them, but one: where the client appends what is there already (an environment variable,
//! a volume, a port, a mount), Flink's replaces it, because a second one is refused by server-side apply.

use serde_json::{Map, Value, json};

use crate::cluster::{Cluster, Words, both_account_names};
use crate::delivery;
use crate::description::Description;
use crate::mounts::Parts;
use crate::template::MAIN;

/// Flink's labels, which nobody may change: the services select by them.
pub(crate) fn own_labels(description: &Description) -> Words {
    [("app", description.cluster_id.as_str()), ("type", "flink-native-kubernetes")]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// Labels by which the Deployment and the services find the pod.
pub(crate) fn selector(description: &Description) -> Words {
    let mut selector = own_labels(description);
    selector.insert("component".to_owned(), "jobmanager".to_owned());
    selector
}

/// Labels of people, ours, and Flink's, later ones winning.
pub(crate) fn labels(description: &Description, cluster: &Cluster) -> Words {
    let mut labels = cluster.labels.clone();
    labels.extend(description.labels.clone());
    labels.extend(selector(description));
    labels
}

/// Annotations of people and ours.
pub(crate) fn annotations(description: &Description, cluster: &Cluster) -> Words {
    let mut annotations = cluster.annotations.clone();
    annotations.extend(description.annotations.clone());
    annotations
}

/// The pod template of the Deployment.
pub(crate) fn job_manager(
    description: &Description,
    cluster: &Cluster,
    parts: &Parts,
    arguments: Value,
    template: Option<Map<String, Value>>,
) -> Value {
    let mut template = template.unwrap_or_default();
    let mut metadata = object(template.remove("metadata"));
    extend(&mut metadata, "labels", labels(description, cluster));
    extend(&mut metadata, "annotations", annotations(description, cluster));
    let mut spec = object(template.remove("spec"));
    let mut containers = list(spec.remove("containers"));
    let main = containers.iter().position(|container| container["name"] == MAIN);
    let main = main.map(|index| containers.remove(index));
    containers.push(container(description, cluster, parts, arguments, object(main)));
    specify(&mut spec, description, cluster, parts);
    if let Some(fetcher) = delivery::fetcher(description, cluster) {
        delivery::begin_with(&mut spec, fetcher);
    }
    spec.insert("containers".to_owned(), Value::Array(containers));
    json!({"metadata": metadata, "spec": spec})
}

fn specify(spec: &mut Map<String, Value>, description: &Description, cluster: &Cluster, parts: &Parts) {
    // Of a Deployment's pods it is always Always.
    spec.remove("restartPolicy");
    let account = ["serviceAccountName", "serviceAccount"]
        .iter()
        .find_map(|field| spec.get(*field).cloned());
    let account = match account {
        Some(templates) if !cluster.account.chosen => templates,
        _ => json!(cluster.account.name),
    };
    if both_account_names(description.version) {
        spec.insert("serviceAccount".to_owned(), account.clone());
    }
    spec.insert("serviceAccountName".to_owned(), account);
    if description.version.at_least(1, 15) {
        spec.insert("hostNetwork".to_owned(), json!(cluster.host_network));
        if cluster.host_network {
            spec.insert("dnsPolicy".to_owned(), json!("ClusterFirstWithHostNet"));
        } else if !spec.contains_key("dnsPolicy") {
            spec.insert("dnsPolicy".to_owned(), json!("ClusterFirst"));
        }
    }
    let secrets = cluster.pull_secrets.iter().map(|name| json!({"name": name})).collect();
    merge(spec, "imagePullSecrets", secrets, "name");
    merge(spec, "volumes", parts.volumes.clone(), "name");
    merge(spec, "tolerations", cluster.tolerations.clone(), "");
    extend(spec, "nodeSelector", cluster.node_selector.clone());
}

fn container(description: &Description, cluster: &Cluster, parts: &Parts, arguments: Value, mut main: Map<String, Value>) -> Value {
    let old = !description.version.at_least(1, 13);
    main.insert("name".to_owned(), json!(if old { "flink-job-manager" } else { MAIN }));
    main.insert("image".to_owned(), json!(description.image));
    if let Some(policy) = &cluster.pull_policy {
        main.insert("imagePullPolicy".to_owned(), json!(policy));
    } else if !main.contains_key("imagePullPolicy") {
        main.insert("imagePullPolicy".to_owned(), json!("IfNotPresent"));
    }
    main.insert("command".to_owned(), json!([cluster.entry_path]));
    main.insert("args".to_owned(), arguments);
    main.insert("resources".to_owned(), resources(cluster, object(main.get("resources").cloned())));
    let mut environment = cluster.environment.clone();
    environment.push(json!({"name": "_POD_IP_ADDRESS", "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "status.podIP"}}}));
    if let Some(folder) = &cluster.log_folder {
        environment.push(json!({"name": "FLINK_LOG_DIR", "value": folder}));
    }
    environment.extend(cluster.secret_environment.iter().cloned());
    environment.extend(parts.environment.iter().cloned());
    merge(&mut main, "env", environment, "name");
    if !cluster.host_network {
        let port = |name: &str, port: u16| json!({"name": name, "containerPort": port});
        let ports = [
            port("rest", cluster.ports.rest),
            port("jobmanager-rpc", cluster.ports.rpc),
            port("blobserver", cluster.ports.blob),
        ];
        merge(&mut main, "ports", ports.to_vec(), "name");
    }
    merge(&mut main, "volumeMounts", parts.mounts.clone(), "mountPath");
    Value::Object(main)
}

/// Cores and memory are Flink's; other resources stay.
fn resources(cluster: &Cluster, mut resources: Map<String, Value>) -> Value {
    let own = &cluster.resources;
    for (field, cpu, memory) in [("requests", own.cpu, own.memory), ("limits", own.cpu_limit, own.memory_limit)] {
        let mut quantities = object(resources.remove(field));
        // As Java prints a double.
        quantities.insert("cpu".to_owned(), json!(format!("{cpu:?}")));
        quantities.insert("memory".to_owned(), json!(format!("{memory}Mi")));
        resources.insert(field.to_owned(), Value::Object(quantities));
    }
    Value::Object(resources)
}

/// A mapping, empty for anything else.
pub(crate) fn object(value: Option<Value>) -> Map<String, Value> {
    match value {
        Some(Value::Object(map)) => map,
        _ => Map::new(),
    }
}

/// A list, empty for anything else.
pub(crate) fn list(value: Option<Value>) -> Vec<Value> {
    match value {
        Some(Value::Array(items)) => items,
        _ => Vec::new(),
    }
}

/// Adds words to a mapping; no mapping is made for none.
fn extend(of: &mut Map<String, Value>, field: &str, words: Words) {
    let mut map = object(of.remove(field));
    map.extend(words.into_iter().map(|(name, value)| (name, Value::from(value))));
    if !map.is_empty() {
        of.insert(field.to_owned(), Value::Object(map));
    }
}

/// Adds items to a list in the place of those with the same key field; without one, of the same items.
pub(crate) fn merge(of: &mut Map<String, Value>, field: &str, items: Vec<Value>, key: &str) {
    let mut all = list(of.remove(field));
    for item in items {
        let name = key_of(&item, key);
        all.retain(|known| *known != item && (name.is_none() || key_of(known, key) != name));
        all.push(item);
    }
    if !all.is_empty() {
        of.insert(field.to_owned(), Value::Array(all));
    }
}

/// What an item is known by: of paths, `/a/` is `/a`.
fn key_of<'v>(item: &'v Value, key: &str) -> Option<&'v str> {
    item[key].as_str().map(|text| text.trim_end_matches('/'))
}
