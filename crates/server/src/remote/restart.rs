//! `streamwright job restart-policy`

use reqwest::Method;
use serde_json::{Value, json};

use super::client::Client;
use super::job::path;
use super::print::{self, at, show};
use crate::cli::RestartPolicy;
use crate::failure::Failure;

/// Shows or changes the restart policy of a job.
///
/// # Errors
/// As the server says.
pub async fn run(asked: RestartPolicy) -> Result<(), Failure> {
    let client = Client::of(&asked.server)?;
    let place = path(&asked.job, "/restart-policy");
    let mut policy = client.get(&place).await?;
    let before = policy.clone();
    let numbers = [
        ("limit", asked.limit),
        ("windowSeconds", asked.window),
        ("initialDelaySeconds", asked.initial_delay),
        ("factor", asked.factor),
        ("maximumDelaySeconds", asked.maximum_delay),
        ("jitterPercent", asked.jitter),
    ];
    for (key, number) in numbers {
        if let Some(number) = number {
            policy[key] = json!(number);
        }
    }
    if let Some(when) = asked.when {
        policy["when"] = json!(when.word());
    }
    if let Some(state) = asked.state {
        policy["state"] = json!(state);
    }
    if policy != before {
        policy = client.send(Method::PUT, &client.team_path(&place)?, Some(&policy)).await?.body;
    }
    print::body(client.format, &policy, text);
    Ok(())
}

fn text(policy: &Value) -> String {
    if at(policy, "when") == "never" {
        return "It is not restarted. Set one with --when failed or --when failed-or-lost.\n".to_owned();
    }
    let lost = if at(policy, "when") == "failed_or_lost" {
        " or is lost"
    } else {
        ""
    };
    format!(
        "When it fails{lost}: up to {} restarts in {} s, after {} s, {} times longer each time up to {} s, ±{} %; state: {}.\n",
        show(policy, "limit"),
        show(policy, "windowSeconds"),
        show(policy, "initialDelaySeconds"),
        show(policy, "factor"),
        show(policy, "maximumDelaySeconds"),
        show(policy, "jitterPercent"),
        at(policy, "state")
    )
}
