//! `streamwright flink grant` and `flink revoke`: which teams may use a Flink version.

use reqwest::Method;
use serde_json::{Value, json};

use super::client::{Client, escape};
use super::print::{self, at, items, show};
use crate::cli::{Grant, Revoke};
use crate::failure::Failure;

/// Runs `flink grant`: the teams are added to those that may use the version.
///
/// # Errors
/// Exit code 2 where every team may use it and nobody said that the others shall not; else as the server says.
pub async fn grant(asked: Grant) -> Result<(), Failure> {
    let client = Client::of(&asked.platform.into())?;
    let now = find(&client, &asked.version).await?;
    if asked.all_teams {
        return set(&client, &now, &json!({ "allTeams": true })).await;
    }
    if now["allTeams"] == json!(true) && !asked.only {
        let version = show(&now, "version");
        return Err(Failure::usage(format!(
            "every team may use Flink {version} already; --only leaves it to the teams that are named"
        )));
    }
    let mut teams = if asked.only { Vec::new() } else { names(&now["teams"]) };
    teams.extend(asked.teams);
    set(&client, &now, &json!({ "allTeams": false, "teams": teams })).await
}

/// Runs `flink revoke`: the others keep the version.
///
/// # Errors
/// Exit code 2 for a team that may not use it anyway; else as the server says.
pub async fn revoke(asked: Revoke) -> Result<(), Failure> {
    let client = Client::of(&asked.platform.into())?;
    let now = find(&client, &asked.version).await?;
    let mut teams = if now["allTeams"] == json!(true) {
        items(&client.send(Method::GET, "/api/v1/teams", None).await?.body)
    } else {
        now["teams"].as_array().cloned().unwrap_or_default()
    };
    for named in &asked.teams {
        let before = teams.len();
        teams.retain(|team| at(team, "name") != named && at(team, "id") != named);
        if teams.len() == before {
            let version = show(&now, "version");
            return Err(Failure::usage(format!(
                "no team '{named}' may use Flink {version}; nothing was changed"
            )));
        }
    }
    set(&client, &now, &json!({ "allTeams": false, "teams": names(&Value::from(teams)) })).await
}

/// The grant of a version by its number or id.
async fn find(client: &Client, version: &str) -> Result<Value, Failure> {
    let page = client.send(Method::GET, "/api/v1/flink-versions/grants", None).await?.body;
    let all = items(&page);
    let found = all
        .iter()
        .find(|one| at(one, "version") == version || at(one, "flinkVersionId") == version);
    found.cloned().ok_or_else(|| {
        let known: Vec<&str> = all.iter().map(|one| at(one, "version")).collect();
        Failure::refused(format!("the server has no Flink {version} (there are: {})", known.join(", ")))
    })
}

async fn set(client: &Client, grant: &Value, body: &Value) -> Result<(), Failure> {
    let path = format!("/api/v1/flink-versions/{}/grant", escape(at(grant, "flinkVersionId")));
    let set = client.send(Method::PUT, &path, Some(body)).await?.body;
    print::body(client.format, &set, text);
    Ok(())
}

fn names(teams: &Value) -> Vec<String> {
    let teams = teams.as_array().into_iter().flatten();
    teams.map(|team| at(team, "name").to_owned()).collect()
}

fn text(grant: &Value) -> String {
    let version = show(grant, "version");
    let teams = names(&grant["teams"]);
    match (grant["allTeams"] == json!(true), teams.is_empty()) {
        (true, _) => format!("Every team may use Flink {version}.\n"),
        (false, true) => format!("No team may use Flink {version}.\n"),
        (false, false) => format!("Flink {version} may be used by: {}.\n", teams.join(", ")),
    }
}
