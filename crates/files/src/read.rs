//! A file's text as documents, or all that is wrong with it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::check::check;
use crate::document::{Artifact, Cluster, Job, Kind, Target};
use crate::place::{Fault, Place, Point};
use crate::rules::{self, Broken};
use crate::schema::json_schema;
use crate::target;
use crate::yaml::{self, Content, Node, Style};

pub use crate::rules::{Jar, jar};

/// What a document says.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// An artifact.
    Artifact(Artifact),
    /// A cluster.
    Cluster(Box<Cluster>),
    /// A job.
    Job(Box<Job>),
    /// A target.
    Target(Box<Target>),
}

/// Where a job's script is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Script {
    /// In a file of its own, named so.
    File(String),
    /// As a block of the document: its first line, and how many characters each line is indented.
    Block(usize, usize),
    /// Somewhere in the document.
    Inline,
}

/// One document.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// Where it begins.
    pub place: Place,
    /// What it says.
    pub body: Body,
    /// Where its values stand, by their paths: `parallelism`, `config.a.b`, `jars.0`.
    places: BTreeMap<String, Point>,
    /// Where the script is.
    pub script: Script,
    /// Files that it names, by the path of the value: found, and where they may be.
    pub files: BTreeMap<String, PathBuf>,
}

impl Document {
    /// Which kind it is.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self.body {
            Body::Artifact(_) => Kind::Artifact,
            Body::Cluster(_) => Kind::Cluster,
            Body::Job(_) => Kind::Job,
            Body::Target(_) => Kind::Target,
        }
    }

    /// The name of what it describes.
    #[must_use]
    pub fn name(&self) -> &str {
        match &self.body {
            Body::Artifact(artifact) => &artifact.name,
            Body::Cluster(cluster) => &cluster.name,
            Body::Job(job) => &job.name,
            Body::Target(target) => &target.name,
        }
    }

    /// Whether it is of a team; else of the platform.
    #[must_use]
    pub const fn of_team(&self) -> bool {
        !matches!(self.body, Body::Target(_))
    }

    /// The team that it names.
    #[must_use]
    pub fn team(&self) -> Option<&str> {
        match &self.body {
            Body::Artifact(artifact) => artifact.team.as_deref(),
            Body::Cluster(cluster) => cluster.team.as_deref(),
            Body::Job(job) => job.team.as_deref(),
            Body::Target(_) => None,
        }
    }

    /// Where a value stands; the document's beginning for one that it does not have.
    #[must_use]
    pub fn at(&self, path: &str) -> Place {
        Place {
            file: self.place.file.clone(),
            at: self.places.get(path).copied().unwrap_or(self.place.at),
        }
    }

    /// Where a place of the script is in the files, as `file:line:column`.
    #[must_use]
    pub fn in_script(&self, line: usize, column: usize) -> String {
        match &self.script {
            Script::File(file) => format!("{file}:{line}:{column}"),
            Script::Block(first, indent) => format!("{}:{}:{}", self.place.file, first + line - 1, column + indent),
            Script::Inline => format!("{}: in its script, line {line}, column {column}", self.at("sql")),
        }
    }
}

/// Reads a file's text.
#[must_use]
pub fn text(file: &Arc<str>, text: &str) -> (Vec<Document>, Vec<Fault>) {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let stream = yaml::parse(text);
    let mut reader = Reader {
        file,
        text,
        schema: json_schema(),
        faults: Vec::new(),
    };
    reader.found(stream.faults);
    let documents = stream.documents.iter().filter_map(|node| reader.document(node)).collect();
    (documents, reader.faults)
}

struct Reader<'a> {
    file: &'a Arc<str>,
    text: &'a str,
    schema: Value,
    faults: Vec<Fault>,
}

impl Reader<'_> {
    fn place(&self, at: Point) -> Place {
        Place {
            file: self.file.clone(),
            at,
        }
    }

    fn found(&mut self, faults: Vec<(Point, String)>) {
        let placed = faults.into_iter().map(|(at, message)| self.place(at).fault(message));
        let placed: Vec<Fault> = placed.collect();
        self.faults.extend(placed);
    }

    fn document(&mut self, node: &Node) -> Option<Document> {
        let kind = self.kind(node)?;
        let definitions = self.schema["$defs"].clone();
        let (json, checked) = check(node, &definitions[kind.word()], &definitions);
        let sound = checked.faults.is_empty();
        self.found(checked.faults);
        if !sound {
            return None;
        }
        let body = self.body(kind, node.at, json)?;
        let broken = match &body {
            Body::Job(job) => rules::job(job),
            Body::Cluster(cluster) => rules::cluster(cluster),
            Body::Artifact(artifact) => rules::artifact(artifact),
            Body::Target(target) => target::broken(target),
        };
        let document = Document {
            place: self.place(node.at),
            body,
            places: checked.places,
            script: self.script(node),
            files: BTreeMap::new(),
        };
        self.broken(&document, broken).then_some(document)
    }

    fn broken(&mut self, document: &Document, broken: Broken) -> bool {
        let sound = broken.is_empty();
        let faults = broken.into_iter().map(|(path, message)| document.at(&path).fault(message));
        self.faults.extend(faults);
        sound
    }

    /// What a document is, by its own word.
    fn kind(&mut self, node: &Node) -> Option<Kind> {
        let Content::Map(entries) = &node.content else {
            self.found(vec![(node.at, "expected a document with keys, such as `kind: Job`".to_owned())]);
            return None;
        };
        let Some((_, value)) = entries.iter().find(|(key, _)| key.text == "kind") else {
            let message = "the key 'kind' is missing: expected Job, Cluster, Artifact or Target";
            self.found(vec![(node.at, message.to_owned())]);
            return None;
        };
        let choices = serde_json::json!({ "enum": self.schema["properties"]["kind"]["enum"] });
        let (word, checked) = check(value, &choices, &Value::Null);
        let faults = checked.faults.into_iter().map(|(at, message)| (at, format!("kind{message}")));
        self.found(faults.collect());
        serde_json::from_value(word).ok()
    }

    fn body(&mut self, kind: Kind, at: Point, json: Value) -> Option<Body> {
        let read = match kind {
            Kind::Job => of::<Job>(json).map(|job| Body::Job(Box::new(job))),
            Kind::Cluster => of(json).map(|cluster| Body::Cluster(Box::new(cluster))),
            Kind::Artifact => of(json).map(Body::Artifact),
            Kind::Target => of(json).map(|target| Body::Target(Box::new(target))),
        };
        // What the schema lets through, the types can read; if not, it is said and not hidden.
        read.map_err(|error| self.found(vec![(at, error)])).ok()
    }

    /// Where the script of a job is, for what the planner says of its lines.
    fn script(&self, node: &Node) -> Script {
        let Content::Map(entries) = &node.content else {
            return Script::Inline;
        };
        // The parser says where the text of a block begins, which is behind its empty lines: the key counts.
        let sql = entries.iter().find(|(key, _)| key.text == "sql");
        let Some((
            key,
            Node {
                content: Content::Scalar(_, Style::Block),
                ..
            },
        )) = sql
        else {
            return Script::Inline;
        };
        let lines = self.text.lines().skip(key.at.line);
        let mut indents = lines
            .filter(|line| !line.trim().is_empty())
            .map(|line| line.len() - line.trim_start().len());
        Script::Block(key.at.line + 1, indents.next().unwrap_or(0))
    }
}

fn of<T: DeserializeOwned>(json: Value) -> Result<T, String> {
    serde_json::from_value(json).map_err(|error| error.to_string())
}
