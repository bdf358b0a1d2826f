//! What pods of a target may not have.

use domain::target::PodPolicy;
use serde_json::{Map, Value};

use crate::cluster::Cluster;
use crate::fault::{Report, Role, Subject, short};

/// Capabilities that Kubernetes' own baseline lets containers add.
const HARMLESS: [&str; 13] = [
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

/// Adds a fault for everything in a pod that the policy does not allow. Without a cluster it is judged by itself, as a
/// template of any.
pub(crate) fn check(policy: &PodPolicy, role: Role, pod: &Map<String, Value>, cluster: Option<&Cluster>, report: &mut Report) {
    let spec = &pod.get("spec").cloned().unwrap_or_default();
    let mut judge = Judge { policy, role, report };
    judge.host(spec, cluster);
    judge.account(spec, cluster);
    for (index, volume) in items(spec, "volumes").enumerate() {
        judge.volume(volume, index);
    }
    judge.security(spec, "spec.securityContext");
    for field in ["containers", "initContainers", "ephemeralContainers"] {
        for (index, container) in items(spec, field).enumerate() {
            judge.container(container, &format!("spec.{field}[{index}]"));
        }
    }
}

fn items<'v>(of: &'v Value, field: &str) -> impl Iterator<Item = &'v Value> {
    of[field].as_array().into_iter().flatten()
}

struct Judge<'a> {
    policy: &'a PodPolicy,
    role: Role,
    report: &'a mut Report,
}

impl Judge<'_> {
    fn refuse(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.report.fault(Subject::Pod(self.role, path.into()), message);
    }

    fn host(&mut self, spec: &Value, cluster: Option<&Cluster>) {
        if self.policy.host_namespaces {
            return;
        }
        for (field, what) in [("hostNetwork", "network"), ("hostPID", "processes"), ("hostIPC", "IPC")] {
            if is_true(&spec[field]) || (field == "hostNetwork" && cluster.is_some_and(|cluster| cluster.host_network)) {
                self.refuse(
                    format!("spec.{field}"),
                    format!("this target does not let pods share the {what} of their node"),
                );
            }
        }
    }

    fn account(&mut self, spec: &Value, cluster: Option<&Cluster>) {
        let own = cluster.map(|cluster| cluster.account_of(self.role));
        let of_template = ["serviceAccountName", "serviceAccount"]
            .iter()
            .find_map(|field| spec[*field].as_str());
        let account = match (of_template, &own) {
            (_, Some(own)) if own.chosen => own.name.as_str(),
            (Some(name), _) => name,
            (None, Some(own)) => own.name.as_str(),
            (None, None) => return,
        };
        let allowed = &self.policy.service_accounts;
        if !allowed.is_empty() && !allowed.iter().any(|name| name == account) {
            let message = format!(
                "this target does not allow the service account '{}': expected {}",
                short(account),
                allowed.join(" or ")
            );
            self.refuse("spec.serviceAccountName", message);
        }
    }

    fn volume(&mut self, volume: &Value, index: usize) {
        let Some(host_path) = volume.get("hostPath") else { return };
        let path = host_path["path"].as_str().unwrap_or_default();
        if !self.policy.host_paths.iter().any(|allowed| is_below(path, allowed)) {
            let message = format!("this target does not let pods mount the folder '{}' of their node", short(path));
            self.refuse(format!("spec.volumes[{index}].hostPath"), message);
        }
    }

    fn container(&mut self, container: &Value, path: &str) {
        self.security(&container["securityContext"], &format!("{path}.securityContext"));
        for (index, port) in items(container, "ports").enumerate() {
            if !self.policy.host_namespaces && port["hostPort"].as_i64().is_some_and(|port| port != 0) {
                self.refuse(
                    format!("{path}.ports[{index}].hostPort"),
                    "this target does not let pods use ports of their node",
                );
            }
        }
    }

    fn security(&mut self, context: &Value, path: &str) {
        if self.policy.privileged {
            return;
        }
        // Of a pod the context stands below its field, of a container it is the value itself.
        let context = context.get("securityContext").unwrap_or(context);
        if is_true(&context["privileged"]) {
            self.refuse(format!("{path}.privileged"), "this target does not allow privileged containers");
        }
        if is_true(&context["windowsOptions"]["hostProcess"]) {
            self.refuse(
                format!("{path}.windowsOptions.hostProcess"),
                "this target does not allow processes of the node",
            );
        }
        if context["procMount"].as_str().is_some_and(|mount| mount != "Default") {
            self.refuse(format!("{path}.procMount"), "this target does not allow an unmasked /proc");
        }
        for capability in items(&context["capabilities"], "add").filter_map(Value::as_str) {
            if !HARMLESS.contains(&capability.trim_start_matches("CAP_")) {
                let message = format!("this target does not allow the capability '{}'", short(capability));
                self.refuse(format!("{path}.capabilities.add"), message);
            }
        }
    }
}

/// Whether a field is on; a text is what the API server would refuse, and what others would read as true.
fn is_true(value: &Value) -> bool {
    value.as_bool() == Some(true) || value.as_str().is_some_and(|text| text.eq_ignore_ascii_case("true"))
}

/// Whether a path is a folder or below it. A path with `..` is below nothing.
fn is_below(path: &str, folder: &str) -> bool {
    fn parts(path: &str) -> Vec<&str> {
        path.split('/').filter(|part| !part.is_empty() && *part != ".").collect()
    }
    let (path_parts, folder_parts) = (parts(path), parts(folder));
    path.starts_with('/') && !path_parts.contains(&"..") && path_parts.starts_with(&folder_parts)
}
