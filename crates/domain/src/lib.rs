//! The pure heart of Streamwright: nouns, typed ids, the state model with [`plan`](plan::plan) and
//! [`status`](status::status), allowed actions, facts about Flink versions and configuration, and the
//! ports (traits) through which the rest of the house reaches Flink, Java and disks.
//!
//! No runtime, no SQL, no HTTP, no clock and no randomness live here: time and ids are arguments.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::wildcard_imports))]

pub mod access;
pub mod actions;
pub mod artifact;
pub mod audit;
pub mod cluster;
pub mod cluster_view;
pub mod connection;
pub mod draft;
pub mod effect;
pub mod event;
pub mod evidence;
pub mod flink_configuration;
pub mod flink_memory;
pub mod flink_version;
pub mod grant;
pub mod id;
pub mod incident;
pub mod invitation;
pub mod job;
pub mod label;
pub mod log;
pub mod message;
pub mod network;
pub mod observation;
pub mod operation;
pub mod plan;
pub mod ports;
pub mod release;
pub mod restart;
pub mod run;
pub mod secret;
pub mod snapshot;
pub mod sql;
pub mod status;
pub mod submission;
pub mod target;
pub mod team;
pub mod time;
pub mod upload;
pub mod variable;
pub mod web_address;
pub mod web_request;

pub use time::Millis;
