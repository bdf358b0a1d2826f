//! Commands that go through the public API, as any other client would.

pub mod apply;
pub mod artifact;
pub mod bulk;
pub mod client;
pub mod cluster;
pub mod download;
pub mod export;
pub mod job;
pub mod login;
pub mod operation;
pub mod print;
pub mod upload;
