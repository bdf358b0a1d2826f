//! Configuration files of a local cluster: Flink's (by version) and the logging's.
//!
//! Up to 1.18 it is `flink-conf.yaml`, lines of `key: value` that no quoting can save from a `#` or a line
//! break; from 1.19 on `config.yaml`, which is YAML, where a key twice is a start-up error. Addresses, ports
//! and folders are ours and a user's value for them is not taken: a cluster that listens elsewhere is lost.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

use domain::flink_version::VersionNumber;
use domain::ports::{Launch, PortError};

use super::ports::Ports;
use super::role::write_atomically;

/// Loopback: a local cluster has no authentication and must not be reachable from elsewhere.
const LOOPBACK: &str = "127.0.0.1";

/// The complete configuration: ours below, the user's on it, and what nobody may change on top.
pub fn complete(cluster: &Path, launch: &Launch, ports: Ports) -> Result<BTreeMap<String, String>, PortError> {
    let mut configuration = defaults(cluster);
    for (key, value) in &launch.configuration {
        check(key, value, launch.version)?;
        configuration.insert(key.clone(), value.clone());
    }
    configuration.extend(owned(cluster, launch, ports));
    Ok(configuration)
}

fn defaults(cluster: &Path) -> BTreeMap<String, String> {
    pairs([
        ("parallelism.default", "1".to_owned()),
        // Else a TaskManager that was there first waits 10 s before it asks again.
        ("cluster.registration.error-delay", "300".to_owned()),
        ("cluster.registration.refused-registration-delay", "300".to_owned()),
        // Flink caches what it says of jobs for this long (3 s by default).
        ("web.refresh-interval", "500".to_owned()),
        ("metrics.fetcher.update-interval", "1000".to_owned()),
        ("jobmanager.archive.fs.dir", format!("file://{}", cluster.join("archive").display())),
    ])
}

fn owned(cluster: &Path, launch: &Launch, ports: Ports) -> BTreeMap<String, String> {
    let folder = |name: &str| cluster.join(name).display().to_string();
    pairs([
        ("jobmanager.rpc.address", LOOPBACK.to_owned()),
        ("jobmanager.rpc.port", ports.rpc.to_string()),
        ("jobmanager.bind-host", LOOPBACK.to_owned()),
        ("rest.address", LOOPBACK.to_owned()),
        ("rest.bind-address", LOOPBACK.to_owned()),
        ("rest.port", ports.rest.to_string()),
        ("rest.bind-port", ports.rest.to_string()),
        ("taskmanager.host", LOOPBACK.to_owned()),
        ("taskmanager.bind-host", LOOPBACK.to_owned()),
        ("taskmanager.numberOfTaskSlots", launch.slots.to_string()),
        ("io.tmp.dirs", folder("tmp")),
        ("web.tmpdir", folder("tmp")),
        ("web.upload.dir", folder("upload")),
        ("web.submit.enable", "true".to_owned()),
        ("web.cancel.enable", "true".to_owned()),
    ])
}

fn pairs<const N: usize>(pairs: [(&str, String); N]) -> BTreeMap<String, String> {
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

fn check(key: &str, value: &str, version: VersionNumber) -> Result<(), PortError> {
    let refuse = |message: String| Err(PortError::Refused { status: None, message });
    if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-$".contains(&byte)) {
        return refuse(format!(
            "'{key}' is not a Flink configuration key: letters, digits, '.', '-', '_' and '$' are allowed"
        ));
    }
    let plain = !value.contains(['\n', '\r']) && !value.contains('#') && value.trim() == value && !value.is_empty();
    if !version.capabilities().config_yaml && !plain {
        return refuse(format!(
            "the value of '{key}' cannot be written into the configuration of Flink {version}: before 1.19 it may not be empty, hold '#' or line breaks, or begin or end with a space"
        ));
    }
    Ok(())
}

/// Writes the folder `conf`: Flink's configuration and the logging's. Readable by the owner alone, because
/// users put credentials into it.
pub fn write(cluster: &Path, configuration: &BTreeMap<String, String>, version: VersionNumber) -> io::Result<()> {
    let conf = cluster.join("conf");
    fs::create_dir_all(&conf)?;
    let yaml = version.capabilities().config_yaml;
    let (name, other) = if yaml {
        ("config.yaml", "flink-conf.yaml")
    } else {
        ("flink-conf.yaml", "config.yaml")
    };
    // Of two files Flink would read the one of an earlier version of this cluster.
    match fs::remove_file(conf.join(other)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    write_atomically(&conf.join(name), text(configuration, yaml).as_bytes())?;
    write_atomically(&conf.join("log4j.properties"), LOG4J.as_bytes())
}

fn text(configuration: &BTreeMap<String, String>, yaml: bool) -> String {
    let mut text = String::from("# Written by Streamwright at each launch: changes made here are lost.\n");
    for (key, value) in configuration {
        // JSON's quoting is YAML's, too.
        let value = if yaml {
            serde_json::Value::from(value.as_str()).to_string()
        } else {
            value.clone()
        };
        let _ = writeln!(text, "{key}: {value}");
    }
    text
}

/// Logging of both roles: the file is named by the property `log.file` of each JVM.
const LOG4J: &str = "\
# Written by Streamwright at each launch: changes made here are lost.
rootLogger.level = INFO
rootLogger.appenderRef.file.ref = File
appender.file.name = File
appender.file.type = RollingFile
appender.file.append = true
appender.file.fileName = ${sys:log.file}
appender.file.filePattern = ${sys:log.file}.%i
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = %d{yyyy-MM-dd HH:mm:ss,SSS} %-5p %-60c %x - %m%n
appender.file.policies.type = Policies
appender.file.policies.size.type = SizeBasedTriggeringPolicy
appender.file.policies.size.size = 16MB
appender.file.strategy.type = DefaultRolloverStrategy
appender.file.strategy.max = 4
";

#[cfg(test)]
mod tests {
    use super::*;

    fn launch(version: &str, configuration: &[(&str, &str)]) -> Launch {
        Launch {
            name: "c1".to_owned(),
            flink_home: "/f".to_owned(),
            java_home: "/j".to_owned(),
            version: version.parse().unwrap(),
            task_managers: 1,
            slots: 3,
            rest_port: None,
            jars: Vec::new(),
            configuration: configuration
                .iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect(),
        }
    }

    const PORTS: Ports = Ports { rest: 20_001, rpc: 20_002 };

    #[test]
    fn addresses_are_ours_and_the_rest_is_the_users() {
        let launch = launch(
            "2.2.1",
            &[("rest.port", "80"), ("web.refresh-interval", "9 s"), ("s3.secret-key", "a#b")],
        );
        let configuration = complete(Path::new("/c"), &launch, PORTS).unwrap();
        assert_eq!(configuration["rest.port"], "20001");
        assert_eq!(configuration["web.refresh-interval"], "9 s");
        assert_eq!(configuration["taskmanager.numberOfTaskSlots"], "3");
        let text = text(&configuration, true);
        assert!(text.contains("\nrest.port: \"20001\"\n"));
        assert!(text.contains("\ns3.secret-key: \"a#b\"\n"));
    }

    #[test]
    fn what_the_old_format_cannot_carry_is_refused() {
        for bad in ["a#b", "a\nb", " a", ""] {
            let old = launch("1.18.1", &[("key", bad)]);
            assert!(
                matches!(complete(Path::new("/c"), &old, PORTS), Err(PortError::Refused { .. })),
                "{bad:?}"
            );
            let new = launch("1.19.3", &[("key", bad)]);
            assert!(complete(Path::new("/c"), &new, PORTS).is_ok(), "{bad:?}");
        }
        assert!(complete(Path::new("/c"), &launch("2.2.1", &[("a: b\nc", "d")]), PORTS).is_err());
    }

    #[test]
    fn one_file_stays_when_the_version_changes() {
        let dir = tempfile::tempdir().unwrap();
        let of = |version: &str| {
            let launch = launch(version, &[]);
            write(dir.path(), &complete(dir.path(), &launch, PORTS).unwrap(), launch.version).unwrap();
            let mut names: Vec<String> = fs::read_dir(dir.path().join("conf"))
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            names.sort();
            names
        };
        assert_eq!(of("1.18.1"), ["flink-conf.yaml", "log4j.properties"]);
        assert_eq!(of("1.20.5"), ["config.yaml", "log4j.properties"]);
    }
}
