//! What objects a Flink cluster on Kubernetes is: a pure function from a description to the Deployment, Services,
//! ConfigMaps and Secrets that Flink's own client of that version would create, with the configuration file in them.
//!
//! Everything that Flink's client does on the way is here as data and small functions: the configuration that it
//! completes ([`effective`](mod@effective)), the memory that it computes ([`domain::flink_memory`]), the options that it reads, the
//! templates that it merges. Nothing here talks to a cluster; what is refused is refused in words, with its place.
//! Where the objects differ from the client's on purpose stands in `docs/adr/0010-objects-of-a-cluster-are-a-function.md`.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod application;
mod cluster;
mod command;
pub mod compare;
mod delivery;
pub mod description;
mod effective;
pub mod fault;
mod ingress;
mod keys;
mod logging;
mod mounts;
mod names;
mod objects;
mod options;
mod pod;
mod policy;
mod probe;
mod settings;
pub mod shown;
mod template;

use std::collections::BTreeMap;

use domain::flink_configuration::Configuration;
use domain::ports::INGRESS;
use domain::target::PodPolicy;
use serde_json::{Map, Value, json};

pub use description::Description;
pub use fault::{Fault, Finding, Role, Subject};
pub use ingress::check as check_ingress;
pub use keys::owned_key;
pub use names::{image as check_image, namespace as check_namespace, object as check_object, path as check_path};

pub use probe::{PROBE, Probe, Wanted, probe};

use cluster::Cluster;
use fault::Report;

/// Most bytes of one ConfigMap or Secret: Kubernetes refuses more than 1 MiB.
const MAX_BYTES: usize = 1 << 20;

/// The objects of a cluster.
#[derive(Debug, Clone)]
pub struct Manifests {
    /// The Deployment, with 0 replicas: create it first, and scale it when all else is there.
    pub deployment: Value,
    /// What belongs to it, in the order of creation, still without its owner.
    pub dependents: Vec<Value>,
    /// How many JobManagers there are to be.
    pub replicas: u32,
    /// The whole Flink configuration that the cluster starts with.
    pub configuration: Configuration,
    /// What people should know.
    pub findings: Vec<Finding>,
}

impl Manifests {
    /// The dependents as they are created: owned by the Deployment with this uid, so that they go with it.
    #[must_use]
    pub fn owned_by(&self, uid: &str) -> Vec<Value> {
        let owner = json!([{
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "name": self.deployment["metadata"]["name"],
            "uid": uid,
            "controller": true,
            "blockOwnerDeletion": true,
        }]);
        let mut dependents = self.dependents.clone();
        for object in &mut dependents {
            object["metadata"]["ownerReferences"] = owner.clone();
        }
        dependents
    }
}

/// Makes the objects.
///
/// # Errors
/// All faults of the description, in order.
pub fn manifests(description: &Description) -> Result<Manifests, Vec<Fault>> {
    let mut report = Report::default();
    check_names(description, &mut report);
    let configuration = effective::configuration(description, &mut report);
    let cluster = Cluster::read(description, &configuration, &mut report);
    let written = configuration.written(description.version);
    let files = files(description, written.name, &written.text);
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    let arguments = command::arguments(description, &cluster, &configuration, &written, &mut report);
    let (template, of_task_managers) = templates(description, &cluster, &mut report);
    let of_task_managers = delivery::task_manager_template(description, &cluster, &of_task_managers);
    let parts = mounts::parts(description, &cluster, &names, of_task_managers, &mut report);
    let pod = pod::job_manager(description, &cluster, &parts, arguments, template);
    if let Value::Object(pod) = &pod {
        policy::check(&description.policy, Role::JobManager, pod, Some(&cluster), &mut report);
    }
    let mut dependents = objects::services(description, &cluster);
    dependents.extend(parts.objects);
    let name = format!("flink-config-{}", description.cluster_id);
    dependents.push(objects::config_map(description, &name, &files));
    let ingress = ingress::ingress(description, &mut report);
    dependents.extend(ingress.clone());
    check_sizes(&dependents, &mut report);
    if report.faults.is_empty() {
        let mut deployment = objects::deployment(description, &cluster, pod);
        if let Some(ingress) = ingress {
            deployment["metadata"]["annotations"][INGRESS] = ingress["spec"]["rules"][0]["host"].clone();
        }
        return Ok(Manifests {
            deployment,
            dependents,
            replicas: cluster.replicas,
            configuration,
            findings: report.findings,
        });
    }
    report.faults.sort();
    report.faults.dedup();
    Err(report.faults)
}

/// Checks a pod template by itself, as one of any cluster of a target: what it says and what the target's policy refuses.
///
/// # Errors
/// All faults, those of the text with line and column.
pub fn check_template(role: Role, text: &str, policy: &PodPolicy) -> Result<(), Vec<Fault>> {
    let mut report = Report::default();
    if let Some(template) = template::read(role, text, &mut report) {
        policy::check(policy, role, &template, None, &mut report);
    }
    if report.faults.is_empty() { Ok(()) } else { Err(report.faults) }
}

fn check_names(description: &Description, report: &mut Report) {
    let checks = [
        ("cluster_id", names::cluster_id(&description.cluster_id)),
        ("namespace", names::namespace(&description.namespace)),
        ("image", names::image(&description.image)),
    ];
    for (field, checked) in checks {
        if let Err(message) = checked {
            report.fault(Subject::Field(field), message);
        }
    }
    for (field, words, values) in [
        ("labels", &description.labels, true),
        ("annotations", &description.annotations, false),
    ] {
        for (name, value) in words {
            let checked = names::key(name).and_then(|()| if values { names::label(value) } else { Ok(()) });
            if let Err(message) = checked {
                report.fault(Subject::Field(field), message);
            }
        }
    }
    if !description.version.at_least(1, 12) {
        let message = format!(
            "Flink {} does not run on Kubernetes here: the oldest version is 1.12",
            description.version
        );
        report.fault(Subject::Field("version"), message);
    }
}

/// Files of Flink's folder `conf`.
fn files(description: &Description, name: &str, text: &str) -> BTreeMap<String, String> {
    let ours = [logging::LOG4J, logging::LOGBACK];
    let mut files: BTreeMap<String, String> = ours.map(|(name, text)| (name.to_owned(), text.to_owned())).into();
    files.extend(description.logging.clone());
    files.insert(name.to_owned(), text.to_owned());
    files
}

type Template = Map<String, Value>;

/// Checks both templates and gives them: the JobManager's, and the TaskManagers'.
fn templates(description: &Description, cluster: &Cluster, report: &mut Report) -> (Option<Template>, Template) {
    let (mut of_job_manager, mut of_task_managers) = (None, Template::new());
    for (role, text) in mounts::templates(description) {
        let template = text.and_then(|text| template::read(role, text, report));
        if text.is_some() && !description.version.at_least(1, 13) {
            let message = "Flink 1.12 knows no pod templates";
            report.fault(Subject::Template(role, files::place::Point::WHOLE), message);
        }
        match role {
            Role::JobManager => of_job_manager = template,
            Role::TaskManager => {
                let template = template.unwrap_or_default();
                check_added(&template, description, cluster, report);
                policy::check(&description.policy, role, &template, Some(cluster), report);
                of_task_managers = template;
            }
        }
        if let Some(text) = text {
            template::find_replaced(role, text, report);
        }
    }
    (of_job_manager, of_task_managers)
}

/// The JobManager adds its parts to the TaskManagers' template without looking: what is there twice, no pod can have.
fn check_added(template: &Map<String, Value>, description: &Description, cluster: &Cluster, report: &mut Report) {
    let Some(spec) = template.get("spec") else { return };
    let empty = Vec::new();
    let list = |of: &Value, field: &str| of[field].as_array().unwrap_or(&empty).clone();
    let containers = list(spec, "containers");
    let main = containers.iter().find(|container| container["name"] == template::MAIN);
    for (name, path) in mounts::added_to_task_managers(description, cluster) {
        if list(spec, "volumes").iter().any(|volume| volume["name"] == name.as_str()) {
            let message = format!("Flink adds a volume with the name '{name}' itself: give the template's another one");
            report.fault(Subject::Pod(Role::TaskManager, "spec.volumes".to_owned()), message);
        }
        let mounts = main.map(|main| list(main, "volumeMounts")).unwrap_or_default();
        let same = |mount: &Value| {
            mount["mountPath"]
                .as_str()
                .is_some_and(|mounted| mounted.trim_end_matches('/') == path)
        };
        if mounts.iter().any(same) {
            let message = format!("Flink mounts '{path}' itself: mount the template's volume elsewhere");
            report.fault(Subject::Pod(Role::TaskManager, "volumeMounts".to_owned()), message);
        }
    }
}

fn check_sizes(objects: &[Value], report: &mut Report) {
    for object in objects {
        let parts = ["data", "binaryData"].map(|field| object[field].as_object());
        let bytes: usize = parts
            .into_iter()
            .flatten()
            .flat_map(Map::iter)
            .map(|(name, value)| name.len() + value.as_str().map_or(0, str::len))
            .sum();
        if bytes > MAX_BYTES {
            let message = format!(
                "the {} '{}' would have {bytes} bytes, and Kubernetes takes at most {MAX_BYTES}: move what is large into an artifact or the image",
                object["kind"].as_str().unwrap_or_default(),
                object["metadata"]["name"].as_str().unwrap_or_default()
            );
            report.fault(Subject::Field("size"), message);
        }
    }
}
