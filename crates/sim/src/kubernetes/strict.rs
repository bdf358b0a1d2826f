//! What is wrong with an object that is created: what Kubernetes refuses, and what it would take but we never mean (a Deployment that
//! runs at once, an object that nobody owns and nobody would delete).

use std::collections::BTreeSet;

use serde_json::Value;

/// Most bytes of a `ConfigMap` or `Secret`.
const LARGEST: usize = 1024 * 1024;

/// The first thing that is wrong with an object of a kind such as `deployments` that is created, in the words of an API server.
#[must_use]
pub fn wrong_object(resource: &str, object: &Value) -> Option<String> {
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    if !is_name(name) {
        return Some(format!(
            "metadata.name: Invalid value: \"{name}\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.'"
        ));
    }
    labels(&object["metadata"]["labels"]).or_else(|| match resource {
        "deployments" => deployment(object),
        "configmaps" | "secrets" => map(object).or_else(|| owned(object)),
        "services" => service(object).or_else(|| owned(object)),
        "pods" => pod(&object["spec"]),
        "ingresses" => ingress(object).or_else(|| owned(object)),
        _ => None,
    })
}

/// Whether a text is a name of Kubernetes: a label of DNS, or several with dots.
fn is_name(name: &str) -> bool {
    let label = |label: &str| {
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        !label.is_empty() && label.bytes().all(fits) && !label.starts_with('-') && !label.ends_with('-')
    };
    name.len() <= 253 && name.split('.').all(label)
}

fn labels(labels: &Value) -> Option<String> {
    let end = |byte: Option<u8>| byte.is_none_or(|byte| byte.is_ascii_alphanumeric());
    let fits = |value: &str| {
        let inner = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        value.len() <= 63 && value.bytes().all(inner) && end(value.bytes().next()) && end(value.bytes().last())
    };
    let bad = labels.as_object()?.iter().find(|(_, value)| !value.as_str().is_some_and(fits))?;
    Some(format!("metadata.labels: Invalid value: {}: {}", bad.0, bad.1))
}

fn owned(object: &Value) -> Option<String> {
    let owners = object["metadata"]["ownerReferences"].as_array();
    let whole = |owner: &Value| {
        owner["apiVersion"] == "apps/v1"
            && owner["kind"] == "Deployment"
            && owner["controller"] == true
            && owner["blockOwnerDeletion"] == true
            && owner["uid"].as_str().is_some_and(|uid| !uid.is_empty())
    };
    let of_probe = owners.is_some_and(|owners| owners.len() == 1 && owners[0]["kind"] == "Pod" && owners[0]["apiVersion"] == "v1");
    if of_probe && object["metadata"]["labels"]["streamwright.io/probe"].is_string() {
        return None;
    }
    let ours = object["metadata"]["labels"]["configmap-type"] == "high-availability";
    (!ours && !owners.is_some_and(|owners| owners.len() == 1 && owners.iter().all(whole)))
        .then(|| "metadata.ownerReferences: the simulator wants one Deployment as owner".to_owned())
}

fn map(object: &Value) -> Option<String> {
    let fits = |key: &str| key.len() <= 253 && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    let parts = [&object["data"], &object["binaryData"]];
    let keys: Vec<&String> = parts
        .iter()
        .filter_map(|part| part.as_object())
        .flat_map(serde_json::Map::keys)
        .collect();
    if let Some(key) = keys.iter().find(|key| !fits(key)) {
        return Some(format!("data[{key}]: Invalid value"));
    }
    if let Some(key) = first_twice(keys.into_iter().map(String::as_str)) {
        return Some(format!("data[{key}]: Invalid value: duplicate of key present in data"));
    }
    (object.to_string().len() > LARGEST).then(|| "data: Too long: may not be more than 1048576 bytes".to_owned())
}

fn service(object: &Value) -> Option<String> {
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    if name.len() > 63 || name.contains('.') {
        return Some("metadata.name: must be no more than 63 characters".to_owned());
    }
    let ports = object["spec"]["ports"].as_array()?;
    let names = ports.iter().filter_map(|port| port["name"].as_str());
    first_twice(names).map(|name| format!("spec.ports: Duplicate value: \"{name}\""))
}

fn ingress(object: &Value) -> Option<String> {
    if object["apiVersion"] != "networking.k8s.io/v1" {
        return Some("apiVersion: the API version in the data does not match the expected one".to_owned());
    }
    let rules = object["spec"]["rules"].as_array()?;
    let bad = rules.iter().find(|rule| !rule["host"].as_str().is_some_and(is_name))?;
    Some(format!(
        "spec.rules[0].host: Invalid value: {}: a lowercase RFC 1123 subdomain",
        bad["host"]
    ))
}

fn deployment(object: &Value) -> Option<String> {
    let (spec, template) = (&object["spec"], &object["spec"]["template"]);
    if spec["replicas"] != 0 {
        return Some("spec.replicas: the simulator wants 0 at creation".to_owned());
    }
    let wanted = spec["selector"]["matchLabels"].as_object()?;
    if wanted
        .iter()
        .any(|(key, value)| template["metadata"]["labels"][key.as_str()] != *value)
    {
        return Some("spec.template.metadata.labels: Invalid value: `selector` does not match template `labels`".to_owned());
    }
    labels(&template["metadata"]["labels"]).or_else(|| pod(&template["spec"]))
}

fn pod(spec: &Value) -> Option<String> {
    let volumes = named(&spec["volumes"]);
    if let Some(name) = first_twice(volumes.iter().copied()) {
        return Some(format!("spec.template.spec.volumes: Duplicate value: \"{name}\""));
    }
    let all = ["initContainers", "containers"]
        .into_iter()
        .filter_map(|kind| spec[kind].as_array())
        .flatten();
    let containers: Vec<&Value> = all.collect();
    if spec["containers"].as_array().is_none_or(Vec::is_empty) {
        return Some("spec.template.spec.containers: Required value".to_owned());
    }
    if let Some(name) = first_twice(containers.iter().filter_map(|one| one["name"].as_str())) {
        return Some(format!("spec.template.spec.containers: Duplicate value: \"{name}\""));
    }
    containers.iter().find_map(|container| self::container(container, &volumes))
}

fn container(container: &Value, volumes: &[&str]) -> Option<String> {
    if let Some(name) = first_twice(named(&container["env"]).into_iter()) {
        return Some(format!("env: Duplicate value: \"{name}\""));
    }
    if let Some(name) = named(&container["volumeMounts"]).into_iter().find(|name| !volumes.contains(name)) {
        return Some(format!("volumeMounts: Not found: \"{name}\""));
    }
    let mounts = container["volumeMounts"].as_array().into_iter().flatten();
    first_twice(mounts.filter_map(|mount| mount["mountPath"].as_str()))
        .map(|path| format!("volumeMounts: Invalid value: \"{path}\": must be unique"))
}

fn named(list: &Value) -> Vec<&str> {
    list.as_array()
        .into_iter()
        .flatten()
        .filter_map(|one| one["name"].as_str())
        .collect()
}

fn first_twice<'a>(names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let mut seen = BTreeSet::new();
    names.into_iter().find(|name| !seen.insert(*name))
}
