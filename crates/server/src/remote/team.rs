//! `streamwright team …`

use reqwest::Method;
use serde_json::{Value, json};

use super::client::{Client, escape};
use super::print::{self, items, show, table};
use crate::cli::{Server, TeamCommand};
use crate::failure::Failure;

/// Runs `team …`.
///
/// # Errors
/// As the server says.
pub async fn run(command: TeamCommand) -> Result<(), Failure> {
    match command {
        TeamCommand::List { server } => {
            let client = Client::of(&server)?;
            let page = client.send(Method::GET, "/api/v1/teams", None).await?.body;
            print::body(client.format, &page, list);
        }
        TeamCommand::Create { name, server } => {
            let client = Client::of(&server)?;
            let made = client
                .send(Method::POST, "/api/v1/teams", Some(&json!({ "name": name })))
                .await?
                .body;
            print::body(client.format, &made, |one| list(&json!({ "items": [one] })));
        }
        TeamCommand::Disable { name, server } => change(&server, &name, true).await?,
        TeamCommand::Enable { name, server } => change(&server, &name, false).await?,
    }
    Ok(())
}

async fn change(server: &Server, team: &str, disabled: bool) -> Result<(), Failure> {
    let client = Client::of(server)?;
    let path = format!("/api/v1/teams/{}", escape(team));
    let changed = client
        .send(Method::PATCH, &path, Some(&json!({ "disabled": disabled })))
        .await?
        .body;
    print::body(client.format, &changed, |one| list(&json!({ "items": [one] })));
    Ok(())
}

fn list(page: &Value) -> String {
    let row = |team: &Value| {
        let state = if team.get("disabledAt").is_some() { "disabled" } else { "" };
        vec![show(team, "name"), state.to_owned(), show(team, "id")]
    };
    table(&["NAME", "STATE", "ID"], &items(page).iter().map(row).collect::<Vec<_>>())
}
