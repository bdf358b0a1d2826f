//! What is made for each recorded cluster is taken by an API server: names, labels, keys and mounts, and an owner for all.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[allow(dead_code, reason = "shared with the comparison of objects")]
mod recording;

use manifests::manifests;
use recording::recordings;

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
