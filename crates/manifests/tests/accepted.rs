//! What is made for each recorded cluster is taken by an API server: names, labels, keys and mounts, and an owner for all.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[allow(dead_code, reason = "shared with the comparison of objects")]
mod recording;

use files::yaml::{Content, Node, Style, parse};
use manifests::manifests;
use manifests::shown::{shown, yaml};
use recording::recordings;
use serde_json::Value;

#[test]
fn objects_of_all_recorded_clusters_are_taken() {
    let mut seen = 0;
    for recording in recordings().iter().filter(|recording| recording.of_a_client()) {
        let Ok(made) = manifests(&recording.description()) else { continue };
        assert_eq!(sim::wrong_object("deployments", &made.deployment), None, "{}", recording.file);
        for object in made.owned_by("00000000-0000-0000-0000-000000000000") {
            let kind = match object["kind"].as_str() {
                Some("ConfigMap") => "configmaps",
                Some("Secret") => "secrets",
                Some("Service") => "services",
                other => panic!("{}: {other:?} has no path in the adapter", recording.file),
            };
            assert_eq!(
                sim::wrong_object(kind, &object),
                None,
                "{}: {}",
                recording.file,
                object["metadata"]["name"]
            );
            seen += 1;
        }
    }
    assert!(seen > 300, "{seen}");
}

fn value(node: &Node) -> Value {
    match &node.content {
        Content::Scalar(text, Style::Plain) => match text.as_str() {
            "null" | "" => Value::Null,
            plain => serde_json::from_str(plain).unwrap_or_else(|_| Value::from(plain)),
        },
        Content::Scalar(text, _) => Value::from(text.as_str()),
        Content::List(items) => items.iter().map(value).collect(),
        Content::Map(entries) => entries.iter().map(|(key, node)| (key.text.clone(), value(node))).collect(),
    }
}

/// What is shown is what `kubectl apply` gets: the YAML says the same, and an API server takes it.
#[test]
fn what_is_shown_of_all_recorded_clusters_is_taken_too() {
    let mut seen = 0;
    for recording in recordings().iter().filter(|recording| recording.of_a_client()) {
        let description = recording.description();
        let Ok(made) = manifests(&description) else { continue };
        let objects = shown(&description).unwrap();
        // Those of nobody have no owner.
        let owner = made.owned_by("00000000-0000-0000-0000-000000000000")[0]["metadata"]["ownerReferences"].clone();
        assert_eq!(objects.len(), made.dependents.len() + 1, "{}", recording.file);
        for mut object in objects {
            let text = yaml(&object);
            let mut read = parse(&text);
            assert_eq!(read.faults, [], "{}: {text}", recording.file);
            assert_eq!(
                read.documents.pop().map(|node| value(&node)),
                Some(object.clone()),
                "{}: {text}",
                recording.file
            );
            if object["kind"] != "Deployment" {
                object["metadata"]["ownerReferences"] = owner.clone();
            }
            let kind = match object["kind"].as_str() {
                Some("Deployment") => {
                    // Shown are those that it gets in the end.
                    assert_ne!(object["spec"]["replicas"], 0);
                    object["spec"]["replicas"] = 0.into();
                    "deployments"
                }
                Some("ConfigMap") => "configmaps",
                Some("Secret") => "secrets",
                Some("Service") => "services",
                other => panic!("{}: {other:?}", recording.file),
            };
            assert_eq!(sim::wrong_object(kind, &object), None, "{}: {text}", recording.file);
            seen += 1;
        }
    }
    assert!(seen > 400, "{seen}");
}
