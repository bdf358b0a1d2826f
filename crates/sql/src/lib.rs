//! SQL scripts: cut into statements, checked by Flink's own planner and by lint of our own, rendered for people.
//!
//! The planner is a small Java program that runs in worker processes, one for each Flink distribution and set of
//! jars, in a sandbox and under a deadline: whatever a script or a user's class does to it, the server lives on and
//! the fault becomes a finding. [`Planners`] is the pool of those workers and implements
//! [`domain::ports::SqlChecker`]; [`Script::read`] and [`text::render`] are pure.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod archive;
mod catalogue;
mod check;
#[cfg(test)]
mod check_tests;
mod finding;
mod flights;
mod java;
mod kind;
mod lexer;
mod lexical;
mod lint;
pub mod place;
mod pool;
pub mod sandbox;
mod scratch;
pub mod script;
mod settings;
mod slots;
pub mod text;
pub mod token;
mod wire;
mod worker;

pub use pool::Planners;
pub use script::Script;
pub use settings::PlannerSettings;
