//! The file `streamwright.toml`, with the line of everything.

use toml_edit::{Document, Item, Value};

use super::table::{Kind, SETTINGS, Setting};
use super::{Given, Values, meant};

/// Reads a file's text; what is wrong goes to `problems`, and the rest is read all the same.
pub(super) fn read(name: &str, text: &str, problems: &mut Vec<String>) -> Values {
    let mut values = Values::new();
    let document = match Document::parse(text) {
        Ok(document) => document,
        Err(error) => {
            let line = error.span().map_or(1, |span| line_of(text, span.start));
            let what = error.message().lines().collect::<Vec<_>>().join(", ");
            problems.push(format!("{name}:{line}: this is no TOML: {what}"));
            return values;
        }
    };
    for (key, item) in document.iter() {
        let span = document
            .get_key_value(key)
            .and_then(|(key, item)| key.span().or_else(|| item.span()));
        let place = format!("{name}:{}", span.map_or(1, |span| line_of(text, span.start)));
        let Some(setting) = SETTINGS.iter().find(|setting| setting.key == key) else {
            problems.push(format!("{place}: {}", unknown(key)));
            continue;
        };
        match text_of(setting, item) {
            Ok(text) => {
                values.insert(setting.key, Given { text, place });
            }
            Err(expected) => problems.push(format!("{place}: {key} takes {expected}")),
        }
    }
    values
}

fn unknown(key: &str) -> String {
    let shown: String = key.chars().take(60).collect();
    match meant(key, SETTINGS.iter().map(|setting| setting.key)) {
        Some(known) => format!("there is no setting {shown}; did you mean {known}?"),
        None => format!("there is no setting {shown}; `streamwright settings` lists all"),
    }
}

fn text_of(setting: &Setting, item: &Item) -> Result<String, &'static str> {
    match (setting.kind, item) {
        (Kind::Text, Item::Value(Value::String(text))) => Ok(text.value().clone()),
        (Kind::Number, Item::Value(Value::Integer(number))) => Ok(number.value().to_string()),
        (Kind::YesNo, Item::Value(Value::Boolean(yes))) => Ok(yes.value().to_string()),
        (Kind::List, Item::Value(Value::Array(list))) => {
            let texts: Option<Vec<&str>> = list.iter().map(Value::as_str).collect();
            texts
                .map(|texts| texts.join(","))
                .ok_or("a list of texts, as in [\"one\", \"two\"]")
        }
        (Kind::Text, _) => Err("a text in quotation marks"),
        (Kind::Number, _) => Err("a whole number, without quotation marks"),
        (Kind::YesNo, _) => Err("true or false, without quotation marks"),
        (Kind::List, _) => Err("a list of texts, as in [\"one\", \"two\"]"),
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}
