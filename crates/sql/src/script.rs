//! A script cut into pieces: the statements with their tokens, and what lies between them.
//!
//! `;` separates, except inside `… STATEMENT SET BEGIN … END`, which stays whole: there an END that directly
//! follows a `;` (or BEGIN) closes the block, so that `CASE … END` does not. A block that is never closed ends
//! where a statement begins that cannot stand in it, so that the rest of the script is still seen. Comments before
//! and after a statement belong to no piece.

use std::ops::Range;

use domain::sql::{Statement, StatementKind};

use crate::kind::kind_of;
use crate::lexer::lex;
use crate::place::{Places, Span};
use crate::token::{Fault, Lexed, Token, TokenKind};

/// One statement of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// From its first to its last token, without the `;`.
    pub span: Span,
    /// Its tokens in [`Script::tokens`].
    pub tokens: Range<usize>,
    /// What it does.
    pub kind: StatementKind,
    /// The opening (`STATEMENT SET BEGIN`) of a block that is never closed.
    pub open_block: Option<Span>,
}

/// A script with everything that its text alone tells.
#[derive(Debug, Clone)]
pub struct Script<'a> {
    /// The text.
    pub text: &'a str,
    /// Its tokens.
    pub tokens: Vec<Token>,
    /// What is opened and never closed.
    pub faults: Vec<Fault>,
    /// Its statements.
    pub pieces: Vec<Piece>,
    /// Semicolons that end nothing.
    pub lone_semicolons: Vec<Span>,
    /// Lines and columns.
    pub places: Places<'a>,
}

/// Words with which a statement begins that cannot stand in a statement set.
const NOT_IN_A_SET: &[&str] = &[
    "CREATE", "DROP", "ALTER", "USE", "SET", "RESET", "EXECUTE", "BEGIN", "SHOW", "DESCRIBE", "EXPLAIN", "LOAD", "UNLOAD",
];

impl<'a> Script<'a> {
    /// Cuts a script. Never fails, whatever the text.
    #[must_use]
    pub fn read(text: &'a str) -> Self {
        let Lexed { tokens, faults } = lex(text);
        let places = Places::of(text);
        let mut script = Self {
            text,
            tokens,
            faults,
            pieces: Vec::new(),
            lone_semicolons: Vec::new(),
            places,
        };
        let mut at = 0;
        while at < script.tokens.len() {
            at = script.cut(at);
        }
        script
    }

    /// Cuts the statement that begins with a token; answers the index of the next one's first token.
    fn cut(&mut self, first: usize) -> usize {
        if self.is(first, ";") {
            self.lone_semicolons.extend(self.tokens.get(first).map(|token| token.span));
            return first + 1;
        }
        let mut open_block = None;
        let mut end = self.semicolon(first);
        if let Some(begin) = self.block_begin(first, end) {
            match self.block_end(begin) {
                Some(close) => end = self.semicolon(close),
                None => {
                    end = self.block_escape(begin);
                    open_block = self.span(begin - 2..begin + 1);
                }
            }
        }
        self.add(first..end, open_block);
        end + usize::from(self.is(end, ";"))
    }

    fn add(&mut self, tokens: Range<usize>, open_block: Option<Span>) {
        let last = if open_block.is_some() && tokens.end > 0 && self.is(tokens.end - 1, ";") {
            tokens.end - 1
        } else {
            tokens.end
        };
        let piece = self.piece(tokens.start..last, open_block);
        self.pieces.extend(piece);
    }

    fn piece(&self, tokens: Range<usize>, open_block: Option<Span>) -> Option<Piece> {
        let span = self.span(tokens.clone())?;
        let kind = kind_of(&self.words(tokens.clone()));
        Some(Piece {
            span,
            tokens,
            kind,
            open_block,
        })
    }

    /// Index of the next `;` at or behind a token, or the number of tokens.
    fn semicolon(&self, from: usize) -> usize {
        (from..self.tokens.len())
            .find(|index| self.is(*index, ";"))
            .unwrap_or(self.tokens.len())
    }

    /// Index of the BEGIN of a statement set in the statement.
    fn block_begin(&self, first: usize, end: usize) -> Option<usize> {
        let opens = ["EXECUTE", "EXPLAIN", "COMPILE", "STATEMENT"]
            .iter()
            .any(|word| self.is(first, word));
        if !opens {
            return None;
        }
        (first + 2..end).find(|at| self.is(*at, "BEGIN") && self.is(at - 1, "SET") && self.is(at - 2, "STATEMENT"))
    }

    /// Index of the END that closes the block, if one does before another block begins.
    fn block_end(&self, begin: usize) -> Option<usize> {
        for at in begin + 1..self.tokens.len() {
            if self.is(at, "STATEMENT") && self.is(at + 1, "SET") && (self.is(at + 2, "BEGIN") || self.is(at - 1, "BEGIN")) {
                return None;
            }
            if self.is(at, "END") && (at == begin + 1 || self.is(at - 1, ";")) {
                return Some(at);
            }
        }
        None
    }

    /// Where the statements go on behind a block that is never closed.
    fn block_escape(&self, begin: usize) -> usize {
        (begin + 1..self.tokens.len())
            .find(|at| self.is(at - 1, ";") && NOT_IN_A_SET.iter().any(|word| self.is(*at, word)))
            .unwrap_or(self.tokens.len())
    }

    /// Whether a token is this word (any case) or symbol.
    #[must_use]
    pub fn is(&self, index: usize, word: &str) -> bool {
        self.tokens.get(index).is_some_and(|token| {
            matches!(token.kind, TokenKind::Word | TokenKind::Symbol)
                && self
                    .text
                    .get(token.span.start..token.span.end)
                    .is_some_and(|text| text.eq_ignore_ascii_case(word))
        })
    }

    /// The text of a span.
    #[must_use]
    pub fn slice(&self, span: Span) -> &'a str {
        self.text.get(span.start..span.end).unwrap_or_default()
    }

    /// The span of a range of tokens.
    #[must_use]
    pub fn span(&self, tokens: Range<usize>) -> Option<Span> {
        let tokens = self.tokens.get(tokens)?;
        Some(Span::new(tokens.first()?.span.start, tokens.last()?.span.end))
    }

    /// A range of tokens, to be asked for words.
    #[must_use]
    pub fn words(&self, tokens: Range<usize>) -> Words<'_> {
        Words {
            text: self.text,
            tokens: self.tokens.get(tokens).unwrap_or_default(),
        }
    }

    /// Cuts the pieces also before these tokens, where a `;` is missing.
    pub(crate) fn cut_before(&mut self, starts: &[usize]) {
        let mut pieces = Vec::with_capacity(self.pieces.len() + starts.len());
        for piece in std::mem::take(&mut self.pieces) {
            let mut first = piece.tokens.start;
            let mut open_block = piece.open_block;
            for end in starts
                .iter()
                .copied()
                .filter(|at| piece.tokens.contains(at))
                .chain([piece.tokens.end])
            {
                pieces.extend(self.piece(first..end, open_block.take()));
                first = end;
            }
        }
        self.pieces = pieces;
    }

    /// The statements as the rest of the platform knows them.
    #[must_use]
    pub fn statements(&self) -> Vec<Statement> {
        self.pieces.iter().map(|piece| self.statement(piece.span, piece.kind)).collect()
    }

    /// A part of the text as a statement.
    #[must_use]
    pub fn statement(&self, span: Span, kind: StatementKind) -> Statement {
        let place = self.places.at(span.start);
        Statement {
            kind,
            line: place.line,
            column: place.column,
            text: self.slice(span).to_owned(),
        }
    }
}

/// The tokens of one statement, asked by their place in it.
#[derive(Debug, Clone, Copy)]
pub struct Words<'a> {
    text: &'a str,
    tokens: &'a [Token],
}

impl<'a> Words<'a> {
    /// How many tokens there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// One token.
    #[must_use]
    pub fn token(&self, index: usize) -> Option<Token> {
        self.tokens.get(index).copied()
    }

    /// A token as it is written; empty behind the end.
    #[must_use]
    pub fn raw(&self, index: usize) -> &'a str {
        self.token(index)
            .and_then(|token| self.text.get(token.span.start..token.span.end))
            .unwrap_or_default()
    }

    /// A word or symbol in upper case; empty for literals, quoted identifiers and behind the end.
    #[must_use]
    pub fn keyword(&self, index: usize) -> String {
        match self.token(index).map(|token| token.kind) {
            Some(TokenKind::Word | TokenKind::Symbol) => self.raw(index).to_ascii_uppercase(),
            _ => String::new(),
        }
    }

    /// Whether a token is this word (given in upper case) or symbol.
    #[must_use]
    pub fn is(&self, index: usize, word: &str) -> bool {
        matches!(self.token(index).map(|token| token.kind), Some(TokenKind::Word | TokenKind::Symbol))
            && self.raw(index).eq_ignore_ascii_case(word)
    }

    /// Whether the tokens from an index on are these words.
    #[must_use]
    pub fn has(&self, index: usize, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(offset, word)| self.is(index + offset, word))
    }

    /// Whether the statement starts with these words.
    #[must_use]
    pub fn starts(&self, words: &[&str]) -> bool {
        self.has(0, words)
    }

    /// The first index at or behind `from` where these words stand.
    #[must_use]
    pub fn find(&self, from: usize, words: &[&str]) -> Option<usize> {
        (from..self.len()).find(|index| self.has(*index, words))
    }

    /// The value of a string literal; none for other tokens.
    #[must_use]
    pub fn string(&self, index: usize) -> Option<String> {
        self.unquoted(index, TokenKind::Text, '\'')
    }

    /// A name: a bare word as it is, or a backticked identifier without its quotes.
    #[must_use]
    pub fn name(&self, index: usize) -> Option<String> {
        match self.token(index)?.kind {
            TokenKind::Word => Some(self.raw(index).to_owned()),
            _ => self.unquoted(index, TokenKind::Quoted, '`'),
        }
    }

    /// The span of a range of tokens, both ends included.
    #[must_use]
    pub fn span(&self, first: usize, last: usize) -> Option<Span> {
        Some(Span::new(self.token(first)?.span.start, self.token(last)?.span.end))
    }

    fn unquoted(&self, index: usize, kind: TokenKind, quote: char) -> Option<String> {
        if self.token(index)?.kind != kind {
            return None;
        }
        let raw = self.raw(index);
        let inner = raw.strip_prefix(quote)?;
        let inner = inner.strip_suffix(quote).unwrap_or(inner);
        let doubled: String = [quote, quote].iter().collect();
        Some(inner.replace(&doubled, quote.encode_utf8(&mut [0; 4])))
    }
}
