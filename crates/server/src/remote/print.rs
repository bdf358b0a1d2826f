//! What people see of the API's answers: short lines that fit 80 columns; programs get the bodies themselves.

use serde_json::Value;

use crate::cli::Format;

/// Prints a body: as it is for programs, else by `text`.
pub fn body(format: Format, body: &Value, text: impl FnOnce(&Value) -> String) {
    match format {
        Format::Json => println!("{body:#}"),
        Format::Text => print!("{}", text(body)),
    }
}

/// The text at a path such as `run/flinkJobId`; empty where there is none.
#[must_use]
pub fn at<'a>(value: &'a Value, path: &str) -> &'a str {
    value.pointer(&format!("/{path}")).and_then(Value::as_str).unwrap_or_default()
}

/// The number or text at a path, as text; `-` where there is none.
#[must_use]
pub fn show(value: &Value, path: &str) -> String {
    match value.pointer(&format!("/{path}")) {
        None | Some(Value::Null) => "-".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// Rows in columns as wide as their longest cell.
#[must_use]
pub fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let mut widths: Vec<usize> = head.iter().map(|cell| width(cell)).collect();
    for row in rows {
        for (index, cell) in row.iter().enumerate() {
            widths[index] = widths[index].max(width(cell));
        }
    }
    let line = |cells: Vec<&str>| {
        let padded = cells
            .iter()
            .zip(&widths)
            .map(|(cell, wide)| format!("{cell}{}", " ".repeat(wide.saturating_sub(width(cell)))));
        format!("{}\n", padded.collect::<Vec<_>>().join("  ").trim_end())
    };
    let mut text = line(head.to_vec());
    for row in rows {
        text.push_str(&line(row.iter().map(String::as_str).collect()));
    }
    text
}

/// Columns on a terminal: CJK and emoji take two.
fn width(text: &str) -> usize {
    text.chars().map(|c| if matches!(c, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff60}' | '\u{1f300}'..='\u{1faff}') { 2 } else { 1 }).sum()
}

/// One finding on one line.
#[must_use]
pub fn finding(finding: &Value) -> String {
    let place = format!("{}:{}", show(finding, "line"), show(finding, "column"));
    let suggestion = at(finding, "suggestion");
    let hint = if suggestion.is_empty() {
        String::new()
    } else {
        format!(" {suggestion}")
    };
    format!(
        "{place} {}[{}]: {}{hint}",
        at(finding, "severity"),
        at(finding, "code"),
        at(finding, "message")
    )
}

/// The items of a page.
#[must_use]
pub fn items(page: &Value) -> Vec<Value> {
    page.get("items").and_then(Value::as_array).cloned().unwrap_or_default()
}

/// Where a browser finds the web UI of a job or cluster, else why nowhere and the command that makes a way.
#[must_use]
pub fn web_address(of: &Value, label: &str) -> String {
    let web = &of["webAddress"];
    if web.is_null() {
        return String::new();
    }
    let under = " ".repeat(label.len());
    match (at(web, "url"), at(web, "command")) {
        ("", "") => format!("{label}{}\n", at(web, "sentence")),
        ("", command) => format!("{label}{}\n{under}{command}\n", at(web, "sentence")),
        (url, _) => format!("{label}{url}\n{under}{}\n", at(web, "sentence")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_with_wide_characters_too() {
        let text = table(
            &["NAME", "STATE"],
            &[
                vec!["订单".to_owned(), "running".to_owned()],
                vec!["abcdef".to_owned(), "draft".to_owned()],
            ],
        );
        assert_eq!(text, "NAME    STATE\n订单    running\nabcdef  draft\n");
    }
}
