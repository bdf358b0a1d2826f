//! The objects as people may read them, and as a run keeps them: no secret in them, bytes and long texts as size and digest,
//! keys in order, and what `kubectl` would still take.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::flink_configuration::Configuration;
use domain::id::ClusterId;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::application::token_secret;
use crate::description::{Description, Mode, PodTemplate, Program, RoleSettings};
use crate::fault::{Fault, Report};
use crate::manifests;
use crate::template;

/// What stands in the place of a secret, as in Flink's own console.
pub const MASK: &str = "******";
/// What stands in the place of the name of a run's cluster.
pub const ANY_CLUSTER: &str = "sw-run";
/// What stands in the place of a run's id.
pub const ANY_ID: &str = "00000000000000000000000000000000";

/// Most bytes of all objects together that are aimed at, before texts are shortened.
const MAX_BYTES: usize = 1 << 20;
/// Texts longer than this many bytes are shortened; the next where all together is too long.
const LONG_TEXTS: [usize; 3] = [128 << 10, 4 << 10, 256];

/// Parts of keys whose values Flink's own console hides (`GlobalConfiguration`, 1.12 to 2.3).
const SENSITIVE: [&str; 11] = [
    "password",
    "secret",
    "fs.azure.account.key",
    "apikey",
    "api-key",
    "auth-params",
    "service-key",
    "token",
    "basic-auth",
    "jaas.config",
    "http-headers",
];
/// Keys with such a word in them that name or switch something: the objects are made of them.
const NOT_SENSITIVE: [&str; 2] = ["kubernetes.", "security.delegation.token"];

/// The objects of a description, in the order of creation. The Deployment has the replicas that it gets in the end; nothing
/// has an owner yet.
///
/// # Errors
/// All faults of the description.
pub fn shown(description: &Description) -> Result<Vec<Value>, Vec<Fault>> {
    let made = manifests(&without_secrets(description))?;
    let mut deployment = made.deployment;
    deployment["spec"]["replicas"] = json!(made.replicas);
    let token = token_secret(description, MASK);
    let all: Vec<Value> = std::iter::once(deployment)
        .chain(made.dependents)
        .chain(token)
        .map(|object| sorted(without_bytes(object)))
        .collect();
    Ok(fitting(all))
}

/// The same objects with [`ANY_CLUSTER`] and [`ANY_ID`] for the names that only this run has.
#[must_use]
pub fn of_any_run(objects: &[Value], run: ClusterId) -> Vec<Value> {
    let (name, id) = (run.deployment_name(), run.hex());
    let replaced = |text: String| text.replace(&name, ANY_CLUSTER).replace(&id, ANY_ID);
    objects.iter().map(|object| texts(object.clone(), &replaced)).collect()
}

/// An object as YAML.
#[must_use]
pub fn yaml(object: &Value) -> String {
    files::write::document(object)
}

fn texts(value: Value, change: &impl Fn(String) -> String) -> Value {
    match value {
        Value::String(text) => Value::String(change(text)),
        Value::Array(items) => items.into_iter().map(|item| texts(item, change)).collect(),
        Value::Object(map) => map.into_iter().map(|(key, value)| (key, texts(value, change))).collect(),
        other => other,
    }
}

fn sorted(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(sorted).collect(),
        Value::Object(map) => {
            let mut entries: Vec<(String, Value)> = map.into_iter().map(|(key, value)| (key, sorted(value))).collect();
            entries.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
            entries.into_iter().collect()
        }
        other => other,
    }
}

fn digest(what: &str, bytes: &[u8]) -> Value {
    Value::from(format!("({} {what}, SHA-256 {})", bytes.len(), hex::encode(Sha256::digest(bytes))))
}

/// Contents of Secrets hidden, bytes as size and digest; as texts, so that it still is an object that Kubernetes takes.
fn without_bytes(mut object: Value) -> Value {
    let secret = object["kind"] == "Secret";
    let Some(map) = object.as_object_mut() else { return object };
    let mut entries = |field: &str| match map.shift_remove(field) {
        Some(Value::Object(entries)) => entries,
        _ => Map::new(),
    };
    let (mut texts, bytes, open) = (entries("data"), entries("binaryData"), entries("stringData"));
    if secret {
        let hidden = texts.into_iter().chain(open).map(|(key, _)| (key, json!(MASK)));
        map.insert("stringData".to_owned(), Value::Object(hidden.collect()));
        return object;
    }
    texts.extend(bytes.into_iter().map(|(key, value)| {
        let bytes = STANDARD.decode(value.as_str().unwrap_or_default()).unwrap_or_default();
        (key, digest("bytes", &bytes))
    }));
    if !texts.is_empty() {
        map.insert("data".to_owned(), Value::Object(texts));
    }
    object
}

/// Long texts of ConfigMaps as size and digest, so that all objects together stay small.
fn fitting(objects: Vec<Value>) -> Vec<Value> {
    let size = |objects: &[Value]| objects.iter().map(|object| object.to_string().len()).sum::<usize>();
    let mut short = objects;
    for most in LONG_TEXTS {
        for data in short.iter_mut().filter_map(|object| object.get_mut("data")?.as_object_mut()) {
            for (_, value) in data.iter_mut() {
                if let Some(text) = value.as_str().filter(|text| text.len() > most) {
                    *value = digest("bytes of text", text.as_bytes());
                }
            }
        }
        if size(&short) <= MAX_BYTES {
            break;
        }
    }
    short
}

fn sensitive(key: &str) -> bool {
    let key = key.to_ascii_lowercase().replace('_', "-");
    SENSITIVE.iter().any(|word| key.contains(word)) && !NOT_SENSITIVE.iter().any(|beginning| key.starts_with(beginning))
}

/// A description of the same objects with [`MASK`] for every value that Flink would hide, wherever it stands.
fn without_secrets(description: &Description) -> Description {
    let mut description = description.clone();
    let hidden = description.configuration.iter().map(|(key, setting)| {
        let setting = if sensitive(key) { MASK.into() } else { setting.clone() };
        (key.to_owned(), setting)
    });
    description.configuration = hidden.collect::<Configuration>();
    hide_environment(&mut description.settings.job_manager);
    hide_environment(&mut description.settings.task_manager);
    description.templates.iter_mut().for_each(hide_in_template);
    if let Mode::Application(application) = &mut description.mode
        && let Program::Script { script, .. } = &mut application.program
    {
        hide_in_script(script);
    }
    description
}

fn hide_environment(role: &mut RoleSettings) {
    for (name, value) in &mut role.environment {
        if sensitive(name) {
            MASK.clone_into(value);
        }
    }
}

/// Environment variables whose name says that they are secret. A text without any stays as it is.
fn hide_in_template(of: &mut PodTemplate) {
    let Some(mut template) = template::read(of, &mut Report::default()) else {
        return;
    };
    let mut found = false;
    for list in ["containers", "initContainers", "ephemeralContainers"] {
        let containers = template.get_mut("spec").and_then(|spec| spec.get_mut(list)?.as_array_mut());
        let variables = containers
            .into_iter()
            .flatten()
            .filter_map(|one| one.get_mut("env")?.as_array_mut());
        for variable in variables.flatten() {
            let named = variable["name"].as_str().is_some_and(sensitive);
            if let Some(value) = variable.get_mut("value").filter(|_| named) {
                *value = json!(MASK);
                found = true;
            }
        }
    }
    if found {
        of.text = yaml(&Value::Object(template));
    }
}

/// The configuration of the job, which its script brings along.
fn hide_in_script(script: &mut String) {
    let Ok(mut parsed) = serde_json::from_str::<Value>(script) else {
        return;
    };
    let Some(configuration) = parsed["configuration"].as_object_mut() else {
        return;
    };
    for (_, value) in configuration.iter_mut().filter(|(key, _)| sensitive(key)) {
        *value = json!(MASK);
    }
    *script = parsed.to_string();
}
