//! Reports for the terminal, as compilers print them: one head line that tools can read, the line of the script, and
//! marks under the place.
//!
//! Widths are those of a terminal (a Chinese character takes two columns). A line that is too long is shown as the
//! window around its place. Control characters of the script never reach the terminal.

use std::fmt::Write;

use domain::sql::{Finding, Report, Severity};
use unicode_width::UnicodeWidthChar;

/// How to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether to colour with terminal escapes.
    pub colour: bool,
    /// Columns of the terminal; at least 40 are used.
    pub width: usize,
}

impl Default for Style {
    fn default() -> Self {
        Self { colour: false, width: 80 }
    }
}

/// Columns that a tab takes.
const TAB: usize = 4;

/// Prints the findings of a script: `file:line:column: severity[code]: message`, the line with marks under the place,
/// the suggestion, and at the end how many there are.
#[must_use]
pub fn render(file: &str, script: &str, report: &Report, style: Style) -> String {
    let lines: Vec<&str> = script.split('\n').collect();
    let mut out = String::new();
    for found in &report.findings {
        head(&mut out, file, found, style);
        let in_script = found.field.is_none();
        let line = usize::try_from(found.line)
            .ok()
            .filter(|_| in_script)
            .and_then(|line| lines.get(line.checked_sub(1)?));
        if let Some(line) = line.filter(|line| !line.trim().is_empty()) {
            source(&mut out, line.trim_end_matches('\r'), found, style);
        }
        if let Some(suggestion) = &found.suggestion {
            wrapped(&mut out, "  help: ", suggestion, style.width.max(40));
        }
        out.push('\n');
    }
    out.push_str(&summary(report));
    out.push('\n');
    out
}

/// `2 errors, 1 warning`, or that nothing was found.
#[must_use]
pub fn summary(report: &Report) -> String {
    let count = |severity: Severity, one: &str| match report.findings.iter().filter(|found| found.severity == severity).count() {
        0 => None,
        1 => Some(format!("1 {one}")),
        n if severity == Severity::Info => Some(format!("{n} {one}")),
        n => Some(format!("{n} {one}s")),
    };
    let parts: Vec<String> = [
        count(Severity::Error, "error"),
        count(Severity::Warning, "warning"),
        count(Severity::Info, "info"),
    ]
    .into_iter()
    .flatten()
    .collect();
    if parts.is_empty() {
        "no findings".to_owned()
    } else {
        parts.join(", ")
    }
}

fn head(out: &mut String, file: &str, found: &Finding, style: Style) {
    let (word, _) = look(found.severity);
    let message = plain(&found.message);
    let (line, column, code) = (found.line, found.column, plain(&found.code));
    let tag = paint(&format!("{word}[{code}]"), found.severity, style);
    let _ = match &found.field {
        Some(field) => writeln!(out, "{}: {tag}: {message}", plain(field)),
        None => writeln!(out, "{}:{line}:{column}: {tag}: {message}", plain(file)),
    };
}

fn look(severity: Severity) -> (&'static str, &'static str) {
    match severity {
        Severity::Error => ("error", "1;31"),
        Severity::Warning => ("warning", "1;33"),
        Severity::Info => ("info", "1;36"),
    }
}

fn paint(text: &str, severity: Severity, style: Style) -> String {
    if style.colour {
        format!("\u{1b}[{}m{text}\u{1b}[0m", look(severity).1)
    } else {
        text.to_owned()
    }
}

/// A character as it is shown, with its width in columns.
type Cell = (String, usize);

fn cells(text: &str) -> Vec<Cell> {
    text.chars()
        .map(|c| match c {
            '\t' => (" ".repeat(TAB), TAB),
            _ if c.is_control() => ("\u{fffd}".to_owned(), 1),
            _ => (c.to_string(), c.width().unwrap_or(0)),
        })
        .collect()
}

/// Index of the character at a 1-based UTF-16 column.
fn index_at(line: &str, column: u32) -> usize {
    let mut unit = 1;
    for (index, c) in line.chars().enumerate() {
        if unit >= column {
            return index;
        }
        unit += u32::from(c.len_utf16() == 2) + 1;
    }
    line.chars().count()
}

/// Most characters of a line that are looked at before and behind a place.
const NEIGHBOURS: usize = 1000;

fn source(out: &mut String, line: &str, found: &Finding, style: Style) {
    let start = index_at(line, found.column);
    let end = if found.end_line > found.line {
        usize::MAX
    } else {
        index_at(line, found.end_column)
    };
    let skipped = start.saturating_sub(NEIGHBOURS);
    let near: String = line.chars().skip(skipped).take(2 * NEIGHBOURS).collect();
    let (cells, start) = (cells(&near), start - skipped);
    let end = end.saturating_sub(skipped).min(cells.len()).max(start + 1);
    let number = found.line.to_string();
    let room = style.width.max(40).saturating_sub(number.len() + 4);
    let (from, to) = window(&cells, start, end, room);
    let shown: String = cells.iter().take(to).skip(from).map(|(text, _)| text.as_str()).collect();
    let width = |from: usize, to: usize| cells.iter().take(to).skip(from).map(|(_, width)| width).sum::<usize>();
    let (left, right) = (if skipped + from > 0 { "…" } else { "" }, if to < cells.len() { "…" } else { "" });
    let indent = " ".repeat(number.len());
    let marks = paint(&"^".repeat(width(start, end.min(to)).max(1)), found.severity, style);
    let lead = " ".repeat(width(from, start) + usize::from(skipped + from > 0));
    let _ = writeln!(out, " {number} | {}", format!("{left}{shown}{right}").trim_end());
    let _ = writeln!(out, " {indent} | {lead}{marks}");
}

/// The part of a line that fits the room: the whole line, else what surrounds the place, its beginning first.
fn window(cells: &[Cell], start: usize, end: usize, room: usize) -> (usize, usize) {
    let width = |cells: &[Cell]| cells.iter().map(|(_, width)| width).sum::<usize>();
    if width(cells) <= room {
        return (0, cells.len());
    }
    // A column is kept free at both ends for the dots.
    let room = room.saturating_sub(2);
    let marked = width(cells.get(start..end.min(cells.len())).unwrap_or_default()).min(room);
    let mut before = (room - marked) / 2;
    let mut from = start.min(cells.len());
    while let Some((_, width)) = from
        .checked_sub(1)
        .and_then(|at| cells.get(at))
        .filter(|(_, width)| *width <= before)
    {
        before -= width;
        from -= 1;
    }
    let mut left = room;
    let mut to = from;
    while let Some((_, width)) = cells.get(to).filter(|(_, width)| *width <= left) {
        left -= width;
        to += 1;
    }
    // What the end of the line does not need goes to its beginning.
    while let Some((_, width)) = from.checked_sub(1).and_then(|at| cells.get(at)).filter(|(_, width)| *width <= left) {
        left -= width;
        from -= 1;
    }
    (from, to)
}

/// Writes a text in lines of at most so many columns, the later ones indented like the first.
fn wrapped(out: &mut String, lead: &str, text: &str, width: usize) {
    let mut column = lead.len();
    out.push_str(lead);
    for (index, word) in plain(text).split(' ').enumerate() {
        let length: usize = word.chars().map(|c| c.width().unwrap_or(0)).sum();
        if index > 0 && column + 1 + length > width {
            out.push('\n');
            out.push_str(&" ".repeat(lead.len()));
            column = lead.len();
        } else if index > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += length;
    }
    out.push('\n');
}

/// A text without control characters.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
