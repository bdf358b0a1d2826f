//! A simulated API server of Kubernetes over real HTTP on a loopback port: the few kinds of objects that a Flink cluster is made of, with
//! versions, watches, preconditions and refusals as the real one has them, and what its controllers and Flink itself would do with them:
//! pods appear, a [`Flink`] runs in them and is reached through the service's proxy path.
//!
//! What is created is looked at more strictly than a real one would: see [`strict`]. Faults are those of the simulated Flink
//! ([`crate::Fault`]); an endpoint is `POST /apis/apps/v1/namespaces/:id/deployments`, or `WATCH …` for a list with `watch=true`.

mod answer;
mod controller;
mod handle;
mod keys;
mod log;
mod objects;
mod patch;
mod pod_fault;
mod pods;
mod review;
mod route;
mod selector;
mod serve;
mod strict;
mod watch;
mod world;

pub use handle::{Kubernetes, KubernetesOptions};
pub use pod_fault::PodFault;
pub use strict::wrong_object;
