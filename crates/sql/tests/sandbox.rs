//! The sandbox, seen from inside. This test is a program of its own (no test harness), because it starts itself as
//! the sandbox: entering one needs a process with a single thread.
//! Where the kernel lacks a part of it, the sandbox says so and that part is not asserted.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

use std::ffi::OsString;
use std::process::{Command, Output};

fn main() {
    let args: Vec<OsString> = std::env::args_os().skip(1).collect();
    if args.first().is_some_and(|first| first == "sandbox") {
        let error = sql::sandbox::run(&args[1..]);
        eprintln!("{error}");
        std::process::exit(127);
    }
    writes_only_to_the_scratch_folder();
    reads_only_what_it_needs();
    has_no_network();
    has_no_core_dumps();
    says_what_cannot_be_started();
}

fn inside(scratch: &std::path::Path, script: &str) -> Output {
    let me = std::env::current_exe().unwrap();
    Command::new(me)
        .arg("sandbox")
        .arg(scratch)
        .args(["--", "/bin/sh", "-c", script])
        .output()
        .unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Whether the kernel has Landlock; without it the sandbox says so and the checks of files are left out.
fn landlock(output: &Output) -> bool {
    !String::from_utf8_lossy(&output.stderr).contains("sandbox: no restricting files")
}

fn writes_only_to_the_scratch_folder() {
    let scratch = tempfile::tempdir().unwrap();
    let other = tempfile::tempdir().unwrap();
    let script = format!(
        "echo in > in.txt; echo out > {}/out.txt; cat in.txt; echo quiet > /dev/null && pwd",
        other.path().display()
    );
    let output = inside(scratch.path(), &script);
    assert_eq!(text(&output), format!("in\n{}", scratch.path().canonicalize().unwrap().display()));
    assert!(!landlock(&output) || !other.path().join("out.txt").exists());
}

fn reads_only_what_it_needs() {
    let scratch = tempfile::tempdir().unwrap();
    let other = tempfile::tempdir().unwrap();
    std::fs::write(other.path().join("secret"), "secret").unwrap();
    let output = inside(scratch.path(), &format!("cat {}/secret", other.path().display()));
    assert!(!landlock(&output) || text(&output).is_empty());
    let me = std::env::current_exe().unwrap();
    let mut named = Command::new(me);
    named
        .arg("sandbox")
        .arg(scratch.path())
        .arg("--read")
        .arg(other.path())
        .args(["--", "/bin/cat"]);
    let named = named.arg(other.path().join("secret")).output().unwrap();
    assert_eq!(text(&named), "secret");
}

fn has_no_network() {
    let scratch = tempfile::tempdir().unwrap();
    let output = inside(scratch.path(), "cat /proc/net/dev | grep -c :");
    let allowed = !String::from_utf8_lossy(&output.stderr).contains("sandbox: no network namespace");
    assert!(
        !allowed || text(&output) == "1",
        "only the loopback device, which is down: {}",
        text(&output)
    );
}

fn has_no_core_dumps() {
    let scratch = tempfile::tempdir().unwrap();
    assert_eq!(text(&inside(scratch.path(), "ulimit -c")), "0");
}

fn says_what_cannot_be_started() {
    let scratch = tempfile::tempdir().unwrap();
    let me = std::env::current_exe().unwrap();
    let output = Command::new(me)
        .arg("sandbox")
        .arg(scratch.path())
        .args(["--", "/no/such/java"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(127));
    assert!(String::from_utf8_lossy(&output.stderr).contains("cannot start /no/such/java: ENOENT"));
}
