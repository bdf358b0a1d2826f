//! Commands that go through the public API, as any other client would.

pub mod client;
pub mod cluster;
mod evidence;
pub mod job;
pub mod login;
pub mod message;
pub mod operation;
pub mod print;
mod restart;
