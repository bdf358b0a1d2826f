//! The same walk against a real API server. `STREAMWRIGHT_TEST_KUBECONFIG` names the kubeconfig of one where a namespace may be made;
//! without it there is nothing to do, and the test says so.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

mod place;

use std::process::Command;
use std::time::{Duration, Instant};

use domain::ports::{KubernetesControl, PortError};
use domain::target::{CheckOutcome, KubernetesAccess, KubernetesPlace};
use kubernetes::{Kubernetes, Timing};
use place::{NAME, Open, objects};
use serde_json::json;

/// A namespace of its own, gone at the end.
struct Namespace {
    kubeconfig: String,
    name: String,
}

impl Namespace {
    #[allow(clippy::disallowed_methods, reason = "where the lab is, only the environment knows")]
    fn make() -> Option<Self> {
        let Ok(kubeconfig) = std::env::var("STREAMWRIGHT_TEST_KUBECONFIG") else {
            eprintln!("skipped: STREAMWRIGHT_TEST_KUBECONFIG names no kubeconfig");
            return None;
        };
        let name = format!("kubernetes-test-{}", std::process::id());
        let namespace = Self { kubeconfig, name };
        namespace.kubectl(&["create", "namespace", &namespace.name]);
        Some(namespace)
    }

    #[allow(clippy::disallowed_methods, reason = "what somebody else does to a cluster")]
    fn kubectl(&self, arguments: &[&str]) -> String {
        let output = Command::new("kubectl")
            .arg("--kubeconfig")
            .arg(&self.kubeconfig)
            .args(arguments)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    fn within(&self, arguments: &[&str]) -> String {
        self.kubectl(&[&["-n", &self.name], arguments].concat())
    }

    fn place(&self) -> KubernetesPlace {
        KubernetesPlace {
            access: KubernetesAccess::File {
                path: self.kubeconfig.clone(),
            },
            context: None,
            namespace: self.name.clone(),
        }
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        self.kubectl(&["delete", "namespace", &self.name, "--wait=false"]);
    }
}

fn of_namespace(epoch: &str, namespace: &str) -> domain::ports::ClusterObjects {
    let mut objects = objects(epoch);
    objects.deployment["metadata"]["namespace"] = namespace.into();
    for dependent in &mut objects.dependents {
        dependent["metadata"]["namespace"] = namespace.into();
    }
    // An image that is nowhere: what is tested here is not Flink.
    objects.deployment["spec"]["template"]["spec"]["containers"][0]["image"] = "127.0.0.1:1/nowhere:1".into();
    objects
}

#[tokio::test]
async fn a_real_api_server_answers_as_expected() {
    let Some(namespace) = Namespace::make() else { return };
    let place = namespace.place();
    let ours = Kubernetes::with(std::sync::Arc::new(Open), Timing::default());
    let objects = of_namespace("1", &namespace.name);

    let report = ours.test(&place, None).await.unwrap();
    assert!(report.version.starts_with("v1."), "{}", report.version);
    assert!(report.system_uid.is_some());
    let of = |what: &str| report.checks.iter().find(|check| check.what == what).unwrap().outcome;
    assert_eq!(of("create deployments"), CheckOutcome::Ok);
    assert_eq!(of("get services/proxy"), CheckOutcome::Ok);
    assert_eq!(of("default: create pods"), CheckOutcome::Failed, "nobody has bound a role");

    let absent = ours.look(&place, NAME).await.unwrap();
    assert_eq!((absent.deployment, absent.system_uid), (None, report.system_uid.clone()));

    let begun = Instant::now();
    let uid = ours.create(&place, &objects).await.unwrap();
    eprintln!("created in {:?}", begun.elapsed());
    let sight = ours.look(&place, NAME).await.unwrap();
    assert_eq!(
        sight.deployment.as_ref().map(|seen| (seen.uid.as_str(), seen.replicas)),
        Some((uid.as_str(), 1))
    );
    assert_eq!(ours.create(&place, &objects).await.unwrap(), uid, "again");
    let other = ours.create(&place, &of_namespace("2", &namespace.name)).await.unwrap_err();
    assert!(matches!(other, PortError::Refused { status: Some(409), .. }), "{other}");
    let owner = namespace.within(&[
        "get",
        "service",
        &format!("{NAME}-rest"),
        "-o",
        "jsonpath={.metadata.ownerReferences[0].uid}",
    ]);
    assert_eq!(owner, uid);

    until(&ours, &place, "the image is told", |sight| {
        sight.cause.as_ref().is_some_and(|cause| cause.contains("cannot be pulled"))
    })
    .await;
    let address = ours.look(&place, NAME).await.unwrap().address.unwrap();
    assert!(
        address
            .url
            .ends_with(&format!("/api/v1/namespaces/{}/services/{NAME}-rest:rest/proxy", namespace.name)),
        "{}",
        address.url
    );
    let pod = ours.look(&place, NAME).await.unwrap().pods[0].name.clone();
    for previous in [false, true] {
        let error = ours.log_tail(&place, &pod, previous, 1_000).await.unwrap_err();
        assert!(matches!(error, PortError::Refused { status: Some(400), .. }), "{error}");
        eprintln!("log, previous {previous}: {error}");
    }

    // A deletion of another uid hits nothing; ours takes everything along.
    ours.delete(&place, NAME, "00000000-0000-0000-0000-000000000000").await.unwrap();
    assert!(ours.look(&place, NAME).await.unwrap().deployment.is_some());
    let map = format!("{NAME}-cluster-config-map");
    namespace.within(&["create", "configmap", &map]);
    namespace.within(&["label", "configmap", &map, &format!("app={NAME}"), "type=flink-native-kubernetes"]);
    ours.delete(&place, NAME, &uid).await.unwrap();
    let sight = ours.look(&place, NAME).await.unwrap();
    assert_eq!((sight.deployment, sight.system_uid), (None, report.system_uid));
    ours.forget(&place, NAME).await.unwrap();
    until(&ours, &place, "the pods go", |sight| sight.pods.is_empty()).await;
    nothing_stays(&namespace).await;
}

#[tokio::test]
async fn refusals_of_a_real_api_server_leave_nothing() {
    let Some(namespace) = Namespace::make() else { return };
    let place = namespace.place();
    let ours = Kubernetes::with(std::sync::Arc::new(Open), Timing::default());
    // No room for services.
    namespace.within(&["create", "quota", "small", "--hard=services=1"]);
    let error = ours.create(&place, &of_namespace("1", &namespace.name)).await.unwrap_err();
    eprintln!("{error}");
    assert!(
        matches!(&error, PortError::Refused { status: Some(403), message } if message.contains("exceeded quota")),
        "{error}"
    );
    nothing_stays(&namespace).await;
    namespace.within(&["delete", "quota", "small"]);
    // What a Deployment may not have.
    let mut wrong = of_namespace("1", &namespace.name);
    wrong.deployment["spec"]["template"]["spec"]["containers"][0]["name"] = json!("Not A Name");
    let error = ours.create(&place, &wrong).await.unwrap_err();
    eprintln!("{error}");
    assert!(matches!(error, PortError::Refused { status: Some(422), .. }), "{error}");
    let nowhere = KubernetesPlace {
        namespace: "there-is-no-such-namespace".to_owned(),
        ..place
    };
    let error = ours
        .create(&nowhere, &of_namespace("1", "there-is-no-such-namespace"))
        .await
        .unwrap_err();
    eprintln!("{error}");
    assert!(matches!(error, PortError::Refused { status: Some(404), .. }), "{error}");
    assert_eq!(ours.look(&nowhere, NAME).await.unwrap().deployment, None);
}

async fn until(ours: &Kubernetes, place: &KubernetesPlace, what: &str, is_so: impl Fn(&domain::ports::KubernetesSight) -> bool) {
    let mut last = None;
    for _ in 0..600 {
        let sight = ours.look(place, NAME).await.unwrap();
        if is_so(&sight) {
            eprintln!("{what}: {:?}", sight.cause);
            return;
        }
        last = Some(sight);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{what}: {last:?}");
}

/// The cluster's own garbage collection takes a moment.
async fn nothing_stays(namespace: &Namespace) {
    let mut left = String::new();
    for _ in 0..300 {
        left = namespace.within(&["get", "deployments,configmaps,services,secrets", "-o", "name"]);
        left = left
            .lines()
            .filter(|name| !name.contains("kube-root-ca.crt"))
            .collect::<Vec<_>>()
            .join(" ");
        if left.is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("it stays: {left}");
}
