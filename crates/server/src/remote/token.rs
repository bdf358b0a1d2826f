//! `streamwright token …`

use reqwest::Method;
use serde_json::{Value, json};

use super::client::{Client, escape};
use super::print::{self, at, items, show, table};
use crate::cli::TokenCommand;
use crate::failure::Failure;

/// Runs `token …`.
///
/// # Errors
/// As the server says.
pub async fn run(command: TokenCommand) -> Result<(), Failure> {
    match command {
        TokenCommand::List { server } => {
            let client = Client::of(&server)?;
            let page = client.send(Method::GET, "/api/v1/me/tokens", None).await?.body;
            print::body(client.format, &page, list);
        }
        TokenCommand::Create {
            name,
            role,
            all,
            days,
            server,
        } => {
            let client = Client::of(&server)?;
            let mut body = json!({ "name": name, "expiresInDays": days });
            if !all {
                body["team"] = json!(client.named_team()?);
            }
            if let Some(role) = role {
                body["role"] = json!(role.word());
            }
            let made = client.send(Method::POST, "/api/v1/me/tokens", Some(&body)).await?.body;
            eprintln!("This token is shown only now:");
            print::body(client.format, &made, |made| format!("{}\n", at(made, "secret")));
        }
        TokenCommand::Revoke { token, server } => {
            let client = Client::of(&server)?;
            let path = format!("/api/v1/me/tokens/{}", escape(&token));
            client.send(Method::DELETE, &path, None).await?;
            eprintln!("Revoked {token}.");
        }
    }
    Ok(())
}

fn list(page: &Value) -> String {
    let row = |token: &Value| {
        vec![
            show(token, "name"),
            show(token, "scope/team"),
            show(token, "scope/role"),
            show(token, "expiresAt"),
            show(token, "id"),
        ]
    };
    table(
        &["NAME", "TEAM", "ROLE", "UNTIL", "ID"],
        &items(page).iter().map(row).collect::<Vec<_>>(),
    )
}
