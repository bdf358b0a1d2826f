//! State storage on this host: `file:` URIs and plain paths.
//!
//! A snapshot is complete when its `_metadata` is there (Flink writes it last) and begins with Flink's magic
//! number. Paths are taken literally: Flink does not decode `%20` in them either. What lies in another storage
//! (S3, HDFS …) cannot be judged from here and says so; it is never "not there".

use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use async_trait::async_trait;
use domain::ports::{PortError, StateStorage, StoredSnapshot};
use domain::time::Millis;

/// The file that makes a folder a snapshot.
const METADATA: &str = "_metadata";
/// First bytes of every `_metadata` (`Checkpoints.HEADER_MAGIC_NUMBER`).
const MAGIC: [u8; 4] = [0x49, 0x60, 0x67, 0x2d];
/// Most entries that are looked at in one folder, and most files whose sizes are added up.
const MOST_ENTRIES: usize = 100_000;

/// The file system of this host.
#[derive(Debug, Clone, Copy, Default)]
pub struct LocalStorage;

#[async_trait]
impl StateStorage for LocalStorage {
    async fn find(&self, directory: &str) -> Result<Option<StoredSnapshot>, PortError> {
        let directory = directory.to_owned();
        blocking(move || find(&directory)).await
    }

    async fn check_writable(&self, directory: &str) -> Result<(), PortError> {
        let directory = directory.to_owned();
        blocking(move || check_writable(&directory)).await
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, PortError> + Send + 'static) -> Result<T, PortError> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(PortError::Retry(format!("the look into the storage was broken off: {error}"))))
}

/// The path on this host that a Flink path names.
fn local(directory: &str) -> Result<PathBuf, PortError> {
    let path = match directory.split_once(':') {
        Some(("file", rest)) => match rest.strip_prefix("//") {
            Some(rest) => rest.strip_prefix("localhost").unwrap_or(rest),
            None => rest,
        },
        Some((scheme, _)) if is_scheme(scheme) => {
            return Err(PortError::GiveUp(format!(
                "{directory} cannot be read from here: this server reads only paths of its own host ('file:')"
            )));
        }
        _ => directory,
    };
    if path.starts_with('/') {
        Ok(PathBuf::from(path))
    } else {
        Err(PortError::Refused {
            status: None,
            message: format!("'{directory}' is not an absolute path: expected something like file:///var/flink/savepoints"),
        })
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

fn find(directory: &str) -> Result<Option<StoredSnapshot>, PortError> {
    // People copy the path of the file as often as that of its folder.
    let trimmed = directory.trim_end_matches('/');
    let directory = trimmed
        .strip_suffix(METADATA)
        .map_or(trimmed, |folder| folder.trim_end_matches('/'));
    let path = local(directory)?;
    if let Some(snapshot) = snapshot(&path, directory)? {
        return Ok(Some(snapshot));
    }
    let mut newest: Option<StoredSnapshot> = None;
    let Some(entries) = present(fs::read_dir(&path), &path)? else {
        return Ok(None);
    };
    for entry in entries.take(MOST_ENTRIES) {
        let entry = entry.map_err(|error| unreadable(&path, &error))?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let found = snapshot(&entry.path(), &format!("{directory}/{name}"))?;
        if let Some(found) = found.filter(|found| newest.as_ref().is_none_or(|newest| found.written_at > newest.written_at)) {
            newest = Some(found);
        }
    }
    Ok(newest)
}

/// The snapshot that a folder is, if it is one.
fn snapshot(folder: &Path, shown: &str) -> Result<Option<StoredSnapshot>, PortError> {
    let file = folder.join(METADATA);
    let Some(mut open) = present(File::open(&file), &file)? else {
        return Ok(None);
    };
    let mut head = [0; 4];
    match open.read_exact(&mut head) {
        Ok(()) if head == MAGIC => {}
        // Not written to its end yet, or something else of that name.
        Ok(()) => return Ok(None),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(unreadable(&file, &error)),
    }
    let written_at = open.metadata().and_then(|metadata| metadata.modified()).ok().and_then(millis);
    Ok(Some(StoredSnapshot {
        path: shown.to_owned(),
        size_bytes: size(folder),
        written_at,
    }))
}

/// Bytes of all files of a snapshot's folder: what cannot be read does not count.
fn size(folder: &Path) -> i64 {
    let mut folders = vec![folder.to_owned()];
    let mut sum: u64 = 0;
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            seen += 1;
            if seen > MOST_ENTRIES {
                return i64::try_from(sum).unwrap_or(i64::MAX);
            }
            match entry.metadata() {
                Ok(metadata) if metadata.is_dir() => folders.push(entry.path()),
                Ok(metadata) => sum = sum.saturating_add(Metadata::len(&metadata)),
                Err(_) => {}
            }
        }
    }
    i64::try_from(sum).unwrap_or(i64::MAX)
}

fn millis(time: SystemTime) -> Option<Millis> {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    i64::try_from(since.as_millis()).ok().map(Millis)
}

/// Something that may be missing: then none; any other failure is one.
fn present<T>(opened: io::Result<T>, path: &Path) -> Result<Option<T>, PortError> {
    match opened {
        Ok(opened) => Ok(Some(opened)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(unreadable(path, &error)),
    }
}

fn unreadable(path: &Path, error: &io::Error) -> PortError {
    let message = format!("{} cannot be read: {error}", path.display());
    match error.kind() {
        ErrorKind::PermissionDenied => PortError::GiveUp(format!("{message}. Give the server's user the right to read there")),
        _ => PortError::Retry(message),
    }
}

fn check_writable(directory: &str) -> Result<(), PortError> {
    let path = local(directory)?;
    let probe = path.join(format!(".streamwright-probe-{}", std::process::id()));
    let refused = |error: io::Error| PortError::Refused {
        status: None,
        message: format!(
            "{} cannot be written: {error}. Choose another directory, or give the server's user the right to write there",
            path.display()
        ),
    };
    fs::create_dir_all(&path).map_err(refused)?;
    File::create(&probe)
        .and_then(|file| file.sync_all())
        .and_then(|()| fs::remove_file(&probe))
        .map_err(refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(folder: &Path, content: &[u8]) {
        fs::create_dir_all(folder).unwrap();
        fs::write(folder.join(METADATA), content).unwrap();
    }

    const GOOD: &[u8] = &[0x49, 0x60, 0x67, 0x2d, 0, 0, 0, 4];

    #[test]
    fn paths_are_taken_as_flink_takes_them() {
        for (given, path) in [
            ("file:///a b", "/a b"),
            ("file:/a", "/a"),
            ("file://localhost/a", "/a"),
            ("/a:b/c", "/a:b/c"),
            ("file:///a%20b", "/a%20b"),
        ] {
            assert_eq!(local(given).unwrap(), PathBuf::from(path), "{given}");
        }
        for other in ["s3://b/k", "hdfs://n:8020/a", "s3a:/x"] {
            assert!(
                matches!(local(other), Err(PortError::GiveUp(message)) if message.contains("cannot be read from here")),
                "{other}"
            );
        }
        for bad in ["", "savepoints", "file://host/a", "file:a"] {
            assert!(matches!(local(bad), Err(PortError::Refused { .. })), "{bad}");
        }
    }

    #[test]
    fn only_a_complete_snapshot_is_found() {
        let dir = tempfile::tempdir().unwrap();
        let root = format!("file://{}", dir.path().display());
        assert_eq!(find(&format!("{root}/missing")).unwrap(), None);
        fs::create_dir(dir.path().join("savepoint-1")).unwrap();
        write(&dir.path().join("savepoint-2"), b"");
        write(&dir.path().join("savepoint-3"), b"half");
        assert_eq!(find(&root).unwrap(), None);
        write(&dir.path().join("savepoint-4"), GOOD);
        fs::write(dir.path().join("savepoint-4").join("state"), vec![0; 100]).unwrap();
        let found = find(&format!("{root}/")).unwrap().unwrap();
        assert_eq!((found.path, found.size_bytes), (format!("{root}/savepoint-4"), 108));
        assert_eq!(
            find(&format!("{root}/savepoint-4")).unwrap().unwrap().path,
            format!("{root}/savepoint-4")
        );
        assert_eq!(
            find(&format!("{root}/savepoint-4/_metadata")).unwrap().unwrap().path,
            format!("{root}/savepoint-4")
        );
    }

    #[test]
    #[allow(clippy::disallowed_methods, reason = "a file system keeps the system clock")]
    fn the_newest_one_is_found() {
        let dir = tempfile::tempdir().unwrap();
        for (name, age) in [("a", 10), ("b", 0), ("c", 20)] {
            write(&dir.path().join(name), GOOD);
            let file = File::options().write(true).open(dir.path().join(name).join(METADATA)).unwrap();
            file.set_modified(SystemTime::now() - std::time::Duration::from_secs(age)).unwrap();
        }
        let found = find(&dir.path().display().to_string()).unwrap().unwrap();
        assert_eq!(found.path, dir.path().join("b").display().to_string());
        assert!(found.written_at.is_some());
    }

    #[test]
    fn writing_is_tried_and_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let inner = dir.path().join("x/y");
        check_writable(&format!("file://{}", inner.display())).unwrap();
        assert_eq!(fs::read_dir(&inner).unwrap().count(), 0);
        fs::write(dir.path().join("file"), "").unwrap();
        assert!(matches!(
            check_writable(&format!("{}/file/sub", dir.path().display())),
            Err(PortError::Refused { .. })
        ));
    }
}
