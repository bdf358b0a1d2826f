//! Reads an upload through before it becomes an artifact: that it is what its name says, that no entry leads out of
//! a folder, that it does not unpack to more than it may, and what it is for.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use domain::artifact::{ArtifactKind, Digest};
use domain::ports::PortError;
use domain::upload::{Content, Upload};
use sha2::Digest as _;

use crate::disk;

mod budget;
mod class_file;
mod entry_name;
mod jar;
mod tarball;
mod zip_file;

/// Longest Python file (16 MiB).
const LONGEST_PYTHON: u64 = 16 << 20;

/// What an inspection found, before a person's choice counts.
#[derive(Debug, Default, PartialEq, Eq)]
struct Found {
    /// What its content says that it is.
    kind: Option<ArtifactKind>,
    /// Classes with a `main`.
    entry_classes: Vec<String>,
}

/// Reads a whole upload; `scratch` takes what has to be unpacked.
///
/// # Errors
/// `Refused` with 422 when it is not what it is to be.
pub(crate) fn content(file: &mut File, upload: &Upload, scratch: &Path) -> Result<Content, PortError> {
    let digest = digest(file).map_err(|error| disk::fault(scratch, &error))?;
    if let Some(expected) = upload.sha256.as_ref().filter(|expected| **expected != digest) {
        return Err(refused(format!(
            "what arrived has the SHA-256 {digest}, not {expected}: it was changed on the way, or is another file"
        )));
    }
    let found = found(file, &upload.file_name, scratch)?;
    Ok(Content {
        digest,
        size_bytes: upload.size_bytes,
        kind: kind(upload, &found)?,
        entry_classes: found.entry_classes,
    })
}

fn digest(file: &mut File) -> io::Result<Digest> {
    file.seek(SeekFrom::Start(0))?;
    let (mut hash, mut buffer) = (sha2::Sha256::new(), vec![0; 256 * 1024]);
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(Digest::of(hash.finalize().into())),
            count => hash.update(&buffer[..count]),
        }
    }
}

fn found(file: &mut File, file_name: &str, scratch: &Path) -> Result<Found, PortError> {
    let fails = |error: io::Error| disk::fault(scratch, &error);
    let length = file.metadata().map_err(fails)?.len();
    if length == 0 {
        return Err(refused("the file is empty"));
    }
    file.seek(SeekFrom::Start(0)).map_err(fails)?;
    let lower = file_name.to_lowercase();
    let ends = |endings: &[&str]| endings.iter().any(|ending| lower.ends_with(ending));
    if ends(&[".jar"]) {
        jar::read(file, scratch)
    } else if ends(&[".zip", ".whl", ".egg", ".pyz"]) {
        jar::read_archive(file, scratch)
    } else if ends(&[".tar.gz", ".tgz"]) {
        tarball::read(flate2::read::MultiGzDecoder::new(BufReader::new(file)), length)
    } else if ends(&[".tar"]) {
        tarball::read(BufReader::new(file), length)
    } else if ends(&[".py"]) {
        python(file, length)
    } else {
        Err(refused(format!(
            "'{file_name}' is no kind of file that a job can use: .jar, .py, .zip, .whl, .egg, .tar, .tar.gz or .tgz"
        )))
    }
}

fn python(file: &mut File, length: u64) -> Result<Found, PortError> {
    if length > LONGEST_PYTHON {
        return Err(refused(format!("a Python file has at most {} MiB", LONGEST_PYTHON >> 20)));
    }
    let mut text = Vec::new();
    file.take(LONGEST_PYTHON)
        .read_to_end(&mut text)
        .map_err(|error| PortError::GiveUp(error.to_string()))?;
    let wrong = match std::str::from_utf8(&text) {
        Ok(_) => text.iter().position(|byte| *byte == 0),
        Err(error) => Some(error.valid_up_to()),
    };
    match wrong {
        Some(place) => Err(refused(format!("it is no Python file: byte {place} is not text in UTF-8"))),
        None => Ok(Found {
            kind: Some(ArtifactKind::PythonFile),
            entry_classes: Vec::new(),
        }),
    }
}

/// The kind that a person chose, where the content can be that; else what the content says.
fn kind(upload: &Upload, found: &Found) -> Result<ArtifactKind, PortError> {
    let guessed = found.kind.unwrap_or(ArtifactKind::Archive);
    match upload.kind {
        None => Ok(guessed),
        Some(chosen) if chosen == guessed || (guessed.is_jar() && (chosen.is_jar() || chosen == ArtifactKind::Archive)) => Ok(chosen),
        Some(chosen) => {
            let wanted = match chosen {
                ArtifactKind::PythonFile => "a Python file (.py)",
                ArtifactKind::Archive => "an archive",
                _ => "a jar",
            };
            Err(refused(format!("'{}' is not {wanted}: choose another kind", upload.file_name)))
        }
    }
}

/// The error of an upload that is not what it is to be.
fn refused(why: impl Into<String>) -> PortError {
    PortError::Refused {
        status: Some(422),
        message: why.into(),
    }
}

#[cfg(test)]
mod tests;
