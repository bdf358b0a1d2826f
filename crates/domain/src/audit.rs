//! The audit list: one row for every request that was to change something, also when it was refused.
//!
//! What a request changed stands in it as JSON from before and after, made by [`clean`]: what may be a secret is
//! struck out by its name, texts are cut, so that a row can neither betray nor flood.

use serde_json::{Map, Value};

use crate::id::{AuditId, TeamId, TokenId, UserId};
use crate::time::Millis;

/// Longest text inside what is kept, in characters; also the most entries of a list or object.
const LONGEST: usize = 300;
/// Deepest nesting that is kept.
const DEEPEST: usize = 8;
/// What stands for something that was struck out.
const STRUCK: &str = "•••";

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its id; later rows have greater ones.
    pub id: AuditId,
    /// When.
    pub at: Millis,
    /// What happened.
    pub deed: Deed,
}

/// What somebody did or was refused.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Deed {
    /// The team it was about.
    pub team_id: Option<TeamId>,
    /// Who.
    pub user_id: Option<UserId>,
    /// The token they used, if one.
    pub token_id: Option<TokenId>,
    /// Its name.
    pub token_name: Option<String>,
    /// The route's operation id, e.g. `startJob`.
    pub operation: String,
    /// What it was about, e.g. `job`.
    pub noun: String,
    /// Which one: its id.
    pub noun_id: Option<String>,
    /// Its name, for people.
    pub noun_name: Option<String>,
    /// The network address that it came from.
    pub address: Option<String>,
    /// What it was, where that says something.
    pub before: Option<Value>,
    /// What it became.
    pub after: Option<Value>,
    /// HTTP status of the answer.
    pub status: u16,
    /// Code of the problem, where it was refused.
    pub code: Option<String>,
}

/// Words in names of values that nobody may read. Flink's own list (`GlobalConfiguration.SENSITIVE_KEYS` of
/// 2.2: password, secret, fs.azure.account.key, apikey, api-key, auth-params, service-key, token, basic-auth,
/// jaas.config, http-headers) and what else holds secrets in requests.
const SENSITIVE: &[&str] = &[
    "password",
    "passwd",
    "secret",
    "token",
    "account.key",
    "apikey",
    "api-key",
    "api_key",
    "auth",
    "service-key",
    "access-key",
    "access.key",
    "accesskey",
    "private",
    "credential",
    "jaas",
    "headers",
    "cookie",
    "sql",
];

/// Whether a value of this name may be a secret. Script text counts: people write passwords into it.
#[must_use]
pub fn sensitive(name: &str) -> bool {
    let name = name.to_lowercase();
    SENSITIVE.iter().any(|word| name.contains(word))
}

/// What may be kept of a value: see the module.
#[must_use]
pub fn clean(value: Value) -> Value {
    cleaned(value, DEEPEST)
}

fn cleaned(value: Value, depth: usize) -> Value {
    match value {
        Value::String(text) => Value::String(cut(&text)),
        Value::Array(_) | Value::Object(_) if depth == 0 => Value::String("…".to_owned()),
        Value::Array(items) => items.into_iter().take(LONGEST).map(|item| cleaned(item, depth - 1)).collect(),
        Value::Object(fields) => Value::Object(
            fields
                .into_iter()
                .take(LONGEST)
                .map(|field| kept(field, depth))
                .collect::<Map<_, _>>(),
        ),
        plain => plain,
    }
}

fn kept((name, value): (String, Value), depth: usize) -> (String, Value) {
    let struck = sensitive(&name) && !matches!(value, Value::Null | Value::Bool(_) | Value::Number(_));
    let value = if struck { Value::from(STRUCK) } else { cleaned(value, depth - 1) };
    (cut(&name), value)
}

/// The beginning of a text.
#[must_use]
pub fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The noun that a route is about: the collection that it adds to, else the last thing that its path names.
#[must_use]
pub fn noun_of(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').filter(|part| !matches!(*part, "" | "api" | "v1")).collect();
    let collection = |part: &str| part.ends_with('s') && part.len() > 2;
    let last = parts.last().copied().unwrap_or_default();
    // Everything is in a team: that says nothing unless the path ends there.
    let named = parts
        .iter()
        .rev()
        .find(|part| part.starts_with('{') && (**part != "{team}" || last == **part));
    let noun = if collection(last) {
        singular(last)
    } else if let Some(named) = named {
        named.trim_matches(['{', '}']).to_owned()
    } else {
        parts
            .iter()
            .rev()
            .find(|part| collection(part))
            .map_or_else(String::new, |part| singular(part))
    };
    match noun.as_str() {
        "version" => "flink_version".to_owned(),
        "" => "account".to_owned(),
        _ => noun,
    }
}

fn singular(plural: &str) -> String {
    plural.trim_end_matches('s').replace('-', "_")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_may_be_a_secret_is_struck_out_wherever_it_stands() {
        let value = json!({
            "name": "orders", "slots": 4, "password": "p1", "newPassword": "p2", "secret": {"deep": "p3"},
            "configuration": {"s3.secret-key": "p4", "fs.azure.account.key": "p5", "s3.access-key": "p6", "taskmanager.numberOfTaskSlots": "2",
                "security.kerberos.login.contexts": "Client", "rest.auth.basic": "p7"},
            "tokens": ["p8"], "sql": "CREATE TABLE t (a INT) WITH ('password' = 'p9')", "passwordSet": true,
        });
        let text = clean(value).to_string();
        for secret in 1..=9 {
            assert!(
                !text.contains(&format!("p{secret}\"")) && !text.contains(&format!("p{secret}'")),
                "p{secret}: {text}"
            );
        }
        assert!(
            text.contains("\"taskmanager.numberOfTaskSlots\":\"2\"") && text.contains("orders") && text.contains("\"passwordSet\":true")
        );
    }

    #[test]
    fn nothing_grows_without_a_bound() {
        let mut deep = json!("end");
        for _ in 0..1_000 {
            deep = json!({ "in": deep });
        }
        let wide = json!({ "name": "字".repeat(10_000), "list": vec![1; 10_000], "deep": deep });
        assert!(clean(wide).to_string().len() < 3_000);
    }

    #[test]
    fn nouns_of_paths() {
        for (path, noun) in [
            ("/api/v1/teams/{team}/jobs", "job"),
            ("/api/v1/teams/{team}/jobs/{job}/start", "job"),
            ("/api/v1/teams/{team}/jobs/{job}/releases", "release"),
            ("/api/v1/teams/{team}/operations/{operation}/cancel", "operation"),
            ("/api/v1/teams/{team}/members/{user}", "user"),
            ("/api/v1/teams/{team}", "team"),
            ("/api/v1/teams", "team"),
            ("/api/v1/flink-versions/install", "flink_version"),
            ("/api/v1/flink-versions/{version}", "flink_version"),
            ("/api/v1/me/tokens", "token"),
            ("/api/v1/me/password", "account"),
            ("/api/v1/sign-in", "account"),
        ] {
            assert_eq!(noun_of(path), noun, "{path}");
        }
    }
}
