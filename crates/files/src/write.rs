//! Documents as YAML text: keys in the order of the type, texts of several lines as blocks, quotes only where
//! a reader could take a text for something else.

use serde::Serialize;
use serde_json::Value;

/// A document's text, with a line break at its end.
#[must_use]
pub fn document(document: &impl Serialize) -> String {
    let mut text = String::new();
    if let Ok(Value::Object(keys)) = serde_json::to_value(document) {
        for (key, value) in &keys {
            entry(&mut text, (key, value), 0);
        }
    }
    text
}

fn entry(text: &mut String, (key, value): (&str, &Value), indent: usize) {
    text.push_str(&format!("{}{}:", " ".repeat(indent), scalar(key)));
    below(text, value, indent);
}

/// What stands behind a key or a dash at an indent.
fn below(text: &mut String, value: &Value, indent: usize) {
    match value {
        Value::Object(keys) if !keys.is_empty() => {
            text.push('\n');
            for (key, value) in keys {
                entry(text, (key, value), indent + 2);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            text.push('\n');
            for value in items {
                item(text, value, indent + 2);
            }
        }
        Value::String(lines) if is_block(lines) => block(text, lines, indent + 2),
        other => text.push_str(&format!(" {}\n", word(other))),
    }
}

/// An item of a list; the first key of a mapping stands beside its dash.
fn item(text: &mut String, value: &Value, indent: usize) {
    let blanks = " ".repeat(indent);
    match value {
        Value::Object(keys) if !keys.is_empty() => {
            let start = text.len();
            for (key, value) in keys {
                entry(text, (key, value), indent + 2);
            }
            text.replace_range(start..start + indent + 2, &format!("{blanks}- "));
        }
        other => {
            text.push_str(&format!("{blanks}-"));
            below(text, other, indent);
        }
    }
}

fn word(value: &Value) -> String {
    match value {
        Value::String(text) => scalar(text),
        other => other.to_string(),
    }
}

/// Several lines that a block can hold byte by byte.
fn is_block(text: &str) -> bool {
    let plain = |c: char| matches!(c, '\n' | '\t') || !(c.is_control() || matches!(c, '\u{feff}' | '\u{2028}' | '\u{2029}'));
    text.contains('\n') && text.chars().all(plain) && text.starts_with(|c: char| !c.is_whitespace())
}

fn block(text: &mut String, lines: &str, indent: usize) {
    let blanks = " ".repeat(indent);
    let body = lines.trim_end_matches('\n');
    let breaks = lines.len() - body.len();
    text.push_str(match breaks {
        0 => " |-\n",
        1 => " |\n",
        _ => " |+\n",
    });
    for line in body.split('\n') {
        if line.is_empty() {
            text.push('\n');
        } else {
            text.push_str(&format!("{blanks}{line}\n"));
        }
    }
    text.push_str(&"\n".repeat(breaks.saturating_sub(1)));
}

/// A text on one line: without quotes where that is safe for every reader of YAML, else as JSON writes it.
fn scalar(text: &str) -> String {
    let taken = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"];
    let word = plain(text) && !taken.iter().any(|word| text.eq_ignore_ascii_case(word));
    if word || address(text) || amount(text) || version(text) {
        return text.to_owned();
    }
    // JSON leaves these as they are; YAML does not take them, or takes them for line breaks.
    let escaped = |c: char| match c {
        '\u{7f}'..='\u{9f}' | '\u{feff}' | '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}' => format!("\\u{:04x}", c as u32),
        c => c.to_string(),
    };
    Value::from(text).to_string().chars().map(escaped).collect()
}

/// Words: `orders per minute`, `kafka@3`.
fn plain(text: &str) -> bool {
    let inner = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | '@' | ' ');
    text.starts_with(char::is_alphabetic) && !text.ends_with(' ') && text.chars().all(inner)
}

/// `http://host:8081/path`.
fn address(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | ':');
    let parts = text.split_once("://");
    parts.is_some_and(|(scheme, rest)| {
        let named = scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.chars().all(|c| c.is_ascii_alphanumeric());
        named && rest.chars().all(inner) && !rest.ends_with(':')
    })
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_digit())
}

/// `10 s`.
fn amount(text: &str) -> bool {
    let unit = |unit: &str| !unit.is_empty() && unit.chars().all(|c| c.is_ascii_alphabetic());
    text.split_once(' ').is_some_and(|(number, rest)| digits(number) && unit(rest))
}

/// `2.2.1`: no number in any YAML.
fn version(text: &str) -> bool {
    text.split('.').count() == 3 && text.split('.').all(digits)
}
