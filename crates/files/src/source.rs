//! Where documents come from: files, folders, standard input; and the files that documents name, which stay
//! inside the folder that was given, unless told otherwise.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::connection::MAX_PEM_BYTES;
use domain::draft::MAX_SCRIPT_BYTES;
use domain::target::MAX_TEMPLATE_BYTES;

use crate::connection::Connection;
use crate::place::{Fault, Place, Point};
use crate::read::{self, Body, Document, Jar, Script, jar};

/// Largest file of documents in bytes (4 MiB).
const MAX_FILE_BYTES: u64 = 4 * 1024 * 1024;
/// Most files of one call.
const MAX_FILES: usize = 10_000;
/// Deepest folder below one that was named.
const MAX_FOLDERS: usize = 32;

/// How files are looked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Search {
    /// Also in the folders below.
    pub recursive: bool,
    /// Documents may name files outside of the folder.
    pub outside: bool,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The documents, in the order of files and of their lines.
    pub documents: Vec<Document>,
    /// All that is wrong.
    pub faults: Vec<Fault>,
}

/// One file to read, with the folder in which it may name others.
struct Source {
    file: PathBuf,
    root: PathBuf,
}

/// Reads what was named; `-` is what `input` gives.
pub fn load(named: &[PathBuf], search: Search, input: impl Read) -> Loaded {
    let mut loaded = Loaded::default();
    let mut sources = Vec::new();
    let mut input = Some(input);
    for name in named {
        if name.as_os_str() == "-" {
            let Some(input) = input.take() else { continue };
            let here = PathBuf::from(".");
            loaded.add("standard input", read_limited(input, MAX_FILE_BYTES), (&here, &here), search);
        } else if let Err(error) = gather(name, search, &mut sources) {
            loaded.faults.push(whole(name).fault(error));
        }
    }
    let mut seen = BTreeSet::new();
    for source in sources {
        let file = fs::canonicalize(&source.file).unwrap_or_else(|_| source.file.clone());
        if !seen.insert(file) {
            continue;
        }
        let bytes = open_regular(&source.file).and_then(|file| read_limited(file, MAX_FILE_BYTES));
        let folder = source.file.parent().filter(|parent| !parent.as_os_str().is_empty());
        let folder = folder.map_or_else(|| PathBuf::from("."), Path::to_path_buf);
        loaded.add(&source.file.to_string_lossy(), bytes, (&folder, &source.root), search);
    }
    loaded
}

/// What is wrong with what stands twice: each document describes another thing.
#[must_use]
pub fn twice(documents: &[Document], usual_team: Option<&str>) -> Vec<Fault> {
    let mut first: BTreeMap<_, &Place> = BTreeMap::new();
    let mut faults = Vec::new();
    for document in documents {
        let usual_team = usual_team.filter(|_| document.of_team());
        let key = (document.kind(), document.team().or(usual_team), document.name());
        if let Some(known) = first.get(&key) {
            let message = format!(
                "{} '{}' is described twice: first in {known}",
                document.kind().word(),
                document.name()
            );
            faults.push(document.at("name").fault(message));
        } else {
            first.insert(key, &document.place);
        }
    }
    faults
}

/// A place that is a whole file.
fn whole(file: &Path) -> Place {
    Place {
        file: file.to_string_lossy().into(),
        at: Point::WHOLE,
    }
}

/// The files of a name: itself, or those of a folder that end with `.yaml` or `.yml`.
fn gather(name: &Path, search: Search, sources: &mut Vec<Source>) -> Result<(), String> {
    let facts = fs::metadata(name).map_err(|error| format!("cannot be read: {error}"))?;
    if !facts.is_dir() {
        let parent = name.parent().filter(|parent| !parent.as_os_str().is_empty());
        sources.push(Source {
            file: name.to_path_buf(),
            root: parent.map_or_else(|| PathBuf::from("."), Path::to_path_buf),
        });
        return Ok(());
    }
    let before = sources.len();
    let mut folders = vec![(name.to_path_buf(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        let mut below = Vec::new();
        for entry in sorted(&folder)? {
            let kind = fs::symlink_metadata(&entry).map_err(|error| format!("{}: {error}", entry.display()))?;
            if kind.is_dir() && search.recursive && depth < MAX_FOLDERS {
                below.push((entry, depth + 1));
            } else if !kind.is_dir() && entry.extension().is_some_and(|end| end == "yaml" || end == "yml") {
                sources.push(Source {
                    file: entry,
                    root: name.to_path_buf(),
                });
            }
            if sources.len() > MAX_FILES {
                return Err(format!("has more than {MAX_FILES} files: name fewer"));
            }
        }
        folders.extend(below.into_iter().rev());
    }
    if sources.len() == before {
        let deeper = if search.recursive {
            ""
        } else {
            "; -R looks in the folders below, too"
        };
        return Err(format!("has no file that ends with .yaml or .yml{deeper}"));
    }
    Ok(())
}

/// What is in a folder by name, without what is hidden.
fn sorted(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let unreadable = |error: io::Error| format!("{}: cannot be read: {error}", folder.display());
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        if !entry.file_name().to_string_lossy().starts_with('.') {
            entries.push(entry.path());
        }
    }
    entries.sort();
    Ok(entries)
}

/// A file for reading, never a pipe or device that would not come to an end.
fn open_regular(file: &Path) -> Result<fs::File, String> {
    let unreadable = |error: io::Error| format!("cannot be read: {error}");
    if !fs::metadata(file).map_err(unreadable)?.is_file() {
        return Err("is not a file".to_owned());
    }
    fs::File::open(file).map_err(unreadable)
}

fn read_limited(file: impl Read, most: u64) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    file.take(most + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| format!("cannot be read: {error}"))?;
    if bytes.len() as u64 > most {
        let (size, unit) = if most < 1024 * 1024 {
            (most / 1024, "KiB")
        } else {
            (most / 1024 / 1024, "MiB")
        };
        return Err(format!("is larger than {size} {unit}"));
    }
    Ok(bytes)
}

/// Bytes as text, or where they stop being UTF-8.
fn utf8(bytes: Vec<u8>) -> Result<String, (Point, String)> {
    String::from_utf8(bytes).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = good.iter().filter(|byte| **byte == b'\n').count() + 1;
        let begin = good.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let column = String::from_utf8_lossy(&good[begin..]).chars().count() + 1;
        (Point { line, column }, "is not UTF-8 from here on: save it as UTF-8".to_owned())
    })
}

impl Loaded {
    fn add(&mut self, name: &str, bytes: Result<Vec<u8>, String>, (folder, root): (&Path, &Path), search: Search) {
        let file: Arc<str> = name.into();
        let text = bytes.map_err(|message| (Point::WHOLE, message)).and_then(utf8);
        let text = match text {
            Ok(text) => text,
            Err((at, message)) => {
                self.faults.push(Place { file, at }.fault(message));
                return;
            }
        };
        let (documents, faults) = read::text(&file, &text);
        self.faults.extend(faults);
        for mut document in documents {
            self.faults.extend(bring(&mut document, &Within { folder, root, search }));
            self.documents.push(document);
        }
    }
}

/// Where a document may find files.
struct Within<'a> {
    folder: &'a Path,
    root: &'a Path,
    search: Search,
}

impl Within<'_> {
    /// The file of a path that a document names.
    fn find(&self, path: &str) -> Result<PathBuf, String> {
        let shown = crate::yaml::short(path);
        let found = fs::canonicalize(self.folder.join(path)).map_err(|error| format!("'{shown}' cannot be read: {error}"))?;
        let root = fs::canonicalize(self.root).map_err(|error| format!("{}: {error}", self.root.display()))?;
        if !self.search.outside && !found.starts_with(&root) {
            return Err(format!("'{shown}' is outside of {}; --allow-outside allows it", root.display()));
        }
        if !found.is_file() {
            return Err(format!("'{shown}' is not a file"));
        }
        Ok(found)
    }
}

/// Finds the files that a document names, and reads its script.
fn bring(document: &mut Document, within: &Within<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut files = BTreeMap::new();
    for (path, file) in named(&document.body) {
        match within.find(&file) {
            Ok(found) => {
                files.insert(path, found);
            }
            Err(message) => faults.push(document.at(&path).fault(format!("{path}: {message}"))),
        }
    }
    let at = [document.at("sql"), document.at("sqlFile")];
    if let Body::Job(job) = &mut document.body {
        if let Some(found) = files.remove("sqlFile") {
            let text = open_regular(&found).and_then(|file| read_limited(file, MAX_SCRIPT_BYTES as u64));
            let name = within.folder.join(job.sql_file.as_deref().unwrap_or_default());
            let name = name.strip_prefix(".").unwrap_or(&name).to_string_lossy().into_owned();
            match text.map_err(|why| (Point::WHOLE, why)).and_then(utf8) {
                Ok(text) => job.sql = Some(text),
                Err((place, why)) if place == Point::WHOLE => faults.push(at[1].fault(format!("sqlFile: '{name}' {why}"))),
                Err((place, why)) => faults.push(
                    Place {
                        file: name.as_str().into(),
                        at: place,
                    }
                    .fault(why),
                ),
            }
            document.script = Script::File(name);
        }
        let script = job.sql.as_deref().unwrap_or_default();
        if script.len() > MAX_SCRIPT_BYTES {
            let mib = MAX_SCRIPT_BYTES / 1024 / 1024;
            faults.push(at[0].fault(format!("sql: has {} bytes; {mib} MiB is the most", script.len())));
        }
    }
    let mut unreadable = Vec::new();
    if let Body::Job(job) = &mut document.body {
        for (path, into) in [
            ("jobManagerTemplateFrom", &mut job.job_manager_template),
            ("taskManagerTemplateFrom", &mut job.task_manager_template),
        ] {
            match files.remove(path).map(|found| template(&found)) {
                Some(Ok(text)) => *into = Some(text),
                Some(Err(why)) => unreadable.push((path, why)),
                None => {}
            }
        }
    }
    if let Body::Cluster(cluster) = &mut document.body
        && let Some(connection) = &mut cluster.connection
    {
        for (path, into) in [
            ("connection.caFile", &mut connection.ca),
            ("connection.clientCertificateFile", &mut connection.client_certificate),
        ] {
            let Some(found) = files.get(path) else { continue };
            match certificate(found) {
                Ok(text) => *into = Some(text),
                Err(why) => unreadable.push((path, why)),
            }
        }
    }
    faults.extend(
        unreadable
            .into_iter()
            .map(|(path, why)| document.at(path).fault(format!("{path}: {why}"))),
    );
    document.files = files;
    faults
}

/// The text of a file with a pod template.
fn template(file: &Path) -> Result<String, String> {
    let bytes = open_regular(file).and_then(|file| read_limited(file, MAX_TEMPLATE_BYTES as u64))?;
    utf8(bytes).map_err(|(at, why)| format!("line {}, column {}: {why}", at.line, at.column))
}

/// The text of a file with certificates.
fn certificate(file: &Path) -> Result<String, String> {
    let bytes = open_regular(file).and_then(|file| read_limited(file, MAX_PEM_BYTES as u64))?;
    let text = String::from_utf8(bytes).map_err(|_| "it is not PEM: `openssl x509 -inform der` makes PEM of DER".to_owned())?;
    if text.contains("-----BEGIN CERTIFICATE-----") {
        return Ok(text);
    }
    Err("it holds no 'BEGIN CERTIFICATE': expected certificates in PEM".to_owned())
}

/// The files that a document names, by the path of the value.
fn named(body: &Body) -> Vec<(String, String)> {
    let file = |path: String, text: &str| match jar(text) {
        Jar::File(file) => Some((path, file)),
        Jar::Known(_) => None,
    };
    match body {
        Body::Artifact(artifact) => vec![("file".to_owned(), artifact.file.clone())],
        Body::Cluster(cluster) => cluster.connection.iter().flat_map(Connection::files).collect(),
        Body::Target(target) => target
            .kubeconfig_from
            .iter()
            .map(|file| ("kubeconfigFrom".to_owned(), file.clone()))
            .collect(),
        Body::Job(job) => {
            let jars = job
                .jars
                .iter()
                .enumerate()
                .filter_map(|(index, jar)| file(format!("jars.{index}"), jar));
            let program = job.jar.iter().filter_map(|jar| file("jar".to_owned(), jar));
            let script = job.sql_file.iter().map(|file| ("sqlFile".to_owned(), file.clone()));
            let templates = job.templates();
            let templates = templates
                .iter()
                .filter_map(|one| Some((one.from_field.to_owned(), one.from?.to_owned())));
            jars.chain(program).chain(script).chain(templates).collect()
        }
    }
}
