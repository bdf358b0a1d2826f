//! Commands that go through the public API, as any other client would.

pub mod artifact;
pub mod audit;
pub mod client;
pub mod cluster;
pub mod download;
pub mod invitation;
pub mod job;
pub mod login;
pub mod member;
pub mod operation;
pub mod print;
pub mod team;
pub mod token;
pub mod upload;
pub mod user;
