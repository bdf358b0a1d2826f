//! YAML as a tree that knows its places. The parser's events are gathered without recursion, and everything
//! that can grow is counted: documents, nodes, nesting, and what aliases copy.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, StrInput};

use crate::place::Point;

/// Most documents in one file.
const MAX_DOCUMENTS: usize = 1_000;
/// Deepest nesting: real documents have three levels.
const MAX_DEPTH: usize = 32;
/// Most nodes in one file, those that aliases copy included.
const MAX_NODES: usize = 100_000;
/// Most keys of one mapping.
const MAX_KEYS: usize = 5_000;
/// Most faults of one file that are told; whoever made more has made one.
const MAX_FAULTS: usize = 100;
/// Most bytes of text that aliases may copy in one file.
const MAX_COPIED_BYTES: usize = 4 * 1024 * 1024;

/// How a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Without quotes: it may be a number, a boolean or nothing.
    Plain,
    /// As a block whose lines are kept.
    Block,
    /// In quotes, or folded: always text.
    Other,
}

/// One node.
#[derive(Debug, Clone)]
pub struct Node {
    /// Where it begins.
    pub at: Point,
    /// What it is.
    pub content: Content,
    /// Nodes of it and below it.
    count: usize,
    /// Levels of it and below it.
    height: usize,
    /// Bytes of text in it.
    bytes: usize,
}

/// What a node is.
#[derive(Debug, Clone)]
pub enum Content {
    /// Text, as it was written.
    Scalar(String, Style),
    /// A list.
    List(Vec<Node>),
    /// Keys with values, in the order of the file, no key twice.
    Map(Vec<(Key, Node)>),
}

/// A key of a mapping.
#[derive(Debug, Clone)]
pub struct Key {
    /// Its text.
    pub text: String,
    /// Where it begins.
    pub at: Point,
}

/// What was read of a file.
#[derive(Debug, Default)]
pub struct Stream {
    /// The documents that are not empty.
    pub documents: Vec<Node>,
    /// What is wrong; after a fault of YAML itself nothing more is read.
    pub faults: Vec<(Point, String)>,
}

impl Node {
    fn new(at: Point, content: Content) -> Self {
        let below: Vec<&Self> = match &content {
            Content::Scalar(..) => Vec::new(),
            Content::List(items) => items.iter().collect(),
            Content::Map(entries) => entries.iter().map(|(_, value)| value).collect(),
        };
        let own = match &content {
            Content::Scalar(text, _) => text.len(),
            Content::List(_) => 0,
            Content::Map(entries) => entries.iter().map(|(key, _)| key.text.len()).sum(),
        };
        Self {
            at,
            count: 1 + below.iter().map(|node| node.count).sum::<usize>(),
            height: 1 + below.iter().map(|node| node.height).max().unwrap_or(0),
            bytes: own + below.iter().map(|node| node.bytes).sum::<usize>(),
            content,
        }
    }
}

/// A list or mapping that is not complete yet.
struct Open {
    at: Point,
    anchor: usize,
    content: Content,
    /// The key whose value comes next.
    key: Option<Key>,
}

#[derive(Default)]
struct Gatherer {
    stream: Stream,
    open: Vec<Open>,
    anchors: BTreeMap<usize, Node>,
    nodes: usize,
    copied: usize,
}

/// Reads a file's text.
pub fn parse(text: &str) -> Stream {
    let mut gatherer = Gatherer::default();
    let mut parser = Parser::new(StrInput::new(text));
    while let Some(next) = parser.next_event() {
        let done = match next {
            Ok((event, span)) => gatherer.take(event, point(span.start)),
            Err(error) => Err(unreadable(text, &error)),
        };
        if let Err(fault) = done {
            gatherer.stream.faults.push(fault);
            break;
        }
    }
    gatherer.stream
}

/// Where a marker points; the parser counts columns from 0.
fn point(marker: Marker) -> Point {
    Point {
        line: marker.line().max(1),
        column: marker.col() + 1,
    }
}

/// A fault of YAML itself: tabs are by far the most frequent one, and the hardest to see.
fn unreadable(text: &str, error: &ScanError) -> (Point, String) {
    let at = point(*error.marker());
    let around = text.lines().enumerate().skip(at.line.saturating_sub(2)).take(3);
    for (index, line) in around {
        let indent = line.len() - line.trim_start().len();
        if let Some(tab) = line[..indent].find('\t') {
            let place = Point {
                line: index + 1,
                column: tab + 1,
            };
            return (place, "a tab cannot indent YAML: use spaces".to_owned());
        }
    }
    let line = text.lines().nth(at.line - 1).unwrap_or_default();
    (at, plainly(error.info(), line.chars().nth(at.column - 1)))
}

/// What the parser says, in words that tell what to do.
fn plainly(said: &str, found: Option<char>) -> String {
    let means = [
        (
            "mapping values are not allowed",
            "a colon cannot stand here: put a text that has one in quotes, and look at how far the lines are indented",
        ),
        ("simple key expect", "expected `key: value`, and a key of at most 1024 characters"),
        ("valid YAML whitespace", "a tab cannot stand behind the colon: use a space"),
        ("unknown anchor", "this alias has no anchor before it in the document"),
        ("recursion limit", "nested more than 32 levels deep"),
        ("expected <document start>", "expected a new document, which begins with ---"),
        ("did not find expected key", "expected a key, and the lines are not indented alike"),
        ("invalid indentation in quoted scalar", "the quotes that begin here have no end"),
        ("unexpected end of stream", "the quotes that begin here have no end"),
    ];
    if let Some((_, words)) = means.iter().find(|(part, _)| said.contains(part)) {
        return (*words).to_owned();
    }
    match found {
        Some(c) if said.contains("unprintable") => {
            format!(
                "the character U+{:04X} cannot stand in YAML: save the file as text in UTF-8",
                c as u32
            )
        }
        Some(c) if said.contains("unexpected character") => format!("a text cannot begin with {c}: put it in quotes"),
        _ => format!("this is not YAML: {said}"),
    }
}

impl Gatherer {
    fn take(&mut self, event: Event<'_>, at: Point) -> Result<(), (Point, String)> {
        match event {
            Event::DocumentStart(_) => {
                self.anchors.clear();
                if self.stream.documents.len() >= MAX_DOCUMENTS {
                    return Err((at, format!("a file has at most {MAX_DOCUMENTS} documents: split it")));
                }
                Ok(())
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.no_tag(at, tag.is_some());
                let style = match style {
                    ScalarStyle::Plain => Style::Plain,
                    ScalarStyle::Literal => Style::Block,
                    _ => Style::Other,
                };
                self.scalar(at, anchor, (text.into_owned(), style))
            }
            Event::SequenceStart(anchor, tag) => {
                self.no_tag(at, tag.is_some());
                self.begin(at, anchor, Content::List(Vec::new()))
            }
            Event::MappingStart(anchor, tag) => {
                self.no_tag(at, tag.is_some());
                self.begin(at, anchor, Content::Map(Vec::new()))
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            Event::Alias(anchor) => self.alias(at, anchor),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
        }
    }

    fn no_tag(&mut self, at: Point, tagged: bool) {
        if tagged {
            let message = "tags such as !!str are not read: remove it".to_owned();
            self.stream.faults.push((at, message));
        }
    }

    fn begin(&mut self, at: Point, anchor: usize, content: Content) -> Result<(), (Point, String)> {
        if self.open.len() >= MAX_DEPTH {
            return Err((at, format!("nested more than {MAX_DEPTH} levels deep")));
        }
        if self.expects_key() {
            return Err((
                at,
                "a key is a word, not a list or mapping; a text that begins with { or [ stands in quotes".to_owned(),
            ));
        }
        self.open.push(Open {
            at,
            anchor,
            content,
            key: None,
        });
        Ok(())
    }

    fn end(&mut self) -> Result<(), (Point, String)> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        self.add(open.anchor, Node::new(open.at, open.content))
    }

    fn expects_key(&self) -> bool {
        let top = self.open.last();
        top.is_some_and(|open| open.key.is_none() && matches!(open.content, Content::Map(_)))
    }

    fn scalar(&mut self, at: Point, anchor: usize, (text, style): (String, Style)) -> Result<(), (Point, String)> {
        if self.expects_key() {
            if let Some(open) = self.open.last_mut() {
                open.key = Some(Key { text, at });
            }
            return Ok(());
        }
        self.add(anchor, Node::new(at, Content::Scalar(text, style)))
    }

    fn alias(&mut self, at: Point, anchor: usize) -> Result<(), (Point, String)> {
        if self.expects_key() {
            return Err((at, "a key is a word, not an alias".to_owned()));
        }
        let Some(known) = self.anchors.get(&anchor) else {
            return Err((
                at,
                "this alias refers to a key or to a value that it is itself a part of".to_owned(),
            ));
        };
        self.copied += known.bytes;
        if self.nodes + known.count > MAX_NODES || self.copied > MAX_COPIED_BYTES {
            return Err((
                at,
                "the aliases of this file grow beyond all bounds: write the values out".to_owned(),
            ));
        }
        if self.open.len() + known.height > MAX_DEPTH {
            return Err((at, format!("nested more than {MAX_DEPTH} levels deep by this alias")));
        }
        self.nodes += known.count;
        let copy = known.clone();
        self.add(0, copy)
    }

    /// Puts a complete node where it belongs.
    fn add(&mut self, anchor: usize, node: Node) -> Result<(), (Point, String)> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err((node.at, format!("a file has at most {MAX_NODES} values: split it")));
        }
        if anchor != 0 {
            self.copied += node.bytes;
            if self.copied > MAX_COPIED_BYTES {
                return Err((node.at, "this is too large to be repeated by aliases: remove its anchor".to_owned()));
            }
            self.anchors.insert(anchor, node.clone());
        }
        let Some(open) = self.open.last_mut() else {
            if !matches!(&node.content, Content::Scalar(text, Style::Plain) if text.is_empty() || text == "~" || text == "null") {
                self.stream.documents.push(node);
            }
            return Ok(());
        };
        match &mut open.content {
            Content::List(items) => items.push(node),
            Content::Map(entries) => {
                let Some(key) = open.key.take() else { return Ok(()) };
                if entries.len() >= MAX_KEYS {
                    return Err((key.at, format!("a mapping has at most {MAX_KEYS} keys")));
                }
                if self.stream.faults.len() >= MAX_FAULTS {
                    return Err((key.at, "there are more faults than are told here".to_owned()));
                }
                if let Some((first, _)) = entries.iter().find(|(known, _)| known.text == key.text) {
                    let message = format!("the key '{}' stands here twice: first in line {}", short(&key.text), first.at.line);
                    self.stream.faults.push((key.at, message));
                } else {
                    entries.push((key, node));
                }
            }
            Content::Scalar(..) => {}
        }
        Ok(())
    }
}

/// A text as it is shown in a message.
pub fn short(text: &str) -> String {
    const MOST: usize = 60;
    let mut shown: String = text.chars().take(MOST).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().count() > MOST {
        shown.push('…');
    }
    shown
}
