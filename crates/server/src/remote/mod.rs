//! Commands that go through the public API, as any other client would.

pub mod apply;
pub mod artifact;
pub mod audit;
pub mod bulk;
pub mod client;
pub mod cluster;
pub mod connection;
pub mod download;
mod evidence;
pub mod export;
pub mod grant;
pub mod invitation;
pub mod job;
pub mod login;
mod manifests;
pub mod member;
pub mod message;
pub mod operation;
pub mod port_forward;
pub mod print;
mod restart;
pub mod target;
pub mod team;
pub mod token;
pub mod upload;
pub mod user;
pub mod variable;
