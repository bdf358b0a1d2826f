//! The same walk against a real API server. `STREAMWRIGHT_TEST_KUBECONFIG` names the kubeconfig of one where a namespace may be made;
//! without it there is nothing to do, and the test says so.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

mod place;

use std::process::Command;
use std::time::{Duration, Instant};

use domain::ports::{KubernetesControl, PortError};
use domain::target::{CheckOutcome, KubernetesAccess, KubernetesPlace};
use kubernetes::{Kubernetes, Timing};
use place::{NAME, Open, log, objects};
use serde_json::json;

/// A namespace of its own, gone at the end.
struct Namespace {
    kubeconfig: String,
    name: String,
}

impl Namespace {
    #[allow(clippy::disallowed_methods, reason = "where the lab is, only the environment knows")]
    fn make(test: &str) -> Option<Self> {
        let Ok(kubeconfig) = std::env::var("STREAMWRIGHT_TEST_KUBECONFIG") else {
            eprintln!("skipped: STREAMWRIGHT_TEST_KUBECONFIG names no kubeconfig");
            return None;
        };
        let name = format!("kubernetes-{test}-{}", std::process::id());
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
    let Some(namespace) = Namespace::make("walk") else { return };
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
    let begun = Instant::now();
    for _ in 0..100 {
        ours.look(&place, NAME).await.unwrap();
    }
    eprintln!("a look takes {:?}", begun.elapsed() / 100);
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
        let error = ours.log_tail(&place, &log(&pod, previous), 1_000).await.unwrap_err();
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
    let Some(namespace) = Namespace::make("refusal") else { return };
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

/// A Deployment of a pod that does something else than Flink.
fn deployment(namespace: &str, name: &str, pod: serde_json::Value) -> domain::ports::ClusterObjects {
    let mut objects = of_namespace("1", namespace);
    let labels = json!({"app": name, "component": "jobmanager", "type": "flink-native-kubernetes"});
    let deployment = &mut objects.deployment;
    deployment["metadata"]["name"] = name.into();
    deployment["metadata"]["labels"] = labels.clone();
    deployment["spec"]["selector"]["matchLabels"] = labels.clone();
    deployment["spec"]["template"] = json!({"metadata": {"labels": labels}, "spec": pod});
    objects.dependents.clear();
    objects
}

/// Pods that do not come up, and what is to be said of them.
fn cases(image: &str) -> Vec<(&'static str, serde_json::Value, Vec<&'static str>)> {
    let runs = |command: &str, more: serde_json::Value| {
        let mut container = json!({"name": "flink-main-container", "image": image, "command": ["sh", "-c", command]});
        for (key, value) in more.as_object().into_iter().flatten() {
            container[key] = value.clone();
        }
        container
    };
    let sleeps = || runs("sleep 600", json!({}));
    let from_secret = json!({"env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "nowhere", "key": "k"}}}]});
    let mount = json!({"volumeMounts": [{"name": "v", "mountPath": "/v"}]});
    let init = json!({"name": "fetch-artifacts", "image": image, "command": ["sh", "-c", "echo the digest differs > /dev/termination-log; exit 3"]});
    vec![
        (
            "no-account",
            json!({"serviceAccountName": "nowhere", "containers": [sleeps()]}),
            vec!["serviceaccount \"nowhere\" not found", "Make this service account"],
        ),
        (
            "no-secret",
            json!({"containers": [runs("sleep 600", from_secret)]}),
            vec!["secret \"nowhere\" not found"],
        ),
        (
            "no-map",
            json!({"containers": [runs("sleep 600", mount)], "volumes": [{"name": "v", "configMap": {"name": "nowhere"}}]}),
            vec!["cannot be mounted", "configmap \"nowhere\" not found"],
        ),
        (
            "no-node",
            json!({"containers": [runs("sleep 600", json!({"resources": {"requests": {"cpu": "900"}}}))]}),
            vec!["no node takes the pod", "Insufficient cpu"],
        ),
        (
            "bad-name",
            json!({"containers": [{"name": "flink-main-container", "image": "a/B:c"}]}),
            vec!["is no name of an image"],
        ),
        (
            "memory",
            json!({"containers": [runs("tail /dev/zero", json!({"resources": {"limits": {"memory": "24Mi"}}}))]}),
            vec!["OOMKilled"],
        ),
        ("crash", json!({"containers": [runs("exit 2", json!({}))]}), vec!["exit code 2"]),
        (
            "fetch",
            json!({"initContainers": [init], "containers": [sleeps()]}),
            vec!["init container 'fetch-artifacts' fails with exit code 3", "the digest differs"],
        ),
    ]
}

/// `STREAMWRIGHT_TEST_IMAGE` names an image with a shell that the cluster can pull.
#[tokio::test]
#[allow(clippy::disallowed_methods, reason = "where the image is, only the environment knows")]
async fn causes_that_a_real_cluster_has() {
    let Some(namespace) = Namespace::make("cause") else { return };
    let Ok(image) = std::env::var("STREAMWRIGHT_TEST_IMAGE") else {
        eprintln!("skipped: STREAMWRIGHT_TEST_IMAGE names no image");
        return;
    };
    let place = namespace.place();
    let ours = Kubernetes::with(std::sync::Arc::new(Open), Timing::default());
    let cases = cases(&image);
    for (name, pod, _) in &cases {
        ours.create(&place, &deployment(&namespace.name, name, pod.clone()))
            .await
            .expect(name);
    }
    for (name, _, parts) in &cases {
        let mut cause = None;
        for _ in 0..900 {
            cause = ours.look(&place, name).await.unwrap().cause;
            if cause.as_ref().is_some_and(|cause| parts.iter().all(|part| cause.contains(part))) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let cause = cause.unwrap_or_else(|| panic!("{name}: no cause"));
        eprintln!("{name}: {cause}");
        assert!(parts.iter().all(|part| cause.contains(part)), "{name}: {cause}");
    }
    // A life before this one has a log.
    let pods = ours.look(&place, "crash").await.unwrap().pods;
    assert!(pods[0].ended.as_ref().is_some_and(|end| end.exit_code == 2), "{pods:?}");
    // What the namespace itself refuses.
    namespace.kubectl(&[
        "label",
        "namespace",
        &namespace.name,
        "pod-security.kubernetes.io/enforce=restricted",
    ]);
    let secured = json!({"containers": [{"name": "flink-main-container", "image": image}]});
    ours.create(&place, &deployment(&namespace.name, "secured", secured)).await.unwrap();
    for _ in 0..300 {
        if let Some(cause) = ours.look(&place, "secured").await.unwrap().cause {
            eprintln!("secured: {cause}");
            assert!(
                cause.contains("violates PodSecurity") && cause.contains("security settings"),
                "{cause}"
            );
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("secured: no cause");
}

#[tokio::test]
async fn the_role_edit_is_enough() {
    let Some(namespace) = Namespace::make("role") else { return };
    let account = format!("--serviceaccount={}:ours", namespace.name);
    namespace.within(&["create", "serviceaccount", "ours"]);
    namespace.within(&["create", "rolebinding", "ours", "--clusterrole=edit", &account]);
    let token = namespace.within(&["create", "token", "ours"]);
    let view = |path: &str| namespace.kubectl(&["config", "view", "--raw", "--minify", "-o", &format!("jsonpath={path}")]);
    let (server, authority) = (
        view("{.clusters[0].cluster.server}"),
        view("{.clusters[0].cluster.certificate-authority-data}"),
    );
    let config = format!(
        "current-context: x\nclusters: [{{name: c, cluster: {{server: \"{server}\", certificate-authority-data: {authority}}}}}]\n\
         users: [{{name: u, user: {{token: {token}}}}}]\ncontexts: [{{name: x, context: {{cluster: c, user: u}}}}]\n"
    );
    let place = KubernetesPlace {
        namespace: namespace.name.clone(),
        ..place::place_of(&config)
    };
    let ours = Kubernetes::with(std::sync::Arc::new(Open), Timing::default());
    let report = ours.test(&place, Some("ours")).await.unwrap();
    for check in &report.checks {
        let asked = check.what.starts_with("ours: ");
        let expected = if asked { CheckOutcome::NotTested } else { CheckOutcome::Ok };
        assert_eq!(check.outcome, expected, "{check:?}");
    }
    assert_eq!(report.system_uid, None, "it may not be read");
    let uid = ours.create(&place, &of_namespace("1", &namespace.name)).await.unwrap();
    let sight = ours.look(&place, NAME).await.unwrap();
    assert!(sight.deployment.is_some() && sight.address.is_some());
    ours.forget(&place, NAME).await.unwrap();
    ours.delete(&place, NAME, &uid).await.unwrap();
    assert_eq!(ours.look(&place, NAME).await.unwrap().deployment, None);
    nothing_stays(&namespace).await;
    let nowhere = KubernetesPlace {
        namespace: "kube-system".to_owned(),
        ..place.clone()
    };
    let error = ours.look(&nowhere, NAME).await.unwrap_err();
    assert!(matches!(error, PortError::Refused { status: Some(403), .. }), "{error}");
    eprintln!("{error}");
    // An account that is gone has no token any more.
    namespace.within(&["delete", "serviceaccount", "ours"]);
    for _ in 0..300 {
        if let Err(PortError::Refused {
            status: Some(401),
            message,
        }) = ours.delete(&place, NAME, &uid).await
        {
            eprintln!("{message}");
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the token is still taken");
}
