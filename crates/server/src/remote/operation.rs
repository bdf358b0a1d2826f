//! `streamwright operation …`, and waiting for operations with their steps shown as they come.

use std::io::IsTerminal;

use reqwest::Method;
use serde_json::Value;

use super::client::Client;
use super::print::{self, at};
use crate::cli::{Format, OperationCommand, Wait};
use crate::failure::Failure;

/// Runs `operation …`.
///
/// # Errors
/// As the server says.
pub async fn run(command: OperationCommand) -> Result<(), Failure> {
    match command {
        OperationCommand::Show { operation, wait, server } => {
            let client = Client::of(&server)?;
            let found = client.get(&format!("/operations/{operation}")).await?;
            finish(&client, found, wait).await
        }
        OperationCommand::Cancel { operation, server } => {
            let client = Client::of(&server)?;
            let cancelled = client
                .post(&format!("/operations/{operation}/cancel"), &serde_json::json!({}))
                .await?;
            print::body(client.format, &cancelled, text);
            Ok(())
        }
    }
}

/// Prints an operation, after waiting for its end if that was asked; a failed one ends with exit code 1.
///
/// # Errors
/// When the operation failed or the server cannot be asked.
pub async fn finish(client: &Client, mut operation: Value, wait: Wait) -> Result<(), Failure> {
    if wait.wait {
        operation = until_ended(client, operation).await?;
    }
    print::body(client.format, &operation, text);
    match at(&operation, "state") {
        "failed" | "superseded" | "cancelled" if wait.wait => Err(Failure::answer_no("")),
        _ => Ok(()),
    }
}

/// Waits for an operation's end, showing its steps; one that failed is a failure.
///
/// # Errors
/// When the operation failed or the server cannot be asked.
pub async fn follow(client: &Client, operation: Value) -> Result<Value, Failure> {
    let operation = until_ended(client, operation).await?;
    match at(&operation, "state") {
        "succeeded" => Ok(operation),
        _ => Err(Failure::answer_no(text(&operation))),
    }
}

async fn until_ended(client: &Client, mut operation: Value) -> Result<Value, Failure> {
    let mut shown = steps(&operation, 0);
    while at(&operation, "state") == "running" {
        let path = client.team_path(&format!("/operations/{}?wait=2s", at(&operation, "id")))?;
        operation = client.send(Method::GET, &path, None).await?.body;
        shown = steps(&operation, shown);
    }
    Ok(operation)
}

/// Shows the steps that have come since; answers how many have been shown.
fn steps(operation: &Value, shown: usize) -> usize {
    let all = operation.get("steps").and_then(Value::as_array).cloned().unwrap_or_default();
    for step in all.iter().skip(shown) {
        let detail = at(step, "detail");
        if std::io::stderr().is_terminal() || !detail.is_empty() {
            eprintln!("  {}: {detail}", at(step, "name").replace('_', " "));
        }
    }
    all.len()
}

fn text(operation: &Value) -> String {
    let mut lines = format!("{} {} {}\n", at(operation, "id"), at(operation, "kind"), at(operation, "state"));
    if let Some(error) = operation.get("error").filter(|error| !error.is_null()) {
        lines.push_str(&format!(
            "{} ({})\n{}\n",
            at(error, "message"),
            at(error, "code"),
            at(error, "hint")
        ));
    }
    lines
}

/// Prints what an asynchronous request answered, after waiting if that was asked.
///
/// # Errors
/// As [`finish`].
pub async fn accepted(client: &Client, operation: Value, wait: Wait) -> Result<(), Failure> {
    if !wait.wait && client.format == Format::Text {
        println!(
            "{} {} accepted; follow it with `streamwright operation show {} --wait`",
            at(&operation, "id"),
            at(&operation, "kind"),
            at(&operation, "id")
        );
        return Ok(());
    }
    finish(client, operation, wait).await
}
