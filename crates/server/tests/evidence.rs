//! What is kept of a run's end is readable when its cluster is gone, and tells why.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

mod bed;

use bed::{Bed, nothing};
use serde_json::json;
use sim::JobState;

#[tokio::test(flavor = "multi_thread")]
async fn logs_and_exceptions_of_a_failure_are_kept_and_shown_when_the_cluster_is_gone() {
    let mut bed = Bed::new("2.2.1").await;
    bed.start(None).await;
    bed.done("start", &nothing()).await;
    let id = bed.job().await["run"]["id"].as_str().unwrap().to_owned();
    let (status, early) = bed.get(&format!("/jobs/job/runs/{id}/evidence")).await.unwrap();
    assert_eq!((status, &early["code"]), (409, &json!("still_running")));
    let flink = bed.sim.jobs()[0].id.clone();
    let cause = "org.apache.flink.runtime.JobException: Recovery is suppressed by NoRestartBackoffTimeStrategy\n\tat q\n\
                 Caused by: java.io.IOException: sink refused password=geheim for orders\n\tat com.acme.Sink.write(Sink.java:7)\n";
    bed.sim.set_job(&flink, JobState::Failed, Some(cause));
    bed.until_label("failed").await;
    let began = std::time::Instant::now();
    while bed.job().await["run"]["outcome"].is_null() {
        assert!(began.elapsed() < bed::HANG, "{}", bed.log());
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let reason = bed.job().await["run"]["reason"].as_str().unwrap().to_owned();
    assert_eq!(reason, "IOException: sink refused password=****** for orders");

    // The cluster is gone for good; a new server knows it all the same.
    bed.sim.set_down(true);
    bed.kill().await;
    bed.start(None).await;
    let (_, kept) = bed.get(&format!("/jobs/job/runs/{id}/evidence")).await.unwrap();
    assert_eq!(kept["reason"], json!(reason), "{kept:#}");
    let logs: Vec<_> = kept["logs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|log| log["process"].as_str().unwrap())
        .collect();
    assert_eq!(logs, ["jobmanager", "127.0.0.1:6122-sim"], "{kept:#}");
    let (_, exceptions) = bed.get("/jobs/job/exceptions").await.unwrap();
    assert_eq!(exceptions["items"][0]["keptOf"], json!(id), "{exceptions:#}");
    assert_eq!(exceptions["items"][0]["cause"], json!(reason));
    assert!(!exceptions.to_string().contains("geheim"));
    for process in logs {
        let (_, tail) = bed.get(&format!("/jobs/job/logs/tail?process={process}")).await.unwrap();
        assert_eq!(tail["source"], "kept", "{tail:#}");
        assert!(tail["text"].as_str().unwrap().contains("Rest endpoint listening"));
        let (_, same) = bed
            .get(&format!("/jobs/job/runs/{id}/evidence/log?process={process}"))
            .await
            .unwrap();
        assert_eq!(same["text"], tail["text"]);
    }
    let (_, tail) = bed.get("/jobs/job/logs/tail?bytes=10").await.unwrap();
    assert_eq!(tail["text"].as_str().unwrap().len(), 10);
    let (status, none) = bed.get(&format!("/jobs/job/runs/{id}/evidence/log?process=other")).await.unwrap();
    assert_eq!(status, 404, "{none:#}");
    let (status, _) = bed
        .get("/jobs/job/runs/run_00000000000000000000000000000000/evidence")
        .await
        .unwrap();
    assert_eq!(status, 404);
}
