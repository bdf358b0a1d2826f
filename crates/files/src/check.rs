//! Holds a tree against the schema of its kind and makes JSON of it. All faults of a document are found, each
//! with its place and what was expected there.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::place::Point;
use crate::yaml::{Content, Node, Style, short};

/// What a document came to.
#[derive(Debug, Default)]
pub struct Checked {
    /// What is wrong.
    pub faults: Vec<(Point, String)>,
    /// Where each value stands: `parallelism`, `config.a.b`, `jars.0`.
    pub places: BTreeMap<String, Point>,
}

/// What a scalar is by the rules of YAML 1.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Is {
    Nothing,
    Boolean(bool),
    Whole(i64),
    Number,
    Text,
}

/// Checks a node against a schema of `definitions`; answers its JSON, which is of use only where no fault was found.
pub fn check(node: &Node, schema: &Value, definitions: &Value) -> (Value, Checked) {
    let mut walk = Walk {
        definitions,
        checked: Checked::default(),
    };
    let json = walk.node(node, schema, "");
    (json, walk.checked)
}

struct Walk<'a> {
    definitions: &'a Value,
    checked: Checked,
}

impl<'a> Walk<'a> {
    fn resolve(&self, schema: &'a Value) -> &'a Value {
        let name = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next());
        name.map_or(schema, |name| &self.definitions[name])
    }

    fn fault(&mut self, at: Point, message: String) -> Value {
        self.checked.faults.push((at, message));
        Value::Null
    }

    fn node(&mut self, node: &Node, schema: &'a Value, path: &str) -> Value {
        let schema = self.resolve(schema);
        self.checked.places.insert(path.to_owned(), node.at);
        match &node.content {
            Content::Scalar(text, style) => self.scalar(node.at, (text, *style), schema, path),
            Content::List(items) => {
                if !allows(schema, "array") {
                    return self.fault(node.at, format!("{path}: expected {}, found a list", wanted(schema)));
                }
                let most = schema["maxItems"].as_u64().unwrap_or(u64::MAX);
                if items.len() as u64 > most {
                    return self.fault(node.at, format!("{path}: at most {most} entries, found {}", items.len()));
                }
                let of = schema.get("items").unwrap_or(&Value::Null);
                let each = items.iter().enumerate();
                each.map(|(index, item)| self.node(item, of, &format!("{path}.{index}"))).collect()
            }
            Content::Map(entries) => {
                if !allows(schema, "object") {
                    return self.fault(node.at, format!("{path}: expected {}, found keys with values", wanted(schema)));
                }
                self.map(node.at, entries, schema, path)
            }
        }
    }

    fn map(&mut self, at: Point, entries: &[(crate::yaml::Key, Node)], schema: &'a Value, path: &str) -> Value {
        static ANY: Value = Value::Null;
        let mut json = Map::new();
        for (key, value) in entries {
            let known = schema["properties"].get(&key.text);
            let other = schema.get("additionalProperties").filter(|other| **other != Value::Bool(true));
            let of = match (known, other) {
                (Some(of), _) => of,
                (None, None) => &ANY,
                (None, Some(Value::Bool(false))) => {
                    self.fault(key.at, unknown(&key.text, schema));
                    continue;
                }
                (None, Some(_)) if key.text == "<<" => {
                    self.fault(key.at, unknown(&key.text, schema));
                    continue;
                }
                (None, Some(of)) => of,
            };
            let below = if path.is_empty() {
                key.text.clone()
            } else {
                format!("{path}.{}", key.text)
            };
            json.insert(key.text.clone(), self.node(value, of, &below));
        }
        let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
        for key in required.filter(|key| !entries.iter().any(|(known, _)| known.text == **key)) {
            self.fault(at, format!("the key '{key}' is missing"));
        }
        Value::Object(json)
    }

    fn scalar(&mut self, at: Point, (text, style): (&str, Style), schema: &Value, path: &str) -> Value {
        let is = if style == Style::Plain { kind(text) } else { Is::Text };
        if let Some(choices) = schema["enum"].as_array() {
            let fits = is != Is::Nothing && choices.iter().any(|choice| choice == text);
            return if fits {
                Value::from(text)
            } else {
                self.misfit(at, (text, is, style), schema, path)
            };
        }
        if let Some(constant) = schema.get("const") {
            return constant.clone();
        }
        let number = allows(schema, "number");
        match is {
            // As it is written: 8081 and 1.0 are text where numbers are as good.
            Is::Boolean(_) | Is::Whole(_) | Is::Number if number && allows(schema, "string") => Value::from(text),
            Is::Text if allows(schema, "string") => self.text(at, text, schema, path),
            Is::Boolean(value) if allows(schema, "boolean") => Value::from(value),
            Is::Whole(value) if allows(schema, "integer") => {
                let (least, most) = (schema["minimum"].as_i64(), schema["maximum"].as_i64());
                if least.is_some_and(|least| value < least) || most.is_some_and(|most| value > most) {
                    return self.misfit(at, (text, is, style), schema, path);
                }
                Value::from(value)
            }
            _ if schema.get("type").is_none() => Value::from(text),
            _ => self.misfit(at, (text, is, style), schema, path),
        }
    }

    fn text(&mut self, at: Point, text: &str, schema: &Value, path: &str) -> Value {
        let length = text.chars().count() as u64;
        if text.contains('\0') {
            return self.fault(at, format!("{path}: the character U+0000 cannot be kept"));
        }
        if schema["minLength"].as_u64().is_some_and(|least| length < least) {
            return self.fault(at, format!("{path}: expected text, found an empty one"));
        }
        if let Some(most) = schema["maxLength"].as_u64().filter(|most| length > *most) {
            return self.fault(at, format!("{path}: at most {most} characters, found {length}"));
        }
        Value::from(text)
    }

    fn misfit(&mut self, at: Point, (text, is, style): (&str, Is, Style), schema: &Value, path: &str) -> Value {
        let shown = short(text);
        let (found, advice) = match is {
            Is::Nothing => ("nothing".to_owned(), ""),
            Is::Boolean(_) if allows(schema, "string") => (format!("the boolean {shown}"), ": put it in quotes"),
            Is::Whole(_) | Is::Number if allows(schema, "string") => (format!("the number {shown}"), ": put it in quotes"),
            Is::Text if style != Style::Plain && fits_without_quotes(text, schema) => {
                (format!("'{shown}' in quotes"), ": remove the quotes")
            }
            Is::Text => (format!("'{shown}'"), ""),
            _ => (shown, ""),
        };
        let mut message = format!("{path}: expected {}, found {found}{advice}", wanted(schema));
        let choices = schema["enum"].as_array().into_iter().flatten().filter_map(Value::as_str);
        if let Some(close) = closest(text, choices) {
            message.push_str(&format!("; did you mean '{close}'?"));
        }
        self.fault(at, message)
    }
}

fn fits_without_quotes(text: &str, schema: &Value) -> bool {
    match kind(text) {
        Is::Whole(_) => allows(schema, "integer"),
        Is::Boolean(_) => allows(schema, "boolean"),
        _ => false,
    }
}

/// Whether a schema takes values of a type; one without types takes all.
fn allows(schema: &Value, wanted: &str) -> bool {
    match &schema["type"] {
        Value::Null => schema.get("enum").is_none(),
        Value::Array(types) => types.iter().any(|kind| kind == wanted),
        one => one == wanted,
    }
}

/// What a schema takes, for people.
fn wanted(schema: &Value) -> String {
    if let Some(choices) = schema["enum"].as_array() {
        let words: Vec<&str> = choices.iter().filter_map(Value::as_str).collect();
        return if words.len() == 1 {
            words.concat()
        } else {
            format!("one of {}", words.join(", "))
        };
    }
    let bounds = match (schema["minimum"].as_i64(), schema["maximum"].as_i64()) {
        (Some(least), Some(most)) => format!(" from {least} to {most}"),
        _ => String::new(),
    };
    match schema["type"].as_str() {
        Some("integer") => format!("a whole number{bounds}"),
        Some("boolean") => "true or false".to_owned(),
        Some("array") => "a list".to_owned(),
        Some("object") => "keys with values".to_owned(),
        _ => "text".to_owned(),
    }
}

fn unknown(key: &str, schema: &Value) -> String {
    if key == "<<" {
        return "merge keys (<<) are not read: write the keys out".to_owned();
    }
    let named = |end: &str| schema["properties"].get(format!("{key}{end}")).is_some();
    if named("File") && named("Env") {
        return format!(
            "unknown key '{key}'; a secret does not stand in a document: name its file with '{key}File', or an environment variable with '{key}Env'"
        );
    }
    let known: Vec<&str> = schema["properties"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, _)| key.as_str())
        .collect();
    let advice = match closest(key, known.iter().copied()) {
        Some(close) => format!("did you mean '{close}'?"),
        None => format!("expected one of {}", known.join(", ")),
    };
    format!("unknown key '{}'; {advice}", short(key))
}

/// The choice that was probably meant.
fn closest<'c>(text: &str, choices: impl Iterator<Item = &'c str>) -> Option<&'c str> {
    if text.len() > 100 {
        return None;
    }
    let plain = |word: &str| word.to_lowercase().replace(['_', '-'], "");
    let distance = |choice: &str| match plain(choice).starts_with(&plain(text)) && text.len() > 3 {
        true => 0,
        false => strsim::damerau_levenshtein(&plain(text), &plain(choice)),
    };
    let near = choices.map(|choice| (distance(choice), choice)).min_by_key(|(far, _)| *far);
    near.filter(|(far, choice)| *far <= 1 + choice.len() / 5).map(|(_, choice)| choice)
}

/// What a scalar without quotes is.
fn kind(text: &str) -> Is {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Is::Nothing,
        "true" | "True" | "TRUE" => Is::Boolean(true),
        "false" | "False" | "FALSE" => Is::Boolean(false),
        _ if text.parse::<i64>().is_ok() => text.parse().map_or(Is::Text, Is::Whole),
        _ => {
            let like_number = text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.'));
            let special = matches!(text.trim_start_matches(['-', '+']).to_ascii_lowercase().as_str(), ".inf" | ".nan");
            let radix = text.starts_with("0x") && i64::from_str_radix(&text[2..], 16).is_ok()
                || text.starts_with("0o") && i64::from_str_radix(&text[2..], 8).is_ok();
            if special || radix || like_number && text.parse::<f64>().is_ok() {
                Is::Number
            } else {
                Is::Text
            }
        }
    }
}
