//! Jars and other zip files: what they are for, by what is inside.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use domain::artifact::ArtifactKind;
use domain::ports::PortError;

use super::budget::Budget;
use super::zip_file::{self, Content, Entry};
use super::{Found, class_file, refused};
use crate::disk;

/// Services by which Flink finds tables, formats and catalogs (the first since 1.11).
const FACTORIES: &[&str] = &[
    "META-INF/services/org.apache.flink.table.factories.Factory",
    "META-INF/services/org.apache.flink.table.factories.TableFactory",
];
const MANIFEST: &str = "META-INF/MANIFEST.MF";
/// Manifests and classes that are longer are not looked into.
const LOOKED_INTO: u64 = 4 << 20;
/// Most classes that are offered.
const OFFERED: usize = 100;

/// What a jar was seen to have.
#[derive(Default)]
struct Seen {
    factories: bool,
    main_class: Option<String>,
    mains: Vec<String>,
}

/// Reads a jar.
pub fn read(file: &mut File, scratch: &Path) -> Result<Found, PortError> {
    let seen = look(file, scratch, "jar")?;
    let kind = if seen.main_class.is_some() {
        ArtifactKind::JobJar
    } else if seen.factories {
        ArtifactKind::Connector
    } else if seen.mains.is_empty() {
        ArtifactKind::UdfJar
    } else {
        ArtifactKind::JobJar
    };
    let mut mains = seen.mains;
    mains.sort();
    mains.retain(|class| Some(class) != seen.main_class.as_ref());
    let mut entry_classes: Vec<String> = seen.main_class.into_iter().chain(mains).collect();
    entry_classes.truncate(OFFERED);
    Ok(Found {
        kind: Some(kind),
        entry_classes,
    })
}

/// Reads any other zip file.
pub fn read_archive(file: &mut File, scratch: &Path) -> Result<Found, PortError> {
    look(file, scratch, "zip file")?;
    Ok(Found {
        kind: Some(ArtifactKind::Archive),
        entry_classes: Vec::new(),
    })
}

fn look(file: &mut File, scratch: &Path, what: &str) -> Result<Seen, PortError> {
    no_text(file, what)?;
    let length = file.metadata().map_err(|error| disk::fault(scratch, &error))?.len();
    let (mut seen, mut budget) = (Seen::default(), Budget::of(length));
    zip_file::walk(file, &mut budget, &mut |entry, content, budget| {
        visit(&mut seen, entry, content)?;
        nested(entry, (content, scratch), budget)
    })?;
    Ok(seen)
}

/// A text called a jar is told as such: mostly it is the error page of a download.
fn no_text(file: &mut File, what: &str) -> Result<(), PortError> {
    let mut head = Vec::new();
    file.seek(SeekFrom::Start(0))
        .and_then(|_| file.take(256).read_to_end(&mut head))
        .map_err(|error| PortError::GiveUp(format!("the upload cannot be read: {error}")))?;
    let text = String::from_utf8_lossy(&head);
    if head.starts_with(b"PK") || zip_file::is_zip(file)? {
        return Ok(());
    }
    let start = text.trim_start().to_lowercase();
    if start.starts_with("<!doctype") || start.starts_with("<html") {
        return Err(refused(format!(
            "it is no {what} but a web page: the download that made it has probably failed"
        )));
    }
    if text.starts_with("version https://git-lfs") {
        return Err(refused(format!(
            "it is no {what} but a pointer of Git LFS: fetch the file itself with `git lfs pull`"
        )));
    }
    let printable = text.chars().all(|c| !c.is_control() || c.is_whitespace());
    let kind = if printable { "a text" } else { "something else" };
    Err(refused(format!("it is no {what} but {kind}: a {what} begins with the letters PK")))
}

fn visit(seen: &mut Seen, entry: &Entry, content: Content<'_>) -> Result<(), PortError> {
    let name = entry.name.as_str();
    if FACTORIES.contains(&name) {
        seen.factories = true;
    }
    let class = name
        .strip_suffix(".class")
        .filter(|path| !path.starts_with("META-INF/") && !path.ends_with("module-info"));
    if entry.size > LOOKED_INTO || (class.is_none() && name != MANIFEST) {
        return Ok(());
    }
    let mut bytes = Vec::new();
    // Content that cannot be unpacked is told when its sum is looked at.
    if content.read_to_end(&mut bytes).is_err() {
        return Ok(());
    }
    match class {
        Some(path) if seen.mains.len() < 10 * OFFERED && class_file::has_main(&bytes) => seen.mains.push(path.replace('/', ".")),
        None => seen.main_class = main_class(&String::from_utf8_lossy(&bytes)),
        Some(_) => {}
    }
    Ok(())
}

/// The manifest's `Main-Class`; Flink takes `program-class` before it.
fn main_class(manifest: &str) -> Option<String> {
    // Lines have at most 72 bytes; a blank at the start goes on with the one before.
    let whole = manifest.replace("\r\n", "\n").replace("\n ", "");
    let value = |key: &str| {
        let line = whole.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case(key).then(|| value.trim().to_owned())
        });
        line.filter(|class| !class.is_empty() && class.len() <= 1000 && !class.chars().any(char::is_control))
    };
    value("program-class").or_else(|| value("Main-Class"))
}

/// Looks into an archive that is an entry; one that is none is data of its own kind.
fn nested(entry: &Entry, (content, scratch): (Content<'_>, &Path), budget: &mut Budget) -> Result<(), PortError> {
    let lower = entry.name.to_lowercase();
    if ![".jar", ".zip", ".war", ".whl"].iter().any(|ending| lower.ends_with(ending)) {
        return Ok(());
    }
    let fails = |error: io::Error| disk::fault(scratch, &error);
    let mut inner = tempfile::tempfile_in(scratch).map_err(fails)?;
    // What cannot be unpacked is told when its sum is looked at; a full disk is told now.
    if let Err(error) = io::copy(content, &mut inner) {
        return match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Err(fails(error)),
            _ => Ok(()),
        };
    }
    if !zip_file::is_zip(&mut inner)? {
        return Ok(());
    }
    budget.enter(&entry.name)?;
    zip_file::walk(&mut inner, budget, &mut |entry, content, budget| {
        nested(entry, (content, scratch), budget)
    })
    .map_err(|error| match error {
        PortError::Refused { status, message } if !message.contains("in its entry") => PortError::Refused {
            status,
            message: format!("in its entry '{}': {message}", super::entry_name::shown(&entry.name)),
        },
        other => other,
    })?;
    budget.leave();
    Ok(())
}
