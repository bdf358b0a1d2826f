//! `streamwright audit`

use reqwest::Method;
use serde_json::Value;

use super::client::{Client, escape};
use super::print::{self, at, items, show, table};
use crate::cli::Audit;
use crate::failure::Failure;

/// Runs `audit`.
///
/// # Errors
/// As the server says.
pub async fn run(audit: Audit) -> Result<(), Failure> {
    let client = Client::of(&audit.server)?;
    let mut path = if audit.all {
        "/api/v1/audit".to_owned()
    } else {
        client.team_path("/audit")?
    };
    path.push_str(&format!("?limit={}", audit.limit));
    let filters = [("user", audit.user), ("noun", audit.noun), ("from", audit.from), ("to", audit.to)];
    for (name, value) in filters.into_iter().filter_map(|(name, value)| Some((name, value?))) {
        path.push_str(&format!("&{name}={}", escape(&value)));
    }
    let page = client.send(Method::GET, &path, None).await?.body;
    print::body(client.format, &page, list);
    Ok(())
}

fn list(page: &Value) -> String {
    let row = |row: &Value| {
        let code = at(row, "code");
        vec![
            show(row, "at"),
            show(row, "by/name"),
            show(row, "operation"),
            show(row, "nounName"),
            show(row, "address"),
            if code.is_empty() { show(row, "status") } else { code.to_owned() },
        ]
    };
    table(
        &["WHEN", "WHO", "WHAT", "WHICH", "FROM", "RESULT"],
        &items(page).iter().map(row).collect::<Vec<_>>(),
    )
}
