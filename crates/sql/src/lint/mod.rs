//! Lint: what the planner never says, because Flink takes it: scripts that have nothing to run, settings that go
//! wrong later, state that grows for ever, secrets in the open.
//!
//! Each rule reads tokens, never free text, and stays silent where it is not sure: a false alarm costs more than a
//! miss. Errors are only what this platform certainly refuses or what certainly fails.

use std::collections::BTreeMap;

use domain::flink_version::VersionNumber;
use domain::sql::{Finding, Severity, StatementKind, Tables};

use crate::catalogue::Catalogue;
use crate::finding::finding;
use crate::place::Span;
use crate::script::{Piece, Script, Words};

mod constants;
mod jobs;
mod options;
mod settings;
mod state;
mod types;
mod values;

pub(crate) use settings::{Setting, settings};

/// Everything that the rules look at.
pub(crate) struct Scope<'a> {
    pub script: &'a Script<'a>,
    pub settings: &'a [Setting],
    pub configuration: &'a BTreeMap<String, String>,
    pub version: VersionNumber,
    /// Known where the planner listed its keys.
    pub catalogue: Option<&'a Catalogue>,
    /// Known where the planner answered.
    pub tables: &'a Tables,
}

impl<'a> Scope<'a> {
    fn words(&self, piece: &Piece) -> Words<'a> {
        self.script.words(piece.tokens.clone())
    }

    fn of_kind(&self, kinds: &'static [StatementKind]) -> impl Iterator<Item = (&'a Piece, Words<'a>)> {
        self.script
            .pieces
            .iter()
            .filter(|piece| kinds.contains(&piece.kind))
            .map(|piece| (piece, self.words(piece)))
    }

    fn warn(&self, span: Span, code: &str, message: impl Into<String>) -> Finding {
        finding(self.script, span, Severity::Warning, (code, message.into()))
    }

    fn info(&self, span: Span, code: &str, message: impl Into<String>) -> Finding {
        finding(self.script, span, Severity::Info, (code, message.into()))
    }

    /// The value that a key has for the job: the last SET wins, else the configuration.
    fn value(&self, key: &str) -> Option<&str> {
        let set = self
            .settings
            .iter()
            .rev()
            .find(|setting| setting.key == key)
            .and_then(|setting| setting.value.as_deref());
        set.or_else(|| self.configuration.get(key).map(String::as_str))
    }

    /// Whether the job works on bounded input only.
    fn is_batch(&self) -> bool {
        self.value("execution.runtime-mode")
            .is_some_and(|mode| mode.trim().eq_ignore_ascii_case("batch"))
    }
}

/// Most findings of one file of rules: nobody reads more, and a hostile script must not make millions.
const MOST: usize = 50;

/// All findings of all rules, in no particular order.
pub(crate) fn findings(scope: &Scope<'_>) -> Vec<Finding> {
    let rules = [
        jobs::findings,
        settings::findings,
        options::findings,
        types::findings,
        state::findings,
        constants::findings,
    ];
    rules.iter().flat_map(|rule| rule(scope).into_iter().take(MOST)).collect()
}
