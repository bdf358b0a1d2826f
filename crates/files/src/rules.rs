//! What a schema cannot say: which keys go together, names, labels, and what this version cannot do yet.

use domain::artifact::ArtifactRef;
use domain::draft::{check_jar_uri, owned_key};
use domain::job::check_name;
use domain::label::{MAX_LABELS, check_label};
use domain::target::MAX_TEMPLATE_BYTES;

use crate::connection::Connection;
use crate::document::{Artifact, Cluster, ClusterTarget, Job, Mode};
use crate::restart::Restart;
use crate::yaml::short;

/// Faults by the path of the value that is at fault; the empty path is the whole document.
pub type Broken = Vec<(String, String)>;

/// How a document names a jar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Jar {
    /// An artifact of the team.
    Known(ArtifactRef),
    /// A file that is uploaded where it is new.
    File(String),
}

/// Reads `name`, `name@version` or `file:path`.
#[must_use]
pub fn jar(text: &str) -> Jar {
    if let Some(path) = text.strip_prefix("file:") {
        return Jar::File(path.to_owned());
    }
    let versioned = text
        .rsplit_once('@')
        .and_then(|(name, version)| Some((name, version.parse().ok()?)));
    Jar::Known(match versioned {
        Some((name, version)) => ArtifactRef {
            name: name.to_owned(),
            version: Some(version),
        },
        None => ArtifactRef {
            name: text.to_owned(),
            version: None,
        },
    })
}

fn name(broken: &mut Broken, name: &str, team: Option<&str>) {
    for (path, text) in [("name", Some(name)), ("team", team)] {
        if let Some(Err(why)) = text.map(check_name) {
            broken.push((path.to_owned(), format!("{path}: this cannot be used: {why}")));
        }
    }
}

/// What is wrong with a job.
pub fn job(job: &Job) -> Broken {
    let mut broken = Broken::new();
    name(&mut broken, &job.name, job.team.as_deref());
    code(&mut broken, job);
    place(&mut broken, job);
    templates(&mut broken, job);
    let jars = job.jars.iter().enumerate().map(|(index, jar)| (format!("jars.{index}"), jar));
    for (path, text) in jars.chain(job.jar.iter().map(|jar| ("jar".to_owned(), jar))) {
        let fine = match jar(text) {
            Jar::Known(known) => check_name(&known.name).is_ok() && known.version.is_none_or(|version| version > 0),
            Jar::File(file) => !file.is_empty(),
        };
        if path == "jar" && text.contains("://") {
            let advice = "names an artifact or a file beside this one; a jar in the image or in a mount is `jarUri: local:///path`";
            broken.push((path, format!("jar: {advice}")));
        } else if !fine {
            let message = format!("{path}: expected name, name@version or file:path, found '{}'", short(text));
            broken.push((path, message));
        }
    }
    for (key, value) in &job.labels {
        if let Err(why) = check_label(key, value) {
            broken.push((format!("labels.{key}"), format!("labels: '{}' cannot be used: {why}", short(key))));
        }
    }
    if job.labels.len() > MAX_LABELS {
        let message = format!("labels: at most {MAX_LABELS}, found {}", job.labels.len());
        broken.push(("labels".to_owned(), message));
    }
    if let Some(Err(bad)) = job.restart.as_ref().map(Restart::check) {
        broken.push((format!("restart.{}", bad.field), format!("restart.{}: {}", bad.field, bad.why)));
    }
    for key in job.config.keys() {
        if let Some(why) = owned_key(key) {
            broken.push((
                format!("config.{key}"),
                format!("config: the key '{key}' is set by the platform: {why}"),
            ));
        }
    }
    broken
}

fn code(broken: &mut Broken, job: &Job) {
    let given = [
        ("sql", job.sql.is_some()),
        ("sqlFile", job.sql_file.is_some()),
        ("jar", job.jar.is_some()),
        ("jarUri", job.jar_uri.is_some()),
    ];
    let given: Vec<&str> = given.iter().filter(|(_, is)| *is).map(|(key, _)| *key).collect();
    match given.as_slice() {
        [] => broken.push((String::new(), "a job needs one of sql, sqlFile, jar or jarUri".to_owned())),
        [_] => {}
        [first, .., last] => broken.push(((*last).to_owned(), format!("{last}: a job has either this or {first}, not both"))),
    }
    if let Some(Err(why)) = job.jar_uri.as_deref().map(check_jar_uri) {
        broken.push(("jarUri".to_owned(), format!("jarUri: {why}")));
    }
    if job.jar.is_none() && job.jar_uri.is_none() {
        for (key, is) in [("entryClass", job.entry_class.is_some()), ("args", !job.args.is_empty())] {
            if is {
                broken.push((key.to_owned(), format!("{key}: goes with jar or jarUri only")));
            }
        }
    }
}

fn place(broken: &mut Broken, job: &Job) {
    let mut wrong = |key: &str, message: &str| broken.push((key.to_owned(), message.to_owned()));
    match job.mode {
        Mode::Session => {
            if job.target.is_some() {
                wrong(
                    "target",
                    "target: goes with `mode: application` only; a session job names a `cluster`",
                );
            }
            if job.cluster.is_none() {
                wrong("", "the key 'cluster' is missing: the session cluster that the job runs in");
            }
            if job.jar_uri.is_some() {
                wrong(
                    "jarUri",
                    "jarUri: goes with `mode: application` only; to a session cluster the jar is sent: `jar`",
                );
            }
            for template in job.templates() {
                for (key, _) in [(template.field, template.text), (template.from_field, template.from)]
                    .iter()
                    .filter(|(_, given)| given.is_some())
                {
                    wrong(
                        key,
                        &format!("{key}: goes with `mode: application` only; a session cluster has its pods already"),
                    );
                }
            }
        }
        Mode::Application => {
            if job.cluster.is_some() {
                wrong(
                    "cluster",
                    "cluster: goes with `mode: session` only; an application names a `target`",
                );
            }
            if job.target.is_none() {
                wrong("", "the key 'target' is missing: where the clusters of the application are made");
            }
            if job.flink.is_none() {
                wrong(
                    "",
                    "the key 'flink' is missing: the Flink version of the application, such as 2.2.1",
                );
            }
        }
    }
}

fn templates(broken: &mut Broken, job: &Job) {
    for template in job.templates() {
        if template.text.is_some() && template.from.is_some() {
            let (key, other) = (template.from_field, template.field);
            broken.push((key.to_owned(), format!("{key}: a job has either this or {other}, not both")));
        }
        let bytes = template.text.map_or(0, str::len);
        if bytes > MAX_TEMPLATE_BYTES {
            let (key, kib) = (template.field, MAX_TEMPLATE_BYTES / 1024);
            broken.push((key.to_owned(), format!("{key}: has {bytes} bytes; {kib} KiB is the most")));
        }
    }
}

/// What is wrong with a cluster.
pub fn cluster(cluster: &Cluster) -> Broken {
    let mut broken = Broken::new();
    name(&mut broken, &cluster.name, cluster.team.as_deref());
    let mut needs = |key: &str, word: &str, is: bool| {
        if !is {
            broken.push((String::new(), format!("the key '{key}' is missing: a {word} cluster needs it")));
        }
    };
    let foreign: &[(&str, bool)] = match cluster.target {
        ClusterTarget::Local => {
            needs("flink", "local", cluster.flink.is_some());
            &[
                ("restUrl", cluster.rest_url.is_some()),
                ("connection", cluster.connection.is_some()),
            ]
        }
        ClusterTarget::Standalone => {
            needs("restUrl", "standalone", cluster.rest_url.is_some());
            &[
                ("flink", cluster.flink.is_some()),
                ("taskManagers", cluster.task_managers.is_some()),
                ("slots", cluster.slots.is_some()),
                ("config", !cluster.config.is_empty()),
                ("jars", cluster.jars.is_some()),
                ("running", cluster.running.is_some()),
            ]
        }
    };
    for (key, _) in foreign.iter().filter(|(_, is)| *is) {
        let other = if cluster.target == ClusterTarget::Local {
            "standalone"
        } else {
            "local"
        };
        broken.push(((*key).to_owned(), format!("{key}: is for {other} clusters only")));
    }
    broken.extend(cluster.connection.iter().flat_map(Connection::broken));
    for (index, text) in cluster.jars.iter().flatten().enumerate() {
        let advice = match jar(text) {
            Jar::Known(known) if check_name(&known.name).is_ok() && known.version.is_none_or(|version| version > 0) => continue,
            Jar::Known(_) => "",
            Jar::File(_) => "; describe the file as a document of its own, `kind: Artifact`",
        };
        let path = format!("jars.{index}");
        let message = format!("{path}: expected name or name@version, found '{}'{advice}", short(text));
        broken.push((path, message));
    }
    broken
}

/// What is wrong with an artifact.
pub fn artifact(artifact: &Artifact) -> Broken {
    let mut broken = Broken::new();
    name(&mut broken, &artifact.name, artifact.team.as_deref());
    if artifact.file.is_empty() {
        broken.push(("file".to_owned(), "file: expected a path, found nothing".to_owned()));
    }
    broken
}
