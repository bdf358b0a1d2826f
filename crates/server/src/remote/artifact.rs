//! `streamwright artifact …`

use std::fmt::Write;

use reqwest::Method;
use serde_json::Value;

use super::client::{Client, escape};
use super::print::{self, at, items, show, table};
use super::{download, upload};
use crate::cli::ArtifactCommand;
use crate::failure::Failure;

/// Runs `artifact …`.
///
/// # Errors
/// As the server says.
pub async fn run(command: ArtifactCommand) -> Result<(), Failure> {
    match command {
        ArtifactCommand::Upload(options) => return upload::run(options).await,
        ArtifactCommand::Download { which, to, server } => return download::run(&Client::of(&server)?, &which, to).await,
        ArtifactCommand::List { name, search, server } => {
            let client = Client::of(&server)?;
            let page = client.get(&query(name.as_deref(), search.as_deref())).await?;
            print::body(client.format, &page, list);
        }
        ArtifactCommand::Show { which, server } => {
            let client = Client::of(&server)?;
            let found = client.get(&path(&which.artifact, which.version, "")).await?;
            print::body(client.format, &found, one);
        }
        ArtifactCommand::Delete { artifact, version, server } => {
            let client = Client::of(&server)?;
            let path = client.team_path(&path(&artifact, version, ""))?;
            client.send(Method::DELETE, &path, None).await?;
            match version {
                Some(version) => eprintln!("Deleted version {version} of {artifact}."),
                None => eprintln!("Deleted {artifact}."),
            }
        }
    }
    Ok(())
}

/// The path of one version below the team.
pub fn path(artifact: &str, version: Option<i64>, rest: &str) -> String {
    let query = version.map(|version| format!("?version={version}")).unwrap_or_default();
    format!("/artifacts/{}{rest}{query}", escape(artifact))
}

fn query(name: Option<&str>, search: Option<&str>) -> String {
    let mut path = "/artifacts?limit=500".to_owned();
    for (key, value) in [("name", name), ("search", search)] {
        if let Some(value) = value {
            let _ = write!(path, "&{key}={}", escape(value));
        }
    }
    path
}

fn list(page: &Value) -> String {
    let row = |artifact: &Value| {
        vec![
            show(artifact, "name"),
            show(artifact, "version"),
            show(artifact, "kind"),
            bytes(artifact),
            show(artifact, "uses"),
            show(artifact, "createdBy/name"),
        ]
    };
    table(
        &["NAME", "VERSION", "KIND", "SIZE", "USES", "BY"],
        &items(page).iter().map(row).collect::<Vec<_>>(),
    )
}

/// A size for people.
fn bytes(artifact: &Value) -> String {
    let bytes = artifact.get("sizeBytes").and_then(Value::as_f64).unwrap_or_default();
    let units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut unit = 0;
    let mut value = bytes;
    while value >= 1024.0 && unit + 1 < units.len() {
        value /= 1024.0;
        unit += 1;
    }
    let digits = usize::from(unit > 0 && value < 10.0);
    format!("{value:.digits$} {}", units[unit])
}

/// One version.
pub fn one(artifact: &Value) -> String {
    let mut text = format!(
        "{}  version {}  {}\n",
        at(artifact, "name"),
        show(artifact, "version"),
        at(artifact, "id")
    );
    let _ = writeln!(text, "kind     {}", show(artifact, "kind"));
    let _ = writeln!(text, "file     {} ({})", at(artifact, "fileName"), bytes(artifact));
    let _ = writeln!(text, "sha256   {}", at(artifact, "digest"));
    for class in artifact.get("entryClasses").and_then(Value::as_array).into_iter().flatten() {
        let _ = writeln!(text, "main     {}", class.as_str().unwrap_or_default());
    }
    let _ = writeln!(text, "by       {} at {}", at(artifact, "createdBy/name"), at(artifact, "createdAt"));
    for used in artifact.get("usedBy").and_then(Value::as_array).into_iter().flatten() {
        let what = match at(used, "by") {
            "release" => format!("release {} of job {}", show(used, "releaseNumber"), at(used, "name")),
            by => format!("{} of {}", by, at(used, "name")),
        };
        let _ = writeln!(text, "used by  {what}");
    }
    text
}
