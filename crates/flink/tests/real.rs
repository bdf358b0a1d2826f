//! Real Flink: clusters of JVMs through `LocalHost`, jobs through `Rest`, for every home that the variable
//! `STREAMWRIGHT_TEST_FLINK_HOMES` lists (separated by `:`). They need Java, the built runner jar, and the
//! better part of a minute for each version.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::fs;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use domain::cluster::ProcessLook;
use domain::flink_version::VersionNumber;
use domain::observation::{FlinkState, Presence};
use domain::ports::{
    ClusterHost, ClusterObserver, ClusterSight, Endpoint, JobControl, Launch, SavepointProgress, SavepointRequest, StateStorage, Submission,
};
use domain::run::ClaimMode;
use domain::sql::{Statement, StatementKind};
use flink::{LocalHost, LocalStorage, Rest};

const LIMIT: Duration = Duration::from_secs(180);

/// Polls until there is something; the reason of the last look is shown when there never is.
async fn until<T, F: Future<Output = Result<T, String>>>(what: &str, mut look: impl FnMut() -> F) -> T {
    let begun = Instant::now();
    loop {
        match look().await {
            Ok(found) => return found,
            Err(reason) => assert!(begun.elapsed() < LIMIT, "not within {LIMIT:?}: {what}: {reason}"),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

struct Home {
    path: PathBuf,
    version: VersionNumber,
}

fn homes() -> Vec<Home> {
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
    Rest::new(fs::read(&jar).unwrap_or_else(|error| panic!("{}: {error}: build the runner first", jar.display()))).unwrap()
}

/// A cluster in a folder of its own, ended when the test ends, however it ends.
struct Lab {
    dir: tempfile::TempDir,
    host: LocalHost,
    rest: Rest,
    launch: Launch,
}

const NAME: &str = "lab";

impl Lab {
    fn new(home: &Home, task_managers: u32) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let exe = std::env::current_exe().unwrap();
        let holder = exe.parent().unwrap().parent().unwrap().join("examples").join("hold");
        let host = LocalHost::new(dir.path(), holder);
        let launch = Launch {
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

    fn uri(&self, folder: &str) -> String {
        format!("file://{}", self.dir.path().join(folder).display())
    }

    async fn up(&self) -> (Endpoint, ClusterSight) {
        let endpoint = Endpoint {
            rest_url: self.host.launch(&self.launch).await.unwrap(),
            version: self.launch.version,
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

    async fn log(&self, role: &str) -> String {
        self.host.log_tail(NAME, role, 6_000).await.unwrap_or_default()
    }

    async fn process(&self, role: &str) -> ProcessLook {
        self.host
            .processes(NAME)
            .await
            .unwrap()
            .into_iter()
            .find(|process| process.role == role)
            .unwrap()
    }

    async fn presence(&self, endpoint: &Endpoint, id: &str) -> Result<Presence, String> {
        let sight = self.rest.look(endpoint).await.map_err(|error| error.to_string())?;
        Ok(sight
            .jobs
            .into_iter()
            .find(|job| job.flink_job_id == id)
            .map_or(Presence::Absent, |job| job.presence))
    }

    async fn reach(&self, endpoint: &Endpoint, id: &str, wanted: FlinkState) {
        until(&format!("{id} is {wanted:?}"), || async {
            match self.presence(endpoint, id).await? {
                found if wanted == FlinkState::Running && found.all_tasks_running() => Ok(()),
                Presence::Present { state, .. } if state == wanted && wanted != FlinkState::Running => Ok(()),
                other => Err(format!("{other:?}\n{}", self.log("jobmanager").await)),
            }
        })
        .await;
    }

    async fn savepoint(&self, endpoint: &Endpoint, id: &str, trigger: &str) -> Result<String, String> {
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
        // Still there when an assertion failed.
        for entry in fs::read_dir(self.dir.path().join("clusters").join(NAME))
            .into_iter()
            .flatten()
            .flatten()
        {
            let Ok(text) = fs::read_to_string(entry.path().join("pid")) else {
                continue;
            };
            if let Some(pid) = text
                .split(' ')
                .next()
                .and_then(|pid| pid.parse().ok())
                .filter(|pid| runs_here(*pid, self.dir.path()))
            {
                let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL);
            }
        }
    }
}

/// Whether a process is one of this lab: its command line names the folder.
fn runs_here(pid: i32, dir: &Path) -> bool {
    fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| String::from_utf8_lossy(&line).contains(&dir.display().to_string()))
}

/// Processes of this lab that live, by their command lines.
fn left(dir: &Path) -> Vec<i32> {
    let numbers = fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    numbers.filter(|pid| runs_here(*pid, dir)).collect()
}

fn submission(id: u8, sql: &[(StatementKind, &str)]) -> Submission {
    let statements = sql.iter().zip(1..).map(|((kind, text), line)| Statement {
        kind: *kind,
        line,
        column: 1,
        text: (*text).to_owned(),
    });
    Submission {
        flink_job_id: format!("{id:032x}"),
        job_name: format!("job {id}"),
        statements: statements.collect(),
        configuration: BTreeMap::new(),
        parallelism: Some(1),
        restore_path: None,
        allow_non_restored_state: false,
        claim_mode: ClaimMode::NoClaim,
    }
}

/// A job that runs for ever, counts (so that it has state) and checkpoints.
fn endless(lab: &Lab, id: u8) -> Submission {
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

#[tokio::test]
#[ignore = "needs a Flink home in STREAMWRIGHT_TEST_FLINK_HOMES and the runner jar"]
async fn a_job_is_started_saved_stopped_restored_and_cancelled() {
    for home in homes() {
        let lab = Lab::new(&home, 1);
        let (endpoint, sight) = lab.up().await;
        assert_eq!(sight.version, home.version.to_string());
        assert_eq!(lab.rest.detect_version(&endpoint.rest_url).await, Ok(home.version));
        assert!(!sight.incarnation.is_empty());

        let first = endless(&lab, 1);
        lab.rest.submit(&endpoint, &first).await.unwrap();
        lab.reach(&endpoint, &first.flink_job_id, FlinkState::Running).await;
        // The same again is harmless where the version knows its job ids.
        if home.version.capabilities().refuses_used_job_id {
            lab.rest.submit(&endpoint, &first).await.unwrap();
        }
        let jobs = lab.rest.look(&endpoint).await.unwrap().jobs;
        assert_eq!(jobs.len(), 1);
        assert_eq!(jobs[0].name, "job 1");

        let request = |folder: &str, trigger: u8| SavepointRequest {
            flink_job_id: first.flink_job_id.clone(),
            trigger_id: format!("{trigger:032x}"),
            directory: lab.uri(folder),
            drain: false,
        };
        let trigger = lab.rest.trigger_savepoint(&endpoint, &request("one", 7)).await.unwrap();
        let location = lab.savepoint(&endpoint, &first.flink_job_id, &trigger).await.unwrap();
        let found = LocalStorage.find(&lab.uri("one")).await.unwrap().unwrap();
        assert_eq!(
            location.trim_start_matches("file:").trim_start_matches("//"),
            found.path.trim_start_matches("file://")
        );
        assert!(found.size_bytes > 0);
        let unknown = lab
            .rest
            .savepoint_progress(&endpoint, &first.flink_job_id, &"f".repeat(32))
            .await
            .unwrap();
        assert_eq!(unknown, SavepointProgress::NotKnown);

        let trigger = lab.rest.stop_with_savepoint(&endpoint, &request("two", 8)).await.unwrap();
        let location = lab.savepoint(&endpoint, &first.flink_job_id, &trigger).await.unwrap();
        lab.reach(&endpoint, &first.flink_job_id, FlinkState::Finished).await;
        lab.rest.cancel(&endpoint, &first.flink_job_id).await.unwrap();

        let second = Submission {
            restore_path: Some(location),
            ..endless(&lab, 2)
        };
        lab.rest.submit(&endpoint, &second).await.unwrap();
        lab.reach(&endpoint, &second.flink_job_id, FlinkState::Running).await;
        lab.rest.cancel(&endpoint, &second.flink_job_id).await.unwrap();
        lab.reach(&endpoint, &second.flink_job_id, FlinkState::Canceled).await;
        lab.rest.cancel(&endpoint, &second.flink_job_id).await.unwrap();
        lab.rest.cancel(&endpoint, &"e".repeat(32)).await.unwrap();

        let missing = Submission {
            restore_path: Some(lab.uri("nowhere")),
            ..endless(&lab, 3)
        };
        let refused = lab.rest.submit(&endpoint, &missing).await;
        println!("a missing savepoint: {refused:?}");
        let wrong = submission(4, &[(StatementKind::Insert, "INSERT INTO nowhere SELECT 1")]);
        let refused = lab.rest.submit(&endpoint, &wrong).await.unwrap_err();
        println!("a wrong script: {refused}");
        assert!(refused.to_string().contains("line 1"), "{refused}");

        lab.host.terminate(NAME).await.unwrap();
        assert_eq!(left(lab.dir.path()), Vec::<i32>::new());
        lab.host.remove(NAME).await.unwrap();
        assert_eq!(fs::read_dir(lab.dir.path().join("clusters")).unwrap().count(), 0);
    }
}

#[tokio::test]
#[ignore = "needs a Flink home in STREAMWRIGHT_TEST_FLINK_HOMES and the runner jar"]
async fn a_killed_job_manager_is_recorded_and_comes_back_at_its_address() {
    for home in homes() {
        let lab = Lab::new(&home, 2);
        let (endpoint, before) = lab.up().await;
        let job = endless(&lab, 1);
        lab.rest.submit(&endpoint, &job).await.unwrap();
        lab.reach(&endpoint, &job.flink_job_id, FlinkState::Running).await;
        // What runs is kept.
        let pids = |looks: Vec<ProcessLook>| looks.into_iter().map(|look| look.pid).collect::<Vec<_>>();
        let first = pids(lab.host.processes(NAME).await.unwrap());
        lab.up().await;
        assert_eq!(pids(lab.host.processes(NAME).await.unwrap()), first);
        assert!(lab.host.remove(NAME).await.is_err(), "a folder was removed under a running cluster");

        let pid = i32::try_from(lab.process("jobmanager").await.pid.unwrap()).unwrap();
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL).unwrap();
        let dead = until("the end is recorded", || async {
            let look = lab.process("jobmanager").await;
            if look.exit_code.is_some() {
                Ok(look)
            } else {
                Err(format!("{look:?}"))
            }
        })
        .await;
        assert_eq!((dead.pid, dead.exit_code), (None, Some(137)));
        assert!(dead.ended_at.is_some());
        assert!(lab.rest.look(&endpoint).await.is_err());

        let (again, after) = lab.up().await;
        assert_eq!(again, endpoint);
        assert_ne!(after.incarnation, before.incarnation);
        assert_eq!(lab.presence(&again, &job.flink_job_id).await, Ok(Presence::Absent));
        // Nothing of the first life runs on: the job can be started again at once.
        let second = pids(lab.host.processes(NAME).await.unwrap());
        assert!(
            second.iter().all(|pid| pid.is_some() && !first.contains(pid)),
            "{first:?} {second:?}"
        );
        lab.rest.submit(&again, &job).await.unwrap();
        lab.reach(&again, &job.flink_job_id, FlinkState::Running).await;

        // One TaskManager less is ended, not forgotten.
        let smaller = Launch {
            task_managers: 1,
            ..lab.launch.clone()
        };
        lab.host.launch(&smaller).await.unwrap();
        assert_eq!(lab.host.processes(NAME).await.unwrap().len(), 2);
        lab.host.terminate(NAME).await.unwrap();
        lab.host.terminate(NAME).await.unwrap();
        assert_eq!(left(lab.dir.path()), Vec::<i32>::new());
        let looks = lab.host.processes(NAME).await.unwrap();
        assert!(looks.iter().all(|look| look.pid.is_none() && look.exit_code.is_some()), "{looks:?}");
        assert!(lab.log("jobmanager").await.contains("StandaloneSessionClusterEntrypoint") || !lab.log("jobmanager").await.is_empty());
    }
}

#[tokio::test]
#[ignore = "needs a Flink home in STREAMWRIGHT_TEST_FLINK_HOMES and the runner jar"]
async fn a_jvm_that_cannot_start_says_why() {
    for home in homes().into_iter().take(1) {
        let mut lab = Lab::new(&home, 0);
        lab.launch.configuration.insert(
            "env.java.opts.jobmanager".to_owned(),
            "-XX:NoSuchFlag=1 -XX:-IgnoreUnrecognizedVMOptions".to_owned(),
        );
        lab.host.launch(&lab.launch).await.unwrap();
        let dead = until("the end is recorded", || async {
            let look = lab.process("jobmanager").await;
            if look.exit_code.is_some() {
                Ok(look)
            } else {
                Err(format!("{look:?}"))
            }
        })
        .await;
        assert_eq!(dead.exit_code, Some(1));
        assert!(
            lab.log("jobmanager").await.contains("NoSuchFlag"),
            "{}",
            lab.log("jobmanager").await
        );
    }
}
