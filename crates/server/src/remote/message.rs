//! `streamwright message …`

use std::path::Path;

use reqwest::Method;
use serde_json::{Value, json};

use super::client::{Client, escape};
use super::job::script;
use super::print::{self, at, items, show, table};
use crate::cli::{DestinationAdd, DestinationCommand, MessageCommand};
use crate::failure::Failure;

/// Runs `message …`.
///
/// # Errors
/// As the server says.
pub async fn run(command: MessageCommand) -> Result<(), Failure> {
    match command {
        MessageCommand::List { server } => {
            let client = Client::of(&server)?;
            let page = client.get("/deliveries").await?;
            print::body(client.format, &page, deliveries);
            Ok(())
        }
        MessageCommand::Destination(DestinationCommand::Add(add)) => self::add(*add).await,
        MessageCommand::Destination(DestinationCommand::List { server }) => {
            let client = Client::of(&server)?;
            let page = client.get("/destinations").await?;
            print::body(client.format, &page, destinations);
            Ok(())
        }
        MessageCommand::Destination(DestinationCommand::Test(only)) => {
            let client = Client::of(&only.server)?;
            let place = found(&client, &only.destination).await?;
            client.post(&format!("{place}/test"), &json!({})).await?;
            println!("The receiver took the test.");
            Ok(())
        }
        MessageCommand::Destination(DestinationCommand::Delete(only)) => {
            let client = Client::of(&only.server)?;
            let place = found(&client, &only.destination).await?;
            client.send(Method::DELETE, &client.team_path(&place)?, None).await?;
            println!("Deleted {}", only.destination);
            Ok(())
        }
    }
}

/// The place of a destination, by name or id.
async fn found(client: &Client, which: &str) -> Result<String, Failure> {
    let page = client.get("/destinations").await?;
    let all = items(&page);
    let known = all.iter().find(|known| at(known, "id") == which || at(known, "name") == which);
    let known = known.ok_or_else(|| Failure::refused(format!("the team has no destination '{which}'")))?;
    Ok(format!("/destinations/{}", escape(at(known, "id"))))
}

/// A secret in a file, without the line's end.
fn secret(file: &Path) -> Result<String, Failure> {
    Ok(script(file)?.trim().to_owned())
}

async fn add(add: DestinationAdd) -> Result<(), Failure> {
    let client = Client::of(&add.server)?;
    let address = match (&add.webhook_file, &add.mail_server) {
        (Some(file), _) => json!({ "kind": "webhook", "url": secret(file)?, "preset": add.preset.word() }),
        (None, Some(server)) => json!({
            "kind": "email", "server": server, "port": add.port, "security": add.security, "username": add.username,
            "password": add.password_file.as_deref().map(secret).transpose()?, "from": add.from, "to": add.to,
        }),
        (None, None) => {
            return Err(Failure::usage(
                "give --webhook-file, or --mail-server with --from and --to".to_owned(),
            ));
        }
    };
    let mut body = json!({ "name": add.name, "address": address });
    if !add.trouble.is_empty() {
        body["rules"] = json!({ "trouble": add.trouble });
    }
    let made = client.post("/destinations", &body).await?;
    print::body(client.format, &made, |made| {
        format!("Added {}  {}\n", at(made, "name"), at(made, "id"))
    });
    Ok(())
}

fn destinations(page: &Value) -> String {
    let row = |of: &Value| {
        let place = if at(of, "address/kind") == "webhook" {
            format!("{} at {}", at(of, "address/preset"), at(of, "address/host"))
        } else {
            let to: Vec<&str> = of["address"]["to"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            to.join(", ")
        };
        vec![show(of, "name"), show(of, "address/kind"), place, show(of, "rules/enabled")]
    };
    table(
        &["NAME", "KIND", "WHERE", "ENABLED"],
        &items(page).iter().map(row).collect::<Vec<_>>(),
    )
}

fn deliveries(page: &Value) -> String {
    let row = |of: &Value| {
        vec![
            show(of, "createdAt"),
            show(of, "state"),
            show(of, "tries"),
            show(of, "subject"),
            show(of, "error"),
        ]
    };
    table(
        &["TIME", "STATE", "TRIES", "MESSAGE", "ERROR"],
        &items(page).iter().map(row).collect::<Vec<_>>(),
    )
}
