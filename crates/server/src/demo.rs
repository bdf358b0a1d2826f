//! `streamwright demo`: from nothing to a tracked job. Everything after the installation goes through the public
//! API, as any other client would do it; every step can be repeated.

use std::path::Path;

use domain::flink_version::{InvalidVersion, VersionNumber};
use domain::id::TeamId;
use domain::ports::{ClusterHost, InstallSource};
use serde_json::{Value, json};
use store::{NewToken, Store};
use tokio_util::sync::CancellationToken;

use crate::cli::{Demo, Format};
use crate::failure::Failure;
use crate::remote::client::Client;
use crate::remote::operation;
use crate::remote::print::at;
use crate::serve::{self, Server};
use crate::{admin, flink, settings, wiring};

/// The demo's team and cluster.
const TEAM: &str = "demo";
const CLUSTER: &str = "local";
/// Name, line and script of each sample job; the first one is started.
const JOBS: [(&str, &str, &str); 3] = [
    (
        "orders per minute",
        "An unbounded source into a windowed aggregate",
        include_str!("../demo/orders_per_minute.sql"),
    ),
    (
        "ten thousand rows",
        "A bounded source: it finishes by itself",
        include_str!("../demo/ten_thousand_rows.sql"),
    ),
    (
        "orders with payments",
        "A join of two streams that keeps state",
        include_str!("../demo/orders_with_payments.sql"),
    ),
];

/// Runs the demo in the foreground, or removes it.
///
/// # Errors
/// When Flink cannot be installed or the server cannot start.
pub async fn run(demo: Demo) -> Result<(), Failure> {
    let settings = settings::read(&demo.serve.settings.0)?;
    if demo.clean {
        return clean(&settings.data).await;
    }
    serve::log(settings.log_json);
    let version: VersionNumber = demo
        .flink
        .parse()
        .map_err(|error: InvalidVersion| Failure::usage(error.to_string()))?;
    let server = Server::open(&settings).await?;
    let admin = admin::ensure(&server.store).await?;
    say(&format!(
        "Flink {version}: installing it into {} if it is not there",
        server.data.display()
    ));
    let installed = flink::install(&server.store, &server.data, version, &InstallSource::Pypi).await?;
    flink::prepare(&server.data, &installed).await;
    team(&server.store).await?;
    let token = token(&server.store, &admin).await?;
    let client = Client::new(&server.public_url, Some(token), Some(TEAM.to_owned()), Format::Text)?;
    let (store, url) = (server.store.clone(), server.public_url.clone());
    let shutdown = CancellationToken::new();
    tokio::spawn(serve::until_told(shutdown.clone()));
    let served = tokio::spawn(server.run(shutdown.clone()));
    let set_up = tokio::select! {
        set_up = set_up(&client, version) => set_up,
        () = shutdown.cancelled() => Ok(String::new()),
    };
    match set_up {
        Ok(line) if !line.is_empty() => {
            println!("\nConsole:  {url}");
            println!("Sign in:  {}", admin::link(&store, &admin, &url).await?);
            println!("{line}");
            println!("Ctrl-C ends the server; cluster and job go on. `make clean-demo` removes everything.");
        }
        Ok(_) => {}
        // The server is there all the same, with everything to look at and to mend.
        Err(failure) => eprintln!(
            "streamwright: the demo is not complete: {failure}\nConsole:  {url}\nSign in:  {}",
            admin::link(&store, &admin, &url).await?
        ),
    }
    served.await.map_err(|error| Failure::unavailable(error.to_string()))?
}

fn say(sentence: &str) {
    println!("{sentence}");
}

async fn team(store: &Store) -> Result<TeamId, Failure> {
    match store.team_by_name(TEAM).await {
        Ok(team) => Ok(team.id),
        Err(store::StoreError::NotFound) => Ok(store.create_team(TEAM).await?.id),
        Err(error) => Err(error.into()),
    }
}

/// A token for this process's own requests, for one hour.
async fn token(store: &Store, admin: &domain::access::User) -> Result<String, Failure> {
    let secret = admin::secret("swt_")?;
    let expires_at = Some(store::now().plus(domain::time::HOUR));
    let name = "demo".to_owned();
    store
        .create_token(NewToken {
            user_id: admin.id,
            name,
            secret_sha256: admin::sha256(&secret),
            expires_at,
            scope: None,
        })
        .await?;
    Ok(secret)
}

/// Cluster and jobs, as far as they are not there; answers the line about the first job.
async fn set_up(client: &Client, version: VersionNumber) -> Result<String, Failure> {
    let cluster = cluster(client, version).await?;
    for (name, line, sql) in JOBS {
        job(client, (name, line, sql), &cluster).await?;
    }
    start(client, JOBS[0].0).await
}

async fn cluster(client: &Client, version: VersionNumber) -> Result<Value, Failure> {
    let known = client.get("/clusters").await?;
    let mut cluster = known["items"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|cluster| at(cluster, "name") == CLUSTER)
        .cloned();
    if cluster.is_none() {
        say("Cluster: creating the local session cluster");
        let body = json!({ "name": CLUSTER, "target": "local", "flinkVersion": version.to_string(), "taskManagers": 1, "slots": 8 });
        cluster = Some(client.post("/clusters", &body).await?);
    }
    let cluster = cluster.unwrap_or_default();
    if at(&cluster, "status/label") != "running" {
        say("Cluster: starting JobManager and TaskManager");
        let started = client.post(&format!("/clusters/{CLUSTER}/start"), &json!({})).await?;
        operation::follow(client, started).await?;
    }
    Ok(cluster)
}

async fn job(client: &Client, sample: (&str, &str, &str), cluster: &Value) -> Result<(), Failure> {
    let (name, line, sql) = sample;
    let path = format!("/jobs/{}", crate::remote::client::escape(name));
    let known = client.find(&path).await?;
    let known = match known {
        Some(known) => known,
        None => {
            say(&format!("Job: creating \"{name}\""));
            let spec = json!({ "sql": sql, "clusterId": cluster["id"] });
            client
                .post("/jobs", &json!({ "name": name, "description": line, "spec": spec }))
                .await?
        }
    };
    if known["releaseNumber"].as_i64() == Some(0) {
        say(&format!("Job: checking and releasing \"{name}\""));
        client
            .post(&format!("{path}/releases"), &json!({ "note": "The demo's first release" }))
            .await?;
    }
    Ok(())
}

async fn start(client: &Client, name: &str) -> Result<String, Failure> {
    let path = format!("/jobs/{}", crate::remote::client::escape(name));
    let job = client.get(&path).await?;
    if job["actions"]["start"]["allowed"] == json!(true) {
        say(&format!("Job: starting \"{name}\""));
        let snapshots = client.get(&format!("{path}/snapshots")).await?;
        let complete = snapshots["items"]
            .as_array()
            .into_iter()
            .flatten()
            .any(|snapshot| at(snapshot, "state") == "complete");
        let from = if complete { "latest" } else { "none" };
        let started = client.post(&format!("{path}/start"), &json!({ "state": { "from": from } })).await?;
        operation::follow(client, started).await?;
    }
    let job = client.settled(&path).await?;
    Ok(format!(
        "Job:      \"{name}\" is {}. {}",
        at(&job, "status/label").to_uppercase(),
        at(&job, "status/sentence")
    ))
}

/// Ends the demo's clusters and removes its folder.
async fn clean(data: &Path) -> Result<(), Failure> {
    if !data.exists() {
        println!("There is no demo in {}", data.display());
        return Ok(());
    }
    let data = data.canonicalize().map_err(|error| Failure::usage(error.to_string()))?;
    let _lock = serve::lock(&data)?;
    let store = flink::open(&data).await?;
    let host = ::flink::local::LocalHost::new(&data, wiring::own_program()?);
    for cluster in store.all_clusters().await? {
        println!("Ending cluster {}", cluster.name);
        host.terminate(&cluster.id.hex()).await?;
    }
    store.close().await;
    std::fs::remove_dir_all(&data).map_err(|error| Failure::unavailable(format!("{} cannot be removed: {error}", data.display())))?;
    println!("Removed {}", data.display());
    Ok(())
}
