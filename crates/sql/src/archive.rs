//! What makes workers start quickly: the planner unpacked from its loader, and a class archive, both kept in the
//! cache folder for each distribution.
//!
//! `facts` measured it: to the first full verdict a worker needs 4 to 5 s, with both of these below 2 s. The loader's
//! inner jar is unpacked before the first start (a copy of 45 MB). The archive is written by a worker that checks a
//! small script and ends; that takes a while and much memory, so it is done in the background, once nobody waits.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::sql::StatementKind;
use sha2::{Digest, Sha256};

use crate::java::{Home, stamp};
use crate::wire::Sent;

/// The loader's inner jar.
const INNER: &str = "flink-table-planner.jar";
/// How long writing an archive may take.
pub(crate) const DEADLINE: Duration = Duration::from_secs(120);

/// A script that loads most of the classes that scripts need.
const TRAINING: &[(StatementKind, &str)] = &[
    (
        StatementKind::Ddl,
        "CREATE TABLE orders (id BIGINT, user_id BIGINT, product STRING, price DECIMAL(10, 2), ts TIMESTAMP(3), proc AS PROCTIME(), \
         WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'datagen')",
    ),
    (
        StatementKind::Ddl,
        "CREATE TABLE users (user_id BIGINT, name STRING, PRIMARY KEY (user_id) NOT ENFORCED) WITH ('connector' = 'datagen')",
    ),
    (
        StatementKind::Ddl,
        "CREATE TABLE sums (id BIGINT, name STRING, total DECIMAL(38, 2)) WITH ('connector' = 'blackhole')",
    ),
    (
        StatementKind::Ddl,
        "CREATE VIEW best AS SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY price DESC) AS rn FROM orders) WHERE rn = 1",
    ),
    (
        StatementKind::Insert,
        "INSERT INTO sums SELECT user_id, MAX(product), SUM(price) FROM TUMBLE(TABLE orders, DESCRIPTOR(ts), INTERVAL '5' MINUTES) GROUP BY user_id, window_start, window_end",
    ),
    (
        StatementKind::Insert,
        "INSERT INTO sums SELECT b.user_id, UPPER(u.name), CASE WHEN b.price > 1 THEN b.price ELSE 0 END FROM best b JOIN users u ON b.user_id = u.user_id",
    ),
    (StatementKind::Insert, "INSERT INTO sums SELECT nothing FROM orders"),
];

/// The statements of the training script.
pub(crate) fn training() -> Vec<Sent> {
    let sent = |(index, (kind, text)): (usize, &(StatementKind, &str))| {
        let line = u32::try_from(index + 1).unwrap_or(1);
        Sent {
            index,
            line,
            column: 1,
            kind: *kind,
            text: (*text).to_owned(),
        }
    };
    TRAINING.iter().enumerate().map(sent).collect()
}

/// Name of a distribution's file in the cache: the first part says which home, the second in which state it is.
fn name(home: &Home, ending: &str) -> String {
    format!("{}-{}.{ending}", place(home), home.fingerprint.get(..24).unwrap_or_default())
}

fn place(home: &Home) -> String {
    let digest = hex::encode(Sha256::digest(home.flink_home.as_os_str().as_encoded_bytes()));
    digest.get(..12).unwrap_or_default().to_owned()
}

/// Where the class archive of a distribution is or would be.
pub(crate) fn archive(cache: &Path, home: &Home) -> PathBuf {
    cache.join("archives").join(name(home, "jsa"))
}

/// Moves a finished archive to its place and removes those of earlier states of the same home.
pub(crate) fn keep(written: &Path, cache: &Path, home: &Home) -> io::Result<()> {
    let kept = archive(cache, home);
    make_room(&kept, home)?;
    std::fs::rename(written, kept)
}

/// Makes the folder of a file and removes the files of the same home from it.
fn make_room(kept: &Path, home: &Home) -> io::Result<()> {
    let Some(folder) = kept.parent() else { return Ok(()) };
    std::fs::create_dir_all(folder)?;
    let mine = format!("{}-", place(home));
    for entry in std::fs::read_dir(folder)?.filter_map(Result::ok) {
        if entry.file_name().to_string_lossy().starts_with(&mine) && entry.path() != *kept {
            // One that a running worker has mapped stays readable for it.
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Which jar of a home is the planner's loader (1.15 on).
pub(crate) fn loader(home: &Home) -> Option<usize> {
    let is_loader = |jar: &PathBuf| {
        jar.file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with("flink-table-planner-loader"))
    };
    home.jars.iter().position(is_loader)
}

/// The home with the planner itself in the place of its loader, where there is one. Touches the disk.
pub(crate) fn unpacked(cache: &Path, home: &Home) -> Home {
    let Some(at) = loader(home) else { return home.clone() };
    let Some(loader) = home.jars.get(at) else { return home.clone() };
    match unpack(cache, home, loader) {
        Ok(planner) => {
            let mut unpacked = home.clone();
            unpacked.jars.splice(at..=at, [planner]);
            unpacked
        }
        Err(error) => {
            tracing::warn!(%error, jar = %loader.display(), "the planner cannot be unpacked; its loader is used, which starts slower");
            home.clone()
        }
    }
}

/// Held while a planner is unpacked: workers that start together need it once.
static UNPACKING: Mutex<()> = Mutex::new(());

fn unpack(cache: &Path, home: &Home, loader: &Path) -> io::Result<PathBuf> {
    let _alone = UNPACKING.lock().unwrap_or_else(PoisonError::into_inner);
    let state = hex::encode(Sha256::digest(stamp(loader)));
    let folder = cache.join("planners");
    let kept = folder.join(format!("{}-{}.jar", place(home), state.get(..24).unwrap_or_default()));
    if kept.is_file() {
        return std::fs::canonicalize(kept);
    }
    std::fs::create_dir_all(&folder)?;
    let mut archive = zip::ZipArchive::new(std::fs::File::open(loader)?).map_err(io::Error::other)?;
    let mut inner = archive.by_name(INNER).map_err(io::Error::other)?;
    let part = folder.join(format!("{}.part", std::process::id()));
    let copied = std::fs::File::create(&part).and_then(|mut file| io::copy(&mut inner, &mut file));
    if let Err(error) = copied {
        // What was written is worth nothing.
        drop(std::fs::remove_file(&part));
        return Err(error);
    }
    make_room(&kept, home)?;
    std::fs::rename(&part, &kept)?;
    std::fs::canonicalize(kept)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn the_planner_takes_its_loaders_place() {
        let folder = tempfile::tempdir().unwrap();
        let loader = folder.path().join("flink-table-planner-loader-2.2.1.jar");
        let mut zip = zip::ZipWriter::new(std::fs::File::create(&loader).unwrap());
        zip.start_file(INNER, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(b"planner").unwrap();
        zip.finish().unwrap();
        let jars = vec![folder.path().join("a.jar"), loader.clone(), folder.path().join("z.jar")];
        let home = Home {
            java_home: PathBuf::new(),
            flink_home: folder.path().to_owned(),
            jars,
            fingerprint: "0".repeat(64),
        };
        let cache = folder.path().join("cache");
        for _ in 0..2 {
            let found = unpacked(&cache, &home);
            assert_eq!(found.jars.len(), 3);
            assert_eq!(std::fs::read(&found.jars[1]).unwrap(), b"planner");
        }
        // Another loader: the earlier planner goes.
        std::fs::write(&loader, "no zip").unwrap();
        assert_eq!(unpacked(&cache, &home), home);
        assert_eq!(std::fs::read_dir(cache.join("planners")).unwrap().count(), 1);
    }

    #[test]
    fn an_archive_replaces_that_of_an_earlier_state() {
        let folder = tempfile::tempdir().unwrap();
        let home = |state: &str| Home {
            java_home: PathBuf::new(),
            flink_home: "/flink".into(),
            jars: Vec::new(),
            fingerprint: state.repeat(64),
        };
        for state in ["1", "2"] {
            let written = folder.path().join("written");
            std::fs::write(&written, state).unwrap();
            keep(&written, folder.path(), &home(state)).unwrap();
        }
        assert!(!archive(folder.path(), &home("1")).exists());
        assert!(archive(folder.path(), &home("2")).is_file());
    }
}
