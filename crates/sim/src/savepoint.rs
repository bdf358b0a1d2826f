//! Savepoints on disk and the triggers that made them.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

/// What is asked of a trigger.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) job: String,
    pub(crate) trigger: String,
    pub(crate) directory: String,
    /// End the job once the savepoint is complete.
    pub(crate) stop: Option<Stop>,
}

/// How the job ends after its savepoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// FINISHED (`/stop`).
    Finish,
    /// CANCELED (`cancel-job` of `/savepoints`).
    Cancel,
}

/// Where a trigger stands.
#[derive(Debug, Clone)]
pub(crate) enum Trigger {
    InProgress,
    Completed { location: String },
    Failed { cause: String },
}

impl Trigger {
    /// Flink's answer to a look at it.
    pub(crate) fn body(&self) -> Value {
        match self {
            Self::InProgress => json!({"status": {"id": "IN_PROGRESS"}, "operation": null}),
            Self::Completed { location } => json!({"status": {"id": "COMPLETED"}, "operation": {"location": location}}),
            Self::Failed { cause } => {
                let class = cause.split(':').next().unwrap_or_default();
                json!({"status": {"id": "COMPLETED"}, "operation": {"failure-cause": {
                    "class": class, "stack-trace": cause, "serialized-throwable": "rO0ABQ=="}}})
            }
        }
    }
}

/// The folder of a path on this host; none for `s3:`, `hdfs:` and the like.
pub(crate) fn on_disk(path: &str) -> Option<PathBuf> {
    let local = match path.strip_prefix("file:") {
        Some(rest) => format!("/{}", rest.trim_start_matches('/')),
        None => path.to_owned(),
    };
    local.starts_with('/').then(|| PathBuf::from(local))
}

/// The name that Flink gives the folder of a savepoint.
pub(crate) fn folder_name(job: &str) -> String {
    let random = uuid::Uuid::now_v7().simple().to_string();
    format!("savepoint-{}-{}", &job[..job.len().min(6)], &random[random.len() - 12..])
}

/// Writes a savepoint below a directory; answers its path.
pub(crate) fn write(directory: &str, name: &str) -> Result<String, String> {
    let path = format!("{}/{name}", directory.trim_end_matches('/'));
    if let Some(folder) = on_disk(&path) {
        fill(&folder).map_err(|error| {
            format!("org.apache.flink.runtime.checkpoint.CheckpointException: Could not finalize the pending checkpoint 1. Failure reason: Failure to finalize checkpoint.\nCaused by: java.io.IOException: {}: {error}", folder.display())
        })?;
    }
    Ok(if path.starts_with('/') { format!("file:{path}") } else { path })
}

/// Makes a folder that is a complete snapshot.
pub(crate) fn fill(folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    std::fs::write(folder.join("_metadata"), b"\x49\x60\x67\x2d simulated")
}

/// Flink's text of a stop that failed after its savepoint was complete.
pub(crate) fn failed_after(location: &str, job: &str) -> String {
    format!(
        "java.util.concurrent.CompletionException: org.apache.flink.runtime.scheduler.stopwithsavepoint.StopWithSavepointStoppingException: A savepoint has been created at: {location}, but the corresponding job {job} failed during stopping. The savepoint is consistent, but might have uncommitted transactions. If you want to commit the transaction please restart a job from this savepoint."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_on_this_host_are_told_from_others() {
        assert_eq!(on_disk("file:///a/b"), Some(PathBuf::from("/a/b")));
        assert_eq!(on_disk("file:/a/b"), Some(PathBuf::from("/a/b")));
        assert_eq!(on_disk("/a/b"), Some(PathBuf::from("/a/b")));
        assert_eq!(on_disk("s3://bucket/a"), None);
    }

    #[test]
    fn a_savepoint_is_written_whole_or_refused() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().display().to_string();
        let path = write(&root, &folder_name(&"ab".repeat(16))).unwrap();
        assert!(on_disk(&path).unwrap().join("_metadata").is_file());
        let file = folder.path().join("a file");
        std::fs::write(&file, "").unwrap();
        assert!(write(&file.display().to_string(), "x").unwrap_err().contains("CheckpointException"));
    }
}
