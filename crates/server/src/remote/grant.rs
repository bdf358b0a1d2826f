//! `streamwright flink grant`, `target grant` and their `revoke`: which teams may use what belongs to the platform.

use reqwest::Method;
use serde_json::{Value, json};

use super::client::{Client, escape};
use super::print::{self, at, items};
use crate::cli::{Grant, GrantedTeams, Revoke};
use crate::failure::Failure;

/// Something that is granted.
pub struct Granted {
    /// What, for people: `Flink 2.2.1`.
    pub what: String,
    /// Where its grant is written.
    pub path: String,
    /// Who may use it now: `allTeams` and `teams`.
    pub now: Value,
}

/// Runs `flink grant`: the teams are added to those that may use the version.
///
/// # Errors
/// As [`allow`].
pub async fn grant(asked: Grant) -> Result<(), Failure> {
    let client = Client::of(&asked.platform.into())?;
    let granted = version(&client, &asked.version).await?;
    allow(&client, &granted, asked.to).await
}

/// Runs `flink revoke`: the others keep the version.
///
/// # Errors
/// As [`withdraw`].
pub async fn revoke(asked: Revoke) -> Result<(), Failure> {
    let client = Client::of(&asked.platform.into())?;
    let granted = version(&client, &asked.version).await?;
    withdraw(&client, &granted, &asked.teams).await
}

/// Adds teams to those that may use a thing, leaves it to them alone, or lets all teams use it.
///
/// # Errors
/// Exit code 2 where every team may use it and nobody said that the others shall not; else as the server says.
pub async fn allow(client: &Client, granted: &Granted, to: GrantedTeams) -> Result<(), Failure> {
    if to.all_teams {
        return set(client, granted, &json!({ "allTeams": true })).await;
    }
    if granted.now["allTeams"] == json!(true) && !to.only {
        return Err(Failure::usage(format!(
            "every team may use {} already; --only leaves it to the teams that are named",
            granted.what
        )));
    }
    let mut teams = if to.only { Vec::new() } else { names(&granted.now["teams"]) };
    teams.extend(to.teams);
    set(client, granted, &json!({ "allTeams": false, "teams": teams })).await
}

/// Takes a thing from teams; the others keep it.
///
/// # Errors
/// Exit code 2 for a team that may not use it anyway; else as the server says.
pub async fn withdraw(client: &Client, granted: &Granted, named: &[String]) -> Result<(), Failure> {
    let mut teams = if granted.now["allTeams"] == json!(true) {
        items(&client.send(Method::GET, "/api/v1/teams", None).await?.body)
    } else {
        granted.now["teams"].as_array().cloned().unwrap_or_default()
    };
    for named in named {
        let before = teams.len();
        teams.retain(|team| at(team, "name") != named && at(team, "id") != named);
        if teams.len() == before {
            return Err(Failure::usage(format!(
                "no team '{named}' may use {}; nothing was changed",
                granted.what
            )));
        }
    }
    set(client, granted, &json!({ "allTeams": false, "teams": names(&Value::from(teams)) })).await
}

/// The grant of a version by its number or id.
async fn version(client: &Client, version: &str) -> Result<Granted, Failure> {
    let page = client.send(Method::GET, "/api/v1/flink-versions/grants", None).await?.body;
    let all = items(&page);
    let found = all
        .iter()
        .find(|one| at(one, "version") == version || at(one, "flinkVersionId") == version);
    let now = found.cloned().ok_or_else(|| {
        let known: Vec<&str> = all.iter().map(|one| at(one, "version")).collect();
        Failure::refused(format!("the server has no Flink {version} (there are: {})", known.join(", ")))
    })?;
    Ok(Granted {
        what: format!("Flink {}", at(&now, "version")),
        path: format!("/api/v1/flink-versions/{}/grant", escape(at(&now, "flinkVersionId"))),
        now,
    })
}

async fn set(client: &Client, granted: &Granted, body: &Value) -> Result<(), Failure> {
    let set = client.send(Method::PUT, &granted.path, Some(body)).await?.body;
    print::body(client.format, &set, |set| text(&granted.what, set));
    Ok(())
}

fn names(teams: &Value) -> Vec<String> {
    let teams = teams.as_array().into_iter().flatten();
    teams.map(|team| at(team, "name").to_owned()).collect()
}

fn text(what: &str, grant: &Value) -> String {
    let teams = names(&grant["teams"]);
    let mut letters = what.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    match (grant["allTeams"] == json!(true), teams.is_empty()) {
        (true, _) => format!("Every team may use {what}.\n"),
        (false, true) => format!("No team may use {what}.\n"),
        (false, false) => format!("{first}{} may be used by: {}.\n", letters.as_str(), teams.join(", ")),
    }
}
