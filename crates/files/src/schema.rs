//! The JSON Schema of the documents, made of the types that read them: for editors, and for [`crate::check`].

use serde_json::{Map, Value, json};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::document::{Artifact, Cluster, Job, Kind, Target};

/// How OpenAPI refers to a type, and how this document does.
const REFERENCES: (&str, &str) = ("#/components/schemas/", "#/$defs/");

/// The schema: one document of a file is one of the kinds.
#[must_use]
pub fn json_schema() -> Value {
    let mut definitions = Map::new();
    define::<Job>(Kind::Job, &mut definitions);
    define::<Cluster>(Kind::Cluster, &mut definitions);
    define::<Artifact>(Kind::Artifact, &mut definitions);
    define::<Target>(Kind::Target, &mut definitions);
    let kinds = [Kind::Job, Kind::Cluster, Kind::Artifact, Kind::Target].map(Kind::word);
    let chosen = kinds.map(|kind| {
        json!({
            "if": { "properties": { "kind": { "const": kind } } },
            "then": { "$ref": format!("{}{kind}", REFERENCES.1) },
        })
    });
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Streamwright",
        "description": "A job, cluster, artifact or target as a file.",
        "type": "object",
        "required": ["kind"],
        "properties": { "kind": { "enum": kinds, "description": "What this document is." } },
        "allOf": chosen,
        "$defs": definitions,
    })
}

fn define<T: ToSchema + PartialSchema>(kind: Kind, definitions: &mut Map<String, Value>) {
    let mut used: Vec<(String, RefOr<Schema>)> = Vec::new();
    T::schemas(&mut used);
    let own = (kind.word().to_owned(), T::schema());
    for (name, schema) in used.into_iter().chain([own]) {
        let mut json = serde_json::to_value(&schema).unwrap_or_default();
        plain(&mut json);
        if name == kind.word() {
            json["properties"]["kind"] = json!({ "const": name, "description": "What this document is." });
        }
        definitions.insert(name, json);
    }
    // Each document has its own constant.
    definitions.remove("Kind");
}

/// What has no value is left out, never `null`; references stay inside the document.
fn plain(json: &mut Value) {
    match json {
        Value::Array(items) => items.iter_mut().for_each(plain),
        Value::Object(object) => {
            object.values_mut().for_each(plain);
            object.remove("format");
            // Every key is text; said by the schema language already.
            object.remove("propertyNames");
            if let Some(Value::String(reference)) = object.get_mut("$ref") {
                *reference = reference.replace(REFERENCES.0, REFERENCES.1);
            }
            without_null(object);
        }
        _ => {}
    }
}

fn without_null(object: &mut Map<String, Value>) {
    let null = Value::from("null");
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|kind| *kind != null);
        if let [only] = types.as_slice() {
            let only = only.clone();
            object.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(choices)) = object.get_mut("oneOf") {
        choices.retain(|choice| choice.get("type") != Some(&null));
        if let [Value::Object(only)] = choices.as_slice() {
            let only = only.clone();
            object.remove("oneOf");
            object.extend(only);
        }
    }
}
