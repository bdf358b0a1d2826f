//! Applications and session clusters on a simulated API server: from a start to an empty namespace, whatever the API server
//! says and whatever happens to what is in the namespace.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

mod bed;
mod namespace;

use std::collections::BTreeSet;
use std::time::Instant;

use bed::{HANG, nothing};
use namespace::{DEPLOYMENTS, NAMESPACE, Namespace, TARGET, deployment_of, refusal, stranger};
use serde_json::{Value, json};
use sim::{Fault, FaultKind, JobState};

const SERVICES: &str = "POST /api/v1/namespaces/:id/services";
const MAPS: &str = "POST /api/v1/namespaces/:id/configmaps";

#[tokio::test(flavor = "multi_thread")]
async fn it_starts_is_stopped_with_a_savepoint_starts_from_it_and_leaves_nothing() {
    let mut made = Namespace::running(&[]).await;
    let job = made.bed.job().await;
    let (first, name) = (made.flink(), made.deployment());
    assert_eq!((&job["status"]["label"], &name), (&json!("running"), &deployment_of(&job["run"])));
    let flink_job = job["run"]["flinkJobId"].as_str().unwrap().to_owned();
    assert_eq!(first.main_executions(&flink_job), 1);
    let labels = made.sim.object(NAMESPACE, "deployments", &name).unwrap()["metadata"]["labels"].clone();
    assert_eq!(
        labels["streamwright.io/job"],
        job["id"].as_str().unwrap().trim_start_matches("job_")
    );

    made.bed.done("savepoint", &nothing()).await;
    let savepoint = made.bed.list("snapshots").await[0].clone();
    assert_eq!((&savepoint["kind"], &savepoint["state"]), (&json!("savepoint"), &json!("complete")));
    assert_eq!(made.bed.label().await, "running");

    recovery(&made, &name);
    made.bed.done("stop", &json!({"mode": "savepoint"})).await;
    assert_eq!(made.bed.label().await, "stopped");
    made.until_nothing_left().await;
    assert_eq!(first.job(&flink_job).unwrap().state, JobState::Finished);
    let stopped_at = made.bed.list("snapshots").await[0]["path"].clone();

    made.bed.done("start", &json!({"state": {"from": "latest"}})).await;
    let job = made.bed.job().await;
    assert_eq!(
        (&job["status"]["label"], &job["run"]["restorePath"]),
        (&json!("running"), &stopped_at)
    );
    let again = job["run"]["flinkJobId"].as_str().unwrap();
    assert_ne!((again, &made.deployment()), (flink_job.as_str(), &name));
    assert_eq!(made.flink().job(again).unwrap().restored_from.as_deref(), stopped_at.as_str());

    made.bed.done("stop", &json!({"mode": "cancel"})).await;
    made.until_nothing_left().await;
    let ends: Vec<Value> = made.bed.list("runs").await.iter().map(|run| run["outcome"].clone()).collect();
    assert_eq!(ends, ["canceled", "stopped"]);
    assert!(made.bed.list("snapshots").await.iter().all(|one| one["state"] == "complete"));
}

/// A start whose objects are refused: it fails for this reason, and leaves nothing.
async fn refused((fault, words): (Fault, &str)) {
    let mut made = Namespace::new().await;
    made.bed.start(None).await;
    made.sim.fault(fault);
    let accepted = made.bed.ask("start", &nothing(), "once").await.unwrap().1;
    let ended = made.bed.until_ended(accepted["id"].as_str().unwrap()).await.unwrap();
    assert_eq!(ended["state"], "failed", "{words}: {ended:#}");
    made.until_nothing_left().await;
    let job = made.bed.job().await;
    let reason = job["run"]["reason"].as_str().unwrap();
    assert!(reason.contains(words), "{words}: {reason}");
    let message = ended["error"]["message"].as_str().unwrap();
    assert!(message.contains(words), "{words}: {message}");
    assert_eq!(job["status"]["label"], "failed", "{words}");
    made.sim.clear_faults();
    made.bed.done("start", &nothing()).await;
}

/// A start that waits for the API server: it says why, and goes on when it can.
async fn awaited((fault, words): (Fault, &str)) {
    let mut made = Namespace::new().await;
    made.bed.start(None).await;
    made.sim.fault(fault);
    let accepted = made.bed.ask("start", &nothing(), "once").await.unwrap().1;
    let says = |job: &Value| job["status"]["sentence"].as_str().unwrap_or_default().contains(words);
    let job = made.until(words, says).await;
    assert_eq!(job["status"]["label"], "starting", "{words}");
    made.sim.clear_faults();
    let ended = made.bed.until_ended(accepted["id"].as_str().unwrap()).await.unwrap();
    assert_eq!(ended["state"], "succeeded", "{words}: {ended:#}\n{}", made.bed.log());
    assert_eq!(made.bed.list("runs").await.len(), 1, "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_api_server_refuses_ends_a_start_with_its_words() {
    let quota = "configmaps \"x\" is forbidden: exceeded quota: small, requested: configmaps=1, used: configmaps=5, limited: configmaps=5";
    let hook = "admission webhook \"policy.example.com\" denied the request: images come from registry.example.com only";
    let faults = [
        (refusal(MAPS, 403, "Forbidden", quota), "exceeded quota: small"),
        (
            refusal(DEPLOYMENTS, 403, "Forbidden", hook),
            "images come from registry.example.com only",
        ),
        (refusal(SERVICES, 400, "BadRequest", hook), "policy.example.com"),
        (
            refusal(DEPLOYMENTS, 410, "Gone", "this version of the API is gone"),
            "this version of the API is gone",
        ),
        (
            refusal(DEPLOYMENTS, 401, "Unauthorized", "Unauthorized"),
            "does not know who we are",
        ),
    ];
    futures::future::join_all(faults.into_iter().map(refused)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_mend_itself_is_told_and_waited_for() {
    let faults = [
        (Fault::on(DEPLOYMENTS, FaultKind::Refuse), "no answer from"),
        (refusal(SERVICES, 429, "TooManyRequests", "too many requests"), "too many requests"),
        (
            refusal(MAPS, 500, "InternalError", "failed calling webhook \"policy.example.com\": timeout"),
            "failed calling webhook",
        ),
        (
            refusal(
                DEPLOYMENTS,
                409,
                "Conflict",
                "Operation cannot be fulfilled on resourcequotas \"q\"",
            ),
            "resourcequotas",
        ),
        (Fault::on("*", FaultKind::Refuse), "no answer from"),
    ];
    futures::future::join_all(faults.into_iter().map(awaited)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_a_strangers_is_left_alone() {
    let mut made = Namespace::new().await;
    made.bed.start(None).await;
    made.sim.fault(Fault::on(DEPLOYMENTS, FaultKind::Refuse));
    let accepted = made.bed.ask("start", &nothing(), "once").await.unwrap().1;
    let job = made.until("it has a run", |job| job["run"].is_object()).await;
    let name = deployment_of(&job["run"]);
    let theirs = made.sim.put(NAMESPACE, "deployments", stranger(&name));
    made.sim.clear_faults();
    let ended = made.bed.until_ended(accepted["id"].as_str().unwrap()).await.unwrap();
    assert_eq!(ended["state"], "failed", "{ended:#}");
    let message = ended["error"]["message"].as_str().unwrap();
    assert!(message.contains("somebody else's") && message.contains("app=billing"), "{message}");
    made.until_left(&BTreeSet::from([format!("deployments/{name}")])).await;
    assert_eq!(made.sim.object(NAMESPACE, "deployments", &name).unwrap(), theirs);
    let touched = made.sim.record().rows;
    let touched = touched
        .iter()
        .find(|row| row.endpoint.starts_with("DELETE") || row.endpoint.starts_with("PATCH"));
    assert_eq!(touched, None);
}

/// What a JobManager with high availability keeps, which goes with no Deployment; answers how `objects` names it.
fn recovery(made: &Namespace, deployment: &str) -> String {
    let name = format!("{deployment}-cluster-config-map");
    let labels = json!({"app": deployment, "type": "flink-native-kubernetes"});
    let map =
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": NAMESPACE, "labels": labels}, "data": {}});
    made.sim.put(NAMESPACE, "configmaps", map);
    let named = |object: &String| object.contains(&name);
    made.objects().into_iter().find(named).expect("it is there")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_that_somebody_deletes_ends_its_run_once_that_is_proven() {
    let made = Namespace::running(&[]).await;
    let name = made.deployment();
    let kept = recovery(&made, &name);
    made.sim.set_down(true);
    made.sim.remove(NAMESPACE, "deployments", &name);
    let unreachable = |job: &Value| job["status"]["conditions"].to_string().contains("\"unreachable\"");
    let job = made.until("it is unreachable", unreachable).await;
    assert_eq!((&job["status"]["label"], &job["run"]["endedAt"]), (&json!("running"), &Value::Null));
    assert_eq!(job["actions"]["start"]["allowed"], false, "{job:#}");
    made.sim.set_down(false);
    let run = made.until_run_ended().await;
    assert_eq!((&run["outcome"], &run["source"]), (&json!("unknown"), &json!("kubernetes")));
    assert!(
        run["reason"].as_str().unwrap().contains("was deleted, and not by Streamwright"),
        "{run:#}"
    );
    // What high availability wrote down may be all that is left of the job.
    made.until_left(&[kept].into()).await;
    assert_eq!(made.bed.label().await, "ended");
    assert_eq!(made.sim.record().count(DEPLOYMENTS), 1, "nobody starts it again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_is_restarted_in_a_new_cluster_once_the_old_one_is_gone() {
    let mut made = Namespace::with(&[("execution.checkpointing.interval", "100 ms")]).await;
    made.bed.start(None).await;
    let policy = json!({"when": "failed", "limit": 3, "windowSeconds": 600, "initialDelaySeconds": 1, "factor": 1,
                        "maximumDelaySeconds": 1, "jitterPercent": 0});
    made.bed.put("/jobs/job/restart-policy", &policy).await;
    made.bed.done("start", &nothing()).await;
    let (old, name) = (made.bed.job().await["run"]["flinkJobId"].clone(), made.deployment());
    let old = old.as_str().unwrap();

    let state = made.bed.folder().join("state/checkpoints");
    let began = Instant::now();
    while !has_checkpoint(&state) {
        // The simulated Flink makes its folders when it is asked.
        made.bed.get("/jobs/job/checkpoints").await;
        assert!(began.elapsed() < HANG, "no checkpoint");
    }
    assert!(
        made.flink()
            .set_job(old, JobState::Failed, Some("java.lang.IllegalStateException: boom"))
    );
    let again = |job: &Value| job["status"]["label"] == "running" && job["run"]["attempt"] == 2;
    let job = made
        .until("it runs again", |job| {
            assert!(made.sim.names(NAMESPACE, "deployments").len() <= 1, "one cluster at any time");
            again(job)
        })
        .await;
    assert_ne!(made.deployment(), name);
    assert_eq!(job["run"]["cause"], "restart");
    let from = job["run"]["restorePath"].as_str().unwrap();
    assert!(from.contains(&format!("{old}/chk-")), "{from}");
    // In this order: the old one deleted, then the new one made.
    let rows = made.sim.record().rows;
    let writes: Vec<&str> = rows
        .iter()
        .map(|row| row.endpoint.as_str())
        .filter(|endpoint| [DEPLOYMENTS, "DELETE /apis/apps/v1/namespaces/:id/deployments/:id"].contains(endpoint))
        .collect();
    assert_eq!(
        writes,
        [DEPLOYMENTS, "DELETE /apis/apps/v1/namespaces/:id/deployments/:id", DEPLOYMENTS]
    );
    let first = made.bed.list("runs").await[1].clone();
    assert_eq!(first["outcome"], "failed");
    assert!(first["reason"].as_str().unwrap().contains("boom"), "{first:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_goes_on_from_the_savepoint_that_only_the_old_cluster_knows() {
    let mut made = Namespace::remote(&[("execution.checkpointing.interval", "100 ms")]).await;
    made.bed.start(None).await;
    made.bed.done("start", &nothing()).await;
    let (old, name) = (made.flink(), made.deployment());
    made.bed.get("/jobs/job/checkpoints").await;
    made.bed.done("replace", &json!({"parallelism": 2})).await;
    let job = made.bed.job().await;
    assert_eq!(job["status"]["label"], "running", "{job:#}");
    assert_ne!(made.deployment(), name);
    let savepoint = made
        .bed
        .list("snapshots")
        .await
        .into_iter()
        .find(|one| one["kind"] == "savepoint")
        .unwrap();
    assert_eq!(
        (&savepoint["state"], &job["run"]["restorePath"]),
        (&json!("complete"), &savepoint["path"])
    );
    let path = savepoint["path"].as_str().unwrap();
    assert!(path.starts_with("s3://"), "{path}");
    assert!(old.jobs()[0].state.ended());
    assert_eq!(made.flink().jobs()[0].restored_from.as_deref(), Some(path));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_that_somebody_else_made_is_looked_at_opened_used_and_never_deleted_unasked() {
    let mut made = Namespace::bare().await;
    made.bed.start(None).await;
    let new = json!({"name": "ours", "target": "kubernetes", "targetId": TARGET, "flinkVersion": "2.2.1", "slots": 2});
    made.bed.post("/clusters", &new, "make").await.unwrap();
    made.act("ours", "start").await;
    made.copy(&made.deployment(), "theirs");
    made.act("ours", "stop").await;
    let name = made.deployment();
    assert_eq!(name, "theirs");

    let (_, found) = made.bed.get(&format!("/targets/{TARGET}/clusters")).await.unwrap();
    let seen = &found["items"][0];
    assert_eq!(
        (&seen["deployment"], &seen["ours"], &seen["mode"], &seen["cluster"]),
        (&json!(name), &json!(false), &json!("session"), &Value::Null),
        "{found:#}"
    );
    let take = |deployment: &str| json!({"name": "shared", "target": "kubernetes", "targetId": TARGET, "deployment": deployment});
    let (status, refused) = made.bed.post("/clusters", &take("nobody"), "take").await.unwrap();
    assert_eq!((status, &refused["code"]), (422, &json!("unknown_deployment")), "{refused:#}");
    let (status, cluster) = made.bed.post("/clusters", &take(&name), "take-up").await.unwrap();
    assert_eq!(status, 201, "{cluster:#}");
    assert_eq!((&cluster["managed"], &cluster["readOnly"]), (&json!(false), &json!(true)));
    let began = Instant::now();
    while made.bed.get("/clusters/shared").await.unwrap().1["status"]["label"] != "running" {
        assert!(began.elapsed() < HANG, "{:#}", made.bed.get("/clusters/shared").await.unwrap().1);
    }

    made.bed.kill().await;
    let id = cluster["id"].as_str().unwrap().parse().unwrap();
    made.release(
        |spec| {
            spec.mode = domain::draft::Mode::Session;
            (spec.cluster_id, spec.target_id, spec.flink_version) = (Some(id), None, None);
        },
        Vec::new(),
    )
    .await;
    made.bed.start(None).await;
    let (status, refused) = made.bed.post("/jobs/job/start", &nothing(), "closed").await.unwrap();
    assert_eq!((status, &refused["code"]), (409, &json!("cluster_read_only")), "{refused:#}");
    let (method, cancel) = (
        reqwest::Method::PATCH,
        "/clusters/shared/web-ui?path=/jobs/00000000000000000000000000000000",
    );
    let refused = made.bed.bytes(method, cancel).json(&json!({})).send().await.unwrap();
    assert_eq!(refused.status(), 409, "{}", refused.text().await.unwrap());
    made.bed.put("/clusters/shared/access", &json!({"readOnly": false})).await;
    made.bed.done("start", &nothing()).await;
    assert_eq!(made.flink().jobs().len(), 1);
    let (status, refused) = made.bed.post("/clusters/shared/stop", &nothing(), "not-ours").await.unwrap();
    assert_eq!((status, &refused["code"]), (409, &json!("not_managed")), "{refused:#}");
    made.bed.done("stop", &json!({"mode": "savepoint"})).await;

    let delete = async |query: &str| {
        let address = format!("/clusters/shared{query}");
        made.bed
            .bytes(reqwest::Method::DELETE, &address)
            .send()
            .await
            .unwrap()
            .status()
            .as_u16()
    };
    assert_eq!(delete("?deployment=another").await, 422);
    assert_eq!(delete("").await, 204);
    assert_eq!(made.deployment(), name, "it was forgotten, and stays");
    made.bed.post("/clusters", &take(&name), "again").await.unwrap();
    assert_eq!(delete(&format!("?deployment={name}")).await, 204);
    assert_eq!(made.sim.names(NAMESPACE, "deployments"), Vec::<String>::new());
}

fn has_checkpoint(folder: &std::path::Path) -> bool {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| path.is_dir()).any(|path| {
        let named = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("chk-"));
        named || has_checkpoint(&path)
    })
}

/// A pod of a JobManager that does not run.
fn pod(waiting: &str, message: &str, restarts: u32) -> Value {
    json!({
        "phase": "Pending",
        "containerStatuses": [{
            "name": "flink-main-container", "image": "registry/flink:nowhere", "restartCount": restarts, "ready": false,
            "state": {"waiting": {"reason": waiting, "message": message}},
            "lastState": {"terminated": {"exitCode": 1, "reason": "Error"}},
        }],
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_main_that_ends_its_job_manager_again_and_again_fails_the_run_with_its_cause() {
    let mut made = Namespace::new().await;
    made.bed.start(None).await;
    made.sim
        .set_pod_status(Some(pod("CrashLoopBackOff", "back-off 10s restarting failed container", 1)));
    let accepted = made.bed.ask("start", &nothing(), "once").await.unwrap().1;

    made.until("its pod is there", |_| !made.sim.names(NAMESPACE, "pods").is_empty())
        .await;
    let name = made.sim.names(NAMESPACE, "pods").remove(0);
    let log = "2026-11-23 01:00:00 ERROR main\norg.apache.flink.client.program.ProgramInvocationException: main failed\n\
               Caused by: java.lang.IllegalStateException: the topic 'orders' is not there\n\tat a.B.c(B.java:1)\n";
    made.sim.set_log(&name, true, log);
    let mut dead = made.sim.object(NAMESPACE, "pods", &name).unwrap();
    dead["status"] = pod("CrashLoopBackOff", "back-off 40s restarting failed container", 3);
    made.sim.put(NAMESPACE, "pods", dead);
    let ended = made.bed.until_ended(accepted["id"].as_str().unwrap()).await.unwrap();
    assert_eq!(ended["state"], "failed", "{ended:#}");
    made.until_nothing_left().await;
    let run = made.bed.job().await["run"].clone();
    assert_eq!(run["outcome"], "failed");
    assert!(
        run["reason"].as_str().unwrap().contains("the topic 'orders' is not there"),
        "{run:#}"
    );
    let kept = made
        .bed
        .get(&format!("/jobs/job/runs/{}/evidence", run["id"].as_str().unwrap()))
        .await;
    assert!(kept.unwrap().1.to_string().contains("jobmanager"), "the log is kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_an_image_is_cancelled() {
    let mut made = Namespace::new().await;
    made.bed.start(None).await;
    made.sim.set_pod_status(Some(pod(
        "ImagePullBackOff",
        "Back-off pulling image \"registry/flink:nowhere\"",
        0,
    )));
    made.bed.ask("start", &nothing(), "once").await.unwrap();
    let waits = |job: &Value| job["status"]["sentence"].as_str().unwrap_or_default().contains("cannot be pulled");
    let job = made.until("it tells what it waits for", waits).await;
    assert_eq!(job["status"]["label"], "starting");
    made.bed.done("stop", &json!({"mode": "cancel"})).await;
    made.until_nothing_left().await;
    let job = made.bed.job().await;
    assert_eq!(
        (&job["status"]["label"], &job["run"]["outcome"]),
        (&json!("stopped"), &json!("canceled"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_cluster_is_made_started_used_stopped_and_deleted() {
    let mut made = Namespace::bare().await;
    made.bed.start(None).await;
    let new = json!({"name": "shared", "target": "kubernetes", "targetId": TARGET, "flinkVersion": "2.2.1", "slots": 2});
    let (status, cluster) = made.bed.post("/clusters", &new, "make").await.unwrap();
    assert_eq!(status, 201, "{cluster:#}");
    assert_eq!(made.objects(), BTreeSet::new());
    made.act("shared", "start").await;

    made.bed.kill().await;
    let id = cluster["id"].as_str().unwrap().parse().unwrap();
    made.release(
        |spec| {
            spec.mode = domain::draft::Mode::Session;
            (spec.cluster_id, spec.target_id, spec.flink_version) = (Some(id), None, None);
        },
        Vec::new(),
    )
    .await;
    made.bed.start(None).await;
    made.bed.done("start", &nothing()).await;
    assert_eq!(made.bed.label().await, "running");
    let flink = made.flink();
    assert_eq!(flink.jobs().len(), 1);
    made.bed.done("stop", &json!({"mode": "cancel"})).await;
    assert!(flink.jobs()[0].state.ended());
    assert!(!made.objects().is_empty(), "the cluster is there for others");

    // What high availability wrote down would bring the jobs back at the next start.
    recovery(&made, &made.deployment());
    made.act("shared", "stop").await;
    assert_eq!(made.objects(), BTreeSet::new());
    let gone = made.bed.bytes(reqwest::Method::DELETE, "/clusters/shared").send().await.unwrap();
    assert_eq!(gone.status(), 204);
    assert_eq!(made.bed.get("/clusters/shared").await.unwrap().0, 404);
}

/// The status of a request without an account, and its bytes.
async fn fetch(made: &Namespace, path: &str, token: Option<&str>) -> (u16, Vec<u8>) {
    let mut request = reqwest::Client::new().get(format!("{}/api/v1/runs/{path}", made.bed.url()));
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.bytes().await.unwrap().to_vec())
}

#[tokio::test(flavor = "multi_thread")]
async fn pods_get_the_jars_of_their_run_and_nobody_else_does() {
    let mut made = Namespace::bare().await;
    made.bed.start(None).await;
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../java/runner/target/runner.jar");
    let mut upload = made
        .bed
        .command(&["artifact", "upload", file, "--name", "functions.jar", "-o", "json"]);
    let uploaded = upload.output().await.unwrap();
    let jar: Value = serde_json::from_slice(&uploaded.stdout).unwrap();
    made.bed.kill().await;
    let digest = jar["digest"].as_str().unwrap();
    let pinned = domain::artifact::PinnedArtifact {
        name: "functions.jar".to_owned(),
        version: 1,
        file_name: "runner.jar".to_owned(),
        digest: digest.parse().unwrap(),
    };
    made.release(|_| (), vec![pinned]).await;
    made.bed.start(None).await;
    made.bed.done("start", &nothing()).await;

    let (name, job) = (made.deployment(), made.bed.job().await);
    let run = job["run"]["id"].as_str().unwrap();
    let deployment = made.sim.object(NAMESPACE, "deployments", &name).unwrap();
    let init = &deployment["spec"]["template"]["spec"]["initContainers"][0];
    let address = format!("https://flink.example.com/api/v1/runs/{run}/artifacts/{digest}");
    assert!(init["command"].to_string().contains(&address), "{init:#}");
    let template = made.sim.object(NAMESPACE, "configmaps", &format!("pod-template-{name}")).unwrap();
    let template = template["data"].to_string();
    assert!(template.contains("initContainers") && template.contains(&address), "{template}");
    let secret = made
        .sim
        .object(NAMESPACE, "secrets", &format!("streamwright-token-{name}"))
        .unwrap();
    assert_eq!(secret["metadata"]["ownerReferences"][0]["uid"], deployment["metadata"]["uid"]);
    let token = secret["stringData"]["token"].as_str().unwrap();
    assert!(
        !deployment.to_string().contains(token) && !template.contains(token),
        "only the Secret has it"
    );

    let place = format!("{run}/artifacts/{digest}");
    let (status, bytes) = fetch(&made, &place, Some(token)).await;
    assert_eq!((status, bytes), (200, std::fs::read(file).unwrap()));
    assert_eq!(fetch(&made, &place, None).await.0, 401);
    assert_eq!(fetch(&made, &place, Some("nonsense")).await.0, 401);
    let other = domain::id::RunId(store::new_id());
    assert_eq!(fetch(&made, &format!("{other}/artifacts/{digest}"), Some(token)).await.0, 401);
    assert_eq!(
        fetch(&made, &format!("{run}/artifacts/{}", "0".repeat(64)), Some(token)).await.0,
        404
    );

    made.bed.done("stop", &json!({"mode": "cancel"})).await;
    assert_eq!(fetch(&made, &place, Some(token)).await.0, 404);
    made.until_nothing_left().await;
}
