//! Findings that the characters alone tell, in better words and at better places than a parser's: what is never
//! closed, characters that the grammar does not know, double quotes, and statements without a `;` between them.
//!
//! All of them are certain: Flink's parser refuses each of these texts in every version. A finding of this file
//! therefore stands in for whatever the planner says of the same statement.

use domain::draft::MAX_SCRIPT_BYTES;
use domain::sql::{Finding, Severity, StatementKind};

use crate::finding::{excerpt, finding, suggest};
use crate::place::Span;
use crate::script::{Piece, Script};
use crate::token::{Fault, FaultKind, Token, TokenKind, is_full_width};

/// Most findings of one sort in a script; a file that is no SQL at all should not make thousands.
const MOST: usize = 20;

/// A finding for a script that is longer than a draft may be.
#[must_use]
pub fn too_long(script: &str) -> Option<Finding> {
    (script.len() > MAX_SCRIPT_BYTES).then(|| {
        let message = format!("The script has {} bytes; at most {MAX_SCRIPT_BYTES} are allowed", script.len());
        let empty = Script::read("");
        finding(&empty, Span::new(0, 0), Severity::Error, ("script_too_long", message))
    })
}

/// The findings of the script's characters, in no particular order.
#[must_use]
pub(crate) fn findings(script: &Script<'_>, double_quotes_allowed: bool) -> Vec<Finding> {
    let mut found: Vec<Finding> = script.faults.iter().take(MOST).map(|fault| never_closed(script, *fault)).collect();
    found.extend(odd_characters(script));
    if !double_quotes_allowed {
        let quotes = script.tokens.iter().filter(|token| token.kind == TokenKind::DoubleQuoted);
        found.extend(quotes.take(MOST).map(|token| double_quotes(script, *token)));
    }
    found.extend(blocks(script));
    found.extend(
        missing_semicolons(script)
            .into_iter()
            .filter_map(|at| missing_semicolon(script, at))
            .take(MOST),
    );
    found.extend(script.lone_semicolons.iter().take(MOST).map(|span| {
        finding(
            script,
            *span,
            Severity::Info,
            ("empty_statement", "This semicolon ends nothing".to_owned()),
        )
    }));
    found
}

fn never_closed(script: &Script<'_>, fault: Fault) -> Finding {
    let Span { start, end } = fault.span;
    let (code, end, message, suggestion) = match fault.kind {
        FaultKind::Text if script.slice(fault.span).contains("\\'") => {
            let message = "A backslash does not keep a quote from closing the string";
            ("unterminated_string", end, message, "Write a quote inside a string as ''")
        }
        FaultKind::Text => (
            "unterminated_string",
            end,
            "The string opened here is never closed",
            "Close it with '",
        ),
        FaultKind::Quoted => {
            let message = "The identifier opened here is not closed in its line";
            ("unterminated_identifier", end, message, "Close it with `")
        }
        FaultKind::Comment => {
            let message = "The comment opened here is never closed";
            ("unterminated_comment", start + 2, message, "Close it with */")
        }
        FaultKind::Hash => {
            let message = "'#' does not begin a comment in Flink SQL";
            ("unknown_character", end, message, "Begin the comment with --")
        }
        FaultKind::Hint => {
            let message = "The hint opened here is never closed";
            ("unterminated_hint", start + 3, message, "Close it with */")
        }
    };
    let span = Span::new(start, end);
    suggest(finding(script, span, Severity::Error, (code, message.to_owned())), suggestion)
}

/// One finding for each run of characters that Flink's lexer refuses.
fn odd_characters(script: &Script<'_>) -> Vec<Finding> {
    let mut runs: Vec<Span> = Vec::new();
    for token in script.tokens.iter().filter(|token| token.kind == TokenKind::Odd) {
        match runs.last_mut() {
            Some(run) if run.end == token.span.start => run.end = token.span.end,
            _ => runs.push(token.span),
        }
    }
    runs.truncate(MOST);
    runs.into_iter().map(|run| odd_character(script, run)).collect()
}

fn odd_character(script: &Script<'_>, span: Span) -> Finding {
    let text = script.slice(span);
    let c = text.chars().next().unwrap_or(' ');
    let code_point = format!("U+{:04X}", u32::from(c));
    if let Some(plain) = plain_of(c) {
        let message = format!("Full-width character '{c}' ({code_point}) outside a string");
        return suggest(
            finding(script, span, Severity::Error, ("full_width_character", message)),
            format!("Write {plain}"),
        );
    }
    if c.is_whitespace() || c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{ad}') {
        let message = format!("Invisible character {code_point} outside a string");
        return suggest(
            finding(script, span, Severity::Error, ("invisible_character", message)),
            "Replace it with a plain space",
        );
    }
    let message = format!("Flink SQL does not know the character '{c}' ({code_point}) outside strings and quoted identifiers");
    finding(script, span, Severity::Error, ("unknown_character", message))
}

/// What a full-width or typographic character was meant to be.
fn plain_of(c: char) -> Option<String> {
    let plain = match c {
        '‘' | '’' | '‛' | '＇' | '“' | '”' | '„' | '＂' | '「' | '」' | '『' | '』' | '′' | '″' => {
            return Some("a single quote (')".to_owned());
        }
        '、' => ',',
        '。' => '.',
        '【' => '[',
        '】' => ']',
        '《' | '〈' => '<',
        '》' | '〉' => '>',
        '–' | '—' | '−' => '-',
        '×' => '*',
        '÷' => '/',
        '≤' => return Some("<=".to_owned()),
        '≥' => return Some(">=".to_owned()),
        '≠' => return Some("<>".to_owned()),
        _ if is_full_width(c) => char::from_u32(u32::from(c) - 0xfee0)?,
        _ => return None,
    };
    Some(format!("'{plain}'"))
}

fn double_quotes(script: &Script<'_>, token: Token) -> Finding {
    let text = script.slice(token.span);
    let inner = text.trim_matches('"');
    let found = finding(
        script,
        token.span,
        Severity::Error,
        ("double_quotes", "Flink SQL has no double quotes".to_owned()),
    );
    if inner.is_empty() || inner.contains(['\'', '`']) {
        return suggest(found, "Strings take single quotes ('), identifiers take backticks (`)");
    }
    let inner = excerpt(inner);
    suggest(found, format!("Write '{inner}' for a string, `{inner}` for an identifier"))
}

/// Statement sets that are not closed, and END without BEGIN.
fn blocks(script: &Script<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut open: Option<&Piece> = None;
    let unclosed = |span: Span, what: &str| {
        let message = format!("{what} opened here is never closed");
        suggest(
            finding(script, span, Severity::Error, ("unterminated_statement_set", message)),
            "Write END; behind its last INSERT",
        )
    };
    for piece in &script.pieces {
        if found.len() >= MOST {
            return found;
        }
        if let Some(span) = piece.open_block {
            found.push(unclosed(span, "The STATEMENT SET"));
        }
        match piece.kind {
            StatementKind::SetBegin => {
                found.extend(open.map(|begin| unclosed(begin.span, "The STATEMENT SET")));
                open = Some(piece);
            }
            StatementKind::SetEnd if open.take().is_none() => {
                let message = "END without BEGIN STATEMENT SET".to_owned();
                found.push(finding(script, piece.span, Severity::Error, ("end_without_begin", message)));
            }
            _ => {}
        }
    }
    found.extend(open.map(|begin| unclosed(begin.span, "The STATEMENT SET")));
    found
}

/// The tokens inside a statement where another one certainly begins although no `;` stands before it: words that the
/// grammar reserves, outside parentheses, at the beginning of a line.
pub(crate) fn missing_semicolons(script: &Script<'_>) -> Vec<usize> {
    script.pieces.iter().flat_map(|piece| missing_in(script, piece)).collect()
}

fn missing_in(script: &Script<'_>, piece: &Piece) -> Vec<usize> {
    let wraps = ["EXPLAIN", "EXECUTE", "COMPILE", "SHOW", "STATEMENT"]
        .iter()
        .any(|word| script.is(piece.tokens.start, word));
    let mut found = Vec::new();
    let mut depth = 0_i32;
    for at in piece.tokens.clone() {
        if script.is(at, "(") {
            depth += 1;
        } else if script.is(at, ")") {
            depth -= 1;
        } else if at > piece.tokens.start && depth <= 0 && begins_statement(script, at, wraps) {
            depth = 0;
            found.push(at);
        }
    }
    found
}

fn begins_statement(script: &Script<'_>, at: usize, wraps: bool) -> bool {
    let insert = script.is(at, "INSERT") && (script.is(at + 1, "INTO") || script.is(at + 1, "OVERWRITE"));
    let create = script.is(at, "CREATE")
        && ["TABLE", "VIEW", "CATALOG", "DATABASE", "FUNCTION", "TEMPORARY"]
            .iter()
            .any(|word| script.is(at + 1, word));
    let text = |index: usize| script.tokens.get(index).is_some_and(|token| token.kind == TokenKind::Text);
    let set = script.is(at, "SET") && text(at + 1) && script.is(at + 2, "=") && text(at + 3);
    // Behind these words an INSERT or CREATE belongs to the same statement.
    let wrapped = wraps || ["BEGIN", "FOR", ";"].iter().any(|word| script.is(at - 1, word));
    (insert || create || set) && !wrapped && begins_line(script, at)
}

/// Whether a token is the first of its line.
fn begins_line(script: &Script<'_>, at: usize) -> bool {
    let ends = |index: usize| script.tokens.get(index).map(|token| token.span);
    match (at.checked_sub(1).and_then(ends), ends(at)) {
        (Some(before), Some(token)) => script.slice(Span::new(before.end, token.start)).contains(['\n', '\r']),
        _ => true,
    }
}

/// None where a full-width semicolon stands: that is told already.
fn missing_semicolon(script: &Script<'_>, at: usize) -> Option<Finding> {
    let span = script.span(at..at + 1)?;
    let before = script.span(at.checked_sub(1)?..at)?;
    let message = format!("';' is missing before {}", script.slice(span).to_ascii_uppercase());
    let found = suggest(
        finding(script, span, Severity::Error, ("missing_semicolon", message)),
        "End the statement above with ';'",
    );
    (script.slice(before) != "；").then_some(found)
}
