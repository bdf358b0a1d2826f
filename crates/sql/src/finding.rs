//! Makes findings of our own: a span of the script, a code, and words.
//!
//! Texts of the script that appear in a message are cut to what fits a line and cleared of control characters:
//! messages end up in terminals, logs and pages.

use domain::sql::{Finding, Severity};

use crate::place::Span;
use crate::script::Script;

/// A finding at a span of the script.
pub(crate) fn finding(script: &Script<'_>, span: Span, severity: Severity, (code, message): (&str, String)) -> Finding {
    let (start, end) = (script.places.at(span.start), script.places.at(span.end));
    Finding {
        code: code.to_owned(),
        severity,
        line: start.line,
        column: start.column,
        end_line: end.line,
        end_column: end.column,
        message,
        suggestion: None,
        detail: None,
        field: None,
    }
}

/// A finding at a key of the job's configuration.
pub(crate) fn finding_of_key(script: &Script<'_>, key: &str, severity: Severity, what: (&str, String)) -> Finding {
    Finding {
        field: Some(format!("configuration.{key}")),
        ..finding(script, Span::new(0, 0), severity, what)
    }
}

/// The same finding with how to mend it.
pub(crate) fn suggest(finding: Finding, suggestion: impl Into<String>) -> Finding {
    Finding {
        suggestion: Some(suggestion.into()),
        ..finding
    }
}

/// A text from the script for use in a message: shortened to what fits a line.
pub(crate) fn excerpt(text: &str) -> String {
    excerpt_of(text, 60)
}

/// At most so many characters of a text, without control characters.
pub(crate) fn excerpt_of(text: &str, longest: usize) -> String {
    let mut short: String = text.chars().take(longest).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(longest).is_some() {
        short.push('…');
    }
    short
}
