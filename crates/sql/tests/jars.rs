//! Scripts with jars, judged by the real planner: connectors and functions of the jars are there, and what is
//! missing or too new is told at its line.
//!
//! Needs Flink distributions, so it is ignored unless asked for, as in `corpus.rs`. The functions are compiled from
//! `lab/jars`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use domain::flink_version::VersionNumber;
use domain::ports::{Check, SqlChecker};
use domain::sql::{Finding, Tier};
use sql::{PlannerSettings, Planners};

const SCRIPT: &str = "CREATE TABLE words (word STRING) WITH ('connector' = 'datagen');\n\
                      CREATE TABLE shouts (word STRING) WITH ('connector' = 'blackhole');\n\
                      CREATE TEMPORARY FUNCTION shout AS 'lab.Shout';\n\
                      INSERT INTO shouts SELECT shout(word) FROM words;";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn version(home: &Path) -> VersionNumber {
    let names = std::fs::read_dir(home.join("lib"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let dist = names.into_iter().find(|name| name.starts_with("flink-dist")).unwrap();
    dist.trim_end_matches(".jar").rsplit('-').next().unwrap().parse().unwrap()
}

fn java_home() -> String {
    let output = Command::new("java")
        .args(["-XshowSettings:properties", "-version"])
        .output()
        .unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    let home = told.lines().find_map(|line| line.trim().strip_prefix("java.home = ")).unwrap();
    home.to_owned()
}

fn build(home: &Path, jar: &Path) {
    let built = Command::new(root().join("lab/jars/build.sh"))
        .args([Path::new("Shout"), home, jar])
        .output()
        .unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
}

/// The same jar with classes of another version: Java knows them by the seventh and eighth byte.
fn for_java(java: u8, jar: &Path, target: &Path) {
    let mut archive = zip::ZipArchive::new(std::fs::File::open(jar).unwrap()).unwrap();
    let mut written = zip::ZipWriter::new(std::fs::File::create(target).unwrap());
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).unwrap();
        let name = entry.name().unwrap().into_owned();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        if name.ends_with(".class") {
            content[7] = java + 44;
        }
        if !name.ends_with('/') {
            written.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
            written.write_all(&content).unwrap();
        }
    }
    written.finish().unwrap();
}

struct Bed {
    planners: Planners,
    home: PathBuf,
    java_home: String,
}

impl Bed {
    async fn findings(&self, script: &str, jars: &[&Path]) -> Vec<Finding> {
        let check = Check {
            flink_home: self.home.display().to_string(),
            version: version(&self.home),
            java_home: self.java_home.clone(),
            script: script.to_owned(),
            configuration: BTreeMap::new(),
            jars: jars.iter().map(|jar| jar.to_path_buf()).collect(),
            tier: Tier::Deep,
        };
        let report = self.planners.check(&check).await.unwrap();
        report
            .findings
            .into_iter()
            .filter(|found| found.severity == domain::sql::Severity::Error)
            .collect()
    }
}

fn places(findings: &[Finding]) -> Vec<(&str, u32)> {
    findings.iter().map(|found| (found.code.as_str(), found.line)).collect()
}

#[tokio::test]
#[ignore = "needs Flink homes in STREAMWRIGHT_TEST_FLINK_HOMES"]
async fn the_jobs_jars_are_on_the_planners_class_path() {
    let homes =
        std::env::var_os("STREAMWRIGHT_TEST_FLINK_HOMES").expect("STREAMWRIGHT_TEST_FLINK_HOMES names Flink homes, separated by ':'");
    for home in std::env::split_paths(&homes) {
        let folder = tempfile::tempdir().unwrap();
        let (jar, newer) = (folder.path().join("shout.jar"), folder.path().join("newer.jar"));
        build(&home, &jar);
        for_java(99, &jar, &newer);
        let settings = PlannerSettings {
            program: std::env::var_os("STREAMWRIGHT_TEST_PROGRAM").map(PathBuf::from),
            class_archive: false,
            start_deadline: std::time::Duration::from_secs(120),
            check_deadline: std::time::Duration::from_secs(120),
            ..PlannerSettings::new(root().join("java/planner/target/planner.jar"), folder.path().join("cache"))
        };
        println!("Flink {}", version(&home));
        let bed = Bed {
            planners: Planners::new(settings),
            home,
            java_home: java_home(),
        };
        assert_eq!(places(&bed.findings(SCRIPT, &[&jar]).await), []);
        // The check of another set of jars, and of none, does not see what this one saw.
        let missing = bed.findings(SCRIPT, &[]).await;
        assert_eq!(places(&missing), [("class_not_found", 3)]);
        assert_eq!(missing[0].message, "Class lab.Shout is in none of the job's jars");
        let too_new = bed.findings(SCRIPT, &[&newer]).await;
        assert_eq!(places(&too_new), [("class_too_new", 3)]);
        assert!(too_new[0].message.contains("compiled for Java 99"), "{too_new:?}");
        // Types of the function are checked like Flink's own.
        let wrong = SCRIPT.replace("shout(word)", "shout(1, word)");
        let wrong = bed.findings(&wrong, &[&jar]).await;
        assert_eq!(wrong.iter().map(|found| found.line).collect::<Vec<_>>(), [4], "{wrong:?}");
        // Options of a connector in a jar.
        let stub = root().join("java/stub/target/stub.jar");
        let kafka = "CREATE TABLE k (word STRING) WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'h:1', 'format' = 'raw');\n\
                     INSERT INTO k VALUES ('a');";
        assert_eq!(places(&bed.findings(kafka, &[]).await), [("unknown_connector", 1)]);
        assert_eq!(places(&bed.findings(kafka, &[&jar, &stub]).await), []);
        bed.planners.close().await;
    }
}
