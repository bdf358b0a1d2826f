//! `streamwright cluster …`

use reqwest::Method;
use serde_json::{Map, Value, json};

use super::client::{Client, escape};
use super::print::{self, at, items, show, table};
use super::{connection, log, operation};
use crate::cli::{ClusterCommand, ClusterCreate, JarName};
use crate::failure::Failure;

/// Runs `cluster …`.
///
/// # Errors
/// As the server says.
pub async fn run(command: ClusterCommand) -> Result<(), Failure> {
    match command {
        ClusterCommand::List { server } => {
            let client = Client::of(&server)?;
            let page = client.get("/clusters").await?;
            print::body(client.format, &page, list);
        }
        ClusterCommand::Show { cluster, server } => {
            let client = Client::of(&server)?;
            let found = client.get(&format!("/clusters/{}", escape(&cluster))).await?;
            print::body(client.format, &found, one);
        }
        ClusterCommand::Find { target, server } => {
            let client = Client::of(&server)?;
            let page = client.get(&format!("/targets/{}/clusters", escape(&target))).await?;
            print::body(client.format, &page, found);
        }
        ClusterCommand::Access {
            cluster,
            read_only,
            jobs: _,
            server,
        } => {
            let client = Client::of(&server)?;
            let route = client.team_path(&format!("/clusters/{}/access", escape(&cluster)))?;
            let body = json!({ "readOnly": read_only });
            let shown = client.send(Method::PUT, &route, Some(&body)).await?.body;
            print::body(client.format, &shown, one);
        }
        ClusterCommand::Create(create) => return self::create(*create).await,
        ClusterCommand::Connection(asked) => return connection::run(*asked).await,
        ClusterCommand::Jars {
            cluster,
            with,
            without_jars,
            server,
        } => {
            let client = Client::of(&server)?;
            let path = format!("/clusters/{}", escape(&cluster));
            let shown = if with.is_empty() && !without_jars {
                client.get(&path).await?
            } else {
                let body = json!({ "jars": with.iter().map(JarName::body).collect::<Vec<_>>() });
                let route = client.team_path(&format!("{path}/jars"))?;
                client.send(Method::PUT, &route, Some(&body)).await?.body
            };
            print::body(client.format, &shown, jars);
        }
        ClusterCommand::Start { cluster, wait, server } => {
            let client = Client::of(&server)?;
            let started = client.post(&format!("/clusters/{}/start", escape(&cluster)), &json!({})).await?;
            return operation::accepted(&client, started, wait).await;
        }
        ClusterCommand::Stop { cluster, wait, server } => {
            let client = Client::of(&server)?;
            let stopped = client.post(&format!("/clusters/{}/stop", escape(&cluster)), &json!({})).await?;
            return operation::accepted(&client, stopped, wait).await;
        }
        ClusterCommand::Logs { cluster, log: choice } => return log::run(&format!("/clusters/{}", escape(&cluster)), choice).await,
        ClusterCommand::Delete {
            cluster,
            deployment,
            server,
        } => {
            let client = Client::of(&server)?;
            let query = deployment.map_or_else(String::new, |name| format!("?deployment={}", escape(&name)));
            let route = client.team_path(&format!("/clusters/{}{query}", escape(&cluster)))?;
            client.send(Method::DELETE, &route, None).await?;
            eprintln!("Deleted cluster {cluster}.");
        }
    }
    Ok(())
}

async fn create(create: ClusterCreate) -> Result<(), Failure> {
    let client = Client::of(&create.server)?;
    let configuration: Map<String, Value> = create
        .configuration
        .into_iter()
        .map(|(key, value)| (key, Value::String(value)))
        .collect();
    let jars: Vec<Value> = create.with.iter().map(JarName::body).collect();
    let mut body = json!({ "name": create.name, "configuration": configuration, "jars": jars });
    match (create.rest_url, create.target) {
        (Some(url), _) => {
            body["target"] = json!("standalone");
            body["restUrl"] = json!(url);
        }
        (None, Some(target)) => {
            body["target"] = json!("kubernetes");
            body["targetId"] = json!(target);
            match create.deployment {
                Some(deployment) => body["deployment"] = json!(deployment),
                None => body["flinkVersion"] = json!(create.flink),
            }
        }
        (None, None) => {
            body["target"] = json!("local");
            body["flinkVersion"] = json!(create.flink);
        }
    }
    if let Some(connection) = connection::body(&create.connection)? {
        body["connection"] = connection;
    }
    if let Some(count) = create.task_managers {
        body["taskManagers"] = json!(count);
    }
    if let Some(slots) = create.slots {
        body["slots"] = json!(slots);
    }
    let created = client.post("/clusters", &body).await?;
    if at(&created, "target") == "local" {
        let started = client.post(&format!("/clusters/{}/start", at(&created, "id")), &json!({})).await?;
        return operation::accepted(&client, started, create.wait).await;
    }
    print::body(client.format, &created, one);
    Ok(())
}

/// The jars of a cluster, those of its next start first.
fn jars(cluster: &Value) -> String {
    let named = |key: &str| {
        let jars = cluster[key].as_array().into_iter().flatten();
        let names: Vec<String> = jars.map(|jar| format!("{}@{}", at(jar, "name"), jar["version"])).collect();
        if names.is_empty() { "none".to_owned() } else { names.join(", ") }
    };
    let mut text = format!("jars     {}\n", named("jars"));
    if cluster.get("runningJars").is_some() {
        text.push_str(&format!(
            "         It runs with: {}. The change takes effect at its next start.\n",
            named("runningJars")
        ));
    }
    text
}

fn list(page: &Value) -> String {
    let row = |cluster: &Value| {
        vec![
            show(cluster, "name"),
            show(cluster, "target"),
            show(cluster, "flinkVersion"),
            show(cluster, "status/label"),
            show(cluster, "restUrl"),
        ]
    };
    table(
        &["NAME", "TARGET", "FLINK", "STATE", "ADDRESS"],
        &items(page).iter().map(row).collect::<Vec<_>>(),
    )
}

/// Flink clusters of a namespace.
fn found(page: &Value) -> String {
    let row = |cluster: &Value| {
        let whose = match (cluster["ours"].as_bool(), cluster["owner"].as_str()) {
            (Some(true), _) => "Streamwright",
            (_, Some(owner)) => owner,
            _ => "",
        };
        vec![
            show(cluster, "deployment"),
            show(cluster, "mode"),
            show(cluster, "image"),
            whose.to_owned(),
            show(cluster, "cluster"),
        ]
    };
    table(
        &["DEPLOYMENT", "MODE", "IMAGE", "MADE BY", "TAKEN UP AS"],
        &items(page).iter().map(row).collect::<Vec<_>>(),
    )
}

/// The pods of a cluster in Kubernetes.
fn pods(cluster: &Value) -> String {
    let mut text = String::new();
    for pod in cluster.pointer("/look/pods").and_then(Value::as_array).into_iter().flatten() {
        text.push_str(&format!(
            "pod      {}  {}, {} restarts\n",
            at(pod, "name"),
            at(pod, "phase"),
            show(pod, "restarts")
        ));
        if let Some(cause) = pod["cause"].as_str() {
            text.push_str(&format!("         {cause}\n"));
        }
    }
    text
}

fn one(cluster: &Value) -> String {
    let mut text = format!(
        "{}  {}\n{}\n",
        at(cluster, "name"),
        at(cluster, "id"),
        at(cluster, "status/sentence")
    );
    text.push_str(&format!(
        "target   {} (Flink {})\n",
        show(cluster, "target"),
        show(cluster, "flinkVersion")
    ));
    text.push_str(&format!("address  {}\n", show(cluster, "restUrl")));
    if at(cluster, "target") == "kubernetes" && cluster["managed"] == false {
        let access = if cluster["readOnly"] == true {
            "only looked at"
        } else {
            "jobs may run there"
        };
        text.push_str(&format!("not ours Deployment {}; {access}\n", at(cluster, "deployment")));
    }
    text.push_str(&print::web_address(cluster, "web UI   "));
    text.push_str(&format!(
        "slots    {} free of {}\n",
        show(cluster, "look/slotsFree"),
        show(cluster, "look/slotsTotal")
    ));
    match at(cluster, "target") {
        "local" => text.push_str(&jars(cluster)),
        "kubernetes" => text.push_str(&pods(cluster)),
        _ => text.push_str(&connection::text(cluster)),
    }
    for job in cluster.pointer("/look/unmanaged").and_then(Value::as_array).into_iter().flatten() {
        text.push_str(&format!(
            "not ours {}  {} {}\n",
            show(job, "flinkJobId"),
            show(job, "state"),
            show(job, "name")
        ));
    }
    text
}
