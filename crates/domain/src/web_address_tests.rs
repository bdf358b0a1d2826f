//! Every way to a web UI that is seen, and what is made of it.

use uuid::Uuid;

use super::*;
use crate::cluster::{ClusterDesired, KubernetesLook};
use crate::id::{ClusterId, TeamId};
use crate::time::Millis;

fn cluster(target: TargetKind) -> Cluster {
    Cluster {
        id: ClusterId(Uuid::nil()),
        team_id: TeamId(Uuid::nil()),
        name: "c".to_owned(),
        target,
        flink_version_id: None,
        version: None,
        rest_url: Some("http://10.0.0.5:8081".to_owned()),
        connection: None,
        task_managers: 1,
        slots: 4,
        configuration: std::collections::BTreeMap::new(),
        deployment: None,
        read_only: false,
        target_id: None,
        mode: crate::draft::Mode::Session,
        desired: ClusterDesired::Running,
        generation: 1,
        operation_id: None,
        created_at: Millis(0),
        revision: 1,
    }
}

fn look(web: Option<WebSight>) -> Look {
    Look {
        contact_at: Some(Millis(1)),
        kubernetes: Some(KubernetesLook {
            web,
            ..KubernetesLook::default()
        }),
        ..Look::default()
    }
}

fn of(kind: &str) -> ServiceSight {
    ServiceSight {
        kind: kind.to_owned(),
        port: 8081,
        ..ServiceSight::default()
    }
}

fn balanced(host: &str) -> ServiceSight {
    ServiceSight {
        balanced: vec![host.to_owned(), "198.51.100.9".to_owned()],
        ..of("LoadBalancer")
    }
}

fn on_node(internal: Option<&str>, external: Option<&str>) -> ServiceSight {
    ServiceSight {
        node_port: Some(30_001),
        node: Some(NodeSight {
            internal: internal.map(str::to_owned),
            external: external.map(str::to_owned),
        }),
        ..of("NodePort")
    }
}

fn entry(tls: bool, taken: bool) -> IngressSight {
    IngressSight {
        host: "clicks.flink.example".to_owned(),
        class: Some("nginx".to_owned()),
        tls,
        taken,
        unread: None,
    }
}

#[test]
fn each_kind_of_service_and_ingress() {
    let headless = ServiceSight {
        headless: true,
        ..of("ClusterIP")
    };
    let no_port = ServiceSight {
        node_port: None,
        ..on_node(Some("192.0.2.1"), None)
    };
    let no_pod = ServiceSight {
        node: None,
        ..on_node(None, None)
    };
    let unread = IngressSight {
        unread: Some("we may not".to_owned()),
        ..entry(true, false)
    };
    let cases: Vec<(Option<ServiceSight>, Option<IngressSight>, Result<&str, &str>, bool)> = vec![
        (None, None, Err("not been seen"), false),
        (Some(of("ClusterIP")), None, Err("is a ClusterIP"), true),
        (Some(headless), None, Err("headless"), true),
        (Some(of("LoadBalancer")), None, Err("Waiting for the load balancer"), false),
        (Some(balanced("203.0.113.7")), None, Ok("http://203.0.113.7:8081/"), true),
        (Some(balanced("lb.example.org")), None, Ok("http://lb.example.org:8081/"), true),
        (Some(balanced("2001:db8::7")), None, Ok("http://[2001:db8::7]:8081/"), true),
        (Some(no_port), None, Err("a port of the nodes"), true),
        (Some(no_pod), None, Err("Waiting for the JobManager's pod"), false),
        (Some(on_node(None, None)), None, Err("shows no address"), true),
        (Some(on_node(Some("192.0.2.1"), None)), None, Ok("http://192.0.2.1:30001/"), true),
        (
            Some(on_node(Some("192.0.2.1"), Some("203.0.113.1"))),
            None,
            Ok("http://203.0.113.1:30001/"),
            true,
        ),
        (Some(of("ExternalName")), None, Err("of type ExternalName"), true),
        (
            Some(of("ClusterIP")),
            Some(entry(false, true)),
            Ok("http://clicks.flink.example/"),
            true,
        ),
        (
            Some(of("ClusterIP")),
            Some(entry(true, true)),
            Ok("https://clicks.flink.example/"),
            true,
        ),
        (
            Some(of("ClusterIP")),
            Some(entry(true, false)),
            Err("Waiting for an Ingress controller of class 'nginx'"),
            false,
        ),
        (Some(of("ClusterIP")), Some(unread), Err("could not be read: we may not"), false),
        (
            Some(balanced("203.0.113.7")),
            Some(entry(true, false)),
            Ok("http://203.0.113.7:8081/"),
            false,
        ),
    ];
    for (service, ingress, expected, settled) in cases {
        let web = WebSight { service, ingress };
        assert_eq!(web.settled(), settled, "{web:?}");
        let got = web_address(&cluster(TargetKind::Kubernetes), &look(Some(web.clone())));
        assert_eq!(got.url.as_deref(), expected.ok(), "{web:?}");
        if let Err(part) = expected {
            assert!(got.sentence.contains(part), "{}", got.sentence);
        }
        assert!(got.forward && got.sentence.ends_with('.'), "{}", got.sentence);
    }
    let unseen = web_address(&cluster(TargetKind::Kubernetes), &look(None));
    assert_eq!(unseen.url, None);
}

#[test]
fn the_configuration_chooses_the_address_of_the_node() {
    let both = on_node(Some("192.0.2.1"), Some("203.0.113.1"));
    let inside = on_node(Some("192.0.2.1"), None);
    for (service, kind, expected) in [
        (&both, "InternalIP", Some("http://192.0.2.1:30001/")),
        (&both, "ExternalIP", Some("http://203.0.113.1:30001/")),
        (&inside, "ExternalIP", None),
    ] {
        let mut cluster = cluster(TargetKind::Kubernetes);
        cluster.configuration.insert(NODE_ADDRESS_TYPE.to_owned(), kind.to_owned());
        let web = WebSight {
            service: Some(service.clone()),
            ingress: None,
        };
        assert_eq!(web_address(&cluster, &look(Some(web))).url.as_deref(), expected, "{kind}");
    }
}

#[test]
fn what_a_browser_elsewhere_cannot_reach_is_no_address() {
    for (target, url, expected) in [
        (TargetKind::Local, "http://127.0.0.1:8081", None),
        (TargetKind::Standalone, "http://127.0.0.1:8081", None),
        (TargetKind::Standalone, "http://localhost:8081/flink", None),
        (TargetKind::Standalone, "http://[::1]:8081", None),
        (TargetKind::Standalone, "http://0.0.0.0:8081", None),
        (
            TargetKind::Standalone,
            "https://flink.example.org/a",
            Some("https://flink.example.org/a/"),
        ),
        (
            TargetKind::Standalone,
            "http://[2001:db8::1]:8081",
            Some("http://[2001:db8::1]:8081/"),
        ),
    ] {
        let mut cluster = cluster(target);
        cluster.rest_url = Some(url.to_owned());
        let got = web_address(&cluster, &look(None));
        assert_eq!((got.url.as_deref(), got.forward), (expected, true), "{url}");
        let silent = Look {
            unreachable_since: Some(Millis(2)),
            ..look(None)
        };
        let got = web_address(&cluster, &silent);
        assert_eq!((got.url, got.forward), (None, false), "{url}");
    }
}

#[test]
fn commands_are_one_word_for_a_shell() {
    for (job, expected) in [
        (Some("clicks"), "streamwright port-forward clicks"),
        (Some("订单 1"), "streamwright port-forward '订单 1'"),
        (Some("it's"), r"streamwright port-forward 'it'\''s'"),
        (Some("$(x)"), "streamwright port-forward '$(x)'"),
        (Some("-x"), "streamwright port-forward -- -x"),
        (None, "streamwright port-forward --cluster c"),
    ] {
        assert_eq!(forward_command(job, "c"), expected);
    }
}
