//! A Kubernetes target as a document: what can be said of it, what is wrong with it, and what is to be done so that the
//! platform's is the same. A kubeconfig is only named, never written.

use std::collections::BTreeMap;

use domain::draft::owned_key;
use domain::job::check_name;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::change::{Change, changes};
use crate::document::{Kind, Text};
use crate::plan::{Plan, Step};
use crate::rules::Broken;

/// Fields that are compared on their own, or not at all.
const NOT_COMPARED: &[&str] = &["kind", "name", "teams", "allTeams", "kubeconfigFrom"];

/// A namespace of a Kubernetes cluster, for platform admins. The document is the whole of it; only the kubeconfig and the teams
/// are left as they are where it does not name them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Target {
    /// `Target`.
    pub kind: Kind,
    /// Name, unique in the platform.
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    /// File with the kubeconfig, relative to this file; it is sent and kept sealed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kubeconfig_from: Option<String>,
    /// Absolute path of a kubeconfig on the server's host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kubeconfig_file: Option<String>,
    /// `true`: by the service account of the pod that the server runs in.
    #[serde(default, skip_serializing_if = "is_false")]
    pub in_cluster: bool,
    /// The context of the kubeconfig; its current one unless told.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 2000)]
    pub context: Option<String>,
    /// The namespace of all objects.
    #[schema(min_length = 1, max_length = 63)]
    pub namespace: String,
    /// Images by Flink version, `2.2.1` or `2.2`; else the official image of the version.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub images: BTreeMap<String, String>,
    /// Service account of the pods; the namespace's own unless told.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 253)]
    pub service_account: Option<String>,
    /// Where jobs keep their state, e.g. `s3://bucket/flink`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 2000)]
    pub state_root: Option<String>,
    /// `false`: no high availability although there is a state root.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub high_availability: Option<bool>,
    /// Flink configuration of every cluster.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = BTreeMap<String, Text>)]
    pub config: BTreeMap<String, String>,
    /// Pod template of the JobManager: YAML as a block of text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job_manager_template: Option<String>,
    /// Pod template of the TaskManagers: YAML as a block of text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_manager_template: Option<String>,
    /// What pods may have; unless told nothing that reaches beyond them.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub policy: Policy,
    /// Where pods reach the server for artifacts; its public address unless told.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 2000)]
    pub artifact_url: Option<String>,
    /// The Ingress of each cluster's web UI; none unless told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ingress: Option<Ingress>,
    /// The teams that may use it. Unset: as they are; of a new one: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 1000)]
    pub teams: Option<Vec<String>>,
    /// `true`: every team may, also those that come later.
    #[serde(default, skip_serializing_if = "is_false")]
    pub all_teams: bool,
}

/// The way from outside to the web UI of each cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Ingress {
    /// The class of the controller; the cluster's usual one unless told.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 253)]
    pub class: Option<String>,
    /// Its host, with `{{cluster}}`, `{{namespace}}` and `{{job}}` where they are to stand.
    #[schema(min_length = 1, max_length = 2000)]
    pub host: String,
    /// The Secret with the host's certificate; with it the web UI is spoken to by TLS.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 253)]
    pub tls_secret: Option<String>,
    /// What the controller is told.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = BTreeMap<String, Text>)]
    pub annotations: BTreeMap<String, String>,
}

/// What pods may have.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Policy {
    /// Privileged containers, and what amounts to it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub privileged: bool,
    /// The network, processes and IPC of the node, and its ports.
    #[serde(default, skip_serializing_if = "is_false")]
    pub host_namespaces: bool,
    /// Folders of the node that may be mounted, with everything below.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 100)]
    pub host_paths: Vec<String>,
    /// Service accounts that pods may have; empty: any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 100)]
    pub service_accounts: Vec<String>,
}

/// A target as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetNow {
    /// As a document, with its teams.
    pub target: Target,
    /// Whether the document's kubeconfig is not the server's.
    pub other_kubeconfig: bool,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
const fn is_false(is: &bool) -> bool {
    !*is
}

fn is_usual(policy: &Policy) -> bool {
    *policy == Policy::default()
}

impl Target {
    /// Whether the document says how the API server is reached.
    fn names_access(&self) -> bool {
        self.in_cluster || self.kubeconfig_file.is_some() || self.kubeconfig_from.is_some()
    }

    /// As the server keeps it: without what has its usual value anyway.
    fn plain(&self) -> Self {
        let text = |text: &Option<String>| text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        let address = |given: &Option<String>| text(given).map(|text| text.trim_end_matches('/').to_owned());
        let template = |given: &Option<String>| given.clone().filter(|text| !text.trim().is_empty());
        Self {
            context: text(&self.context),
            service_account: text(&self.service_account),
            state_root: address(&self.state_root),
            artifact_url: address(&self.artifact_url),
            high_availability: self.high_availability.filter(|on| !on),
            job_manager_template: template(&self.job_manager_template),
            task_manager_template: template(&self.task_manager_template),
            ..self.clone()
        }
    }
}

/// What is wrong with a target.
pub(crate) fn broken(target: &Target) -> Broken {
    let mut broken = Broken::new();
    let mut fault = |path: &str, message: &str| broken.push((path.to_owned(), format!("{path}: {message}")));
    if let Err(why) = check_name(&target.name) {
        fault("name", &format!("this cannot be used: {why}"));
    }
    let ways = [
        ("kubeconfigFrom", target.kubeconfig_from.is_some()),
        ("kubeconfigFile", target.kubeconfig_file.is_some()),
        ("inCluster", target.in_cluster),
    ];
    let mut given = ways.iter().filter(|(_, is)| *is).map(|(key, _)| *key);
    let (first, second) = (given.next(), given.next());
    if let (Some(first), Some(second)) = (first, second) {
        fault(second, &format!("the API server is reached either by this or by {first}, not both"));
    }
    if target.in_cluster && target.context.is_some() {
        fault("context", "only a kubeconfig has contexts");
    }
    if target.kubeconfig_file.as_deref().is_some_and(|path| !path.starts_with('/')) {
        fault(
            "kubeconfigFile",
            "expected an absolute path on the server's host; a file beside this one is 'kubeconfigFrom'",
        );
    }
    if target.state_root.as_deref().is_some_and(|root| !root.contains("://")) {
        fault("stateRoot", "expected a URI with a scheme, such as s3://bucket/flink");
    }
    if target.all_teams && target.teams.is_some() {
        fault("teams", "either all teams may use it, or the teams that are named");
    }
    for key in target.config.keys() {
        if let Some(why) = owned_key(key) {
            let message = format!("config: the key '{key}' is set by the platform: {why}");
            broken.push((format!("config.{key}"), message));
        }
    }
    broken
}

/// The plan for a target.
#[must_use]
pub fn plan(wanted: &Target, now: Option<&TargetNow>) -> Plan {
    let mut plan = Plan::default();
    let wanted = wanted.plain();
    let Some(now) = now else {
        if !wanted.names_access() {
            let why = "it is new, and its kubeconfig is nowhere: give kubeconfigFrom, kubeconfigFile or inCluster";
            plan.refused = Some(why.to_owned());
            return plan;
        }
        let nothing = Target::named(wanted.name.clone());
        plan.changes = changes(&nothing, &wanted, NOT_COMPARED);
        plan.steps.push(Step::Create);
        if let Some(change) = granted(&nothing, &wanted) {
            plan.changes.push(change);
            plan.steps.push(Step::Grant);
        }
        return plan;
    };
    let mut before = now.target.plain();
    if !wanted.names_access() {
        (before.kubeconfig_file, before.in_cluster) = (None, false);
    }
    plan.changes = changes(&before, &wanted, NOT_COMPARED);
    if now.other_kubeconfig {
        plan.changes.push(Change {
            field: "kubeconfig".to_owned(),
            before: Some("the server's".to_owned()),
            after: Some("another one".to_owned()),
            diff: None,
        });
    }
    if !plan.changes.is_empty() {
        plan.steps.push(Step::Change);
    }
    if let Some(change) = granted(&before, &wanted) {
        plan.changes.push(change);
        plan.steps.push(Step::Grant);
    }
    plan
}

/// In which teams may use it; nothing where the document does not say.
fn granted(before: &Target, wanted: &Target) -> Option<Change> {
    if wanted.teams.is_none() && !wanted.all_teams {
        return None;
    }
    let shown = |target: &Target| {
        let mut teams = target.teams.clone().unwrap_or_default();
        teams.sort();
        teams.dedup();
        if target.all_teams {
            Some("all".to_owned())
        } else {
            (!teams.is_empty()).then(|| teams.join(", "))
        }
    };
    let (before, after) = (shown(before), shown(wanted));
    (before != after).then(|| Change {
        field: "teams".to_owned(),
        before,
        after,
        diff: None,
    })
}

impl Target {
    /// A target with a name and nothing else.
    #[must_use]
    pub fn named(name: String) -> Self {
        Self {
            kind: Kind::Target,
            name,
            kubeconfig_from: None,
            kubeconfig_file: None,
            in_cluster: false,
            context: None,
            namespace: String::new(),
            images: BTreeMap::new(),
            service_account: None,
            state_root: None,
            high_availability: None,
            config: BTreeMap::new(),
            job_manager_template: None,
            task_manager_template: None,
            policy: Policy::default(),
            artifact_url: None,
            ingress: None,
            teams: None,
            all_teams: false,
        }
    }
}
