//! `streamwright doctor`: what this machine has and lacks, each with how to mend it.

use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use domain::ports::FlinkInstaller;
use store::{Store, StoreError};

use crate::cli::Doctor;
use crate::failure::Failure;
use crate::settings::{self, Flags, Given, Settings};

/// Below this much free space an installation of Flink (about 700 MB with its download) will not fit.
const ENOUGH_BYTES: u64 = 2 * 1024 * 1024 * 1024;
/// Two clocks that differ by more than this make times on the screen wrong, in milliseconds. Leases use the
/// database's clock alone, so nothing worse comes of it.
const ENOUGH_ALIKE: i64 = 5_000;
/// 2026-01-01: a clock that is before it is wrong.
const EARLIEST: i64 = 1_767_225_600_000;

/// What was found, or what is wrong and how to mend it.
type Found = Result<String, String>;

/// Looks at everything and reports it together.
///
/// # Errors
/// When something needed is missing: exit code 3.
pub async fn run(doctor: Doctor) -> Result<(), Failure> {
    let settings = settings::read(&with_data(doctor.settings.0))?;
    let found = [
        ("java", java(&settings.data).await),
        ("git", git()),
        ("python3 with pip", python()),
        ("data folder", writable(&settings.data)),
        ("disk", space(&settings.data)),
        ("port", port(settings.listen)),
        ("database", database(&settings).await),
        ("clock", clock(&settings).await),
    ];
    let mut missing = 0;
    for (name, found) in &found {
        match found {
            Ok(what) => println!("ok    {name}: {what}"),
            Err(why) => {
                missing += 1;
                println!("LACKS {name}: {why}");
            }
        }
    }
    if missing == 0 {
        Ok(())
    } else {
        Err(Failure::unavailable(format!("{missing} of {} need mending", found.len())))
    }
}

/// The place where data goes when nobody says.
fn with_data(mut flags: Flags) -> Flags {
    let told = flags.config.is_some() || flags.values.contains_key("data");
    if !told && crate::environment::variable("STREAMWRIGHT_DATA").is_none() {
        let folder = crate::environment::data_folder().unwrap_or_else(|| PathBuf::from("."));
        let given = Given {
            text: folder.display().to_string(),
            place: "default".to_owned(),
        };
        flags.values.insert("data", given);
    }
    flags
}

async fn java(data: &Path) -> Found {
    let found = artifacts::Installer::new(data).find_java().await;
    found.map_err(|error| format!("{error}. Install a JDK or JRE 17 (Debian: apt-get install openjdk-17-jre-headless) or set JAVA_HOME"))
}

fn git() -> Found {
    on_path("git").ok_or_else(|| "needed to read jobs from Git (Debian: apt-get install git)".to_owned())
}

fn python() -> Found {
    on_path("python3").ok_or_else(|| {
        "needed to install Flink from its Python packages (Debian: apt-get install python3-pip); or use --source archive".to_owned()
    })
}

fn on_path(program: &str) -> Option<String> {
    let path = crate::environment::variable("PATH")?;
    path.split(':')
        .map(|folder| Path::new(folder).join(program))
        .find(|file| file.is_file())
        .map(|file| file.display().to_string())
}

fn writable(data: &Path) -> Found {
    let probe = data.join(".doctor");
    std::fs::create_dir_all(data)
        .and_then(|()| std::fs::write(&probe, b"x"))
        .and_then(|()| std::fs::remove_file(&probe))
        .map(|()| data.display().to_string())
        .map_err(|error| format!("{} cannot be written: {error}; choose another with --data", data.display()))
}

fn space(data: &Path) -> Found {
    let found = nix::sys::statvfs::statvfs(data).map_err(|error| format!("{} cannot be asked: {error}", data.display()))?;
    let free = found.blocks_available() as u64 * found.fragment_size() as u64;
    let text = format!("{:.1} GiB free in {}", free as f64 / 1024.0 / 1024.0 / 1024.0, data.display());
    if free < ENOUGH_BYTES {
        Err(format!("{text}: Flink needs 2 GiB; free some or choose another folder"))
    } else {
        Ok(text)
    }
}

fn port(listen: SocketAddr) -> Found {
    TcpListener::bind(listen)
        .map(|_| format!("{listen} is free"))
        .map_err(|error| format!("{listen}: {error}; choose another with --listen"))
}

/// Whether the database answers and what its schema is; nothing is changed.
async fn database(settings: &Settings) -> Found {
    if settings.database.is_none() && !settings.data.join("streamwright.db").exists() {
        return Ok("SQLite, made by the first start".to_owned());
    }
    let look = async {
        let store = Store::connect(&settings.database_url(), false).await?;
        let schema = store.schema().await;
        let engine = store.engine_name();
        store.close().await;
        Ok::<_, StoreError>((engine, schema?))
    };
    let (engine, schema) = look.await.map_err(|error| error.to_string())?;
    Ok(match schema.pending.len() {
        0 => format!("{engine}, up to date"),
        steps => format!("{engine}, {steps} steps of the schema behind; the next start (or `streamwright migrate`) does them"),
    })
}

/// This host's clock beside those of the database and of the data folder's file system.
async fn clock(settings: &Settings) -> Found {
    let mend = "set the clock, and keep it right with chrony or systemd-timesyncd";
    let now = store::now().0;
    if now < EARLIEST {
        return Err(format!("it says a time before 2026; {mend}"));
    }
    let probe = settings.data.join(".doctor-clock");
    let written = std::fs::write(&probe, b"x").and_then(|()| std::fs::metadata(&probe));
    let _ = std::fs::remove_file(&probe);
    if let Ok(written) = written {
        alike(
            now,
            written.mtime() * 1000 + written.mtime_nsec() / 1_000_000,
            "the data folder's file system",
        )?;
    }
    if settings.database.is_some()
        && let Ok(store) = Store::connect(&settings.database_url(), false).await
    {
        let theirs = store.time().await;
        let now = store::now().0;
        store.close().await;
        if let Ok(theirs) = theirs {
            alike(now, theirs.0, "the database")?;
        }
    }
    Ok("it agrees with the others".to_owned())
}

fn alike(ours: i64, theirs: i64, whose: &str) -> Result<(), String> {
    let apart = ours.saturating_sub(theirs);
    if apart.abs() <= ENOUGH_ALIKE {
        return Ok(());
    }
    let (way, seconds) = (if apart > 0 { "behind" } else { "ahead of" }, apart.abs() / 1000);
    Err(format!(
        "the clock of {whose} is {seconds} s {way} this host's: keep both right with chrony or systemd-timesyncd"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_that_differ_are_told_with_the_way() {
        assert_eq!(alike(10_000, 12_000, "x"), Ok(()));
        assert!(alike(60_000, 0, "the database").unwrap_err().contains("60 s behind"));
        assert!(alike(0, 60_000, "the database").unwrap_err().contains("60 s ahead of"));
    }

    #[tokio::test]
    async fn a_database_is_looked_at_and_left_as_it_is() {
        let data = tempfile::TempDir::new().unwrap();
        let (settings, _) = settings::combine(
            None,
            &[("STREAMWRIGHT_DATA".to_owned(), data.path().display().to_string())],
            &Default::default(),
        );
        let mut settings = settings.unwrap();
        assert!(database(&settings).await.unwrap().contains("first start"));
        assert!(!data.path().join("streamwright.db").exists());
        let store = Store::connect(&settings.database_url(), true).await.unwrap();
        assert!(database(&settings).await.unwrap().contains("behind"));
        store.migrate(&mut |_| {}).await.unwrap();
        assert!(database(&settings).await.unwrap().contains("up to date"));
        store.close().await;
        assert!(clock(&settings).await.is_ok());
        settings.database = Some("postgres://user:secret@127.0.0.1:1/x".to_owned());
        let lacks = database(&settings).await.unwrap_err();
        assert!(lacks.contains("Check the address") && !lacks.contains("secret"), "{lacks}");
    }
}
