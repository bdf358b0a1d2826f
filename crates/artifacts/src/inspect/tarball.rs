//! Tar archives, plain or gzipped.

use std::io::{self, Read};

use domain::artifact::ArtifactKind;
use domain::ports::PortError;
use tar::EntryType;

use super::budget::Budget;
use super::{Found, entry_name, refused};

/// Longest header of names: what a path may have on Linux, and some room.
const LONGEST_HEADER: u64 = 64 * 1024;

fn damaged(error: &io::Error) -> PortError {
    refused(format!("it is no tar archive, or cut off or damaged: {error}"))
}

/// Reads an archive of a length through. Raw entries: the library would read a name of any length into memory.
pub fn read(from: impl Read, length: u64) -> Result<Found, PortError> {
    let mut budget = Budget::of(length);
    let mut archive = tar::Archive::new(from);
    let mut count: u64 = 0;
    for entry in archive.entries().map_err(|error| damaged(&error))?.raw(true) {
        let mut entry = entry.map_err(|error| damaged(&error))?;
        budget.entries(1)?;
        count += 1;
        let (kind, size) = (entry.header().entry_type(), entry.header().size().map_err(|error| damaged(&error))?);
        let name = entry.path_bytes().into_owned();
        budget.has(&entry_name::shown(&String::from_utf8_lossy(&name)), size)?;
        match kind {
            EntryType::GNULongName | EntryType::GNULongLink | EntryType::XHeader => {
                for named in long_names(&mut entry, kind, size)? {
                    check(&named)?;
                }
            }
            EntryType::XGlobalHeader => {}
            EntryType::Regular | EntryType::Directory | EntryType::Symlink | EntryType::Link | EntryType::Continuous => {
                check(&name)?;
                if let Some(link) = entry.link_name_bytes() {
                    check(&link)?;
                }
            }
            _ => {
                let shown = entry_name::shown(&String::from_utf8_lossy(&name));
                return Err(refused(format!("its entry '{shown}' is no file, folder or link")));
            }
        }
        let bytes = io::copy(&mut entry, &mut io::sink()).map_err(|error| damaged(&error))?;
        budget.bytes("", bytes)?;
    }
    if count == 0 {
        return Err(refused("it is no tar archive, or an empty one"));
    }
    Ok(Found {
        kind: Some(ArtifactKind::Archive),
        entry_classes: Vec::new(),
    })
}

fn check(name: &[u8]) -> Result<(), PortError> {
    // Folders may be called `./`.
    let plain = name.strip_prefix(b"./").unwrap_or(name);
    if plain.is_empty() {
        Ok(())
    } else {
        entry_name::checked(plain).map(drop)
    }
}

/// Names that do not fit into a header: GNU's are the content, POSIX's are lines of it.
fn long_names(entry: &mut impl Read, kind: EntryType, size: u64) -> Result<Vec<Vec<u8>>, PortError> {
    if size > LONGEST_HEADER {
        return Err(refused(format!("it has a name of {size} bytes")));
    }
    let mut bytes = Vec::new();
    entry.read_to_end(&mut bytes).map_err(|error| damaged(&error))?;
    if kind != EntryType::XHeader {
        while bytes.last() == Some(&0) {
            bytes.pop();
        }
        return Ok(vec![bytes]);
    }
    let lines = bytes.split(|byte| *byte == b'\n').filter_map(|line| {
        let line = line.splitn(2, |byte| *byte == b' ').nth(1)?;
        line.strip_prefix(b"path=").or_else(|| line.strip_prefix(b"linkpath="))
    });
    Ok(lines.map(<[u8]>::to_vec).collect())
}
