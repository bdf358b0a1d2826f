//! The corpus through the real planner: every faulty script is caught in its line, no valid one is blamed.
//!
//! Needs Flink distributions, so it is ignored unless asked for:
//! `STREAMWRIGHT_TEST_FLINK_HOMES=/path/1.20.5:/path/2.2.1 cargo test -p sql --test corpus -- --ignored --nocapture`,
//! with the planner and the stub connector built below `java/`. `STREAMWRIGHT_TEST_PROGRAM` may name a built
//! `streamwright`, whose sandbox the workers then run in; `STREAMWRIGHT_TEST_SHOW` prints every finding.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use domain::flink_version::VersionNumber;
use domain::ports::{Check, SqlChecker};
use domain::sql::{Finding, Report, Severity, Tier};
use serde::Deserialize;
use sql::text::{Style, render};
use sql::{PlannerSettings, Planners, Script};

/// The least of all faulty scripts that must be blamed in the right line and column, in hundredths.
const LINES_RIGHT: usize = 95;
const COLUMNS_RIGHT: usize = 90;

#[derive(Deserialize)]
struct Expected {
    tier: String,
    culprit: Option<[u32; 4]>,
    ideal: String,
    caught_by: BTreeMap<String, String>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join("corpus").join(path)).unwrap()
}

fn homes() -> Vec<(PathBuf, VersionNumber)> {
    let homes =
        std::env::var_os("STREAMWRIGHT_TEST_FLINK_HOMES").expect("STREAMWRIGHT_TEST_FLINK_HOMES names Flink homes, separated by ':'");
    std::env::split_paths(&homes).map(|home| (home.clone(), version(&home))).collect()
}

/// The version in the name of `flink-dist…-VERSION.jar`.
fn version(home: &Path) -> VersionNumber {
    let names = std::fs::read_dir(home.join("lib"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let dist = names.into_iter().find(|name| name.starts_with("flink-dist")).unwrap();
    dist.trim_end_matches(".jar").rsplit('-').next().unwrap().parse().unwrap()
}

fn java_home() -> String {
    let named = std::env::var("JAVA_HOME").ok();
    let path = std::env::var_os("PATH").unwrap();
    let found = || {
        std::env::split_paths(&path)
            .map(|folder| folder.join("java"))
            .find(|java| java.is_file())
    };
    named.unwrap_or_else(|| {
        found()
            .unwrap()
            .canonicalize()
            .unwrap()
            .parent()
            .unwrap()
            .parent()
            .unwrap()
            .display()
            .to_string()
    })
}

fn planners(cache: &Path) -> Planners {
    Planners::new(PlannerSettings {
        program: std::env::var_os("STREAMWRIGHT_TEST_PROGRAM").map(PathBuf::from),
        jars: vec![root().join("java/stub/target/stub.jar")],
        class_archive: false,
        start_deadline: std::time::Duration::from_secs(120),
        check_deadline: std::time::Duration::from_secs(120),
        ..PlannerSettings::new(root().join("java/planner/target/planner.jar"), cache.to_owned())
    })
}

struct Bench {
    planners: Planners,
    home: PathBuf,
    version: VersionNumber,
    java_home: String,
}

impl Bench {
    async fn check(&self, script: String) -> Report {
        let check = Check {
            flink_home: self.home.display().to_string(),
            version: self.version,
            java_home: self.java_home.clone(),
            script,
            configuration: BTreeMap::new(),
            jars: Vec::new(),
            tier: Tier::Deep,
        };
        self.planners.check(&check).await.unwrap()
    }
}

/// The finding that a reader sees first: the worst, and of those the first.
fn first(report: &Report) -> Option<&Finding> {
    let worst = report.findings.iter().map(|found| found.severity).max()?;
    report.findings.iter().find(|found| found.severity == worst)
}

fn show(name: &str, script: &str, report: &Report) {
    if std::env::var_os("STREAMWRIGHT_TEST_SHOW").is_some() {
        println!("{}", render(name, script, report, Style::default()));
    }
}

#[derive(Default)]
struct Figures {
    scripts: usize,
    caught: usize,
    placed: usize,
    lines: usize,
    columns: usize,
    missed: Vec<String>,
    accepted: usize,
}

async fn faulty(bench: &Bench) -> Figures {
    let expected: BTreeMap<String, Expected> = serde_json::from_str(&read("invalid/expected.json")).unwrap();
    let mut figures = Figures::default();
    for (name, expected) in expected {
        let script = read(&format!("invalid/{name}.sql"));
        let report = bench.check(script.clone()).await;
        show(&name, &script, &report);
        let lint = matches!(expected.tier.as_str(), "L" | "R" | "W");
        if !lint
            && expected
                .caught_by
                .get(&bench.version.to_string())
                .is_some_and(|stage| stage == "none")
        {
            // This version takes it: an error would be a false alarm.
            assert_eq!(report.errors(), 0, "{name} is valid in {}: {:?}", bench.version, report.findings);
            figures.accepted += 1;
            continue;
        }
        figures.scripts += 1;
        let least = match expected.tier.as_str() {
            "R" => Severity::Info,
            _ if lint => Severity::Warning,
            _ => Severity::Error,
        };
        let Some(found) = first(&report).filter(|found| found.severity >= least) else {
            figures.missed.push(format!("{name} ({})", expected.ideal));
            continue;
        };
        figures.caught += 1;
        if let Some([line, column, ..]) = expected.culprit {
            figures.placed += 1;
            figures.lines += usize::from(found.line == line);
            figures.columns += usize::from(found.line == line && found.column == column);
            if (found.line, found.column) != (line, column) {
                println!(
                    "  {name}: {}:{} {} — expected {line}:{column} {}",
                    found.line, found.column, found.message, expected.ideal
                );
            }
        }
    }
    figures
}

/// Valid scripts that this version takes and that are blamed all the same.
async fn false_alarms(bench: &Bench) -> (usize, Vec<String>) {
    let verdicts: BTreeMap<String, BTreeMap<String, String>> = serde_json::from_str(&read("valid/verdicts.json")).unwrap();
    let (mut count, mut alarms) = (0, Vec::new());
    for (name, by_version) in verdicts {
        if by_version.get(&bench.version.to_string()).is_none_or(|verdict| verdict != "ok") {
            continue;
        }
        count += 1;
        let script = read(&format!("valid/{name}.sql"));
        let report = bench.check(script.clone()).await;
        show(&name, &script, &report);
        let errors = report.findings.iter().filter(|found| found.severity == Severity::Error);
        alarms.extend(errors.map(|found| format!("{name}:{}:{} {} {}", found.line, found.column, found.code, found.message)));
    }
    (count, alarms)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Flink homes and the planner's jar"]
async fn the_corpus_is_judged_rightly() {
    let cache = tempfile::tempdir().unwrap();
    let planners = planners(cache.path());
    for (home, version) in homes() {
        let bench = Bench {
            planners: planners.clone(),
            home,
            version,
            java_home: java_home(),
        };
        println!("Flink {version}");
        let figures = faulty(&bench).await;
        let (valid, alarms) = false_alarms(&bench).await;
        println!(
            "Flink {version}: {} of {} faulty scripts caught, line right in {} and column in {} of {}; {} became valid; {} false alarms on {valid} valid scripts",
            figures.caught,
            figures.scripts,
            figures.lines,
            figures.columns,
            figures.placed,
            figures.accepted,
            alarms.len()
        );
        assert_eq!(figures.missed, Vec::<String>::new(), "missed in {version}");
        assert_eq!(alarms, Vec::<String>::new(), "false alarms in {version}");
        assert!(figures.lines * 100 >= figures.placed * LINES_RIGHT, "lines in {version}");
        assert!(figures.columns * 100 >= figures.placed * COLUMNS_RIGHT, "columns in {version}");
    }
    planners.close().await;
}

/// Starts, warms and starts again from the archive; the times are figures, not conditions.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Flink homes and the planner's jar"]
async fn a_worker_starts_from_its_class_archive() {
    let settings = |cache: &Path| PlannerSettings {
        program: std::env::var_os("STREAMWRIGHT_TEST_PROGRAM").map(PathBuf::from),
        archive_delay: std::time::Duration::ZERO,
        start_deadline: std::time::Duration::from_secs(120),
        check_deadline: std::time::Duration::from_secs(120),
        ..PlannerSettings::new(root().join("java/planner/target/planner.jar"), cache.to_owned())
    };
    for (home, version) in homes() {
        let cache = tempfile::tempdir().unwrap();
        let script = read("valid/01_basic.sql");
        let archives = || std::fs::read_dir(cache.path().join("archives")).map_or(0, Iterator::count);
        for round in ["cold", "cold with archive"] {
            let bench = Bench {
                planners: Planners::new(settings(cache.path())),
                home: home.clone(),
                version,
                java_home: java_home(),
            };
            let start = std::time::Instant::now();
            assert_eq!(bench.check(script.clone()).await.errors(), 0);
            let cold = start.elapsed().as_millis();
            let mut warm: Vec<u128> = Vec::new();
            for n in 0..20 {
                let start = std::time::Instant::now();
                assert_eq!(bench.check(format!("-- {n}\n{script}")).await.errors(), 0);
                warm.push(start.elapsed().as_millis());
            }
            warm.sort_unstable();
            println!("Flink {version}: {round} {cold} ms, then {} ms (median of 20)", warm[10]);
            for _ in 0..1200 {
                if archives() == 1 {
                    break;
                }
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
            bench.planners.close().await;
            assert_eq!(archives(), 1, "no archive was written");
        }
    }
}

#[derive(Deserialize)]
struct Single {
    id: String,
    sql: String,
}

#[test]
fn every_statement_of_the_grammar_stays_whole() {
    for line in read("syntax/statements.jsonl").lines() {
        let single: Single = serde_json::from_str(line).unwrap();
        // Two of them together: neither swallows the other, whatever its kind.
        let script = format!("{};\n{};\nSELECT 1", single.sql, single.sql);
        let texts: Vec<String> = Script::read(&script)
            .statements()
            .into_iter()
            .map(|statement| statement.text)
            .collect();
        assert_eq!(texts, [single.sql.as_str(), single.sql.as_str(), "SELECT 1"], "{}", single.id);
    }
}
