//! A cluster from its creation to its end, as the engine sees it: pods, address, causes, logs, what is left.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

mod place;

use std::time::Duration;

use domain::connection::Authentication;
use domain::ports::{INGRESS, KubernetesControl, KubernetesSight, PodRole, PortError};
use domain::target::{CheckOutcome, KubernetesPlace};
use kubernetes::Kubernetes;
use place::{NAME, acting, kubernetes, log, nothing_left, objects, place};
use serde_json::{Value, json};
use sim::KubernetesOptions;

async fn until(ours: &Kubernetes, place: &KubernetesPlace, what: &str, is_so: impl Fn(&KubernetesSight) -> bool) -> KubernetesSight {
    let mut last = None;
    for _ in 0..1_000 {
        let sight = ours.look(place, NAME).await.unwrap();
        if is_so(&sight) {
            return sight;
        }
        last = Some(sight);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{what}: {last:?}");
}

#[tokio::test]
async fn a_cluster_comes_up_is_reached_and_goes() {
    let sim = acting().await;
    let (place, ours) = (place(&sim), kubernetes());
    assert_eq!(ours.look(&place, NAME).await.unwrap().deployment, None);
    let uid = ours.create(&place, &objects("7")).await.unwrap();
    let sight = until(&ours, &place, "it runs", |sight| {
        sight.pods.iter().filter(|pod| pod.running).count() == 2
    })
    .await;
    let deployment = sight.deployment.unwrap();
    assert_eq!(
        (deployment.uid.as_str(), deployment.epoch.as_deref(), deployment.replicas),
        (uid.as_str(), Some("7"), 1)
    );
    assert_eq!(sight.pods[0].role, PodRole::JobManager);
    assert_eq!(sight.pods[1].name, format!("{NAME}-taskmanager-1-1"));
    assert_eq!(sight.cause, None);
    let address = sight.address.unwrap();
    assert_eq!(
        address.url,
        format!("{}/api/v1/namespaces/default/services/{NAME}-rest:rest/proxy", sim.url())
    );
    let Authentication::Header { name, value } = &address.connection.authentication else {
        panic!()
    };
    assert_eq!((name.as_str(), value.expose()), ("Authorization", "Bearer token-of-the-test"));
    let job = "0123456789abcdef0123456789abcdef";
    assert_eq!(sim.flink("default", NAME).unwrap().main_executions(job), 1);
    let map =
        json!({"metadata": {"name": format!("{NAME}-cluster-config-map"), "labels": {"app": NAME, "type": "flink-native-kubernetes"}}});
    sim.put("default", "configmaps", map);
    ours.forget(&place, NAME).await.unwrap();
    assert_eq!(sim.names("default", "configmaps"), [format!("flink-config-{NAME}")]);
    ours.delete(&place, NAME, &uid).await.unwrap();
    let sight = ours.look(&place, NAME).await.unwrap();
    assert!(sight.deployment.is_none() && sight.address.is_none());
    assert!(nothing_left(&sim));
}

#[tokio::test]
async fn a_service_that_answers_here_is_used_directly() {
    let options = KubernetesOptions {
        direct: true,
        ..KubernetesOptions::default()
    };
    let sim = sim::Kubernetes::start(options).await.unwrap();
    let (place, ours) = (place(&sim), kubernetes());
    ours.create(&place, &objects("1")).await.unwrap();
    let limit = Duration::from_secs(20);
    sim.wait("its Flink runs", limit, |sim| sim.flink("default", NAME).is_some())
        .await
        .unwrap();
    let direct = sim.flink("default", NAME).unwrap().url().to_owned();
    let sight = kubernetes().look(&place, NAME).await.unwrap();
    let address = sight.address.unwrap();
    assert_eq!(
        (address.url, address.connection),
        (direct, domain::connection::Connection::default())
    );
}

#[tokio::test]
async fn ways_to_the_web_ui_are_seen_as_they_come() {
    let sim = acting().await;
    let (place, ours) = (place(&sim), kubernetes());
    let mut made = objects("1");
    made.deployment["metadata"]["annotations"][INGRESS] = "a.example".into();
    made.dependents.push(json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": format!("{NAME}-rest"), "namespace": "default"},
        "spec": {"ingressClassName": "nginx", "tls": [{"hosts": ["a.example"]}], "rules": [{"host": "a.example"}]},
    }));
    ours.create(&place, &made).await.unwrap();
    until(&ours, &place, "it runs", |sight| {
        sight.pods.iter().filter(|pod| pod.running).count() == 2
    })
    .await;
    // A new one remembers nothing.
    let seen = async || kubernetes().look(&place, NAME).await.unwrap().web.unwrap();
    let first = seen().await;
    let ingress = first.ingress.clone().unwrap();
    assert_eq!((ingress.host.as_str(), ingress.tls, ingress.taken), ("a.example", true, false));
    assert!(!first.settled() && first.service.unwrap().kind == "ClusterIP");

    let with = |kind: &str, change: &dyn Fn(&mut Value)| {
        let mut object = sim.object("default", kind, &format!("{NAME}-rest")).unwrap();
        change(&mut object);
        sim.put("default", kind, object);
    };
    let taken = json!({"loadBalancer": {"ingress": [{"ip": "203.0.113.7"}]}});
    with("ingresses", &|object| object["status"] = taken.clone());
    let web = seen().await;
    assert!(web.settled() && web.ingress.unwrap().taken);
    sim.deny("get", "ingresses");
    let unread = seen().await.ingress.unwrap();
    assert!(unread.host == "a.example" && unread.unread.unwrap().contains("cannot get"));

    with("services", &|object| object["spec"]["type"] = "LoadBalancer".into());
    assert!(seen().await.service.unwrap().balanced.is_empty());
    with("services", &|object| object["status"] = taken.clone());
    assert_eq!(seen().await.service.unwrap().balanced, ["203.0.113.7"]);

    with("services", &|object| {
        object["spec"]["type"] = "NodePort".into();
        object["spec"]["ports"][0]["nodePort"] = 30_001.into();
    });
    let node = seen().await.service.unwrap().node.unwrap();
    assert_eq!((node.internal.as_deref(), node.external), (Some("127.255.2.1"), None));
    let pod = ours.look(&place, NAME).await.unwrap().pods[0].name.clone();
    let mut pod = sim.object("default", "pods", &pod).unwrap();
    pod["spec"]["nodeName"] = "node-1".into();
    sim.put("default", "pods", pod);
    let addresses = json!([{"type": "Hostname", "address": "node-1"}, {"type": "ExternalIP", "address": "203.0.113.1"}]);
    sim.put(
        "",
        "nodes",
        json!({"metadata": {"name": "node-1"}, "status": {"addresses": addresses}}),
    );
    let node = seen().await.service.unwrap().node.unwrap();
    assert_eq!(
        (node.internal.as_deref(), node.external.as_deref()),
        (Some("127.255.2.1"), Some("203.0.113.1"))
    );
    sim.deny("get", "nodes");
    assert_eq!(seen().await.service.unwrap().node.unwrap().external, None);
}

#[tokio::test]
async fn causes_are_told() {
    let sim = acting().await;
    let (place, ours) = (place(&sim), kubernetes());
    sim.set_no_pods(Some(
        "pods \"sw-a-1\" is forbidden: exceeded quota: small, requested: cpu=1, used: cpu=4, limited: cpu=4",
    ));
    ours.create(&place, &objects("1")).await.unwrap();
    let sight = until(&ours, &place, "the quota is told", |sight| sight.cause.is_some()).await;
    assert!(sight.cause.unwrap().contains("exceeded quota: small"));
    sim.set_pod_status(Some(json!({
        "phase": "Pending",
        "containerStatuses": [{
            "name": "flink-main-container", "image": "registry/flink:nowhere", "restartCount": 0,
            "state": {"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling image \"registry/flink:nowhere\""}},
        }],
    })));
    sim.set_no_pods(None);
    let sight = until(&ours, &place, "the pod is there", |sight| !sight.pods.is_empty()).await;
    assert!(sight.cause.unwrap().contains("the image 'registry/flink:nowhere' cannot be pulled"));
    assert!(sight.pods[0].cause.is_some() && !sight.pods[0].running);
}

#[tokio::test]
async fn a_restarted_job_manager_is_another_pod() {
    let sim = acting().await;
    let (place, ours) = (place(&sim), kubernetes());
    ours.create(&place, &objects("1")).await.unwrap();
    let running = |sight: &KubernetesSight| sight.pods.iter().any(|pod| pod.role == PodRole::JobManager && pod.running);
    let first = until(&ours, &place, "it runs", running).await.pods[0].clone();
    sim.remove("default", "pods", &first.name);
    let again = |sight: &KubernetesSight| running(sight) && sight.pods[0].uid != first.uid;
    until(&ours, &place, "another runs", again).await;
    let job = "0123456789abcdef0123456789abcdef";
    assert_eq!(
        sim.flink("default", NAME).unwrap().main_executions(job),
        2,
        "without high availability main runs again"
    );
}

#[tokio::test]
async fn the_end_of_a_log_is_what_is_asked_for() {
    let sim = place::storing().await;
    let (place, ours) = (place(&sim), kubernetes());
    let pod = |container: &str| json!({"metadata": {"name": "p"}, "status": {"containerStatuses": [{"name": container, "state": {"running": {}}}]}});
    sim.put("default", "pods", pod("flink-main-container"));
    // Short lines, long lines, one long line, and characters of several bytes at the cut.
    let short: String = (0..20_000).map(|line| format!("{line}\n")).collect();
    let long: String = (0..50).map(|line| format!("{line} {}\n", "x".repeat(5_000))).collect();
    for text in [
        short.clone(),
        long,
        "y".repeat(100_000),
        "é".repeat(9_000),
        "few\n".to_owned(),
        String::new(),
    ] {
        sim.set_log("p", false, &text);
        for bytes in [1_usize, 1_001, 16_384] {
            let tail = ours.log_tail(&place, &log("p", false), bytes).await.unwrap();
            let expected = bytes.min(text.len());
            assert!(text.ends_with(&tail), "{bytes}");
            assert!(tail.len() <= expected && tail.len() + 3 >= expected, "{} of {bytes}", tail.len());
        }
    }
    assert_eq!(ours.log_tail(&place, &log("p", false), 0).await.unwrap(), "");
    let error = ours.log_tail(&place, &log("p", true), 100).await.unwrap_err();
    assert!(
        matches!(&error, PortError::Refused { status: Some(400), message } if message.contains("previous")),
        "{error}"
    );
    sim.set_log("p", true, &short);
    assert!(ours.log_tail(&place, &log("p", true), 100).await.unwrap().ends_with("19999\n"));
    // Up to 1.12 the container has another name.
    sim.put("default", "pods", pod("flink-job-manager"));
    assert!(ours.log_tail(&place, &log("p", true), 100).await.unwrap().ends_with("19999\n"));
    let error = ours.log_tail(&place, &log("q", false), 100).await.unwrap_err();
    assert!(error.not_found(), "{error}");
    let error = ours.log_tail(&place, &log("p/../../secrets/s", false), 100).await.unwrap_err();
    assert!(matches!(&error, PortError::Refused { status: None, .. }), "{error}");
}

#[tokio::test]
async fn the_test_of_a_place_says_what_is_missing() {
    let sim = place::storing().await;
    let (place, ours) = (place(&sim), kubernetes());
    let report = ours.test(&place, None).await.unwrap();
    assert_eq!(report.version, "v1.34.4-sim");
    assert!(report.system_uid.is_some());
    assert!(
        report.checks.iter().all(|check| check.outcome == CheckOutcome::Ok),
        "{:?}",
        report.checks
    );
    sim.deny("create", "configmaps");
    sim.deny("get", "pods/log");
    sim.deny("get", "namespaces");
    sim.deny("update", "deployments/finalizers");
    sim.deny_accounts("watch", "pods");
    sim.deny_accounts("patch", "services");
    let report = ours.test(&place, Some("flink")).await.unwrap();
    let of = |what: &str| report.checks.iter().find(|check| check.what == what).unwrap();
    for (what, outcome, words) in [
        (
            "create configmaps",
            CheckOutcome::Failed,
            "we may not create configmaps in namespace 'default'",
        ),
        ("get pods/log", CheckOutcome::Failed, "we may not get pods/log"),
        ("create deployments", CheckOutcome::Ok, ""),
        ("namespace default", CheckOutcome::NotTested, "may not read namespaces"),
        (
            "identity of the cluster",
            CheckOutcome::NotTested,
            "another cluster at the same address would not be noticed",
        ),
        (
            "update deployments/finalizers",
            CheckOutcome::NotTested,
            "needed for clusters that guard owner references, such as OpenShift only",
        ),
        (
            "flink: patch services",
            CheckOutcome::NotTested,
            "needed for the network of the node only",
        ),
        ("service account flink", CheckOutcome::Failed, "no service account 'flink'"),
        (
            "flink: watch pods",
            CheckOutcome::Failed,
            "the service account 'flink' may not watch pods",
        ),
        ("flink: create pods", CheckOutcome::Ok, ""),
    ] {
        assert_eq!(of(what).outcome, outcome, "{what}");
        assert!(of(what).message.contains(words), "{what}: {}", of(what).message);
    }
    assert_eq!(report.system_uid, None, "it may not be read");
    sim.allow_all();
    sim.deny("create", "localsubjectaccessreviews");
    let report = ours.test(&place, None).await.unwrap();
    assert!(
        report
            .checks
            .iter()
            .any(|check| check.what == "default: create pods" && check.outcome == CheckOutcome::NotTested)
    );
    let nowhere = KubernetesPlace {
        namespace: "nowhere".to_owned(),
        ..place
    };
    let report = ours.test(&nowhere, None).await.unwrap();
    assert!(
        report
            .checks
            .iter()
            .any(|check| check.outcome == CheckOutcome::Failed && check.message.contains("no namespace 'nowhere'"))
    );
}

#[tokio::test]
async fn long_lists_are_read_page_by_page() {
    let sim = place::storing().await;
    let (place, ours) = (place(&sim), kubernetes());
    ours.create(&place, &objects("1")).await.unwrap();
    for number in 0..1_200 {
        let labels = json!({"app": NAME, "type": "flink-native-kubernetes", "component": "taskmanager"});
        sim.put(
            "default",
            "pods",
            json!({"metadata": {"name": format!("{NAME}-taskmanager-1-{number}"), "labels": labels}}),
        );
    }
    assert_eq!(ours.look(&place, NAME).await.unwrap().pods.len(), 1_200);
    let pages = sim.record().rows.iter().filter(|row| row.path.contains("continue=")).count();
    assert!(pages >= 2, "{pages}");
    assert!(
        sim.record()
            .rows
            .iter()
            .filter(|row| row.endpoint.ends_with("/pods") && row.endpoint.starts_with("GET"))
            .all(|row| row.path.contains("limit=500"))
    );
}
