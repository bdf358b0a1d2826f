//! `streamwright job manifests`

use std::io::IsTerminal as _;

use serde_json::Value;

use super::client::{Client, escape};
use super::job::path;
use super::print::{self, at, show};
use crate::cli::Format;
use crate::failure::Failure;

/// Prints the objects that a start would create, what differs from the last run, or what a run was made of.
///
/// # Errors
/// As the server says; exit code 1 where a comparison finds something.
pub async fn run(client: &Client, job: &str, of: (Option<i64>, Option<String>), diff: bool) -> Result<(), Failure> {
    if let (_, Some(run)) = of {
        let made = client.get(&path(job, &format!("/runs/{}/manifests", escape(&run)))).await?;
        print::body(client.format, &made, |made| {
            let head = format!(
                "# Run {}, release {}, sent at {}.\n",
                at(made, "runId"),
                show(made, "release"),
                at(made, "createdAt")
            );
            head + &documents(made)
        });
        return Ok(());
    }
    let release = of.0.map_or_else(String::new, |number| format!("&release={number}"));
    let thought = client.get(&path(job, &format!("/manifests?compare={diff}{release}"))).await?;
    for finding in thought["findings"].as_array().into_iter().flatten() {
        let field = at(finding, "field");
        eprintln!(
            "{field}: {}[{}]: {}",
            at(finding, "severity"),
            at(finding, "code"),
            at(finding, "message")
        );
    }
    if diff {
        return compared(client.format, job, &thought);
    }
    print::body(client.format, &thought, |thought| head(thought) + &documents(thought));
    Ok(())
}

fn head(thought: &Value) -> String {
    format!(
        "# Release {} in the namespace {}. '{}' stands for the name that each run's cluster gets,\n# '{}' for the id of the run.\n",
        show(thought, "release"),
        at(thought, "namespace"),
        at(thought, "anyCluster"),
        at(thought, "anyId"),
    )
}

fn documents(of: &Value) -> String {
    let objects = of["objects"].as_array().into_iter().flatten();
    let texts: Vec<&str> = objects.map(|object| at(object, "yaml")).collect();
    texts.join("---\n")
}

fn compared(format: Format, job: &str, thought: &Value) -> Result<(), Failure> {
    let comparison = &thought["comparison"];
    if comparison.is_null() {
        return Err(Failure::refused(format!(
            "there is nothing to compare with: no run of the job {job} is known in Kubernetes"
        )));
    }
    let colour = std::io::stdout().is_terminal();
    print::body(format, thought, |thought| differences(thought, colour));
    if comparison["same"] == true {
        return Ok(());
    }
    Err(Failure::answer_no(""))
}

/// The objects that differ, as `diff -u` shows files.
fn differences(thought: &Value, colour: bool) -> String {
    let comparison = &thought["comparison"];
    let last = format!("run {}, release {}", at(comparison, "runId"), show(comparison, "release"));
    if comparison["same"] == true {
        return format!("Nothing differs from {last}.\n");
    }
    let mut text = String::new();
    let objects = comparison["objects"].as_array().into_iter().flatten();
    for object in objects.filter(|object| object["diff"].is_string()) {
        let name = format!("{}/{}", at(object, "kind"), at(object, "name"));
        let (old, new) = match at(object, "change") {
            "added" => ("/dev/null", name.as_str()),
            "removed" => (name.as_str(), "/dev/null"),
            _ => (name.as_str(), name.as_str()),
        };
        let head = format!("--- {old}\t{last}\n+++ {new}\trelease {}\n", show(thought, "release"));
        for line in head.lines().chain(at(object, "diff").lines()) {
            text.push_str(&painted(line, colour));
            text.push('\n');
        }
    }
    text
}

fn painted(line: &str, colour: bool) -> String {
    let code = match line.as_bytes().first() {
        _ if line.starts_with("--- ") || line.starts_with("+++ ") => 1,
        Some(b'-') => 31,
        Some(b'+') => 32,
        Some(b'@') => 36,
        _ => 0,
    };
    if colour && code != 0 {
        format!("\u{1b}[{code}m{line}\u{1b}[0m")
    } else {
        line.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn thought() -> Value {
        json!({
            "release": 2,
            "comparison": {"runId": "run_1", "release": 1, "same": false, "objects": [
                {"kind": "Deployment", "name": "sw-run", "change": "unchanged"},
                {"kind": "ConfigMap", "name": "flink-config-sw-run", "change": "changed", "diff": "@@ -1 +1 @@\n-a: 1\n+a: 2\n"},
                {"kind": "Secret", "name": "token", "change": "added", "diff": "@@ -0,0 +1 @@\n+b\n"},
            ]},
        })
    }

    #[test]
    fn what_differs_is_shown_as_files_are_and_coloured_only_on_a_terminal() {
        let plain = "--- ConfigMap/flink-config-sw-run\trun run_1, release 1\n+++ ConfigMap/flink-config-sw-run\trelease 2\n\
                     @@ -1 +1 @@\n-a: 1\n+a: 2\n--- /dev/null\trun run_1, release 1\n+++ Secret/token\trelease 2\n@@ -0,0 +1 @@\n+b\n";
        assert_eq!(differences(&thought(), false), plain);
        let coloured = differences(&thought(), true);
        assert!(
            coloured.contains("\u{1b}[31m-a: 1\u{1b}[0m\n\u{1b}[32m+a: 2\u{1b}[0m"),
            "{coloured:?}"
        );
        let same = json!({"comparison": {"runId": "run_1", "release": 1, "same": true, "objects": []}});
        assert_eq!(differences(&same, false), "Nothing differs from run run_1, release 1.\n");
    }
}
