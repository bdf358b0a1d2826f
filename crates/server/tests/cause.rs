//! What keeps an application from coming up is on its page while it does, and is its end where it ends it. Each as Kubernetes says it,
//! through the whole server.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

mod bed;
mod namespace;

use bed::nothing;
use futures::StreamExt;
use namespace::Namespace;
use serde_json::{Value, json};
use sim::PodFault;

const THROWN: &str = "2026-11-23 01:00:00 ERROR main\norg.apache.flink.client.program.ProgramInvocationException: main failed\n\
    \tat org.apache.flink.client.program.PackagedProgram.call(PackagedProgram.java:372)\n\
    Caused by: java.lang.IllegalStateException: the topic 'orders' is not there\n\tat com.acme.Orders.main(Orders.java:7)\n";
/// A container without memory logs all kinds of things.
const LAST: &str = "2026-11-23 01:00:00 ERROR metrics\njava.io.IOException: the metrics could not be sent\n\tat a.B.c(B.java:1)\n";

/// What goes wrong, and what is said of it.
struct Row {
    what: &'static str,
    fault: PodFault,
    /// All on the page while it comes up, the first at the beginning.
    says: &'static [&'static str],
    /// What ends the run, and what is said then.
    end: Option<(PodFault, &'static str)>,
}

fn crash(code: u32, restarts: u32, log: &str) -> PodFault {
    PodFault::Crash {
        code,
        restarts,
        log: log.to_owned(),
    }
}

#[allow(clippy::too_many_lines, reason = "one table")]
fn rows() -> Vec<Row> {
    let row = |what, fault, says, end| Row { what, fault, says, end };
    vec![
        row(
            "image",
            PodFault::ImagePull,
            &["the image '", "cannot be pulled: Failed to pull image", "not found"],
            None,
        ),
        row(
            "Secret",
            PodFault::MissingSecret,
            &[
                "the container cannot be made: secret \"passwords\" not found",
                "Create what is missing",
            ],
            None,
        ),
        row(
            "ConfigMap",
            PodFault::MissingConfigMap,
            &["a volume of the pod cannot be mounted", "configmap \"hadoop\" not found"],
            None,
        ),
        row(
            "service account",
            PodFault::MissingAccount,
            &[
                "Kubernetes refuses the pod",
                "serviceaccount \"flink\" not found",
                "Make this service account",
            ],
            None,
        ),
        row(
            "quota",
            PodFault::Quota,
            &["Kubernetes refuses the pod", "exceeded quota: small", "larger quota"],
            None,
        ),
        row(
            "no node",
            PodFault::Unschedulable,
            &[
                "no node takes the pod: 0/3 nodes are available: 3 Insufficient memory",
                "add a node",
            ],
            None,
        ),
        row(
            "admission",
            PodFault::Admission,
            &[
                "Kubernetes refuses the pod",
                "policy.example.com",
                "images come from registry.example.com only",
            ],
            None,
        ),
        row(
            "init container",
            PodFault::Init,
            &["the init container 'fetch-artifacts' fails with exit code 3", "Look at its log"],
            None,
        ),
        row(
            "memory",
            PodFault::OutOfMemory(1),
            &["the JobManager needed more memory than its container has", "OOMKilled"],
            Some((
                PodFault::OutOfMemory(3),
                "Its JobManager needed more memory than its container has and was killed (OOMKilled)",
            )),
        ),
        row(
            "crash loop",
            crash(1, 1, "no exception\n"),
            &["the JobManager ends again and again with exit code 1", "1 times so far"],
            Some((
                crash(1, 3, "no exception\n"),
                "Its JobManager ended 3 times before the job ran, the last time with exit code 1 (Error)",
            )),
        ),
        row(
            "throwing main",
            crash(2, 1, THROWN),
            &[
                "java.lang.IllegalStateException: the topic 'orders' is not there",
                "the JobManager ends again and again with exit code 2",
            ],
            Some((
                crash(2, 3, THROWN),
                "java.lang.IllegalStateException: the topic 'orders' is not there",
            )),
        ),
    ]
}

async fn told(row: Row) {
    let what = row.what;
    let mut made = Namespace::new().await;
    made.bed.start(None).await;
    made.sim.set_pod_fault(Some(row.fault));
    let accepted = made.bed.ask("start", &nothing(), "once").await.unwrap().1;
    let says = |job: &Value| {
        let sentence = job["status"]["sentence"].as_str().unwrap_or_default();
        sentence.starts_with(row.says[0]) && row.says.iter().all(|words| sentence.contains(words))
    };
    let job = made.until(&format!("{what}: {:?}", row.says), says).await;
    assert_eq!(job["status"]["label"], "starting", "{what}");
    let shown = made.bed.command(&["job", "show", "job"]).output().await.unwrap();
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(row.says.iter().all(|words| shown.contains(words)), "{what}: {shown}");

    let Some((fault, words)) = row.end else {
        // It was mended: the same start goes on.
        made.sim.set_pod_fault(None);
        let ended = made.bed.until_ended(accepted["id"].as_str().unwrap()).await.unwrap();
        assert_eq!(ended["state"], "succeeded", "{what}: {ended:#}\n{}", made.bed.log());
        assert_eq!(made.bed.list("runs").await.len(), 1, "{what}");
        return;
    };
    if what == "memory" {
        let pod = made.sim.names(namespace::NAMESPACE, "pods").remove(0);
        made.sim.set_log(&pod, false, LAST);
    }
    made.sim.set_pod_fault(Some(fault));
    let ended = made.bed.until_ended(accepted["id"].as_str().unwrap()).await.unwrap();
    assert_eq!(ended["state"], "failed", "{what}: {ended:#}");
    made.until_nothing_left().await;
    let job = made.bed.job().await;
    for reason in [&job["run"]["reason"], &job["status"]["sentence"], &ended["error"]["message"]] {
        assert!(reason.as_str().unwrap_or_default().contains(words), "{what}: {reason} in {job:#}");
    }
    assert_eq!(
        (&job["status"]["label"], &job["run"]["outcome"]),
        (&json!("failed"), &json!("failed")),
        "{what}"
    );
    if what == "throwing main" {
        let (_, tail) = made.bed.get("/jobs/job/logs/tail").await.unwrap();
        assert!(
            tail["text"].as_str().unwrap().contains("at com.acme.Orders.main(Orders.java:7)"),
            "the stack is kept: {tail:#}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_cause_is_on_the_page_and_is_the_end_where_it_ends_the_run() {
    futures::stream::iter(rows())
        .map(told)
        .buffer_unordered(4)
        .collect::<Vec<()>>()
        .await;
}
