//! What the binary carries: the two Java programs and the console's files.

use std::io::Write;
use std::path::{Path, PathBuf};

use rust_embed::RustEmbed;
use sha2::Digest;

use crate::failure::Failure;

/// The main class of every SQL job.
pub const RUNNER_JAR: &[u8] = include_bytes!(env!("STREAMWRIGHT_RUNNER_JAR"));
/// The checker.
const PLANNER_JAR: &[u8] = include_bytes!(env!("STREAMWRIGHT_PLANNER_JAR"));

/// The console, as Vite built it.
#[derive(RustEmbed)]
#[folder = "../../web/dist"]
pub struct Console;

/// Writes the planner's jar into the data folder, under a name that changes with its content.
///
/// # Errors
/// When the folder cannot be written.
pub fn planner_jar(data: &Path) -> Result<PathBuf, Failure> {
    written(data, "planner", PLANNER_JAR)
}

/// As [`planner_jar`], the runner's: it becomes a part of merged jars.
///
/// # Errors
/// When the folder cannot be written.
pub fn runner_jar(data: &Path) -> Result<PathBuf, Failure> {
    written(data, "runner", RUNNER_JAR)
}

fn written(data: &Path, name: &str, jar: &[u8]) -> Result<PathBuf, Failure> {
    let folder = data.join("java");
    let digest = hex::encode(sha2::Sha256::digest(jar));
    let file = folder.join(format!("{name}-{}.jar", &digest[..12]));
    if file.exists() {
        return Ok(file);
    }
    let fails = |error: std::io::Error| Failure::unavailable(format!("{} cannot be written: {error}", file.display()));
    std::fs::create_dir_all(&folder).map_err(fails)?;
    let part = folder.join(format!("{name}-{}.part", std::process::id()));
    std::fs::File::create(&part)
        .and_then(|mut open| open.write_all(jar))
        .map_err(fails)?;
    std::fs::rename(&part, &file).map_err(fails)?;
    Ok(file)
}
