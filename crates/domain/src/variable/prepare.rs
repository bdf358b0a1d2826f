//! A specification with its plain variables resolved: what a release is made of.

use std::collections::{BTreeMap, BTreeSet};

use super::mark::{Found, Language, Mark, marks};
use super::resolve::{Known, Resolved, Source};
use super::{PinnedVariable, Variable, VariableValue};
use crate::draft::{Code, JobSpec, MAX_SCRIPT_BYTES};
use crate::sql::Finding;

/// Most bytes of all arguments and values of a configuration together: each of them is resolved into what is left.
const MAX_OTHER_BYTES: usize = MAX_SCRIPT_BYTES;
/// Names that are proposed for one that is not known.
const PROPOSED: usize = 3;

/// A specification with its plain variables resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    /// The specification; secrets are references still.
    pub spec: JobSpec,
    /// The script, where it is one.
    pub script: Option<Resolved>,
    /// What was used, by name.
    pub variables: Vec<PinnedVariable>,
    /// What cannot be: with any error nothing of this runs.
    pub findings: Vec<Finding>,
}

/// Every text of a specification in which variables may stand, with its field.
fn texts(spec: &JobSpec) -> Vec<(Option<String>, Language<'_>, &str)> {
    let mut all: Vec<(Option<String>, Language<'_>, &str)> = Vec::new();
    match &spec.code {
        Code::Sql { sql } => all.push((None, Language::Sql, sql)),
        Code::Jar { args, .. } => {
            let args = args.iter().enumerate();
            all.extend(args.map(|(at, arg)| (Some(format!("args[{at}]")), Language::Argument, arg.as_str())));
        }
    }
    let pairs = spec.configuration.iter();
    all.extend(pairs.map(|(key, value)| (Some(format!("configuration.{key}")), Language::Configuration(key), value.as_str())));
    all
}

/// The names of all variables that a specification refers to.
#[must_use]
pub fn names(spec: &JobSpec) -> BTreeSet<String> {
    let all = texts(spec);
    let found = all.iter().flat_map(|(_, language, text)| marks(text, *language, true));
    found
        .filter_map(|Found { mark, .. }| match mark {
            Mark::Variable(name, _) => Some(name.to_owned()),
            _ => None,
        })
        .collect()
}

/// Resolves the plain variables of a specification.
#[must_use]
pub fn prepare(spec: &JobSpec, variables: &[Variable]) -> Prepared {
    let by_name: BTreeMap<&str, &Variable> = variables.iter().map(|one| (one.name.as_str(), one)).collect();
    let known = |name: &str| {
        by_name.get(name).map(|variable| match &variable.value {
            VariableValue::Plain(value) => Known::Text(value),
            VariableValue::Secret(_) => Known::Kept,
        })
    };
    let unknown = |name: &str| unknown(name, variables);
    let mut findings = Vec::new();
    let mut left = MAX_OTHER_BYTES;
    let mut resolved = texts(spec).into_iter().map(|(field, language, text)| {
        let source = Source {
            text,
            language,
            field: field.as_deref(),
            most: if language == Language::Sql { MAX_SCRIPT_BYTES } else { left },
        };
        let (resolved, found) = source.resolve(&known, &unknown);
        if language != Language::Sql {
            left = left.saturating_sub(resolved.text.len());
        }
        findings.extend(found);
        resolved
    });
    // In the order of `texts`.
    let mut script = None;
    let code = match &spec.code {
        Code::Sql { sql } => {
            script = resolved.next();
            let text = script.as_ref().map_or_else(|| sql.clone(), |script| script.text.clone());
            Code::Sql { sql: text }
        }
        Code::Jar { jar, entry_class, args } => Code::Jar {
            jar: jar.clone(),
            entry_class: entry_class.clone(),
            args: resolved.by_ref().take(args.len()).map(|one| one.text).collect(),
        },
    };
    let configuration = spec.configuration.keys().cloned().zip(resolved.map(|one| one.text)).collect();
    let used = names(spec);
    let used = used.iter().filter_map(|name| by_name.get(name.as_str()));
    Prepared {
        variables: used.map(|variable| variable.pin()).collect(),
        spec: JobSpec {
            code,
            configuration,
            ..spec.clone()
        },
        script,
        findings,
    }
}

fn unknown(name: &str, variables: &[Variable]) -> (String, String) {
    let most = (name.len() / 3).max(2);
    let mut near: Vec<(usize, &str)> = variables
        .iter()
        .map(|one| (strsim::damerau_levenshtein(&one.name, name), one.name.as_str()))
        .filter(|(far, _)| *far <= most)
        .collect();
    near.sort_unstable();
    let near: Vec<String> = near.iter().take(PROPOSED).map(|(_, name)| format!("'{name}'")).collect();
    let literal = format!("For the text ${{{name}}} itself write $${{{name}}}.");
    let suggestion = match near.as_slice() {
        [] => format!("Make it under Variables & secrets. {literal}"),
        near => format!("Did you mean {}? {literal}", near.join(" or ")),
    };
    (format!("The team has no variable '{name}'."), suggestion)
}
