//! The OpenAPI document, made from the same table that registers the routes.

use axum::Json;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Components, ComponentsBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder};
use utoipa::{PartialSchema, ToSchema};

use crate::problem::Details;
use crate::routes::table;

/// This document.
#[utoipa::path(get, path = "/openapi.json", tag = "server", responses((status = 200, description = "The document", body = serde_json::Value)))]
pub async fn get_open_api() -> Json<OpenApi> {
    Json(openapi())
}

/// The JSON Schema of jobs, clusters and artifacts as files, for editors.
#[utoipa::path(get, path = "/schemas/files.json", tag = "server", responses((status = 200, description = "The schema", body = serde_json::Value)))]
pub async fn get_files_schema() -> Json<serde_json::Value> {
    Json(files::schema::json_schema())
}

/// The OpenAPI document of all routes.
#[must_use]
pub fn openapi() -> OpenApi {
    let license = LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build();
    let info = InfoBuilder::new()
        .title("Streamwright")
        .version("1")
        .description(Some(
            "The control plane for Apache Flink. Errors are problem details (RFC 9457) with a stable code.",
        ))
        .license(Some(license))
        .build();
    let mut document = table().into_document(OpenApiBuilder::new().info(info).components(Some(components())).build());
    optional_is_absent(&mut document);
    pages_refer_to_items(&mut document);
    document
}

/// A page names the type of its items instead of repeating it.
fn pages_refer_to_items(document: &mut OpenApi) {
    let Some(components) = document.components.as_mut() else { return };
    let names: Vec<String> = components.schemas.keys().cloned().collect();
    for (name, schema) in &mut components.schemas {
        let Some(item) = name.strip_prefix("Page_").filter(|item| names.iter().any(|known| known == item)) else {
            continue;
        };
        let Ok(mut json) = serde_json::to_value(&*schema) else { continue };
        json["properties"]["items"]["items"] = serde_json::json!({ "$ref": format!("#/components/schemas/{item}") });
        if let Ok(plain) = serde_json::from_value(json) {
            *schema = plain;
        }
    }
}

fn components() -> Components {
    let mut schemas = Vec::new();
    Details::schemas(&mut schemas);
    let mut components = ComponentsBuilder::new()
        .schema(Details::name(), Details::schema())
        .security_scheme(
            "session",
            SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new("streamwright_session"))),
        )
        .security_scheme(
            "token",
            SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build()),
        )
        .build();
    components.schemas.extend(schemas);
    components
}

/// What has no value is left out of an answer, never `null`: the document says so too.
fn optional_is_absent(document: &mut OpenApi) {
    let Some(components) = document.components.as_mut() else { return };
    for schema in components.schemas.values_mut() {
        let Ok(mut json) = serde_json::to_value(&*schema) else { continue };
        without_null(&mut json);
        if let Ok(plain) = serde_json::from_value(json) {
            *schema = plain;
        }
    }
}

fn without_null(json: &mut serde_json::Value) {
    use serde_json::Value;
    let null = Value::from("null");
    match json {
        Value::Array(items) => items.iter_mut().for_each(without_null),
        Value::Object(object) => {
            object.values_mut().for_each(without_null);
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
        _ => {}
    }
}
