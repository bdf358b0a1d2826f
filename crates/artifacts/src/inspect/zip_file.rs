//! A zip file's directory and contents, read in one pass with little memory and every number distrusted. The zip
//! library reads a whole directory into memory and lets a second entry of a name replace the first; both are what
//! an attacker wants.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};

use domain::ports::PortError;
use flate2::read::DeflateDecoder;
use sha2::Digest;

use super::budget::Budget;
use super::{entry_name, refused};

const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
const END_64: u32 = 0x0606_4b50;
const LOCATOR_64: u32 = 0x0706_4b50;
/// An end record and the longest comment.
const LONGEST_END: u64 = 22 + 0xffff;

/// One entry of the directory.
pub struct Entry {
    /// Its name, checked.
    pub name: String,
    /// What the directory says it unpacks to.
    pub size: u64,
    packed: u64,
    crc: u32,
    method: u16,
    offset: u64,
}

/// Where the directory is.
#[derive(Debug, PartialEq, Eq)]
struct Directory {
    start: u64,
    count: u64,
    /// What stands before the archive, such as a start script.
    prefix: u64,
}

/// The contents of one entry, as it is unpacked.
pub type Content<'a> = &'a mut dyn Read;

fn damaged(why: impl std::fmt::Display) -> PortError {
    refused(format!("it is cut off or damaged: {why}"))
}

fn broken(error: &io::Error) -> PortError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => damaged("it ends too early"),
        _ => PortError::GiveUp(format!("the upload cannot be read: {error}")),
    }
}

fn u16_at(bytes: &[u8], place: usize) -> u16 {
    bytes.get(place..place + 2).map_or(0, |two| u16::from_le_bytes([two[0], two[1]]))
}

fn u32_at(bytes: &[u8], place: usize) -> u32 {
    u32::from(u16_at(bytes, place)) | u32::from(u16_at(bytes, place + 2)) << 16
}

fn u64_at(bytes: &[u8], place: usize) -> u64 {
    u64::from(u32_at(bytes, place)) | u64::from(u32_at(bytes, place + 4)) << 32
}

/// Whether a file has the end record of a zip file.
pub fn is_zip(file: &mut File) -> Result<bool, PortError> {
    Ok(end(file)?.is_some())
}

/// The end record: its place and its bytes.
fn end(file: &mut File) -> Result<Option<(u64, Vec<u8>)>, PortError> {
    let length = file.seek(SeekFrom::End(0)).map_err(|error| broken(&error))?;
    let from = length.saturating_sub(LONGEST_END);
    let mut tail = Vec::new();
    file.seek(SeekFrom::Start(from)).map_err(|error| broken(&error))?;
    file.take(LONGEST_END).read_to_end(&mut tail).map_err(|error| broken(&error))?;
    let last = tail.len().checked_sub(22);
    let found = last.and_then(|last| {
        (0..=last)
            .rev()
            .find(|place| u32_at(&tail, *place) == END && place + 22 + usize::from(u16_at(&tail, place + 20)) == tail.len())
    });
    Ok(found.map(|place| (from + place as u64, tail.split_off(place))))
}

fn directory(file: &mut File) -> Result<Directory, PortError> {
    let (mut place, record) = end(file)?.ok_or_else(|| damaged("the directory at its end is missing"))?;
    let (mut count, mut size, mut offset) = (
        u64::from(u16_at(&record, 10)),
        u64::from(u32_at(&record, 12)),
        u64::from(u32_at(&record, 16)),
    );
    let larger = count == 0xffff || size == 0xffff_ffff || offset == 0xffff_ffff;
    if larger && let Some((at, record)) = end_64(file, place)? {
        (place, count, size, offset) = (at, u64_at(&record, 32), u64_at(&record, 40), u64_at(&record, 48));
    }
    let start = place
        .checked_sub(size)
        .ok_or_else(|| damaged("its directory is said to be larger than the file"))?;
    let prefix = start
        .checked_sub(offset)
        .ok_or_else(|| damaged("its directory is not where it is said to be"))?;
    if count.checked_mul(46).is_none_or(|least| least > size) {
        return Err(damaged("its directory is too small for its entries"));
    }
    Ok(Directory { start, count, prefix })
}

/// The larger end record of archives beyond 4 GiB or 65,535 entries.
fn end_64(file: &mut File, end: u64) -> Result<Option<(u64, [u8; 56])>, PortError> {
    let Some(locator) = end.checked_sub(20) else { return Ok(None) };
    let mut bytes = [0; 20];
    read_at(file, locator, &mut bytes)?;
    if u32_at(&bytes, 0) != LOCATOR_64 {
        return Ok(None);
    }
    // What stands before the archive moves it: it is looked for right before its locator then.
    let mut record = [0; 56];
    for place in [u64_at(&bytes, 8), locator.saturating_sub(56)] {
        if place.checked_add(56).is_some_and(|end| end <= locator) {
            read_at(file, place, &mut record)?;
            if u32_at(&record, 0) == END_64 {
                return Ok(Some((place, record)));
            }
        }
    }
    Err(damaged("its larger directory is missing"))
}

fn read_at(file: &mut File, place: u64, bytes: &mut [u8]) -> Result<(), PortError> {
    file.seek(SeekFrom::Start(place))
        .and_then(|_| file.read_exact(bytes))
        .map_err(|error| broken(&error))
}

/// Goes through all entries: every name, size and checksum is verified; `each` may read a content.
///
/// # Errors
/// `Refused` with the reason and the entry's name; whatever `each` says.
pub fn walk(
    file: &mut File,
    budget: &mut Budget,
    each: &mut dyn FnMut(&Entry, Content<'_>, &mut Budget) -> Result<(), PortError>,
) -> Result<(), PortError> {
    let Directory { start, count, prefix } = directory(file)?;
    budget.entries(count)?;
    let opened = || -> io::Result<(File, File)> { Ok((file.try_clone()?, reopened(file)?)) };
    let (directory, contents) = opened().map_err(|error| broken(&error))?;
    let mut directory = BufReader::new(directory);
    let mut contents = Contents {
        reader: BufReader::with_capacity(64 * 1024, contents),
        place: 0,
        prefix,
        end: start,
    };
    directory.seek(SeekFrom::Start(start)).map_err(|error| broken(&error))?;
    let mut names = HashSet::new();
    for _ in 0..count {
        let (entry, flags) = next(&mut directory)?;
        judge(&entry, flags)?;
        let folder = entry.name.ends_with('/');
        if !names.insert(fingerprint(&entry.name)) && !folder {
            return Err(refused(format!(
                "it has two entries '{}': which one counts would depend on who reads it",
                entry_name::shown(&entry.name)
            )));
        }
        contents.unpack(&entry, budget, each)?;
    }
    Ok(())
}

/// A second place in the same file: clones share theirs.
fn reopened(file: &File) -> io::Result<File> {
    use std::os::fd::AsRawFd;
    File::open(format!("/proc/self/fd/{}", file.as_raw_fd()))
}

/// A name in 16 bytes, so that half a million names take little memory.
fn fingerprint(name: &str) -> u128 {
    let hash: [u8; 32] = sha2::Sha256::digest(name.as_bytes()).into();
    hash.iter().take(16).fold(0, |sum, byte| sum << 8 | u128::from(*byte))
}

fn next(directory: &mut impl Read) -> Result<(Entry, u16), PortError> {
    let fails = |error: io::Error| broken(&error);
    let mut head = [0; 46];
    directory.read_exact(&mut head).map_err(fails)?;
    if u32_at(&head, 0) != CENTRAL {
        return Err(damaged("its directory has fewer entries than it says"));
    }
    let mut rest = vec![0; usize::from(u16_at(&head, 28)) + usize::from(u16_at(&head, 30)) + usize::from(u16_at(&head, 32))];
    directory.read_exact(&mut rest).map_err(fails)?;
    let (name, extra) = rest.split_at(usize::from(u16_at(&head, 28)));
    let mut entry = Entry {
        name: entry_name::checked(name)?,
        size: u64::from(u32_at(&head, 24)),
        packed: u64::from(u32_at(&head, 20)),
        crc: u32_at(&head, 16),
        method: u16_at(&head, 10),
        offset: u64::from(u32_at(&head, 42)),
    };
    widen(&mut entry, extra.get(..usize::from(u16_at(&head, 30))).unwrap_or_default());
    Ok((entry, u16_at(&head, 8)))
}

/// Numbers that need more than 32 bits stand in an extra field, in this order.
fn widen(entry: &mut Entry, mut extra: &[u8]) {
    while extra.len() >= 4 {
        let (kind, length) = (u16_at(extra, 0), usize::from(u16_at(extra, 2)));
        let field = extra.get(4..4 + length).unwrap_or_default();
        if kind == 1 {
            let mut place = 0;
            for number in [&mut entry.size, &mut entry.packed, &mut entry.offset] {
                if *number == 0xffff_ffff && place + 8 <= field.len() {
                    *number = u64_at(field, place);
                    place += 8;
                }
            }
        }
        extra = extra.get(4 + length..).unwrap_or_default();
    }
}

fn judge(entry: &Entry, flags: u16) -> Result<(), PortError> {
    // Bits 0, 6 and 13: encrypted, strongly encrypted, masked.
    if flags & 0x2041 != 0 {
        return Err(refused(format!(
            "its entry '{}' is encrypted: Flink cannot read it",
            entry_name::shown(&entry.name)
        )));
    }
    if !matches!(entry.method, 0 | 8) {
        return Err(refused(format!(
            "its entry '{}' is compressed by method {}, which Java cannot read: only stored and deflated entries can be used",
            entry_name::shown(&entry.name),
            entry.method
        )));
    }
    Ok(())
}

struct Contents {
    reader: BufReader<File>,
    place: u64,
    prefix: u64,
    end: u64,
}

impl Contents {
    fn unpack(
        &mut self,
        entry: &Entry,
        budget: &mut Budget,
        each: &mut dyn FnMut(&Entry, Content<'_>, &mut Budget) -> Result<(), PortError>,
    ) -> Result<(), PortError> {
        let shown = entry_name::shown(&entry.name);
        let short = || damaged(format!("its entry '{shown}' is not all there"));
        self.go(self.prefix.saturating_add(entry.offset)).map_err(|_| short())?;
        let mut head = [0; 30];
        self.read(&mut head).map_err(|_| short())?;
        let mut name = vec![0; usize::from(u16_at(&head, 26))];
        self.read(&mut name).map_err(|_| short())?;
        if u32_at(&head, 0) != LOCAL || String::from_utf8_lossy(&name) != entry.name {
            return Err(damaged(format!(
                "its entry '{shown}' has another name in the directory than at its place"
            )));
        }
        let from = self.place + u64::from(u16_at(&head, 28));
        if from.checked_add(entry.packed).is_none_or(|end| end > self.end) {
            return Err(short());
        }
        budget.has(&shown, entry.size)?;
        self.go(from).map_err(|_| short())?;
        let packed = (&mut self.reader).take(entry.packed);
        let unpacked: Box<dyn Read + '_> = if entry.method == 0 {
            Box::new(packed)
        } else {
            Box::new(DeflateDecoder::new(packed))
        };
        let mut counted = Counted {
            from: unpacked.take(entry.size + 1),
            bytes: 0,
            crc: flate2::Crc::new(),
        };
        each(entry, &mut counted, budget)?;
        let drained = io::copy(&mut counted, &mut io::sink());
        let (bytes, crc) = (counted.bytes, counted.crc.sum());
        drop(counted);
        self.place = self.reader.stream_position().map_err(|error| broken(&error))?;
        if drained.is_err() || bytes < entry.size {
            return Err(short());
        }
        if bytes > entry.size {
            return Err(refused(format!(
                "its entry '{shown}' says that it has {} bytes and unpacks to more: archives that lie about sizes are bombs",
                entry.size
            )));
        }
        if crc != entry.crc {
            return Err(damaged(format!("the checksum of its entry '{shown}' is not right")));
        }
        budget.bytes(&shown, bytes)
    }

    fn go(&mut self, place: u64) -> io::Result<()> {
        let step = i64::try_from(i128::from(place) - i128::from(self.place)).map_err(io::Error::other)?;
        self.reader.seek_relative(step)?;
        self.place = place;
        Ok(())
    }

    fn read(&mut self, bytes: &mut [u8]) -> io::Result<()> {
        self.reader.read_exact(bytes)?;
        self.place += bytes.len() as u64;
        Ok(())
    }
}

struct Counted<'a> {
    from: io::Take<Box<dyn Read + 'a>>,
    bytes: u64,
    crc: flate2::Crc,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.from.read(buffer)?;
        self.bytes += count as u64;
        self.crc.update(&buffer[..count]);
        Ok(count)
    }
}
