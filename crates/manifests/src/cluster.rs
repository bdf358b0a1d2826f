//! What the configuration says of the objects.

use std::collections::BTreeMap;

use domain::flink_configuration::Configuration;
use domain::flink_memory::{JobManagerMemory, TaskManagerMemory};
use domain::flink_version::VersionNumber;
use serde_json::Value;

use crate::description::{Description, Exposure};
use crate::effective::is_highly_available;
use crate::fault::{Report, Role};
use crate::keys;
use crate::names;
use crate::options::{Options, Pairs};

mod choices;

/// Names and values of labels, annotations or node selectors.
pub(crate) type Words = BTreeMap<String, String>;

/// Ports of the JobManager.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ports {
    pub rest: u16,
    /// What the REST server binds to.
    pub rest_target: u16,
    pub rpc: u16,
    pub blob: u16,
}

/// Cores and MiB of the JobManager.
#[derive(Debug, Clone)]
pub(crate) struct Resources {
    pub cpu: f64,
    pub cpu_limit: f64,
    pub memory: u64,
    pub memory_limit: u64,
}

/// A service account and whether somebody chose it.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub name: String,
    pub chosen: bool,
}

/// Labels and annotations of a service.
#[derive(Debug, Clone, Default)]
pub(crate) struct Service {
    pub labels: Words,
    pub annotations: Words,
}

/// All of it.
#[derive(Debug)]
pub(crate) struct Cluster {
    pub highly_available: bool,
    pub host_network: bool,
    pub replicas: u32,
    pub ports: Ports,
    pub resources: Resources,
    pub memory: Option<JobManagerMemory>,
    pub account: Account,
    pub task_manager_account: Account,
    pub pull_policy: Option<String>,
    pub pull_secrets: Vec<String>,
    pub labels: Words,
    pub annotations: Words,
    pub node_selector: Words,
    pub tolerations: Vec<Value>,
    pub environment: Vec<Value>,
    pub secret_environment: Vec<Value>,
    pub owners: Vec<Value>,
    pub secrets: Pairs,
    pub claims: Pairs,
    pub claims_read_only: bool,
    pub hadoop_config_map: Option<String>,
    pub conf_folder: String,
    pub log_folder: Option<String>,
    pub artifacts_folder: String,
    pub entry_path: String,
    pub entry_arguments: String,
    pub exposure: Exposure,
    pub rest: Service,
    pub internal: Service,
}

impl Cluster {
    /// Reads it; what is wrong is in the report.
    pub fn read(description: &Description, configuration: &Configuration, report: &mut Report) -> Self {
        let version = description.version;
        let highly_available = is_highly_available(configuration, version);
        let mut o = Options {
            configuration,
            version,
            report,
        };
        let host_network = version.at_least(1, 15) && o.boolean(keys::HOST_NETWORK);
        let memory = o.memory(JobManagerMemory::of(configuration, version));
        o.memory(TaskManagerMemory::of(configuration, version));
        o.number(&keys::cpu("taskmanager", version), -1.0);
        Self {
            highly_available,
            host_network,
            replicas: o.replicas(highly_available),
            ports: o.ports(),
            resources: o.resources(memory.as_ref()),
            memory,
            account: o.account("jobmanager"),
            task_manager_account: o.account("taskmanager"),
            pull_policy: o.pull_policy(),
            pull_secrets: o.pull_secrets(),
            labels: o.words("kubernetes.jobmanager.labels", Some(names::label)),
            annotations: o.words("kubernetes.jobmanager.annotations", None),
            node_selector: o.words("kubernetes.jobmanager.node-selector", Some(names::label)),
            tolerations: o.tolerations("kubernetes.jobmanager.tolerations"),
            environment: o.environment("containerized.master.env."),
            secret_environment: o.secret_environment(),
            owners: o.owners(),
            secrets: o.mounted(keys::SECRETS, true),
            claims: o.mounted("kubernetes.persistent-volume-claims", version.at_least(2, 3)),
            claims_read_only: version.at_least(2, 3) && o.boolean("kubernetes.persistent-volume-claim-read-only"),
            hadoop_config_map: o.object("kubernetes.hadoop.conf.config-map.name"),
            conf_folder: o.folder("kubernetes.flink.conf.dir", "/opt/flink/conf"),
            log_folder: o
                .text("kubernetes.flink.log.dir")
                .map(|_| o.folder("kubernetes.flink.log.dir", "/opt/flink/log")),
            artifacts_folder: o.folder("user.artifacts.base-dir", "/opt/flink/artifacts"),
            entry_path: o
                .text("kubernetes.entry.path")
                .unwrap_or_else(|| "/docker-entrypoint.sh".to_owned()),
            entry_arguments: o
                .text("kubernetes.jobmanager.entrypoint.args")
                .filter(|_| version.at_least(1, 16))
                .unwrap_or_default(),
            exposure: o.exposure(),
            rest: o.service("rest", true),
            internal: o.service("internal", version.at_least(1, 20)),
        }
        .checked_for_task_managers(&mut o)
    }

    /// Checks what only the JobManager reads when it makes TaskManagers.
    fn checked_for_task_managers(self, o: &mut Options<'_>) -> Self {
        o.words("kubernetes.taskmanager.labels", Some(names::label));
        o.words("kubernetes.taskmanager.annotations", None);
        o.words("kubernetes.taskmanager.node-selector", Some(names::label));
        o.tolerations("kubernetes.taskmanager.tolerations");
        o.environment("containerized.taskmanager.env.");
        self
    }

    /// The account of a role's pods.
    pub fn account_of(&self, role: Role) -> &Account {
        match role {
            Role::JobManager => &self.account,
            Role::TaskManager => &self.task_manager_account,
        }
    }
}

/// Whether a version writes both names of a pod's service account.
pub(crate) fn both_account_names(version: VersionNumber) -> bool {
    version.at_least(1, 13)
}
