//! Adapters towards Flink: its REST API ([`rest`]), clusters of child processes on this host ([`local`]),
//! and the storage where Flink keeps state ([`storage`]).
//!
//! Everything here implements a port of [`domain::ports`] and holds no state that matters: what is known of
//! a local cluster stands in its folder, what is known of a job is asked of its JobManager.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods))]

pub mod local;
pub mod rest;
pub mod storage;

pub use local::LocalHost;
pub use rest::Rest;
pub use storage::LocalStorage;
