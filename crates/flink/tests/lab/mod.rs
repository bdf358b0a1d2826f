//! A cluster of real JVMs in a folder of its own, gone when the test ends, however it ends.

use std::collections::BTreeMap;
use std::fs;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::cluster::ProcessLook;
use domain::flink_version::VersionNumber;
use domain::observation::{FlinkState, Presence};
use domain::ports::{
    ClusterHost, ClusterObserver, ClusterSight, Endpoint, JobControl, Launch, PortError, Program, SavepointProgress, Submission, Vault,
};
use domain::run::ClaimMode;
use domain::secret::{Sealed, Secret};
use domain::sql::{Statement, StatementKind};
use flink::{LocalHost, Rest};

const LIMIT: Duration = Duration::from_secs(180);

/// Polls until there is something; the reason of the last look is shown when there never is.
pub async fn until<T, F: Future<Output = Result<T, String>>>(what: &str, mut look: impl FnMut() -> F) -> T {
    let begun = Instant::now();
    loop {
        match look().await {
            Ok(found) => return found,
            Err(reason) => assert!(begun.elapsed() < LIMIT, "not within {LIMIT:?}: {what}: {reason}"),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

pub struct Home {
    pub path: PathBuf,
    pub version: VersionNumber,
}

pub fn homes() -> Vec<Home> {
    let list = std::env::var("STREAMWRIGHT_TEST_FLINK_HOMES").expect("STREAMWRIGHT_TEST_FLINK_HOMES lists Flink homes, separated by ':'");
    let homes: Vec<Home> = list
        .split(':')
        .filter(|path| !path.is_empty())
        .map(|path| Home {
            path: path.into(),
            version: version(Path::new(path)),
        })
        .collect();
    assert!(!homes.is_empty(), "STREAMWRIGHT_TEST_FLINK_HOMES is empty");
    homes
}

fn version(home: &Path) -> VersionNumber {
    let names = fs::read_dir(home.join("lib"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let dist = names
        .into_iter()
        .find(|name| name.starts_with("flink-dist"))
        .expect("a flink-dist jar");
    dist.trim_end_matches(".jar").rsplit('-').next().unwrap().parse().unwrap()
}

fn java_home() -> String {
    if let Ok(home) = std::env::var("JAVA_HOME") {
        return home;
    }
    let path = std::env::var("PATH").unwrap();
    let java = path
        .split(':')
        .map(|dir| Path::new(dir).join("java"))
        .find(|java| java.exists())
        .expect("java on the path");
    java.canonicalize()
        .unwrap()
        .parent()
        .unwrap()
        .parent()
        .unwrap()
        .display()
        .to_string()
}

fn rest() -> Rest {
    let jar = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../java/runner/target/runner.jar");
    Rest::new(
        fs::read(&jar).unwrap_or_else(|error| panic!("{}: {error}: build the runner first", jar.display())),
        Arc::new(NoVault),
    )
    .unwrap()
}

/// A cluster in a folder of its own, ended when the test ends, however it ends.
pub struct Lab {
    pub dir: tempfile::TempDir,
    pub host: LocalHost,
    pub rest: Rest,
    pub launch: Launch,
}

pub const NAME: &str = "lab";

impl Lab {
    pub fn new(home: &Home, task_managers: u32) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let exe = std::env::current_exe().unwrap();
        let holder = exe.parent().unwrap().parent().unwrap().join("examples").join("hold");
        let host = LocalHost::new(dir.path(), holder);
        let launch = Launch {
            jars: Vec::new(),
            name: NAME.to_owned(),
            flink_home: home.path.display().to_string(),
            java_home: java_home(),
            version: home.version,
            task_managers,
            slots: 2,
            rest_port: None,
            configuration: BTreeMap::from([("heartbeat.timeout".to_owned(), "20000".to_owned())]),
        };
        println!("Flink {}", home.version);
        Self {
            dir,
            host,
            rest: rest(),
            launch,
        }
    }

    pub fn uri(&self, folder: &str) -> String {
        format!("file://{}", self.dir.path().join(folder).display())
    }

    pub async fn up(&self) -> (Endpoint, ClusterSight) {
        let endpoint = Endpoint {
            rest_url: self.host.launch(&self.launch).await.unwrap(),
            version: self.launch.version,
            connection: None,
        };
        let sight = until("all slots are there", || async {
            let sight = self.rest.look(&endpoint).await.map_err(|error| error.to_string())?;
            let wanted = self.launch.task_managers * self.launch.slots;
            if sight.slots_total >= wanted {
                Ok(sight)
            } else {
                Err(format!(
                    "{sight:?}\n{}\n{}",
                    self.log("jobmanager").await,
                    self.log("taskmanager-1").await
                ))
            }
        })
        .await;
        (endpoint, sight)
    }

    pub async fn log(&self, role: &str) -> String {
        self.host.log_tail(NAME, role, 6_000).await.unwrap_or_default()
    }

    pub async fn process(&self, role: &str) -> ProcessLook {
        self.host
            .processes(NAME)
            .await
            .unwrap()
            .into_iter()
            .find(|process| process.role == role)
            .unwrap()
    }

    pub async fn presence(&self, endpoint: &Endpoint, id: &str) -> Result<Presence, String> {
        let sight = self.rest.look(endpoint).await.map_err(|error| error.to_string())?;
        Ok(sight
            .jobs
            .into_iter()
            .find(|job| job.flink_job_id == id)
            .map_or(Presence::Absent, |job| job.presence))
    }

    pub async fn reach(&self, endpoint: &Endpoint, id: &str, wanted: FlinkState) {
        until(&format!("{id} is {wanted:?}"), || async {
            match self.presence(endpoint, id).await? {
                found if wanted == FlinkState::Running && found.all_tasks_running() => Ok(()),
                Presence::Present { state, .. } if state == wanted && wanted != FlinkState::Running => Ok(()),
                other => Err(format!("{other:?}\n{}", self.log("jobmanager").await)),
            }
        })
        .await;
    }

    pub async fn savepoint(&self, endpoint: &Endpoint, id: &str, trigger: &str) -> Result<String, String> {
        until("the savepoint ends", || async {
            match self.rest.savepoint_progress(endpoint, id, trigger).await {
                Ok(SavepointProgress::Completed { location }) => Ok(Ok(location)),
                Ok(SavepointProgress::Failed { cause, .. }) => Ok(Err(cause)),
                other => Err(format!("{other:?}")),
            }
        })
        .await
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        // Still there when an assertion failed. Holders first: they would write into the folder while it goes.
        let begun = Instant::now();
        while !left(self.dir.path()).is_empty() && begun.elapsed() < LIMIT {
            for pid in left(self.dir.path()) {
                let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// Whether a process is one of this lab: its command line names the folder.
fn runs_here(pid: i32, dir: &Path) -> bool {
    fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| String::from_utf8_lossy(&line).contains(&dir.display().to_string()))
}

/// Processes of this lab that live, by their command lines.
pub fn left(dir: &Path) -> Vec<i32> {
    let numbers = fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    numbers.filter(|pid| runs_here(*pid, dir)).collect()
}

pub fn submission(id: u8, sql: &[(StatementKind, &str)]) -> Submission {
    let statements = sql.iter().zip(1..).map(|((kind, text), line)| Statement {
        kind: *kind,
        line,
        column: 1,
        text: (*text).to_owned(),
    });
    Submission {
        flink_job_id: format!("{id:032x}"),
        job_name: format!("job {id}"),
        program: Program::Sql {
            statements: statements.collect(),
        },
        jar: None,
        configuration: BTreeMap::new(),
        parallelism: Some(1),
        restore_path: None,
        allow_non_restored_state: false,
        claim_mode: ClaimMode::NoClaim,
        secrets: Vec::new(),
    }
}

/// A job that runs for ever, counts (so that it has state) and checkpoints.
pub fn endless(lab: &Lab, id: u8) -> Submission {
    let mut endless = submission(
        id,
        &[
            (
                StatementKind::Ddl,
                "CREATE TABLE numbers (n BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '20')",
            ),
            (
                StatementKind::Ddl,
                "CREATE TABLE sink (k BIGINT, c BIGINT) WITH ('connector' = 'blackhole')",
            ),
            (
                StatementKind::Insert,
                "INSERT INTO sink SELECT MOD(n, 7), COUNT(*) FROM numbers GROUP BY MOD(n, 7)",
            ),
        ],
    );
    endless.configuration = BTreeMap::from([
        ("execution.checkpointing.interval".to_owned(), "1000".to_owned()),
        (
            lab.launch.version.capabilities().checkpoints_dir_key.to_owned(),
            lab.uri("checkpoints"),
        ),
    ]);
    endless
}

/// A vault that hides nothing.
pub struct NoVault;

impl Vault for NoVault {
    fn seal(&self, _: &str, secret: &Secret) -> Result<Sealed, PortError> {
        Ok(Sealed::new(secret.expose().to_owned()))
    }

    fn open(&self, _: &str, sealed: &Sealed) -> Result<Secret, PortError> {
        Ok(Secret::new(sealed.as_str().to_owned()))
    }
}
