//! Unpacks archives from outside: chosen entries only, no way out of the target folder, bounded in size and
//! count.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};

use domain::ports::PortError;
use flate2::read::GzDecoder;

use crate::room;

/// No distribution has more files (2.2.1 has about 400).
const MOST_ENTRIES: usize = 20_000;
/// No distribution is larger unpacked (2.3.0 is 0.6 GB).
const MOST_BYTES: u64 = 4 << 30;

/// Where an entry goes below the target, or nowhere.
pub type Choose = fn(&str) -> Option<String>;

/// Entries of `pyflink/` in a wheel that belong to a distribution.
pub fn of_wheel(name: &str) -> Option<String> {
    part(name.strip_prefix("pyflink/")?)
}

/// Entries of `<package>/deps/` in a source archive that belong to a distribution.
pub fn of_source(name: &str) -> Option<String> {
    part(name.split_once('/')?.1.strip_prefix("deps/")?)
}

/// Everything in the one folder of a binary tarball.
pub fn of_tarball(name: &str) -> Option<String> {
    name.split_once('/')
        .map(|(_, rest)| rest.to_owned())
        .filter(|rest| !rest.is_empty())
}

fn part(rest: &str) -> Option<String> {
    let (folder, file) = rest.split_once('/')?;
    let belongs = matches!(folder, "bin" | "conf" | "lib" | "opt" | "plugins" | "licenses") && !file.is_empty();
    belongs.then(|| rest.to_owned())
}

/// Counts what has been unpacked.
#[derive(Debug, Default)]
struct Budget {
    entries: usize,
    bytes: u64,
}

impl Budget {
    fn take(&mut self, archive: &Path, bytes: u64) -> Result<(), PortError> {
        self.entries += 1;
        self.bytes = self.bytes.saturating_add(bytes);
        if self.entries > MOST_ENTRIES || self.bytes > MOST_BYTES {
            return Err(odd(archive, "it is larger than any Flink distribution"));
        }
        Ok(())
    }
}

fn odd(archive: &Path, why: impl std::fmt::Display) -> PortError {
    let name = archive.file_name().unwrap_or_default().to_string_lossy();
    PortError::GiveUp(format!("{name} cannot be unpacked: {why}"))
}

/// A path below the target; anything that would lead out of it is refused.
fn below(target: &Path, archive: &Path, name: &str) -> Result<PathBuf, PortError> {
    let relative = Path::new(name);
    let plain = relative.components().all(|component| matches!(component, Component::Normal(_)));
    if !plain || name.contains('\0') {
        return Err(odd(archive, format!("its entry '{name}' leads out of the folder")));
    }
    Ok(target.join(relative))
}

fn write(path: &Path, mut from: impl Read, executable: bool) -> Result<u64, PortError> {
    let fails = |error: io::Error| room::fault(path, &error);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(fails)?;
    }
    let mut file = File::create(path).map_err(fails)?;
    let bytes = io::copy(&mut (&mut from).take(MOST_BYTES), &mut file).map_err(fails)?;
    let mode = if executable { 0o755 } else { 0o644 };
    file.set_permissions(fs::Permissions::from_mode(mode)).map_err(fails)?;
    Ok(bytes)
}

/// Scripts in `bin` run; jars there do not.
fn runs(name: &str) -> bool {
    name.starts_with("bin/") && !name.ends_with(".jar")
}

/// Unpacks a wheel; answers how many files were chosen.
pub fn zip(archive: &Path, target: &Path, choose: Choose) -> Result<usize, PortError> {
    let file = File::open(archive).map_err(|error| room::fault(archive, &error))?;
    let mut zip = zip::ZipArchive::new(file).map_err(|error| odd(archive, error))?;
    let mut budget = Budget::default();
    let mut chosen = 0;
    for index in 0..zip.len() {
        let entry = zip.by_index(index).map_err(|error| odd(archive, error))?;
        let name = entry.name().map_err(|error| odd(archive, error))?.into_owned();
        let Some(place) = choose(&name).filter(|_| entry.is_file()) else {
            continue;
        };
        let path = below(target, archive, &place)?;
        let bytes = write(&path, entry, runs(&place))?;
        budget.take(archive, bytes)?;
        chosen += 1;
    }
    Ok(chosen)
}

/// Unpacks a gzipped tar; answers how many files were chosen. Links are left out: no distribution needs them.
pub fn tar_gz(archive: &Path, target: &Path, choose: Choose) -> Result<usize, PortError> {
    let file = File::open(archive).map_err(|error| room::fault(archive, &error))?;
    let mut tar = tar::Archive::new(GzDecoder::new(io::BufReader::new(file)));
    let mut budget = Budget::default();
    let mut chosen = 0;
    for entry in tar.entries().map_err(|error| odd(archive, error))? {
        let entry = entry.map_err(|error| odd(archive, error))?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).trim_start_matches("./").to_owned();
        let Some(place) = choose(&name).filter(|_| entry.header().entry_type().is_file()) else {
            continue;
        };
        let path = below(target, archive, &place)?;
        let bytes = write(&path, entry, runs(&place))?;
        budget.take(archive, bytes)?;
        chosen += 1;
    }
    Ok(chosen)
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A gzipped tar with these entries, names taken as they are.
    pub fn tarball(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut tar = tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
        for (name, content) in entries {
            let mut header = tar::Header::new_gnu();
            header.set_size(content.len() as u64);
            header.set_mode(0o644);
            // The builder refuses `..`; an attacker's would not.
            header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
            header.set_cksum();
            tar.append(&header, *content).unwrap();
        }
        tar.into_inner().unwrap().finish().unwrap()
    }

    #[test]
    fn only_what_belongs_is_chosen() {
        assert_eq!(of_wheel("pyflink/bin/flink").as_deref(), Some("bin/flink"));
        assert_eq!(of_wheel("pyflink/table/table.py"), None);
        assert_eq!(
            of_source("apache-flink-libraries-1.20.5/deps/lib/flink-dist-1.20.5.jar").as_deref(),
            Some("lib/flink-dist-1.20.5.jar")
        );
        assert_eq!(of_source("apache-flink-libraries-1.20.5/setup.py"), None);
        assert_eq!(of_tarball("flink-2.2.1/NOTICE").as_deref(), Some("NOTICE"));
    }

    #[test]
    fn no_entry_leads_out() {
        let folder = tempfile::tempdir().unwrap();
        let archive = folder.path().join("a.tgz");
        for evil in ["flink-1/../../evil", "flink-1//etc/evil", "flink-1/lib/../../../evil"] {
            fs::write(&archive, tarball(&[(evil, b"x")])).unwrap();
            let error = tar_gz(&archive, &folder.path().join("home"), of_tarball).unwrap_err();
            assert!(error.to_string().contains("leads out of the folder"), "{evil}: {error}");
        }
    }

    #[test]
    fn a_cut_archive_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let archive = folder.path().join("a.tgz");
        let whole = tarball(&[("f/lib/a.jar", &[7; 100_000])]);
        fs::write(&archive, &whole[..whole.len() / 2]).unwrap();
        assert!(tar_gz(&archive, &folder.path().join("home"), of_tarball).is_err());
        fs::write(&archive, "not an archive").unwrap();
        assert!(
            zip(&archive, &folder.path().join("home"), of_wheel)
                .unwrap_err()
                .to_string()
                .contains("a.tgz cannot be unpacked")
        );
    }
}
