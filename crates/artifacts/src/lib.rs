//! Bytes that jobs need. Artifacts of teams: a content-addressed store on this host's disk, into which nothing comes
//! before it was read through. Flink distributions: installed from the official Python packages or from the Apache archive's tarball,
//! probed, and run by a Java that is found on this machine.
//!
//! An installation is made in a folder beside its target and renamed into place, so that a home is either whole
//! or not there. A lock for each version makes a second installation wait for the first and find it; what a
//! killed one left behind is removed by the next.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod archive;
mod disk;
mod inspect;
mod java;
mod lock;
mod merge;
mod probe;
mod pypi;
mod room;
mod unpack;

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use domain::flink_version::VersionNumber;
use domain::ports::{FlinkInstaller, InstallSource, PortError, Progress};

pub use disk::DiskStore;
pub use merge::{Merger, check_jar};

/// Installs Flink distributions below a data folder.
#[derive(Debug, Clone)]
pub struct Installer {
    folder: PathBuf,
    cache: Option<PathBuf>,
}

impl Installer {
    /// An installer whose homes are `<data>/flink/<version>`. Where `STREAMWRIGHT_FLINK_CACHE` names a folder, what
    /// is downloaded is kept there and used again.
    #[must_use]
    #[allow(clippy::disallowed_methods, reason = "a cache for test machines, not a setting of the product")]
    pub fn new(data: &Path) -> Self {
        let cache = std::env::var_os("STREAMWRIGHT_FLINK_CACHE")
            .filter(|folder| !folder.is_empty())
            .map(PathBuf::from);
        // A home is handed to JVMs that run in other folders.
        let data = std::path::absolute(data).unwrap_or_else(|_| data.to_path_buf());
        Self {
            folder: data.join("flink"),
            cache,
        }
    }

    async fn install_locked(&self, version: VersionNumber, source: &InstallSource, progress: Progress<'_>) -> Result<(), PortError> {
        let work = tempfile::Builder::new()
            .prefix(&self.work_prefix(version))
            .tempdir_in(&self.folder)
            .map_err(|error| room::fault(&self.folder, &error))?;
        let home = work.path().join("home");
        let work_path = work.path();
        match source {
            InstallSource::Pypi => pypi::install(version, (work_path, &home), self.cache.as_deref(), progress).await?,
            InstallSource::Archive { base_url } => archive::install(version, (work_path, &home), base_url.as_deref(), progress).await?,
        }
        let found = probe::version(&home)?;
        if found != version {
            return Err(PortError::GiveUp(format!(
                "what was downloaded as Flink {version} is Flink {found}"
            )));
        }
        let target = self.home(version);
        std::fs::write(home.join(COMPLETE), version.to_string()).map_err(|error| room::fault(&home, &error))?;
        // A folder without its mark is what an older, broken installation left.
        let _ = std::fs::remove_dir_all(&target);
        std::fs::rename(&home, &target).map_err(|error| room::fault(&target, &error))
    }

    fn home(&self, version: VersionNumber) -> PathBuf {
        self.folder.join(version.to_string())
    }

    fn work_prefix(&self, version: VersionNumber) -> String {
        format!(".install-{version}-")
    }

    /// Removes what a killed installation of this version left; only called under its lock.
    fn clean(&self, version: VersionNumber) {
        let prefix = self.work_prefix(version);
        let entries = std::fs::read_dir(&self.folder).into_iter().flatten().flatten();
        for entry in entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(&prefix)) {
            if let Err(error) = std::fs::remove_dir_all(entry.path()) {
                tracing::warn!(folder = %entry.path().display(), %error, "what an installation left could not be removed");
            }
        }
    }
}

/// The mark of a whole home.
const COMPLETE: &str = ".complete";

#[async_trait]
impl FlinkInstaller for Installer {
    async fn install(&self, version: VersionNumber, source: &InstallSource, progress: Progress<'_>) -> Result<String, PortError> {
        std::fs::create_dir_all(&self.folder).map_err(|error| room::fault(&self.folder, &error))?;
        let home = self.home(version);
        let _lock = lock::take(&self.folder.join(format!(".lock-{version}")), &format!("Flink {version}"), progress).await?;
        if !home.join(COMPLETE).exists() {
            self.clean(version);
            self.install_locked(version, source, progress).await?;
        }
        Ok(home.display().to_string())
    }

    async fn probe(&self, home: &Path) -> Result<VersionNumber, PortError> {
        probe::version(home)
    }

    async fn find_java(&self) -> Result<String, PortError> {
        java::find().await
    }
}
