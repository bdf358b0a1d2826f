//! The ways to a cluster's web UI, from the API server's JSON. What a browser makes of them is decided elsewhere.

use domain::ports::PortError;
use domain::web_address::{IngressSight, NodeSight, ServiceSight, WebSight};
use serde_json::Value;

use crate::address::{Wanted, balanced, job_managers, rest_port};
use crate::api::{Api, segment};

/// What is seen of them. What may not be read, or just now cannot be, is left out: it is looked for again.
pub async fn seen(api: &Api, object: &Value, wanted: &Wanted<'_>) -> WebSight {
    let mut service = service(object);
    if let Some(service) = service.as_mut().filter(|service| service.kind == "NodePort") {
        service.node = node(api, wanted.pods).await;
    }
    let ingress = match wanted.ingress {
        Some(host) => Some(read(api, wanted.name, host).await),
        None => None,
    };
    WebSight { service, ingress }
}

async fn read(api: &Api, name: &str, host: &str) -> IngressSight {
    let found = match api.object("ingresses", &format!("{name}-rest")) {
        Ok(path) => api.get(&path).await,
        Err(fault) => Err(fault),
    };
    let unread = |why: String| IngressSight {
        host: host.to_owned(),
        unread: Some(why),
        ..IngressSight::default()
    };
    match found {
        Ok(object) => ingress(&object).unwrap_or_else(|| unread("it names no host any more".to_owned())),
        Err(fault) => unread(PortError::from(fault).to_string()),
    }
}

/// The node of the newest pod of the JobManager.
pub fn node_name(pods: &[&Value]) -> Option<String> {
    pod(pods)?["spec"]["nodeName"].as_str().map(str::to_owned)
}

fn pod<'a>(pods: &'a [&'a Value]) -> Option<&'a Value> {
    let alive = job_managers(pods).filter(|pod| pod["metadata"]["deletionTimestamp"].is_null());
    alive.max_by_key(|pod| pod["metadata"]["creationTimestamp"].as_str())
}

/// The node of the JobManager: as far as its pod says, and more where nodes may be read.
async fn node(api: &Api, pods: &[&Value]) -> Option<NodeSight> {
    let host = pod(pods)?["status"]["hostIP"].as_str().map(str::to_owned);
    let name = node_name(pods);
    let read = match name.as_deref().map(segment) {
        Some(Ok(name)) => api.get(&format!("/api/v1/nodes/{name}")).await.ok(),
        _ => None,
    };
    let (internal, external) = read
        .as_ref()
        .map_or((None, None), |node| (address(node, "InternalIP"), address(node, "ExternalIP")));
    let node = NodeSight {
        internal: internal.or(host),
        external,
    };
    (node != NodeSight::default()).then_some(node)
}

fn address(node: &Value, kind: &str) -> Option<String> {
    let all = node["status"]["addresses"].as_array()?;
    let found = all.iter().find(|one| one["type"] == kind)?;
    found["address"].as_str().map(str::to_owned)
}

fn service(object: &Value) -> Option<ServiceSight> {
    let (spec, port) = (&object["spec"], rest_port(object)?);
    let number = |key: &str| port[key].as_u64().and_then(|number| u16::try_from(number).ok());
    Some(ServiceSight {
        // The API server writes it; it is the usual one.
        kind: spec["type"].as_str().unwrap_or("ClusterIP").to_owned(),
        headless: spec["clusterIP"] == "None",
        port: number("port")?,
        node_port: number("nodePort").filter(|port| *port > 0),
        balanced: balanced(object).map(str::to_owned).collect(),
        node: None,
    })
}

fn ingress(object: &Value) -> Option<IngressSight> {
    let spec = &object["spec"];
    Some(IngressSight {
        host: spec["rules"][0]["host"].as_str()?.to_owned(),
        class: spec["ingressClassName"].as_str().map(str::to_owned),
        tls: spec["tls"].as_array().is_some_and(|tls| !tls.is_empty()),
        taken: balanced(object).next().is_some(),
        unread: None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn services_are_read() {
        let ports = json!([{"name": "rest", "port": 8081, "targetPort": 8081}]);
        let plain = ServiceSight {
            kind: "ClusterIP".to_owned(),
            port: 8081,
            ..ServiceSight::default()
        };
        let balanced = json!({"loadBalancer": {"ingress": [{"ip": "203.0.113.7"}, {"hostname": "lb.example"}, {}]}});
        for (object, expected) in [
            (json!({}), None),
            (json!({"spec": {"ports": [{"name": "other", "port": 1}]}}), None),
            (json!({"spec": {"ports": [{"name": "rest", "port": 70000}]}}), None),
            (json!({"spec": {"ports": ports}}), Some(plain.clone())),
            (
                json!({"spec": {"type": "ClusterIP", "clusterIP": "None", "ports": ports}}),
                Some(ServiceSight {
                    headless: true,
                    ..plain.clone()
                }),
            ),
            (
                json!({"spec": {"type": "NodePort", "ports": [{"name": "rest", "port": 8081, "nodePort": 30001}]}}),
                Some(ServiceSight {
                    kind: "NodePort".to_owned(),
                    node_port: Some(30_001),
                    ..plain.clone()
                }),
            ),
            (
                json!({"spec": {"type": "LoadBalancer", "ports": ports}, "status": balanced}),
                Some(ServiceSight {
                    kind: "LoadBalancer".to_owned(),
                    balanced: vec!["203.0.113.7".to_owned(), "lb.example".to_owned()],
                    ..plain.clone()
                }),
            ),
        ] {
            assert_eq!(service(&object), expected, "{object}");
        }
    }

    #[test]
    fn ingresses_are_read() {
        let mut object = json!({"spec": {"rules": [{"host": "a.example"}], "ingressClassName": "nginx"}, "status": {"loadBalancer": {}}});
        let mut expected = IngressSight {
            host: "a.example".to_owned(),
            class: Some("nginx".to_owned()),
            tls: false,
            taken: false,
            unread: None,
        };
        assert_eq!(ingress(&object), Some(expected.clone()));
        object["spec"]["tls"] = json!([{"hosts": ["a.example"], "secretName": "s"}]);
        object["status"]["loadBalancer"]["ingress"] = json!([{"ip": "203.0.113.7"}]);
        (expected.tls, expected.taken) = (true, true);
        assert_eq!(ingress(&object), Some(expected));
        assert_eq!(ingress(&json!({"spec": {"rules": [{}]}})), None);
    }

    #[test]
    fn the_node_is_that_of_the_newest_pod() {
        let pod = |component: &str, made: &str, node: &str| {
            json!({
                "metadata": {"labels": {"component": component}, "creationTimestamp": made},
                "spec": {"nodeName": node},
            })
        };
        let (old, new) = (
            pod("jobmanager", "2026-11-23T01:00:00Z", "a"),
            pod("jobmanager", "2026-11-23T02:00:00Z", "b"),
        );
        let task = pod("taskmanager", "2026-11-23T03:00:00Z", "c");
        let mut leaving = pod("jobmanager", "2026-11-23T04:00:00Z", "d");
        leaving["metadata"]["deletionTimestamp"] = json!("2026-11-23T04:00:01Z");
        assert_eq!(node_name(&[&new, &old, &task, &leaving]).as_deref(), Some("b"));
        assert_eq!(node_name(&[&task]), None);
    }
}
