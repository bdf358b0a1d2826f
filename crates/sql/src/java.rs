//! The command line of a planner worker: Java, its flags and the class path of one Flink distribution.
//!
//! The flags are those that `facts` measured best: the first compiler only and the serial collector, because a
//! worker must be quick to start and small rather than fast for hours; a heap, a metaspace and a code cache with
//! limits, because without them it grows to a gigabyte.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use domain::ports::PortError;
use sha2::{Digest, Sha256};
use tokio::process::Command;

use crate::settings::{PlannerSettings, absolute};

/// The planner's main class.
const MAIN: &str = "io.streamwright.planner.Planner";
/// Environment variables that a worker keeps.
const KEPT: &[&str] = &["PATH", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH"];

/// The distribution that a worker serves, as it is on disk now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Home {
    /// Java home.
    pub java_home: PathBuf,
    /// FLINK_HOME.
    pub flink_home: PathBuf,
    /// The class path without the planner's own jar.
    pub jars: Vec<PathBuf>,
    /// SHA-256 over Java, planner and the jars with their sizes and times, hexadecimal: a changed jar is another home.
    pub fingerprint: String,
}

impl Home {
    /// Looks at the distribution's folder. Touches the disk.
    pub fn look(settings: &PlannerSettings, flink_home: &Path, java_home: &Path) -> Result<Self, PortError> {
        let (flink_home, java_home) = (absolute(flink_home), absolute(java_home));
        let lib = flink_home.join("lib");
        let names = std::fs::read_dir(&lib)
            .map_err(|error| PortError::GiveUp(format!("cannot read {}: {error}; install this Flink version again", lib.display())))?;
        let mut jars: Vec<PathBuf> = names
            .filter_map(Result::ok)
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|end| end == "jar"))
            .collect();
        jars.sort();
        leave_out_old_planner(&mut jars);
        if jars.is_empty() {
            return Err(PortError::GiveUp(format!(
                "no jar in {}; install this Flink version again",
                lib.display()
            )));
        }
        if !settings.planner_jar.is_file() {
            let jar = settings.planner_jar.display();
            return Err(PortError::GiveUp(format!(
                "the planner's jar {jar} is missing; build it or name another folder"
            )));
        }
        let mut digest = Sha256::new();
        let java = java_home.join("bin").join("java");
        for path in [&java, &settings.planner_jar].into_iter().chain(&jars) {
            digest.update(stamp(path));
        }
        Ok(Self {
            java_home,
            flink_home,
            jars,
            fingerprint: hex::encode(digest.finalize()),
        })
    }

    /// Whether the Java is one that does not know the newer flags.
    fn is_java_8(&self) -> bool {
        std::fs::read_to_string(self.java_home.join("release")).is_ok_and(|release| release.contains("JAVA_VERSION=\"1.8"))
    }

    /// The jars with which Java is started: the planner's and the distribution's.
    pub fn class_path(&self, settings: &PlannerSettings) -> OsString {
        let all: Vec<&Path> = std::iter::once(settings.planner_jar.as_path())
            .chain(self.jars.iter().map(PathBuf::as_path))
            .collect();
        std::env::join_paths(all).unwrap_or_default()
    }
}

/// Flink 1.13 has two planners in `lib`; the old one hides the new one's classes.
fn leave_out_old_planner(jars: &mut Vec<PathBuf>) {
    let named = |path: &Path, start: &str| {
        path.file_name()
            .and_then(|name| name.to_str())
            .is_some_and(|name| name.starts_with(start))
    };
    if jars.iter().any(|path| named(path, "flink-table-blink_")) {
        jars.retain(|path| !named(path, "flink-table_"));
    }
}

/// Path, size and time of a file, as text.
pub(crate) fn stamp(path: &Path) -> String {
    let meta = std::fs::metadata(path).ok();
    let size = meta.as_ref().map_or(0, std::fs::Metadata::len);
    let time = meta
        .and_then(|meta| meta.modified().ok())
        .and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    format!("{}|{size}|{}\n", path.display(), time.map_or(0, |time| time.as_nanos()))
}

/// The user's jars of a check: a worker serves one set of them, and may read these beside the distribution.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Jars {
    /// The files, in the order of the class path.
    pub paths: Vec<PathBuf>,
    /// Their digest by path, size and time; empty without jars.
    state: String,
}

impl Jars {
    /// Looks at the files. Touches the disk.
    pub fn new(jars: &[PathBuf]) -> Self {
        let paths: Vec<PathBuf> = jars.iter().map(|jar| absolute(jar)).collect();
        let stamps: String = paths.iter().map(|jar| stamp(jar)).collect();
        let state = if paths.is_empty() {
            String::new()
        } else {
            hex::encode(Sha256::digest(stamps))
        };
        Self { paths, state }
    }

    /// Which worker serves them on a distribution.
    pub fn key(&self, home: &Home) -> String {
        format!("{}{}", home.fingerprint, self.state)
    }
}

/// A class archive, to be used or to be written.
#[derive(Debug, Clone)]
pub(crate) enum Archive {
    /// None.
    None,
    /// Start with this one. One that does not fit (other jars, other Java) is passed over without a word.
    Use(PathBuf),
    /// Write one to this file when the worker ends.
    Write(PathBuf),
}

/// The command that starts a worker in a scratch folder, with a class archive and the right to read a user's jars,
/// through the sandbox where there is a program for it.
#[allow(clippy::disallowed_methods, reason = "this is where planner workers start")]
pub(crate) fn command(settings: &PlannerSettings, home: &Home, (archive, jars): (&Archive, &[PathBuf]), scratch: &Path) -> Command {
    let java = home.java_home.join("bin").join("java");
    let mut command = match &settings.program {
        Some(program) => {
            let mut command = Command::new(program);
            command.arg("sandbox").arg(scratch);
            for path in readable(settings, home, archive)
                .into_iter()
                .chain(jars.iter().map(PathBuf::as_path))
            {
                command.arg("--read").arg(path);
            }
            command.arg("--").arg(java);
            command
        }
        None => Command::new(java),
    };
    command.args(flags(settings, home, scratch));
    match archive {
        Archive::None => {}
        Archive::Use(file) => drop(command.arg("-Xshare:auto").arg(joined("-XX:SharedArchiveFile=", file))),
        Archive::Write(file) => drop(command.arg(joined("-XX:ArchiveClassesAtExit=", file))),
    }
    command.arg("-cp").arg(home.class_path(settings)).arg(MAIN);
    command.current_dir(scratch).env_clear();
    command.envs(KEPT.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
    command
        .env("HOME", scratch)
        .env("TMPDIR", scratch)
        .env("JAVA_HOME", &home.java_home);
    command
}

/// What a worker reads beside the system's own folders.
fn readable<'a>(settings: &'a PlannerSettings, home: &'a Home, archive: &'a Archive) -> Vec<&'a Path> {
    let mut paths = vec![home.java_home.as_path(), home.flink_home.as_path(), settings.planner_jar.as_path()];
    paths.extend(
        home.jars
            .iter()
            .map(PathBuf::as_path)
            .filter(|jar| !jar.starts_with(&home.flink_home)),
    );
    paths.extend(settings.jars.iter().map(PathBuf::as_path));
    if let Archive::Use(file) = archive {
        paths.push(file);
    }
    paths
}

fn flags(settings: &PlannerSettings, home: &Home, scratch: &Path) -> Vec<OsString> {
    let mut flags: Vec<OsString> = [
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        // Compiled after a fifth of the usual calls: warm sooner, and the first check is not slower.
        "-XX:CompileThresholdScaling=0.2",
        "-XX:MaxMetaspaceSize=256m",
        "-XX:ReservedCodeCacheSize=64m",
        "-XX:+ExitOnOutOfMemoryError",
        "-XX:-UsePerfData",
        "-Xss4m",
        "-Djava.awt.headless=true",
        "-Dfile.encoding=UTF-8",
    ]
    .into_iter()
    .map(OsString::from)
    .collect();
    if !home.is_java_8() {
        // The planner of Flink 1.13 reaches into these on Java 17.
        flags.extend(["lang", "util", "time"].map(|package| format!("--add-opens=java.base/java.{package}=ALL-UNNAMED").into()));
        // Java's own warnings go to standard output otherwise, into the protocol.
        flags.extend(["-Xlog:disable", "-Xlog:all=error:stderr"].map(OsString::from));
    }
    flags.push(format!("-Xmx{}m", settings.heap_mib.max(64)).into());
    flags.push(joined("-Djava.io.tmpdir=", scratch));
    flags.push(joined("-XX:ErrorFile=", &scratch.join("crash.log")));
    flags
}

/// A flag with a path behind it.
pub(crate) fn joined(flag: &str, path: &Path) -> OsString {
    let mut joined = OsString::from(flag);
    joined.push(path);
    joined
}
