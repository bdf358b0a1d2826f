//! `streamwright invitation …`

use reqwest::Method;
use serde_json::{Value, json};

use super::client::{Client, escape};
use super::print::{self, at, items, show, table};
use crate::cli::InvitationCommand;
use crate::failure::Failure;

/// Runs `invitation …`.
///
/// # Errors
/// As the server says.
pub async fn run(command: InvitationCommand) -> Result<(), Failure> {
    match command {
        InvitationCommand::List { server } => {
            let client = Client::of(&server)?;
            let page = client.get("/invitations").await?;
            print::body(client.format, &page, list);
        }
        InvitationCommand::Create { role, note, hours, server } => {
            let client = Client::of(&server)?;
            let body = json!({ "role": role.word(), "note": note, "expiresInHours": hours });
            let made = client.post("/invitations", &body).await?;
            print::body(client.format, &made, |made| link(&client, made));
        }
        InvitationCommand::Revoke { invitation, server } => {
            let client = Client::of(&server)?;
            let path = client.team_path(&format!("/invitations/{}", escape(&invitation)))?;
            client.send(Method::DELETE, &path, None).await?;
            eprintln!("Revoked {invitation}.");
        }
    }
    Ok(())
}

fn link(client: &Client, made: &Value) -> String {
    eprintln!(
        "This link lets one person into the team as {}, until {}:",
        at(made, "invitation/role"),
        at(made, "invitation/expiresAt")
    );
    format!("{}\n", client.page(&format!("invitation#token={}", at(made, "secret"))))
}

fn list(page: &Value) -> String {
    let row = |one: &Value| {
        vec![
            show(one, "note"),
            show(one, "role"),
            show(one, "createdBy/name"),
            show(one, "expiresAt"),
            show(one, "id"),
        ]
    };
    table(
        &["FOR", "ROLE", "BY", "UNTIL", "ID"],
        &items(page).iter().map(row).collect::<Vec<_>>(),
    )
}
