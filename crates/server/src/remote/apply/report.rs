//! What `apply` says: for people as it goes, for programs at the end.

use files::plan::{Plan, Step};
use files::read::Document;
use serde_json::{Value, json};

use super::act::Done;
use crate::cli::Format;
use crate::failure::Failure;

/// What became of one document.
pub struct Row<'a> {
    /// The document.
    pub document: &'a Document,
    /// Its team.
    pub team: &'a str,
    /// What was to be done.
    pub plan: &'a Plan,
    /// What was done.
    pub done: &'a Done,
    /// Why it broke off.
    pub failure: Option<&'a str>,
}

/// All of it.
pub struct Report {
    format: Format,
    /// Whether nothing is done.
    pub dry: bool,
    rows: Vec<Value>,
    differ: usize,
    failed: usize,
}

/// A step that is to be done, in words.
const fn word(step: &Step) -> &'static str {
    match step {
        Step::Create => "create",
        Step::Describe => "describe",
        Step::KeepRunning => "set restart policy",
        Step::Save => "save draft",
        Step::Release => "release",
        Step::Start { latest: false } => "start",
        Step::Start { latest: true } => "start from the newest snapshot",
        Step::Replace => "replace",
        Step::Stop => "stop",
        Step::Connect => "change the connection",
        Step::Jars => "change the jars",
        Step::Change => "change",
        Step::Grant => "grant",
    }
}

impl Report {
    /// Nothing yet.
    #[must_use]
    pub const fn new(format: Format, dry: bool) -> Self {
        Self {
            format,
            dry,
            rows: Vec::new(),
            differ: 0,
            failed: 0,
        }
    }

    /// Says what became of a document.
    pub fn add(&mut self, row: Row<'_>) {
        let failure = row.failure.or(row.plan.refused.as_deref());
        self.failed += usize::from(failure.is_some());
        self.differ += usize::from(!row.plan.idle());
        match self.format {
            Format::Text => print!("{}", self.text(&row, failure)),
            Format::Json => self.rows.push(json(&row, failure)),
        }
    }

    fn text(&self, row: &Row<'_>, failure: Option<&str>) -> String {
        let planned: Vec<&str> = row.plan.steps.iter().map(word).collect();
        let mut result = match (self.dry, planned.is_empty()) {
            (_, true) if failure.is_none() => "unchanged".to_owned(),
            (true, false) => format!("would {}", planned.join(", ")),
            _ => row.done.words.join(", "),
        };
        if failure.is_some() {
            let refused = if row.plan.refused.is_some() { "refused" } else { "failed" };
            result = if result.is_empty() {
                refused.to_owned()
            } else {
                format!("{result}, then {refused}")
            };
        }
        let mut text = format!("{} {}: {result}\n", row.document.kind().word(), row.document.name());
        row.plan.changes.iter().for_each(|change| text.push_str(&change.lines()));
        row.plan.notes.iter().for_each(|note| text.push_str(&format!("  ! {note}\n")));
        for line in failure.unwrap_or_default().lines() {
            text.push_str(&format!("  ! {line}\n"));
        }
        text
    }

    /// Prints what programs get.
    pub fn end(&self) {
        if self.format == Format::Json {
            println!("{:#}", json!({ "dryRun": self.dry, "items": self.rows }));
        }
    }

    /// The end of it, with the exit code.
    ///
    /// # Errors
    /// Exit code 1 when something was refused or failed, or `diff` asks for it and something differs.
    pub fn finish(self, diff: bool) -> Result<(), Failure> {
        self.end();
        match (self.failed, diff && self.differ > 0) {
            (0, false) => Ok(()),
            (0, true) => Err(Failure::answer_no("")),
            (1, _) => Err(Failure::answer_no("1 document was refused or failed; the others are as shown")),
            (n, _) => Err(Failure::answer_no(format!(
                "{n} documents were refused or failed; the others are as shown"
            ))),
        }
    }
}

fn json(row: &Row<'_>, failure: Option<&str>) -> Value {
    let mut item = json!({
        "kind": row.document.kind().word(),
        "team": row.team,
        "name": row.document.name(),
        "file": row.document.place.file.as_ref(),
        "line": row.document.place.at.line,
        "changes": row.plan.changes,
        "steps": row.plan.steps.iter().map(word).collect::<Vec<_>>(),
        "done": row.done.words,
        "notes": row.plan.notes,
        "operations": row.done.operations,
    });
    if let Some(failure) = failure {
        item["error"] = json!(failure);
    }
    item
}
