//! How the planner workers are started and kept.
//!
//! The limits are settings so that tests can shorten them; a server takes the usual ones of
//! [`PlannerSettings::new`]. Paths are made absolute, because a worker runs in its scratch folder.

use std::path::{Path, PathBuf};
use std::time::Duration;

/// Settings of [`crate::Planners`].
#[derive(Debug, Clone)]
pub struct PlannerSettings {
    /// The program whose hidden subcommand `sandbox SCRATCH … -- java …` starts a worker: the server's own
    /// executable. Without it Java is started directly, as tests do.
    pub program: Option<PathBuf>,
    /// The planner's jar.
    pub planner_jar: PathBuf,
    /// Where what is prepared for a distribution is kept: unpacked planner, class archive, scratch folders.
    pub cache_dir: PathBuf,
    /// Jars that every check gets beside the distribution's own.
    pub jars: Vec<PathBuf>,
    /// Most workers at a time, at least 1.
    pub max_workers: usize,
    /// Java heap of a worker in MiB.
    pub heap_mib: u32,
    /// Whether a class archive is built for each distribution in the background, which makes later starts quicker.
    pub class_archive: bool,
    /// How long after the first check of a distribution its archive is begun, so that it is in nobody's way.
    pub archive_delay: Duration,
    /// How long a worker may take to say hello.
    pub start_deadline: Duration,
    /// How long a check may take, twice as long for the first one of a worker; the worker is killed then.
    pub check_deadline: Duration,
    /// How long a worker stays without work.
    pub idle: Duration,
}

impl PlannerSettings {
    /// The same settings with absolute paths: a worker has its scratch folder as its working directory.
    #[must_use]
    pub(crate) fn absolute(mut self) -> Self {
        for path in [&mut self.planner_jar, &mut self.cache_dir]
            .into_iter()
            .chain(&mut self.jars)
            .chain(&mut self.program)
        {
            *path = absolute(path);
        }
        self
    }

    /// Settings with the usual limits: 2 workers of 256 MiB heap, 30 s to start, 30 s for a check, 10 min idle.
    #[must_use]
    pub fn new(planner_jar: PathBuf, cache_dir: PathBuf) -> Self {
        Self {
            program: None,
            planner_jar,
            cache_dir,
            jars: Vec::new(),
            max_workers: 2,
            heap_mib: 256,
            class_archive: true,
            archive_delay: Duration::from_secs(15),
            start_deadline: Duration::from_secs(30),
            check_deadline: Duration::from_secs(30),
            idle: Duration::from_secs(600),
        }
    }
}

/// A path from the root on; as it is where there is no working directory.
pub(crate) fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
