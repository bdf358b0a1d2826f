//! What people choose in forms, as the Flink keys that mean it.

use domain::flink_configuration::{Configuration, list};
use domain::flink_version::VersionNumber;

use crate::keys;

/// Choices for a cluster; what is unset is Flink's default.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The JobManager's pod.
    pub job_manager: RoleSettings,
    /// The TaskManagers' pods.
    pub task_manager: RoleSettings,
    /// Slots of each TaskManager.
    pub slots: Option<u32>,
    /// `Always`, `IfNotPresent` or `Never`.
    pub pull_policy: Option<String>,
    /// Secrets to pull the image with.
    pub pull_secrets: Vec<String>,
    /// Secrets to mount: name and path.
    pub secrets: Vec<(String, String)>,
    /// Environment variables from secrets.
    pub secret_variables: Vec<SecretVariable>,
    /// Pods on the network of their node (1.15).
    pub host_network: bool,
    /// How the REST endpoint is reached.
    pub exposure: Option<Exposure>,
    /// Annotations of the REST service.
    pub rest_annotations: Vec<(String, String)>,
    /// Folder of Kubernetes high availability; unset: off.
    pub high_availability: Option<String>,
}

/// Choices for the pods of a role.
#[derive(Debug, Clone, Default)]
pub struct RoleSettings {
    /// Cores.
    pub cpu: Option<f64>,
    /// Memory of the process, such as `2g`.
    pub memory: Option<String>,
    /// The service account.
    pub service_account: Option<String>,
    /// Labels of the pods.
    pub labels: Vec<(String, String)>,
    /// Annotations of the pods.
    pub annotations: Vec<(String, String)>,
    /// Labels that a node must have.
    pub node_selector: Vec<(String, String)>,
    /// Taints that the pods bear.
    pub tolerations: Vec<Toleration>,
    /// Environment variables.
    pub environment: Vec<(String, String)>,
}

/// A taint that pods bear.
#[derive(Debug, Clone, Default)]
pub struct Toleration {
    /// The taint's key; unset: every taint.
    pub key: Option<String>,
    /// `Exists` or `Equal`.
    pub operator: Option<String>,
    /// The taint's value.
    pub value: Option<String>,
    /// `NoSchedule`, `PreferNoSchedule` or `NoExecute`.
    pub effect: Option<String>,
    /// For how long, in seconds.
    pub seconds: Option<i64>,
}

/// An environment variable from a secret.
#[derive(Debug, Clone)]
pub struct SecretVariable {
    /// Its name.
    pub name: String,
    /// The secret.
    pub secret: String,
    /// The secret's key.
    pub key: String,
}

/// How the REST endpoint is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exposure {
    /// In the cluster.
    ClusterIp,
    /// In the cluster, by the pod's own address (1.15).
    HeadlessClusterIp,
    /// At a port of every node.
    NodePort,
    /// By a load balancer.
    LoadBalancer,
}

impl Exposure {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::ClusterIp, Self::HeadlessClusterIp, Self::NodePort, Self::LoadBalancer];

    /// Flink's word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::ClusterIp => "ClusterIP",
            Self::HeadlessClusterIp => "Headless_ClusterIP",
            Self::NodePort => "NodePort",
            Self::LoadBalancer => "LoadBalancer",
        }
    }
}

type Pairs = [(String, String)];

impl Settings {
    /// The keys that mean these choices.
    #[must_use]
    pub fn keys(&self, version: VersionNumber) -> Configuration {
        let mut keys = Configuration::new();
        self.job_manager.add(&mut keys, "jobmanager", version);
        self.task_manager.add(&mut keys, "taskmanager", version);
        if let Some(slots) = self.slots {
            keys.set("taskmanager.numberOfTaskSlots", slots.to_string());
        }
        if let Some(policy) = &self.pull_policy {
            keys.set(keys::PULL_POLICY, policy.as_str());
        }
        if !self.pull_secrets.is_empty() {
            keys.set(keys::PULL_SECRETS, list::join(&self.pull_secrets, ';'));
        }
        set_map(&mut keys, keys::SECRETS, &self.secrets);
        set_map(&mut keys, keys::REST_ANNOTATIONS, &self.rest_annotations);
        let variables: Vec<String> = self.secret_variables.iter().map(SecretVariable::text).collect();
        if !variables.is_empty() {
            keys.set(keys::SECRET_VARIABLES, list::join(&variables, ';'));
        }
        if self.host_network {
            keys.set(keys::HOST_NETWORK, "true");
        }
        if let Some(exposure) = self.exposure {
            keys.set(keys::EXPOSED_TYPE, exposure.word());
        }
        if let Some(folder) = &self.high_availability {
            keys.set(keys::high_availability(version), keys::kubernetes_high_availability(version));
            keys.set("high-availability.storageDir", folder.as_str());
        }
        keys
    }
}

impl RoleSettings {
    fn add(&self, keys: &mut Configuration, role: &str, version: VersionNumber) {
        if let Some(cpu) = self.cpu {
            keys.set(keys::cpu(role, version), format!("{cpu:?}"));
        }
        if let Some(memory) = &self.memory {
            keys.set(format!("{role}.memory.process.size"), memory.as_str());
        }
        let kubernetes = |name: &str| format!("kubernetes.{role}.{name}");
        if let Some(account) = &self.service_account {
            keys.set(kubernetes("service-account"), account.as_str());
        }
        set_map(keys, &kubernetes("labels"), &self.labels);
        set_map(keys, &kubernetes("annotations"), &self.annotations);
        set_map(keys, &kubernetes("node-selector"), &self.node_selector);
        let tolerations: Vec<String> = self.tolerations.iter().map(Toleration::text).collect();
        if !tolerations.is_empty() {
            keys.set(kubernetes("tolerations"), list::join(&tolerations, ';'));
        }
        let containerized = if role == "jobmanager" { "master" } else { "taskmanager" };
        for (name, value) in &self.environment {
            keys.set(format!("containerized.{containerized}.env.{name}"), value.as_str());
        }
    }
}

fn set_map(keys: &mut Configuration, key: &str, pairs: &Pairs) {
    if !pairs.is_empty() {
        keys.set(
            key,
            list::join_pairs(pairs.iter().map(|(key, value)| (key.as_str(), value.as_str()))),
        );
    }
}

impl Toleration {
    fn text(&self) -> String {
        let seconds = self.seconds.map(|seconds| seconds.to_string());
        let parts = [
            ("key", self.key.as_deref()),
            ("operator", self.operator.as_deref()),
            ("value", self.value.as_deref()),
            ("effect", self.effect.as_deref()),
            ("tolerationSeconds", seconds.as_deref()),
        ];
        list::join_pairs(parts.into_iter().filter_map(|(key, value)| Some((key, value?))))
    }
}

impl SecretVariable {
    fn text(&self) -> String {
        list::join_pairs([("env", self.name.as_str()), ("secret", &self.secret), ("key", &self.key)])
    }
}
