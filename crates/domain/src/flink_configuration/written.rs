//! The configuration file of a version, and what it cannot carry.
//!
//! - Up to 1.18 it is `flink-conf.yaml`, which is no YAML: a line is cut at the first `#`, the value is what
//!   follows the first `: `, trimmed; there are no quotes, no line breaks, and an empty value is no value. What
//!   that cannot carry is given as an argument, `-D key=value`.
//! - From 1.19 on it is `config.yaml`. Written flat, with quoted texts and lists: Flink flattens it anyway, and a
//!   nested file cannot hold a key that begins with another one (`env.java.opts` and `env.java.opts.all`).

use std::fmt::Write as _;

use super::{Configuration, Setting};
use crate::flink_version::VersionNumber;

/// A configuration on its way to a JVM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Name of the file in Flink's folder `conf`.
    pub name: &'static str,
    /// The file.
    pub text: String,
    /// Keys and values that the file cannot carry: arguments `-D key=value`.
    pub arguments: Vec<(String, String)>,
}

impl Configuration {
    /// The file for a version.
    #[must_use]
    pub fn written(&self, version: VersionNumber) -> Written {
        if version.capabilities().config_yaml {
            self.yaml()
        } else {
            self.lines()
        }
    }

    fn yaml(&self) -> Written {
        let mut text = String::new();
        for (key, setting) in self.iter() {
            let value = match setting {
                Setting::Text(text) => quoted(text),
                Setting::List(items) => {
                    let items: Vec<String> = items.iter().map(|item| quoted(item)).collect();
                    format!("[{}]", items.join(", "))
                }
            };
            let _ = writeln!(text, "{}: {value}", quoted(key));
        }
        Written {
            name: "config.yaml",
            text,
            arguments: Vec::new(),
        }
    }

    fn lines(&self) -> Written {
        let mut text = String::new();
        let mut arguments = Vec::new();
        for (key, setting) in self.iter() {
            let value = setting.text();
            if fits_line(&value) {
                let _ = writeln!(text, "{key}: {value}");
            } else {
                arguments.push((key.to_owned(), value.into_owned()));
            }
        }
        Written {
            name: "flink-conf.yaml",
            text,
            arguments,
        }
    }
}

/// Whether the loader of 1.18 and before gives this value back.
#[must_use]
pub fn fits_line(value: &str) -> bool {
    let edge = |c: char| c <= ' ';
    !value.is_empty() && !value.contains(['#', '\n', '\r']) && !value.starts_with(edge) && !value.ends_with(edge)
}

/// A text in double quotes as JSON and YAML read it alike: what YAML does not print is escaped as well.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\u{0}'..'\u{20}' | '\u{7f}'..='\u{a0}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(c));
            }
            _ => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(version: &str, pairs: &[(&str, &str)]) -> Written {
        let mut configuration: Configuration = pairs.iter().copied().collect();
        configuration.set("list", vec!["a b".to_owned(), "c;d".to_owned()]);
        configuration.written(version.parse().unwrap())
    }

    /// As Flink up to 1.18 loads its file (seen in its classes and on JobManagers).
    fn loaded(text: &str) -> Vec<(String, String)> {
        let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default());
        let trim = |text: &str| text.trim_matches(|c: char| c <= ' ').to_owned();
        lines
            .filter_map(|line| line.split_once(": "))
            .map(|(key, value)| (trim(key), trim(value)))
            .filter(|(key, value)| !key.is_empty() && !value.is_empty())
            .collect()
    }

    const VALUES: [(&str, &str); 8] = [
        ("plain", "a: b"),
        ("blank", " a "),
        ("quotes", "it's \"q\""),
        ("hash", "a#b"),
        ("semicolon", "a;b"),
        ("lines", "a\nb"),
        ("cjk", "键: 值"),
        ("empty", ""),
    ];

    #[test]
    fn lines_up_to_1_18() {
        for version in ["1.13.6", "1.18.1"] {
            let written = written(version, &VALUES);
            assert_eq!(written.name, "flink-conf.yaml");
            assert_eq!(
                written.text,
                "plain: a: b\nquotes: it's \"q\"\nsemicolon: a;b\ncjk: 键: 值\nlist: a b;'c;d'\n"
            );
            let arguments: Vec<&str> = written.arguments.iter().map(|(key, _)| key.as_str()).collect();
            assert_eq!(arguments, ["blank", "hash", "lines", "empty"]);
        }
    }

    #[test]
    fn quoted_yaml_from_1_19() {
        for version in ["1.19.3", "1.20.5", "2.3.0"] {
            let written = written(version, &VALUES);
            assert_eq!(written.name, "config.yaml");
            assert_eq!(
                written.text,
                "\"plain\": \"a: b\"\n\"blank\": \" a \"\n\"quotes\": \"it's \\\"q\\\"\"\n\"hash\": \"a#b\"\n\"semicolon\": \"a;b\"\n\
                 \"lines\": \"a\\nb\"\n\"cjk\": \"键: 值\"\n\"empty\": \"\"\n\"list\": [\"a b\", \"c;d\"]\n"
            );
            assert!(written.arguments.is_empty());
        }
    }

    proptest! {
        #[test]
        fn no_value_is_changed_or_lost(values in prop::collection::vec("[ -~\n\t键值é\u{3000}]{0,12}", 1..6)) {
            let configuration: Configuration = values.iter().enumerate().map(|(n, value)| (format!("key.{n}"), value.clone())).collect();
            let old = configuration.written(VersionNumber::new(1, 18, 1));
            let mut read = loaded(&old.text);
            read.extend(old.arguments);
            read.sort();
            let given: Vec<(String, String)> = values.iter().enumerate().map(|(n, value)| (format!("key.{n}"), value.clone())).collect();
            prop_assert_eq!(&read, &given);
            let new = configuration.written(VersionNumber::new(2, 3, 0));
            for (line, (key, value)) in new.text.lines().zip(&given) {
                let json: serde_json::Value = serde_json::from_str(&format!("{{{line}}}")).unwrap();
                prop_assert_eq!(json[key].as_str(), Some(value.as_str()));
            }
        }
    }
}
