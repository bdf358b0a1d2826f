//! Recordings of Flink's clients, and the descriptions that mean the same as their command lines.

use std::collections::BTreeMap;
use std::io::Read as _;

use domain::flink_configuration::{Configuration, list};
use domain::run::ClaimMode;
use domain::target::PodPolicy;
use files::yaml::{self, Content, Node};
use manifests::description::{Application, Hadoop, Kerberos, Mode, Program, Restore, Settings};
use manifests::{Description, Manifests, PodTemplate, Role, manifests};
use serde_json::Value;

/// Cases that were recorded with a configuration file of their own.
pub const BARE: [&str; 2] = ["app-flinkmem", "app-heapmem"];
/// What a distribution ships and the file of those cases does not have.
pub const SHIPPED: [&str; 6] = [
    "env.java.opts.all",
    "jobmanager.execution.failover-strategy",
    "jobmanager.rpc.port",
    "parallelism.default",
    "rest.address",
    "taskmanager.numberOfTaskSlots",
];

pub struct Recording {
    pub file: String,
    pub version: String,
    pub case: String,
    pub exit: i64,
    pub json: Value,
}

pub fn recordings() -> Vec<Recording> {
    let mut text = String::new();
    let packed = include_bytes!("../golden/recordings.jsonl.gz");
    flate2::read::GzDecoder::new(&packed[..]).read_to_string(&mut text).unwrap();
    let recordings: Vec<Recording> = text.lines().map(recording).collect();
    assert_eq!(recordings.len(), 248);
    recordings
}

fn recording(line: &str) -> Recording {
    let json: Value = serde_json::from_str(line).unwrap();
    let text = |field: &str| json[field].as_str().unwrap().to_owned();
    Recording {
        file: text("file"),
        version: text("flinkVersion"),
        case: text("case"),
        exit: json["exitStatus"].as_i64().unwrap_or(0),
        json,
    }
}

impl Recording {
    /// Whether this is what a client did, and not a JobManager.
    pub fn of_a_client(&self) -> bool {
        self.json["source"].is_null()
    }

    /// Bodies of the objects that were created, in order.
    pub fn posted(&self) -> Vec<Value> {
        let calls = self.json["calls"].as_array().unwrap();
        calls
            .iter()
            .filter(|call| call["method"] == "POST")
            .map(|call| call["body"].clone())
            .collect()
    }

    /// What our function is asked for the same cluster.
    pub fn description(&self) -> Description {
        let command: Vec<&str> = self.json["command"]
            .as_array()
            .map(|words| words.iter().map(|word| word.as_str().unwrap()).collect())
            .unwrap_or_default();
        let mut description = empty(&self.version);
        let mut arguments = command.into_iter().skip(1);
        let mut application = Command::default();
        while let Some(word) = arguments.next() {
            if let Some(pair) = word.strip_prefix("-D").filter(|_| application.jar.is_none()) {
                let (key, value) = pair.split_once('=').unwrap();
                description.set(key, value);
            } else {
                application.take(word, &mut arguments, &mut description.configuration);
            }
        }
        if self.json["command"][1] == "run" || self.json["command"][1] == "run-application" {
            description.mode = Mode::Application(application.finished(self));
        }
        if self.case.contains("podtemplate") {
            let posted = self.posted();
            let map = posted
                .iter()
                .find(|object| object["metadata"]["name"] == "pod-template-my-app")
                .unwrap();
            let template = map["data"]["taskmanager-pod-template.yaml"].as_str().unwrap().to_owned();
            for role in [Role::JobManager, Role::TaskManager] {
                description.templates.push(of_target(role, template.clone()));
            }
        }
        let file = |name: &str| self.json["files"][name].as_str().map(str::to_owned);
        for (role, name) in [(Role::JobManager, "jm"), (Role::TaskManager, "tm")] {
            if let Some(text) = file(name) {
                description.templates.retain(|known| known.role != role);
                description.templates.push(of_target(role, text));
            }
        }
        if let Some(keytab) = self.json["files"]["keytab"].as_array() {
            let [name, bytes] = [0, 1].map(|index| keytab[index].as_str().unwrap().to_owned());
            description.kerberos = Kerberos {
                keytab: Some((name, bytes.into_bytes())),
                krb5: file("krb5"),
            };
        }
        if self.case == "app-hadoop" {
            let file = "<configuration></configuration>\n".to_owned();
            let files = ["core-site.xml", "hdfs-site.xml"].map(|name| (name.to_owned(), file.clone()));
            description.hadoop = Some(Hadoop::Files(files.into()));
        }
        if self.case == "app-flinkmem" {
            description.set("x", "y");
        }
        if self.case == "app-localupload" {
            let copied = if self.version == "1.20.5" || self.version == "2.3.0" {
                "file:/store/upload/pod.yaml"
            } else {
                ""
            };
            description.set("user.artifacts.artifact-list", copied);
        }
        description
    }
}

/// A template as it stands at the target.
pub fn of_target(role: Role, text: String) -> PodTemplate {
    let of_job = false;
    PodTemplate { role, of_job, text }
}

trait Set {
    fn set(&mut self, key: &str, value: &str);
}

impl Set for Description {
    fn set(&mut self, key: &str, value: &str) {
        match key {
            "kubernetes.cluster-id" => self.cluster_id = value.to_owned(),
            "kubernetes.namespace" => self.namespace = value.to_owned(),
            "kubernetes.container.image" | "kubernetes.container.image.ref" => self.image = value.to_owned(),
            key if key.starts_with("kubernetes.pod-template-file") => {}
            key => self.configuration.set(key, value),
        }
    }
}

/// A description of nothing in particular.
pub fn empty(version: &str) -> Description {
    Description {
        version: version.parse().unwrap(),
        cluster_id: "my-app".to_owned(),
        namespace: "default".to_owned(),
        image: format!("flink:{version}"),
        mode: Mode::Session,
        settings: Settings::default(),
        configuration: Configuration::new(),
        runner: None,
        artifacts: Vec::new(),
        artifact_token: None,
        templates: Vec::new(),
        hadoop: None,
        kerberos: Kerberos::default(),
        labels: BTreeMap::new(),
        annotations: BTreeMap::new(),
        logging: BTreeMap::new(),
        policy: PodPolicy {
            privileged: true,
            host_namespaces: true,
            host_paths: vec!["/".to_owned()],
            service_accounts: Vec::new(),
        },
        title: "my-app".to_owned(),
        ingress: None,
    }
}

#[derive(Default)]
struct Command {
    jar: Option<String>,
    python: Option<Program>,
    class: Option<String>,
    classpaths: Vec<String>,
    arguments: Vec<String>,
    parallelism: Option<u32>,
    restore: Restore,
}

impl Command {
    fn take<'a>(&mut self, word: &'a str, rest: &mut impl Iterator<Item = &'a str>, configuration: &mut Configuration) {
        let mut next = || rest.next().unwrap().to_owned();
        match word {
            word if self.jar.is_some() => self.arguments.push(word.to_owned()),
            "run" | "run-application" => {}
            "-t" => assert_eq!(next(), "kubernetes-application"),
            "-c" => self.class = Some(next()),
            "-C" => self.classpaths.push(next().replace("file:///", "file:/")),
            "-p" => self.parallelism = Some(next().parse().unwrap()),
            "-s" => self.restore.path = Some(next()),
            "-rm" => {
                assert_eq!(next(), "claim");
                self.restore.claim_mode = ClaimMode::Claim;
            }
            "-n" => self.restore.allow_non_restored_state = true,
            "-py" => self.python = Some(Program::PythonFile(next())),
            "-pym" => self.python = Some(Program::PythonModule(next())),
            "-pyfs" => configuration.set("python.files", next()),
            "-pyexec" => configuration.set("python.executable", next()),
            word if self.python.is_some() => self.arguments.push(word.to_owned()),
            word => self.jar = Some(word.to_owned()),
        }
    }

    fn finished(self, recording: &Recording) -> Application {
        let program = match (self.python, self.jar) {
            (Some(python), _) => python,
            (None, Some(jar)) => Program::Jar {
                uri: if recording.case == "app-localupload" {
                    "file:/store/upload/job.jar".to_owned()
                } else {
                    jar
                },
                entry_class: self.class,
                classpaths: self.classpaths,
            },
            (None, None) => Program::Class(self.class.unwrap()),
        };
        Application {
            program,
            arguments: self.arguments,
            parallelism: self.parallelism,
            restore: Some(self.restore),
            job_id: None,
        }
    }
}

/// Keys and values of a configuration file, whichever way it is written.
pub fn configuration(name: &str, text: &str) -> BTreeMap<String, String> {
    if name == "flink-conf.yaml" {
        let lines = text
            .lines()
            .filter(|line| !line.is_empty())
            .map(|line| line.split_once(": ").unwrap());
        return lines.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    }
    let stream = yaml::parse(text);
    assert!(stream.faults.is_empty(), "{:?}", stream.faults);
    let mut keys = BTreeMap::new();
    flatten(&stream.documents[0], String::new(), &mut keys);
    keys
}

fn flatten(node: &Node, path: String, into: &mut BTreeMap<String, String>) {
    let scalar = |node: &Node| match &node.content {
        Content::Scalar(text, _) => text.clone(),
        _ => panic!("a list of something"),
    };
    match &node.content {
        Content::Map(entries) => {
            for (key, value) in entries {
                let path = if path.is_empty() {
                    key.text.clone()
                } else {
                    format!("{path}.{}", key.text)
                };
                flatten(value, path, into);
            }
        }
        Content::List(items) => {
            let items: Vec<String> = items.iter().map(scalar).collect();
            into.insert(path, list::join(&items, ';'));
        }
        Content::Scalar(..) => {
            into.insert(path, scalar(node));
        }
    }
}

/// An application with nothing chosen.
pub fn application(version: &str) -> Description {
    let program = Program::Jar {
        uri: "local:///opt/flink/usrlib/job.jar".to_owned(),
        entry_class: None,
        classpaths: Vec::new(),
    };
    Description {
        mode: Mode::Application(Application {
            program,
            arguments: Vec::new(),
            parallelism: None,
            restore: None,
            job_id: None,
        }),
        ..empty(version)
    }
}

/// An application with these keys.
pub fn with(version: &str, pairs: &[(&str, &str)]) -> Description {
    let mut description = application(version);
    for (key, value) in pairs {
        description.configuration.set(*key, *value);
    }
    description
}

/// What is wrong with a description, in words.
pub fn faults(description: &Description) -> Vec<String> {
    match manifests(description) {
        Ok(_) => Vec::new(),
        Err(faults) => faults.iter().map(ToString::to_string).collect(),
    }
}

/// Flink's container of the JobManager.
pub fn main_container(made: &Manifests) -> &Value {
    let containers = made.deployment["spec"]["template"]["spec"]["containers"].as_array().unwrap();
    containers.last().unwrap()
}
