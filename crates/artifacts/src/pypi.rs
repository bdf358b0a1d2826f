//! The official Python packages: `apache-flink` has `bin` and `conf`, `apache-flink-libraries` the jars (a source
//! archive up to 2.0, a wheel from 2.2). pip downloads them as it is set up on this machine.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use domain::flink_version::VersionNumber;
use domain::ports::{PortError, Progress};
use tokio::process::Command;

use crate::{room, unpack};

/// Wheels of `apache-flink` are made for one Python each: 3.8 up to 1.18, later 3.10 and 3.11.
const PYTHONS: [&str; 4] = ["3.11", "3.10", "3.8", "3.7"];
/// Longest download of one package.
const LONGEST: Duration = Duration::from_secs(30 * 60);

/// Downloads and unpacks; `place` is the folder to work in and the home to make.
pub async fn install(version: VersionNumber, place: (&Path, &Path), cache: Option<&Path>, progress: Progress<'_>) -> Result<(), PortError> {
    let (work, home) = place;
    let folder = match cache {
        Some(cache) => cache.join(version.to_string()),
        None => work.join("download"),
    };
    std::fs::create_dir_all(&folder).map_err(|error| room::fault(&folder, &error))?;
    if packages(&folder).len() < 2 {
        download(version, work, progress).await?;
        keep(&work.join("packages"), &folder)?;
    }
    progress(&format!("Unpacking Flink {version}"), None);
    let (home, version_text) = (home.to_path_buf(), version);
    tokio::task::spawn_blocking(move || unpack_all(&folder, &home, version_text))
        .await
        .map_err(|error| PortError::Retry(format!("unpacking was broken off: {error}")))?
}

fn packages(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    // What begins with a dot is a copy that was broken off.
    let whole = |path: &PathBuf| !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
    entries
        .filter(whole)
        .filter(|path| path.extension().is_some_and(|ending| ending == "whl" || ending == "gz"))
        .collect()
}

/// Downloads both packages into `packages`; names one or the other when it cannot be had.
async fn download(version: VersionNumber, work: &Path, progress: Progress<'_>) -> Result<(), PortError> {
    let into = work.join("packages");
    let mut refused = None;
    let mut found = false;
    for python in PYTHONS {
        let options = ["--only-binary=:all:", "--python-version", python];
        match pip((version, "apache-flink"), &options, &into, progress).await {
            Ok(()) => {
                found = true;
                break;
            }
            Err(error @ PortError::Refused { .. }) => refused = refused.or(Some(error)),
            Err(error) => return Err(error),
        }
    }
    if let (false, Some(error)) = (found, refused) {
        return Err(error);
    }
    pip((version, "apache-flink-libraries"), &[], &into, progress).await
}

#[allow(clippy::disallowed_methods, reason = "pip is started here")]
async fn pip(package: (VersionNumber, &str), options: &[&str], into: &Path, progress: Progress<'_>) -> Result<(), PortError> {
    let (version, name) = package;
    let mut command = Command::new("python3");
    command.args([
        "-m",
        "pip",
        "download",
        "--quiet",
        "--disable-pip-version-check",
        "--no-input",
        "--no-cache-dir",
        "--no-deps",
    ]);
    command.args(options).arg("--dest").arg(into).arg(format!("{name}=={version}"));
    // pip unpacks below TMPDIR; beside the target there is room for it, and it goes with the work folder.
    let scratch = into.with_file_name("scratch");
    std::fs::create_dir_all(&scratch).map_err(|error| room::fault(&scratch, &error))?;
    command
        .env("TMPDIR", &scratch)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let child = command.spawn().map_err(|error| {
        PortError::GiveUp(format!(
            "python3 cannot be started: {error}; install Python 3 with pip (Debian: apt-get install python3-pip), or install from the Apache archive"
        ))
    })?;
    let run = child.wait_with_output();
    tokio::pin!(run);
    let mut tick = tokio::time::interval(Duration::from_secs(2));
    let began = tokio::time::Instant::now();
    let output = loop {
        tokio::select! {
            output = &mut run => break output,
            _ = tick.tick() => {
                let megabytes = (size(into) + size(&scratch)) / 1_000_000;
                if megabytes > 0 {
                    progress(&format!("Downloading Flink {version}: {megabytes} MB so far"), None);
                }
                if began.elapsed() > LONGEST {
                    return Err(PortError::GiveUp(format!("the download of {name} {version} took longer than {} minutes", LONGEST.as_secs() / 60)));
                }
            }
        }
    };
    let output = output.map_err(|error| PortError::GiveUp(format!("pip broke off: {error}")))?;
    if output.status.success() {
        Ok(())
    } else {
        Err(refusal(version, name, &String::from_utf8_lossy(&output.stderr)))
    }
}

/// What pip's error means.
fn refusal(version: VersionNumber, name: &str, text: &str) -> PortError {
    let says = text
        .lines()
        .rev()
        .find(|line| line.contains("ERROR"))
        .or_else(|| text.lines().last())
        .unwrap_or("it says nothing");
    let says: String = says.trim().chars().take(300).collect();
    if text.contains("No space left on device") {
        return room::fault(Path::new("the data folder"), &std::io::Error::from(std::io::ErrorKind::StorageFull));
    }
    if text.contains("No matching distribution") && !text.contains("connection") {
        let message = format!(
            "there is no Flink {version} among the official Python packages ({name}). Choose a version that was released, such as 2.2.1, or add a distribution that you have"
        );
        return PortError::Refused { status: None, message };
    }
    if text.contains("No module named pip") {
        return PortError::GiveUp(
            "python3 has no pip: install it (Debian: apt-get install python3-pip), or install from the Apache archive".to_owned(),
        );
    }
    PortError::GiveUp(format!(
        "pip could not download {name} {version}: {says}. Look at the network and at pip's own configuration, then try again"
    ))
}

fn size(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let sizes = entries.map(|entry| match entry.metadata() {
        Ok(found) if found.is_dir() => size(&entry.path()),
        Ok(found) => found.len(),
        Err(_) => 0,
    });
    sizes.sum()
}

/// Moves whole packages to where they are unpacked from, or kept.
fn keep(from: &Path, folder: &Path) -> Result<(), PortError> {
    for package in packages(from) {
        let Some(name) = package.file_name() else { continue };
        let target = folder.join(name);
        if std::fs::rename(&package, &target).is_err() {
            // The cache may be on another file system.
            let part = folder.join(format!(".part-{}", name.to_string_lossy()));
            std::fs::copy(&package, &part).map_err(|error| room::fault(&part, &error))?;
            std::fs::rename(&part, &target).map_err(|error| room::fault(&target, &error))?;
        }
    }
    Ok(())
}

fn unpack_all(folder: &Path, home: &Path, version: VersionNumber) -> Result<(), PortError> {
    for folder in ["bin", "conf", "lib", "log", "opt", "plugins"] {
        let folder = home.join(folder);
        std::fs::create_dir_all(&folder).map_err(|error| room::fault(&folder, &error))?;
    }
    for package in packages(folder) {
        let wheel = package.extension().is_some_and(|ending| ending == "whl");
        let chosen = if wheel {
            unpack::zip(&package, home, unpack::of_wheel)?
        } else {
            unpack::tar_gz(&package, home, unpack::of_source)?
        };
        if chosen == 0 {
            let name = package.file_name().unwrap_or_default().to_string_lossy().into_owned();
            return Err(PortError::GiveUp(format!(
                "{name} has nothing of Flink {version} in it: the packages have changed their form"
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pips_errors_say_what_to_do() {
        let version = VersionNumber::new(9, 9, 9);
        let of = |text: &str| refusal(version, "apache-flink", text);
        assert!(matches!(
            of("ERROR: No matching distribution found for apache-flink==9.9.9"),
            PortError::Refused { .. }
        ));
        assert!(of("OSError: [Errno 28] No space left on device").to_string().contains("is full"));
        assert!(
            of("/usr/bin/python3: No module named pip")
                .to_string()
                .contains("apt-get install python3-pip")
        );
        let other = of("WARNING: Retrying\nERROR: Could not install: 503\nhint").to_string();
        assert!(other.contains("ERROR: Could not install: 503"), "{other}");
    }
}
