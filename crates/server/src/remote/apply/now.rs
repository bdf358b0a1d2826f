//! What the server has, in the words of the files: for `apply` to compare with, and for `export` to write.

use std::collections::BTreeMap;

use files::connection::variable;
use files::document::{Cluster, ClusterTarget, Connection, Job, Kind, Mode};
use files::plan::{ClusterNow, JobNow};
use serde_json::Value;

use crate::failure::Failure;
use crate::remote::client::{Client, escape};
use crate::remote::job::path;
use crate::remote::print::{at, items};

/// A team of the server with its clusters.
pub struct Team {
    /// Its client.
    pub client: Client,
    /// Its clusters as the API shows them, by name.
    pub clusters: BTreeMap<String, Value>,
    /// The names of the targets that it may use, by id.
    pub targets: BTreeMap<String, String>,
}

/// A job of the server.
pub struct Found {
    /// As the API shows it.
    pub job: Value,
    /// In the words of the files.
    pub now: JobNow,
    /// The artifacts that its newest release has pinned.
    pub pinned: Vec<Value>,
}

impl Team {
    /// Reads a team.
    ///
    /// # Errors
    /// As the server says.
    pub async fn read(client: Client) -> Result<Self, Failure> {
        let (clusters, targets) = (client.get("/clusters").await?, client.get("/targets").await?);
        let named = |cluster: Value| (at(&cluster, "name").to_owned(), cluster);
        let by_id = |target: Value| (at(&target, "id").to_owned(), at(&target, "name").to_owned());
        Ok(Self {
            clusters: items(&clusters).into_iter().map(named).collect(),
            targets: items(&targets).into_iter().map(by_id).collect(),
            client,
        })
    }

    /// No team: of what belongs to the platform.
    #[must_use]
    pub const fn none(client: Client) -> Self {
        Self {
            targets: BTreeMap::new(),
            client,
            clusters: BTreeMap::new(),
        }
    }

    /// The name of a cluster by id; the id itself where it is gone.
    fn cluster_name(&self, id: &str) -> String {
        let found = self.clusters.iter().find(|(_, cluster)| at(cluster, "id") == id);
        found.map_or_else(|| id.to_owned(), |(name, _)| name.clone())
    }

    /// A cluster.
    #[must_use]
    pub fn cluster(&self, name: &str) -> Option<ClusterNow> {
        let found = self.clusters.get(name)?;
        let local = at(found, "target") == "local";
        let number = |key: &str| found[key].as_u64().and_then(|number| u32::try_from(number).ok()).filter(|_| local);
        let text = |key: &str| found[key].as_str().map(str::to_owned);
        Some(ClusterNow {
            cluster: Cluster {
                kind: Kind::Cluster,
                name: name.to_owned(),
                team: self.client.team().map(str::to_owned),
                target: if local { ClusterTarget::Local } else { ClusterTarget::Standalone },
                flink: text("flinkVersion").filter(|_| local),
                rest_url: text("restUrl").filter(|_| !local),
                task_managers: number("taskManagers"),
                slots: number("slots"),
                config: pairs(&found["configuration"]),
                jars: jars(found),
                connection: connection(found),
                running: None,
            },
            other_secrets: Vec::new(),
            asked: at(found, "desired") == "running",
        })
    }

    /// A job by name or id.
    ///
    /// # Errors
    /// As the server says.
    pub async fn job(&self, named: &str) -> Result<Option<Found>, Failure> {
        let Some(job) = self.client.find(&path(named, "")).await? else {
            return Ok(None);
        };
        let id = at(&job, "id");
        let draft = self.client.find(&path(id, "/draft")).await?.unwrap_or_default();
        let mut pinned = Vec::new();
        let release = match job["releaseNumber"].as_i64() {
            Some(number) if number > 0 => {
                let found = self.client.get(&path(id, &format!("/releases/{number}"))).await?;
                pinned = found["artifacts"].as_array().cloned().unwrap_or_default();
                Some((number, self.content(&job, &found["spec"])))
            }
            _ => None,
        };
        let policy = self.client.get(&path(id, "/restart-policy")).await?;
        let label = at(&job, "status/label").to_owned();
        let live = matches!(label.as_str(), "starting" | "running" | "restarting" | "stopping");
        let snapshot = !live && job.get("run").is_some() && self.snapshot(id).await?;
        let asked = job["desired"]["release"].as_i64().unwrap_or(0);
        let now = JobNow {
            draft: Job {
                restart: serde_json::from_value(policy).ok(),
                ..self.content(&job, &draft["spec"])
            },
            revision: draft["revision"].as_i64().unwrap_or(0),
            release,
            newer: Vec::new(),
            asked: (at(&job, "desired/want") == "running").then_some(asked),
            live,
            snapshot,
            label,
        };
        Ok(Some(Found { job, now, pinned }))
    }

    /// Whether a job has a complete snapshot.
    async fn snapshot(&self, id: &str) -> Result<bool, Failure> {
        let found = self.client.all(&path(id, "/snapshots"), "?limit=500").await?;
        Ok(found.iter().any(|snapshot| at(snapshot, "state") == "complete"))
    }

    /// A job's head and one of its specifications as a document.
    fn content(&self, job: &Value, spec: &Value) -> Job {
        let text = |key: &str| spec[key].as_str().map(str::to_owned);
        let list = |key: &str| spec[key].as_array().cloned().unwrap_or_default();
        Job {
            team: self.client.team().map(str::to_owned),
            description: at(job, "description").to_owned(),
            labels: pairs(&job["labels"]),
            cluster: spec["clusterId"].as_str().map(|id| self.cluster_name(id)),
            target: text("targetId").map(|id| self.targets.get(&id).cloned().unwrap_or(id)),
            flink: text("flinkVersion"),
            mode: serde_json::from_value(spec["mode"].clone()).unwrap_or(Mode::Session),
            parallelism: spec["parallelism"].as_u64().and_then(|number| u32::try_from(number).ok()),
            config: pairs(&spec["configuration"]),
            jars: list("jars").iter().map(reference).collect(),
            jar: spec.get("jar").filter(|jar| !jar.is_null()).map(reference),
            jar_uri: text("jarUri"),
            job_manager_template: text("jobManagerTemplate"),
            task_manager_template: text("taskManagerTemplate"),
            entry_class: text("entryClass"),
            args: list("args").iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            sql: text("sql"),
            ..Job::named(at(job, "name").to_owned())
        }
    }
}

/// The jars of a cluster, where it has some.
fn jars(cluster: &Value) -> Option<Vec<String>> {
    let jars = cluster["jars"].as_array().filter(|jars| !jars.is_empty())?;
    Some(jars.iter().map(reference).collect())
}

/// The connection of a cluster; its secrets as references to variables that leave them as they are where they are not set.
fn connection(cluster: &Value) -> Option<Connection> {
    let shown = cluster.get("connection")?;
    let text = |path: &str| shown.pointer(path).and_then(Value::as_str).map(str::to_owned);
    let secret = |is: bool, word: &str| is.then(|| variable(at(cluster, "name"), word));
    let basic = at(shown, "authentication/kind") == "basic";
    let header = at(shown, "authentication/kind") == "header";
    let client_certificate = text("/clientCertificate");
    Some(Connection {
        ca: text("/caCertificate"),
        client_key_env: secret(client_certificate.is_some(), "CLIENT_KEY"),
        client_certificate,
        user: text("/authentication/user"),
        password_env: secret(basic, "PASSWORD"),
        header: text("/authentication/name").filter(|_| header),
        header_value_env: secret(header, "HEADER_VALUE"),
        ..Connection::default()
    })
}

/// How a document names an artifact: `name` or `name@version`.
fn reference(artifact: &Value) -> String {
    match artifact["version"].as_i64() {
        Some(version) => format!("{}@{version}", at(artifact, "name")),
        None => at(artifact, "name").to_owned(),
    }
}

fn pairs(object: &Value) -> BTreeMap<String, String> {
    serde_json::from_value(object.clone()).unwrap_or_default()
}

/// The path of a cluster.
#[must_use]
pub fn cluster_path(name: &str, rest: &str) -> String {
    format!("/clusters/{}{rest}", escape(name))
}
