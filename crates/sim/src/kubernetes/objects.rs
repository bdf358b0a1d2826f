//! What is read from the objects of a cluster: the keys of its Flink configuration.

use std::collections::BTreeMap;

use serde_json::Value;

/// The keys in the configuration file of a `ConfigMap`, flat: `key: value` by line, each perhaps quoted as JSON.
pub(crate) fn configuration(map: &Value) -> BTreeMap<String, String> {
    let data = &map["data"];
    let file = data["config.yaml"]
        .as_str()
        .or_else(|| data["flink-conf.yaml"].as_str())
        .unwrap_or_default();
    let pairs = file.lines().filter_map(|line| {
        let line = line.trim();
        let (key, value) = line.split_once(": ").filter(|_| !line.starts_with('#'))?;
        Some((plain(key), plain(value.trim())))
    });
    pairs.collect()
}

fn plain(text: &str) -> String {
    let quoted = text.starts_with('"').then(|| serde_json::from_str(text).ok()).flatten();
    quoted.unwrap_or_else(|| text.trim_matches('\'').to_owned())
}

/// The image of the container that Flink runs in.
pub(crate) fn image(deployment: &Value) -> String {
    let containers = deployment["spec"]["template"]["spec"]["containers"].as_array();
    let last = containers.and_then(|containers| containers.last());
    last.and_then(|container| container["image"].as_str()).unwrap_or("flink").to_owned()
}

/// The version in an image's tag, `2.2.1` in `registry/flink:2.2.1-java17`.
pub(crate) fn version(image: &str) -> Option<String> {
    let tag = image.rsplit_once(':')?.1;
    let number: String = tag
        .chars()
        .take_while(|character| character.is_ascii_digit() || *character == '.')
        .collect();
    number
        .parse::<domain::flink_version::VersionNumber>()
        .ok()
        .map(|version| version.to_string())
}
