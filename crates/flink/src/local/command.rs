//! Command lines of the two JVMs of a local cluster, without Flink's start scripts: those need bash, start an
//! extra JVM to compute memory, and daemonise in a way that loses the exit code.
//!
//! Flags for small JVMs that start fast (measured: 3–4 s to REST and slots, 150–200 MB each at first). Flink on
//! Java 17 needs packages of the JDK opened; its scripts do that from the configuration.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use domain::ports::{Launch, PortError};

use super::memory::JvmSizes;
use super::role::{Role, Spec};

/// Packages that Flink and its serialisers reach into.
const OPENS: [&str; 12] = [
    "java.base/java.lang",
    "java.base/java.lang.reflect",
    "java.base/java.io",
    "java.base/java.net",
    "java.base/java.nio",
    "java.base/java.text",
    "java.base/java.time",
    "java.base/java.util",
    "java.base/java.util.concurrent",
    "java.base/java.util.concurrent.atomic",
    "java.base/java.util.concurrent.locks",
    "java.base/sun.nio.ch",
];
/// Packages whose public classes Flink uses.
const EXPORTS: [&str; 3] = [
    "java.base/sun.net.util",
    "java.rmi/sun.rmi.registry",
    "java.security.jgss/sun.security.krb5",
];

/// Which JVM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The JobManager.
    JobManager,
    /// A TaskManager.
    TaskManager,
}

/// What the holder is to run for a role.
pub fn spec(cluster: &Path, role: &Role, launch: &Launch, jvm: &Jvm<'_>) -> Result<Spec, PortError> {
    let conf = cluster.join("conf").display().to_string();
    let mut argv = vec![format!("{}/bin/java", launch.java_home.trim_end_matches('/'))];
    argv.extend(flags(jvm));
    argv.extend(jdk_flags());
    argv.extend([
        format!("-Dlog.file={}", role.log_file().display()),
        format!("-Dlog4j.configurationFile=file:{conf}/log4j.properties"),
        format!("-Djava.io.tmpdir={}", cluster.join("tmp").display()),
        format!("-XX:ErrorFile={}/hs_err_%p.log", role.dir.join("log").display()),
    ]);
    argv.extend(user_options(jvm.configuration, jvm.kind)?);
    argv.extend([
        "-classpath".to_owned(),
        classpath(Path::new(&launch.flink_home), &launch.jars, &conf)?,
    ]);
    argv.extend(match jvm.kind {
        Kind::JobManager => {
            vec![
                "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint".to_owned(),
                "--configDir".to_owned(),
                conf.clone(),
            ]
        }
        Kind::TaskManager => {
            vec![
                "org.apache.flink.runtime.taskexecutor.TaskManagerRunner".to_owned(),
                "--configDir".to_owned(),
                conf.clone(),
            ]
        }
    });
    let output = role.output_file();
    let output = output.strip_prefix(&role.dir).unwrap_or(&output).to_owned();
    Ok(Spec {
        argv,
        env: environment(launch, conf),
        cwd: role.dir.clone(),
        output,
    })
}

/// One JVM: which, how large, and under which configuration.
pub struct Jvm<'a> {
    /// Which.
    pub kind: Kind,
    /// How large.
    pub sizes: JvmSizes,
    /// The cluster's complete configuration.
    pub configuration: &'a BTreeMap<String, String>,
}

fn flags(jvm: &Jvm<'_>) -> Vec<String> {
    let mut flags: Vec<String> = [
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-XX:ReservedCodeCacheSize=64m",
        "-XX:-UsePerfData",
        "-XX:+IgnoreUnrecognizedVMOptions",
    ]
    .map(str::to_owned)
    .to_vec();
    if jvm.kind == Kind::TaskManager {
        // Many threads; the JobManager keeps the default, because planning SQL recurses deeply.
        flags.push("-Xss512k".to_owned());
    }
    flags.push(format!("-Xms{}", jvm.sizes.heap.min(64 << 20)));
    flags.push(format!("-Xmx{}", jvm.sizes.heap));
    flags.push(format!("-XX:MaxMetaspaceSize={}", jvm.sizes.metaspace));
    flags.extend(jvm.sizes.direct.map(|direct| format!("-XX:MaxDirectMemorySize={direct}")));
    flags
}

fn jdk_flags() -> impl Iterator<Item = String> {
    let opens = OPENS.iter().map(|package| format!("--add-opens={package}=ALL-UNNAMED"));
    opens.chain(EXPORTS.iter().map(|package| format!("--add-exports={package}=ALL-UNNAMED")))
}

/// `env.java.opts…` of the configuration, which only Flink's scripts would heed. They come after ours and win.
fn user_options(configuration: &BTreeMap<String, String>, kind: Kind) -> Result<Vec<String>, PortError> {
    let own = match kind {
        Kind::JobManager => "env.java.opts.jobmanager",
        Kind::TaskManager => "env.java.opts.taskmanager",
    };
    let mut options = Vec::new();
    for key in ["env.java.opts", "env.java.opts.all", own] {
        let Some(text) = configuration.get(key) else { continue };
        let words = split(text).ok_or_else(|| PortError::Refused {
            status: None,
            message: format!("'{key}' has a quote that is not closed"),
        })?;
        if let Some(word) = words.iter().find(|word| !word.starts_with('-')) {
            return Err(PortError::Refused {
                status: None,
                message: format!("'{key}' holds '{word}', which is not a JVM option: options begin with '-'"),
            });
        }
        options.extend(words);
    }
    Ok(options)
}

/// Words of a line, with single and double quotes.
fn split(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    for c in text.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

/// All jars of `lib`, sorted, `flink-dist` last as in Flink's scripts, then the configuration.
fn classpath(home: &Path, own: &[PathBuf], conf: &str) -> Result<String, PortError> {
    let lib = home.join("lib");
    let entries = fs::read_dir(&lib).map_err(|error| {
        PortError::GiveUp(format!(
            "the Flink distribution at {} cannot be read: {error}. Install it again or add another one",
            home.display()
        ))
    })?;
    let mut jars: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|end| end == "jar"))
        .collect();
    let is_dist = |jar: &Path| jar.file_name().is_some_and(|name| name.to_string_lossy().starts_with("flink-dist"));
    if !jars.iter().any(|jar| is_dist(jar)) {
        return Err(PortError::GiveUp(format!(
            "{} has no flink-dist jar: this is no Flink distribution",
            lib.display()
        )));
    }
    jars.sort_by_key(|jar| (is_dist(jar), jar.clone()));
    // The distribution's first: a connector must not replace Flink's own classes.
    let mut parts: Vec<String> = jars.iter().chain(own).map(|jar| jar.display().to_string()).collect();
    parts.push(conf.to_owned());
    Ok(parts.join(":"))
}

fn environment(launch: &Launch, conf: String) -> BTreeMap<String, String> {
    let home = launch.flink_home.trim_end_matches('/');
    let folder = |name: &str| format!("{home}/{name}");
    [
        ("FLINK_HOME", home.to_owned()),
        ("FLINK_CONF_DIR", conf),
        ("FLINK_BIN_DIR", folder("bin")),
        ("FLINK_LIB_DIR", folder("lib")),
        ("FLINK_OPT_DIR", folder("opt")),
        ("FLINK_PLUGINS_DIR", folder("plugins")),
        ("JAVA_HOME", launch.java_home.clone()),
        // glibc's arenas would cost 100 MB of address space and real memory in each JVM.
        ("MALLOC_ARENA_MAX", "1".to_owned()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_split_as_a_shell_would() {
        assert_eq!(split(r#"-Da=1 "-Db=x y"  -Dc='q"q' "#).unwrap(), ["-Da=1", "-Db=x y", "-Dc=q\"q"]);
        assert_eq!(split(r#"-Da="open"#), None);
        let configuration = BTreeMap::from([("env.java.opts.all".to_owned(), "-Da=1 rm".to_owned())]);
        assert!(user_options(&configuration, Kind::JobManager).is_err());
    }

    #[test]
    fn the_distribution_comes_last_in_the_class_path() {
        let dir = tempfile::tempdir().unwrap();
        let lib = dir.path().join("lib");
        fs::create_dir(&lib).unwrap();
        assert!(classpath(dir.path(), &[], "/conf").is_err());
        for name in ["flink-dist-2.2.1.jar", "log4j.jar", "a.jar", "README"] {
            fs::write(lib.join(name), "").unwrap();
        }
        let names: Vec<String> = classpath(dir.path(), &[PathBuf::from("/store/abc")], "/conf")
            .unwrap()
            .split(':')
            .map(|part| part.rsplit('/').next().unwrap().to_owned())
            .collect();
        assert_eq!(names, ["a.jar", "log4j.jar", "flink-dist-2.2.1.jar", "abc", "conf"]);
    }
}
