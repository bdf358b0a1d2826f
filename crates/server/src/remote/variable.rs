//! `streamwright variable …`

use std::path::Path;

use reqwest::Method;
use serde_json::{Value, json};

use super::client::{Client, escape};
use super::job::script;
use super::print::{self, at, items, show, table};
use crate::cli::{VariableCommand, VariableSet};
use crate::failure::Failure;

/// Runs `variable …`.
///
/// # Errors
/// As the server says.
pub async fn run(command: VariableCommand) -> Result<(), Failure> {
    match command {
        VariableCommand::List { server } => {
            let client = Client::of(&server)?;
            let page = client.get("/variables").await?;
            print::body(client.format, &page, list);
            Ok(())
        }
        VariableCommand::Set(set) => self::set(*set).await,
        VariableCommand::Delete { name, server } => {
            let client = Client::of(&server)?;
            let path = client.team_path(&place(&name))?;
            client.send(Method::DELETE, &path, None).await?;
            println!("Deleted {name}");
            Ok(())
        }
    }
}

fn place(name: &str) -> String {
    format!("/variables/{}", escape(name))
}

async fn set(set: VariableSet) -> Result<(), Failure> {
    let client = Client::of(&set.server)?;
    let known = client.find(&place(&set.name)).await?;
    let secret = known.as_ref().is_some_and(|known| known["secret"] == true);
    if secret && set.value.is_some() {
        return Err(Failure::usage(format!(
            "{} is a secret: give its value with --value-file or on standard input, because other users of this machine can see a command line",
            set.name
        )));
    }
    let value = match set.value {
        Some(value) => value,
        None => from_file(set.value_file.as_deref().unwrap_or(Path::new("-")))?,
    };
    let mut body = json!({ "value": value, "secret": set.secret });
    if let Some(description) = set.description {
        body["description"] = json!(description);
    }
    let now = if known.is_some() {
        let path = client.team_path(&place(&set.name))?;
        client.send(Method::PATCH, &path, Some(&body)).await?.body
    } else {
        body["name"] = json!(set.name);
        client.post("/variables", &body).await?
    };
    print::body(client.format, &now, changed);
    Ok(())
}

/// A value in a file, without the end of its last line.
fn from_file(file: &Path) -> Result<String, Failure> {
    let mut text = script(file)?;
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    Ok(text)
}

/// What a job needs, in words.
fn need(user: &Value) -> &'static str {
    match at(user, "need") {
        "release" => "needs a new release",
        "restart" => "needs a restart",
        _ => "",
    }
}

fn changed(now: &Value) -> String {
    let mut text = format!("Set {} (revision {})\n", at(now, "name"), show(now, "revision"));
    for user in now["usedBy"].as_array().into_iter().flatten() {
        if !need(user).is_empty() {
            text.push_str(&format!("Job {} {}\n", at(user, "job"), need(user)));
        }
    }
    text
}

fn list(page: &Value) -> String {
    let row = |of: &Value| {
        let users = of["usedBy"].as_array().into_iter().flatten();
        let users: Vec<String> = users
            .map(|user| match need(user) {
                "" => at(user, "job").to_owned(),
                need => format!("{} ({need})", at(user, "job")),
            })
            .collect();
        let value = if of["secret"] == true {
            "(secret)".to_owned()
        } else {
            shown(at(of, "value"))
        };
        vec![
            show(of, "name"),
            value,
            show(of, "revision"),
            users.join(", "),
            show(of, "description"),
        ]
    };
    table(
        &["NAME", "VALUE", "REVISION", "USED BY", "DESCRIPTION"],
        &items(page).iter().map(row).collect::<Vec<_>>(),
    )
}

/// The beginning of a value on one line.
fn shown(value: &str) -> String {
    const LONGEST: usize = 40;
    let line = value.lines().next().unwrap_or_default();
    let cut: String = line.chars().take(LONGEST).collect();
    if cut.len() < value.len() { format!("{cut}…") } else { cut }
}
