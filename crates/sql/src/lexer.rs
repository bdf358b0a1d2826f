//! The lexer: cuts a script into the tokens of Flink's own grammar, as far as splitting and placing need them.
//!
//! It knows `'..''..'` strings (which may span lines), backticked identifiers (which may not), `--` and `//`
//! comments, `/* */` comments (which do not nest) and `/*+ */` hints (whose content is tokens). It never fails:
//! what is never closed becomes a [`Fault`], and lexing goes on where a reader would go on, so that one
//! forgotten quote does not hide the rest of the script.

use crate::place::Span;
use crate::token::{Fault, FaultKind, Lexed, Token, TokenKind, is_full_width};

/// How many forgotten quotes are mended before the rest is taken as one string.
const MENDED_QUOTES: usize = 8;

/// Cuts a script into tokens. Never fails.
#[must_use]
pub fn lex(text: &str) -> Lexed {
    let mut broken: Vec<usize> = Vec::new();
    loop {
        let lexed = Lexer::new(text, &broken).run();
        let open = lexed
            .faults
            .iter()
            .rev()
            .find(|fault| fault.kind == FaultKind::Text && !broken.contains(&fault.span.start));
        match open.and_then(|open| forgotten_quote(text, &lexed.tokens, open.span.start)) {
            Some(culprit) if broken.len() < MENDED_QUOTES => broken.push(culprit),
            _ => return lexed,
        }
    }
}

/// The string whose closing quote was most likely forgotten, when the last string is never closed: the first one
/// that runs over the end of a statement or that a backslash was meant to prolong, else the last one.
fn forgotten_quote(text: &str, tokens: &[Token], last: usize) -> Option<usize> {
    let runs_over = |body: &str| body.lines().rev().skip(1).any(|line| line.trim_end().ends_with(';'));
    let culprit = tokens.windows(2).find(|pair| {
        let [token, next] = pair else { return false };
        let body = text.get(token.span.start..token.span.end).unwrap_or_default();
        let prolonged = body.ends_with("\\'") && next.kind == TokenKind::Word && next.span.start == token.span.end;
        token.kind == TokenKind::Text && (prolonged || runs_over(body))
    });
    culprit.and_then(<[Token]>::first).map(|token| token.span.start).or(Some(last))
}

struct Lexer<'a, 'b> {
    text: &'a str,
    at: usize,
    in_hint: Option<usize>,
    broken: &'b [usize],
    lexed: Lexed,
}

impl<'a, 'b> Lexer<'a, 'b> {
    fn new(text: &'a str, broken: &'b [usize]) -> Self {
        Self {
            text,
            at: 0,
            in_hint: None,
            broken,
            lexed: Lexed::default(),
        }
    }

    fn run(mut self) -> Lexed {
        while let Some(c) = self.rest().chars().next() {
            self.step(c);
        }
        self.leave_hint(self.text.len());
        self.lexed
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn step(&mut self, c: char) {
        let rest = self.rest();
        match c {
            ' ' | '\t' | '\n' | '\r' | '\u{c}' => self.at += 1,
            '\u{feff}' if self.at == 0 => self.at += c.len_utf8(),
            _ if rest.starts_with("--") || rest.starts_with("//") => {
                self.at += rest.find(['\n', '\r']).unwrap_or(rest.len());
            }
            _ if rest.starts_with("/*+") => {
                self.leave_hint(self.at);
                self.in_hint = Some(self.at);
                self.push(TokenKind::HintOpen, 3);
            }
            _ if rest.starts_with("*/") && self.in_hint.take().is_some() => self.push(TokenKind::HintClose, 2),
            _ if rest.starts_with("/*") => self.comment(rest),
            '\'' => self.string(rest),
            '`' => self.backticked(rest),
            '"' => self.double_quoted(rest),
            '#' if self.begins_line() => self.hash(rest),
            _ if c.is_ascii_digit() => self.push(TokenKind::Number, number_length(rest)),
            _ if is_word_start(c) => {
                let length = rest.find(|c: char| !is_word_start(c) && !c.is_ascii_digit()).unwrap_or(rest.len());
                self.push(TokenKind::Word, length);
            }
            _ => {
                if c == ';' {
                    self.leave_hint(self.at);
                }
                let known = c.is_ascii_graphic() && c != '#';
                self.push(if known { TokenKind::Symbol } else { TokenKind::Odd }, c.len_utf8());
            }
        }
    }

    fn hash(&mut self, rest: &str) {
        let start = self.at;
        self.at += rest.find(['\n', '\r']).unwrap_or(rest.len());
        self.fault(FaultKind::Hash, start, self.at);
    }

    /// Whether only blanks stand before this place in its line: there a `#` is meant to begin a comment.
    fn begins_line(&self) -> bool {
        let before = self.text.as_bytes().get(..self.at).unwrap_or_default();
        before
            .iter()
            .rev()
            .find(|byte| !matches!(byte, b' ' | b'\t'))
            .is_none_or(|byte| matches!(byte, b'\n' | b'\r'))
    }

    fn push(&mut self, kind: TokenKind, length: usize) {
        let start = self.at;
        self.at += length;
        self.lexed.tokens.push(Token {
            kind,
            span: Span::new(start, self.at),
        });
    }

    fn fault(&mut self, kind: FaultKind, start: usize, end: usize) {
        self.lexed.faults.push(Fault {
            kind,
            span: Span::new(start, end),
        });
    }

    fn leave_hint(&mut self, end: usize) {
        if let Some(start) = self.in_hint.take() {
            self.fault(FaultKind::Hint, start, end);
        }
    }

    /// As in Flink's grammar, the character behind `/**` belongs to the opening: `/***/` opens and does not close.
    fn comment(&mut self, rest: &str) {
        let opening = if rest.starts_with("/**") && !rest.starts_with("/**/") {
            3 + rest.chars().nth(3).map_or(0, char::len_utf8)
        } else {
            2
        };
        let length = rest.get(opening..).and_then(|body| body.find("*/")).map(|end| opening + end + 2);
        if length.is_none() {
            self.fault(FaultKind::Comment, self.at, self.text.len());
        }
        self.at += length.unwrap_or(rest.len());
    }

    fn string(&mut self, rest: &str) {
        let end = if self.is_escaped() {
            escaped_length(rest)
        } else {
            quoted_length(rest, b'\'')
        };
        if let Some(length) = end.filter(|_| !self.broken.contains(&self.at)) {
            return self.push(TokenKind::Text, length);
        }
        // A quote known to be forgotten ends with its line; otherwise nothing is known and all is swallowed.
        let length = if self.broken.contains(&self.at) {
            line_length(rest)
        } else {
            rest.len()
        };
        self.fault(FaultKind::Text, self.at, self.at + length);
        self.push(TokenKind::Text, length);
    }

    /// Whether an `E` directly before the quote makes backslashes escape (Flink 2 on; a syntax error before).
    fn is_escaped(&self) -> bool {
        let before = self
            .lexed
            .tokens
            .last()
            .filter(|token| token.kind == TokenKind::Word && token.span.end == self.at);
        before
            .and_then(|token| self.text.get(token.span.start..token.span.end))
            .is_some_and(|word| word.eq_ignore_ascii_case("e"))
    }

    fn backticked(&mut self, rest: &str) {
        if let Some(length) = quoted_length(rest, b'`') {
            return self.push(TokenKind::Quoted, length);
        }
        let length = line_length(rest);
        self.fault(FaultKind::Quoted, self.at, self.at + length);
        self.push(TokenKind::Quoted, length);
    }

    /// Flink has no such token; what is closed on the same line is kept together, for the message and the `;` in it.
    fn double_quoted(&mut self, rest: &str) {
        let end = rest.bytes().skip(1).position(|byte| matches!(byte, b'"' | b'\n' | b'\r'));
        let closed = end.filter(|end| rest.as_bytes().get(end + 1) == Some(&b'"'));
        let length = closed.map_or(1, |end| end + 2);
        self.push(TokenKind::DoubleQuoted, length);
    }
}

/// Length of a quoted text with its quotes, doubled quotes inside; none when it is never closed.
/// Backticks end with their line at the latest.
fn quoted_length(rest: &str, quote: u8) -> Option<usize> {
    let bytes = rest.as_bytes();
    let ends = |byte: &u8| *byte == quote || (quote == b'`' && matches!(*byte, b'\n' | b'\r'));
    let mut at = 1;
    while let Some(next) = bytes.get(at..).and_then(|tail| tail.iter().position(ends)) {
        at += next + 1;
        if bytes.get(at - 1) != Some(&quote) {
            return None;
        }
        if bytes.get(at) != Some(&quote) {
            return Some(at);
        }
        at += 1;
    }
    None
}

/// Length of a string whose backslashes escape the next character; none when it is never closed.
fn escaped_length(rest: &str) -> Option<usize> {
    let bytes = rest.as_bytes();
    let mut at = 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'\'' if bytes.get(at + 1) == Some(&b'\'') => at += 2,
            b'\'' => return Some(at + 1),
            _ => at += 1,
        }
    }
    None
}

/// Length up to the end of the line, without a `;` at its end and what precedes it of blanks; at least 1.
fn line_length(rest: &str) -> usize {
    let line = rest.get(..rest.find(['\n', '\r']).unwrap_or(rest.len())).unwrap_or(rest);
    line.trim_end().trim_end_matches(';').len().max(1)
}

/// Length of a number: `12`, `1.5`, `1e-3`, `0xff`; letters behind digits belong to it.
fn number_length(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let next_is_digit = bytes.get(at + 1).is_some_and(u8::is_ascii_digit);
        let goes_on = byte.is_ascii_alphanumeric()
            || (*byte == b'.' && next_is_digit)
            || (matches!(byte, b'+' | b'-') && at > 0 && matches!(bytes.get(at - 1), Some(b'e' | b'E')) && next_is_digit);
        if !goes_on {
            break;
        }
        at += 1;
    }
    at
}

/// Letters as Flink's grammar has them, and all other letters too: whether those pass is the planner's to say.
/// Full-width forms are certain to be refused.
fn is_word_start(c: char) -> bool {
    let foreign = !c.is_ascii() && !is_full_width(c) && (c.is_alphabetic() || matches!(c, '\u{100}'..='\u{1fff}'));
    c == '_' || c == '$' || c.is_ascii_alphabetic() || foreign
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<&str> {
        lex(text)
            .tokens
            .iter()
            .map(|token| &text[token.span.start..token.span.end])
            .collect()
    }

    #[test]
    fn tokens_of_the_grammar() {
        assert_eq!(
            texts("a1 -- no; 'x\n'it''s;' `b;``c` /* ' */ /*+ H('k'='v;') */ 1.5e-3 // z\r<>"),
            [
                "a1", "'it''s;'", "`b;``c`", "/*+", "H", "(", "'k'", "=", "'v;'", ")", "*/", "1.5e-3", "<", ">"
            ]
        );
        assert_eq!(texts("\u{feff}SELECT 数据，x"), ["SELECT", "数据", "，", "x"]);
        assert_eq!(texts(r"E'a\'b' 'c\' d /***/ e */f/**/g"), ["E", r"'a\'b'", r"'c\'", "d", "f", "g"]);
        assert_eq!(texts("COUNT(*)/2 a*/*c*/b"), ["COUNT", "(", "*", ")", "/", "2", "a", "*", "b"]);
    }

    #[test]
    fn a_forgotten_quote_ends_with_its_line() {
        let text = "INSERT INTO a SELECT 'x;\nINSERT INTO b SELECT 'y';\n";
        let lexed = lex(text);
        assert_eq!(
            lexed.faults,
            [Fault {
                kind: FaultKind::Text,
                span: Span::new(21, 23)
            }]
        );
        assert_eq!(texts(text).last(), Some(&";"));
        assert!(texts(text).contains(&"'y'"));
    }

    #[test]
    fn a_backslash_prolongs_no_string() {
        let text = "SELECT 'it\\'s', 1;\nSELECT 2;";
        assert_eq!(
            lex(text).faults,
            [Fault {
                kind: FaultKind::Text,
                span: Span::new(7, 17)
            }]
        );
        assert_eq!(texts("x\n  # it's\ny # z"), ["x", "y", "#", "z"]);
    }

    #[test]
    fn a_string_may_span_lines() {
        let lexed = lex("SELECT 'a;\nb'; SELECT `c\nd");
        assert_eq!(
            lexed.faults,
            [Fault {
                kind: FaultKind::Quoted,
                span: Span::new(22, 24)
            }]
        );
    }

    #[test]
    fn comments_and_hints_that_stay_open() {
        assert_eq!(
            lex("/*/").faults,
            [Fault {
                kind: FaultKind::Comment,
                span: Span::new(0, 3)
            }]
        );
        assert_eq!(
            lex("SELECT /*+ A(1) x; y").faults,
            [Fault {
                kind: FaultKind::Hint,
                span: Span::new(7, 17)
            }]
        );
    }
}
