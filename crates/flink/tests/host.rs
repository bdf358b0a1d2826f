//! The host of local clusters with a stand-in for Java: what is kept, what is started, who is spared.

#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods)]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use domain::cluster::ProcessLook;
use domain::ports::{ClusterHost, Launch, PortError};
use flink::LocalHost;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

const LIMIT: Duration = Duration::from_secs(60);
const NAME: &str = "c1";

/// A data folder with a Flink home without Flink and a Java home without Java: its `java` waits for SIGTERM.
struct Bed {
    dir: tempfile::TempDir,
    launch: Launch,
}

impl Bed {
    fn new(java: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("home/lib")).unwrap();
        fs::write(dir.path().join("home/lib/flink-dist-2.2.1.jar"), "").unwrap();
        fs::create_dir_all(dir.path().join("jdk/bin")).unwrap();
        let program = dir.path().join("jdk/bin/java");
        fs::write(&program, format!("#!/bin/sh\n{java}\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let folder = |name: &str| dir.path().join(name).display().to_string();
        let launch = Launch {
            jars: Vec::new(),
            name: NAME.to_owned(),
            flink_home: folder("home"),
            java_home: folder("jdk"),
            version: "2.2.1".parse().unwrap(),
            task_managers: 2,
            slots: 1,
            rest_port: None,
            configuration: BTreeMap::new(),
        };
        Self { dir, launch }
    }

    /// As a server that has just started has it: nothing is remembered.
    fn host(&self) -> LocalHost {
        let exe = std::env::current_exe().unwrap();
        LocalHost::new(
            &self.dir.path().join("data"),
            exe.parent().unwrap().parent().unwrap().join("examples").join("hold"),
        )
    }

    fn cluster(&self) -> PathBuf {
        self.dir.path().join("data/clusters").join(NAME)
    }

    async fn pids(&self) -> Vec<Option<u32>> {
        self.host()
            .processes(NAME)
            .await
            .unwrap()
            .into_iter()
            .map(|look| look.pid)
            .collect()
    }

    async fn until(&self, what: &str, done: impl Fn(&[ProcessLook]) -> bool) {
        let begun = Instant::now();
        loop {
            let looks = self.host().processes(NAME).await.unwrap();
            if done(&looks) {
                return;
            }
            assert!(begun.elapsed() < LIMIT, "not within {LIMIT:?}: {what}: {looks:?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

impl Drop for Bed {
    fn drop(&mut self) {
        // Still there when an assertion failed.
        let begun = Instant::now();
        while !left(self.dir.path()).is_empty() && begun.elapsed() < LIMIT {
            for pid in left(self.dir.path()) {
                let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// Processes whose command line names the folder.
fn left(dir: &Path) -> Vec<i32> {
    let numbers = fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let named = |pid: &i32| {
        fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| String::from_utf8_lossy(&line).contains(&dir.display().to_string()))
    };
    numbers.filter(named).collect()
}

const PATIENT: &str = "trap 'exit 0' TERM; while :; do sleep 0.05; done";

fn raw(pid: Option<u32>) -> Pid {
    Pid::from_raw(i32::try_from(pid.unwrap()).unwrap())
}

#[tokio::test]
async fn what_lives_is_kept_whoever_asks() {
    let bed = Bed::new(PATIENT);
    assert_eq!(bed.host().processes(NAME).await, Ok(Vec::new()), "never launched");
    let (one, two) = (bed.host(), bed.host());
    let (first, second) = tokio::join!(one.launch(&bed.launch), two.launch(&bed.launch));
    assert_eq!(first, second);
    let pids = bed.pids().await;
    assert_eq!(pids.iter().flatten().count(), 3);
    assert_eq!(left(bed.dir.path()).len(), 6, "three programs and their holders");
    bed.host().launch(&bed.launch).await.unwrap();
    assert_eq!(bed.pids().await, pids);
    bed.host().terminate(NAME).await.unwrap();
    assert_eq!(left(bed.dir.path()), Vec::<i32>::new());
    let looks = bed.host().processes(NAME).await.unwrap();
    assert!(
        looks.iter().all(|look| look.exit_code == Some(0) && look.ended_at.is_some()),
        "{looks:?}"
    );
    bed.host().remove(NAME).await.unwrap();
    assert!(!bed.cluster().exists());
    bed.host().terminate(NAME).await.unwrap();
    bed.host().remove(NAME).await.unwrap();
}

#[tokio::test]
async fn a_dead_task_manager_comes_back_alone_and_a_dead_job_manager_takes_all_along() {
    let bed = Bed::new(PATIENT);
    let address = bed.host().launch(&bed.launch).await.unwrap();
    let first = bed.pids().await;
    kill(raw(first[2]), Signal::SIGKILL).unwrap();
    bed.until("the end is seen", |looks| looks[2].exit_code == Some(137)).await;
    bed.host().launch(&bed.launch).await.unwrap();
    let second = bed.pids().await;
    assert_eq!(second[..2], first[..2]);
    assert!(second[2].is_some() && second[2] != first[2]);
    kill(raw(first[0]), Signal::SIGKILL).unwrap();
    bed.until("the end is seen", |looks| looks[0].exit_code == Some(137)).await;
    assert_eq!(bed.host().launch(&bed.launch).await, Ok(address));
    let third = bed.pids().await;
    assert!(
        third.iter().zip(&second).all(|(now, before)| now.is_some() && now != before),
        "{second:?} {third:?}"
    );
    bed.host().terminate(NAME).await.unwrap();
}

#[tokio::test]
async fn a_program_without_its_holder_still_counts_as_alive() {
    let bed = Bed::new(PATIENT);
    bed.host().launch(&bed.launch).await.unwrap();
    let pids = bed.pids().await;
    let programs: Vec<i32> = pids.iter().map(|pid| raw(*pid).as_raw()).collect();
    for holder in left(bed.dir.path()).into_iter().filter(|pid| !programs.contains(pid)) {
        kill(Pid::from_raw(holder), Signal::SIGKILL).unwrap();
    }
    bed.host().launch(&bed.launch).await.unwrap();
    assert_eq!(bed.pids().await, pids);
    assert!(matches!(bed.host().remove(NAME).await, Err(PortError::Retry(_))));
    bed.host().terminate(NAME).await.unwrap();
    assert_eq!(left(bed.dir.path()), Vec::<i32>::new());
    let looks = bed.host().processes(NAME).await.unwrap();
    assert!(
        looks.iter().all(|look| look.pid.is_none() && look.exit_code.is_none()),
        "nobody saw these ends: {looks:?}"
    );
}

#[tokio::test]
async fn a_recycled_process_id_is_spared() {
    let bed = Bed::new(PATIENT);
    let mut stranger = std::process::Command::new("sleep").arg("600").spawn().unwrap();
    fs::create_dir_all(bed.cluster().join("jobmanager")).unwrap();
    fs::write(
        bed.cluster().join("jobmanager/pid"),
        format!("{} 1 an-earlier-boot\n", stranger.id()),
    )
    .unwrap();
    assert_eq!(bed.pids().await, [None]);
    bed.host().terminate(NAME).await.unwrap();
    assert_eq!(stranger.try_wait().unwrap(), None);
    bed.host().launch(&bed.launch).await.unwrap();
    assert_ne!(bed.pids().await[0], Some(stranger.id()));
    bed.host().terminate(NAME).await.unwrap();
    assert_eq!(stranger.try_wait().unwrap(), None);
    stranger.kill().unwrap();
    stranger.wait().unwrap();
}

#[tokio::test]
async fn what_does_not_listen_to_sigterm_is_killed() {
    let bed = Bed::new("trap '' TERM; while :; do sleep 0.05; done");
    let one = Launch {
        task_managers: 0,
        ..bed.launch.clone()
    };
    bed.host().launch(&one).await.unwrap();
    bed.host().terminate(NAME).await.unwrap();
    assert_eq!(left(bed.dir.path()), Vec::<i32>::new());
    assert_eq!(bed.host().processes(NAME).await.unwrap()[0].exit_code, Some(137));
}

#[tokio::test]
async fn a_java_that_ends_at_once_leaves_its_words() {
    let bed = Bed::new("echo 'no such heap'; exit 1");
    bed.host().launch(&bed.launch).await.unwrap();
    bed.until("all have ended", |looks| looks.iter().all(|look| look.exit_code == Some(1)))
        .await;
    assert_eq!(
        bed.host().log_tail(NAME, "taskmanager-2", 1_000).await.as_deref(),
        Ok("no such heap\n")
    );
    let missing = bed.host().log_tail(NAME, "taskmanager-9", 1_000).await;
    assert!(missing.unwrap_err().not_found());
    assert!(bed.host().log_tail(NAME, "../../x", 1_000).await.unwrap_err().not_found());
    let no_java = Launch {
        java_home: "/no/such/jdk".to_owned(),
        ..bed.launch.clone()
    };
    bed.host().launch(&no_java).await.unwrap();
    bed.until("all have ended", |looks| looks.iter().all(|look| look.exit_code == Some(127)))
        .await;
}

#[tokio::test]
async fn the_servers_settings_stay_with_the_server() {
    const SETTING: &str = "STREAMWRIGHT_SEALING_KEY";
    if std::env::var_os(SETTING).is_none() {
        // This test again, as a server with a secret in its environment.
        let again = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "the_servers_settings_stay_with_the_server"])
            .env(SETTING, "very secret")
            .output()
            .unwrap();
        assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stdout));
        return;
    }
    let bed = Bed::new("env; exit 0");
    bed.host().launch(&bed.launch).await.unwrap();
    bed.until("all have ended", |looks| looks.iter().all(|look| look.exit_code == Some(0)))
        .await;
    let seen = bed.host().log_tail(NAME, "jobmanager", 100_000).await.unwrap();
    assert!(seen.contains("FLINK_CONF_DIR=") && !seen.contains("secret"), "{seen}");
}

#[tokio::test]
async fn what_cannot_be_launched_is_refused_in_words() {
    let bed = Bed::new(PATIENT);
    let refused = |launch: Launch| {
        let host = bed.host();
        async move { host.launch(&launch).await.unwrap_err().to_string() }
    };
    let home = Launch {
        flink_home: "/no/such/home".to_owned(),
        ..bed.launch.clone()
    };
    assert!(refused(home).await.contains("/no/such/home cannot be read"));
    for name in ["", "..", "a/b", "A", &"a".repeat(65)] {
        assert!(
            refused(Launch {
                name: name.to_owned(),
                ..bed.launch.clone()
            })
            .await
            .contains("not a name"),
            "{name}"
        );
    }
    let odd = Launch {
        configuration: BTreeMap::from([("a b".to_owned(), "c".to_owned())]),
        ..bed.launch.clone()
    };
    assert!(refused(odd).await.contains("'a b' is not a Flink configuration key"));
    assert_eq!(left(bed.dir.path()), Vec::<i32>::new());
}
