//! Where variables stand in a text. In a script it matters where: a value inside a string has its quotes doubled, a
//! comment is left alone, and a secret may only be the value of an option.

use std::ops::Range;

use super::MAX_NAME;

/// What a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language<'a> {
    /// A SQL script, or one statement of it.
    Sql,
    /// An argument of a program.
    Argument,
    /// The value of a configuration key.
    Configuration(&'a str),
}

/// An option that a string is the value of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Setting<'a> {
    /// Its key as it is written.
    pub key: &'a str,
    /// Whether a SET statement sets it.
    pub of_set: bool,
}

/// Where a variable stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place<'a> {
    /// Among words and symbols, or in a text that is no script.
    Code,
    /// In a `'string'`, which may be the value of an option.
    Text(Option<Setting<'a>>),
    /// In a name in backquotes.
    Identifier,
}

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark<'a> {
    /// `${name}`
    Variable(&'a str, Place<'a>),
    /// `$${name}`, which stands for `${name}`.
    Escape,
    /// `${` that begins no variable.
    Odd,
}

/// A mark with its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found<'a> {
    pub at: Range<usize>,
    pub mark: Mark<'a>,
}

/// Whether a name may have this byte after its first letter.
pub(super) const fn in_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-')
}

/// The name in `${name}` at the beginning of a text.
fn variable(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("${")?;
    let length = rest.bytes().take(MAX_NAME + 1).take_while(|byte| in_name(*byte)).count();
    let name = rest.get(..length)?;
    let fits = length <= MAX_NAME && name.starts_with(|c: char| c.is_ascii_alphabetic());
    (fits && rest.as_bytes().get(length) == Some(&b'}')).then_some(name)
}

/// What stands at a dollar sign. `escapes`: whether `$${name}` is one.
fn at_dollar(text: &str, escapes: bool) -> Option<(usize, Option<&str>, bool)> {
    if let Some(name) = variable(text) {
        return Some((name.len() + 3, Some(name), false));
    }
    let escaped = text.strip_prefix('$').and_then(variable).filter(|_| escapes);
    if let Some(name) = escaped {
        return Some((name.len() + 4, None, true));
    }
    text.starts_with("${").then_some((2, None, false))
}

/// All marks of a text, in its order. Comments of a script have none.
pub(super) fn marks<'a>(text: &'a str, language: Language<'_>, escapes: bool) -> Vec<Found<'a>> {
    let mut scanner = Scanner {
        text,
        at: 0,
        escapes,
        state: State::Code,
        statement: Statement::default(),
        found: Vec::new(),
    };
    let sql = language == Language::Sql;
    while scanner.at < text.len() {
        if sql { scanner.step() } else { scanner.dollar(Place::Code) }
    }
    scanner.found
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State<'a> {
    Code,
    Text { begin: usize, setting: Option<Setting<'a>> },
    Identifier,
    Line,
    Block,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Token<'a> {
    #[default]
    Other,
    Equals,
    Text(&'a str),
}

/// What is known of a statement so far.
#[derive(Debug, Default)]
struct Statement<'a> {
    begun: bool,
    /// CREATE, ALTER, LOAD or SET: what follows can be options.
    defines: bool,
    of_set: bool,
    /// WITH or SET was seen.
    options: bool,
    /// What Flink shows in its graph has begun.
    query: bool,
    before: Token<'a>,
    last: Token<'a>,
}

impl<'a> Statement<'a> {
    fn token(&mut self, token: Token<'a>) {
        self.before = self.last;
        self.last = token;
    }

    fn word(&mut self, word: &str) {
        let is = |known: &[&str]| known.iter().any(|known| word.eq_ignore_ascii_case(known));
        if !self.begun {
            self.begun = true;
            self.defines = is(&["CREATE", "ALTER", "LOAD", "SET"]);
            self.of_set = is(&["SET"]);
        }
        self.options |= is(&["WITH", "SET"]);
        self.query |= is(&["SELECT", "INSERT", "VALUES", "EXECUTE"]);
        self.token(Token::Other);
    }

    fn setting(&self) -> Option<Setting<'a>> {
        let Token::Text(key) = self.before else { return None };
        let takes = self.last == Token::Equals && self.defines && self.options && !self.query;
        takes.then_some(Setting { key, of_set: self.of_set })
    }
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    escapes: bool,
    state: State<'a>,
    statement: Statement<'a>,
    found: Vec<Found<'a>>,
}

impl<'a> Scanner<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Goes on to the next of these bytes, which are all ASCII, or to the end.
    fn skip_to(&mut self, stops: &[char]) {
        let rest = self.rest();
        self.at += rest.find(stops).unwrap_or(rest.len());
    }

    fn step(&mut self) {
        match self.state {
            State::Code => self.code(),
            State::Text { begin, setting } => {
                self.skip_to(&['\'', '$']);
                if self.rest().starts_with("''") {
                    self.at += 2;
                } else if self.rest().starts_with('\'') {
                    let content = self.text.get(begin..self.at).unwrap_or_default();
                    self.statement.token(Token::Text(content));
                    self.leave(1);
                } else {
                    self.dollar(Place::Text(setting));
                }
            }
            State::Identifier => {
                self.skip_to(&['`', '$']);
                if self.rest().starts_with('`') {
                    self.statement.token(Token::Other);
                    self.leave(1);
                } else {
                    self.dollar(Place::Identifier);
                }
            }
            State::Line => {
                self.skip_to(&['\n', '\r']);
                self.state = State::Code;
            }
            State::Block => {
                let rest = self.rest();
                let end = rest.find("*/").map_or(rest.len(), |end| end + 2);
                self.leave(end);
            }
        }
    }

    fn leave(&mut self, length: usize) {
        self.at += length;
        self.state = State::Code;
    }

    fn enter(&mut self, state: State<'a>, length: usize) {
        self.at += length;
        self.state = state;
    }

    fn code(&mut self) {
        let rest = self.rest();
        let Some(c) = rest.chars().next() else { return };
        match c {
            '$' => {
                self.statement.token(Token::Other);
                self.dollar(Place::Code);
            }
            '\'' => {
                let setting = self.statement.setting();
                let begin = self.at + 1;
                self.enter(State::Text { begin, setting }, 1);
            }
            '`' => self.enter(State::Identifier, 1),
            _ if rest.starts_with("--") || rest.starts_with("//") => self.enter(State::Line, 2),
            // What stands in a hint is tokens.
            _ if rest.starts_with("/*+") => self.at += 3,
            _ if rest.starts_with("/*") => self.enter(State::Block, 2),
            ';' => {
                self.at += 1;
                self.statement = Statement::default();
            }
            '=' => {
                self.at += 1;
                self.statement.token(Token::Equals);
            }
            _ if c.is_ascii_alphabetic() || c == '_' => {
                let length = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
                self.statement.word(rest.get(..length).unwrap_or_default());
                self.at += length;
            }
            _ => {
                if !c.is_whitespace() {
                    self.statement.token(Token::Other);
                }
                self.at += c.len_utf8();
            }
        }
    }

    /// Goes past what stands at a dollar sign, or to the next one.
    fn dollar(&mut self, place: Place<'a>) {
        let rest = self.rest();
        if !rest.starts_with('$') {
            let stop = match place {
                Place::Code => rest.find('$').unwrap_or(rest.len()),
                _ => 0,
            };
            self.at += stop;
            return;
        }
        let Some((length, name, escape)) = at_dollar(rest, self.escapes) else {
            self.at += 1;
            return;
        };
        let mark = match name {
            Some(name) => Mark::Variable(name, place),
            None if escape => Mark::Escape,
            None => Mark::Odd,
        };
        self.found.push(Found {
            at: self.at..self.at + length,
            mark,
        });
        self.at += length;
    }
}
