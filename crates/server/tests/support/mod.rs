//! A test bed: the real `streamwright` in a process of its own, a folder that is removed at the end, and a
//! simulated Flink beside it. The server can be killed, restarted on the same folder and asked over its API.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods, dead_code, missing_docs)]

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use sim::{Flink, SimOptions};

/// How long anything may take before a test says that it hangs.
pub const LIMIT: Duration = Duration::from_secs(60);

/// Team, cluster and job of every bed.
pub const TEAM: &str = "crew";
pub const JOB: &str = "orders";

const PASSWORD: &str = "a password for tests";
const SQL: &str = "CREATE TABLE a (x INT) WITH ('connector' = 'datagen');\n\
    CREATE TABLE b (x INT) WITH ('connector' = 'blackhole');\nINSERT INTO b SELECT x FROM a;";

/// The server's process and what it works with.
pub struct Bed {
    pub flink: Flink,
    pub folder: tempfile::TempDir,
    client: Client,
    port: u16,
    child: Option<Child>,
    token: String,
    /// Sent as `Idempotency-Key` with every write.
    pub key: Option<String>,
}

/// What a crash leaves: the answer, or that there was none.
pub type Answer = Option<(StatusCode, Value)>;

impl Bed {
    /// A server with a team, a standalone cluster at the simulated Flink and a job that is released.
    pub async fn with_job() -> Self {
        let mut bed = Self::empty().await;
        bed.start(None).await;
        bed.sign_in().await;
        let url = bed.flink.url().to_owned();
        bed.ok(Method::POST, "/teams", json!({"name": TEAM})).await;
        bed.ok(Method::POST, "/clusters", json!({"name": "sim", "target": "standalone", "restUrl": url})).await;
        bed.wait("the cluster was seen", async |bed| bed.get("/clusters/sim").await["flinkVersion"].is_string()).await;
        bed.ok(Method::POST, "/jobs", json!({"name": JOB, "spec": {"clusterId": "sim", "sql": SQL}})).await;
        bed.ok(Method::POST, &job("/releases"), json!({"overrideErrors": true})).await;
        bed
    }

    /// A folder and a simulated Flink; no server yet.
    pub async fn empty() -> Self {
        let flink = Flink::start(SimOptions::of("2.2.1")).await.unwrap();
        let client = Client::builder().timeout(LIMIT).build().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        Self { flink, folder: tempfile::tempdir().unwrap(), client, port, child: None, token: String::new(), key: None }
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The server's log so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("server.log")).unwrap_or_default()
    }

    /// Starts the server and waits until it is ready (or has ended: a crash may come at once).
    pub async fn start(&mut self, crash: Option<&str>) {
        let password = self.folder.path().join("password");
        std::fs::write(&password, PASSWORD).unwrap();
        let log = std::fs::File::options().create(true).append(true).open(self.folder.path().join("server.log")).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_streamwright"));
        command.arg("serve").arg("--data").arg(self.data()).arg("--listen").arg(format!("127.0.0.1:{}", self.port));
        command.arg("--admin-password-file").arg(password).current_dir(self.folder.path());
        command.env_remove("STREAMWRIGHT_CRASH").env("RUST_BACKTRACE", "0").stdin(Stdio::null());
        command.stdout(log.try_clone().unwrap()).stderr(log);
        if let Some(crash) = crash {
            command.env("STREAMWRIGHT_CRASH", crash);
        }
        self.child = Some(command.spawn().unwrap());
        let ready = format!("http://127.0.0.1:{}/readyz", self.port);
        let end = Instant::now() + LIMIT;
        while self.ended().is_none() {
            if self.client.get(&ready).send().await.is_ok_and(|answer| answer.status().is_success()) {
                return;
            }
            assert!(Instant::now() < end, "the server is not ready; its log:\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(crash.is_some(), "the server has ended; its log:\n{}", self.log());
    }

    /// Signs in and keeps a token that survives restarts.
    pub async fn sign_in(&mut self) {
        let url = self.url("/sign-in");
        let answer = self.client.post(url).json(&json!({"name": "admin", "password": PASSWORD})).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
        let cookie = answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        let created = self.client.post(self.url("/me/tokens")).header("cookie", cookie).json(&json!({"name": "test"})).send().await.unwrap();
        let body: Value = created.json().await.unwrap();
        self.token = body["secret"].as_str().unwrap_or_else(|| panic!("{body}")).to_owned();
    }

    /// kill -9.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().ok();
            child.wait().unwrap();
        }
    }

    /// Waits until the server has ended by itself.
    pub async fn wait_for_end(&mut self) {
        let end = Instant::now() + LIMIT;
        while self.ended().is_none() {
            assert!(Instant::now() < end, "the server does not end; its log:\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// How the server ended, when it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.as_mut().and_then(|child| child.try_wait().unwrap())
    }

    fn url(&self, path: &str) -> String {
        let platform = ["/sign-in", "/me", "/teams", "/flink-versions", "/installations"].iter().any(|start| path.starts_with(start));
        let team = if platform { String::new() } else { format!("/teams/{TEAM}") };
        format!("http://127.0.0.1:{}/api/v1{team}{path}", self.port)
    }

    /// A request; none when the server has gone before it answered.
    pub async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let read = method == Method::GET;
        let mut request = self.client.request(method, self.url(path)).bearer_auth(&self.token);
        if let Some(key) = self.key.as_ref().filter(|_| !read) {
            request = request.header("idempotency-key", key);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.ok()?;
        let status = answer.status();
        let text = answer.text().await.ok()?;
        Some((status, if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap_or(Value::String(text)) }))
    }

    /// A request that must succeed.
    pub async fn ok(&self, method: Method, path: &str, body: Value) -> Value {
        let shown = format!("{method} {path}");
        let (status, answer) = self.ask(method, path, Some(body)).await.unwrap_or_else(|| panic!("{shown}: no answer\n{}", self.log()));
        assert!(status.is_success(), "{shown}: {status} {answer}\n{}", self.log());
        answer
    }

    /// A read; null when there is no such thing.
    pub async fn get(&self, path: &str) -> Value {
        let (status, answer) = self.ask(Method::GET, path, None).await.unwrap_or_else(|| panic!("{path}: no answer\n{}", self.log()));
        assert!(status.is_success() || status == StatusCode::NOT_FOUND, "{path}: {status} {answer}");
        if status.is_success() { answer } else { Value::Null }
    }

    pub async fn label(&self) -> String {
        self.get(&job("")).await["status"]["label"].as_str().unwrap_or("gone").to_owned()
    }

    /// Waits until something is so, and says what was not and what the server logged.
    pub async fn wait(&self, what: &str, is_so: impl AsyncFn(&Self) -> bool) {
        let end = Instant::now() + LIMIT;
        while !is_so(self).await {
            let job = self.ask(Method::GET, &job(""), None).await;
            assert!(Instant::now() < end, "{what}: not so\njob: {job:?}\nFlink: {:?}\n{}", self.flink.jobs(), self.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until an operation has ended; answers it.
    pub async fn done(&self, operation: &Value) -> Value {
        let path = format!("/operations/{}?wait=30s", operation["id"].as_str().unwrap_or_else(|| panic!("{operation}")));
        let end = Instant::now() + LIMIT;
        loop {
            let now = self.get(&path).await;
            if now["endedAt"].is_string() {
                return now;
            }
            assert!(Instant::now() < end, "the operation does not end: {now}\n{}", self.log());
        }
    }

    /// Starts the job and waits until it runs.
    pub async fn run_job(&self) {
        let operation = self.ok(Method::POST, &job("/start"), json!({})).await;
        let ended = self.done(&operation).await;
        assert_eq!(ended["state"], "succeeded", "{ended}\n{}", self.log());
        assert_eq!(self.label().await, "running");
    }
}

impl Drop for Bed {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A path of the bed's job.
pub fn job(path: &str) -> String {
    format!("/jobs/{JOB}{path}")
}

/// Folders below a directory that hold a complete savepoint.
pub fn savepoints_below(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.join("_metadata").is_file() {
            found.push(path);
        } else if path.is_dir() {
            found.extend(savepoints_below(&path));
        }
    }
    found
}
