//! Watches: what they save, that they go on after a cut and list anew after 410, and that nothing older is told than what we wrote.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

mod place;

use std::sync::Arc;
use std::time::Duration;

use domain::ports::{KubernetesControl, PortError};
use domain::target::KubernetesPlace;
use kubernetes::{Kubernetes, Timing};
use place::{DEPLOYMENTS, NAME, Open, kubernetes, objects, place, storing, timing};
use serde_json::json;
use sim::{Fault, FaultKind};

const LIMIT: Duration = Duration::from_secs(20);

/// Looks until the watches answer: then nobody asks for the Deployment any more.
async fn until_followed(ours: &Kubernetes, place: &KubernetesPlace, sim: &sim::Kubernetes) {
    for _ in 0..1_000 {
        sim.clear_record();
        ours.look(place, NAME).await.unwrap();
        if sim.record().count(&format!("GET {DEPLOYMENTS}/:id")) == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the watches do not answer: {:?}", sim.record().counts);
}

fn rename(sim: &sim::Kubernetes, replicas: u32) {
    let mut deployment = sim.object("default", "deployments", NAME).unwrap();
    deployment["spec"]["replicas"] = replicas.into();
    sim.put("default", "deployments", deployment);
}

async fn until_replicas(ours: &Kubernetes, place: &KubernetesPlace, replicas: u32) {
    for _ in 0..1_000 {
        if ours
            .look(place, NAME)
            .await
            .unwrap()
            .deployment
            .is_some_and(|seen| seen.replicas == replicas)
        {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{replicas} replicas are not seen");
}

#[tokio::test]
async fn looks_are_answered_by_the_watches() {
    let sim = storing().await;
    let (place, ours) = (place(&sim), kubernetes());
    let uid = ours.create(&place, &objects("1")).await.unwrap();
    until_followed(&ours, &place, &sim).await;
    sim.clear_record();
    for _ in 0..50 {
        let sight = ours.look(&place, NAME).await.unwrap();
        assert_eq!(sight.deployment.unwrap().uid, uid);
    }
    let counts = sim.record().counts;
    assert!(counts.values().sum::<u64>() <= 2, "the service at most: {counts:?}");
    rename(&sim, 2);
    until_replicas(&ours, &place, 2).await;
}

#[tokio::test]
async fn a_watch_goes_on_where_it_was_cut() {
    let sim = storing().await;
    let (place, ours) = (place(&sim), kubernetes());
    ours.create(&place, &objects("1")).await.unwrap();
    until_followed(&ours, &place, &sim).await;
    sim.clear_record();
    for replicas in 2..5 {
        sim.cut_watches();
        rename(&sim, replicas);
        until_replicas(&ours, &place, replicas).await;
        until_followed(&ours, &place, &sim).await;
        assert_eq!(sim.record().count(&format!("GET {DEPLOYMENTS}")), 0, "it lists anew");
    }
}

#[tokio::test]
async fn a_point_that_is_forgotten_is_listed_anew() {
    for how in ["in the stream", "at the door"] {
        let sim = storing().await;
        let (place, ours) = (place(&sim), kubernetes());
        ours.create(&place, &objects("1")).await.unwrap();
        until_followed(&ours, &place, &sim).await;
        sim.clear_record();
        let lists = || sim.record().count(&format!("GET {DEPLOYMENTS}"));
        if how == "at the door" {
            sim.fault(Fault::once(
                &format!("WATCH {DEPLOYMENTS}"),
                place::status(410, "Expired", "too old resource version"),
            ));
            sim.cut_watches();
        } else {
            sim.forget_past();
        }
        sim.wait("it lists anew", LIMIT, |_| lists() > 0).await.expect(how);
        rename(&sim, 7);
        until_replicas(&ours, &place, 7).await;
        until_followed(&ours, &place, &sim).await;
    }
}

#[tokio::test]
async fn nothing_older_is_told_than_what_we_wrote() {
    let sim = storing().await;
    let (place, ours) = (place(&sim), kubernetes());
    sim.fault(Fault::once(&format!("PATCH {DEPLOYMENTS}/:id"), FaultKind::Refuse));
    ours.create(&place, &objects("1")).await.unwrap_err();
    until_followed(&ours, &place, &sim).await;
    sim.hold_watches(true);
    let uid = ours.create(&place, &objects("1")).await.unwrap();
    assert_eq!(ours.look(&place, NAME).await.unwrap().deployment.unwrap().replicas, 1, "let run");
    ours.delete(&place, NAME, &uid).await.unwrap();
    assert_eq!(ours.look(&place, NAME).await.unwrap().deployment, None, "deleted");
    let second = ours.create(&place, &objects("2")).await.unwrap();
    assert_eq!(ours.look(&place, NAME).await.unwrap().deployment.unwrap().uid, second, "made anew");
    sim.hold_watches(false);
    until_followed(&ours, &place, &sim).await;
    assert_eq!(ours.look(&place, NAME).await.unwrap().deployment.unwrap().uid, second);
}

#[tokio::test]
async fn absence_is_asked_for_and_has_its_proof() {
    let sim = storing().await;
    let (place, ours) = (place(&sim), kubernetes());
    let uid = ours.create(&place, &objects("1")).await.unwrap();
    until_followed(&ours, &place, &sim).await;
    let system = ours.look(&place, NAME).await.unwrap().system_uid;
    assert!(system.is_some());
    // Deleted by somebody else: the watch says so, the API server has to.
    sim.remove("default", "deployments", NAME);
    for _ in 0..1_000 {
        sim.clear_record();
        let sight = ours.look(&place, NAME).await.unwrap();
        if sight.deployment.is_none() {
            assert_eq!(sight.system_uid, system);
            assert_eq!(sim.record().count(&format!("GET {DEPLOYMENTS}/:id")), 1);
            assert_eq!(sim.record().count("GET /api/v1/namespaces/:id"), 1);
            let page = FaultKind::Answer {
                status: 404,
                content_type: "text/html".to_owned(),
                body: "<html>".to_owned(),
                act: false,
            };
            sim.fault(Fault::once(&format!("GET {DEPLOYMENTS}/:id"), page));
            assert!(
                matches!(ours.look(&place, NAME).await, Err(PortError::Retry(_))),
                "a proxy's 404 proves nothing"
            );
            ours.delete(&place, NAME, &uid).await.unwrap();
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the absence is not seen");
}

#[tokio::test]
async fn an_api_server_that_is_silent_is_not_answered_for() {
    let sim = storing().await;
    let (place, ours) = (place(&sim), kubernetes());
    ours.create(&place, &objects("1")).await.unwrap();
    until_followed(&ours, &place, &sim).await;
    sim.set_down(true);
    sim.cut_watches();
    let mut outcome = ours.look(&place, NAME).await;
    for _ in 0..1_000 {
        if outcome.is_err() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
        outcome = ours.look(&place, NAME).await;
    }
    assert!(matches!(outcome, Err(PortError::Retry(_))), "{outcome:?}");
    sim.set_down(false);
    until_followed(&ours, &place, &sim).await;
}

#[tokio::test]
async fn where_watching_is_forbidden_looks_ask() {
    let sim = storing().await;
    let (place, ours) = (place(&sim), kubernetes());
    for kind in ["deployments", "pods", "events"] {
        sim.deny("watch", kind);
    }
    sim.deny("list", "events");
    let uid = ours.create(&place, &objects("1")).await.unwrap();
    sim.put(
        "default",
        "pods",
        json!({"metadata": {"name": "p", "labels": {"app": NAME, "type": "flink-native-kubernetes", "component": "jobmanager"}}}),
    );
    for _ in 0..5 {
        let sight = ours.look(&place, NAME).await.unwrap();
        assert_eq!((sight.deployment.unwrap().uid, sight.pods.len()), (uid.clone(), 1));
    }
}

#[tokio::test]
async fn watches_end_when_nobody_looks() {
    let sim = storing().await;
    let timing = Timing {
        idle: Duration::from_millis(200),
        ..timing()
    };
    let ours = Kubernetes::with(Arc::new(Open), timing);
    let place = place(&sim);
    ours.look(&place, NAME).await.unwrap();
    assert_eq!(ours.watched_places(), 1);
    sim.wait("nobody watches", LIMIT, |_| ours.watched_places() == 0).await.unwrap();
    let watches = || sim.record().count(&format!("WATCH {DEPLOYMENTS}"));
    let before = watches();
    sim.cut_watches();
    tokio::time::timeout(
        Duration::from_millis(300),
        sim.wait("", Duration::from_secs(1), |_| watches() > before),
    )
    .await
    .expect_err("a watch goes on");
}
