//! Tokens of a script, and what is wrong with how they begin and end.
//!
//! White space and comments are no tokens; the content of a hint is. A token knows its bytes, not its text: texts
//! are sliced from the script when they are asked for.

use crate::place::Span;

/// What a token is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// A bare word: keyword or identifier.
    Word,
    /// An identifier in backticks.
    Quoted,
    /// A string literal in single quotes.
    Text,
    /// Text in double quotes, which Flink does not take.
    DoubleQuoted,
    /// A number.
    Number,
    /// `/*+`
    HintOpen,
    /// `*/` of a hint.
    HintClose,
    /// Any other single character of the grammar.
    Symbol,
    /// A character that Flink's lexer refuses.
    Odd,
}

/// One token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// What it is made of.
    pub kind: TokenKind,
    /// Where it is.
    pub span: Span,
}

/// Something that is opened and never closed, or opened with the wrong character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// A string.
    Text,
    /// A backticked identifier.
    Quoted,
    /// A block comment.
    Comment,
    /// A hint.
    Hint,
    /// A line that begins with `#`, which opens no comment in Flink SQL; skipped as if it did.
    Hash,
}

/// A fault of the lexer with its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// What is never closed.
    pub kind: FaultKind,
    /// From its opening to where lexing goes on.
    pub span: Span,
}

/// Tokens and faults of a script, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lexed {
    /// The tokens.
    pub tokens: Vec<Token>,
    /// What is never closed.
    pub faults: Vec<Fault>,
}

/// Full-width forms of ASCII characters.
pub(crate) const fn is_full_width(c: char) -> bool {
    matches!(c, '\u{ff01}'..='\u{ff5e}')
}
