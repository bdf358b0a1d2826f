//! The configuration that the cluster starts with: what a fresh distribution ships, what forms say, what people
//! wrote, and what Flink's client adds by itself.

use domain::flink_configuration::{Configuration, list};
use domain::flink_version::VersionNumber;
use domain::run::ClaimMode;

use crate::delivery::{RUNNER_PATH, SCRIPT_PATH};
use crate::description::{Application, Description, Mode, Program};
use crate::fault::{Report, Subject};
use crate::keys;
use crate::mounts::{KEYTAB_FOLDER, KRB5_FILE};
use crate::options::Options;

/// Keys of a client, or of a host that binds to one address: they have no place in a pod.
const NOT_IN_PODS: [&str; 2] = ["kubernetes.config.file", "$internal.deployment.config-dir"];
const BIND: [&str; 4] = [
    "rest.bind-address",
    "jobmanager.bind-host",
    "taskmanager.bind-host",
    "taskmanager.host",
];
const PYTHON_DRIVER: &str = "org.apache.flink.client.python.PythonDriver";
const RPC_ADDRESS: &str = "jobmanager.rpc.address";
const JAVA_OPTIONS: &str = "env.java.opts.all";

/// Everything together. Faults are in the report.
pub(crate) fn configuration(description: &Description, report: &mut Report) -> Configuration {
    let version = description.version;
    keys::refuse_ours(&description.configuration, report);
    keys::find_unknown(&description.configuration, version, report);
    let forms = description.settings.keys(version);
    keys::find_unknown(&forms, version, report);
    let mut chosen = keys::renamed(&forms, version);
    chosen.extend(&keys::renamed(&description.configuration, version));
    if chosen.contains(RPC_ADDRESS) {
        let message = "the address of the JobManager is the one of its service: this value is not used";
        report.finding("replaced_key", RPC_ADDRESS, message, None);
    }
    let mut configuration = shipped(version, &chosen);
    java_options(&mut chosen, &configuration, version);
    configuration.extend(&chosen);
    for key in NOT_IN_PODS {
        configuration.remove(key);
    }
    if version.at_least(1, 15) {
        for key in BIND {
            configuration.remove(key);
        }
    }
    cluster_keys(&mut configuration, description);
    ports(&mut configuration, description, report);
    match &description.mode {
        Mode::Session => configuration.set("execution.target", "kubernetes-session"),
        Mode::Application(application) => application_keys(&mut configuration, application, description, report),
    }
    own_labels(&mut configuration, description, report);
    characters(&mut configuration, version);
    configuration
}

/// Up to 1.18 Flink reads its file, and Java its arguments, in the encoding of the locale, which in an image without one
/// is ASCII.
fn characters(configuration: &mut Configuration, version: VersionNumber) {
    if version.capabilities().config_yaml || configuration.iter().all(|(_, setting)| setting.text().is_ascii()) {
        return;
    }
    for role in ["master", "taskmanager"] {
        configuration.set_default(&format!("containerized.{role}.env.LC_ALL"), "C.UTF-8");
    }
}

/// What the configuration file of a fresh distribution sets, as far as it is of use in a pod.
fn shipped(version: VersionNumber, chosen: &Configuration) -> Configuration {
    let mut shipped: Configuration = [
        (RPC_ADDRESS, "localhost"),
        ("jobmanager.rpc.port", "6123"),
        ("taskmanager.numberOfTaskSlots", "1"),
        ("parallelism.default", "1"),
        ("jobmanager.execution.failover-strategy", "region"),
    ]
    .into_iter()
    .collect();
    if version.at_least(1, 15) {
        shipped.set("rest.address", "localhost");
    }
    if version.at_least(1, 18) {
        shipped.set(JAVA_OPTIONS, modules(version));
    }
    // A total beside sizes that people gave would contradict them.
    let given = |names: &[&str]| names.iter().any(|name| chosen.contains(name));
    if !given(&[
        "jobmanager.memory.flink.size",
        "jobmanager.memory.heap.size",
        "jobmanager.heap.size",
        "jobmanager.heap.mb",
    ]) {
        shipped.set("jobmanager.memory.process.size", "1600m");
    }
    let parts = chosen.contains("taskmanager.memory.task.heap.size")
        && (chosen.contains("taskmanager.memory.managed.size") || chosen.contains("taskmanager.memory.size"));
    if !parts && !given(&["taskmanager.memory.flink.size", "taskmanager.heap.size", "taskmanager.heap.mb"]) {
        shipped.set("taskmanager.memory.process.size", "1728m");
    }
    shipped
}

/// What Java 17 and later must open to Flink. The mount of the ConfigMap hides the file of the image that says so,
/// and a value of people's own would replace it: theirs is put behind it.
fn java_options(chosen: &mut Configuration, shipped: &Configuration, version: VersionNumber) {
    if !version.at_least(1, 18) {
        return;
    }
    if let (Some(theirs), Some(modules)) = (chosen.text(JAVA_OPTIONS), shipped.text(JAVA_OPTIONS)) {
        let both = if theirs.contains(&*modules) {
            theirs.into_owned()
        } else {
            format!("{modules} {theirs}")
        };
        chosen.set(JAVA_OPTIONS, both);
    }
}

fn modules(version: VersionNumber) -> String {
    let mut options = Vec::new();
    if !version.at_least(2, 1) {
        options.push("--add-exports=java.base/sun.net.util=ALL-UNNAMED".to_owned());
    }
    for package in [
        "java.rmi/sun.rmi.registry",
        "jdk.compiler/com.sun.tools.javac.api",
        "jdk.compiler/com.sun.tools.javac.file",
        "jdk.compiler/com.sun.tools.javac.parser",
        "jdk.compiler/com.sun.tools.javac.tree",
        "jdk.compiler/com.sun.tools.javac.util",
        "java.security.jgss/sun.security.krb5",
    ] {
        options.push(format!("--add-exports={package}=ALL-UNNAMED"));
    }
    for package in [
        "java.lang",
        "java.net",
        "java.io",
        "java.nio",
        "sun.nio.ch",
        "java.lang.reflect",
        "java.text",
        "java.time",
        "java.util",
        "java.util.concurrent",
        "java.util.concurrent.atomic",
        "java.util.concurrent.locks",
    ] {
        options.push(format!("--add-opens=java.base/{package}=ALL-UNNAMED"));
    }
    options.join(" ")
}

fn cluster_keys(configuration: &mut Configuration, description: &Description) {
    let version = description.version;
    configuration.set("kubernetes.cluster-id", description.cluster_id.as_str());
    if description.namespace != "default" {
        configuration.set("kubernetes.namespace", description.namespace.as_str());
    }
    configuration.set(keys::image(version), description.image.as_str());
    let role = if description.application().is_some() {
        "Application"
    } else {
        "Session"
    };
    configuration.set(
        "kubernetes.internal.jobmanager.entrypoint.class",
        format!("org.apache.flink.kubernetes.entrypoint.Kubernetes{role}ClusterEntrypoint"),
    );
    configuration.set("internal.cluster.execution-mode", "NORMAL");
    // Up to 1.15 the short name is no value that Flink understands.
    let key = keys::high_availability(version);
    if configuration
        .text(key)
        .is_some_and(|text| text.trim().eq_ignore_ascii_case("kubernetes"))
    {
        configuration.set(key, keys::kubernetes_high_availability(version));
    }
    if description.kerberos.krb5.is_some() {
        configuration.set("security.kerberos.krb5-conf.path", KRB5_FILE);
    }
    if let Some((name, _)) = &description.kerberos.keytab {
        configuration.set("security.kerberos.login.keytab", format!("{KEYTAB_FOLDER}/{name}"));
    }
}

/// Whether high availability is on, whoever provides it.
pub(crate) fn is_highly_available(configuration: &Configuration, version: VersionNumber) -> bool {
    let mode = configuration.text(keys::high_availability(version));
    mode.is_some_and(|mode| !mode.trim().is_empty() && !mode.trim().eq_ignore_ascii_case("none"))
}

/// Ports that services lead to must be known before the start.
fn ports(configuration: &mut Configuration, description: &Description, report: &mut Report) {
    let unset = |configuration: &Configuration, key: &str| configuration.text(key).is_none_or(|text| text.trim() == "0");
    for (key, port) in [("blob.server.port", "6124"), ("taskmanager.rpc.port", "6122")] {
        if unset(configuration, key) {
            configuration.set(key, port);
        }
    }
    if configuration.text("rest.bind-port").is_some_and(|text| text.trim() == "0") {
        let port = configuration.text("rest.port").map_or("8081".to_owned(), |text| text.into_owned());
        configuration.set("rest.bind-port", port);
    }
    if !is_highly_available(configuration, description.version) {
        let address = format!("{}.{}", description.cluster_id, description.namespace);
        configuration.set(RPC_ADDRESS, address);
        return;
    }
    configuration.set_default("high-availability.cluster-id", description.cluster_id.as_str());
    let key = "high-availability.jobmanager.port";
    if unset(configuration, key)
        && let Some(port) = configuration.get("jobmanager.rpc.port").cloned()
    {
        configuration.set(key, port);
    }
    let mut options = Options {
        configuration,
        version: description.version,
        report,
    };
    options.port(key, 6123);
}

fn application_keys(configuration: &mut Configuration, application: &Application, description: &Description, report: &mut Report) {
    let version = description.version;
    configuration.set("execution.target", "kubernetes-application");
    program_keys(configuration, application, version, report);
    configuration.set("execution.attached", "true");
    configuration.set("execution.shutdown-on-attached-exit", "false");
    if let Some(parallelism) = application.parallelism {
        configuration.set("parallelism.default", parallelism.max(1).to_string());
    }
    restore_keys(configuration, application, version);
    if let Some(id) = &application.job_id {
        ending_keys(configuration, id, description, report);
    }
}

fn program_keys(configuration: &mut Configuration, application: &Application, version: VersionNumber, report: &mut Report) {
    let mut arguments = Vec::new();
    let (main, jar) = match &application.program {
        Program::Jar {
            uri,
            entry_class,
            classpaths,
        } => {
            check_jar(uri, version, report);
            if !classpaths.is_empty() {
                configuration.set("pipeline.classpaths", classpaths.clone());
            }
            (entry_class.as_deref(), Some(uri.clone()))
        }
        Program::Class(class) => {
            if !version.at_least(2, 0) {
                let message = format!("Flink {version} starts a class of its own class path only from 2.0 on: give the jar that has it");
                report.fault(Subject::Field("program"), message);
            }
            (Some(class.as_str()), None)
        }
        Program::PythonFile(file) => {
            arguments.extend(["--python".to_owned(), file.clone()]);
            (Some(PYTHON_DRIVER), None)
        }
        Program::PythonModule(module) => {
            arguments.extend(["--pyModule".to_owned(), module.clone()]);
            (Some(PYTHON_DRIVER), None)
        }
        Program::Script { entry_class, .. } => {
            arguments.extend(["--script-file".to_owned(), SCRIPT_PATH.to_owned()]);
            (Some(entry_class.as_str()), Some(format!("local://{RUNNER_PATH}")))
        }
    };
    arguments.extend(application.arguments.iter().cloned());
    if let Some(main) = main {
        configuration.set("$internal.application.main", main);
    }
    if !arguments.is_empty() {
        configuration.set("$internal.application.program-args", arguments);
    }
    if let Some(jar) = jar {
        configuration.set("pipeline.jars", vec![jar]);
    }
}

fn check_jar(uri: &str, version: VersionNumber, report: &mut Report) {
    let field = Subject::Field("program");
    let shown = crate::fault::short(uri);
    let Some((scheme, rest)) = uri.split_once(':') else {
        let message = format!("'{shown}' does not say where the jar is: a file of the image or of a mount is local:///path");
        return report.fault(field, message);
    };
    if scheme == "local" {
        if !rest.trim_start_matches("//").starts_with('/') {
            report.fault(field, format!("'{shown}' is not an absolute path: expected local:///path"));
        }
    } else if !version.at_least(1, 19) {
        let message = format!(
            "Flink {version} takes a jar only from the image or a mount (local:///path), not '{shown}': it fetches jars itself from 1.19 on"
        );
        report.fault(field, message);
    }
}

fn restore_keys(configuration: &mut Configuration, application: &Application, version: VersionNumber) {
    let restore = application.restore.clone().unwrap_or_default();
    let (ignore, path, claim) = if version.at_least(1, 20) {
        (
            "execution.state-recovery.ignore-unclaimed-state",
            "execution.state-recovery.path",
            "execution.state-recovery.claim-mode",
        )
    } else {
        (
            "execution.savepoint.ignore-unclaimed-state",
            "execution.savepoint.path",
            "execution.savepoint-restore-mode",
        )
    };
    configuration.set(ignore, restore.allow_non_restored_state.to_string());
    if let Some(given) = &restore.path {
        configuration.set(path, given.as_str());
    }
    if version.at_least(1, 15) {
        let mode = match restore.claim_mode {
            ClaimMode::NoClaim => "NO_CLAIM",
            ClaimMode::Claim => "CLAIM",
        };
        configuration.set(claim, mode);
    }
}

/// What keeps the end of the job to be seen, and its results apart from those of earlier runs.
fn ending_keys(configuration: &mut Configuration, id: &str, description: &Description, report: &mut Report) {
    let version = description.version;
    if id.len() != 32 || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        report.fault(Subject::Field("job_id"), "a Flink job id has 32 hexadecimal digits");
    }
    if description.configuration.contains(keys::JOB_ID) {
        report.key(keys::JOB_ID, "the job id is the run's: remove it from the configuration");
    }
    configuration.set(keys::JOB_ID, id);
    if !version.at_least(1, 15) {
        return;
    }
    configuration.set_default("execution.shutdown-on-application-finish", "false");
    configuration.set_default("execution.submit-failed-job-on-application-error", "true");
    if !is_highly_available(configuration, version) {
        return;
    }
    if let Some(storage) = configuration.text("high-availability.storageDir") {
        let folder = format!("{}/job-result-store/{}", storage.trim_end_matches('/'), description.cluster_id);
        configuration.set_default("job-result-store.delete-on-commit", "false");
        configuration.set_default("job-result-store.storage-path", folder);
    }
}

/// TaskManagers are made by the JobManager, with labels and annotations from the configuration.
fn own_labels(configuration: &mut Configuration, description: &Description, report: &mut Report) {
    let version = description.version;
    for (key, ours) in [
        ("kubernetes.taskmanager.labels", &description.labels),
        ("kubernetes.taskmanager.annotations", &description.annotations),
    ] {
        if ours.is_empty() {
            continue;
        }
        let mut options = Options {
            configuration,
            version,
            report,
        };
        let mut pairs = options.map(key);
        pairs.retain(|(name, _)| !ours.contains_key(name));
        pairs.extend(ours.iter().map(|(name, value)| (name.clone(), value.clone())));
        let text = list::join_pairs(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        configuration.set(key, text);
    }
}
