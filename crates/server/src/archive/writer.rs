//! Writes a backup.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::Digest;
use store::{Copied, Digests};
use tokio::sync::mpsc::Receiver;

use super::{ARTIFACTS, BEGIN, Begin, END, End, FORMAT, KEYS, Seal, digest_of};

/// What is in a backup and what is not.
#[derive(Debug)]
pub struct Left {
    /// What is in it.
    pub end: End,
    /// Artifacts whose content is not what their name says, or that cannot be read, with the reason.
    pub damaged: Vec<String>,
}

/// Writes what comes through the channel, and the files of a data folder. Blocks. The file appears under its name
/// once it is complete; what is cut off leaves nothing.
///
/// # Errors
/// When the file is there already or cannot be written, or the channel ends before its end.
pub fn write(file: &Path, data: &Path, engine: &str, from: Receiver<Copied>) -> io::Result<Left> {
    if file.try_exists()? {
        return Err(io::Error::new(
            io::ErrorKind::AlreadyExists,
            "it is there already, choose another name",
        ));
    }
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    let part = file.with_file_name(name);
    let written = write_part(&part, data, engine, from).and_then(|left| std::fs::rename(&part, file).map(|()| left));
    if written.is_err() {
        let _ = std::fs::remove_file(&part);
    }
    written
}

fn write_part(part: &Path, data: &Path, engine: &str, mut from: Receiver<Copied>) -> io::Result<Left> {
    let open = File::options().create(true).truncate(true).write(true).mode(0o600).open(part)?;
    let mut archive = Archive {
        tar: tar::Builder::new(GzEncoder::new(BufWriter::new(open), Compression::default())),
        seal: Seal::default(),
    };
    let tables = archive.tables(engine, &mut from)?;
    let (mut artifacts, mut artifact_bytes, mut damaged) = (0, 0, Vec::new());
    for file in files(&data.join(ARTIFACTS))? {
        match archive.artifact(data, &file)? {
            Ok(size) => {
                artifacts += 1;
                artifact_bytes += size;
            }
            Err(why) => damaged.push(format!("{}: {why}", file.display())),
        }
    }
    let mut key = false;
    for name in KEYS {
        if let Ok(bytes) = std::fs::read(data.join(name)) {
            archive.entry(&format!("keys/{name}"), &bytes)?;
            key = true;
        }
    }
    let end = End {
        tables,
        artifacts,
        artifact_bytes,
        key,
        sha256: archive.seal.finish(),
    };
    archive.entry(END, &serde_json::to_vec_pretty(&end)?)?;
    let written = archive.tar.into_inner()?.finish()?;
    written.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
    Ok(Left { end, damaged })
}

struct Archive<W: Write> {
    tar: tar::Builder<W>,
    seal: Seal,
}

impl<W: Write> Archive<W> {
    fn entry(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.begin(name, bytes.len() as u64, &mut io::Cursor::new(bytes))
    }

    fn begin(&mut self, name: &str, size: u64, content: &mut dyn Read) -> io::Result<()> {
        let mut header = tar::Header::new_gnu();
        header.set_size(size);
        header.set_mode(0o600);
        header.set_entry_type(tar::EntryType::Regular);
        self.seal.entry(name, size);
        let sealing = Sealing {
            inner: content,
            seal: &mut self.seal,
        };
        self.tar.append_data(&mut header, name, sealing)
    }

    /// Everything of the database.
    fn tables(&mut self, engine: &str, from: &mut Receiver<Copied>) -> io::Result<Digests> {
        let mut number: u64 = 0;
        loop {
            match from.blocking_recv() {
                Some(Copied::Begin(steps)) => {
                    let begin = Begin {
                        format: FORMAT,
                        version: env!("CARGO_PKG_VERSION").to_owned(),
                        created_at: store::now().0,
                        engine: engine.to_owned(),
                        steps,
                    };
                    self.entry(BEGIN, &serde_json::to_vec_pretty(&begin)?)?;
                }
                Some(Copied::Rows { table, lines }) => {
                    number += 1;
                    self.entry(&format!("tables/{table}/{number:06}.jsonl"), lines.as_bytes())?;
                }
                Some(Copied::End(digests)) => return Ok(digests),
                None => return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the database was not read to its end")),
            }
        }
    }

    /// One artifact, if its content is what its name says: it is read twice, because what is in the archive has to
    /// be right.
    fn artifact(&mut self, data: &Path, file: &Path) -> io::Result<Result<u64, String>> {
        let name = format!("{ARTIFACTS}/{}", file.display());
        let mut open = match checked(&data.join(ARTIFACTS).join(file)) {
            Ok(open) => open,
            // Removed while we were at it.
            Err(error) => return Ok(Err(error.to_string())),
        };
        let size = open.metadata()?.len();
        self.begin(&name, size, &mut open)?;
        Ok(Ok(size))
    }
}

fn checked(file: &Path) -> io::Result<File> {
    let mut hash = sha2::Sha256::new();
    io::copy(&mut File::open(file)?, &mut HashInto(&mut hash))?;
    if digest_of(Path::new(file.file_name().unwrap_or_default())) != Some(hex::encode(hash.finalize())) {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "its content is not what its name says: upload it again",
        ));
    }
    File::open(file)
}

pub(super) struct HashInto<'a>(pub &'a mut sha2::Sha256);

impl Write for HashInto<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Sealing<'a> {
    inner: &'a mut dyn Read,
    seal: &'a mut Seal,
}

impl Read for Sealing<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(into)?;
        self.seal.bytes(into.get(..length).unwrap_or_default());
        Ok(length)
    }
}

/// The files below a folder that are named like artifacts, as paths in it, in order. None where there is no folder.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(below) = folders.pop() {
        let entries = match std::fs::read_dir(folder.join(&below)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        for entry in entries {
            let entry = entry?;
            let path = below.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                folders.push(path);
            } else if entry.file_type()?.is_file() && digest_of(&path).is_some() {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}
