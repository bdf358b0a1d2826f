//! A test bed: the real binary on a data folder of its own, against a simulated Flink whose every request is
//! recorded. The database is filled through the store, because a release would otherwise need a real planner.

#![allow(dead_code, reason = "each test binary uses its own part of the bed")]

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use domain::cluster::{Cluster, ClusterDesired, TargetKind};
use domain::draft::{Code, JobSpec, Mode};
use domain::id::{TeamId, UserId};
use domain::release::ReleaseContent;
use domain::sql::{Statement, StatementKind};
use serde_json::{Value, json};
use sha2::Digest;
use store::{NewCluster, NewDraft, NewJob, NewRelease, NewToken, Store};
use tokio::process::{Child, Command};

/// How long anything may take before the test says that it hangs.
pub const HANG: Duration = Duration::from_secs(90);
const SECRET: &str = "swt_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";
const TEAM: &str = "bed";

/// Server, simulated Flink and one released job.
pub struct Bed {
    /// The simulated Flink.
    pub sim: sim::Flink,
    data: tempfile::TempDir,
    server: Option<Child>,
    url: String,
    http: reqwest::Client,
    database: Option<String>,
    trusts: bool,
}

/// What came of a request: nothing when the server was gone.
pub type Reply = Option<(u16, Value)>;

impl Bed {
    /// A bed whose simulated Flink is of a version.
    pub async fn new(version: &str) -> Self {
        Self::with(version, &[]).await
    }

    /// The same with configuration of the job.
    pub async fn with(version: &str, configuration: &[(&str, &str)]) -> Self {
        let sim = sim::Flink::start(sim::SimOptions::of(version)).await.unwrap();
        let data = tempfile::tempdir().unwrap();
        let database = Store::sqlite_url(&data.path().join("streamwright.db"));
        fill(&database, sim.url(), (version, configuration)).await;
        Self {
            sim,
            data,
            server: None,
            url: String::new(),
            http: reqwest::Client::new(),
            database: None,
            trusts: true,
        }
    }

    /// The same on another database; the server reaches it under a second address.
    pub async fn on_database(version: &str, database: &str, through: &str) -> Self {
        let bed = Self::new(version).await;
        fill(database, bed.sim.url(), (version, &[])).await;
        Self {
            database: Some(through.to_owned()),
            ..bed
        }
    }

    /// Whether the server says that it can work.
    pub async fn ready(&self) -> bool {
        let answer = self.raw(reqwest::Method::GET, "/readyz", None, None).await;
        answer.is_some_and(|(status, _)| status == 200)
    }

    /// Starts the server and waits until it is ready; `crash` is a fault such as `before:3`.
    pub async fn start(&mut self, crash: Option<&str>) {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let log = std::fs::File::options().create(true).append(true).open(self.log_file()).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_streamwright"));
        command
            .args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--data"])
            .arg(self.data.path());
        command.env("RUST_LOG", "info,engine=debug").env_remove("STREAMWRIGHT_CRASH");
        // Receivers of messages in tests are on this host; other addresses inside stay refused.
        command.env("STREAMWRIGHT_ALLOW_INSIDE", "127.0.0.1");
        command.env("STREAMWRIGHT_PUBLIC_URL", "https://flink.example.com/");
        if self.trusts {
            // The authority of the tests' certificates, as an operator adds one to the system's.
            command.env("SSL_CERT_FILE", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tls/ca.crt"));
        }
        if let Some(database) = &self.database {
            command.env("STREAMWRIGHT_DATABASE", database);
        }
        if let Some(crash) = crash {
            command.env("STREAMWRIGHT_CRASH", crash);
        }
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        self.server = Some(child);
        self.url = format!("http://127.0.0.1:{port}");
        let began = Instant::now();
        while self
            .raw(reqwest::Method::GET, "/readyz", None, None)
            .await
            .is_none_or(|(status, _)| status != 200)
        {
            assert!(began.elapsed() < HANG, "the server is not ready\n{}", self.log());
            if self.dead() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Whether the next server trusts the authority of the tests' certificates.
    pub const fn trust(&mut self, trusts: bool) {
        self.trusts = trusts;
    }

    /// The server's address, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The server's data folder; what Flink writes lies below it as well.
    pub fn folder(&self) -> &std::path::Path {
        self.data.path()
    }

    fn log_file(&self) -> PathBuf {
        self.data.path().join("server.log")
    }

    /// The server's log, all lives of it.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    /// kill -9.
    pub async fn kill(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.kill().await.ok();
        }
    }

    /// Whether the server has ended.
    pub fn dead(&mut self) -> bool {
        self.server.as_mut().is_none_or(|server| server.try_wait().ok().flatten().is_some())
    }

    async fn raw(&self, method: reqwest::Method, path: &str, body: Option<&Value>, key: Option<&str>) -> Reply {
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.url))
            .bearer_auth(SECRET)
            .timeout(HANG);
        if let Some(body) = body {
            request = request.json(body);
        }
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let response = request.send().await.ok()?;
        let status = response.status().as_u16();
        let bytes = response.bytes().await.ok()?;
        Some((status, serde_json::from_slice(&bytes).unwrap_or(Value::Null)))
    }

    /// What Prometheus reads.
    pub async fn metrics(&self) -> String {
        let url = format!("{}/metrics", self.url);
        self.http.get(url).bearer_auth(SECRET).send().await.unwrap().text().await.unwrap()
    }

    /// A Flink version whose folder holds no Flink.
    pub async fn a_flink_that_is_none(&self) {
        let store = Store::open(&Store::sqlite_url(&self.data.path().join("streamwright.db")))
            .await
            .unwrap();
        let version = domain::flink_version::FlinkVersion {
            id: domain::id::FlinkVersionId(store::new_id()),
            version: "2.2.1".parse().unwrap(),
            home: "/nowhere".to_owned(),
            java_home: "/nowhere".to_owned(),
            source: "added".to_owned(),
            created_at: store::now(),
        };
        store.insert_flink_version(&version).await.unwrap();
        store.close().await;
    }

    /// The command line of this server's administrator.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_streamwright"));
        command
            .args(args)
            .env("STREAMWRIGHT_SERVER", &self.url)
            .env("STREAMWRIGHT_TOKEN", SECRET)
            .env("STREAMWRIGHT_TEAM", TEAM)
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }

    /// A request with a body of bytes below the team.
    pub fn bytes(&self, method: reqwest::Method, rest: &str) -> reqwest::RequestBuilder {
        let path = format!("{}/api/v1/teams/{TEAM}{rest}", self.url);
        self.http.request(method, path).bearer_auth(SECRET).timeout(HANG)
    }

    /// GET below the team.
    pub async fn get(&self, rest: &str) -> Reply {
        self.raw(reqwest::Method::GET, &format!("/api/v1/teams/{TEAM}{rest}"), None, None)
            .await
    }

    /// POST below the team with an idempotency key.
    pub async fn post(&self, rest: &str, body: &Value, key: &str) -> Reply {
        self.raw(reqwest::Method::POST, &format!("/api/v1/teams/{TEAM}{rest}"), Some(body), Some(key))
            .await
    }

    /// The database, for what cannot be had by asking; only while the server does not run.
    pub async fn store(&self) -> Store {
        Store::open(&Store::sqlite_url(&self.data.path().join("streamwright.db")))
            .await
            .unwrap()
    }

    /// PUT below the team; it must succeed.
    pub async fn put(&self, rest: &str, body: &Value) -> Value {
        let path = format!("/api/v1/teams/{TEAM}{rest}");
        let (status, answer) = self
            .raw(reqwest::Method::PUT, &path, Some(body), None)
            .await
            .expect("the server answers");
        assert_eq!(status, 200, "{answer:#}");
        answer
    }

    /// A request of any kind on the job.
    pub async fn ask(&self, verb: &str, body: &Value, key: &str) -> Reply {
        if verb == "delete" {
            return self
                .raw(reqwest::Method::DELETE, &format!("/api/v1/teams/{TEAM}/jobs/job"), None, Some(key))
                .await;
        }
        self.post(&format!("/jobs/job/{verb}"), body, key).await
    }

    /// The job as the console sees it.
    pub async fn job(&self) -> Value {
        self.get("/jobs/job").await.expect("the server answers").1
    }

    /// The job's label.
    pub async fn label(&self) -> String {
        self.job().await["status"]["label"].as_str().unwrap_or_default().to_owned()
    }

    /// Waits until the job has this label.
    pub async fn until_label(&self, label: &str) {
        let began = Instant::now();
        loop {
            let job = self.job().await;
            if job["status"]["label"] == label {
                return;
            }
            assert!(
                began.elapsed() < HANG,
                "the job is not {label}: {:#}\n{}",
                job["status"],
                self.log()
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits for an operation's end; nothing when the server ended first.
    pub async fn until_ended(&mut self, id: &str) -> Option<Value> {
        let began = Instant::now();
        loop {
            let (_, operation) = self.get(&format!("/operations/{id}")).await?;
            if operation["state"] != "running" {
                return Some(operation);
            }
            if self.dead() {
                return None;
            }
            assert!(began.elapsed() < HANG, "the operation hangs: {operation:#}\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Asks and waits; the operation must succeed.
    pub async fn done(&mut self, verb: &str, body: &Value) -> Value {
        let (status, accepted) = self
            .ask(verb, body, &format!("{verb}-{}", store::new_id()))
            .await
            .expect("the server answers");
        assert_eq!(status, 202, "{accepted:#}");
        let operation = self.until_ended(accepted["id"].as_str().unwrap()).await.expect("the server lives");
        assert_eq!(operation["state"], "succeeded", "{operation:#}\n{}", self.log());
        operation
    }

    /// Items of a list of the job.
    pub async fn list(&self, what: &str) -> Vec<Value> {
        let (_, page) = self.get(&format!("/jobs/job/{what}")).await.expect("the server answers");
        page["items"].as_array().cloned().unwrap_or_default()
    }
}

async fn fill(url: &str, sim: &str, job: (&str, &[(&str, &str)])) {
    let (version, _) = job;
    let store = Store::open(url).await.unwrap();
    let team = store.create_team(TEAM).await.unwrap();
    let user = store.create_user("admin", Some("not a hash"), true).await.unwrap();
    let token = NewToken {
        user_id: user.id,
        name: "bed".to_owned(),
        scope: None,
        secret_sha256: hex::encode(sha2::Sha256::digest(SECRET)),
        expires_at: None,
    };
    store.create_token(token).await.unwrap();
    let cluster = NewCluster {
        team_id: team.id,
        name: "sim".to_owned(),
        target: TargetKind::Standalone,
        flink_version_id: None,
        version: Some(version.parse().unwrap()),
        rest_url: Some(sim.to_owned()),
        connection: None,
        task_managers: 1,
        slots: 4,
        configuration: [].into(),
        target_id: None,
        deployment: None,
        jars: Vec::new(),
        desired: ClusterDesired::Running,
        created_by: None,
    };
    let cluster = store.create_cluster(cluster).await.unwrap();
    release(&store, (team.id, user.id), &cluster, job).await;
    store.close().await;
}

/// The released job.
async fn release(store: &Store, (team_id, user_id): (TeamId, UserId), cluster: &Cluster, job: (&str, &[(&str, &str)])) {
    let (version, configuration) = job;
    let job = NewJob {
        team_id,
        name: "job".to_owned(),
        description: String::new(),
        labels: [].into(),
        created_by: user_id,
    };
    let job = store.create_job(job).await.unwrap();
    let sql = "INSERT INTO sink SELECT * FROM source".to_owned();
    let spec = JobSpec {
        code: Code::Sql { sql: sql.clone() },
        cluster_id: Some(cluster.id),
        target_id: None,
        flink_version: None,
        mode: Mode::Session,
        parallelism: None,
        configuration: configuration
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect(),
        jars: Vec::new(),
        job_manager_template: None,
        task_manager_template: None,
    };
    let draft = NewDraft {
        team_id,
        job_id: job.id,
        base_revision: None,
        spec: spec.clone(),
        saved_by: user_id,
    };
    store.save_draft(draft).await.unwrap();
    let statements = vec![Statement {
        kind: StatementKind::Insert,
        line: 1,
        column: 1,
        text: sql,
    }];
    let content = ReleaseContent {
        name: "job".to_owned(),
        spec,
        version: version.parse().unwrap(),
        statements,
        artifacts: Vec::new(),
        variables: Vec::new(),
    };
    let release = NewRelease {
        team_id,
        job_id: job.id,
        draft_revision: 1,
        content,
        findings: Vec::new(),
        overridden: false,
        note: String::new(),
        created_by: user_id,
    };
    store.create_release(release).await.unwrap();
}

/// An empty body.
pub fn nothing() -> Value {
    json!({})
}

/// Makes or drops a database on a server that tests may use; answers its address.
#[allow(dead_code, reason = "not every test has a database server")]
pub async fn database(server: &str, verb: &str, name: Option<&str>) -> String {
    use sea_orm::ConnectionTrait;
    let name = name.map_or_else(|| format!("server_test_{}", store::new_id().simple()), str::to_owned);
    let admin = sea_orm::Database::connect(server).await.unwrap();
    admin.execute_unprepared(&format!("{verb} DATABASE {name}")).await.unwrap();
    format!("{}/{name}", server.rsplit_once('/').unwrap().0)
}
