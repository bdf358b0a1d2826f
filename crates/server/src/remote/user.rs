//! `streamwright user …`

use reqwest::Method;
use serde_json::{Value, json};

use super::client::{Client, escape};
use super::print::{self, at, items, show, table};
use crate::cli::{Server, UserCommand};
use crate::failure::Failure;

/// Runs `user …`.
///
/// # Errors
/// As the server says.
pub async fn run(command: UserCommand) -> Result<(), Failure> {
    match command {
        UserCommand::List { search, server } => {
            let client = Client::of(&server)?;
            let search = escape(&search.unwrap_or_default());
            let path = format!("/api/v1/users?limit=500&search={search}");
            let page = client.send(Method::GET, &path, None).await?.body;
            print::body(client.format, &page, list);
        }
        UserCommand::Create {
            name,
            platform_admin,
            server,
        } => {
            let client = Client::of(&server)?;
            let body = json!({ "name": name, "platformAdmin": platform_admin });
            let made = client.send(Method::POST, "/api/v1/users", Some(&body)).await?.body;
            print::body(client.format, &made, |made| link(&client, made));
        }
        UserCommand::Link { user, server } => {
            let client = Client::of(&server)?;
            let path = format!("/api/v1/users/{}/link", escape(&user));
            let made = client.send(Method::POST, &path, Some(&json!({}))).await?.body;
            print::body(client.format, &made, |made| link(&client, made));
        }
        UserCommand::Disable { user, server } => change(&server, &user, json!({ "disabled": true })).await?,
        UserCommand::Enable { user, server } => change(&server, &user, json!({ "disabled": false })).await?,
        UserCommand::Promote { user, server } => change(&server, &user, json!({ "platformAdmin": true })).await?,
        UserCommand::Demote { user, server } => change(&server, &user, json!({ "platformAdmin": false })).await?,
    }
    Ok(())
}

async fn change(server: &Server, user: &str, body: Value) -> Result<(), Failure> {
    let client = Client::of(server)?;
    let path = format!("/api/v1/users/{}", escape(user));
    let changed = client.send(Method::PATCH, &path, Some(&body)).await?.body;
    print::body(client.format, &changed, |one| list(&json!({ "items": [one] })));
    Ok(())
}

fn link(client: &Client, made: &Value) -> String {
    eprintln!(
        "This link lets {} in once, until {}:",
        at(made, "account/name"),
        at(made, "expiresAt")
    );
    format!("{}\n", client.page(&format!("sign-in#token={}", at(made, "secret"))))
}

fn list(page: &Value) -> String {
    let row = |user: &Value| {
        let word = |key: &str, text: &str| {
            let set = user.get(key).is_some_and(|value| *value != json!(false));
            if set { text.to_owned() } else { String::new() }
        };
        vec![
            show(user, "name"),
            word("platformAdmin", "platform admin"),
            word("disabledAt", "disabled"),
            show(user, "id"),
        ]
    };
    table(
        &["NAME", "PLATFORM", "STATE", "ID"],
        &items(page).iter().map(row).collect::<Vec<_>>(),
    )
}
