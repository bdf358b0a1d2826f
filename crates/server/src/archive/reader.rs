//! Reads a backup: everything is checked on the way, and what must not be there is refused.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use flate2::bufread::GzDecoder;
use sha2::Digest;
use store::Copied;
use tokio::sync::mpsc::Sender;

use super::writer::HashInto;
use super::{ARTIFACTS, BEGIN, Begin, END, End, FORMAT, KEYS, Seal, digest_of};

/// More than a piece of rows, and than any single row.
const PIECE: u64 = 256 << 20;

/// Where the files of a backup lie until the database is ready: below the data folder, on the same file system.
pub struct Staging {
    folder: PathBuf,
    data: PathBuf,
    files: Mutex<Vec<PathBuf>>,
}

impl Staging {
    /// An empty one.
    ///
    /// # Errors
    /// When the data folder cannot be written.
    pub fn new(data: &Path) -> io::Result<Self> {
        let folder = data.join("restore.part");
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        std::fs::create_dir(&folder)?;
        Ok(Self {
            folder,
            data: data.to_owned(),
            files: Mutex::default(),
        })
    }

    fn create(&self, name: &Path) -> io::Result<File> {
        let path = self.folder.join(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        self.files.lock().unwrap_or_else(PoisonError::into_inner).push(name.to_owned());
        File::options().create_new(true).write(true).mode(0o600).open(path)
    }

    /// Moves the files to their places. An artifact that is there already stays: the same name is the same content. A
    /// key that is another one is kept beside it.
    ///
    /// # Errors
    /// When one of them cannot be moved.
    pub fn settle(&self) -> io::Result<()> {
        for file in self.files.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            let from = self.folder.join(&file);
            let to = self.data.join(file.strip_prefix("keys").unwrap_or(&file));
            if to.exists() && file.starts_with(ARTIFACTS) {
                continue;
            }
            if to.exists() && std::fs::read(&to)? != std::fs::read(&from)? {
                let mut kept = to.clone().into_os_string();
                kept.push(".replaced");
                std::fs::rename(&to, kept)?;
            }
            if let Some(parent) = to.parent() {
                std::fs::create_dir_all(parent)?;
            }
            std::fs::rename(from, to)?;
        }
        Ok(())
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Reads the whole file and checks it; changes nothing.
///
/// # Errors
/// What is wrong with it.
pub fn check(file: &Path) -> io::Result<(Begin, End)> {
    Reading::default().run(file, |_| Ok(()), None)
}

/// Reads a file into a database's channel and a staging folder. Blocks.
///
/// # Errors
/// What is wrong with it; then the channel has no end.
pub fn read(file: &Path, staging: &Staging, to: &Sender<Copied>) -> io::Result<(Begin, End)> {
    let gone = |_| io::Error::other("the database does not take it");
    Reading::default().run(file, |piece| to.blocking_send(piece).map_err(gone), Some(staging))
}

#[derive(Default)]
struct Reading {
    seal: Seal,
    artifacts: u64,
    bytes: u64,
    key: bool,
}

impl Reading {
    fn run(mut self, file: &Path, mut give: impl FnMut(Copied) -> io::Result<()>, staging: Option<&Staging>) -> io::Result<(Begin, End)> {
        let mut archive = tar::Archive::new(GzDecoder::new(BufReader::new(File::open(file)?)));
        let mut begin: Option<Begin> = None;
        let mut end: Option<End> = None;
        for entry in archive.entries().map_err(|error| foreign(&error))? {
            let mut entry = entry.map_err(|error| if begin.is_none() { foreign(&error) } else { cut(error) })?;
            if end.is_some() {
                return Err(wrong("it goes on after its end"));
            }
            let name = String::from_utf8(entry.path_bytes().into_owned()).map_err(|_| wrong("an entry's name is no text"))?;
            let size = entry.size();
            if entry.header().entry_type() != tar::EntryType::Regular || (begin.is_none() && name != BEGIN) {
                return Err(if begin.is_none() {
                    foreign(&"it begins otherwise")
                } else {
                    wrong("there is something in it that is no file")
                });
            }
            if name == END {
                let bytes = whole(&mut entry, size)?;
                let read: End = serde_json::from_slice(&bytes).map_err(|_| wrong("its end cannot be read"))?;
                self.complete(&read)?;
                end = Some(read);
                continue;
            }
            self.seal.entry(&name, size);
            match &begin {
                None => {
                    let read = self.begin(&mut entry, size)?;
                    give(Copied::Begin(read.steps.clone()))?;
                    begin = Some(read);
                }
                Some(_) => self.entry(&name, (&mut entry, size), &mut give, staging)?,
            }
        }
        // The checksum of the compression comes after all entries.
        io::copy(&mut archive.into_inner(), &mut io::sink()).map_err(cut)?;
        let (Some(begin), Some(end)) = (begin, end) else {
            return Err(wrong("it is cut off: it has no end"));
        };
        give(Copied::End(end.tables.clone()))?;
        Ok((begin, end))
    }

    fn begin(&mut self, entry: &mut impl Read, size: u64) -> io::Result<Begin> {
        let bytes = whole(entry, size)?;
        self.seal.bytes(&bytes);
        let value: serde_json::Value = serde_json::from_slice(&bytes).map_err(|error| foreign(&error))?;
        let format = value.get("format").and_then(serde_json::Value::as_u64).unwrap_or(0);
        if format > u64::from(FORMAT) {
            let version = value
                .get("version")
                .and_then(serde_json::Value::as_str)
                .unwrap_or("a newer version");
            return Err(wrong(&format!(
                "it was written by Streamwright {version} in a newer format: use that version"
            )));
        }
        serde_json::from_value(value).map_err(|error| foreign(&error))
    }

    fn entry(
        &mut self,
        name: &str,
        (entry, size): (&mut impl Read, u64),
        give: &mut impl FnMut(Copied) -> io::Result<()>,
        staging: Option<&Staging>,
    ) -> io::Result<()> {
        let path = Path::new(name);
        if let Some(table) = table_of(name) {
            let bytes = whole(entry, size)?;
            self.seal.bytes(&bytes);
            let lines = String::from_utf8(bytes).map_err(|_| wrong("rows in it are no text"))?;
            let table = table.to_owned();
            return give(Copied::Rows { table, lines });
        }
        if let Some(digest) = path.strip_prefix(ARTIFACTS).ok().and_then(digest_of) {
            self.artifact(path, &digest, entry, staging)?;
            self.bytes += size;
            self.artifacts += 1;
            return Ok(());
        }
        if !KEYS.iter().any(|key| name.strip_prefix("keys/") == Some(*key)) {
            return Err(wrong(&format!("there is something in it that a backup does not have: {name:.100}")));
        }
        let bytes = whole(entry, size)?;
        self.seal.bytes(&bytes);
        if let Some(staging) = staging {
            io::copy(&mut bytes.as_slice(), &mut staging.create(path)?)?;
        }
        self.key = true;
        Ok(())
    }

    fn artifact(&mut self, path: &Path, digest: &str, entry: &mut impl Read, staging: Option<&Staging>) -> io::Result<()> {
        let mut file = staging.map(|staging| staging.create(path)).transpose()?;
        let mut hash = sha2::Sha256::new();
        let mut bytes = vec![0; 1 << 16];
        loop {
            let length = entry.read(&mut bytes).map_err(cut)?;
            let some = bytes.get(..length).filter(|some| !some.is_empty());
            let Some(mut some) = some else { break };
            self.seal.bytes(some);
            io::Write::write_all(&mut HashInto(&mut hash), some)?;
            if let Some(file) = &mut file {
                io::copy(&mut some, file)?;
            }
        }
        if hex::encode(hash.finalize()) != digest {
            return Err(wrong(&format!("the artifact {digest} has another content than its name says")));
        }
        file.map_or(Ok(()), |file| file.sync_all())
    }

    /// The end tells of exactly what was read.
    fn complete(&self, end: &End) -> io::Result<()> {
        let told = (end.artifacts, end.artifact_bytes, end.key, end.sha256.as_str());
        let seal = self.seal.finish();
        if told == (self.artifacts, self.bytes, self.key, seal.as_str()) {
            Ok(())
        } else {
            Err(wrong("its content is not what its end says: it was changed or damaged"))
        }
    }
}

/// The table of `tables/TABLE/NUMBER.jsonl`.
fn table_of(name: &str) -> Option<&str> {
    let (table, number) = name.strip_prefix("tables/")?.split_once('/')?;
    let number = number.strip_suffix(".jsonl")?;
    number.bytes().all(|byte| byte.is_ascii_digit()).then_some(table)
}

fn whole(entry: &mut impl Read, size: u64) -> io::Result<Vec<u8>> {
    if size > PIECE {
        return Err(wrong("a piece of it is larger than any that a backup has"));
    }
    let mut bytes = Vec::new();
    entry.take(size).read_to_end(&mut bytes).map_err(cut)?;
    if bytes.len() as u64 == size {
        Ok(bytes)
    } else {
        Err(wrong("it is cut off"))
    }
}

fn wrong(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}

fn foreign(why: &dyn std::fmt::Display) -> io::Error {
    wrong(&format!("it is no backup of Streamwright ({why})"))
}

fn cut(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => wrong("it is cut off"),
        io::ErrorKind::StorageFull | io::ErrorKind::PermissionDenied => error,
        _ => wrong(&format!("it is damaged or cut off ({error})")),
    }
}
