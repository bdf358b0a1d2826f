//! The command line of the JobManager's container.

use domain::flink_configuration::Configuration;
use domain::flink_configuration::written::Written;
use serde_json::{Value, json};

use crate::cluster::Cluster;
use crate::description::Description;
use crate::fault::Report;
use crate::keys;

/// Keys that only the JobManager reads, by their beginnings.
const JOB_MANAGERS: [&str; 8] = [
    "$internal.",
    "execution.",
    "jobmanager.",
    "kubernetes.",
    "job-result-store.",
    "pipeline.",
    "rest.",
    "web.",
];

/// Arguments of the container.
pub(crate) fn arguments(
    description: &Description,
    cluster: &Cluster,
    configuration: &Configuration,
    written: &Written,
    report: &mut Report,
) -> Value {
    let dynamic = dynamic(description, configuration, written, report);
    if !description.version.at_least(1, 13) {
        return json!(["native-k8s", java(description, cluster, configuration) + &dynamic]);
    }
    let mode = if description.application().is_some() {
        "application"
    } else {
        "session"
    };
    let mut line = format!("kubernetes-jobmanager.sh kubernetes-{mode}");
    // Since 1.16 the arguments of an option follow, none or some.
    if description.version.at_least(1, 16) {
        line.push(' ');
        line.push_str(&cluster.entry_arguments);
    }
    if !dynamic.is_empty() {
        line.truncate(line.trim_end().len());
        line.push_str(&dynamic);
    }
    json!(["bash", "-c", line])
}

/// Values that the file cannot carry, as arguments. The JobManager passes them on to the TaskManagers that it makes,
/// but does not know what Kubernetes reads into a `$`; from 1.16 on their arguments are a key, which comes last.
fn dynamic(description: &Description, configuration: &Configuration, written: &Written, report: &mut Report) -> String {
    let mut arguments = written.arguments.clone();
    // The JobManager's variables are in its pod already, and nothing in there reads the key.
    arguments.retain(|(key, _)| !key.starts_with("containerized.master.env."));
    let mut for_task_managers = String::new();
    for (key, value) in &arguments {
        let only_job_manager = JOB_MANAGERS.iter().any(|beginning| key.starts_with(beginning));
        if key.starts_with("env.") {
            let version = description.version;
            let message = format!(
                "the start scripts of Flink {version} read this key from the file, which cannot carry '#', line breaks, and blanks at the ends"
            );
            report.key(key, message);
        } else if !only_job_manager && (value.contains("$$") || value.contains("$(")) {
            if description.version.at_least(1, 16) {
                for_task_managers.push_str(&argument(key, value));
            } else {
                let message = "TaskManagers may get another value: the JobManager passes it on as an argument, in which Kubernetes reads '$(NAME)' as \
                               a variable and '$$' as '$'";
                report.finding("not_for_task_managers", key, message, None);
            }
        }
    }
    if !for_task_managers.is_empty() {
        let given = configuration.text(keys::TASK_MANAGER_ARGUMENTS).unwrap_or_default();
        let all = format!("{given}{for_task_managers}").trim_start().to_owned();
        arguments.retain(|(key, _)| key != keys::TASK_MANAGER_ARGUMENTS);
        arguments.push((keys::TASK_MANAGER_ARGUMENTS.to_owned(), all));
    }
    arguments.iter().map(|(key, value)| argument(key, value)).collect()
}

/// `-D key=value` as one word of a shell, in arguments of a container: there Kubernetes itself reads `$(NAME)` as a
/// variable and `$$` as `$`.
fn argument(key: &str, value: &str) -> String {
    let word = format!("{key}={value}").replace('\'', r"'\''");
    let mut escaped = String::with_capacity(word.len());
    let mut rest = word.chars().peekable();
    while let Some(c) = rest.next() {
        escaped.push(c);
        if c == '$' && matches!(rest.peek(), Some('$' | '(')) {
            escaped.push('$');
        }
    }
    format!(" -D '{escaped}'")
}

/// Flink 1.12 has no start script for this: its client writes the whole line.
fn java(description: &Description, cluster: &Cluster, configuration: &Configuration) -> String {
    let Some(memory) = cluster.memory else { return String::new() };
    let text = |key: &str| configuration.text(key).unwrap_or_default().into_owned();
    let options = [text("env.java.opts"), text("env.java.opts.jobmanager")];
    let options: String = options
        .iter()
        .filter(|text| !text.is_empty())
        .map(|text| format!(" {text}"))
        .collect();
    let conf = &cluster.conf_folder;
    let logs = cluster.log_folder.as_deref().unwrap_or("/opt/flink/log");
    let role = if description.application().is_some() {
        "Application"
    } else {
        "Session"
    };
    let direct = if configuration.text("jobmanager.memory.enable-jvm-direct-memory-limit").as_deref() == Some("true") {
        format!(" -XX:MaxDirectMemorySize={}", memory.off_heap)
    } else {
        String::new()
    };
    format!(
        "$JAVA_HOME/bin/java -classpath $FLINK_CLASSPATH -Xmx{heap} -Xms{heap}{direct} -XX:MaxMetaspaceSize={metaspace}{options} \
         -Dlog.file={logs}/jobmanager.log -Dlogback.configurationFile=file:{conf}/logback-console.xml \
         -Dlog4j.configuration=file:{conf}/log4j-console.properties -Dlog4j.configurationFile=file:{conf}/log4j-console.properties \
         org.apache.flink.kubernetes.entrypoint.Kubernetes{role}ClusterEntrypoint \
         -D jobmanager.memory.off-heap.size={off_heap}b -D jobmanager.memory.jvm-overhead.min={overhead}b \
         -D jobmanager.memory.jvm-metaspace.size={metaspace}b -D jobmanager.memory.heap.size={heap}b \
         -D jobmanager.memory.jvm-overhead.max={overhead}b",
        heap = memory.heap,
        metaspace = memory.metaspace,
        off_heap = memory.off_heap,
        overhead = memory.overhead,
    )
}
