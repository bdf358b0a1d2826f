//! Reads jars' directories and writes the merged jar, entries copied as they are compressed.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek, Write};
use std::path::PathBuf;

use domain::ports::PortError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use super::manifest;
use super::plan::{At, Contents, Listed, Plan};
use super::{text, unwritten};

/// Where a manifest is.
const MANIFEST: &str = "META-INF/MANIFEST.MF";
/// Longest manifest, list of services or licence in bytes.
const LONGEST_TEXT: u64 = 8 << 20;
/// Most entries of one jar.
const MOST_ENTRIES: usize = 400_000;

/// A jar with its name for people.
#[derive(Debug, Clone)]
pub(super) struct Source {
    /// How it is called in messages: `connector version 2 (file.jar)`.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
}

/// An open jar.
pub(super) struct Jar {
    archive: ZipArchive<BufReader<File>>,
    /// What the plan needs to know.
    pub contents: Contents,
    /// The main section of its manifest.
    attributes: Vec<(String, String)>,
}

fn odd(name: &str, why: impl std::fmt::Display) -> PortError {
    PortError::Refused {
        status: None,
        message: format!("{name} cannot be read as a jar: {why}"),
    }
}

impl Jar {
    /// Opens a jar and reads its directory.
    pub fn open(source: &Source) -> Result<Self, PortError> {
        let fails = |error: &dyn std::fmt::Display| odd(&source.name, error);
        let file = File::open(&source.path).map_err(|error| fails(&error))?;
        let mut archive = ZipArchive::new(BufReader::with_capacity(32 * 1024, file)).map_err(|error| fails(&error))?;
        if archive.len() > MOST_ENTRIES {
            return Err(fails(&format!("it has more than {MOST_ENTRIES} entries")));
        }
        let mut entries = Vec::with_capacity(archive.len());
        for index in 0..archive.len() {
            let entry = archive.by_index_data(index).map_err(|error| fails(&error))?;
            entries.push(Listed {
                name: entry.name().map_err(|error| fails(&error))?.into_owned(),
                crc: entry.crc32(),
                size: entry.size(),
            });
        }
        let attributes = match archive.index_for_name(MANIFEST) {
            Some(index) => manifest::main_section(&read(&mut archive, index).map_err(|error| fails(&error))?),
            None => Vec::new(),
        };
        Ok(Self {
            contents: Contents {
                name: source.name.clone(),
                multi_release: manifest::is_multi_release(&attributes),
                entries,
            },
            archive,
            attributes,
        })
    }
}

/// The content of a small entry.
fn read<R: Read + Seek>(archive: &mut ZipArchive<R>, index: usize) -> std::io::Result<Vec<u8>> {
    let mut content = Vec::new();
    let entry = archive.by_index(index).map_err(std::io::Error::other)?;
    entry.take(LONGEST_TEXT + 1).read_to_end(&mut content)?;
    if content.len() as u64 > LONGEST_TEXT {
        return Err(std::io::Error::other("a text in it is longer than 8 MiB"));
    }
    Ok(content)
}

/// Writes the merged jar: the manifest first, then the joined texts in the order of their names, then the copies.
/// Every entry has the same time, and what is written anew is not compressed: the bytes depend on the jars only.
pub(super) fn write(jars: &mut [Jar], plan: &Plan, target: &mut File) -> Result<(), PortError> {
    let mut writer = ZipWriter::new(BufWriter::with_capacity(256 * 1024, target)).set_auto_large_file();
    let first = jars.first().map(|jar| jar.attributes.clone()).unwrap_or_default();
    add(&mut writer, MANIFEST, &manifest::merged(&first, plan.multi_release))?;
    for (name, parts) in &plan.lines {
        let lists = contents(jars, parts)?;
        add(&mut writer, name, &text::lines(&lists))?;
    }
    for (name, parts) in &plan.texts {
        let all = contents(jars, parts)?;
        add(&mut writer, name, &text::texts(&all))?;
    }
    for at in &plan.copies {
        copy(&mut writer, jars, *at)?;
    }
    let mut written = writer.finish().map_err(|error| unwritten(&error.into()))?;
    written.flush().map_err(|error| unwritten(&error))
}

fn add<W: Write + Seek>(writer: &mut ZipWriter<W>, name: &str, content: &[u8]) -> Result<(), PortError> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    writer
        .start_file(name, options)
        .map_err(std::io::Error::from)
        .and_then(|()| writer.write_all(content))
        .map_err(|error| unwritten(&error))
}

fn contents(jars: &mut [Jar], parts: &[At]) -> Result<Vec<Vec<u8>>, PortError> {
    let mut all = Vec::with_capacity(parts.len());
    for (jar, index) in parts {
        if let Some(jar) = jars.get_mut(*jar) {
            all.push(read(&mut jar.archive, *index).map_err(|error| odd(&jar.contents.name, error))?);
        }
    }
    Ok(all)
}

fn copy<W: Write + Seek>(writer: &mut ZipWriter<W>, jars: &mut [Jar], (jar, index): At) -> Result<(), PortError> {
    let Some(jar) = jars.get_mut(jar) else { return Ok(()) };
    let entry = jar.archive.by_index_raw(index).map_err(|error| odd(&jar.contents.name, error))?;
    writer
        .raw_copy_file_touch(entry, DateTime::default(), None)
        .map_err(|error| unwritten(&error.into()))
}
