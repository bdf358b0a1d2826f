//! Logs of pods: live, of the life before, and kept when a pod is gone; of applications and of session clusters.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

mod bed;
mod namespace;

use std::process::Stdio;
use std::time::{Duration, Instant};

use bed::{HANG, nothing};
use namespace::{NAMESPACE, Namespace, TARGET};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};

/// The pods of JobManager and TaskManager.
fn pods(made: &Namespace) -> (String, String) {
    let (tasks, managers): (Vec<String>, Vec<String>) = made
        .sim
        .names(NAMESPACE, "pods")
        .into_iter()
        .partition(|name| name.contains("taskmanager"));
    (managers[0].clone(), tasks[0].clone())
}

/// What is listed, as `PROCESS FILE WHO`.
fn listed(page: &Value) -> Vec<String> {
    let items = page["items"].as_array().unwrap().iter();
    items
        .map(|file| {
            let mut flags = file["source"].as_str().unwrap().to_owned();
            for (field, word) in [("previous", " previous"), ("grows", " grows")] {
                flags.push_str(if file[field] == true { word } else { "" });
            }
            flags.push_str(if file["missing"].is_string() { " missing" } else { "" });
            format!("{} {} {flags}", file["process"].as_str().unwrap(), file["name"].as_str().unwrap())
        })
        .collect()
}

async fn until_listed(made: &Namespace, of: &str, expected: &[String]) -> Value {
    let began = Instant::now();
    loop {
        let (_, page) = made.bed.get(&format!("{of}/logs")).await.unwrap();
        if page["items"].is_array() && listed(&page) == expected {
            return page;
        }
        assert!(began.elapsed() < HANG, "{expected:#?}: {page:#}\n{}", made.bed.log());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn tail(made: &Namespace, query: &str) -> (u16, Value) {
    made.bed.get(&format!("/jobs/job/logs/tail?{query}")).await.unwrap()
}

async fn tail_of(made: &Namespace, of: &str) -> String {
    let (_, tail) = made.bed.get(&format!("{of}/logs/tail")).await.unwrap();
    tail["text"].as_str().unwrap_or_default().to_owned()
}

/// Another life of a pod's container.
fn live_again(made: &Namespace, pod: &str, restarts: u32, end: &Value) {
    let mut object = made.sim.object(NAMESPACE, "pods", pod).unwrap();
    let container = &mut object["status"]["containerStatuses"][0];
    container["restartCount"] = restarts.into();
    container["lastState"] = json!({ "terminated": end });
    made.sim.put(NAMESPACE, "pods", object);
}

fn terminate(made: &Namespace, pod: &str, end: &Value) {
    let mut object = made.sim.object(NAMESPACE, "pods", pod).unwrap();
    object["status"]["phase"] = "Failed".into();
    object["status"]["containerStatuses"][0]["state"] = json!({ "terminated": end });
    made.sim.put(NAMESPACE, "pods", object);
}

fn reads(made: &Namespace) -> u64 {
    made.sim.record().count("GET /api/v1/namespaces/:id/pods/:id/log")
}

async fn messages(made: &Namespace) -> String {
    let (_, events) = made.bed.get("/jobs/job/events").await.unwrap();
    events.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_life_of_each_pod_is_read_live_and_kept_when_it_is_over() {
    let mut made = Namespace::running(&[]).await;
    let (manager, task) = pods(&made);
    made.sim.set_log(&manager, false, "manager, first life, password=geheim\n");
    made.sim.set_log(&task, false, "task, first life\n");
    let page = until_listed(
        &made,
        "/jobs/job",
        &[
            format!("jobmanager {manager}.log kubernetes grows"),
            format!("{task} {task}.log kubernetes grows"),
        ],
    )
    .await;
    let pod = &page["items"][0]["pod"];
    assert_eq!(
        (&pod["role"], &pod["phase"], &pod["restarts"]),
        (&json!("jobmanager"), &json!("Running"), &json!(0))
    );
    assert_eq!(tail(&made, "").await.1["text"], "manager, first life, password=geheim\n");
    assert_eq!(tail(&made, &format!("process={task}")).await.1["text"], "task, first life\n");
    assert_eq!(tail(&made, "previous=true").await.0, 404);

    // The JobManager's container is started again: its first life is read as the previous one, and kept.
    made.sim.set_log(&manager, true, "manager, first life, password=geheim\n");
    made.sim.set_log(&manager, false, "manager, second life\n");
    live_again(&made, &manager, 1, &json!({"exitCode": 239, "reason": "Error"}));
    let expected = [
        format!("jobmanager {manager}.1.log kubernetes grows"),
        format!("jobmanager {manager}.log kubernetes previous"),
        format!("{task} {task}.log kubernetes grows"),
    ];
    until_listed(&made, "/jobs/job", &expected).await;
    assert_eq!(tail(&made, "").await.1["text"], "manager, second life\n");
    assert!(
        tail(&made, "previous=true").await.1["text"]
            .as_str()
            .unwrap()
            .starts_with("manager, first life")
    );
    let began = Instant::now();
    while !messages(&made)
        .await
        .contains(&format!("The JobManager in pod {manager} ended with exit code 239"))
    {
        assert!(began.elapsed() < HANG, "{}", messages(&made).await);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }

    // The TaskManager is killed for want of memory, and Flink deletes its pod at once.
    let before = reads(&made);
    terminate(&made, &task, &json!({"exitCode": 137, "reason": "OOMKilled"}));
    let read = |sim: &sim::Kubernetes| sim.record().count("GET /api/v1/namespaces/:id/pods/:id/log") > before;
    made.sim.wait("its log is read", HANG, read).await.unwrap();
    made.sim.remove(NAMESPACE, "pods", &task);
    // And a third life of the JobManager: of the first one only what was kept is left.
    made.sim.set_log(&manager, true, "manager, second life\n");
    made.sim.set_log(&manager, false, "manager, third life\n");
    live_again(&made, &manager, 2, &json!({"exitCode": 1, "reason": "Error"}));
    let expected = [
        format!("jobmanager {manager}.2.log kubernetes grows"),
        format!("jobmanager {manager}.1.log kubernetes previous"),
        format!("jobmanager {manager}.log kept"),
        format!("{task} {task}.log kept"),
    ];
    until_listed(&made, "/jobs/job", &expected).await;
    let first = tail(&made, &format!("file={manager}.log")).await.1;
    assert_eq!(
        (&first["source"], &first["text"]),
        (&json!("kept"), &json!("manager, first life, password=******\n"))
    );
    assert_eq!(tail(&made, &format!("process={task}")).await.1["text"], "task, first life\n");
    let killed = format!("The TaskManager in pod {task} ended with exit code 137 (OOMKilled). The end of its log is kept.");
    assert!(messages(&made).await.contains(&killed), "{}", messages(&made).await);

    outlives_the_cluster(&mut made, &manager, &task).await;
}

/// All of it outlives the cluster, with the last life.
async fn outlives_the_cluster(made: &mut Namespace, manager: &str, task: &str) {
    made.bed.done("stop", &json!({"mode": "cancel"})).await;
    made.until_nothing_left().await;
    let (_, page) = made.bed.get("/jobs/job/logs").await.unwrap();
    let mut all = listed(&page);
    all.sort();
    let mut expected = [
        format!("jobmanager {manager}.log kept"),
        format!("jobmanager {manager}.1.log kept"),
        format!("jobmanager {manager}.2.log kept"),
        format!("{task} {task}.log kept"),
    ];
    expected.sort();
    assert_eq!(all, expected);
    assert_eq!(
        tail(made, &format!("file={manager}.2.log")).await.1["text"],
        "manager, third life\n"
    );
    let followed = made
        .bed
        .command(&["job", "logs", "job", "--follow", "--pod", task])
        .output()
        .await
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&followed.stdout), "task, first life\n", "it was kept");
    let run = made.bed.job().await["run"]["id"].as_str().unwrap().to_owned();
    let (_, kept) = made.bed.get(&format!("/jobs/job/runs/{run}/evidence")).await.unwrap();
    assert_eq!(kept["logs"].as_array().unwrap().len(), 4, "{kept:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_nobody_could_read_is_said_to_be_lost() {
    let mut made = Namespace::running(&[]).await;
    let (manager, task) = pods(&made);
    let both = [
        format!("jobmanager {manager}.log kubernetes grows"),
        format!("{task} {task}.log kubernetes grows"),
    ];
    until_listed(&made, "/jobs/job", &both).await;
    // The server must have seen it: what it never heard of is nothing that it could miss.
    made.bed.done("savepoint", &nothing()).await;
    made.bed.kill().await;
    made.sim.remove(NAMESPACE, "pods", &task);
    made.bed.start(None).await;
    let lost = [
        format!("jobmanager {manager}.log kubernetes grows"),
        format!("{task} {task}.log kept missing"),
    ];
    let page = until_listed(&made, "/jobs/job", &lost).await;
    assert!(
        page["items"][1]["missing"].as_str().unwrap().contains("could not be read any more"),
        "{page:#}"
    );
    let (status, problem) = tail(&made, &format!("process={task}")).await;
    assert_eq!((status, &problem["code"]), (410, &json!("log_lost")), "{problem:#}");
    assert!(problem["detail"].as_str().unwrap().contains(&task), "{problem:#}");

    // A cancel while the JobManager does not run deletes the cluster: what is there is read first.
    made.sim.set_log(&manager, false, "the last words\n");
    terminate(&made, &manager, &json!({"exitCode": 1, "reason": "Error"}));
    made.bed.done("stop", &json!({"mode": "cancel"})).await;
    made.until_nothing_left().await;
    assert_eq!(tail(&made, "").await.1["text"], "the last words\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pod_that_has_not_begun_and_bad_questions_are_answered_so() {
    let mut made = Namespace::new().await;
    made.bed.start(None).await;
    assert_eq!(tail(&made, "").await.1["code"], "no_run");
    made.sim.set_pod_fault(Some(sim::PodFault::ImagePull));
    made.bed.ask("start", &nothing(), "once").await.unwrap();
    made.until("its pod is there", |_| made.sim.names(NAMESPACE, "pods").len() == 1)
        .await;
    let pod = made.sim.names(NAMESPACE, "pods").remove(0);
    let page = until_listed(&made, "/jobs/job", &[format!("jobmanager {pod}.log kubernetes missing")]).await;
    assert!(
        page["items"][0]["missing"].as_str().unwrap().contains("cannot be pulled"),
        "{page:#}"
    );
    let follow = async |query: &str| made.bed.get(&format!("/jobs/job/logs/follow?{query}")).await.unwrap();
    for (status, answer, code) in [
        (409, tail(&made, "").await, "not_begun"),
        (409, follow("").await, "not_begun"),
        (404, tail(&made, "process=other").await, "not_found"),
        (422, tail(&made, "process=..").await, "bad_name"),
        (422, follow("process=a%2Fb").await, "bad_name"),
        (422, follow("lines=10001").await, "bad_lines"),
        (422, follow("after=yesterday").await, "bad_after"),
    ] {
        assert_eq!((answer.0, &answer.1["code"]), (status, &json!(code)), "{answer:?}");
    }
    let (status, _) = made.bed.get("/clusters/sim/logs/follow").await.unwrap();
    assert_eq!(status, 409, "a cluster that is not in Kubernetes");

    made.sim.set_pod_fault(Some(sim::PodFault::Init));
    let failing = format!("jobmanager {pod}.init-fetch-artifacts.1.log kubernetes");
    made.sim.log(&format!("{pod}/fetch-artifacts"), "the digest differs\n");
    until_listed(&made, "/jobs/job", &[failing]).await;
    assert_eq!(tail(&made, "").await.1["text"], "the digest differs\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_follows_a_log_to_its_end_through_a_cut() {
    let made = Namespace::running(&[]).await;
    let (manager, _) = pods(&made);
    made.sim.set_log(&manager, false, "one\ntwo\nthree\n");
    let mut command = made.bed.command(&["job", "logs", "job", "--follow"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut read = Vec::new();
    let mut until = async |read: &mut Vec<String>, last: &str| {
        while read.last().is_none_or(|line| line != last) {
            let line = tokio::time::timeout(HANG, lines.next_line())
                .await
                .unwrap_or_else(|_| panic!("no {last}: {read:?}"));
            read.push(line.unwrap().unwrap_or_else(|| panic!("no {last}: {read:?}")));
        }
    };
    until(&mut read, "three").await;
    made.sim.log(&manager, "four\n");
    until(&mut read, "four").await;
    made.sim.cut_logs();
    made.sim.log(&manager, "five\n");
    until(&mut read, "five").await;
    terminate(&made, &manager, &json!({"exitCode": 1, "reason": "Error"}));
    made.sim.log(&manager, "last\n");
    until(&mut read, "last").await;
    assert_eq!(read, ["one", "two", "three", "four", "five", "last"]);
    let ended = tokio::time::timeout(HANG, child.wait_with_output()).await.unwrap().unwrap();
    assert!(ended.status.success());
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(said.contains("ended with exit code 1 (Error)"), "{said}");
    made.sim
        .wait("nobody follows it any more", HANG, |sim| sim.followed_logs() == 0)
        .await
        .unwrap();
    let list = made.bed.command(&["job", "logs", "job", "--list"]).output().await.unwrap();
    let list = String::from_utf8_lossy(&list.stdout).into_owned();
    assert!(list.contains(&manager) && list.contains("FILE"), "{list}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_cluster_has_its_pods_logs_and_keeps_them_when_it_is_stopped() {
    let mut made = Namespace::new().await;
    made.bed.start(None).await;
    let cluster = json!({"name": "shared", "target": "kubernetes", "targetId": TARGET, "flinkVersion": "2.2.1"});
    made.bed.post("/clusters", &cluster, "make").await.unwrap();
    let (_, started) = made.bed.post("/clusters/shared/start", &nothing(), "start").await.unwrap();
    made.bed.until_ended(started["id"].as_str().unwrap()).await.unwrap();
    let (manager, task) = pods(&made);
    made.sim.set_log(&manager, false, "the dispatcher\n");
    let live = [
        format!("jobmanager {manager}.log kubernetes grows"),
        format!("{task} {task}.log kubernetes grows"),
    ];
    until_listed(&made, "/clusters/shared", &live).await;
    let follow = made
        .bed
        .bytes(reqwest::Method::GET, "/clusters/shared/logs/follow?lines=1")
        .send()
        .await
        .unwrap();
    assert_eq!(follow.headers()["content-type"], "text/event-stream");
    // Streams are bounded, and each that is closed makes room.
    let mut streams = vec![follow];
    while streams.len() < api::log::MOST_STREAMS {
        let stream = made
            .bed
            .bytes(reqwest::Method::GET, "/clusters/shared/logs/follow")
            .send()
            .await
            .unwrap();
        assert_eq!(stream.status(), 200);
        streams.push(stream);
    }
    let (status, one_more) = made.bed.get("/clusters/shared/logs/follow").await.unwrap();
    assert_eq!((status, &one_more["code"]), (429, &json!("too_many_streams")));
    assert_eq!(made.sim.followed_logs(), api::log::MOST_STREAMS);
    drop(streams);
    let nobody = |sim: &sim::Kubernetes| {
        sim.log(&manager, "more\n");
        sim.followed_logs() == 0
    };
    made.sim.wait("nobody follows it", HANG, nobody).await.unwrap();
    let more = tail_of(&made, "/clusters/shared").await;
    assert!(more.starts_with("the dispatcher\nmore\n"), "{more}");
    let (_, stopped) = made.bed.post("/clusters/shared/stop", &nothing(), "stop").await.unwrap();
    let ended = made.bed.until_ended(stopped["id"].as_str().unwrap()).await.unwrap();
    assert_eq!(ended["state"], "succeeded", "{ended:#}");
    let kept = [format!("jobmanager {manager}.log kept"), format!("{task} {task}.log kept")];
    until_listed(&made, "/clusters/shared", &kept).await;
    let shown = made.bed.command(&["cluster", "logs", "shared"]).output().await.unwrap();
    assert_eq!(String::from_utf8_lossy(&shown.stdout), more);
    let gone = made.bed.bytes(reqwest::Method::DELETE, "/clusters/shared").send().await.unwrap();
    assert_eq!(gone.status(), 204);
}
