//! Clusters of documents: what of their jars and secrets the server has, and the steps that bring them to the document.

use files::connection::SecretPlace;
use files::document::{Cluster, ClusterTarget, Connection};
use files::plan::{ClusterNow, Plan, Step};
use files::read::{Document, Jar, jar};
use reqwest::Method;
use serde_json::{Value, json};

use super::act::{Done, artifact};
use super::jar::{Coming, newest};
use super::now::{Team, cluster_path};
use crate::environment;
use crate::failure::Failure;
use crate::remote::connection::{line, read};
use crate::remote::operation;

/// The plan for a cluster.
///
/// # Errors
/// As the server says, or when a secret cannot be read.
pub async fn plan(team: &Team, document: &Document, cluster: &Cluster, coming: &Coming) -> Result<Plan, Failure> {
    let mut now = team.cluster(&cluster.name);
    let mut unset = Vec::new();
    if let Some(connection) = &cluster.connection {
        let body = body(document, connection, &mut unset)?;
        match &mut now {
            Some(now) => now.other_secrets = other_secrets(team, (cluster, now), &body).await?,
            None if !unset.is_empty() => {
                let why = format!("it is new, and {} is not set: its secret is nowhere", unset.join(", "));
                return Ok(Plan {
                    refused: Some(why),
                    ..files::plan::cluster(cluster, None)
                });
            }
            None => {}
        }
    }
    let mut plan = files::plan::cluster(&resolved(team, cluster, coming).await?, now.as_ref());
    if !plan.steps.is_empty() {
        let stays = unset
            .iter()
            .map(|name| format!("{name} is not set: that secret stays as the server has it"));
        plan.notes.extend(stays);
    }
    Ok(plan)
}

/// A cluster whose jars have their versions, as far as they are known before anything is uploaded.
async fn resolved(team: &Team, cluster: &Cluster, coming: &Coming) -> Result<Cluster, Failure> {
    let mut cluster = cluster.clone();
    for text in cluster.jars.iter_mut().flatten() {
        let Jar::Known(known) = jar(text) else { continue };
        if known.version.is_some() {
            continue;
        }
        if let Some((version, _)) = newest(team, &known.name, coming).await? {
            *text = format!("{}@{version}", known.name);
        }
    }
    Ok(cluster)
}

/// A connection as the API takes it; variables that are not set are noted.
fn body(document: &Document, connection: &Connection, unset: &mut Vec<String>) -> Result<Value, Failure> {
    let mut body = json!({ "caCertificate": connection.ca, "clientCertificate": connection.client_certificate });
    if let Some(user) = &connection.user {
        body["authentication"] = json!({ "kind": "basic", "user": user });
    }
    if let Some(name) = &connection.header {
        body["authentication"] = json!({ "kind": "header", "name": name });
    }
    for secret in connection.secrets() {
        let Some(text) = secret_of(document, &secret)? else {
            unset.extend(secret.variable.map(str::to_owned));
            continue;
        };
        match secret.field {
            "clientKey" => body["clientKey"] = json!(text),
            field => body["authentication"][field] = json!(text),
        }
    }
    if let Some(keys) = body.as_object_mut() {
        keys.retain(|_, value| !value.is_null());
    }
    Ok(body)
}

fn secret_of(document: &Document, secret: &SecretPlace<'_>) -> Result<Option<String>, Failure> {
    let file = secret.file.and_then(|path| Some((path, document.files.get(path)?)));
    match (file, secret.variable) {
        (Some((place, file)), _) if secret.field == "clientKey" => read(&document.at(place).to_string(), file).map(Some),
        (Some((place, file)), _) => line(&document.at(place).to_string(), file).map(Some),
        (None, Some(name)) => Ok(environment::variable(name)),
        (None, None) => Ok(None),
    }
}

/// The secrets of a document that are not those of the server, which does not say what its own are.
async fn other_secrets(team: &Team, (cluster, now): (&Cluster, &ClusterNow), body: &Value) -> Result<Vec<String>, Failure> {
    let differs = team.client.post(&cluster_path(&cluster.name, "/connection/compare"), body).await?;
    let (shown, wanted) = (
        now.cluster.connection.clone().unwrap_or_default(),
        cluster.connection.clone().unwrap_or_default(),
    );
    let same_name = (shown.user, shown.header) == (wanted.user, wanted.header);
    let same_certificate =
        shown.client_certificate.map(|text| text.trim().to_owned()) == wanted.client_certificate.map(|text| text.trim().to_owned());
    let differs = differs["differs"].as_array().cloned().unwrap_or_default();
    let differs = differs.iter().filter_map(Value::as_str);
    // With another user or certificate the secret goes without saying.
    let secrets = differs.filter(|part| match *part {
        "clientKey" => same_certificate,
        "authentication" => same_name,
        _ => false,
    });
    Ok(secrets.map(str::to_owned).collect())
}

/// Does one step of a cluster; its start is waited for, because jobs may need it.
///
/// # Errors
/// As the server says, or when it does not come up.
pub async fn step(team: &Team, (document, cluster): (&Document, &Cluster), step: &Step, done: &mut Done) -> Result<(), Failure> {
    let client = &team.client;
    let put = async |rest: &str, body: &Value| {
        let route = client.team_path(&cluster_path(&cluster.name, rest))?;
        client.send(Method::PUT, &route, Some(body)).await
    };
    match step {
        Step::Create => {
            client.post("/clusters", &new(document, cluster)?).await?;
            done.words.push("created".to_owned());
        }
        Step::Connect => {
            let connection = cluster.connection.clone().unwrap_or_default();
            put("/connection", &body(document, &connection, &mut Vec::new())?).await?;
            done.words.push("connection changed".to_owned());
        }
        Step::Jars => {
            put("/jars", &json!({ "jars": jars(cluster) })).await?;
            done.words.push("jars changed".to_owned());
        }
        Step::Start { .. } => {
            let started = client.post(&cluster_path(&cluster.name, "/start"), &json!({})).await?;
            operation::follow(client, started).await?;
            done.words.push("started".to_owned());
        }
        // A cluster gets no other steps.
        _ => {}
    }
    Ok(())
}

fn jars(cluster: &Cluster) -> Vec<Value> {
    cluster.jars.iter().flatten().map(|jar| artifact(jar)).collect()
}

fn new(document: &Document, cluster: &Cluster) -> Result<Value, Failure> {
    let mut body = json!({ "name": cluster.name, "target": cluster.target, "configuration": cluster.config, "jars": jars(cluster) });
    match cluster.target {
        ClusterTarget::Local => body["flinkVersion"] = json!(cluster.flink),
        ClusterTarget::Standalone => body["restUrl"] = json!(cluster.rest_url),
    }
    if let Some(connection) = &cluster.connection {
        body["connection"] = self::body(document, connection, &mut Vec::new())?;
    }
    for (key, value) in [("taskManagers", cluster.task_managers), ("slots", cluster.slots)] {
        if let Some(value) = value {
            body[key] = json!(value);
        }
    }
    Ok(body)
}
