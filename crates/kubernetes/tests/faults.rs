//! Each call with each thing that can go wrong with it: what the caller is told, and that the same call made again ends well with
//! nothing left over.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

mod place;

use domain::ports::{EPOCH, KubernetesControl, PortError};
use place::{DEPLOYMENTS, NAME, all_there, kubernetes, log, nothing_left, objects, place, status, storing};
use serde_json::json;
use sim::{Fault, FaultKind};

/// What a call says of a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    Retry,
    Refused(u16),
}

fn told(error: &PortError) -> Told {
    match error {
        PortError::Retry(_) => Told::Retry,
        PortError::Refused { status, .. } => Told::Refused(status.unwrap_or_default()),
        PortError::GiveUp(why) => panic!("gave up: {why}"),
    }
}

/// Everything that can go wrong with one request.
fn faults() -> Vec<(&'static str, FaultKind, Told)> {
    let page = |code: u16| FaultKind::Answer {
        status: code,
        content_type: "text/html".to_owned(),
        body: "<html>nginx</html>".to_owned(),
        act: false,
    };
    let quota = "pods \"x\" is forbidden: exceeded quota: small, requested: count/configmaps=1";
    let webhook = "admission webhook \"policy.example.org\" denied the request: no";
    vec![
        ("refused", FaultKind::Refuse, Told::Retry),
        ("cut after the effect", FaultKind::LoseAnswer, Told::Retry),
        ("slow before the effect", FaultKind::DelayAct { ms: 1_500 }, Told::Retry),
        ("slow after the effect", FaultKind::DelayAnswer { ms: 1_500 }, Told::Retry),
        ("cut in the middle", FaultKind::Cut, Told::Retry),
        ("half an answer", FaultKind::Truncate, Told::Retry),
        ("429 for long", FaultKind::RetryAfter { seconds: 60 }, Told::Retry),
        ("500", status(500, "InternalError", "failed calling webhook: timeout"), Told::Retry),
        ("503", status(503, "ServiceUnavailable", "etcd"), Told::Retry),
        (
            "409 of a quota that moves",
            status(409, "Conflict", "Operation cannot be fulfilled on resourcequotas"),
            Told::Retry,
        ),
        ("a proxy's 403", page(403), Told::Retry),
        ("a proxy's 404", page(404), Told::Retry),
        ("quota", status(403, "Forbidden", quota), Told::Refused(403)),
        ("webhook denial", status(403, "Forbidden", webhook), Told::Refused(403)),
        ("not valid", status(422, "Invalid", "spec: Invalid value"), Told::Refused(422)),
        ("token expired", status(401, "Unauthorized", "Unauthorized"), Told::Refused(401)),
    ]
}

#[tokio::test]
async fn create_with_each_fault_in_each_request() {
    let steps = [
        format!("POST {DEPLOYMENTS}"),
        "POST /api/v1/namespaces/:id/configmaps".to_owned(),
        "POST /api/v1/namespaces/:id/services".to_owned(),
        "POST /api/v1/namespaces/:id/secrets".to_owned(),
        format!("PATCH {DEPLOYMENTS}/:id"),
    ];
    for step in &steps {
        for (what, fault, expected) in faults() {
            let case = format!("{step}, {what}");
            let sim = storing().await;
            let place = place(&sim);
            sim.fault(Fault::once(step, fault));
            let error = kubernetes().create(&place, &objects("1")).await.expect_err(&case);
            assert_eq!(told(&error), expected, "{case}: {error}");
            assert_eq!(sim.clear_faults(), 0, "{case}: the fault was not met");
            if expected != Told::Retry {
                assert!(nothing_left(&sim), "{case}: {:?}", sim.record().rows);
            }
            // As another process would: nothing of the first call is remembered.
            let uid = kubernetes().create(&place, &objects("1")).await.expect(&case);
            all_there(&sim, &uid, &case);
            assert_eq!(kubernetes().create(&place, &objects("1")).await.expect(&case), uid, "{case}");
            kubernetes().delete(&place, NAME, &uid).await.expect(&case);
            assert!(nothing_left(&sim), "{case}");
        }
    }
}

#[tokio::test]
async fn a_short_429_is_waited_out() {
    let sim = storing().await;
    sim.fault(Fault {
        times: Some(1),
        ..Fault::on(&format!("POST {DEPLOYMENTS}"), FaultKind::RetryAfter { seconds: 0 })
    });
    let uid = kubernetes().create(&place(&sim), &objects("1")).await.unwrap();
    all_there(&sim, &uid, "429");
}

#[tokio::test]
async fn other_calls_with_each_fault() {
    for (what, fault, expected) in faults() {
        let sim = storing().await;
        let place = place(&sim);
        let ours = kubernetes();
        let uid = ours.create(&place, &objects("1")).await.unwrap();
        let once = |endpoint: String| sim.fault(Fault::once(&endpoint, fault.clone()));

        once(format!("GET {DEPLOYMENTS}/:id"));
        let error = kubernetes().look(&place, NAME).await.expect_err(what);
        assert_eq!(told(&error), expected, "look, {what}: {error}");

        once("GET /api/v1/namespaces/:id/configmaps".to_owned());
        let error = ours.forget(&place, NAME).await.expect_err(what);
        assert_eq!(told(&error), expected, "forget, {what}: {error}");
        ours.forget(&place, NAME).await.expect(what);

        once("POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews".to_owned());
        match ours.test(&place, None).await {
            // "May not ask" is an answer.
            Ok(_) => assert_eq!(expected, Told::Refused(403), "test, {what}"),
            Err(error) => assert_eq!(told(&error), expected, "test, {what}: {error}"),
        }

        sim.put(
            "default",
            "pods",
            json!({"metadata": {"name": "p"}, "status": {"containerStatuses": [{"name": "flink-main-container", "state": {}}]}}),
        );
        // A log is text: half of it is not seen to be half.
        if what != "half an answer" {
            once("GET /api/v1/namespaces/:id/pods/:id/log".to_owned());
            let error = ours.log_tail(&place, &log("p", false), 100).await.expect_err(what);
            assert_eq!(told(&error), expected, "log, {what}: {error}");
        }
        assert_eq!(ours.log_tail(&place, &log("p", false), 100).await.unwrap(), "log of p\n");
        sim.remove("default", "pods", "p");

        once(format!("DELETE {DEPLOYMENTS}/:id"));
        let error = ours.delete(&place, NAME, &uid).await.expect_err(what);
        assert_eq!(told(&error), expected, "delete, {what}: {error}");
        assert_eq!(sim.clear_faults(), 0, "{what}");
        ours.delete(&place, NAME, &uid).await.expect(what);
        assert!(nothing_left(&sim), "{what}");
        ours.delete(&place, NAME, &uid).await.expect("gone is what was wanted");
    }
}

#[tokio::test]
async fn somebody_elses_deployment_is_left_alone() {
    let sim = storing().await;
    let place = place(&sim);
    for annotations in [json!({}), json!({EPOCH: "of another"})] {
        let theirs = sim.put(
            "default",
            "deployments",
            json!({"metadata": {"name": NAME, "labels": {"owner": "payments"}, "annotations": annotations}, "spec": {"replicas": 3}}),
        );
        let error = kubernetes().create(&place, &objects("1")).await.unwrap_err();
        assert_eq!(told(&error), Told::Refused(409));
        assert!(
            error.to_string().contains("somebody else's") && error.to_string().contains("owner=payments"),
            "{error}"
        );
        kubernetes().delete(&place, NAME, "a-uid-of-ours").await.expect("ours is gone");
        assert_eq!(sim.object("default", "deployments", NAME), Some(theirs));
        assert_eq!(sim.record().count_method("PATCH"), 0);
        sim.remove("default", "deployments", NAME);
    }
}

#[tokio::test]
async fn somebody_elses_config_map_refuses_the_cluster_and_stays() {
    let sim = storing().await;
    let theirs = sim.put(
        "default",
        "configmaps",
        json!({"metadata": {"name": format!("flink-config-{NAME}"), "labels": {"owner": "payments"}}}),
    );
    let error = kubernetes().create(&place(&sim), &objects("1")).await.unwrap_err();
    assert_eq!(told(&error), Told::Refused(409));
    assert!(
        error.to_string().contains("ConfigMap") && error.to_string().contains("owner=payments"),
        "{error}"
    );
    assert_eq!(sim.object("default", "configmaps", &format!("flink-config-{NAME}")), Some(theirs));
    assert!(sim.names("default", "deployments").is_empty());
    assert_eq!(sim.names("default", "services"), Vec::<String>::new());
}

#[tokio::test]
async fn what_an_earlier_deployment_left_is_waited_for() {
    let sim = storing().await;
    let place = place(&sim);
    let first = kubernetes().create(&place, &objects("1")).await.unwrap();
    sim.hold_garbage(true);
    kubernetes().delete(&place, NAME, &first).await.unwrap();
    let error = kubernetes().create(&place, &objects("2")).await.unwrap_err();
    assert_eq!(told(&error), Told::Retry);
    assert!(error.to_string().contains("earlier Deployment"), "{error}");
    sim.hold_garbage(false);
    let second = kubernetes().create(&place, &objects("2")).await.unwrap();
    assert_ne!(first, second);
    all_there(&sim, &second, "after the garbage is gone");
}

#[tokio::test]
async fn the_deployment_that_changes_hands_before_it_runs() {
    // Deleted by hand while the rest was created; made anew by somebody else; our own epoch taken away.
    let sim = storing().await;
    let place = place(&sim);
    let slow = FaultKind::DelayAct { ms: 300 };
    for (replaced, status, words) in [(None, 404, "deleted by somebody else"), (Some(json!({})), 409, "somebody else's")] {
        sim.fault(Fault::once(&format!("PATCH {DEPLOYMENTS}/:id"), slow.clone()));
        let theirs = async {
            let limit = std::time::Duration::from_secs(5);
            sim.wait("the patch is sent", limit, |sim| sim.record().count_method("PATCH") > 0)
                .await
                .unwrap();
            sim.remove("default", "deployments", NAME);
            if let Some(annotations) = &replaced {
                sim.put(
                    "default",
                    "deployments",
                    json!({"metadata": {"name": NAME, "annotations": annotations}, "spec": {"replicas": 1}}),
                );
            }
        };
        let ours = kubernetes();
        let objects = objects("1");
        let (created, ()) = tokio::join!(ours.create(&place, &objects), theirs);
        let error = created.unwrap_err();
        assert_eq!(told(&error), Told::Refused(status), "{error}");
        assert!(error.to_string().contains(words), "{error}");
        assert_eq!(sim.names("default", "deployments").len(), usize::from(replaced.is_some()));
        sim.remove("default", "deployments", NAME);
        sim.clear_record();
    }
}

#[tokio::test]
async fn fifty_at_once_make_one() {
    let sim = storing().await;
    let place = place(&sim);
    let (ours, objects) = (kubernetes(), objects("1"));
    let all = futures::future::join_all((0..50).map(|_| ours.create(&place, &objects))).await;
    let uids: std::collections::BTreeSet<String> = all.into_iter().filter_map(Result::ok).collect();
    assert_eq!(uids.len(), 1);
    all_there(&sim, uids.first().unwrap(), "fifty");
}

#[tokio::test]
async fn a_token_that_expires_on_the_way_leaves_it_for_the_next_call() {
    let sim = storing().await;
    let place = place(&sim);
    sim.fault(Fault::once(&format!("PATCH {DEPLOYMENTS}/:id"), FaultKind::DelayAct { ms: 200 }));
    let expires = async {
        let limit = std::time::Duration::from_secs(5);
        sim.wait("the patch is sent", limit, |sim| sim.record().count_method("PATCH") > 0)
            .await
            .unwrap();
        sim.set_token("another");
    };
    let (ours, objects) = (kubernetes(), objects("1"));
    let (created, ()) = tokio::join!(ours.create(&place, &objects), expires);
    let error = created.unwrap_err();
    assert_eq!(told(&error), Told::Retry, "what was created is still there: {error}");
    assert!(
        error.to_string().contains("has expired") && error.to_string().contains("could not be deleted"),
        "{error}"
    );
    sim.set_token("token-of-the-test");
    let uid = ours.create(&place, &objects).await.unwrap();
    all_there(&sim, &uid, "after a new token");
}
