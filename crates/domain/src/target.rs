//! Targets: places that can run Flink, kept by the platform and granted to teams. Local and standalone places are named
//! by their clusters; a Kubernetes namespace is named once, with its defaults, and used by many.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::flink_version::VersionNumber;
use crate::id::TargetId;
use crate::secret::Sealed;
use crate::time::Millis;

/// Largest kubeconfig in bytes.
pub const MAX_KUBECONFIG_BYTES: usize = 256 * 1024;
/// Largest pod template in bytes.
pub const MAX_TEMPLATE_BYTES: usize = 256 * 1024;
/// Most targets of a platform.
pub const MAX_TARGETS: usize = 500;
/// What a vault is told that a sealed kubeconfig is for.
pub const KUBECONFIG_PURPOSE: &str = "targets.kubeconfig";

/// The key that says where savepoints are kept, in all versions.
pub const SAVEPOINTS: &str = "state.savepoints.dir";
/// The key that says where high availability keeps its files: with it the JobManager recovers its job.
pub const HIGH_AVAILABILITY: &str = "high-availability.storageDir";

/// A namespace of a Kubernetes cluster, and what Flink clusters there have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Its id.
    pub id: TargetId,
    /// Name, unique in the platform byte by byte.
    pub name: String,
    /// Where it is, and who we are there.
    pub place: KubernetesPlace,
    /// What holds for every cluster there.
    pub defaults: KubernetesDefaults,
    /// When it was made.
    pub created_at: Millis,
    /// Grows with each write of the row.
    pub revision: i64,
}

/// Where an API server is, who we are there, and the namespace.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct KubernetesPlace {
    /// How the API server is reached.
    pub access: KubernetesAccess,
    /// The context of the kubeconfig; unset: its current one.
    pub context: Option<String>,
    /// The namespace of all objects.
    pub namespace: String,
}

/// How an API server is reached.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum KubernetesAccess {
    /// By a kubeconfig that was pasted. It may name no file and no program of the server's host.
    Kubeconfig {
        /// The text, sealed for [`KUBECONFIG_PURPOSE`].
        sealed: Sealed,
    },
    /// By a kubeconfig on the server's host, read again when it changes; it may name files beside it.
    File {
        /// Absolute path.
        path: String,
    },
    /// By the service account of the pod that the server runs in.
    InCluster,
}

/// What clusters of a target have in common. Jobs and releases say more on top of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct KubernetesDefaults {
    /// Images by Flink version: `2.2.1` before `2.2`; else the official image of the version.
    pub images: BTreeMap<String, String>,
    /// Service account of JobManager and TaskManagers; unset: the namespace's own.
    pub service_account: Option<String>,
    /// Where jobs keep their state: a URI without a trailing slash that pods can reach. With it comes high availability.
    pub state_root: Option<String>,
    /// No high availability although there is state storage.
    pub without_high_availability: bool,
    /// Flink configuration of every cluster.
    pub configuration: BTreeMap<String, String>,
    /// Pod template of the JobManager, YAML.
    pub job_manager_template: Option<String>,
    /// Pod template of the TaskManagers, YAML.
    pub task_manager_template: Option<String>,
    /// What pods may have.
    pub policy: PodPolicy,
    /// Where pods reach this server for artifacts: a base address; unset: its public one.
    pub artifact_url: Option<String>,
    /// The way from outside to each cluster's web UI, on request.
    pub ingress: Option<Ingress>,
}

/// An Ingress that each cluster gets for its web UI.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ingress {
    /// The class of the controller; unset: the cluster's usual one.
    pub class: Option<String>,
    /// Its host, with `{{cluster}}`, `{{namespace}}` and `{{job}}` where they are to stand.
    pub host: String,
    /// The Secret with the host's certificate; with it the web UI is spoken to by TLS.
    pub tls_secret: Option<String>,
    /// What the controller is told.
    pub annotations: BTreeMap<String, String>,
}

/// What a target allows its pods; by default nothing that reaches beyond them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PodPolicy {
    /// Privileged containers, and what amounts to it (capabilities beyond the baseline, unmasked `/proc`).
    pub privileged: bool,
    /// The network, processes and IPC of the node, and its ports.
    pub host_namespaces: bool,
    /// Folders of the node that may be mounted, with everything below.
    pub host_paths: Vec<String>,
    /// Service accounts that pods may have; empty: any.
    pub service_accounts: Vec<String>,
}

impl KubernetesDefaults {
    /// The image of a Flink version.
    #[must_use]
    pub fn image(&self, version: VersionNumber) -> String {
        let whole = version.to_string();
        let minor = whole.rsplit_once('.').map_or(whole.as_str(), |(minor, _)| minor);
        let chosen = self.images.get(&whole).or_else(|| self.images.get(minor));
        chosen.cloned().unwrap_or_else(|| format!("flink:{whole}"))
    }

    /// What a cluster starts with beside what its job says: the configuration, where state is kept, and high availability.
    #[must_use]
    pub fn resolved(&self) -> BTreeMap<String, String> {
        let mut resolved = self.configuration.clone();
        if let Some(root) = &self.state_root {
            resolved.insert(SAVEPOINTS.to_owned(), root.clone());
        }
        if let Some(folder) = self.high_availability() {
            resolved.insert(HIGH_AVAILABILITY.to_owned(), folder);
        }
        resolved
    }

    /// Where the JobManager keeps what it needs to recover, where that is wanted and possible.
    #[must_use]
    pub fn high_availability(&self) -> Option<String> {
        let root = self.state_root.as_ref().filter(|_| !self.without_high_availability)?;
        Some(format!("{root}/high-availability"))
    }
}

/// The last test of a target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetTest {
    /// When.
    pub at: Millis,
    /// The revision that was tested: a later one has not been.
    pub revision: i64,
    /// What it found.
    pub report: TargetReport,
    /// The probe pod that was asked for with it.
    #[serde(default)]
    pub probe: Option<TargetProbe>,
}

/// A probe pod and what it found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetProbe {
    /// When it began; which one it is.
    pub at: Millis,
    /// When it is over at the latest, also where its server has ended in between.
    pub until: Millis,
    /// The Flink version whose image it has.
    pub version: String,
    /// What is going on, as a sentence.
    pub sentence: String,
    /// Whether somebody has cancelled it.
    pub cancelled: bool,
    /// What it found, once it is over.
    pub checks: Option<Vec<TargetCheck>>,
}

impl TargetProbe {
    /// Whether it goes on.
    #[must_use]
    pub fn running(&self, now: Millis) -> bool {
        self.checks.is_none() && now < self.until
    }
}

/// What a test of a target found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetReport {
    /// Version of the API server, such as `v1.34.4`; empty where it did not answer.
    pub version: String,
    /// The uid of the namespace `kube-system`: which cluster it is. Unset where it may not be read.
    pub system_uid: Option<String>,
    /// What was looked at.
    pub checks: Vec<TargetCheck>,
}

impl TargetReport {
    /// The report of a test that was over before anything could be looked at.
    #[must_use]
    pub fn failed(what: &str, message: String) -> Self {
        let check = TargetCheck {
            what: what.to_owned(),
            outcome: CheckOutcome::Failed,
            message,
        };
        Self {
            version: String::new(),
            system_uid: None,
            checks: vec![check],
        }
    }

    /// Whether nothing failed.
    #[must_use]
    pub fn ok(&self) -> bool {
        self.checks.iter().all(|check| check.outcome != CheckOutcome::Failed)
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetCheck {
    /// What, such as `create deployments`.
    pub what: String,
    /// How it went.
    pub outcome: CheckOutcome,
    /// Why, and how to mend it; empty where it is well.
    pub message: String,
}

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckOutcome {
    /// Well.
    Ok,
    /// Not well: Flink clusters will not run, or not be seen.
    Failed,
    /// We may not ask.
    NotTested,
}

/// Verbs on a resource that an account has in the namespace of a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permission {
    /// API group; empty for the core.
    pub group: &'static str,
    /// Resource, with its sub-resource: `pods/log`.
    pub resource: &'static str,
    /// What may be done.
    pub verbs: &'static [&'static str],
    /// What it is for, where not every cluster needs it.
    pub only: Option<&'static str>,
}

const fn may(group: &'static str, resource: &'static str, verbs: &'static [&'static str]) -> Permission {
    Permission {
        group,
        resource,
        verbs,
        only: None,
    }
}

/// What the server needs: it creates, watches and deletes the objects of Flink clusters and reaches their REST endpoints.
/// What `streamwright target rbac` writes and what a test of a target asks for.
pub const SERVER_PERMISSIONS: &[Permission] = &[
    may("apps", "deployments", &["get", "list", "watch", "create", "patch", "delete"]),
    // Asked for by the admission plugin OwnerReferencesPermissionEnforcement (OpenShift).
    Permission {
        only: Some("clusters that guard owner references, such as OpenShift"),
        ..may("apps", "deployments/finalizers", &["update"])
    },
    may("", "services", &["get", "list", "create", "delete"]),
    // Flink's REST interface through the API server: each method is a verb.
    may("", "services/proxy", &["get", "create", "update", "patch", "delete"]),
    may("", "configmaps", &["get", "list", "create", "delete"]),
    may("", "secrets", &["get", "list", "create", "delete"]),
    may("", "pods", &["get", "list", "watch"]),
    Permission {
        only: Some("tests with a probe pod"),
        ..may("", "pods", &["create", "delete"])
    },
    may("", "pods/log", &["get"]),
    may("", "events", &["list", "watch"]),
    Permission {
        only: Some("targets with an Ingress"),
        ..may("networking.k8s.io", "ingresses", &["get", "create"])
    },
    Permission {
        only: Some("testing the namespace"),
        ..may("", "namespaces", &["get"])
    },
    Permission {
        only: Some("testing the service account of the pods"),
        ..may("", "serviceaccounts", &["get"])
    },
    Permission {
        only: Some("testing the service account of the pods"),
        ..may("authorization.k8s.io", "localsubjectaccessreviews", &["create"])
    },
];

/// What the service account of the pods needs: the JobManager creates TaskManagers and, with high availability, keeps
/// ConfigMaps. Recorded of Flink 1.13 to 2.3.
pub const POD_PERMISSIONS: &[Permission] = &[
    may("", "pods", &["get", "list", "watch", "create", "delete"]),
    may("apps", "deployments", &["get", "delete"]),
    may("", "configmaps", &["get", "list", "watch", "create", "update", "patch", "delete"]),
    Permission {
        only: Some("the network of the node"),
        ..may("", "services", &["get", "update", "patch"])
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_image_of_the_patch_stands_before_that_of_the_minor() {
        let images = [("2.2", "minor"), ("2.2.1", "patch")].map(|(version, image)| (version.to_owned(), image.to_owned()));
        let defaults = KubernetesDefaults {
            images: images.into(),
            ..KubernetesDefaults::default()
        };
        for (version, image) in [("2.2.1", "patch"), ("2.2.0", "minor"), ("1.20.5", "flink:1.20.5")] {
            assert_eq!(defaults.image(version.parse().unwrap()), image);
        }
    }
}
