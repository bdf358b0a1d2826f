//! The commands of the guides that are about the files of a server that does not run, as they stand there, one after the
//! other. All others are run by `web/e2e/guide.mjs`, which leaves out exactly these.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

mod bed;

use std::path::Path;
use std::process::Command;

/// Commands that need nothing but a data folder and a database.
const MINE: [&str; 6] = ["settings", "migrate", "backup", "restore", "move-database", "doctor"];

/// The guides that have such commands.
const GUIDES: [&str; 2] = ["operations.md", "administration.md"];

/// The lines of a guide's shell blocks that run one of these.
fn commands(guide: &str) -> Vec<String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guides").join(guide);
    let text = std::fs::read_to_string(file).unwrap();
    let blocks = text.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
    let ours = |line: &&str| {
        let mut words = line.split(' ');
        words.next() == Some("streamwright") && words.next().is_some_and(|word| MINE.contains(&word))
    };
    blocks.flat_map(str::lines).filter(ours).map(str::to_owned).collect()
}

#[test]
fn no_other_guide_has_such_commands() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guides");
    let names = std::fs::read_dir(folder)
        .unwrap()
        .map(|one| one.unwrap().file_name().into_string().unwrap());
    let others: Vec<String> = names.filter(|name| !GUIDES.contains(&name.as_str())).collect();
    assert!(others.len() >= 5, "{others:?}");
    for name in others {
        assert_eq!(commands(&name), [""; 0], "{name}");
    }
    let runner = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/e2e/guide.mjs");
    let text = std::fs::read_to_string(runner).unwrap();
    assert!(
        text.contains(&format!("/^streamwright ({})\\b/", MINE.join("|"))),
        "guide.mjs leaves out others"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_of_the_guides_does_what_it_says() {
    let folder = tempfile::TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let server = std::env::var("STREAMWRIGHT_TEST_POSTGRES").ok();
    let database = match &server {
        Some(server) => bed::database(server, "CREATE", None).await,
        None => format!("sqlite://{}", at("other.db")),
    };
    std::fs::write(at("streamwright.toml"), format!("data = {:?}\n", at("data"))).unwrap();
    let path = Path::new(env!("CARGO_BIN_EXE_streamwright"))
        .parent()
        .unwrap()
        .display()
        .to_string();
    let run = |line: &str| {
        let line = line
            .replace("/etc/streamwright/streamwright.toml", &at("streamwright.toml"))
            .replace("/var/lib/streamwright", &at("data"))
            .replace("/backup/", &format!("{}/", folder.path().display()))
            .replace("postgres://streamwright:password@db.example.org/streamwright", &database);
        let ended = Command::new("sh")
            .args(["-ec", &line])
            .current_dir(folder.path().join("work"))
            .env("PATH", format!("{path}:/usr/bin:/bin"))
            .env_remove("STREAMWRIGHT_DATA")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&ended.stdout).into_owned() + &String::from_utf8_lossy(&ended.stderr);
        assert!(ended.status.success(), "{line}: {said}");
    };
    std::fs::create_dir(folder.path().join("work")).unwrap();
    run("streamwright migrate --config /etc/streamwright/streamwright.toml");
    let lines = GUIDES.map(commands).concat();
    assert!(lines.len() >= 8, "{lines:?}");
    for line in lines {
        // A place is restored when it is lost.
        if line.starts_with("streamwright restore /") {
            std::fs::remove_dir_all(at("data")).unwrap();
        }
        run(&line);
    }
    if let Some(server) = server {
        bed::database(&server, "DROP", Some(database.rsplit_once('/').unwrap().1)).await;
    }
}
