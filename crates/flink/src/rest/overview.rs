//! One look at a JobManager: overview, jobs, and which life of it answered.

use std::time::Duration;

use domain::flink_version::VersionNumber;
use domain::observation::{FlinkState, Presence};
use domain::ports::{ClusterSight, Endpoint, JobSight, PortError};
use serde_json::Value;

use super::client::{Client, Patience, resource};
use super::fault::Fault;
use super::field;

/// The whole look, all three calls together.
const LONGEST: Duration = Duration::from_secs(5);

/// Looks at a JobManager. The configuration, which names the incarnation, is read last: an incarnation that
/// is still the known one vouches for the list that was read before it.
pub async fn look(client: &Client, endpoint: &Endpoint) -> Result<ClusterSight, PortError> {
    tokio::time::timeout(LONGEST, look_at(client, &endpoint.rest_url))
        .await
        .unwrap_or_else(|_| {
            Err(PortError::Retry(format!(
                "no answer from {} within {} s",
                endpoint.rest_url,
                LONGEST.as_secs()
            )))
        })
}

async fn look_at(client: &Client, rest_url: &str) -> Result<ClusterSight, PortError> {
    let overview = client.get(resource(rest_url, &["overview"])?, Patience::Look);
    let jobs = client.get(resource(rest_url, &["jobs", "overview"])?, Patience::Look);
    let (overview, jobs) = futures::future::try_join(overview, jobs).await?;
    let configuration = client.get(resource(rest_url, &["jobmanager", "config"])?, Patience::Look).await?;
    if overview.get("slots-total").is_none() && overview.get("taskmanagers").is_none() {
        return Err(PortError::GiveUp(format!(
            "{rest_url} answers, but not as a Flink JobManager does: is it the REST address?"
        )));
    }
    // A missing list is not an empty one.
    let list = jobs.get("jobs").and_then(Value::as_array);
    let list = list.ok_or_else(|| PortError::Retry(format!("{rest_url} answered without its list of jobs")))?;
    Ok(ClusterSight {
        incarnation: incarnation(&configuration).ok_or_else(|| no_incarnation(rest_url))?,
        version: field::text(&overview, "flink-version").unwrap_or_default().to_owned(),
        task_managers: field::count(&overview, "taskmanagers"),
        slots_total: field::count(&overview, "slots-total"),
        slots_free: field::count(&overview, "slots-available"),
        jobs: list.iter().filter_map(job).collect(),
    })
}

fn no_incarnation(rest_url: &str) -> PortError {
    PortError::Retry(format!(
        "{rest_url} does not show the JobManager's 'web.tmpdir' in /jobmanager/config, so that its restarts could not be recognised. \
         If there is a proxy before it, let that path through"
    ))
}

/// The UUID at the end of `web.tmpdir`, which each JobManager makes anew at its start
/// (`flink-web-<UUID>`, seen on 1.13 – 2.3).
fn incarnation(configuration: &Value) -> Option<String> {
    let entries = configuration.as_array()?;
    let folder = entries
        .iter()
        .find(|entry| field::text(entry, "key") == Some("web.tmpdir"))
        .and_then(|entry| field::text(entry, "value"))?;
    let uuid = folder.trim_end_matches('/').rsplit_once("flink-web-")?.1;
    (!uuid.is_empty() && uuid.len() <= 64).then(|| uuid.to_owned())
}

/// One entry of `/jobs/overview`; none where it has no usable id, which no job of ours lacks.
fn job(entry: &Value) -> Option<JobSight> {
    let id = field::text(entry, "jid").or_else(|| field::text(entry, "id"))?;
    if id.len() != 32 || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        tracing::debug!(id, "an entry of the job list has no usable id");
        return None;
    }
    let state = FlinkState::from(
        field::text(entry, "state")
            .or_else(|| field::text(entry, "status"))
            .unwrap_or("UNKNOWN")
            .to_owned(),
    );
    let (tasks_running, tasks_total) = tasks(entry.get("tasks").unwrap_or(&Value::Null));
    let ended_at = if state.ended() {
        field::time(entry, "end-time").or_else(|| field::time(entry, "last-modification"))
    } else {
        None
    };
    Some(JobSight {
        flink_job_id: id.to_ascii_lowercase(),
        name: field::text(entry, "name").unwrap_or_default().to_owned(),
        presence: Presence::Present {
            since: field::time(entry, "last-modification").or_else(|| field::time(entry, "start-time")),
            state,
            tasks_running,
            tasks_total,
            ended_at,
        },
    })
}

/// Tasks that run and all tasks. A finished task counts as running: a job whose bounded source is done and
/// whose other tasks run is as healthy as it will ever be.
fn tasks(tasks: &Value) -> (u32, u32) {
    let up = field::count(tasks, "running").saturating_add(field::count(tasks, "finished"));
    let words = [
        "created",
        "initializing",
        "scheduled",
        "deploying",
        "canceling",
        "canceled",
        "failed",
        "reconciling",
    ];
    let sum = words.iter().fold(up, |sum, word| sum.saturating_add(field::count(tasks, word)));
    let total = field::known(tasks, "total").map_or(sum, |_| field::count(tasks, "total"));
    (up, total)
}

/// The version that an address reports in `/config`.
pub async fn detect_version(client: &Client, rest_url: &str) -> Result<VersionNumber, PortError> {
    let answer = client.get(resource(rest_url, &["config"])?, Patience::Look).await;
    let config = answer.map_err(|fault| match fault {
        // Whoever adds the cluster can mend this.
        Fault::NotLetIn { status, message } => PortError::Refused {
            status: Some(status),
            message,
        },
        Fault::Tls(message) => PortError::Refused { status: None, message },
        other => other.into(),
    })?;
    let reported = field::text(&config, "flink-version").ok_or_else(|| {
        PortError::GiveUp(format!(
            "{rest_url} answers, but names no Flink version: is it a JobManager's REST address?"
        ))
    })?;
    version(reported).map_err(|reason| PortError::GiveUp(format!("{rest_url} reports version '{reported}': {reason}")))
}

/// Reads versions as vendors write them, too: `1.20-SNAPSHOT`, `1.18.1-stream1`.
fn version(reported: &str) -> Result<VersionNumber, String> {
    let numbers = reported.split(['-', '+', ' ']).next().unwrap_or_default();
    let mut parts: Vec<&str> = numbers.split('.').take(3).collect();
    while parts.len() < 3 {
        parts.push("0");
    }
    parts
        .join(".")
        .parse()
        .map_err(|error: domain::flink_version::InvalidVersion| error.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_bad_entry_loses_only_itself() {
        let id = "0123456789abcdef0123456789ABCDEF";
        let list = [
            json!(null),
            json!({"jid": 3}),
            json!({"jid": "../x"}),
            json!({"jid": id, "state": "DANCING", "tasks": "many", "end-time": "soon"}),
        ];
        let jobs: Vec<JobSight> = list.iter().filter_map(job).collect();
        assert_eq!(jobs.len(), 1);
        assert_eq!(jobs[0].flink_job_id, id.to_lowercase());
        assert!(
            matches!(&jobs[0].presence, Presence::Present { state: FlinkState::Other(word), tasks_total: 0, ended_at: None, .. } if word == "DANCING")
        );
    }

    #[test]
    fn finished_tasks_do_not_hold_a_job_back() {
        assert_eq!(tasks(&json!({"total": 3, "running": 2, "finished": 1, "new-in-9.9": 7})), (3, 3));
        assert_eq!(tasks(&json!({"running": 2, "created": 1})), (2, 3));
        assert_eq!(tasks(&json!(null)), (0, 0));
    }

    #[test]
    fn an_end_needs_a_terminal_state() {
        let of = |state: &str| {
            job(&json!({"jid": "a".repeat(32), "state": state, "end-time": 5, "last-modification": 4})).map(|job| job.presence)
        };
        assert!(matches!(
            of("FINISHED"),
            Some(Presence::Present {
                ended_at: Some(domain::Millis(5)),
                ..
            })
        ));
        assert!(matches!(of("RUNNING"), Some(Presence::Present { ended_at: None, .. })));
    }

    #[test]
    fn incarnations_are_read_from_the_folder_name() {
        let of = |folder: &str| incarnation(&json!([{"key": "a"}, {"key": "web.tmpdir", "value": folder}]));
        assert_eq!(of("/tmp/flink-web-1b2c/").as_deref(), Some("1b2c"));
        assert_eq!(of("/tmp/other"), None);
        assert_eq!(incarnation(&json!({})), None);
    }

    #[test]
    fn vendors_versions_are_understood() {
        assert_eq!(version("1.20-SNAPSHOT"), Ok(VersionNumber::new(1, 20, 0)));
        assert_eq!(version("1.18.1-stream1"), Ok(VersionNumber::new(1, 18, 1)));
        assert_eq!(version("2.2.1"), Ok(VersionNumber::new(2, 2, 1)));
        assert!(version("<unknown>").is_err());
        assert!(version("1.9.0").is_err());
    }
}
