//! The API reference for readers, `docs/reference/api.md`, made of `openapi.json`: by noun, each operation with its class,
//! parameters, body, answers and errors, and behind them the bodies field by field.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use anyhow::Context;
use serde_json::Value;

use crate::Complaints;
use crate::files::Repository;

/// Where it stands.
const FILE: &str = "docs/reference/api.md";
const SOURCE: &str = "openapi.json";
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

const HEAD: &str = "# The API

Made of `openapi.json` by `make openapi`; a running server has that document at `/api/v1/openapi.json`. The console and the command line
use nothing else.

- **Who**: the session cookie of a sign-in, or `Authorization: Bearer swt_…` with an API token. *For* names the least role: `viewer`, `operator`,
  `developer` and `team_admin` in the team of the path, `platform_admin`, `account` (signed in as a person), `signed_in`.
- **Names**: `{team}`, `{job}`, `{cluster}` and the like take a name or an id.
- **Errors** are problem details (RFC 9457, `application/problem+json`): `status`, a stable `code`, `detail`, and where they help `field`, `hint`,
  `errors` and `findings`. Besides what is listed: 401 without a valid sign-in, 403 below the class, 404 for what the team does not have,
  422 for a body that cannot be read (with its field), 429 for too many tries, 503 while the database is away.
- **Lists** answer `items` and, where there are more, `nextCursor`, which the next call takes as `cursor`.
- **Long work** answers 202 with an operation. The same `Idempotency-Key` with the same body answers the same operation for 24 hours.
- A field that has no value is left out, never `null`.
";

/// Writes it.
///
/// # Errors
/// When the document cannot be read or the file not be written.
pub(crate) fn write(repository: &Repository) -> anyhow::Result<()> {
    let path = repository.root.join(FILE);
    std::fs::write(&path, made(repository)?).with_context(|| path.display().to_string())
}

/// Complains when it is not what the document says.
///
/// # Errors
/// When the document cannot be read.
pub(crate) fn check(repository: &Repository) -> anyhow::Result<Complaints> {
    let committed = repository.files.iter().find(|file| file.path == FILE);
    let current = made(repository)?;
    let stale = committed.is_none_or(|file| file.text != current);
    Ok(stale.then(|| format!("{FILE} is stale: run `make openapi`")).into_iter().collect())
}

fn made(repository: &Repository) -> anyhow::Result<String> {
    let source = repository.files.iter().find(|file| file.path == SOURCE).context(SOURCE)?;
    Ok(document(&serde_json::from_str(&source.text)?))
}

/// One operation with its method and path.
struct Operation<'a> {
    method: &'a str,
    path: &'a str,
    says: &'a Value,
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

fn document(api: &Value) -> String {
    let mut nouns: BTreeMap<&str, Vec<Operation<'_>>> = BTreeMap::new();
    let mut paths: Vec<(&String, &Value)> = api["paths"].as_object().into_iter().flatten().collect();
    paths.sort_by_key(|(path, _)| *path);
    for (path, item) in paths {
        for method in METHODS {
            if let Some(says) = item.get(method) {
                let operation = Operation { method, path, says };
                nouns
                    .entry(says["tags"][0].as_str().unwrap_or("server"))
                    .or_default()
                    .push(operation);
            }
        }
    }
    let schemas = &api["components"]["schemas"];
    let mut asked = BTreeSet::new();
    for operation in nouns.values().flatten() {
        collect(&operation.says["requestBody"], schemas, &mut asked);
    }
    let mut page = HEAD.to_owned();
    for (noun, operations) in &nouns {
        let _ = write!(page, "\n## {noun}\n");
        for operation in operations {
            page.push_str(&operation.section(&asked));
        }
    }
    page.push_str("\n## Bodies\n\nWhat requests send; what answers have is in the same words in `openapi.json`.\n");
    for name in &asked {
        page.push_str(&body(name, &schemas[name], &asked));
    }
    page
}

/// The names of all schemas that a value refers to, and those that they refer to.
fn collect(value: &Value, schemas: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, schemas, found)),
        Value::Object(keys) => {
            if let Some(name) = reference(value)
                && found.insert(name.to_owned())
            {
                collect(&schemas[name], schemas, found);
            }
            keys.values().for_each(|value| collect(value, schemas, found));
        }
        _ => {}
    }
}

fn reference(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.rsplit('/').next()
}

impl Operation<'_> {
    fn section(&self, known: &BTreeSet<String>) -> String {
        let description = text(self.says, "description");
        let (about, class) = description.rsplit_once("For: ").unwrap_or((description, "everybody."));
        let mut page = format!("\n### {} {}\n\n", self.method.to_uppercase(), self.path);
        let summary = format!("{} {}", text(self.says, "summary"), about.trim()).trim().replace('\n', " ");
        let _ = writeln!(page, "{summary} *For {}.*\n", class.trim_end_matches('.'));
        let parameters = self.says["parameters"].as_array();
        for one in parameters.into_iter().flatten().filter(|one| one["in"] != "path") {
            let needed = if one["required"] == true { ", needed" } else { "" };
            let (name, place) = (text(one, "name"), text(one, "in"));
            let kind = kind(&one["schema"], known);
            let _ = writeln!(page, "- {place} `{name}` ({kind}{needed}): {}", text(one, "description"));
        }
        for (media, schema) in contents(&self.says["requestBody"]) {
            let kind = if media == "application/json" {
                kind(schema, known)
            } else {
                media.to_owned()
            };
            let _ = writeln!(page, "- body: {kind}");
        }
        let mut answers: Vec<(&String, &Value)> = self.says["responses"].as_object().into_iter().flatten().collect();
        answers.sort_by_key(|(status, _)| *status);
        for (status, answer) in answers {
            let what = text(answer, "description");
            match (status.as_str(), contents(answer).first()) {
                ("default", _) if what == "A problem" => {}
                ("default", _) => drop(writeln!(page, "- errors: {what}")),
                (_, Some((media, schema))) if *media == "application/json" => {
                    let _ = writeln!(page, "- {status}: {}", kind(schema, known));
                }
                (_, Some((media, _))) => drop(writeln!(page, "- {status}: {media}")),
                (_, None) => drop(writeln!(page, "- {status}")),
            }
        }
        page
    }
}

fn contents(of: &Value) -> Vec<(&str, &Value)> {
    let contents = of["content"].as_object().into_iter().flatten();
    contents.map(|(media, content)| (media.as_str(), &content["schema"])).collect()
}

/// What a schema takes, in words; types that have a section are linked.
fn kind(schema: &Value, known: &BTreeSet<String>) -> String {
    if let Some(name) = reference(schema) {
        return match name.strip_prefix("Page_") {
            Some(item) => format!("page of `{item}`"),
            None if known.contains(name) => format!("[{name}](#{})", name.to_lowercase()),
            None => format!("`{name}`"),
        };
    }
    if let Some(choices) = schema["enum"].as_array() {
        let words: Vec<String> = choices.iter().filter_map(Value::as_str).map(|word| format!("`{word}`")).collect();
        return words.join(", ");
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let words: Vec<String> = choices.iter().map(|choice| kind(choice, known)).collect();
        return words.join(" or ");
    }
    let word = match &schema["type"] {
        Value::Array(types) => types.iter().filter_map(Value::as_str).find(|word| *word != "null"),
        one => one.as_str(),
    };
    match word {
        Some("string") => "text".to_owned(),
        Some("integer") => bounded(schema),
        Some("array") => format!("list of {}", kind(&schema["items"], known)),
        Some("object") if schema.get("additionalProperties").is_some_and(Value::is_object) => {
            format!("keys with {}", kind(&schema["additionalProperties"], known))
        }
        Some(other) => other.to_owned(),
        None => "JSON".to_owned(),
    }
}

fn bounded(schema: &Value) -> String {
    match (schema["minimum"].as_i64(), schema["maximum"].as_i64()) {
        (Some(least), Some(most)) => format!("{least} to {most}"),
        (Some(least), None) => format!("number from {least}"),
        _ => "number".to_owned(),
    }
}

/// One body: its fields, or its choices.
fn body(name: &str, schema: &Value, known: &BTreeSet<String>) -> String {
    let mut page = format!("\n### {name}\n\n{}\n\n", text(schema, "description").replace('\n', " "));
    let choices = schema["oneOf"].as_array();
    for choice in choices.into_iter().flatten() {
        let _ = writeln!(page, "{}\n", text(choice, "description").replace('\n', " "));
        fields(&mut page, choice, known);
    }
    if schema.get("enum").is_some() {
        let _ = writeln!(page, "One of {}.", kind(schema, known));
    }
    fields(&mut page, schema, known);
    format!("{}\n", page.trim_end())
}

fn fields(page: &mut String, schema: &Value, known: &BTreeSet<String>) {
    let required: BTreeSet<&str> = schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let mut all: Vec<(&String, &Value)> = schema["properties"].as_object().into_iter().flatten().collect();
    all.sort_by_key(|(name, _)| (!required.contains(name.as_str()), *name));
    for (name, field) in all {
        let needed = if required.contains(name.as_str()) { ", needed" } else { "" };
        let about = text(field, "description").replace('\n', " ");
        let _ = writeln!(page, "- `{name}` ({}{needed}): {about}", kind(field, known));
    }
    page.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_says_who_may_what_it_takes_and_what_it_answers() {
        let api = serde_json::json!({
            "paths": { "/api/v1/teams/{team}/jobs": { "post": {
                "tags": ["jobs"], "summary": "Makes a job.", "description": "For: developer.",
                "parameters": [
                    { "name": "team", "in": "path" },
                    { "name": "dry", "in": "query", "schema": { "type": ["integer", "null"], "minimum": 0, "maximum": 1 }, "description": "Only look." },
                ],
                "requestBody": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/NewJob" } } } },
                "responses": {
                    "201": { "description": "Made", "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Page_Job" } } } },
                    "default": { "description": "409 `name_taken`.", "content": {} },
                },
            } } },
            "components": { "schemas": { "NewJob": {
                "description": "A job.", "required": ["name"],
                "properties": { "labels": { "type": "object", "additionalProperties": { "type": "string" } }, "name": { "type": "string", "description": "Its name." } },
            } } },
        });
        let page = document(&api);
        let expected = "## jobs

### POST /api/v1/teams/{team}/jobs

Makes a job. *For developer.*

- query `dry` (0 to 1): Only look.
- body: [NewJob](#newjob)
- 201: page of `Job`
- errors: 409 `name_taken`.

## Bodies

What requests send; what answers have is in the same words in `openapi.json`.

### NewJob

A job.

- `name` (text, needed): Its name.
- `labels` (keys with text):";
        let found = page.strip_prefix(HEAD).unwrap().trim();
        assert_eq!(found, expected);
    }
}
