//! A simulated Flink session cluster: its REST API over real HTTP on a loopback port, scriptable, for faults
//! that a real Flink does not show on request (a lost answer, a proxy's page, a savepoint that was complete
//! when its stop failed) and for scale (ten thousand jobs are cheap: nothing runs per job, states are
//! computed from the time that has passed).
//!
//! Inside a test: `Flink::start(SimOptions::of("2.2.1"))`, then the methods of [`Flink`]. From another
//! process (`flink-sim --listen …`): the same as `POST /__sim/…` on the same port, see [`control`].
//! [`Kubernetes`] is an API server of its own kind, whose Deployments run such Flinks.
//! It never replaces the real Flink in the end-to-end suite. What it answers follows what was seen of the
//! real ones; where versions differ (fields of bodies, duplicate ids, trigger ids) it follows the version.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod answer;
mod checkpoint;
mod clock;
mod cluster;
pub mod control;
mod fault;
mod flink;
mod gate;
mod job;
mod kubernetes;
mod listen;
mod options;
mod record;
mod rest;
mod savepoint;

pub use cluster::JobReport;
pub use fault::{Fault, FaultKind};
pub use flink::{Flink, RestartOptions};
pub use job::JobState;
pub use kubernetes::{Kubernetes, KubernetesOptions, PodFault, wrong_object};
pub use options::{JobPlan, SavepointOutcome, SavepointPlan, SimOptions};
pub use record::{Record, RequestRow};
