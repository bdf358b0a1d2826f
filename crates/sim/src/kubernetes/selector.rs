//! Selectors of labels and fields, by equality.

use serde_json::Value;

/// Pairs that an object must have.
#[derive(Debug, Clone, Default)]
pub(crate) struct Selector {
    labels: Vec<(String, String)>,
    fields: Vec<(String, String)>,
}

impl Selector {
    pub(crate) fn new(labels: &str, fields: &str) -> Self {
        Self {
            labels: pairs(labels),
            fields: pairs(fields),
        }
    }

    pub(crate) fn takes(&self, object: &Value) -> bool {
        let label = |(key, value): &(String, String)| object["metadata"]["labels"][key.as_str()] == value.as_str();
        let field = |(path, value): &(String, String)| path.split('.').fold(object, |at, key| &at[key]) == value.as_str();
        self.labels.iter().all(label) && self.fields.iter().all(field)
    }
}

fn pairs(text: &str) -> Vec<(String, String)> {
    let pairs = text.split(',').filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(key, value)| (key.to_owned(), value.trim_start_matches('=').to_owned()))
        .collect()
}
