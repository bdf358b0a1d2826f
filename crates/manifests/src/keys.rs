//! Names of Flink's keys: what a version calls them, which are ours, and which it does not know.

use std::collections::HashMap;
use std::sync::LazyLock;

use domain::flink_configuration::Configuration;
use domain::flink_version::VersionNumber;
use strsim::damerau_levenshtein;

use crate::fault::Report;

pub(crate) const PULL_POLICY: &str = "kubernetes.container.image.pull-policy";
pub(crate) const PULL_SECRETS: &str = "kubernetes.container.image.pull-secrets";
pub(crate) const SECRETS: &str = "kubernetes.secrets";
pub(crate) const SECRET_VARIABLES: &str = "kubernetes.env.secretKeyRef";
pub(crate) const REST_ANNOTATIONS: &str = "kubernetes.rest-service.annotations";
pub(crate) const EXPOSED_TYPE: &str = "kubernetes.rest-service.exposed.type";
pub(crate) const HOST_NETWORK: &str = "kubernetes.hostnetwork.enabled";
pub(crate) const JOB_ID: &str = "$internal.pipeline.job-id";
pub(crate) const TASK_MANAGER_ARGUMENTS: &str = "kubernetes.taskmanager.entrypoint.args";

/// Key of the image.
pub(crate) fn image(version: VersionNumber) -> &'static str {
    if version.at_least(1, 17) {
        "kubernetes.container.image.ref"
    } else {
        "kubernetes.container.image"
    }
}

/// Key of a role's cores.
pub(crate) fn cpu(role: &str, version: VersionNumber) -> String {
    let amount = if version.at_least(1, 17) { ".amount" } else { "" };
    format!("kubernetes.{role}.cpu{amount}")
}

/// Key that turns high availability on.
pub(crate) fn high_availability(version: VersionNumber) -> &'static str {
    if version.at_least(1, 17) {
        "high-availability.type"
    } else {
        "high-availability"
    }
}

/// The word for Kubernetes high availability: a class up to 1.15.
pub(crate) fn kubernetes_high_availability(version: VersionNumber) -> &'static str {
    if version.at_least(1, 16) {
        "kubernetes"
    } else {
        "org.apache.flink.kubernetes.highavailability.KubernetesHaServicesFactory"
    }
}

/// Keys that were renamed because they begin other keys: old, new, and since when the new one is known.
const RENAMED: [(&str, &str, (u16, u16)); 7] = [
    ("kubernetes.container.image", "kubernetes.container.image.ref", (1, 17)),
    ("kubernetes.jobmanager.cpu", "kubernetes.jobmanager.cpu.amount", (1, 17)),
    ("kubernetes.taskmanager.cpu", "kubernetes.taskmanager.cpu.amount", (1, 17)),
    ("high-availability", "high-availability.type", (1, 17)),
    ("restart-strategy", "restart-strategy.type", (1, 17)),
    ("state.backend", "state.backend.type", (1, 17)),
    ("env.java.opts", "env.java.opts.all", (1, 18)),
];

/// The same keys under the version's newest names; of two names for one thing the new one counts, as in Flink.
pub(crate) fn renamed(given: &Configuration, version: VersionNumber) -> Configuration {
    let mut keys = Configuration::new();
    for (key, setting) in given.iter() {
        let new = RENAMED
            .iter()
            .find(|(old, _, since)| *old == key && version.at_least(since.0, since.1))
            .map(|(_, new, _)| *new);
        match new {
            Some(new) if given.contains(new) => {}
            new => keys.set(new.unwrap_or(key), setting.clone()),
        }
    }
    keys
}

/// Keys whose value is decided here: one that is written by people is refused.
const OURS: [&str; 9] = [
    "kubernetes.cluster-id",
    "kubernetes.namespace",
    "kubernetes.container.image",
    "kubernetes.container.image.ref",
    "kubernetes.internal.jobmanager.entrypoint.class",
    "internal.cluster.execution-mode",
    "execution.target",
    "$internal.application.main",
    "$internal.application.program-args",
];

/// Keys that name files of a client, which here has none.
const CLIENT_FILES: [&str; 4] = [
    "kubernetes.pod-template-file",
    "kubernetes.pod-template-file.default",
    "kubernetes.pod-template-file.jobmanager",
    "kubernetes.pod-template-file.taskmanager",
];

/// The reason why a key may not be set by people, where it may not.
#[must_use]
pub fn owned_key(key: &str) -> Option<&'static str> {
    if OURS.contains(&key) {
        Some("this key is set by Streamwright: remove it from the configuration")
    } else if CLIENT_FILES.contains(&key) {
        Some("this key names a file of the machine that submits: give the pod template itself, as the JobManager's or the TaskManagers'")
    } else {
        None
    }
}

/// Refuses keys that people cannot set here.
pub(crate) fn refuse_ours(given: &Configuration, report: &mut Report) {
    for (key, _) in given.iter() {
        if let Some(why) = owned_key(key) {
            report.key(key, why);
        } else if key.is_empty() || key.len() > 512 || !key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-$/".contains(&byte)) {
            report.key(
                &crate::fault::short(key),
                "this is not a Flink configuration key: letters, digits, '.', '-', '_', '/' and '$' are allowed",
            );
        }
    }
}

/// Minors whose classes were read; the table names the first and last of them that declares a key.
const READ: [(u16, u16); 8] = [(1, 13), (1, 14), (1, 16), (1, 18), (1, 20), (2, 0), (2, 2), (2, 3)];

/// First and last of [`READ`].
type Life = (usize, usize);

static TABLE: LazyLock<HashMap<&'static str, Life>> = LazyLock::new(|| {
    let index = |minor: &str| READ.iter().position(|(a, b)| minor == format!("{a}.{b}"));
    let line = |line: &'static str| {
        let mut parts = line.split(' ');
        let (key, first, last) = (parts.next()?, parts.next()?, parts.next()?);
        Some((key, (index(first)?, index(last)?)))
    };
    include_str!("keys.txt").lines().filter_map(line).collect()
});

/// Beginnings of keys that carry names of people's own, or that others than Flink read.
const FREE: [&str; 29] = [
    "$internal.",
    "abfs.",
    "containerized.",
    "events.reporter.",
    "external-resource.",
    "flink.",
    "fs.",
    "gs.",
    "hadoop.",
    "hive.",
    "kubernetes.operator.",
    "logger.",
    "metrics.reporter.",
    "metrics.scope.",
    "oss.",
    "pipeline.global-job-parameters",
    "presto.",
    "python.",
    "s3.",
    "s3a.",
    "s3n.",
    "sql-client.",
    "sql-gateway.",
    "streamwright.",
    "traces.reporter.",
    "user.",
    "wasb.",
    "wasbs.",
    "yarn.",
];

/// Whether a version between the neighbours of those that were read can know the key.
fn knows((first, last): Life, version: VersionNumber) -> bool {
    let after = first
        .checked_sub(1)
        .and_then(|index| READ.get(index))
        .is_none_or(|before| version.at_least(before.0, before.1 + 1));
    let before = READ.get(last + 1).is_none_or(|next| !version.at_least(next.0, next.1));
    after && before
}

/// A finding for each key that the version does not know.
pub(crate) fn find_unknown(given: &Configuration, version: VersionNumber, report: &mut Report) {
    for (key, _) in given.iter() {
        // Read from 1.19 on by the entry point, which no class of options declares in every version.
        if FREE.iter().any(|free| key.starts_with(free)) {
            continue;
        }
        match TABLE.get(key) {
            Some(life) if knows(*life, version) => {}
            Some((first, last)) => {
                let ((first, last), minor) = ((READ[*first], READ[*last]), (version.major, version.minor));
                let message = if minor < first {
                    format!(
                        "Flink {version} does not know '{key}', which came with {}.{} or shortly before",
                        first.0, first.1
                    )
                } else {
                    format!(
                        "Flink {version} no longer knows '{key}', which was last seen in {}.{}",
                        last.0, last.1
                    )
                };
                report.finding("unknown_key", key, message, None);
            }
            None => {
                let message = format!("Flink {version} does not know '{}'", crate::fault::short(key));
                let suggestion = nearest(key, version).map(|near| format!("did you mean '{near}'?"));
                report.finding("unknown_key", key, message, suggestion);
            }
        }
    }
}

/// The known key that a misspelt one was most likely to be.
fn nearest(key: &str, version: VersionNumber) -> Option<&'static str> {
    let most = (key.len() / 10).clamp(1, 3);
    let near = |known: &str| known.len().abs_diff(key.len()) <= most;
    let known = TABLE.iter().filter(|(known, life)| near(known) && knows(**life, version));
    let distances = known.map(|(known, _)| (damerau_levenshtein(known, key), *known));
    distances.filter(|(distance, _)| *distance <= most).min().map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> VersionNumber {
        text.parse().unwrap()
    }

    #[test]
    fn keys_that_a_version_does_not_know_are_found() {
        let table = [
            ("kubernetes.jobmanager.cpu.amount", "1.16.3", Some("came with 1.18")),
            ("kubernetes.jobmanager.cpu.amount", "1.17.2", None),
            ("kubernetes.jobmanager.cpu.amount", "2.3.0", None),
            ("kubernetes.persistent-volume-claims", "2.2.1", Some("came with 2.3")),
            ("mesos.master", "1.13.6", Some("does not know")),
            ("taskmanager.memory.procss.size", "1.18.1", Some("does not know")),
            ("x", "2.2.1", Some("does not know")),
            ("s3.access-key", "1.13.6", None),
            ("containerized.master.env.X", "2.2.1", None),
            ("execution.checkpointing.interval", "1.13.6", None),
            ("akka.ask.timeout", "1.13.6", None),
            ("akka.ask.timeout", "9.0.0", None),
        ];
        for (key, number, expected) in table {
            let mut report = Report::default();
            find_unknown(&[(key, "v")].into_iter().collect(), version(number), &mut report);
            let message = report.findings.first().map(|finding| finding.message.as_str());
            match expected {
                None => assert_eq!(message, None, "{key} in {number}"),
                Some(part) => assert!(
                    message.is_some_and(|message| message.contains(part)),
                    "{key} in {number}: {message:?}"
                ),
            }
        }
        let mut report = Report::default();
        find_unknown(
            &[("taskmanager.memory.procss.size", "2g")].into_iter().collect(),
            version("1.18.1"),
            &mut report,
        );
        let suggestion = report.findings[0].suggestion.as_deref();
        assert_eq!(suggestion, Some("did you mean 'taskmanager.memory.process.size'?"));
    }

    #[test]
    fn the_table_is_whole() {
        assert_eq!(TABLE.len(), include_str!("keys.txt").lines().count());
    }

    #[test]
    fn new_names_where_the_version_has_them() {
        let given: Configuration = [("kubernetes.jobmanager.cpu", "2"), ("env.java.opts", "-Da=1"), ("x", "y")]
            .into_iter()
            .collect();
        let names = |number: &str| {
            let keys = renamed(&given, version(number));
            keys.iter().map(|(key, _)| key.to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(names("1.16.3"), ["kubernetes.jobmanager.cpu", "env.java.opts", "x"]);
        assert_eq!(names("1.17.2"), ["kubernetes.jobmanager.cpu.amount", "env.java.opts", "x"]);
        assert_eq!(names("2.3.0"), ["kubernetes.jobmanager.cpu.amount", "env.java.opts.all", "x"]);
        let both: Configuration = [("high-availability", "zookeeper"), ("high-availability.type", "kubernetes")]
            .into_iter()
            .collect();
        assert_eq!(
            renamed(&both, version("2.2.1")).text("high-availability.type").unwrap(),
            "kubernetes"
        );
    }
}
