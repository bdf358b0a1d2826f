//! The Ingress of a cluster: only on request, owned by its Deployment, taken by an API server.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[allow(dead_code, reason = "shared with the comparison of objects")]
mod recording;

use domain::ports::INGRESS;
use domain::target::Ingress;
use manifests::{Description, manifests};
use recording::{application, faults};
use serde_json::json;

fn description(host: &str) -> Description {
    Description {
        cluster_id: "sw-a".to_owned(),
        namespace: "flink".to_owned(),
        title: "Clicks".to_owned(),
        labels: [("streamwright.io/job".to_owned(), "0123456789abcdef".to_owned())].into(),
        ingress: Some(Ingress {
            class: Some("nginx".to_owned()),
            host: host.to_owned(),
            tls_secret: Some("certificate".to_owned()),
            annotations: [("cert-manager.io/issuer".to_owned(), "letters".to_owned())].into(),
        }),
        ..application("2.2.1")
    }
}

#[test]
fn it_leads_from_its_host_to_the_rest_service_and_goes_with_the_cluster() {
    let made = manifests(&description("{{job}}-{{namespace}}.{{cluster}}.example")).unwrap();
    let owned = made.owned_by("uid");
    let ingress = owned.iter().find(|object| object["kind"] == "Ingress").unwrap();
    let host = "clicks-89abcdef-flink.sw-a.example";
    assert_eq!(sim::wrong_object("ingresses", ingress), None);
    assert_eq!(ingress["metadata"]["ownerReferences"][0]["uid"], "uid");
    assert_eq!(ingress["metadata"]["annotations"]["cert-manager.io/issuer"], "letters");
    assert_eq!(ingress["metadata"]["labels"]["app"], "sw-a");
    assert_eq!(
        ingress["spec"],
        json!({
            "ingressClassName": "nginx",
            "tls": [{"hosts": [host], "secretName": "certificate"}],
            "rules": [{"host": host, "http": {"paths": [{
                "path": "/", "pathType": "Prefix", "backend": {"service": {"name": "sw-a-rest", "port": {"name": "rest"}}},
            }]}}],
        })
    );
    let service = owned.iter().find(|object| object["metadata"]["name"] == "sw-a-rest").unwrap();
    assert_eq!(service["spec"]["ports"][0]["name"], "rest");
    assert_eq!(made.deployment["metadata"]["annotations"][INGRESS], host);
}

#[test]
fn it_is_not_there_unless_asked_for_and_a_bad_host_is_a_fault() {
    let made = manifests(&Description {
        ingress: None,
        ..description("")
    })
    .unwrap();
    assert!(made.dependents.iter().all(|object| object["kind"] != "Ingress"));
    assert_eq!(made.deployment["metadata"]["annotations"][INGRESS], json!(null));
    for host in ["flink.example", "{{cluster}}/x", "{{what}}.example"] {
        let faults = faults(&description(host));
        assert!(faults.len() == 1 && faults[0].starts_with("ingress: "), "{faults:?}");
    }
}
