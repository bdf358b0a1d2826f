//! Merged jars that were made before, by the digest of what they were made of.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use domain::artifact::Digest;
use domain::ports::SessionJar;

/// How long a merged jar that nobody asked for is kept.
const UNUSED: Duration = Duration::from_secs(7 * 24 * 3600);
/// Most bytes of merged jars; the newest one is kept in any case.
const MOST_BYTES: u64 = 4 << 30;

/// A folder of merged jars: `<key>-<digest>.jar`.
#[derive(Debug, Clone)]
pub(super) struct Cache(pub PathBuf);

/// One merged jar in the folder.
struct Kept {
    path: PathBuf,
    size: u64,
    used: SystemTime,
}

/// The time that files are stamped with, to be compared with the times of other files.
#[expect(clippy::disallowed_methods, reason = "the age of a file is told by the file system's clock")]
fn today() -> SystemTime {
    SystemTime::now()
}

impl Cache {
    /// The jar that was made under this key.
    pub fn find(&self, key: &str) -> Option<SessionJar> {
        let found = fs::read_dir(&self.0).ok()?.filter_map(Result::ok).find_map(|entry| {
            let name = entry.file_name();
            let digest: Digest = name
                .to_str()?
                .strip_prefix(key)?
                .strip_prefix('-')?
                .strip_suffix(".jar")?
                .parse()
                .ok()?;
            Some(SessionJar {
                path: entry.path(),
                digest,
            })
        })?;
        // Its time says when it was last asked for; one that cannot be touched is made anew some day.
        drop(
            File::options()
                .append(true)
                .open(&found.path)
                .and_then(|file| file.set_modified(today())),
        );
        Some(found)
    }

    /// A file that is nobody's yet; removed when it is dropped before [`Cache::keep`].
    pub fn part(&self) -> io::Result<tempfile::NamedTempFile> {
        fs::create_dir_all(&self.0)?;
        tempfile::Builder::new().prefix(".part-").tempfile_in(&self.0)
    }

    /// Puts a finished file in its place and makes room for it.
    pub fn keep(&self, part: tempfile::NamedTempFile, key: &str, digest: Digest) -> io::Result<SessionJar> {
        let path = self.0.join(format!("{key}-{digest}.jar"));
        part.persist(&path).map_err(|error| error.error)?;
        self.prune(&path, today());
        Ok(SessionJar { path, digest })
    }

    /// Removes what was not used for long, then the longest unused ones until the rest is small enough.
    fn prune(&self, newest: &Path, now: SystemTime) {
        let mut kept = self.list();
        kept.retain(|one| one.path != newest);
        kept.sort_by_key(|one| std::cmp::Reverse(one.used));
        let mut bytes = fs::metadata(newest).map_or(0, |meta| meta.len());
        for one in kept {
            bytes = bytes.saturating_add(one.size);
            let old = now.duration_since(one.used).is_ok_and(|unused| unused > UNUSED);
            if (old || bytes > MOST_BYTES)
                && let Err(error) = fs::remove_file(&one.path)
            {
                tracing::warn!(%error, jar = %one.path.display(), "a merged jar that nobody needs stays");
            }
        }
    }

    fn list(&self) -> Vec<Kept> {
        let entries = fs::read_dir(&self.0).into_iter().flatten().filter_map(Result::ok);
        entries
            .filter_map(|entry| {
                let meta = entry.metadata().ok()?;
                Some(Kept {
                    path: entry.path(),
                    size: meta.len(),
                    used: meta.modified().ok()?,
                })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_asks_for_goes_and_what_is_asked_for_stays() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache(folder.path().join("session-jars"));
        assert_eq!(cache.find("aa"), None);
        let digest = Digest::of([1; 32]);
        let made: Vec<SessionJar> = ["aa", "bb"]
            .iter()
            .map(|key| cache.keep(cache.part().unwrap(), key, digest.clone()).unwrap())
            .collect();
        let long_ago = today() - UNUSED * 2;
        for jar in &made {
            File::options()
                .append(true)
                .open(&jar.path)
                .unwrap()
                .set_modified(long_ago)
                .unwrap();
        }
        fs::write(cache.0.join(".part-of-a-killed-server"), "x").unwrap();
        assert_eq!(cache.find("aa").as_ref(), Some(&made[0]));
        let third = cache.keep(cache.part().unwrap(), "cc", digest).unwrap();
        assert!(cache.find("aa").is_some() && third.path.exists());
        assert_eq!(cache.find("bb"), None);
        assert_eq!(cache.find("c"), None);
    }
}
