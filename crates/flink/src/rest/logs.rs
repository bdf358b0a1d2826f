//! Log files of JobManager and TaskManagers.
//!
//! Flink serves whole files only, and a log may have gigabytes: it is read to its end and all but the tail is
//! thrown away, up to a limit of bytes and time.

use std::time::Duration;

use domain::ports::{Endpoint, LogFile, PortError};
use futures::StreamExt;
use serde_json::Value;

use super::client::{Client, Patience, TailLimits, resource};
use super::field;
use crate::local::text_of;

/// The JobManager's name among the processes.
const JOB_MANAGER: &str = "jobmanager";
/// TaskManagers that are asked at the same time, and at all.
const AT_ONCE: usize = 8;
const MOST_TASK_MANAGERS: usize = 200;
/// Most that is read of a file, in bytes.
const MOST_READ: u64 = 512 << 20;
/// Longest time for a file.
const LONGEST: Duration = Duration::from_secs(30);
/// Most that may be asked for, in bytes.
const MOST_KEPT: usize = 8 << 20;

/// All log files. A TaskManager that does not answer is left out.
pub async fn files(client: &Client, endpoint: &Endpoint) -> Result<Vec<LogFile>, PortError> {
    let rest_url = endpoint.rest_url.as_str();
    let own = client.get(resource(rest_url, &["jobmanager", "logs"])?, Patience::Act).await?;
    let mut files = listed(&own, JOB_MANAGER);
    let all = client.get(resource(rest_url, &["taskmanagers"])?, Patience::Act).await?;
    let ids: Vec<String> = field::items(&all, "taskmanagers")
        .iter()
        .filter_map(|entry| field::text(entry, "id").map(str::to_owned))
        .take(MOST_TASK_MANAGERS)
        .collect();
    let calls = ids.into_iter().map(|id| async move {
        let url = resource(rest_url, &["taskmanagers", &id, "logs"]).ok()?;
        let answer = client.get(url, Patience::Look).await.ok()?;
        Some(listed(&answer, &id))
    });
    let of_task_managers: Vec<Option<Vec<LogFile>>> = futures::stream::iter(calls).buffered(AT_ONCE).collect().await;
    files.extend(of_task_managers.into_iter().flatten().flatten());
    Ok(files)
}

fn listed(answer: &Value, process: &str) -> Vec<LogFile> {
    let entries = field::items(answer, "logs").iter();
    entries
        .filter_map(|entry| {
            Some(LogFile {
                process: process.to_owned(),
                name: field::text(entry, "name")?.to_owned(),
                size_bytes: field::known(entry, "size").unwrap_or(0),
            })
        })
        .collect()
}

/// Which log file.
#[derive(Debug, Clone, Copy)]
pub struct Which<'a> {
    /// `jobmanager`, or Flink's id of a TaskManager.
    pub process: &'a str,
    /// Name of the file.
    pub name: &'a str,
}

/// The last bytes of a file.
pub async fn tail(client: &Client, endpoint: &Endpoint, file: Which<'_>, max_bytes: usize) -> Result<String, PortError> {
    let odd = |part: &str| part.is_empty() || part.len() > 300 || part.contains(['/', '\\', '\0']) || part.starts_with('.');
    if odd(file.name) || odd(file.process) {
        let message = format!("'{}' of '{}' is not the name of a log file", file.name, file.process);
        return Err(PortError::Refused {
            status: Some(404),
            message,
        });
    }
    let url = if file.process == JOB_MANAGER {
        resource(&endpoint.rest_url, &["jobmanager", "logs", file.name])?
    } else {
        resource(&endpoint.rest_url, &["taskmanagers", file.process, "logs", file.name])?
    };
    let limits = TailLimits {
        keep: max_bytes.min(MOST_KEPT),
        read: MOST_READ,
        longest: LONGEST,
    };
    Ok(text_of(&client.tail(url, limits).await?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn odd_entries_are_left_out() {
        let answer = json!({"logs": [{"name": "a.log", "size": 5}, {"size": 5}, null, {"name": "b.log", "size": null, "mtime": 1}]});
        let files = listed(&answer, "tm");
        assert_eq!(
            files.iter().map(|file| (file.name.as_str(), file.size_bytes)).collect::<Vec<_>>(),
            [("a.log", 5), ("b.log", 0)]
        );
        assert!(listed(&json!({"logs": null}), "tm").is_empty());
    }
}
