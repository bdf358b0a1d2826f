//! Values for references, in one pass: what was inserted is not looked at again. Each text that comes out knows where its
//! pieces came from, so that a fault found in it is shown at its place in the text that went in.

use std::collections::BTreeMap;
use std::ops::Range;

use super::mark::{Found, Language, Mark, Place, marks};
use crate::secret::Secret;
use crate::sql::{Finding, Severity};

/// A text with values in the place of references.
#[derive(Clone, PartialEq, Eq)]
pub struct Resolved {
    /// The text.
    pub text: String,
    /// What was replaced: bytes of the text that went in, and of the one that came out.
    pieces: Vec<(Range<usize>, Range<usize>)>,
}

impl std::fmt::Debug for Resolved {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The text may have secrets in it.
        f.debug_struct("Resolved")
            .field("pieces", &self.pieces.len())
            .finish_non_exhaustive()
    }
}

impl Resolved {
    /// Where a byte of the text was in the one that went in. A byte of a value is at its reference: at its beginning, or
    /// at its end where the byte ends something.
    fn source(&self, byte: usize, ends: bool) -> usize {
        let next = self
            .pieces
            .partition_point(|(_, to)| if ends { to.end < byte } else { to.end <= byte });
        if let Some((from, to)) = self.pieces.get(next)
            && (to.start < byte || (to.start == byte && !ends))
        {
            return if ends { from.end } else { from.start };
        }
        match next.checked_sub(1).and_then(|before| self.pieces.get(before)) {
            Some((from, to)) => from.end + (byte - to.end),
            None => byte,
        }
    }

    /// The finding with its places in the text that went in.
    #[must_use]
    pub fn back(&self, source: &str, finding: Finding) -> Finding {
        if self.pieces.is_empty() || finding.field.is_some() {
            return finding;
        }
        let begin = self.source(byte_at(&self.text, finding.line, finding.column), false);
        let end = self.source(byte_at(&self.text, finding.end_line, finding.end_column), true);
        placed(finding, source, &(begin..end.max(begin)))
    }
}

/// The byte at a line and column; the end of the line or text where that is shorter.
fn byte_at(text: &str, line: u32, column: u32) -> usize {
    let mut start = 0;
    for _ in 1..line {
        match text.get(start..).and_then(|rest| rest.find('\n')) {
            Some(end) => start += end + 1,
            None => return text.len(),
        }
    }
    let mut at = 1;
    for (byte, c) in text.get(start..).unwrap_or_default().char_indices() {
        if at >= column || c == '\n' {
            return start + byte;
        }
        at += u32::try_from(c.len_utf16()).unwrap_or(1);
    }
    text.len()
}

/// Line and column of a byte, both from 1, in UTF-16 units.
fn place_of(text: &str, byte: usize) -> (u32, u32) {
    let before = text.get(..byte.min(text.len())).unwrap_or(text);
    let line = before.bytes().filter(|byte| *byte == b'\n').count();
    let last = before.rsplit('\n').next().unwrap_or_default();
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX).saturating_add(1);
    (number(line), number(last.encode_utf16().count()))
}

fn placed(mut finding: Finding, text: &str, at: &Range<usize>) -> Finding {
    (finding.line, finding.column) = place_of(text, at.start);
    (finding.end_line, finding.end_column) = place_of(text, at.end);
    finding
}

/// What a reference stands for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Known<'a> {
    /// A value to insert.
    Text(&'a str),
    /// A secret, which stays a reference.
    Kept,
}

/// A text to resolve.
pub(super) struct Source<'a> {
    pub text: &'a str,
    pub language: Language<'a>,
    /// `args[2]`, `configuration.key`; none in a script.
    pub field: Option<&'a str>,
    /// Most bytes that may come out.
    pub most: usize,
}

impl Source<'_> {
    pub(super) fn fault(&self, at: &Range<usize>, code: &str, message: String, suggestion: &str) -> Finding {
        let finding = Finding {
            code: code.to_owned(),
            severity: Severity::Error,
            line: 1,
            column: 1,
            end_line: 1,
            end_column: 1,
            message,
            suggestion: Some(suggestion.to_owned()).filter(|text| !text.is_empty()),
            detail: None,
            field: self.field.map(str::to_owned),
        };
        match self.field {
            Some(_) => finding,
            None => placed(finding, self.text, at),
        }
    }

    /// Resolves what is known; what is not is left as it stands, for `unknown` to say.
    pub(super) fn resolve<'k>(
        &self,
        known: &dyn Fn(&str) -> Option<Known<'k>>,
        unknown: &dyn Fn(&str) -> (String, String),
    ) -> (Resolved, Vec<Finding>) {
        let mut out = Builder::new(self.text);
        let mut findings = Vec::new();
        let mut kept = BTreeMap::new();
        for Found { at, mark } in marks(self.text, self.language, true) {
            if out.text.len() > self.most {
                findings.push(self.too_long(&at));
                break;
            }
            match mark {
                Mark::Escape => out.replace(&at, |out| out.push_str(self.text.get(at.start + 1..at.end).unwrap_or_default())),
                Mark::Odd => findings.push(self.odd(&at)),
                Mark::Variable(name, place) => match known(name) {
                    Some(Known::Text(value)) => out.replace(&at, |out| quoted(out, value, place)),
                    Some(Known::Kept) => {
                        kept.insert(out.upto(&at), (at, name));
                    }
                    None => {
                        let (message, suggestion) = unknown(name);
                        findings.push(self.fault(&at, "unknown_variable", message, &suggestion));
                    }
                },
            }
        }
        let resolved = out.done();
        if resolved.text.len() > self.most {
            findings.push(self.too_long(&(0..self.text.len().min(1))));
        }
        self.judge_secrets(&resolved, kept, known, &mut findings);
        (resolved, findings)
    }

    fn too_long(&self, at: &Range<usize>) -> Finding {
        let message = format!("With the values of its variables it is longer than {} bytes.", self.most);
        self.fault(at, "too_long", message, "Use shorter values, or fewer of them.")
    }

    fn odd(&self, at: &Range<usize>) -> Finding {
        let message = "'${' begins no variable here: a variable is ${name}, and its name has letters, digits, '_', '.' and '-'.";
        let finding = self.fault(
            at,
            "bad_variable",
            message.to_owned(),
            "It stays as it is; check that this is meant.",
        );
        Finding {
            severity: Severity::Warning,
            ..finding
        }
    }

    /// Secrets are judged in the text that is released, because that is what they are inserted into.
    fn judge_secrets<'k>(
        &self,
        resolved: &Resolved,
        mut kept: BTreeMap<usize, (Range<usize>, &str)>,
        known: &dyn Fn(&str) -> Option<Known<'k>>,
        findings: &mut Vec<Finding>,
    ) {
        if kept.is_empty() {
            return;
        }
        for Found { at, mark } in marks(&resolved.text, self.language, false) {
            let Mark::Variable(name, place) = mark else { continue };
            match kept.remove(&at.start) {
                Some((from, name)) => findings.extend(self.shown(&from, name, place)),
                None if matches!(known(name), Some(Known::Kept)) => {
                    let from = resolved.source(at.start, false)..resolved.source(at.end, true);
                    let message = format!("The text '${{{name}}}' is meant as it stands here and is a secret elsewhere in the same text.");
                    findings.push(self.fault(&from, "secret_ambiguous", message, "Give the secret another name."));
                }
                None => {}
            }
        }
        for (from, name) in kept.into_values() {
            findings.extend(self.shown(&from, name, Place::Code));
        }
    }

    /// Why Flink would show a secret here, if it would.
    fn shown(&self, at: &Range<usize>, name: &str, place: Place<'_>) -> Option<Finding> {
        let key = match (self.language, place) {
            (Language::Argument, _) => return None,
            (Language::Configuration(key), _) => key,
            (Language::Sql, Place::Text(Some(setting))) if !setting.of_set => return None,
            (Language::Sql, Place::Text(Some(setting))) => setting.key,
            (Language::Sql, _) => {
                let message =
                    format!("The secret '{name}' cannot stand here: Flink shows this part of a script in its job graph and its messages.");
                let hint = format!("Use it as the value of an option only: WITH ('password' = '${{{name}}}').");
                return Some(self.fault(at, "secret_shown", message, &hint));
            }
        };
        if hidden(key) {
            return None;
        }
        let message = format!("The secret '{name}' cannot be the value of '{key}': Flink shows the value of this key in its own pages.");
        let hint = "Flink hides the values of keys with 'password' or 'secret' in their name.";
        Some(self.fault(at, "secret_shown", message, hint))
    }
}

/// Whether all versions of Flink hide the value of a key (`GlobalConfiguration.SENSITIVE_KEYS` of 1.13).
fn hidden(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    ["password", "secret", "fs.azure.account.key", "apikey"]
        .iter()
        .any(|word| key.contains(word))
}

/// Secrets in the place of their references, in a text that was resolved already: nothing but these is replaced.
#[must_use]
pub fn insert(text: &str, language: Language<'_>, secrets: &BTreeMap<String, Secret>) -> Resolved {
    let mut out = Builder::new(text);
    for Found { at, mark } in marks(text, language, false) {
        if let Mark::Variable(name, place) = mark
            && let Some(secret) = secrets.get(name)
        {
            out.replace(&at, |out| quoted(out, secret.expose(), place));
        }
    }
    out.done()
}

/// A value as it stands at a place: it never ends the string or name that it stands in.
fn quoted(out: &mut String, value: &str, place: Place<'_>) {
    match place {
        Place::Code => out.push_str(value),
        Place::Text(_) => out.push_str(&value.replace('\'', "''")),
        Place::Identifier => out.push_str(&value.replace('`', "``")),
    }
}

struct Builder<'a> {
    source: &'a str,
    /// How far the source was taken over.
    taken: usize,
    text: String,
    pieces: Vec<(Range<usize>, Range<usize>)>,
}

impl<'a> Builder<'a> {
    fn new(source: &'a str) -> Self {
        Self {
            source,
            taken: 0,
            text: String::with_capacity(source.len()),
            pieces: Vec::new(),
        }
    }

    /// Takes over what stands before; answers where the text will go on.
    fn upto(&mut self, at: &Range<usize>) -> usize {
        self.text.push_str(self.source.get(self.taken..at.start).unwrap_or_default());
        self.taken = at.start;
        self.text.len()
    }

    fn replace(&mut self, at: &Range<usize>, write: impl FnOnce(&mut String)) {
        let begin = self.upto(at);
        write(&mut self.text);
        self.pieces.push((at.clone(), begin..self.text.len()));
        self.taken = at.end;
    }

    fn done(mut self) -> Resolved {
        self.text.push_str(self.source.get(self.taken..).unwrap_or_default());
        Resolved {
            text: self.text,
            pieces: self.pieces,
        }
    }
}
