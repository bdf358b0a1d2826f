//! The archive of a release: what is in it, and that unit and settings are understood by the binary in it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn run(program: &str, args: &[&str]) -> Output {
    Command::new(program).args(args).env_remove("STREAMWRIGHT_DATA").output().unwrap()
}

/// Makes the archive with the program under test and unpacks it.
fn unpacked(folder: &Path) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let licences = folder.join("licences");
    std::fs::write(&licences, "theirs").unwrap();
    let made = Command::new(root.join("scripts/dist"))
        .arg(folder.join("out"))
        .env("DIST_BINARY", env!("CARGO_BIN_EXE_streamwright"))
        .env("DIST_LICENCES", &licences)
        .env("DIST_LEVEL", "-1")
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let archive = String::from_utf8(made.stdout).unwrap().trim().to_owned();
    let checked = Command::new("sha256sum")
        .args(["-c", &format!("{archive}.sha256")])
        .current_dir(folder.join("out"))
        .output()
        .unwrap();
    assert!(checked.status.success());
    assert!(run("tar", &["-xzf", &archive, "-C", folder.to_str().unwrap()]).status.success());
    folder.join(
        Path::new(&archive)
            .file_name()
            .unwrap()
            .to_str()
            .unwrap()
            .trim_end_matches(".tar.gz"),
    )
}

#[test]
fn unit_and_settings_of_the_archive_are_understood_by_its_binary() {
    let folder = tempfile::TempDir::new().unwrap();
    let root = unpacked(folder.path());
    let mut found: Vec<String> = std::fs::read_dir(&root)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    found.sort();
    let wanted = [
        "LICENCES.txt",
        "LICENSE",
        "NOTICE",
        "README.md",
        "bin",
        "grafana.json",
        "streamwright.service",
        "streamwright.toml",
    ];
    assert_eq!(found, wanted);
    let binary = root.join("bin/streamwright");
    let binary = binary.to_str().unwrap();
    let settings = root.join("streamwright.toml");
    let checked = run(binary, &["settings", "--check", "--config", settings.to_str().unwrap()]);
    let said = String::from_utf8_lossy(&checked.stdout).into_owned() + &String::from_utf8_lossy(&checked.stderr);
    assert!(
        checked.status.success() && said.contains("/var/lib/streamwright on 127.0.0.1:8088"),
        "{said}"
    );

    let unit = std::fs::read_to_string(root.join("streamwright.service")).unwrap();
    let value = |key: &str| {
        unit.lines()
            .find_map(|line| line.strip_prefix(key)?.strip_prefix('='))
            .unwrap_or_else(|| panic!("no {key}"))
    };
    let mut words = value("ExecStart").split(' ');
    assert_eq!(words.next(), Some("/usr/bin/streamwright"));
    let mut args: Vec<&str> = words.collect();
    args.push("--help");
    assert!(run(binary, &args).status.success(), "{args:?}");
    // Stopping the server leaves Flink alive.
    for (key, wanted) in [
        ("KillMode", "process"),
        ("OOMPolicy", "continue"),
        ("StateDirectory", "streamwright"),
        ("Restart", "on-failure"),
    ] {
        assert_eq!(value(key), wanted);
    }
    assert!(!unit.contains("PrivateTmp=true"), "Flink's files would go with the server");
    // Where systemd is there, it reads the unit as well; the program is not installed, which it may say.
    if let Ok(verified) = Command::new("systemd-analyze")
        .args(["verify", root.join("streamwright.service").to_str().unwrap()])
        .output()
    {
        let said = String::from_utf8_lossy(&verified.stderr).into_owned();
        assert!(!said.contains("Unknown") && !said.contains("Failed to parse"), "{said}");
    }
    // Every command of the README that the binary takes is one that it knows.
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let commands = readme
        .lines()
        .filter_map(|line| line.trim_start_matches("./bin/").strip_prefix("streamwright "));
    let commands: Vec<&str> = commands.filter(|rest| !rest.starts_with("with")).collect();
    assert!(commands.len() >= 4, "{commands:?}");
    for command in commands {
        let mut args: Vec<&str> = command.split(' ').collect();
        args.push("--help");
        let known = run(binary, &args);
        assert!(known.status.success(), "{command}: {}", String::from_utf8_lossy(&known.stderr));
    }
}
