//! The holder with plain programs: what it leaves on disk, whom it lets in, and what it survives.

#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};

const LIMIT: Duration = Duration::from_secs(60);

fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < LIMIT, "not within {LIMIT:?}: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The example program, which cargo builds beside the tests.
fn program() -> PathBuf {
    let exe = std::env::current_exe().unwrap();
    exe.parent().unwrap().parent().unwrap().join("examples").join("hold")
}

fn role(argv: &[&str]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let spec = json!({"argv": argv, "env": {"GREETING": "hello"}, "cwd": dir.path()});
    fs::write(dir.path().join("spec.json"), spec.to_string()).unwrap();
    dir
}

fn hold(dir: &Path) -> Child {
    Command::new(program()).arg("hold").arg(dir).spawn().unwrap()
}

fn exit(dir: &Path) -> Option<Value> {
    serde_json::from_slice(&fs::read(dir.join("exit.json")).ok()?).ok()
}

fn pid(dir: &Path) -> Option<i32> {
    fs::read_to_string(dir.join("pid")).ok()?.split(' ').next()?.parse().ok()
}

fn code(status: ExitStatus) -> Option<i32> {
    status.code()
}

fn alive(pid: i32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

#[test]
fn the_end_is_recorded_with_code_and_output() {
    let dir = role(&["sh", "-c", "echo $GREETING from $(pwd); exit 7"]);
    let status = hold(dir.path()).wait().unwrap();
    assert_eq!(code(status), Some(7));
    let end = exit(dir.path()).unwrap();
    assert_eq!((&end["code"], &end["signal"]), (&json!(7), &Value::Null));
    assert!(end["endedAt"].as_i64().unwrap() > 1_700_000_000_000);
    assert_eq!(end["pid"].as_i64(), pid(dir.path()).map(i64::from));
    assert_eq!(
        fs::read_to_string(dir.path().join("out.log")).unwrap(),
        format!("hello from {}\n", dir.path().canonicalize().unwrap().display())
    );
    // The next life keeps the output of this one in the one old file.
    hold(dir.path()).wait().unwrap();
    assert!(dir.path().join("out.log.1").exists());
}

#[test]
fn the_program_does_not_see_the_holders_variable() {
    let dir = role(&["sh", "-c", "env | grep -c STREAMWRIGHT_HOLD; true"]);
    hold(dir.path()).wait().unwrap();
    assert_eq!(fs::read_to_string(dir.path().join("out.log")).unwrap(), "0\n");
}

#[test]
fn a_program_that_is_not_there_is_an_end_with_a_reason() {
    let dir = role(&["/no/such/java", "-version"]);
    assert_eq!(code(hold(dir.path()).wait().unwrap()), Some(127));
    assert_eq!(exit(dir.path()).unwrap()["code"], json!(127));
    assert!(
        fs::read_to_string(dir.path().join("out.log"))
            .unwrap()
            .contains("cannot start /no/such/java")
    );
}

#[test]
fn a_second_holder_ends_at_once_and_harms_nothing() {
    let dir = role(&["sleep", "600"]);
    let mut first = hold(dir.path());
    let program = until("the program runs", || pid(dir.path()).filter(|pid| alive(*pid)));
    assert_eq!(code(hold(dir.path()).wait().unwrap()), Some(flink::local::HELD));
    assert_eq!(pid(dir.path()), Some(program));
    assert!(alive(program));
    kill(Pid::from_raw(program), Signal::SIGKILL).unwrap();
    assert_eq!(code(first.wait().unwrap()), Some(137));
    assert_eq!(exit(dir.path()).unwrap()["signal"], json!(9));
}

#[test]
fn a_terminated_holder_ends_its_program_first() {
    let dir = role(&[
        "sh",
        "-c",
        "trap 'echo told; exit 3' TERM; echo ready; while :; do sleep 0.05; done",
    ]);
    let mut holder = hold(dir.path());
    until("the program is ready", || {
        fs::read_to_string(dir.path().join("out.log"))
            .ok()
            .filter(|text| text.contains("ready"))
    });
    kill(Pid::from_raw(i32::try_from(holder.id()).unwrap()), Signal::SIGTERM).unwrap();
    assert_eq!(code(holder.wait().unwrap()), Some(3));
    assert_eq!(exit(dir.path()).unwrap()["code"], json!(3));
    assert!(fs::read_to_string(dir.path().join("out.log")).unwrap().contains("told"));
}

#[test]
fn a_program_outlives_a_killed_holder_and_keeps_the_role() {
    let dir = role(&["sleep", "600"]);
    let mut holder = hold(dir.path());
    let program = until("the program runs", || pid(dir.path()).filter(|pid| alive(*pid)));
    holder.kill().unwrap();
    holder.wait().unwrap();
    assert!(alive(program));
    assert_eq!(
        code(hold(dir.path()).wait().unwrap()),
        Some(flink::local::HELD),
        "the role would run twice"
    );
    kill(Pid::from_raw(program), Signal::SIGKILL).unwrap();
    until("the program is gone", || (!alive(program)).then_some(()));
    assert_eq!(exit(dir.path()), None, "nobody saw that end");
    // Now the role is free.
    fs::write(
        dir.path().join("spec.json"),
        json!({"argv": ["true"], "cwd": dir.path()}).to_string(),
    )
    .unwrap();
    assert_eq!(code(hold(dir.path()).wait().unwrap()), Some(0));
}

#[test]
fn a_holder_has_a_session_of_its_own() {
    let dir = role(&["sleep", "600"]);
    let mut holder = hold(dir.path());
    let program = until("the program runs", || pid(dir.path()).filter(|pid| alive(*pid)));
    let session = |pid: u32| -> String {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        stat.rsplit_once(')').unwrap().1.split_whitespace().nth(3).unwrap().to_owned()
    };
    assert_eq!(session(holder.id()), holder.id().to_string());
    assert_eq!(session(u32::try_from(program).unwrap()), holder.id().to_string());
    kill(Pid::from_raw(i32::try_from(holder.id()).unwrap()), Signal::SIGTERM).unwrap();
    assert_eq!(code(holder.wait().unwrap()), Some(143), "SIGTERM did not reach the program");
    assert!(!alive(program));
}
