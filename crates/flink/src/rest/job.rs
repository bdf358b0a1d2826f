//! A job's graph with its figures: vertices, records and bytes, how busy and how held back they are.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::ports::{Endpoint, JobDetail, PortError, Vertex};
use futures::StreamExt;
use serde_json::Value;

use super::client::{Client, Patience, job_resource};
use super::field;

/// Figures of more vertices than this are not asked for: each is a call.
const MOST_FIGURES: usize = 100;
/// Calls for figures at the same time.
const AT_ONCE: usize = 8;
/// All figures together; what is not there by then is left out.
const FIGURES_LIMIT: Duration = Duration::from_secs(4);
/// Names of the two metrics, in milliseconds of each second (1.13 – 2.3).
const BACK_PRESSURED: &str = "backPressuredTimeMsPerSecond";
const BUSY: &str = "busyTimeMsPerSecond";

/// How long the JobManager takes to fetch metrics that nobody has asked for lately: it answers at once without
/// them, and has them a moment later (1.13 – 2.3).
const FETCHING: Duration = Duration::from_millis(900);

/// Vertices in topological order, as Flink lists them. Where the figures are not there yet, asks once more.
pub async fn detail(client: &Client, endpoint: &Endpoint, flink_job_id: &str) -> Result<JobDetail, PortError> {
    let first = look(client, endpoint, flink_job_id).await?;
    let lacks = |vertex: &Vertex| vertex.records_in.is_none() || vertex.back_pressure.is_none();
    if first.state != "RUNNING" || !first.vertices.iter().any(lacks) {
        return Ok(first);
    }
    tokio::time::sleep(FETCHING).await;
    Ok(look(client, endpoint, flink_job_id).await.unwrap_or(first))
}

async fn look(client: &Client, endpoint: &Endpoint, flink_job_id: &str) -> Result<JobDetail, PortError> {
    let job = client.get(job_resource(endpoint, flink_job_id, &[])?, Patience::Act).await?;
    let inputs = inputs(&job);
    let mut vertices: Vec<Vertex> = field::items(&job, "vertices")
        .iter()
        .filter_map(|entry| vertex(entry, &inputs))
        .collect();
    let state = field::text(&job, "state").unwrap_or("UNKNOWN").to_owned();
    if state == "RUNNING" {
        add_shares(client, endpoint, flink_job_id, &mut vertices).await;
    }
    Ok(JobDetail {
        state,
        started_at: field::time(&job, "start-time"),
        vertices,
    })
}

/// Vertex id → ids of the vertices that feed it, from the plan.
fn inputs(job: &Value) -> BTreeMap<&str, Vec<String>> {
    let nodes = job.get("plan").map_or(&[][..], |plan| field::items(plan, "nodes"));
    nodes
        .iter()
        .filter_map(|node| {
            let ids = field::items(node, "inputs").iter().filter_map(|input| field::text(input, "id"));
            Some((field::text(node, "id")?, ids.map(str::to_owned).collect()))
        })
        .collect()
}

fn vertex(entry: &Value, inputs: &BTreeMap<&str, Vec<String>>) -> Option<Vertex> {
    let id = field::text(entry, "id")?;
    let figures = entry.get("metrics").unwrap_or(&Value::Null);
    Some(Vertex {
        id: id.to_owned(),
        name: field::text(entry, "name").unwrap_or(id).to_owned(),
        parallelism: field::count(entry, "parallelism"),
        state: field::text(entry, "status").unwrap_or("UNKNOWN").to_owned(),
        tasks: tasks(entry),
        records_in: figure(figures, "read-records"),
        records_out: figure(figures, "write-records"),
        bytes_in: figure(figures, "read-bytes"),
        bytes_out: figure(figures, "write-bytes"),
        back_pressure: None,
        busy: None,
        inputs: inputs.get(id).cloned().unwrap_or_default(),
    })
}

/// A figure, unless Flink says that it has not heard from all subtasks: it counts 0 for those.
fn figure(figures: &Value, name: &str) -> Option<i64> {
    let complete = figures.get(format!("{name}-complete")).and_then(Value::as_bool).unwrap_or(true);
    field::known(figures, name).filter(|_| complete)
}

/// Subtasks by state, without the states that none is in.
fn tasks(entry: &Value) -> BTreeMap<String, u32> {
    let Some(tasks) = entry.get("tasks").and_then(Value::as_object) else {
        return BTreeMap::new();
    };
    let counted = tasks.keys().map(|word| (word.clone(), field::count(&entry["tasks"], word)));
    counted.filter(|(_, count)| *count > 0).collect()
}

/// Adds the shares of time, several vertices at a time. One that cannot be had is left out.
async fn add_shares(client: &Client, endpoint: &Endpoint, flink_job_id: &str, vertices: &mut [Vertex]) {
    let ids: Vec<String> = vertices.iter().take(MOST_FIGURES).map(|vertex| vertex.id.clone()).collect();
    let calls = ids
        .into_iter()
        .enumerate()
        .map(|(index, id)| async move { shares(client, endpoint, flink_job_id, &id).await.map(|shares| (index, shares)) });
    let mut answers = futures::stream::iter(calls).buffer_unordered(AT_ONCE);
    let collect = async {
        while let Some(answer) = answers.next().await {
            if let Some((index, shares)) = answer {
                vertices[index].back_pressure = shares.back_pressure;
                vertices[index].busy = shares.busy;
            }
        }
    };
    if tokio::time::timeout(FIGURES_LIMIT, collect).await.is_err() {
        tracing::debug!(flink_job_id, "figures of some vertices did not come in time");
    }
}

struct Shares {
    back_pressure: Option<f64>,
    busy: Option<f64>,
}

async fn shares(client: &Client, endpoint: &Endpoint, flink_job_id: &str, vertex: &str) -> Option<Shares> {
    let mut url = job_resource(endpoint, flink_job_id, &["vertices", vertex, "subtasks", "metrics"]).ok()?;
    url.query_pairs_mut()
        .append_pair("get", &format!("{BACK_PRESSURED},{BUSY}"))
        .append_pair("agg", "max");
    let metrics = client.get(url, Patience::Look).await.ok()?;
    Some(Shares {
        back_pressure: share(&metrics, BACK_PRESSURED),
        busy: share(&metrics, BUSY),
    })
}

/// Milliseconds of a second as a share. Sources of the old kind say `NaN`, and a first call says nothing at
/// all: Flink fetches metrics only when somebody asks.
fn share(metrics: &Value, name: &str) -> Option<f64> {
    let metric = metrics.as_array()?.iter().find(|metric| field::text(metric, "id") == Some(name))?;
    field::float(metric, "max").map(|millis| (millis / 1_000.0).clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_odd_vertex_loses_only_what_is_odd() {
        let job = json!({
            "vertices": [
                {"name": "no id"},
                null,
                {"id": "a", "status": null, "tasks": {"RUNNING": 2, "CREATED": 0, "NEW": "x"}, "metrics": {"read-records": -1, "write-bytes": "7"}},
            ],
            "plan": {"nodes": [{"id": "a", "inputs": [{"id": "b", "num": 0}, {"num": 1}]}, 3]},
        });
        let inputs = inputs(&job);
        let vertices: Vec<Vertex> = field::items(&job, "vertices")
            .iter()
            .filter_map(|entry| vertex(entry, &inputs))
            .collect();
        assert_eq!(vertices.len(), 1);
        assert_eq!(vertices[0].name, "a");
        assert_eq!(vertices[0].state, "UNKNOWN");
        assert_eq!(vertices[0].tasks, BTreeMap::from([("RUNNING".to_owned(), 2)]));
        assert_eq!((vertices[0].records_in, vertices[0].bytes_out), (None, Some(7)));
        assert_eq!(vertices[0].inputs, ["b"]);
    }

    #[test]
    fn shares_are_between_nothing_and_all() {
        let metrics = json!([{"id": BUSY, "max": "NaN"}, {"id": BACK_PRESSURED, "max": 1004.0}]);
        assert_eq!(share(&metrics, BUSY), None);
        assert_eq!(share(&metrics, BACK_PRESSURED), Some(1.0));
        assert_eq!(share(&json!([]), BUSY), None);
        assert_eq!(share(&json!({}), BUSY), None);
    }
}
