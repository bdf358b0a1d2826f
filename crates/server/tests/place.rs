//! The commands on a server's database and data folder, as people run them: backup beside a running server,
//! restore, migrate, and the move into another database.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

mod bed;

use std::path::Path;
use std::process::Command;

use bed::{Bed, nothing};
use store::{JobFilter, Store};

/// Exit code, and all that was said.
fn streamwright(args: &[&str], data: &Path) -> (i32, String) {
    let ended = Command::new(env!("CARGO_BIN_EXE_streamwright"))
        .args(args)
        .env("STREAMWRIGHT_DATA", data)
        .env_remove("STREAMWRIGHT_CRASH")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ended.stdout).into_owned() + &String::from_utf8_lossy(&ended.stderr);
    (ended.status.code().unwrap_or(-1), said)
}

fn fine(args: &[&str], data: &Path) -> String {
    let (code, said) = streamwright(args, data);
    assert_eq!(code, 0, "{args:?}: {said}");
    said
}

fn refused(args: &[&str], data: &Path, because: &str) {
    let (code, said) = streamwright(args, data);
    assert!(code != 0 && said.contains(because), "{args:?}: {code} {said}");
}

async fn jobs(url: &str) -> Vec<String> {
    let store = Store::connect(url, false).await.unwrap();
    let team = store.teams().await.unwrap().remove(0);
    let jobs = store.jobs(team.id, &JobFilter::default()).await.unwrap();
    store.close().await;
    jobs.into_iter().map(|job| job.name).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_beside_a_running_server_fills_another_place() {
    let mut bed = Bed::new("2.2.1").await;
    bed.start(None).await;
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("backup.tgz");
    let path = file.to_str().unwrap();
    bed.done("start", &nothing()).await;
    let said = fine(&["backup", path], bed.folder());
    assert!(said.contains("rows of") && said.contains("Not in it"), "{said}");
    refused(&["backup", path], bed.folder(), "it is there already");
    assert!(fine(&["restore", "--check", path], folder.path()).contains("is whole"));

    let other = folder.path().join("other");
    fine(&["restore", path], &other);
    let url = Store::sqlite_url(&other.join("streamwright.db"));
    assert_eq!(jobs(&url).await, ["job"]);
    refused(&["restore", path], &other, "--replace");
    fine(&["restore", "--replace", path], &other);
    assert_eq!(jobs(&url).await, ["job"]);
    // Nobody restores under a server that is running.
    refused(&["restore", "--replace", path], bed.folder(), "another server is running");
    assert_eq!(bed.label().await, "running");

    let bytes = std::fs::read(&file).unwrap();
    let cut = folder.path().join("cut.tgz");
    std::fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
    let before = std::fs::read_dir(&other).unwrap().count();
    refused(&["restore", "--replace", cut.to_str().unwrap()], &other, "cut");
    refused(&["restore", "--check", cut.to_str().unwrap()], &other, "cut");
    refused(&["restore", "--replace", "Cargo.toml"], &other, "no backup of Streamwright");
    assert_eq!(std::fs::read_dir(&other).unwrap().count(), before);
    assert_eq!(jobs(&url).await, ["job"]);
    let empty = folder.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    refused(
        &["backup", folder.path().join("none.tgz").to_str().unwrap()],
        &empty,
        "there is no database",
    );
    assert!(!folder.path().join("none.tgz").exists() && !folder.path().join("none.tgz.part").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn migrate_says_what_there_is_to_do_and_does_it() {
    let folder = tempfile::TempDir::new().unwrap();
    refused(&["migrate", "--dry-run"], folder.path(), "there is no database");
    let url = Store::sqlite_url(&folder.path().canonicalize().unwrap().join("streamwright.db"));
    Store::connect(&url, true).await.unwrap().close().await;
    let said = fine(&["migrate", "--dry-run"], folder.path());
    assert!(
        said.contains("pending  m0001_begin") && said.contains("Nothing was changed"),
        "{said}"
    );
    assert!(fine(&["migrate"], folder.path()).contains("done     m0001_begin"));
    assert!(fine(&["migrate", "--dry-run"], folder.path()).contains("It is up to date"));
}

/// An empty database on each server that there is.
async fn databases() -> Vec<String> {
    let mut made = Vec::new();
    for variable in ["STREAMWRIGHT_TEST_POSTGRES", "STREAMWRIGHT_TEST_MYSQL"] {
        if let Ok(server) = std::env::var(variable) {
            made.push(bed::database(&server, "CREATE", None).await);
        }
    }
    made
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_moves_into_another_database_by_one_command() {
    let bed = Bed::new("2.2.1").await;
    for url in databases().await {
        let said = fine(&["move-database", "--to", &url], bed.folder());
        assert!(said.contains("every table was read back and is the same"), "{said}");
        assert_eq!(jobs(&url).await, ["job"]);
        assert!(fine(&["migrate", "--dry-run", "--database", &url], bed.folder()).contains("It is up to date"));
        refused(&["move-database", "--to", &url], bed.folder(), "--replace");
        let (host, name) = url.rsplit_once('/').unwrap();
        let there = host.rsplit_once('@').unwrap().1.to_owned();
        let servers = ["STREAMWRIGHT_TEST_POSTGRES", "STREAMWRIGHT_TEST_MYSQL"].map(std::env::var);
        let server = servers.into_iter().flatten().find(|server| server.contains(&there)).unwrap();
        bed::database(&server, "DROP", Some(name)).await;
    }
    let own = Store::sqlite_url(&bed.folder().canonicalize().unwrap().join("streamwright.db"));
    refused(&["move-database", "--to", &own], bed.folder(), "the same database");
    refused(
        &["move-database", "--to", "postgres://a:secret@127.0.0.1:1/x"],
        bed.folder(),
        "could not be opened",
    );
}
