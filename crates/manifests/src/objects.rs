//! The objects of a cluster, in the order in which they are created.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::cluster::{Cluster, Words};
use crate::description::{Description, Exposure};
use crate::pod;

/// An object with no more than a name.
pub(crate) fn bare(description: &Description, kind: &str, name: &str) -> Value {
    let mut object = json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": description.namespace}});
    words(&mut object["metadata"], "labels", &description.labels);
    words(&mut object["metadata"], "annotations", &description.annotations);
    object
}

/// An object with the labels that Flink gives to what belongs to a cluster.
pub(crate) fn labelled(description: &Description, kind: &str, name: &str) -> Value {
    let mut object = bare(description, kind, name);
    words(&mut object["metadata"], "labels", &pod::own_labels(description));
    object
}

/// A ConfigMap with files.
pub(crate) fn config_map(description: &Description, name: &str, files: &BTreeMap<String, String>) -> Value {
    let mut map = labelled(description, "ConfigMap", name);
    map["data"] = json!(files);
    map
}

/// Adds labels or annotations; no mapping is made for none.
pub(crate) fn words(metadata: &mut Value, field: &str, words: &Words) {
    let Some(metadata) = metadata.as_object_mut().filter(|_| !words.is_empty()) else {
        return;
    };
    let map = metadata.entry(field).or_insert_with(|| Value::Object(Map::new()));
    if let Some(map) = map.as_object_mut() {
        map.extend(words.iter().map(|(name, value)| (name.clone(), json!(value))));
    }
}

/// The Deployment, with no pods: they come when all else is there.
pub(crate) fn deployment(description: &Description, cluster: &Cluster, template: Value) -> Value {
    let mut deployment = bare(description, "Deployment", &description.cluster_id);
    deployment["apiVersion"] = json!("apps/v1");
    let labels = pod::labels(description, cluster);
    words(&mut deployment["metadata"], "labels", &labels);
    if description.version.at_least(1, 14) {
        words(&mut deployment["metadata"], "annotations", &cluster.annotations);
    }
    if !cluster.owners.is_empty() {
        deployment["metadata"]["ownerReferences"] = json!(cluster.owners);
    }
    // Up to 1.12 the labels of people select, too.
    let selector = if description.version.at_least(1, 13) {
        pod::selector(description)
    } else {
        labels
    };
    deployment["spec"] = json!({"replicas": 0, "selector": {"matchLabels": selector}, "template": template});
    deployment
}

/// The services: to the JobManager for TaskManagers, where there is no high availability, and to its REST endpoint.
pub(crate) fn services(description: &Description, cluster: &Cluster) -> Vec<Value> {
    let selector = pod::selector(description);
    let mut services = Vec::new();
    if !cluster.highly_available {
        let mut internal = labelled(description, "Service", &description.cluster_id);
        words(&mut internal["metadata"], "labels", &cluster.internal.labels);
        words(&mut internal["metadata"], "labels", &pod::own_labels(description));
        words(&mut internal["metadata"], "annotations", &cluster.internal.annotations);
        internal["spec"] = json!({
            "clusterIP": "None",
            "selector": selector,
            "ports": [
                {"name": "jobmanager-rpc", "port": cluster.ports.rpc},
                {"name": "blobserver", "port": cluster.ports.blob},
            ],
        });
        services.push(internal);
    }
    let mut rest = labelled(description, "Service", &format!("{}-rest", description.cluster_id));
    words(&mut rest["metadata"], "labels", &cluster.rest.labels);
    words(&mut rest["metadata"], "labels", &pod::own_labels(description));
    words(&mut rest["metadata"], "annotations", &cluster.rest.annotations);
    let kind = match cluster.exposure {
        Exposure::HeadlessClusterIp => Exposure::ClusterIp,
        exposure => exposure,
    };
    rest["spec"] = json!({
        "type": kind.word(),
        "selector": selector,
        "ports": [{"name": "rest", "port": cluster.ports.rest, "targetPort": cluster.ports.rest_target}],
    });
    if cluster.exposure == Exposure::HeadlessClusterIp {
        rest["spec"]["clusterIP"] = json!("None");
    }
    services.push(rest);
    services
}
