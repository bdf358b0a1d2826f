//! Scratch folders: the only place where a worker may write, gone with the worker.
//!
//! Their names begin with the server's process id, so that a later server can tell which ones were left behind by
//! one that was killed.

use std::path::{Path, PathBuf};

/// A folder that is removed when dropped.
#[derive(Debug)]
pub(crate) struct Scratch(PathBuf);

fn root(cache: &Path) -> PathBuf {
    cache.join("scratch")
}

impl Scratch {
    /// Makes a folder in the cache.
    pub fn make(cache: &Path, number: u64) -> std::io::Result<Self> {
        let root = root(cache);
        std::fs::create_dir_all(&root)?;
        let path = std::fs::canonicalize(root)?.join(format!("{}-{number}", std::process::id()));
        if path.exists() {
            std::fs::remove_dir_all(&path)?;
        }
        std::fs::create_dir(&path)?;
        Ok(Self(path))
    }

    /// Where it is, absolute.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::debug!(%error, folder = %self.0.display(), "a scratch folder stays behind");
        }
    }
}

/// Removes the scratch folders of servers that are no more.
pub(crate) fn remove_left_over(cache: &Path) {
    let Ok(folders) = std::fs::read_dir(root(cache)) else { return };
    for folder in folders.filter_map(Result::ok) {
        let name = folder.file_name();
        let owner = name
            .to_str()
            .and_then(|name| name.split('-').next())
            .and_then(|pid| pid.parse::<u32>().ok());
        let gone = owner.is_some_and(|pid| pid != std::process::id() && !Path::new(&format!("/proc/{pid}")).exists());
        if gone && Path::new("/proc/self").exists() {
            drop(std::fs::remove_dir_all(folder.path()));
        }
    }
}
