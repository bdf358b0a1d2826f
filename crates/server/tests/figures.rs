//! The figures for Prometheus, and the dashboard that shows them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

mod bed;

use std::collections::BTreeSet;

use bed::{Bed, nothing};
use serde_json::{Value, json};

/// The names of our figures in a text.
fn names(text: &str) -> BTreeSet<String> {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    words.filter(|word| word.starts_with("streamwright_")).map(str::to_owned).collect()
}

fn expressions(value: &Value, found: &mut String) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                match value {
                    Value::String(text) if key == "expr" => found.push_str(&format!("{text} ")),
                    other => expressions(other, found),
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|value| expressions(value, found)),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_figure_of_the_dashboard_is_exported_and_true() {
    let mut bed = Bed::new("2.2.1").await;
    bed.a_flink_that_is_none().await;
    bed.start(None).await;
    bed.done("start", &nothing()).await;
    bed.until_label("running").await;
    // No planner works with it: the check is counted all the same.
    bed.post("/check", &json!({"sql": "SELECT 1"}), "check").await.unwrap();
    let file = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/grafana.json")).unwrap();
    let mut wanted = String::new();
    expressions(&serde_json::from_str(&file).unwrap(), &mut wanted);
    let wanted = names(&wanted);
    assert!(wanted.len() >= 10, "{wanted:?}");
    let text = bed.metrics().await;
    let missing: Vec<_> = wanted.difference(&names(&text)).cloned().collect();
    assert!(missing.is_empty(), "{missing:?} are not in\n{text}");
    for line in [
        "streamwright_jobs{label=\"running\"} 1",
        "streamwright_jobs{label=\"failed\"} 0",
        "streamwright_clusters 1",
        "streamwright_clusters_unreachable 0",
        "streamwright_operations_open 0",
        "streamwright_database_up 1",
    ] {
        assert!(text.lines().any(|one| one == line), "{line} is not in\n{text}");
    }
    let memory = text
        .lines()
        .find_map(|line| line.strip_prefix("streamwright_process_resident_bytes "))
        .unwrap();
    assert!(memory.parse::<f64>().unwrap() > 1e6, "{memory}");
}
