//! Local clusters: Flink's JVMs as child processes of this host, each beside a small [`hold`]er, so that they
//! survive the server and are found again.
//!
//! Folder of a cluster: `<data>/clusters/<name>/{conf, jobmanager, taskmanager-1 …, tmp, upload, archive}` with
//! `ports.json`. Nothing about it is kept in memory. [`launch`] starts and ends, [`config`], [`memory`] and
//! [`command`] say how a JVM is run, [`life`] tells one process from its id's next owner.

mod command;
mod config;
#[allow(clippy::disallowed_methods, reason = "JVMs are started here, and nowhere else")]
mod hold;
#[allow(clippy::disallowed_methods, reason = "holders are started here, and nowhere else")]
mod launch;
mod life;
mod memory;
mod ports;
mod role;
mod tail;

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use domain::cluster::ProcessLook;
use domain::ports::{ClusterHost, Launch, PortError};

pub use hold::{HELD, hold};
use role::Role;
pub(crate) use tail::text as text_of;

/// Most TaskManagers of a local cluster: a slip of the finger must not take the machine down.
const MOST_TASK_MANAGERS: u32 = 64;

/// This host.
#[derive(Debug, Clone)]
pub struct LocalHost {
    clusters: PathBuf,
    program: PathBuf,
}

impl LocalHost {
    /// A host that keeps its clusters in `<data_dir>/clusters` and holds their JVMs with `<program> hold DIR`,
    /// a program that hands DIR to [`hold`].
    #[must_use]
    pub fn new(data_dir: &Path, program: PathBuf) -> Self {
        let data_dir = std::path::absolute(data_dir).unwrap_or_else(|_| data_dir.to_owned());
        Self {
            clusters: data_dir.join("clusters"),
            program,
        }
    }

    /// The folder of a cluster; its name must be one, because it becomes part of a path.
    fn folder(&self, name: &str) -> Result<PathBuf, PortError> {
        let fine = (1..=64).contains(&name.len())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if fine {
            Ok(self.clusters.join(name))
        } else {
            Err(PortError::GiveUp(format!(
                "'{name}' is not a name for a local cluster: expected up to 64 small letters, digits and '-'"
            )))
        }
    }
}

/// Runs what waits for files and processes on a thread where waiting is allowed.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, PortError> + Send + 'static) -> Result<T, PortError> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(PortError::Retry(format!("the work on a local cluster was broken off: {error}"))))
}

#[async_trait]
impl ClusterHost for LocalHost {
    async fn launch(&self, launch: &Launch) -> Result<String, PortError> {
        let folder = self.folder(&launch.name)?;
        if launch.slots == 0 || launch.task_managers > MOST_TASK_MANAGERS {
            return Err(PortError::GiveUp(format!(
                "a local cluster has at least one slot and at most {MOST_TASK_MANAGERS} TaskManagers, not {} and {}",
                launch.slots, launch.task_managers
            )));
        }
        let (program, launch) = (self.program.clone(), launch.clone());
        blocking(move || launch::launch(&folder, &program, &launch)).await
    }

    async fn processes(&self, name: &str) -> Result<Vec<ProcessLook>, PortError> {
        let folder = self.folder(name)?;
        blocking(move || Ok(launch::roles(&folder).iter().map(Role::look).collect())).await
    }

    async fn terminate(&self, name: &str) -> Result<(), PortError> {
        let folder = self.folder(name)?;
        blocking(move || launch::terminate(&folder)).await
    }

    async fn remove(&self, name: &str) -> Result<(), PortError> {
        let folder = self.folder(name)?;
        blocking(move || launch::remove(&folder)).await
    }

    async fn log_tail(&self, name: &str, role: &str, max_bytes: usize) -> Result<String, PortError> {
        let folder = self.folder(name)?;
        let role = role.to_owned();
        blocking(move || {
            let none = || PortError::Refused {
                status: Some(404),
                message: format!("the cluster has no '{role}'"),
            };
            launch::number(&role).ok_or_else(none)?;
            let role_folder = Role::of(&folder, &role);
            if !role_folder.dir.is_dir() {
                return Err(none());
            }
            tail::of(&role_folder, max_bytes).map_err(|error| PortError::Retry(format!("the log of {role} cannot be read: {error}")))
        })
        .await
    }
}
