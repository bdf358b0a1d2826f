//! Reads Flink keys as Flink's client reads them: numbers, lists, maps, lists of maps.
//!
//! From 1.19 on a list or map may be YAML; what is no YAML list or map is read in the old form.

use domain::flink_configuration::{Configuration, Setting, list};
use domain::flink_version::VersionNumber;
use files::yaml::{self, Content, Node};

use crate::fault::{Report, short};

/// Pairs in their order.
pub(crate) type Pairs = Vec<(String, String)>;

/// A configuration that is being read.
pub(crate) struct Options<'a> {
    pub configuration: &'a Configuration,
    pub version: VersionNumber,
    pub report: &'a mut Report,
}

impl Options<'_> {
    pub fn text(&self, key: &str) -> Option<String> {
        let text = self.configuration.text(key)?;
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    pub fn boolean(&mut self, key: &str) -> bool {
        let Some(text) = self.text(key) else { return false };
        if text.eq_ignore_ascii_case("true") {
            return true;
        }
        if !text.eq_ignore_ascii_case("false") {
            self.report.key(key, format!("'{}' is neither true nor false", short(&text)));
        }
        false
    }

    /// A number that is not below the least.
    pub fn number(&mut self, key: &str, least: f64) -> Option<f64> {
        let text = self.text(key)?;
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() && number >= least => Some(number),
            Ok(_) => {
                self.report
                    .key(key, format!("{} is out of range: expected at least {least}", short(&text)));
                None
            }
            Err(_) => {
                self.report.key(key, format!("'{}' is not a number", short(&text)));
                None
            }
        }
    }

    /// A port that is known before the start: neither a range nor 0.
    pub fn port(&mut self, key: &str, default: u16) -> u16 {
        let Some(text) = self.text(key) else { return default };
        match text.parse::<u16>() {
            Ok(port) if port > 0 => port,
            _ => {
                self.report.key(
                    key,
                    format!(
                        "'{}' is not a port that services can lead to: expected one number from 1 to 65535",
                        short(&text)
                    ),
                );
                default
            }
        }
    }

    pub fn list(&mut self, key: &str) -> Vec<String> {
        let text = match self.configuration.get(key) {
            None => return Vec::new(),
            Some(Setting::List(items)) => return items.clone(),
            Some(Setting::Text(text)) => text.clone(),
        };
        if let Some(items) = self.yaml(&text).as_ref().and_then(scalars) {
            return items;
        }
        self.read(key, list::split(&text, ';'))
    }

    pub fn map(&mut self, key: &str) -> Pairs {
        let Some(text) = self.text(key) else { return Pairs::new() };
        if let Some(pairs) = self.yaml(&text).as_ref().and_then(entries) {
            return pairs;
        }
        self.read(key, list::pairs(&text))
    }

    pub fn maps(&mut self, key: &str) -> Vec<Pairs> {
        let Some(text) = self.text(key) else { return Vec::new() };
        if let Some(Node {
            content: Content::List(items),
            ..
        }) = self.yaml(&text)
            && let Some(maps) = items.iter().map(entries_or_text).collect()
        {
            return maps;
        }
        let items = self.read(key, list::split(&text, ';'));
        items.iter().map(|item| self.read(key, list::pairs(item))).collect()
    }

    fn yaml(&self, text: &str) -> Option<Node> {
        if !self.version.capabilities().config_yaml {
            return None;
        }
        let stream = yaml::parse(text);
        let whole = stream.faults.is_empty() && stream.documents.len() == 1;
        stream.documents.into_iter().next().filter(|_| whole)
    }

    fn read<T: Default>(&mut self, key: &str, read: Result<T, list::Malformed>) -> T {
        read.unwrap_or_else(|malformed| {
            self.report.key(key, malformed.to_string());
            T::default()
        })
    }
}

fn scalars(node: &Node) -> Option<Vec<String>> {
    match &node.content {
        Content::List(items) => items.iter().map(scalar).collect(),
        _ => None,
    }
}

fn scalar(node: &Node) -> Option<String> {
    match &node.content {
        Content::Scalar(text, _) => Some(text.clone()),
        _ => None,
    }
}

fn entries(node: &Node) -> Option<Pairs> {
    match &node.content {
        Content::Map(entries) => entries
            .iter()
            .map(|(key, value)| Some((key.text.clone(), scalar(value)?)))
            .collect(),
        _ => None,
    }
}

/// A map, or one in the old form.
fn entries_or_text(node: &Node) -> Option<Pairs> {
    entries(node).or_else(|| list::pairs(&scalar(node)?).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T>(version: &str, text: &str, read: impl Fn(&mut Options<'_>) -> T) -> (T, Vec<String>) {
        let mut report = Report::default();
        let configuration: Configuration = [("key", text)].into_iter().collect();
        let mut options = Options {
            configuration: &configuration,
            version: version.parse().unwrap(),
            report: &mut report,
        };
        let value = read(&mut options);
        (value, report.faults.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn lists_and_maps_in_both_forms() {
        let list = |version, text| read(version, text, |options| options.list("key")).0;
        for version in ["1.18.1", "2.2.1"] {
            assert_eq!(list(version, "a;'b;c'"), ["a", "b;c"]);
        }
        assert_eq!(list("1.18.1", "[a, b]"), ["[a, b]"]);
        assert_eq!(list("1.20.5", "[a, b]"), ["a", "b"]);
        let map = |version, text| read(version, text, |options| options.map("key"));
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        for version in ["1.18.1", "2.2.1"] {
            assert_eq!(map(version, "a:b,c:d").0, [pair("a", "b"), pair("c", "d")]);
        }
        assert_eq!(map("2.2.1", "{a: 'b:c', d: \"1\"}").0, [pair("a", "b:c"), pair("d", "1")]);
        assert_eq!(map("2.2.1", "a: b").0, [pair("a", "b")]);
        assert_eq!(
            map("2.2.1", "nonsense").1,
            ["key: 'nonsense' is not a pair: expected key:value, with quotes around a value that holds a ':'"]
        );
        let maps = |version, text| read(version, text, |options| options.maps("key")).0;
        let expected = [
            vec![pair("key", "k"), pair("operator", "Exists")],
            vec![pair("effect", "NoExecute")],
        ];
        assert_eq!(maps("1.13.6", "key:k,operator:Exists;effect:NoExecute"), expected);
        assert_eq!(maps("2.3.0", "[{key: k, operator: Exists}, {effect: NoExecute}]"), expected);
    }

    #[test]
    fn numbers_and_ports_are_strict() {
        for bad in ["0", "50100-50200", "65536", "http", "-1"] {
            assert_eq!(read("2.2.1", bad, |options| options.port("key", 1)).1.len(), 1, "{bad}");
        }
        assert_eq!(read("2.2.1", " 8082 ", |options| options.port("key", 1)), (8082, vec![]));
        assert_eq!(read("2.2.1", "abc", |options| options.number("key", 0.0)).1.len(), 1);
        assert_eq!(read("2.2.1", "0.5", |options| options.number("key", 1.0)).1.len(), 1);
        assert_eq!(read("2.2.1", "NaN", |options| options.number("key", 0.0)).1.len(), 1);
        assert_eq!(read("2.2.1", "yes", |options| options.boolean("key")).1.len(), 1);
    }
}
