//! The port towards Kubernetes: creates, sees and deletes the objects of Flink clusters.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::PortError;
use crate::connection::Connection;
use crate::draft::Mode;
use crate::log::{ContainerLog, LogFrom, LogPlace};
use crate::target::{KubernetesPlace, TargetCheck, TargetReport};
use crate::time::Millis;
use crate::web_address::WebSight;

/// Annotation of a Deployment with the epoch of whoever created it: which of our intents it belongs to.
pub const EPOCH: &str = "streamwright.io/epoch";

/// Annotation of a Deployment that has an Ingress of the same name as its REST service; its host.
pub const INGRESS: &str = "streamwright.io/ingress";

/// The objects of a Flink cluster, ready to be created.
#[derive(Debug, Clone, PartialEq)]
pub struct ClusterObjects {
    /// The Deployment with 0 replicas, its name, labels and [`EPOCH`] in its metadata.
    pub deployment: Value,
    /// What belongs to it, in the order of creation, without an owner.
    pub dependents: Vec<Value>,
    /// How many JobManagers there are to be at the end.
    pub replicas: u32,
}

/// What is seen of a Flink cluster in Kubernetes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KubernetesSight {
    /// The uid of the namespace `kube-system`: absence is proven only by the API server that once had the thing. Unset
    /// where it may not be read.
    pub system_uid: Option<String>,
    /// The Deployment; `None` means that the API server itself does not have it.
    pub deployment: Option<DeploymentSight>,
    /// Pods of JobManager and TaskManagers, the JobManager's first, then by age.
    pub pods: Vec<PodSight>,
    /// Pods that went within the last minutes, as they were last seen, where that was seen.
    pub gone: Vec<PodSight>,
    /// Where its REST endpoint is reached from here, once there is a service.
    pub address: Option<RestAddress>,
    /// The ways to its web UI, once there is a service.
    pub web: Option<WebSight>,
    /// Why it does not come up, the first cause as a sentence; nothing where nothing is wrong.
    pub cause: Option<String>,
}

/// A Deployment as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DeploymentSight {
    /// Its uid.
    pub uid: String,
    /// [`EPOCH`], where somebody of us created it.
    pub epoch: Option<String>,
    /// How many JobManagers it is to have.
    pub replicas: u32,
    /// Whether it is being deleted.
    pub deleting: bool,
}

/// A Flink cluster that a namespace holds, whoever made it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundCluster {
    /// The name of its Deployment: Flink's `kubernetes.cluster-id`.
    pub name: String,
    /// Its Deployment's uid.
    pub uid: String,
    /// Whether it was created by a Streamwright, this one or another.
    pub ours: bool,
    /// Shared or with one program; unset where its container does not tell.
    pub mode: Option<Mode>,
    /// The image of its JobManager.
    pub image: Option<String>,
    /// What it belongs to in Kubernetes, such as `FlinkDeployment/orders` of an operator.
    pub owner: Option<String>,
    /// When it was made.
    pub created_at: Option<Millis>,
}

/// What a pod is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PodRole {
    /// The JobManager.
    JobManager,
    /// A TaskManager.
    TaskManager,
}

/// A pod as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PodSight {
    /// Its name.
    pub name: String,
    /// Its uid.
    pub uid: String,
    /// What it is for.
    pub role: PodRole,
    /// `Pending`, `Running`, `Succeeded`, `Failed` or `Unknown`.
    pub phase: String,
    /// Whether its main container runs.
    pub running: bool,
    /// How often its main container was started again.
    pub restarts: u32,
    /// How its main container last ended.
    pub ended: Option<ContainerEnd>,
    /// Why it does not run, as a sentence.
    pub cause: Option<String>,
    /// Whether it is being deleted.
    pub deleting: bool,
    /// The init container that it is at: one that runs, or has failed.
    #[serde(default)]
    pub init: Option<InitSight>,
}

/// An init container that has begun and not yet done its work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InitSight {
    /// Its name.
    pub name: String,
    /// How often it was started again.
    pub restarts: u32,
    /// Whether it runs.
    pub running: bool,
    /// How it last ended.
    pub ended: Option<ContainerEnd>,
}

/// How a container ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerEnd {
    /// Exit code, `128 + signal` where a signal ended it.
    pub exit_code: i32,
    /// Kubernetes' word, such as `OOMKilled` or `Error`.
    pub reason: String,
    /// When.
    pub at: Option<Millis>,
}

/// A piece of a log that is followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogPiece {
    /// Whole lines, and where the log goes on behind them.
    Lines {
        /// The lines, each with its end.
        text: String,
        /// Where to go on; none as long as no line had a time.
        place: Option<LogPlace>,
    },
    /// The log is complete; why, as a sentence.
    End(String),
}

/// A log that is followed. Whoever drops it ends the connection behind it.
#[async_trait]
pub trait LogStream: Send {
    /// The next piece, once there is one; nothing after the end or an error. A connection that is cut is taken up again.
    async fn next(&mut self) -> Option<Result<LogPiece, PortError>>;
}

/// An address from which a REST endpoint is reached, and how it is spoken to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestAddress {
    /// The service's own address, or its path at the API server; no trailing slash.
    pub url: String,
    /// How it is spoken to: nothing special for a service, ourselves at the API server.
    pub connection: Connection,
}

/// A pod for a moment, and what it mounts.
#[derive(Debug, Clone, PartialEq)]
pub struct PodProbe {
    /// The pod, which nobody owns and nothing selects.
    pub pod: Value,
    /// The `ConfigMap` that it mounts; it goes with the pod.
    pub map: Value,
    /// The label by which this pod, and what an earlier one left, are found: `key=value`.
    pub label: String,
    /// Whether it asks this server for a file.
    pub asks: bool,
    /// How long it may take, in seconds.
    pub patience_seconds: u32,
}

/// Whoever waits for a probe.
#[async_trait]
pub trait ProbeWatcher: Send + Sync {
    /// What is going on, about once a second; answers whether it is to go on.
    async fn told(&self, sentence: &str) -> bool;
}

/// Acts on Kubernetes. `Refused` carries the API server's status and its words, the cause first: 403 says what we may not do,
/// 409 that a name belongs to somebody else, 422 what is wrong with an object. Refusals of admission webhooks come so, too.
#[async_trait]
pub trait KubernetesControl: Send + Sync {
    /// Whether a place can be used as it is written: the kubeconfig is read, its context found; asks nobody.
    ///
    /// # Errors
    /// `Refused` without a status, what is wrong with it.
    async fn check(&self, place: &KubernetesPlace) -> Result<(), PortError>;
    /// Whether Flink clusters can run there: our permissions, and those of the service account of their pods.
    async fn test(&self, place: &KubernetesPlace, service_account: Option<&str>) -> Result<TargetReport, PortError>;
    /// Creates a pod, tells what becomes of it and deletes it again, whatever happens; removes first what an earlier one left.
    ///
    /// # Errors
    /// `Retry` when the API server does not answer; what it refuses is in the checks.
    async fn probe(&self, place: &KubernetesPlace, probe: &PodProbe, watcher: &dyn ProbeWatcher) -> Result<Vec<TargetCheck>, PortError>;
    /// A cluster by the name of its Deployment.
    async fn look(&self, place: &KubernetesPlace, name: &str) -> Result<KubernetesSight, PortError>;
    /// The Flink clusters that a place holds, by name: Deployments with the labels that Flink's client gives them.
    async fn clusters(&self, place: &KubernetesPlace) -> Result<Vec<FoundCluster>, PortError>;
    /// Creates what is missing of a cluster and lets it run; answers the Deployment's uid. Safe to call again: what is there
    /// with our epoch is ours. Nothing runs until everything is there.
    ///
    /// # Errors
    /// `Refused` with 409 where the Deployment is somebody else's: nothing of it is touched. What we created stays for the
    /// next call after `Retry`; it is deleted again after `Refused`.
    async fn create(&self, place: &KubernetesPlace, objects: &ClusterObjects) -> Result<String, PortError>;
    /// Deletes a Deployment with everything that belongs to it, where it has this uid; success where it is gone.
    async fn delete(&self, place: &KubernetesPlace, name: &str, uid: &str) -> Result<(), PortError>;
    /// Deletes the `ConfigMaps` that Flink's high availability left of a cluster that has ended.
    async fn forget(&self, place: &KubernetesPlace, name: &str) -> Result<(), PortError>;
    /// The last bytes of a log. Of a pod that went within the last minutes it is what was read of it as it went.
    async fn log_tail(&self, place: &KubernetesPlace, log: &ContainerLog, max_bytes: usize) -> Result<String, PortError>;
    /// Follows a log.
    async fn log_follow(&self, place: &KubernetesPlace, log: &ContainerLog, from: LogFrom) -> Result<Box<dyn LogStream>, PortError>;
}
