//! The pool against a planner that misbehaves in every way: a small fake in the place of Java.
//!
//! The fake is a `bin/java` written for the test; what it does is told by the script that is checked. Nothing here
//! measures time: deadlines are short so that the test is, and all waiting is for an answer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use domain::flink_version::VersionNumber;
use domain::ports::{Check, PortError, SqlChecker};
use domain::sql::{Report, Severity, Tier};
use sql::{PlannerSettings, Planners};

const FAKE: &str = r#"#!/usr/bin/env python3
import json, os, sys, time
home = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
mode = open(home + "/mode").read().strip()
with open(home + "/starts", "a") as f:
    f.write(str(os.getpid()) + "\n")
if mode == "dies":
    sys.exit("no class Planner")
if mode == "silent":
    time.sleep(600)
if mode == "garbage":
    print("hello there", flush=True)
print(json.dumps({"hello": {"protocol": 9 if mode == "protocol" else 1, "flinkVersion": "2.2.1"}}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    text = " ".join(s["text"] for s in request.get("statements", []))
    once = home + "/once"
    if "CRASH ONCE" in text and not os.path.exists(once):
        open(once, "w").close()
        os._exit(3)
    if "CRASH ALWAYS" in text:
        sys.stderr.write("Exception in user code\n")
        sys.stderr.flush()
        os.abort()
    if "LOOP" in text:
        while True:
            pass
    if "NOISE" in text:
        print("not json", flush=True)
    if "HUGE" in text:
        sys.stdout.write("x" * (33 * 1024 * 1024))
        sys.stdout.flush()
        time.sleep(600)
    if "WAIT" in text:
        while not os.path.exists(home + "/go"):
            time.sleep(0.01)
    findings = [] if "FINE" in text else [{"statement": 0, "code": "fake", "severity": "error", "line": 1, "column": 1,
        "endLine": 1, "endColumn": 2, "message": "pid %d" % os.getpid(), "positioned": "flink", "cascade": False}]
    print(json.dumps({"id": request["id"], "statements": [], "findings": findings, "tables": {"read": [], "written": ["t"]}, "elapsedMs": 1}), flush=True)
    if "THEN DIE" in text:
        os._exit(1)
"#;

struct Lab {
    folder: tempfile::TempDir,
}

impl Lab {
    fn new(mode: &str) -> Self {
        let lab = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let java = lab.path("bin/java");
        std::fs::create_dir_all(lab.path("bin")).unwrap();
        std::fs::write(&java, FAKE).unwrap();
        std::fs::set_permissions(&java, std::fs::Permissions::from_mode(0o755)).unwrap();
        std::fs::write(lab.path("mode"), mode).unwrap();
        std::fs::write(lab.path("planner.jar"), "").unwrap();
        for home in ["a", "b", "c"] {
            std::fs::create_dir_all(lab.path(home).join("lib")).unwrap();
            std::fs::write(lab.path(home).join("lib/flink-dist.jar"), home).unwrap();
        }
        lab
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn settings(&self) -> PlannerSettings {
        PlannerSettings {
            class_archive: false,
            start_deadline: Duration::from_secs(20),
            check_deadline: Duration::from_secs(20),
            ..PlannerSettings::new(self.path("planner.jar"), self.path("cache"))
        }
    }

    fn planners(&self) -> Planners {
        Planners::new(self.settings())
    }

    fn check(&self, home: &str, script: &str) -> Check {
        Check {
            flink_home: self.path(home).display().to_string(),
            version: VersionNumber::new(2, 2, 1),
            java_home: self.folder.path().display().to_string(),
            script: script.to_owned(),
            configuration: BTreeMap::new(),
            jars: Vec::new(),
            tier: Tier::Deep,
        }
    }

    /// Process ids of all fakes that were ever started.
    fn starts(&self) -> Vec<u32> {
        let text = std::fs::read_to_string(self.path("starts")).unwrap_or_default();
        text.lines().map(|line| line.parse().unwrap()).collect()
    }

    /// Waits until none of the fakes is left, not even as a zombie.
    async fn all_gone(&self) {
        for pid in self.starts() {
            until(|| !Path::new(&format!("/proc/{pid}")).exists()).await;
        }
    }
}

async fn until(condition: impl Fn() -> bool) {
    for _ in 0..2000 {
        if condition() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it did not happen within 20 s");
}

fn code(report: &Report) -> (&str, Severity) {
    let found = report
        .findings
        .iter()
        .find(|found| found.code.starts_with("planner_") || found.code == "fake")
        .unwrap();
    (found.code.as_str(), found.severity)
}

#[tokio::test]
async fn a_worker_is_kept_and_answers_are_kept() {
    let lab = Lab::new("good");
    let planners = lab.planners();
    let first = planners.check(&lab.check("a", "SELECT 1")).await.unwrap();
    assert_eq!(first.tables.written, ["t"]);
    assert_eq!(first, planners.check(&lab.check("a", "SELECT 1")).await.unwrap());
    let second = planners.check(&lab.check("a", "SELECT 2")).await.unwrap();
    assert_eq!(
        first.findings.iter().find(|f| f.code == "fake"),
        second.findings.iter().find(|f| f.code == "fake")
    );
    assert_eq!(lab.starts().len(), 1);
    planners.close().await;
    lab.all_gone().await;
    assert_eq!(std::fs::read_dir(lab.path("cache/scratch")).unwrap().count(), 0);
}

#[tokio::test]
async fn a_worker_that_died_between_checks_is_replaced() {
    let lab = Lab::new("good");
    let planners = lab.planners();
    planners.check(&lab.check("a", "SELECT 'FINE THEN DIE'")).await.unwrap();
    let report = planners.check(&lab.check("a", "SELECT 2")).await.unwrap();
    assert_eq!(code(&report), ("fake", Severity::Error));
    assert_eq!(lab.starts().len(), 2);
}

#[tokio::test]
async fn a_crash_is_tried_again_only_on_a_worker_that_was_in_use() {
    let lab = Lab::new("good");
    let planners = lab.planners();
    planners.check(&lab.check("a", "SELECT 1")).await.unwrap();
    let report = planners.check(&lab.check("a", "SELECT 'CRASH ONCE'")).await.unwrap();
    assert_eq!(code(&report), ("fake", Severity::Error));
    let report = planners.check(&lab.check("a", "\nSELECT 'CRASH ALWAYS'")).await.unwrap();
    assert_eq!(code(&report), ("planner_crashed", Severity::Error));
    let found = report.findings.iter().find(|f| f.code == "planner_crashed").unwrap();
    assert_eq!((found.line, found.column), (2, 1));
    assert!(
        found.detail.as_ref().unwrap().contains("Exception in user code"),
        "{:?}",
        found.detail
    );
    // One at first, one more for each of the two crashes that met a worker in use.
    assert_eq!(lab.starts().len(), 3);
    let report = planners.check(&lab.check("a", "SELECT 3")).await.unwrap();
    assert_eq!(code(&report), ("fake", Severity::Error));
}

#[tokio::test]
async fn an_endless_loop_is_ended_at_the_deadline() {
    let lab = Lab::new("good");
    let planners = Planners::new(PlannerSettings {
        check_deadline: Duration::from_millis(300),
        ..lab.settings()
    });
    let report = planners.check(&lab.check("a", "SELECT 'LOOP'")).await.unwrap();
    assert_eq!(code(&report), ("planner_timeout", Severity::Error));
    lab.all_gone().await;
}

#[tokio::test]
async fn noise_and_a_huge_line_are_findings() {
    let lab = Lab::new("good");
    let planners = lab.planners();
    for script in ["SELECT 'NOISE'", "SELECT 'HUGE'"] {
        let report = planners.check(&lab.check("a", script)).await.unwrap();
        assert_eq!(code(&report), ("planner_crashed", Severity::Error), "{script}");
        lab.all_gone().await;
    }
    assert_eq!(code(&planners.check(&lab.check("a", "SELECT 1")).await.unwrap()).0, "fake");
}

#[tokio::test]
async fn a_planner_that_cannot_start_is_an_error() {
    for (mode, words) in [
        ("dies", "no class Planner"),
        ("protocol", "protocol 9"),
        ("garbage", "cannot be read"),
        ("silent", "no answer within"),
    ] {
        let lab = Lab::new(mode);
        let planners = Planners::new(PlannerSettings {
            start_deadline: Duration::from_millis(if mode == "silent" { 300 } else { 20_000 }),
            ..lab.settings()
        });
        match planners.check(&lab.check("a", "SELECT 1")).await {
            Err(PortError::GiveUp(cause)) => assert!(cause.contains(words), "{mode}: {cause}"),
            other => panic!("{mode}: {other:?}"),
        }
        lab.all_gone().await;
        assert_eq!(std::fs::read_dir(lab.path("cache/scratch")).unwrap().count(), 0, "{mode}");
    }
}

#[tokio::test]
async fn a_missing_distribution_is_an_error() {
    let lab = Lab::new("good");
    let missing = lab.planners().check(&lab.check("nowhere", "SELECT 1")).await;
    assert!(matches!(missing, Err(PortError::GiveUp(cause)) if cause.contains("nowhere")));
}

#[tokio::test]
async fn the_least_used_worker_gives_way() {
    let lab = Lab::new("good");
    let planners = lab.planners();
    for home in ["a", "b", "a", "c"] {
        planners
            .check(&lab.check(home, &format!("SELECT '{home}{}'", lab.starts().len())))
            .await
            .unwrap();
    }
    let starts = lab.starts();
    assert_eq!(starts.len(), 3);
    until(|| !Path::new(&format!("/proc/{}", starts[1])).exists()).await;
    assert!(
        Path::new(&format!("/proc/{}", starts[0])).exists(),
        "the worker of 'a' was used later than that of 'b'"
    );
    planners.check(&lab.check("a", "SELECT 'again'")).await.unwrap();
    assert_eq!(lab.starts().len(), 3);
}

#[tokio::test]
async fn an_idle_worker_is_ended() {
    let lab = Lab::new("good");
    let planners = Planners::new(PlannerSettings {
        idle: Duration::from_millis(100),
        ..lab.settings()
    });
    planners.check(&lab.check("a", "SELECT 1")).await.unwrap();
    lab.all_gone().await;
    planners.check(&lab.check("a", "SELECT 2")).await.unwrap();
    assert_eq!(lab.starts().len(), 2);
}

#[tokio::test]
async fn a_third_home_waits_for_a_place() {
    let lab = Lab::new("good");
    let planners = lab.planners();
    let busy = |home: &str| {
        let (planners, check) = (planners.clone(), lab.check(home, "SELECT 'WAIT'"));
        tokio::spawn(async move { planners.check(&check).await })
    };
    let (first, second) = (busy("a"), busy("b"));
    until(|| lab.starts().len() == 2).await;
    let third = busy("c");
    std::fs::write(lab.path("go"), "").unwrap();
    for asked in [first, second, third] {
        assert_eq!(code(&asked.await.unwrap().unwrap()).0, "fake");
    }
    assert_eq!(lab.starts().len(), 3);
}

#[tokio::test]
async fn workers_end_with_the_pool() {
    let lab = Lab::new("good");
    let planners = lab.planners();
    planners.check(&lab.check("a", "SELECT 1")).await.unwrap();
    drop(planners);
    lab.all_gone().await;
}
