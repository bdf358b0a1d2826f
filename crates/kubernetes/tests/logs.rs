//! Logs that are followed, through whatever breaks, and logs of pods that go before anybody has asked for them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

mod place;

use std::time::Duration;

use domain::log::{ContainerLog, LogFrom};
use domain::ports::{KubernetesControl, KubernetesSight, LogPiece, LogStream, PodRole, PortError};
use domain::target::KubernetesPlace;
use kubernetes::Kubernetes;
use place::{NAME, acting, kubernetes, log, objects, place, storing};
use serde_json::{Value, json};
use sim::{Fault, FaultKind};

const LIMIT: Duration = Duration::from_secs(20);
const LOG: &str = "GET /api/v1/namespaces/:id/pods/:id/log";

fn pod(name: &str, restarts: u32, state: &Value) -> Value {
    json!({
        "metadata": {"name": name, "labels": {"app": NAME, "component": "taskmanager", "type": "flink-native-kubernetes"}},
        "status": {"phase": "Running", "containerStatuses": [{"name": "flink-main-container", "restartCount": restarts, "state": state}]},
    })
}

fn running(sim: &sim::Kubernetes, name: &str) {
    sim.put("default", "pods", pod(name, 1, &json!({"running": {}})));
}

/// What is read until the text ends so.
async fn until(stream: &mut Box<dyn LogStream>, read: &mut String, end: &str) {
    while !read.ends_with(end) {
        let piece = tokio::time::timeout(LIMIT, stream.next())
            .await
            .unwrap_or_else(|_| panic!("no {end:?} after {read:?}"));
        match piece {
            Some(Ok(LogPiece::Lines { text, place })) => {
                assert!(place.is_some());
                read.push_str(&text);
            }
            other => panic!("no {end:?} after {read:?}: {other:?}"),
        }
    }
}

async fn last(stream: &mut Box<dyn LogStream>) -> (String, Result<String, PortError>) {
    let mut read = String::new();
    loop {
        match tokio::time::timeout(LIMIT, stream.next())
            .await
            .expect("it ends")
            .expect("it has an end")
        {
            Ok(LogPiece::Lines { text, .. }) => read.push_str(&text),
            Ok(LogPiece::End(why)) => break (read, Ok(why)),
            Err(error) => break (read, Err(error)),
        }
    }
}

#[tokio::test]
async fn each_line_comes_once_although_the_connection_is_cut_again_and_again() {
    let sim = storing().await;
    let (place, ours) = (place(&sim), kubernetes());
    running(&sim, "p");
    // The next line is the first of its time: of a tail that begins among lines of one nanosecond nobody knows how many were before.
    sim.set_log("p", false, "too old\nalso\nthis\nfrom here\n");
    let mut stream = ours.log_follow(&place, &log("p", false), LogFrom::Lines(1)).await.unwrap();
    let (mut read, mut written) = (String::new(), "from here\n".to_owned());
    until(&mut stream, &mut read, "from here\n").await;
    for round in 0..24 {
        // Cut between lines of the same time, of the same second, and before what was written has been read.
        let lines: String = (0..=round % 5).map(|line| format!("round {round} line {line}\n")).collect();
        sim.log("p", &lines);
        written.push_str(&lines);
        if round % 3 == 0 {
            sim.cut_logs();
        }
        if round % 4 == 0 {
            sim.fault(Fault::once(LOG, FaultKind::Refuse));
            sim.fault(Fault::once(LOG, place::status(503, "ServiceUnavailable", "the kubelet is away")));
        }
        until(&mut stream, &mut read, &lines).await;
        if round % 2 == 0 {
            sim.cut_logs();
        }
    }
    assert_eq!(read, written);
    assert!(sim.record().count(LOG) > 12, "it was cut: {:?}", sim.record().counts);
    // Another reader goes on where one has stopped.
    let Some(Ok(LogPiece::Lines { place: Some(at), .. })) = ({
        sim.log("p", "one more\n");
        stream.next().await
    }) else {
        panic!()
    };
    sim.log("p", "and another\n");
    let mut other = ours.log_follow(&place, &log("p", false), LogFrom::After(at)).await.unwrap();
    let mut read = String::new();
    until(&mut other, &mut read, "and another\n").await;
    assert_eq!(read, "and another\n");
}

#[tokio::test]
async fn it_ends_with_the_container_and_says_why() {
    let sim = storing().await;
    let (place, ours) = (place(&sim), kubernetes());
    let follow = async || ours.log_follow(&place, &log("p", false), LogFrom::Lines(10)).await;
    let mut streams = Vec::new();
    running(&sim, "p");
    sim.set_log("p", false, "a\nwithout an end");
    streams.push((follow().await.unwrap(), "exit code 137 (OOMKilled)"));
    streams.push((
        ours.log_follow(&place, &log("p", false), LogFrom::Lines(10)).await.unwrap(),
        "exit code 137",
    ));
    sim.put(
        "default",
        "pods",
        pod("p", 1, &json!({"terminated": {"exitCode": 137, "reason": "OOMKilled"}})),
    );
    for (mut stream, words) in streams {
        let (read, why) = last(&mut stream).await;
        assert_eq!(read, "a\nwithout an end\n");
        assert!(why.clone().unwrap().contains(words), "{why:?}");
        assert!(stream.next().await.is_none());
    }
    // Another life of the container is another log.
    running(&sim, "p");
    let mut stream = follow().await.unwrap();
    sim.put("default", "pods", pod("p", 2, &json!({"waiting": {"reason": "CrashLoopBackOff"}})));
    assert!(last(&mut stream).await.1.unwrap().contains("has ended"));
    running(&sim, "p");
    let mut stream = follow().await.unwrap();
    sim.remove("default", "pods", "p");
    assert!(last(&mut stream).await.1.unwrap().contains("The pod p is gone"));
    assert!(follow().await.err().unwrap().not_found());
    running(&sim, "p");
    sim.set_log("p", true, "the life before\n");
    let mut stream = ours.log_follow(&place, &log("p", true), LogFrom::Lines(10)).await.unwrap();
    let (read, why) = last(&mut stream).await;
    assert_eq!((read.as_str(), why.is_ok()), ("the life before\n", true));
    // Where the API server stays away the reader is told in the end.
    let mut stream = follow().await.unwrap();
    sim.set_down(true);
    sim.cut_logs();
    let (_, why) = last(&mut stream).await;
    assert!(matches!(why, Err(PortError::Retry(_))), "{why:?}");
}

#[tokio::test]
async fn who_does_not_read_any_more_is_not_read_for() {
    let sim = storing().await;
    let (place, ours) = (place(&sim), kubernetes());
    running(&sim, "p");
    let mut stream = ours.log_follow(&place, &log("p", false), LogFrom::Lines(10)).await.unwrap();
    assert!(stream.next().await.is_some());
    assert_eq!(sim.followed_logs(), 1);
    drop(stream);
    sim.wait("nobody follows it", LIMIT, |sim| {
        // A server sees that nobody is there when it has something to say.
        sim.log("p", "more\n");
        sim.followed_logs() == 0
    })
    .await
    .unwrap();
}

async fn until_seen(ours: &Kubernetes, place: &KubernetesPlace, what: &str, is_so: impl Fn(&KubernetesSight) -> bool) -> KubernetesSight {
    for _ in 0..1_000 {
        let sight = ours.look(place, NAME).await.unwrap();
        if is_so(&sight) {
            return sight;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{what}");
}

fn of(name: &str, life: u32, init: Option<&str>) -> ContainerLog {
    ContainerLog {
        pod: name.to_owned(),
        role: PodRole::TaskManager,
        init: init.map(str::to_owned),
        life,
        previous: false,
    }
}

#[tokio::test]
async fn what_a_pod_logged_is_read_as_it_goes() {
    let sim = acting().await;
    let (place, ours) = (place(&sim), kubernetes());
    ours.create(&place, &objects("1")).await.unwrap();
    let all_run = |sight: &KubernetesSight| sight.pods.iter().filter(|pod| pod.running).count() == 2;
    until_seen(&ours, &place, "it runs", all_run).await;
    let has = |names: &'static [&'static str]| {
        move |sight: &KubernetesSight| names.iter().all(|name| sight.pods.iter().any(|pod| pod.name == *name))
    };
    for name in ["t1", "t2", "theirs"] {
        running(&sim, name);
        sim.set_log(name, false, &format!("the last words of {name}\n"));
    }
    until_seen(&ours, &place, "they are seen", has(&["t1", "t2"])).await;
    // The watch must be told of them before they change: only then does it know what they were.
    let asked = || sim.record().count(LOG);
    sim.clear_record();
    sim.put(
        "default",
        "pods",
        pod("t1", 1, &json!({"terminated": {"exitCode": 137, "reason": "OOMKilled"}})),
    );
    sim.wait("its log is read", LIMIT, |_| asked() == 1).await.unwrap();
    sim.remove("default", "pods", "t1");
    // Nobody could have read this one.
    sim.remove("default", "pods", "t2");
    let sight = until_seen(&ours, &place, "they are gone", |sight| sight.gone.len() == 2).await;
    let killed = sight.gone.iter().find(|pod| pod.name == "t1").unwrap();
    assert_eq!(
        (killed.running, killed.ended.as_ref().unwrap().reason.as_str()),
        (false, "OOMKilled")
    );
    assert_eq!(
        ours.log_tail(&place, &of("t1", 1, None), 1_000).await.unwrap(),
        "the last words of t1\n"
    );
    assert_eq!(ours.log_tail(&place, &of("t1", 1, None), 5).await.unwrap(), "f t1\n");
    assert!(ours.log_tail(&place, &of("t1", 0, None), 1_000).await.unwrap_err().not_found());
    assert!(ours.log_tail(&place, &of("t2", 1, None), 1_000).await.unwrap_err().not_found());
    assert_eq!(asked(), 5, "and nothing else was: {:?}", sim.record().counts);
}

#[tokio::test]
async fn an_init_container_has_a_log_of_its_own() {
    let sim = storing().await;
    let (place, ours) = (place(&sim), kubernetes());
    let mut stuck = pod("p", 0, &json!({"waiting": {"reason": "PodInitializing"}}));
    let ended = json!({"terminated": {"exitCode": 3, "reason": "Error"}});
    stuck["status"]["initContainerStatuses"] = json!([{"name": "fetch", "restartCount": 2, "state": ended}]);
    sim.put("default", "pods", stuck);
    sim.log("p/fetch", "the digest differs\n");
    assert_eq!(
        ours.log_tail(&place, &of("p", 2, Some("fetch")), 100).await.unwrap(),
        "the digest differs\n"
    );
    let error = ours.log_tail(&place, &of("p", 0, Some("other")), 100).await.unwrap_err();
    assert!(matches!(error, PortError::Refused { status: Some(400), .. }), "{error}");
    assert!(ours.log_tail(&place, &of("p", 0, Some("a&follow=true")), 100).await.is_err());
}
