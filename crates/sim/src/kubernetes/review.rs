//! Answers to "may I" and "may they".

use serde_json::Value;

use super::answer::Refusal;
use super::route::Route;
use super::world::World;

/// The review with its status.
pub(crate) fn answer(world: &World, route: &Route, review: &Value) -> Result<Value, Refusal> {
    let attributes = &review["spec"]["resourceAttributes"];
    let word = |key: &str| attributes[key].as_str().unwrap_or_default().to_owned();
    let kind = match word("subresource").as_str() {
        "" => word("resource"),
        sub => format!("{}/{sub}", word("resource")),
    };
    let group = match word("resource").as_str() {
        "deployments" => "apps",
        "ingresses" => "networking.k8s.io",
        "localsubjectaccessreviews" => "authorization.k8s.io",
        _ => "",
    };
    if attributes["group"] != group {
        return Err(Refusal::new(
            400,
            "BadRequest",
            format!("'{kind}' is not of the group {}", attributes["group"]),
        ));
    }
    let denied = if route.resource == "localsubjectaccessreviews" {
        &world.denied_accounts
    } else {
        &world.denied
    };
    let allowed = !denied.contains(&(word("verb"), kind));
    let mut answered = review.clone();
    answered["status"] = serde_json::json!({ "allowed": allowed });
    Ok(answered)
}
