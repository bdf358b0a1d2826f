//! The folder of one role of a cluster (`jobmanager`, `taskmanager-1` …): what holder and host write there
//! and read from it.
//!
//! `spec.json` what to run · `lock` held as long as holder or program live · `pid` the life of the program ·
//! `exit.json` how it ended · `log/` its log and standard output. Whoever reads takes the files as they are:
//! any of them may be missing after a crash.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use domain::cluster::ProcessLook;
use domain::time::Millis;
use serde::{Deserialize, Serialize};

use super::life::Life;

/// What to run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// Program and arguments.
    pub argv: Vec<String>,
    /// Variables on top of the holder's own environment.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// Working folder.
    pub cwd: PathBuf,
    /// File for standard output and error, relative to the role's folder.
    #[serde(default = "default_output")]
    pub output: PathBuf,
}

fn default_output() -> PathBuf {
    PathBuf::from("out.log")
}

/// How a program ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Exit {
    /// Process id of the life that ended; 0 where the program could not be started at all.
    pub pid: u32,
    /// Exit code, unless a signal ended it.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// When.
    pub ended_at: Millis,
}

impl Exit {
    /// The code as shells show it: `128 + signal` where a signal ended it.
    pub fn shell_code(&self) -> Option<i32> {
        self.code.or_else(|| self.signal.map(|signal| 128 + signal))
    }
}

/// The folder of a role.
#[derive(Debug, Clone)]
pub struct Role {
    /// `jobmanager`, `taskmanager-1` …
    pub name: String,
    /// Its folder.
    pub dir: PathBuf,
}

impl Role {
    /// A role of the cluster in the given folder.
    pub fn of(cluster: &Path, name: &str) -> Self {
        Self {
            name: name.to_owned(),
            dir: cluster.join(name),
        }
    }

    /// A role by its folder alone.
    pub fn at(dir: &Path) -> Self {
        let name = dir.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        Self { name, dir: dir.to_owned() }
    }

    /// File of the life.
    pub fn pid_file(&self) -> PathBuf {
        self.dir.join("pid")
    }

    /// File of the end.
    pub fn exit_file(&self) -> PathBuf {
        self.dir.join("exit.json")
    }

    /// Flink's own log.
    pub fn log_file(&self) -> PathBuf {
        self.dir.join("log").join(format!("{}.log", self.name))
    }

    /// Standard output and error. Flink looks for it beside its log under this name.
    pub fn output_file(&self) -> PathBuf {
        self.dir.join("log").join(format!("{}.out", self.name))
    }

    /// The program that runs now.
    pub fn life(&self) -> Option<Life> {
        Life::read(&self.pid_file()).filter(Life::alive)
    }

    /// Whether a holder or its program holds the lock: then something lives here, or is about to.
    pub fn held(&self) -> bool {
        let Ok(lock) = File::open(self.dir.join("lock")) else {
            return false;
        };
        matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock))
    }

    /// Reads what to run.
    pub fn spec(&self) -> io::Result<Spec> {
        let text = fs::read(self.dir.join("spec.json"))?;
        serde_json::from_slice(&text).map_err(io::Error::other)
    }

    /// Writes what to run.
    pub fn write_spec(&self, spec: &Spec) -> io::Result<()> {
        write_atomically(
            &self.dir.join("spec.json"),
            serde_json::to_string_pretty(spec).map_err(io::Error::other)?.as_bytes(),
        )
    }

    /// Forgets the last life. Only for a role that does not live.
    pub fn forget(&self) -> io::Result<()> {
        for file in [self.exit_file(), self.pid_file()] {
            match fs::remove_file(file) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// How the last life ended, if anybody saw it.
    pub fn exit(&self) -> Option<Exit> {
        serde_json::from_slice(&fs::read(self.exit_file()).ok()?).ok()
    }

    /// What the host knows of it now.
    pub fn look(&self) -> ProcessLook {
        if let Some(life) = self.life() {
            return ProcessLook {
                role: self.name.clone(),
                pid: Some(life.pid),
                exit_code: None,
                ended_at: None,
            };
        }
        let exit = self.exit();
        ProcessLook {
            role: self.name.clone(),
            pid: None,
            exit_code: exit.as_ref().and_then(Exit::shell_code),
            ended_at: exit.map(|exit| exit.ended_at),
        }
    }
}

/// Writes a file so that a reader, also after a crash, sees the old or the new content and nothing between.
pub fn write_atomically(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let fresh = path.with_file_name(name);
    let mut file = File::create(&fresh)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&fresh, path)
}
