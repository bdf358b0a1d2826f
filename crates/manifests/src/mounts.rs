//! What is mounted into the JobManager's pod, and the objects that it comes from.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::cluster::Cluster;
use crate::description::{Description, Hadoop};
use crate::fault::{Report, Subject};
use crate::names;
use crate::objects;

/// Where the keytab is mounted.
pub(crate) const KEYTAB_FOLDER: &str = "/opt/kerberos/kerberos-keytab";
/// Where `krb5.conf` is mounted; its name is also the key in the ConfigMap, by which the JobManager mounts it for TaskManagers.
pub(crate) const KRB5_FILE: &str = "/etc/krb5.conf";
const HADOOP_FOLDER: &str = "/opt/hadoop/conf";
const TEMPLATE_FOLDER: &str = "/opt/flink/pod-template";
/// The file from which the JobManager reads the TaskManagers' template, if it is there.
pub(crate) const TEMPLATE_FILE: &str = "taskmanager-pod-template.yaml";

/// Parts of a pod, and objects of their own beside it.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    pub volumes: Vec<Value>,
    pub mounts: Vec<Value>,
    pub environment: Vec<Value>,
    pub objects: Vec<Value>,
}

impl Parts {
    fn mount(&mut self, name: &str, path: &str, source: (&str, Value)) {
        self.volumes.push(json!({"name": name, source.0: source.1}));
        self.mounts.push(json!({"name": name, "mountPath": path}));
    }
}

/// Parts that the configuration and the description ask for; `files` are those of Flink's folder `conf`, `template` is
/// the TaskManagers'.
pub(crate) fn parts(description: &Description, cluster: &Cluster, files: &[&str], template: Option<String>, report: &mut Report) -> Parts {
    let mut parts = Parts::default();
    if description.version.at_least(1, 19) {
        parts.mount("user-artifacts-volume", &cluster.artifacts_folder, ("emptyDir", json!({})));
    }
    for (name, path) in &cluster.secrets {
        parts.mount(&format!("{name}-volume"), path, ("secret", json!({"secretName": name})));
    }
    claims(&mut parts, cluster);
    hadoop(&mut parts, description, cluster, report);
    kerberos(&mut parts, description, report);
    let name = format!("flink-config-{}", description.cluster_id);
    let source = json!({"name": name, "items": items(files)});
    parts.mount("flink-config-volume", &cluster.conf_folder, ("configMap", source));
    if let Some(template) = template {
        let name = format!("pod-template-{}", description.cluster_id);
        let source = json!({"name": name, "items": items(&[TEMPLATE_FILE])});
        parts.mount("pod-template-volume", TEMPLATE_FOLDER, ("configMap", source));
        let data = [(TEMPLATE_FILE.to_owned(), template)].into();
        parts.objects.push(objects::config_map(description, &name, &data));
    }
    crate::delivery::add(&mut parts, description, report);
    parts
}

fn items(files: &[&str]) -> Vec<Value> {
    files.iter().map(|file| json!({"key": file, "path": file})).collect()
}

fn claims(parts: &mut Parts, cluster: &Cluster) {
    for (claim, path) in &cluster.claims {
        let (name, read_only) = (format!("{claim}-pvc"), cluster.claims_read_only);
        parts
            .volumes
            .push(json!({"name": name, "persistentVolumeClaim": {"claimName": claim, "readOnly": read_only}}));
        parts.mounts.push(json!({"name": name, "mountPath": path, "readOnly": read_only}));
    }
}

fn hadoop(parts: &mut Parts, description: &Description, cluster: &Cluster, report: &mut Report) {
    let existing = match &description.hadoop {
        Some(Hadoop::ConfigMap(name)) => {
            if let Err(message) = names::object(name) {
                report.fault(Subject::Field("hadoop"), message);
            }
            Some(name.as_str())
        }
        _ => cluster.hadoop_config_map.as_deref(),
    };
    let source = match (existing, &description.hadoop) {
        (Some(name), _) => json!({"name": name}),
        (None, Some(Hadoop::Files(files))) => {
            for message in files.keys().filter_map(|name| names::file(name).err()) {
                report.fault(Subject::Field("hadoop"), message);
            }
            let name = format!("hadoop-config-{}", description.cluster_id);
            let names: Vec<&str> = files.keys().map(String::as_str).collect();
            parts.objects.push(objects::config_map(description, &name, files));
            json!({"name": name, "items": items(&names)})
        }
        _ => return,
    };
    parts.mount("hadoop-config-volume", HADOOP_FOLDER, ("configMap", source));
    parts.environment.push(json!({"name": "HADOOP_CONF_DIR", "value": HADOOP_FOLDER}));
}

fn kerberos(parts: &mut Parts, description: &Description, report: &mut Report) {
    if let Some((file, bytes)) = &description.kerberos.keytab {
        if let Err(message) = names::file(file) {
            report.fault(Subject::Field("kerberos"), message);
        }
        if !description.configuration.contains("security.kerberos.login.principal") {
            let message = "a keytab needs the principal that it is for: set 'security.kerberos.login.principal'";
            report.fault(Subject::Field("kerberos"), message);
        }
        let name = format!("kerberos-keytab-{}", description.cluster_id);
        parts.mount("kerberos-keytab-volume", KEYTAB_FOLDER, ("secret", json!({"secretName": name})));
        let mut secret = objects::bare(description, "Secret", &name);
        secret["data"] = json!({file: STANDARD.encode(bytes)});
        parts.objects.push(secret);
    }
    if let Some(krb5) = &description.kerberos.krb5 {
        let name = format!("kerberos-krb5conf-{}", description.cluster_id);
        let source = json!({"name": name, "items": items(&["krb5.conf"])});
        parts.volumes.push(json!({"name": "kerberos-krb5conf-volume", "configMap": source}));
        parts
            .mounts
            .push(json!({"name": "kerberos-krb5conf-volume", "mountPath": KRB5_FILE, "subPath": "krb5.conf"}));
        let mut map = objects::bare(description, "ConfigMap", &name);
        map["data"] = json!({"krb5.conf": krb5});
        parts.objects.push(map);
    }
}

/// Names of volumes and paths that the JobManager adds to the TaskManagers' pods, whatever their template has.
pub(crate) fn added_to_task_managers(description: &Description, cluster: &Cluster) -> Vec<(String, String)> {
    let mut added = vec![("flink-config-volume".to_owned(), cluster.conf_folder.clone())];
    let mut add = |name: &str, path: &str| added.push((name.to_owned(), path.to_owned()));
    for (name, path) in &cluster.secrets {
        add(&format!("{name}-volume"), path);
    }
    for (name, path) in &cluster.claims {
        add(&format!("{name}-pvc"), path);
    }
    if description.hadoop.is_some() || cluster.hadoop_config_map.is_some() {
        add("hadoop-config-volume", HADOOP_FOLDER);
    }
    if description.kerberos.keytab.is_some() {
        add("kerberos-keytab-volume", KEYTAB_FOLDER);
    }
    if description.kerberos.krb5.is_some() {
        add("kerberos-krb5conf-volume", KRB5_FILE);
    }
    added
}
