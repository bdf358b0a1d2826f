//! What a JobManager runs with, and what a job really has.
//!
//! The job's own part is pieced together from what Flink shows of it: the user's configuration, parallelism,
//! and the checkpoint settings, the last two in words of their own, which are turned back into keys here.

use std::collections::BTreeMap;

use domain::ports::{Endpoint, PortError};
use serde_json::Value;

use super::client::{Client, Patience, job_resource, resource};
use super::field;

/// What stands for a secret.
const HIDDEN: &str = "******";
/// Parts of a key whose value is a secret: Flink's own list, and what it forgets.
const SECRET: [&str; 16] = [
    "password",
    "secret",
    "fs.azure.account.key",
    "apikey",
    "api-key",
    "access-key",
    "access.key",
    "auth-params",
    "service-key",
    "token",
    "basic-auth",
    "jaas.config",
    "http-headers",
    "credential",
    "passphrase",
    "private-key",
];

/// The JobManager's configuration, and on top of it the job's where one is named.
pub async fn configuration(
    client: &Client,
    endpoint: &Endpoint,
    flink_job_id: Option<&str>,
) -> Result<BTreeMap<String, String>, PortError> {
    let of_cluster = client
        .get(resource(&endpoint.rest_url, &["jobmanager", "config"])?, Patience::Act)
        .await?;
    let mut all = entries(&of_cluster);
    if let Some(id) = flink_job_id {
        let job = client.get(job_resource(endpoint, id, &["config"])?, Patience::Act).await?;
        all.extend(of_job(&job));
        // A job without checkpoints has none, and an old version may not say.
        if let Ok(checkpoints) = client
            .get(job_resource(endpoint, id, &["checkpoints", "config"])?, Patience::Act)
            .await
        {
            all.extend(of_checkpoints(&checkpoints));
        }
    }
    for (key, value) in &mut all {
        if is_secret(key) {
            HIDDEN.clone_into(value);
        }
    }
    Ok(all)
}

fn is_secret(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    SECRET.iter().any(|part| key.contains(part))
}

fn entries(configuration: &Value) -> BTreeMap<String, String> {
    let list = configuration.as_array().map_or(&[][..], Vec::as_slice);
    list.iter()
        .filter_map(|entry| Some((field::text(entry, "key")?.to_owned(), plain(entry.get("value")?)?)))
        .collect()
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

fn of_job(job: &Value) -> BTreeMap<String, String> {
    let execution = job.get("execution-config").unwrap_or(&Value::Null);
    let mut of_job = BTreeMap::new();
    if let Some(user) = execution.get("user-config").and_then(Value::as_object) {
        of_job.extend(user.iter().filter_map(|(key, value)| Some((key.clone(), plain(value)?))));
    }
    if let Some(parallelism) = field::known(execution, "job-parallelism").filter(|parallelism| *parallelism > 0) {
        of_job.insert("parallelism.default".to_owned(), parallelism.to_string());
    }
    if let Some(name) = field::text(job, "name") {
        of_job.insert("pipeline.name".to_owned(), name.to_owned());
    }
    of_job
}

fn of_checkpoints(settings: &Value) -> BTreeMap<String, String> {
    let mut keys = BTreeMap::new();
    let mut put = |key: &str, value: Option<String>| {
        if let Some(value) = value {
            keys.insert(format!("execution.checkpointing.{key}"), value);
        }
    };
    let millis = |name| field::known(settings, name).map(|millis| format!("{millis} ms"));
    // A job that takes none has the largest number there is.
    put(
        "interval",
        millis("interval").filter(|_| field::known(settings, "interval") != Some(i64::MAX)),
    );
    put("timeout", millis("timeout"));
    put("min-pause", millis("min_pause"));
    put("mode", field::text(settings, "mode").map(str::to_uppercase));
    for (key, name) in [
        ("max-concurrent-checkpoints", "max_concurrent"),
        ("tolerable-failed-checkpoints", "tolerable_failed_checkpoints"),
    ] {
        put(key, field::known(settings, name).map(|number| number.to_string()));
    }
    put("unaligned.enabled", settings.get("unaligned_checkpoints").and_then(plain));
    keys
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_do_not_come_through() {
        for key in [
            "s3.secret-key",
            "s3.access-key",
            "fs.s3a.access.key",
            "security.ssl.rest.keystore-password",
            "my.API-KEY",
            "oauth.token",
        ] {
            assert!(is_secret(key), "{key}");
        }
        assert!(!is_secret("taskmanager.memory.network.max"));
        assert!(!is_secret("parallelism.default"));
    }

    #[test]
    fn odd_entries_are_left_out() {
        let odd =
            json!([{"key": "a", "value": "1"}, {"key": "b"}, {"value": "c"}, 4, {"key": "d", "value": null}, {"key": "e", "value": ""}]);
        assert_eq!(
            entries(&odd),
            BTreeMap::from([("a".to_owned(), "1".to_owned()), ("e".to_owned(), String::new())])
        );
        assert!(entries(&json!({})).is_empty());
    }

    #[test]
    fn a_jobs_settings_become_keys_again() {
        let job = json!({"jid": "x", "name": "orders", "execution-config": {"job-parallelism": 2, "user-config": {"a": "b", "c": null}}});
        let of_job = of_job(&job);
        assert_eq!(of_job["parallelism.default"], "2");
        assert_eq!(of_job["pipeline.name"], "orders");
        assert_eq!(of_job["a"], "b");
        let keys = of_checkpoints(
            &json!({"mode": "exactly_once", "interval": 1000, "timeout": 600_000, "max_concurrent": 1, "unaligned_checkpoints": false}),
        );
        assert_eq!(keys["execution.checkpointing.interval"], "1000 ms");
        assert_eq!(keys["execution.checkpointing.mode"], "EXACTLY_ONCE");
        assert_eq!(keys["execution.checkpointing.unaligned.enabled"], "false");
        assert!(!of_checkpoints(&json!({"interval": i64::MAX})).contains_key("execution.checkpointing.interval"));
    }
}
