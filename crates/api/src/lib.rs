//! The HTTP API of Streamwright: one file for each noun with its own request and answer types, every route
//! with its class in one table ([`routes`]), every error as problem details, the OpenAPI document from the
//! same source, and the change feed as server-sent events.
//!
//! The crate knows the store and the domain. Flink, Java and disks are reached through the domain's ports,
//! which the server hands in with [`App`].
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod access;
mod adopt;
pub mod app;
pub mod artifact;
pub mod artifact_pin;
pub mod audit;
pub mod change;
pub mod check;
pub mod checkpoint;
pub mod client;
pub mod cluster;
pub mod cluster_jars;
mod cluster_lifecycle;
mod code;
pub mod configuration;
mod connection;
pub mod delivery;
pub mod destination;
pub mod document;
pub mod download;
pub mod draft;
pub mod event;
mod evidence;
pub mod exception;
pub mod extract;
mod figures;
pub mod flink_version;
mod forwarded;
pub mod gate;
pub mod grant;
pub mod graph;
pub mod health;
pub mod installation;
pub mod invitation;
pub mod job;
pub mod job_configuration;
pub mod job_view;
pub mod lifecycle;
mod live;
pub mod log;
pub mod manifests;
pub mod member;
mod names;
pub mod new_cluster;
pub mod operation;
pub mod operation_wait;
pub mod page;
pub mod person;
pub mod problem;
mod program;
pub mod release;
mod release_check;
pub mod release_diff;
mod request;
mod restart;
pub mod routes;
pub mod run;
mod run_artifact;
pub mod scope;
pub mod serve;
pub mod snapshot;
pub mod spec;
mod sql;
mod start;
mod substitution;
pub mod target;
pub mod team;
mod template;
pub mod text;
pub mod time;
pub mod unmanaged_cluster;
pub mod upload;
pub mod user;
pub mod variable;
pub mod verdict;
pub mod web_address;
pub mod web_ui;

#[cfg(test)]
mod tests;

pub use app::{App, Ports, Settings};
pub use document::openapi;
pub use serve::{router, router_with};
