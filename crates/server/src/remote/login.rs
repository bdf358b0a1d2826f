//! `streamwright login`: a password or a one-time link becomes an API token on this machine.

use std::io::{IsTerminal, Write};
use std::os::unix::fs::OpenOptionsExt;

use reqwest::Method;
use serde_json::{Value, json};

use super::client::{Client, Credentials};
use crate::cli::{Format, Login};
use crate::failure::Failure;

/// Signs in and keeps a token.
///
/// # Errors
/// When the server refuses or cannot be reached, or the token cannot be kept.
pub async fn run(login: Login) -> Result<(), Failure> {
    let server = server_of(&login);
    let client = Client::new(&server, None, None, Format::Text)?;
    let (me, cookie) = sign_in(&client, &login).await?;
    let token = token(&client, &cookie).await?;
    let teams: Vec<&str> = me["teams"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|team| team["name"].as_str())
        .collect();
    let team = login.team.clone().or_else(|| teams.first().map(|name| (*name).to_owned()));
    keep(&Credentials {
        server: server.clone(),
        token,
        team: team.clone(),
    })?;
    eprintln!("Signed in to {server} as {}.", me["user"]["name"].as_str().unwrap_or(&login.name));
    match team {
        Some(team) => eprintln!("Team: {team}"),
        None => eprintln!("You are in no team yet."),
    }
    Ok(())
}

/// The server that is meant: named, or the one whose link it is.
fn server_of(login: &Login) -> String {
    let of_link = || {
        login
            .link
            .as_deref()
            .and_then(|link| link.split_once("/sign-in#"))
            .map(|(server, _)| server)
    };
    let named = login.server.as_deref().or_else(of_link);
    named.unwrap_or("http://127.0.0.1:8088").trim_end_matches('/').to_owned()
}

async fn sign_in(client: &Client, login: &Login) -> Result<(Value, String), Failure> {
    let (path, body) = match &login.link {
        Some(link) => {
            let token = link.rsplit_once("token=").map_or(link.as_str(), |(_, token)| token);
            ("/api/v1/sign-in/link", json!({ "token": token }))
        }
        None => ("/api/v1/sign-in", json!({ "name": login.name, "password": password(login)? })),
    };
    client.sign_in(path, &body).await
}

fn password(login: &Login) -> Result<String, Failure> {
    let text = match &login.password_file {
        Some(file) if file.as_os_str() == "-" => std::io::read_to_string(std::io::stdin()),
        Some(file) => std::fs::read_to_string(file),
        None if std::io::stdin().is_terminal() => rpassword::prompt_password(format!("Password of {}: ", login.name)),
        None => {
            return Err(Failure::usage(
                "a password is needed: --password-file FILE, `-` for standard input, or --link URL",
            ));
        }
    };
    let text = text.map_err(|error| Failure::usage(format!("the password cannot be read: {error}")))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

/// A token of its own, so that it can be listed and revoked; the browser-like session ends at once.
async fn token(client: &Client, cookie: &str) -> Result<String, Failure> {
    let name = format!("command line on {}", crate::environment::host());
    let headers = [("cookie", cookie), ("sec-fetch-site", "same-origin")];
    let created = client
        .exchange(Method::POST, "/api/v1/me/tokens", Some(&json!({ "name": name })), &headers)
        .await?;
    let secret = created.body["secret"].as_str().map(str::to_owned);
    // The session was only needed for this.
    let _ = client.exchange(Method::POST, "/api/v1/sign-out", None, &headers).await?;
    secret.ok_or_else(|| {
        Failure::refused(format!(
            "no token was given: {}",
            created.body["detail"].as_str().unwrap_or("no reason named")
        ))
    })
}

fn keep(credentials: &Credentials) -> Result<(), Failure> {
    let file = Credentials::file()?;
    let fails = |error: std::io::Error| Failure::usage(format!("the sign-in cannot be kept in {}: {error}", file.display()));
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).map_err(fails)?;
    }
    let text = serde_json::to_vec_pretty(credentials).map_err(|error| Failure::usage(error.to_string()))?;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    options.open(&file).and_then(|mut open| open.write_all(&text)).map_err(fails)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_names_its_server() {
        let of = |server: Option<&str>, link: Option<&str>| {
            server_of(&Login {
                server: server.map(str::to_owned),
                name: "admin".to_owned(),
                password_file: None,
                link: link.map(str::to_owned),
                team: None,
            })
        };
        let link = Some("https://flink.example:1/base/sign-in#token=abc");
        assert_eq!(of(None, link), "https://flink.example:1/base");
        assert_eq!(of(Some("http://other/"), link), "http://other");
        assert_eq!(of(None, Some("abc")), "http://127.0.0.1:8088");
        assert_eq!(of(None, None), "http://127.0.0.1:8088");
    }
}
