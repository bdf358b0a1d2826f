//! `streamwright member …`

use reqwest::Method;
use serde_json::{Value, json};

use super::client::{Client, escape};
use super::print::{self, items, show, table};
use crate::cli::MemberCommand;
use crate::failure::Failure;

/// Runs `member …`.
///
/// # Errors
/// As the server says.
pub async fn run(command: MemberCommand) -> Result<(), Failure> {
    match command {
        MemberCommand::List { server } => {
            let client = Client::of(&server)?;
            let page = client.get("/members").await?;
            print::body(client.format, &page, list);
        }
        MemberCommand::Set { user, role, server } => {
            let client = Client::of(&server)?;
            let path = client.team_path(&format!("/members/{}", escape(&user)))?;
            let set = client.send(Method::PUT, &path, Some(&json!({ "role": role.word() }))).await?.body;
            print::body(client.format, &set, |one| list(&json!({ "items": [one] })));
        }
        MemberCommand::Remove { user, server } => {
            let client = Client::of(&server)?;
            let path = client.team_path(&format!("/members/{}", escape(&user)))?;
            client.send(Method::DELETE, &path, None).await?;
            eprintln!("{user} is no longer in the team.");
        }
    }
    Ok(())
}

fn list(page: &Value) -> String {
    let row = |member: &Value| vec![show(member, "name"), show(member, "role"), show(member, "userId")];
    table(&["NAME", "ROLE", "ID"], &items(page).iter().map(row).collect::<Vec<_>>())
}
