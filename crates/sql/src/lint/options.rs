//! Rules about WITH options: secrets in the open, connectors that are for trying out, paths of one machine.
//!
//! Only literal options of CREATE statements are read; whether an option exists and fits is the planner's to say.
//! The value of a secret never appears in a message.

use std::collections::HashSet;

use domain::sql::{Finding, StatementKind as Kind};

use super::Scope;
use super::jobs::{insert_targets, path};
use crate::finding::suggest;
use crate::place::Span;
use crate::script::Words;
use crate::token::TokenKind;

/// One `'key' = 'value'`.
struct Pair {
    key: String,
    value: String,
    value_span: Span,
}

pub(super) fn findings(scope: &Scope<'_>) -> Vec<Finding> {
    let written: HashSet<String> = insert_targets(scope).into_iter().map(|(name, _)| name).collect();
    let mut found = Vec::new();
    for (_, words) in scope.of_kind(&[Kind::Ddl, Kind::Ctas]).filter(|(_, words)| words.is(0, "CREATE")) {
        let pairs = pairs(&words);
        found.extend(pairs.iter().filter_map(|pair| secret(scope, pair)));
        let Some((name, connector)) = table(&words, &pairs) else { continue };
        match connector.value.as_str() {
            "print" if written.contains(&name) => {
                let message = "The print connector writes to the TaskManagers' standard output: for trying out only";
                found.push(scope.info(connector.value_span, "print_connector", message));
            }
            "filesystem" => found.extend(
                pairs
                    .iter()
                    .filter(|pair| pair.key == "path")
                    .filter_map(|pair| local_path(scope, pair)),
            ),
            "datagen" => found.extend(partitioned(scope, &words)),
            _ => {}
        }
    }
    found
}

fn pairs(words: &Words<'_>) -> Vec<Pair> {
    let literal = |at: usize| words.token(at).is_some_and(|token| token.kind == TokenKind::Text);
    let pair = |at: usize| {
        Some(Pair {
            key: words.string(at)?,
            value: words.string(at + 2)?,
            value_span: words.span(at + 2, at + 2)?,
        })
    };
    (0..words.len())
        .filter(|at| literal(*at) && words.is(at + 1, "="))
        .filter_map(pair)
        .collect()
}

/// Name and connector of a CREATE TABLE.
fn table<'a>(words: &Words<'_>, pairs: &'a [Pair]) -> Option<(String, &'a Pair)> {
    let mut at = 1;
    while ["OR", "REPLACE", "TEMPORARY"].iter().any(|word| words.is(at, word)) {
        at += 1;
    }
    if !words.is(at, "TABLE") {
        return None;
    }
    at += if words.has(at + 1, &["IF", "NOT", "EXISTS"]) { 4 } else { 1 };
    Some((path(words, at)?.0, pairs.iter().find(|pair| pair.key == "connector")?))
}

/// Ends of keys whose values are secrets.
const SECRET_KEYS: &[&str] = &[
    "password",
    "passwd",
    "secret",
    "secret-key",
    "secretkey",
    "access-key",
    "accesskey",
    "accesskeysecret",
    "access-key-secret",
    "token",
    "api-key",
    "apikey",
    "private-key",
    "secret.key",
    "access.key",
    "credentials",
];

fn secret(scope: &Scope<'_>, pair: &Pair) -> Option<Finding> {
    let key = pair.key.to_ascii_lowercase().replace('_', "-");
    let named = SECRET_KEYS.iter().any(|end| {
        key.strip_suffix(end)
            .is_some_and(|before| before.is_empty() || before.ends_with(['.', '-', '/']))
    });
    let login = key.ends_with("sasl.jaas.config") && pair.value.to_ascii_lowercase().contains("password=");
    let filled_later = pair.value.is_empty() || pair.value.contains("${") || pair.value.starts_with("******");
    ((named || login) && !filled_later).then(|| {
        let message = format!("The value of '{}' is a secret that everybody sees who may see the job", pair.key);
        suggest(
            scope.warn(pair.value_span, "secret_in_script", message),
            "Keep it out of the script, for example in the cluster's own files",
        )
    })
}

fn local_path(scope: &Scope<'_>, pair: &Pair) -> Option<Finding> {
    let local = pair.value.starts_with('/') || pair.value.starts_with("file:/");
    let message = "A local path: each TaskManager looks for it on its own machine, and only when the job runs";
    local.then(|| scope.info(pair.value_span, "local_path", message))
}

fn partitioned(scope: &Scope<'_>, words: &Words<'_>) -> Option<Finding> {
    let at = words.find(0, &["PARTITIONED", "BY"])?;
    Some(scope.warn(
        words.span(at, at + 1)?,
        "partition_ignored",
        "The datagen connector has no partitions; Flink ignores this",
    ))
}
