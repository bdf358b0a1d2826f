//! Tables as SeaORM entities: one file per noun, private to the store. Columns hold text for words and
//! JSON, BIGINT for times and counts, UUIDs for ids; the noun's own file turns rows into domain types.

pub mod artifact;
pub mod artifact_name;
pub mod artifact_reference;
pub mod audit;
pub mod change;
pub mod cluster;
pub mod draft;
pub mod effect;
pub mod event;
pub mod flink_version;
pub mod grant;
pub mod idempotency_key;
pub mod installation;
pub mod instance;
pub mod invitation;
pub mod job;
pub mod lease;
pub mod link;
pub mod look;
pub mod member;
pub mod observation;
pub mod operation;
pub mod release;
pub mod restriction;
pub mod run;
pub mod session;
pub mod snapshot;
pub mod team;
pub mod token;
pub mod upload;
pub mod user;
