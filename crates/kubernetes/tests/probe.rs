//! Probe pods against a simulated API server: what is found, and that no pod is left whatever happens.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

mod place;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use domain::ports::{KubernetesControl, PodProbe, PortError, ProbeWatcher};
use domain::target::{CheckOutcome, TargetCheck};
use place::{kubernetes, place, storing};
use serde_json::{Value, json};
use sim::{Fault, FaultKind};

const NAME: &str = "sw-probe-1";
const LIMIT: Duration = Duration::from_secs(30);

#[derive(Default)]
struct Watcher {
    cancelled: AtomicBool,
}

#[async_trait]
impl ProbeWatcher for Watcher {
    async fn told(&self, _: &str) -> bool {
        !self.cancelled.load(Ordering::Relaxed)
    }
}

fn order(patience_seconds: u32) -> PodProbe {
    let labels = json!({"streamwright.io/probe": "t1"});
    PodProbe {
        pod: json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": NAME, "namespace": "default", "labels": labels},
            "spec": {"containers": [{"name": "flink-main-container", "image": "flink:2.2.1"}]},
        }),
        map: json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "code", "namespace": "default", "labels": labels}, "binaryData": {}}),
        label: "streamwright.io/probe=t1".to_owned(),
        asks: true,
        patience_seconds,
    }
}

/// Gives the pod a state as soon as it is there.
async fn becomes(sim: &sim::Kubernetes, state: Value) {
    sim.wait("the pod is there", LIMIT, |sim| !sim.names("default", "configmaps").is_empty())
        .await
        .unwrap();
    let mut pod = sim.object("default", "pods", NAME).unwrap();
    pod["status"] =
        json!({"phase": "Running", "containerStatuses": [{"name": "flink-main-container", "image": "flink:2.2.1", "state": state}]});
    sim.put("default", "pods", pod);
}

fn nothing_left(sim: &sim::Kubernetes) -> bool {
    ["pods", "configmaps"].iter().all(|kind| sim.names("default", kind).is_empty())
}

fn found<'a>(checks: &'a [TargetCheck], part: &str) -> &'a TargetCheck {
    checks
        .iter()
        .find(|check| check.what.contains(part))
        .unwrap_or_else(|| panic!("{checks:?}"))
}

#[tokio::test]
async fn each_end_of_a_pod_is_told_and_the_pod_goes() {
    let ended = |code: i64| json!({"terminated": {"exitCode": code, "reason": "Error"}});
    let three = (1..4).map(|n| format!("fetch: try {n} for probe from http://a: connection refused; the next in 1 s\n"));
    let three: String = three.collect();
    use CheckOutcome::{Failed, NotTested, Ok};
    for (state, log, image, reach, words) in [
        (ended(0), "", Ok, Ok, ""),
        (ended(1), "fetch: cannot fetch it: it answers 404\n", Ok, Failed, "it answers 404"),
        (json!({"running": {}}), three.as_str(), Ok, Failed, "connection refused"),
        (
            json!({"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}),
            "",
            Failed,
            NotTested,
            "did not start",
        ),
    ] {
        let sim = storing().await;
        let (place, ours) = (place(&sim), kubernetes());
        sim.set_log(NAME, false, log);
        let (order, watcher) = (order(30), Watcher::default());
        let (checks, ()) = tokio::join!(ours.probe(&place, &order, &watcher), becomes(&sim, state.clone()));
        let checks = checks.unwrap();
        assert_eq!(found(&checks, "quota").outcome, Ok, "{state}");
        assert_eq!(found(&checks, "image").outcome, image, "{state}: {checks:?}");
        let reaches = found(&checks, "reach");
        assert!(reaches.outcome == reach && reaches.message.contains(words), "{state}: {reaches:?}");
        assert!(nothing_left(&sim), "{state}");
    }
}

#[tokio::test]
async fn a_quota_a_deadline_a_cancel_and_a_lost_answer_leave_nothing() {
    let sim = storing().await;
    let (place, ours) = (place(&sim), kubernetes());
    // What a server that was killed has left, and what is somebody else's.
    sim.put(
        "default",
        "pods",
        json!({"metadata": {"name": NAME, "labels": {"streamwright.io/probe": "t1"}}}),
    );
    let stranger = json!({"metadata": {"name": "other", "labels": {"streamwright.io/probe": "t2"}}});
    sim.put("default", "pods", stranger);
    let watcher = Watcher::default();
    let checks = ours.probe(&place, &order(0), &watcher).await.unwrap();
    let late = found(&checks, "image");
    assert!(
        late.outcome == CheckOutcome::Failed && late.message.contains("after 0 s"),
        "{late:?}"
    );
    assert_eq!(sim.names("default", "pods"), ["other"]);

    let order = order(30);
    let cancel = async {
        sim.wait("the pod is there", LIMIT, |sim| sim.names("default", "pods").len() == 2)
            .await
            .unwrap();
        watcher.cancelled.store(true, Ordering::Relaxed);
    };
    let (checks, ()) = tokio::join!(ours.probe(&place, &order, &watcher), cancel);
    assert!(found(&checks.unwrap(), "reach").message.contains("cancelled"));
    assert_eq!(sim.names("default", "pods"), ["other"]);

    let quota = json!({"kind": "Status", "code": 403, "reason": "Forbidden", "message": "pods \"p\" is forbidden: exceeded quota: small", "details": {"name": "p"}});
    let refused = |body: &Value| FaultKind::Answer {
        status: 403,
        content_type: "application/json".to_owned(),
        body: body.to_string(),
        act: false,
    };
    sim.fault(Fault::on("POST /api/v1/namespaces/:id/pods", refused(&quota)));
    let checks = ours.probe(&place, &order, &Watcher::default()).await.unwrap();
    let admitted = found(&checks, "quota");
    assert!(
        admitted.outcome == CheckOutcome::Failed
            && admitted.message.contains("exceeded quota: small")
            && admitted.message.contains("Ask for a larger quota"),
        "{admitted:?}"
    );
    assert_eq!(found(&checks, "image").outcome, CheckOutcome::NotTested);
    sim.clear_faults();

    // The pod is there, and nobody was told so.
    let lost = FaultKind::Answer {
        status: 500,
        content_type: "text/plain".to_owned(),
        body: "gone".to_owned(),
        act: true,
    };
    sim.fault(Fault::on("POST /api/v1/namespaces/:id/pods", lost));
    let error = ours.probe(&place, &order, &Watcher::default()).await.unwrap_err();
    assert!(matches!(error, PortError::Retry(_)), "{error}");
    assert_eq!(sim.names("default", "pods"), ["other"]);
    assert!(sim.names("default", "configmaps").is_empty());
}
