//! The database behind Streamwright: SQLite to begin with, PostgreSQL or MySQL/MariaDB when several
//! instances share the work. One file per noun; rows go in and come out as domain types.
//!
//! * [`Store::open`] opens a database and brings its schema up to date.
//! * Reads are plain functions on [`Store`]; those for a team take the team, so that nobody reaches past it.
//! * Every write is one typed function and one transaction. What the engine learnt is one list of
//!   [`Write`]s given to [`Store::commit`], fenced by its [`Lease`].
//! * Each write that changes a noun appends rows to the change feed in the same transaction.
//! * [`now`] is the clock and [`new_id`] the source of ids for everybody outside the domain.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod access;
mod application;
mod artifact;
mod artifact_reference;
mod audit;
mod change;
mod clock;
mod cluster;
mod cluster_change;
mod column;
mod connect;
mod copy;
mod crash;
mod delivery;
mod destination;
mod draft;
mod effect;
mod entity;
mod event;
mod evidence;
mod facts;
mod fault;
mod flink_version;
mod grant;
mod idempotency;
mod incident;
mod installation;
mod invitation;
mod job;
mod lease;
mod link;
mod look;
mod manifests;
mod member;
mod migrations;
mod observation;
mod operation;
mod release;
mod request;
mod restart;
mod run;
mod session;
mod snapshot;
mod target;
mod team;
mod token;
mod transaction;
mod upload;
mod variable;
mod variable_use;
mod write;

#[cfg(test)]
mod tests;

pub use access::UserChange;
pub use application::NewApplication;
pub use artifact::{ArtifactFilter, NewArtifact};
pub use audit::AuditFilter;
pub use clock::{new_id, now};
pub use cluster::NewCluster;
pub use connect::Store;
pub use copy::{Copied, Digests, TableDigest};
pub use delivery::Waiting;
pub use draft::{DraftError, DraftSummary, NewDraft};
pub use event::{EventFilter, NewEvent};
pub use evidence::{FileOfEvidence, PackedFile};
pub use facts::ClusterWork;
pub use fault::StoreError;
pub use idempotency::Idempotency;
pub use incident::{IncidentStep, RECOVERED};
pub use invitation::{Guest, NewInvitation};
pub use job::{JobFilter, JobPatch, NewJob};
pub use lease::Lease;
pub use manifests::RunManifests;
pub use member::MemberChange;
pub use migrations::Schema;
pub use release::{NewRelease, ReleaseSummary};
pub use request::{NewClusterOperation, NewOperation, Requested};
pub use session::NewSession;
pub use target::NewTarget;
pub use token::NewToken;
pub use upload::UploadRefused;
pub use variable::{NewVariable, Used, VariableChange};
pub use write::Write;
