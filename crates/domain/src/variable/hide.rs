//! Known secrets struck out of what others say: messages of Flink and its planner, traces, logs.

use crate::secret::Secret;
use crate::sql::Finding;

/// What stands in the place of a secret.
const MASK: &str = "******";
/// A line of a secret with several is struck out on its own from this length on.
const LINE: usize = 8;

/// Strikes secrets out.
#[derive(Clone, Default)]
pub struct Hider {
    /// Longest first, so that a secret that is part of another leaves nothing of it.
    texts: Vec<String>,
}

impl Hider {
    /// One that knows these secrets, in each form in which others repeat them: as they are, with quotes doubled, and as
    /// JSON and Java write them.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a Secret>) -> Self {
        let mut texts: Vec<String> = secrets.into_iter().flat_map(|secret| forms(secret.expose())).collect();
        texts.retain(|text| !text.trim().is_empty());
        texts.sort_unstable_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        texts.dedup();
        Self { texts }
    }

    /// The text without the secrets.
    #[must_use]
    pub fn hide(&self, text: &str) -> String {
        let mut hidden = text.to_owned();
        for secret in &self.texts {
            if hidden.contains(secret.as_str()) {
                hidden = hidden.replace(secret.as_str(), MASK);
            }
        }
        hidden
    }

    /// The finding without the secrets.
    #[must_use]
    pub fn finding(&self, finding: Finding) -> Finding {
        Finding {
            message: self.hide(&finding.message),
            suggestion: finding.suggestion.map(|text| self.hide(&text)),
            detail: finding.detail.map(|text| self.hide(&text)),
            ..finding
        }
    }
}

fn forms(secret: &str) -> Vec<String> {
    let mut forms = vec![
        secret.to_owned(),
        secret.replace('\'', "''"),
        secret.replace('`', "``"),
        secret.replace('\\', "\\\\").replace('"', "\\\""),
        secret.trim().to_owned(),
    ];
    if let Ok(json) = serde_json::to_string(secret) {
        forms.push(json.trim_matches('"').to_owned());
    }
    if secret.contains('\n') {
        let lines = secret.lines().map(str::trim).filter(|line| line.len() >= LINE);
        forms.extend(lines.map(str::to_owned));
    }
    forms
}
