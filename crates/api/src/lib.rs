//! The HTTP API of Streamwright: one file for each noun with its own request and answer types, every route
//! with its class in one table ([`routes`]), every error as problem details, the OpenAPI document from the
//! same source, and the change feed as server-sent events.
//!
//! The crate knows the store and the domain. Flink, Java and disks are reached through the domain's ports,
//! which the server hands in with [`App`].
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod access;
pub mod change;
pub mod check;
pub mod checkpoint;
pub mod cluster;
pub mod configuration;
pub mod document;
pub mod draft;
pub mod effective;
pub mod event;
pub mod exception;
pub mod extract;
pub mod flink_version;
pub mod gate;
pub mod graph;
pub mod health;
pub mod installation;
pub mod job;
pub mod lifecycle;
pub mod log;
pub mod operation;
pub mod page;
pub mod person;
pub mod problem;
pub mod release;
pub mod routes;
pub mod run;
pub mod snapshot;
pub mod sql;
pub mod team;
pub mod time;
pub mod verdict;

pub use document::openapi;

/// What the handlers work with. Cheap to clone.
#[derive(Clone)]
pub struct App {}

/// The router of the API.
#[must_use]
pub fn router(app: &App) -> axum::Router {
    routes::table().into_router(app)
}

#[cfg(test)]
mod tests {
    #[test]
    fn openapi_is_current() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../openapi.json");
        let generated = super::openapi().to_pretty_json().unwrap() + "\n";
        if std::env::var_os("UPDATE_OPENAPI").is_some() {
            std::fs::write(&path, &generated).unwrap();
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(committed == generated, "openapi.json is stale: run `UPDATE_OPENAPI=1 cargo test -p api openapi_is_current`");
    }
}
