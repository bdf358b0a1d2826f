//! `streamwright job evidence`

use serde_json::Value;

use super::client::{Client, escape};
use super::job::path;
use super::print::{self, at, items, show};
use crate::failure::Failure;

/// Prints what was kept of a run's end, or one of its logs.
///
/// # Errors
/// As the server says.
pub async fn run(client: &Client, job: &str, run: Option<String>, log: Option<String>) -> Result<(), Failure> {
    let run = match run {
        Some(run) => run,
        None => {
            let runs = items(&client.get(&path(job, "/runs")).await?);
            match runs.iter().find(|run| run["endedAt"].is_string()) {
                None => {
                    return Err(Failure::refused(format!(
                        "no run of the job {job} has ended yet: nothing is kept before"
                    )));
                }
                Some(run) => at(run, "id").to_owned(),
            }
        }
    };
    let place = path(job, &format!("/runs/{}/evidence", escape(&run)));
    if let Some(process) = log {
        let tail = client.get(&format!("{place}/log?process={}", escape(&process))).await?;
        print::body(client.format, &tail, |tail| at(tail, "text").to_owned());
        return Ok(());
    }
    let kept = client.get(&place).await?;
    print::body(client.format, &kept, text);
    Ok(())
}

fn text(kept: &Value) -> String {
    let mut text = format!(
        "{}  kept at {}\nended: {}\n",
        at(kept, "runId"),
        at(kept, "collectedAt"),
        at(kept, "reason")
    );
    if !at(kept, "missing").is_empty() {
        text.push_str(&format!("! {}\n", at(kept, "missing")));
    }
    for log in kept["logs"].as_array().into_iter().flatten() {
        text.push_str(&format!("log        {} ({} bytes)\n", at(log, "process"), show(log, "sizeBytes")));
    }
    for exception in kept["exceptions"].as_array().into_iter().flatten() {
        text.push_str(&format!("exception  {}  {}\n", show(exception, "at"), at(exception, "cause")));
    }
    text
}
