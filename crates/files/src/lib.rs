//! Jobs as files: YAML documents that say what jobs, clusters and artifacts there are to be.
//!
//! Text becomes a tree that knows its places ([`yaml`]), the tree is held against the schema of its kind
//! ([`check`]), which is made of the Rust types that read it ([`document`]), so that one list of fields serves
//! the reader, the editor's completion and the messages. Every fault of every file is found before anything is
//! done. [`change`] says what differs, [`plan`] what is to be done about it, [`write`](mod@write) makes documents of what is there.
//!
//! Files come from anybody: their size, nesting, number of nodes and the paths that they name are bounded.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod change;
mod check;
pub mod connection;
pub mod document;
pub mod place;
pub mod plan;
pub mod read;
pub mod restart;
mod rules;
pub mod schema;
pub mod source;
pub mod target;
pub mod write;
pub mod yaml;

#[cfg(test)]
mod tests;
