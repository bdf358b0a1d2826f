//! What these tests share: a place at the simulated API server, and the objects of a small cluster.
#![allow(dead_code, reason = "each test takes what it needs")]

use std::sync::Arc;
use std::time::Duration;

use domain::log::ContainerLog;
use domain::ports::{ClusterObjects, EPOCH, PodRole, PortError, Vault};
use domain::secret::{Sealed, Secret};
use domain::target::{KubernetesAccess, KubernetesPlace};
use kubernetes::{Kubernetes, Timing};
use serde_json::{Value, json};
use sim::KubernetesOptions;

pub const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/:id/deployments";
pub const NAME: &str = "sw-a";

/// A vault that hides nothing.
pub struct Open;

impl Vault for Open {
    fn seal(&self, _: &str, secret: &Secret) -> Result<Sealed, PortError> {
        Ok(Sealed::new(secret.expose().to_owned()))
    }

    fn open(&self, _: &str, sealed: &Sealed) -> Result<Secret, PortError> {
        Ok(Secret::new(sealed.as_str().to_owned()))
    }
}

pub fn timing() -> Timing {
    Timing {
        call: Duration::from_millis(500),
        idle: Duration::from_secs(60),
        pause: Duration::from_millis(20),
    }
}

pub fn kubernetes() -> Kubernetes {
    Kubernetes::with(Arc::new(Open), timing())
}

/// An API server whose objects are only stored.
pub async fn storing() -> sim::Kubernetes {
    let options = KubernetesOptions {
        controllers: false,
        bookmark_ms: 50,
        ..KubernetesOptions::default()
    };
    sim::Kubernetes::start(options).await.unwrap()
}

/// One whose controllers and Flinks act.
pub async fn acting() -> sim::Kubernetes {
    let options = KubernetesOptions {
        bookmark_ms: 50,
        ..KubernetesOptions::default()
    };
    sim::Kubernetes::start(options).await.unwrap()
}

pub fn place_of(kubeconfig: &str) -> KubernetesPlace {
    KubernetesPlace {
        access: KubernetesAccess::Kubeconfig {
            sealed: Sealed::new(kubeconfig.to_owned()),
        },
        context: None,
        namespace: "default".to_owned(),
    }
}

pub fn place(sim: &sim::Kubernetes) -> KubernetesPlace {
    place_of(&sim.kubeconfig("token-of-the-test"))
}

fn labels(component: Option<&str>) -> Value {
    let mut labels = json!({"app": NAME, "type": "flink-native-kubernetes"});
    if let Some(component) = component {
        labels["component"] = component.into();
    }
    labels
}

/// The objects of a cluster of an epoch, as Flink's own client would make them.
pub fn objects(epoch: &str) -> ClusterObjects {
    let job = "0123456789abcdef0123456789abcdef";
    let configuration = format!(
        "\"kubernetes.cluster-id\": \"{NAME}\"\n\"$internal.pipeline.job-id\": \"{job}\"\nexecution.shutdown-on-application-finish: false\n"
    );
    let service = |name: &str, spec: Value| json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "default", "labels": labels(None)}, "spec": spec});
    let selector = labels(Some("jobmanager"));
    ClusterObjects {
        deployment: json!({
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": NAME, "namespace": "default", "labels": labels(Some("jobmanager")), "annotations": {EPOCH: epoch}},
            "spec": {
                "replicas": 0,
                "selector": {"matchLabels": selector},
                "template": {
                    "metadata": {"labels": labels(Some("jobmanager"))},
                    "spec": {
                        "containers": [{"name": "flink-main-container", "image": "flink:2.2.1", "volumeMounts": [{"name": "conf", "mountPath": "/opt/flink/conf"}]}],
                        "volumes": [{"name": "conf", "configMap": {"name": format!("flink-config-{NAME}")}}],
                    },
                },
            },
        }),
        dependents: vec![
            json!({
                "apiVersion": "v1", "kind": "ConfigMap",
                "metadata": {"name": format!("flink-config-{NAME}"), "namespace": "default", "labels": labels(None)},
                "data": {"config.yaml": configuration},
            }),
            json!({
                "apiVersion": "v1", "kind": "Secret",
                "metadata": {"name": format!("token-{NAME}"), "namespace": "default", "labels": labels(None)},
                "stringData": {"token": "t"},
            }),
            service(
                NAME,
                json!({"clusterIP": "None", "selector": selector, "ports": [{"name": "jobmanager-rpc", "port": 6123}]}),
            ),
            service(
                &format!("{NAME}-rest"),
                json!({"type": "ClusterIP", "selector": selector, "ports": [{"name": "rest", "port": 8081, "targetPort": 8081}]}),
            ),
        ],
        replicas: 1,
    }
}

/// The log of Flink's container in a pod, of this life or the one before.
pub fn log(pod: &str, previous: bool) -> ContainerLog {
    ContainerLog {
        pod: pod.to_owned(),
        role: PodRole::JobManager,
        init: None,
        life: u32::from(!previous),
        previous,
    }
}

/// Whether nothing of the cluster is there.
pub fn nothing_left(sim: &sim::Kubernetes) -> bool {
    ["deployments", "configmaps", "secrets", "services", "pods"]
        .iter()
        .all(|kind| sim.names("default", kind).is_empty())
}

/// Fails where not everything is there once, ours, and let run.
pub fn all_there(sim: &sim::Kubernetes, uid: &str, case: &str) {
    assert_eq!(sim.names("default", "deployments"), [NAME], "{case}");
    assert_eq!(sim.names("default", "configmaps"), [format!("flink-config-{NAME}")], "{case}");
    assert_eq!(sim.names("default", "secrets"), [format!("token-{NAME}")], "{case}");
    assert_eq!(
        sim.names("default", "services"),
        [NAME.to_owned(), format!("{NAME}-rest")],
        "{case}"
    );
    let deployment = sim.object("default", "deployments", NAME).unwrap();
    assert_eq!(deployment["metadata"]["uid"], uid, "{case}");
    assert_eq!(deployment["spec"]["replicas"], 1, "{case}");
    for (kind, name) in [
        ("configmaps", format!("flink-config-{NAME}")),
        ("secrets", format!("token-{NAME}")),
        ("services", format!("{NAME}-rest")),
    ] {
        let object = sim.object("default", kind, &name).unwrap();
        assert_eq!(object["metadata"]["ownerReferences"][0]["uid"], uid, "{case}: {kind} {name}");
    }
}

/// A `Status` as the API server answers it.
pub fn status(code: u16, reason: &str, message: &str) -> sim::FaultKind {
    let body = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason, "message": message, "details": {"name": NAME}});
    sim::FaultKind::Answer {
        status: code,
        content_type: "application/json".to_owned(),
        body: body.to_string(),
        act: false,
    }
}
