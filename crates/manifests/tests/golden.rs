//! Our objects held against those of Flink's own clients: equal as sets, but for the differences listed here.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[allow(dead_code, reason = "shared with tests of rules")]
mod recording;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use manifests::description::{Mode, Program};
use manifests::{Description, manifests};
use recording::{Recording, recordings};
use serde_json::{Value, json};

/// What differs on purpose, and why.
const DIFFERENCES: [(&str, &str); 14] = [
    (
        "replicas",
        "ours begin with 0: pods come when all dependents are there, by a patch that tests who asks",
    ),
    (
        "namespace",
        "ours name it in every object, so that they can be read and applied by themselves; the client leaves it to the path in most versions",
    ),
    (
        "log files",
        "ours bring the two files that the start scripts name, with contents of our own; from 2.1 on the client sends five more that nothing reads",
    ),
    (
        "java options",
        "a value of people's own is put behind the modules that Java 17 must open; with the client it replaces them, and Flink does not start",
    ),
    (
        "duplicates",
        "the client appends an environment variable that the template has already; ours replaces it, with the value that would win",
    ),
    (
        "client paths",
        "the client writes the paths of its own machine into the configuration, which nothing in the pod reads",
    ),
    (
        "bare conf",
        "these two cases were recorded with a configuration file that sets nothing; ours always begins with what a distribution ships",
    ),
    (
        "arguments",
        "a value with '#' is cut off in flink-conf.yaml, and the program gets broken arguments; ours gives it on the command line",
    ),
    (
        "service labels",
        "the label 'app' says which cluster a service belongs to: with the client an option can change it, with ours not",
    ),
    (
        "restart policy",
        "the client leaves a template's in place, and Kubernetes then refuses the Deployment unless it is Always",
    ),
    (
        "old names",
        "an old key that begins other keys is written under its new name: nested in config.yaml it cannot stand beside them, and of \
         env.java.opts and env.java.opts.all Flink reads only the second",
    ),
    (
        "octal",
        "the client of 1.18 reads a file mode such as 0644 as a decimal; ours reads it as Kubernetes and the other clients do",
    ),
    (
        "local upload",
        "the client copies files to the target and writes the address of the copy; ours is given that address",
    ),
    (
        "program",
        "the client asks for a jar before it does anything; from 2.0 on the cluster needs none",
    ),
];

/// Cases that the client refuses: what ours says.
const REFUSED: [(&str, &[&str], &str); 9] = [
    ("app-badid", &["1.13.6", "1.20.5", "2.2.1", "2.3.0"], "a cluster id has at most 45"),
    ("app-httpjar", &["1.13.6"], "it fetches jars itself from 1.19 on"),
    (
        "app-svc-Headless_ClusterIP",
        &["1.13.6"],
        "is not a way to expose the REST endpoint",
    ),
    ("app-nojar", &["1.13.6", "1.20.5"], "only from 2.0 on"),
    ("app-no-scheme", &["1.16.3"], "is local:///path"),
    ("app-bad-task-manager", &["2.2.1"], "less than the JVM needs"),
    ("app-replicas-no-ha", &["2.3.0"], "2 JobManagers need high availability"),
    ("app-bad-factor", &["2.3.0"], "expected at least 1"),
    ("app-port-range", &["2.3.0"], "is not a port that services can lead to"),
];

/// Cases that the client lets pass and ours refuses: what ours says, and why.
const STRICTER: [(&str, &str, &str, &str); 2] = [
    (
        "app-bad-toleration",
        "2.2.1",
        "expected Exists or Equal",
        "the API server would refuse the pods, one after the other, long after the submission",
    ),
    (
        "app-no-scheme",
        "2.2.1",
        "is local:///path",
        "up to 1.18 the client refuses a path as well; from 1.19 on it makes the JobManager copy the file from its own disk",
    ),
];

#[derive(Default)]
struct Comparison {
    used: BTreeSet<&'static str>,
    mismatches: String,
}

impl Comparison {
    fn differs(&mut self, difference: &str) {
        let known = DIFFERENCES.iter().find(|(name, _)| *name == difference);
        self.used.insert(known.unwrap().0);
    }

    fn compare(&mut self, recording: &Recording) {
        let description = recording.description();
        let made = manifests(&description);
        let refused = REFUSED
            .iter()
            .find(|(case, versions, _)| *case == recording.case && versions.contains(&recording.version.as_str()));
        if let Some((_, _, message)) = refused {
            let faults = made.unwrap_err();
            let told = faults.iter().any(|fault| fault.message.contains(message));
            assert!(told && recording.exit != 0, "{}: {faults:?}", recording.file);
            return;
        }
        let stricter = STRICTER
            .iter()
            .find(|(case, version, ..)| *case == recording.case && *version == recording.version);
        if let Some((_, _, message, reason)) = stricter {
            let told = made.unwrap_err().iter().any(|fault| fault.message.contains(message));
            assert!(told && !recording.posted().is_empty(), "{}: {reason}", recording.file);
            return;
        }
        let made = match made {
            Ok(made) => made,
            Err(faults) => {
                let _ = writeln!(self.mismatches, "{}: refused: {faults:?}", recording.file);
                return;
            }
        };
        if recording.case == "app-nojar" {
            assert!(recording.exit != 0 && recording.posted().is_empty());
            self.differs("program");
            return;
        }
        assert_eq!(made.deployment["spec"]["replicas"], json!(0));
        let mut ours = vec![made.deployment.clone()];
        ours[0]["spec"]["replicas"] = json!(made.replicas);
        self.differs("replicas");
        ours.extend(made.owned_by("uid"));
        self.arguments(&mut ours, recording);
        let ours = self.keyed(&ours, &description, None);
        let theirs = self.keyed(&recording.posted(), &description, Some(recording));
        self.same(&recording.file, "", &json!(theirs), &json!(ours));
    }

    /// Puts keys on our command line back into our file, where the client has them.
    fn arguments(&mut self, ours: &mut [Value], recording: &Recording) {
        let containers = &mut ours[0]["spec"]["template"]["spec"]["containers"];
        let arguments = &mut containers.as_array_mut().unwrap().last_mut().unwrap()["args"][2];
        let line = arguments.as_str().unwrap().to_owned();
        let Some((before, key)) = line.split_once(" -D '") else { return };
        let blank = if recording.version == "1.18.1" { " " } else { "" };
        *arguments = json!(format!("{before}{blank}"));
        let (key, value) = key.strip_suffix('\'').unwrap().split_once('=').unwrap();
        assert!(value.contains('#') && !value.contains(" -D "));
        let map = ours
            .iter_mut()
            .find(|object| object["metadata"]["name"] == "flink-config-my-app")
            .unwrap();
        let file = &mut map["data"]["flink-conf.yaml"];
        *file = json!(format!("{}{key}: {}\n", file.as_str().unwrap(), value.replace(r"'\''", "'")));
        self.differs("arguments");
    }

    /// Objects by kind and name, without what carries no meaning and without the listed differences.
    fn keyed(&mut self, objects: &[Value], description: &Description, theirs: Option<&Recording>) -> BTreeMap<String, Value> {
        let mut keyed = BTreeMap::new();
        for object in objects {
            let mut object = object.clone();
            let key = format!(
                "{} {}",
                object["kind"].as_str().unwrap(),
                object["metadata"]["name"].as_str().unwrap()
            );
            let metadata = object["metadata"].as_object_mut().unwrap();
            match metadata.remove("namespace") {
                Some(namespace) => assert_eq!(namespace, description.namespace),
                None => self.differs("namespace"),
            }
            if let Some(owner) = object["metadata"].get_mut("ownerReferences").filter(|_| object_is_dependent(&key)) {
                owner[0]["uid"] = json!("uid");
            }
            if object["kind"] == "Service" && object["metadata"]["labels"]["app"] == "mine" {
                self.differs("service labels");
                object["metadata"]["labels"]["app"] = json!(description.cluster_id);
            }
            self.data(&mut object, description, theirs);
            if object["kind"] == "Deployment" {
                self.deployment(&mut object, theirs.is_some());
            }
            assert!(keyed.insert(key.clone(), settled(object)).is_none(), "{key} twice");
        }
        keyed
    }

    fn data(&mut self, object: &mut Value, description: &Description, theirs: Option<&Recording>) {
        let Some(data) = object.get_mut("data").and_then(Value::as_object_mut) else {
            return;
        };
        let logs: Vec<String> = data.keys().filter(|name| name.starts_with("log")).cloned().collect();
        for name in logs {
            data.remove(&name);
            if name.contains("-console.") {
                data.insert(name, json!("left out"));
            } else {
                self.differs("log files");
            }
        }
        for name in ["config.yaml", "flink-conf.yaml"] {
            if let Some(Value::String(text)) = data.get(name) {
                let mut keys = recording::configuration(name, text);
                self.keys(&mut keys, description, theirs);
                data.insert(name.to_owned(), json!(keys));
            }
        }
    }

    fn keys(&mut self, keys: &mut BTreeMap<String, String>, description: &Description, theirs: Option<&Recording>) {
        // Nothing of that name is read by the loader of 1.18 and before, and an empty list is the default.
        keys.retain(|_, value| !value.is_empty());
        let options = "env.java.opts.all";
        if let Some(chosen) = description
            .configuration
            .text(options)
            .filter(|_| description.version.at_least(1, 18))
        {
            self.differs("java options");
            let value = &keys[options];
            assert!(value.ends_with(&*chosen) && (theirs.is_some() || value.starts_with("--add-exports=")));
            keys.insert(options.to_owned(), chosen.into_owned());
        }
        let Some(recording) = theirs else {
            if recording::BARE
                .iter()
                .any(|case| description.cluster_id == "my-app" && self.current_is(case, description))
            {
                self.differs("bare conf");
                for key in recording::SHIPPED {
                    keys.remove(key);
                }
            }
            return;
        };
        let before = keys.len();
        keys.retain(|key, _| !key.starts_with("kubernetes.pod-template-file"));
        if keys.len() < before {
            self.differs("client paths");
        }
        if description.kerberos.krb5.is_some() {
            self.differs("client paths");
            let path = keys.insert("security.kerberos.krb5-conf.path".to_owned(), "/etc/krb5.conf".to_owned());
            assert_eq!(path.as_deref(), Some("/client/krb5.conf"));
        }
        for (old, new) in [
            ("env.java.opts", "env.java.opts.all"),
            ("kubernetes.jobmanager.cpu", "kubernetes.jobmanager.cpu.amount"),
            ("kubernetes.taskmanager.cpu", "kubernetes.taskmanager.cpu.amount"),
            ("restart-strategy", "restart-strategy.type"),
            ("state.backend", "state.backend.type"),
        ] {
            if recording.case == "app-old-keys"
                && let Some(value) = keys.remove(old)
            {
                self.differs("old names");
                let before = keys.remove(new).map(|before| before + " ").unwrap_or_default();
                keys.insert(new.to_owned(), before + &value);
            }
        }
        if recording.case == "app-localupload" {
            self.differs("local upload");
        }
        if recording::BARE.contains(&recording.case.as_str()) {
            for key in recording::SHIPPED {
                keys.remove(key);
            }
        }
    }

    /// The cases with a bare configuration are known by the sizes that they give.
    fn current_is(&self, case: &str, description: &Description) -> bool {
        let key = match case {
            "app-flinkmem" => "jobmanager.memory.flink.size",
            _ => "jobmanager.memory.heap.size",
        };
        description.configuration.contains(key)
    }

    fn deployment(&mut self, object: &mut Value, theirs: bool) {
        let spec = &mut object["spec"]["template"]["spec"];
        if spec.as_object_mut().unwrap().remove("restartPolicy").is_some() {
            assert!(theirs);
            self.differs("restart policy");
        }
        for volume in spec["volumes"].as_array_mut().unwrap() {
            if theirs && volume["configMap"]["defaultMode"] == 644 {
                self.differs("octal");
                volume["configMap"]["defaultMode"] = json!(0o644);
            }
        }
        for volume in spec["volumes"].as_array_mut().unwrap() {
            if let Some(items) = volume["configMap"].get_mut("items").and_then(Value::as_array_mut) {
                items.retain(|item| {
                    let name = item["key"].as_str().unwrap();
                    !name.starts_with("log") || name.contains("-console.")
                });
            }
        }
        for container in spec["containers"].as_array_mut().unwrap() {
            let Some(env) = container.get_mut("env").and_then(Value::as_array_mut) else {
                continue;
            };
            let last: BTreeMap<String, Value> = env
                .iter()
                .map(|item| (item["name"].as_str().unwrap().to_owned(), item.clone()))
                .collect();
            if last.len() < env.len() {
                assert!(theirs, "ours has a variable twice");
                self.differs("duplicates");
            }
            *env = last.into_values().collect();
        }
    }

    fn same(&mut self, file: &str, path: &str, theirs: &Value, ours: &Value) {
        match (theirs, ours) {
            (Value::Object(a), Value::Object(b)) => {
                let names: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
                for name in names {
                    let (a, b) = (a.get(name).unwrap_or(&Value::Null), b.get(name).unwrap_or(&Value::Null));
                    self.same(file, &format!("{path}/{name}"), a, b);
                }
            }
            (a, b) if a == b => {}
            (a, b) => {
                let _ = writeln!(self.mismatches, "{file} {path}\n  client: {a}\n  ours:   {b}");
            }
        }
    }
}

fn object_is_dependent(key: &str) -> bool {
    !key.starts_with("Deployment ")
}

/// Lists in one order, and nothing that is empty.
fn settled(value: Value) -> Value {
    match value {
        Value::Array(items) => {
            let mut items: Vec<Value> = items.into_iter().map(settled).collect();
            items.sort_by_key(ToString::to_string);
            Value::Array(items)
        }
        Value::Object(map) => {
            let mut sorted: BTreeMap<String, Value> = map.into_iter().map(|(key, value)| (key, settled(value))).collect();
            // An empty folder is a kind of volume, not nothing.
            sorted.retain(|key, value| key == "emptyDir" || !matches!(value, Value::Object(map) if map.is_empty()));
            json!(sorted)
        }
        other => other,
    }
}

#[test]
fn objects_are_those_of_the_client() {
    let mut comparison = Comparison::default();
    let mut compared = 0;
    for recording in recordings().iter().filter(|recording| recording.of_a_client()) {
        comparison.compare(recording);
        compared += 1;
    }
    assert!(comparison.mismatches.is_empty(), "{}", comparison.mismatches);
    assert_eq!(compared, 199);
    for (name, reason) in DIFFERENCES {
        assert!(comparison.used.contains(name), "'{name}' is listed but not seen: {reason}");
    }
}

#[test]
fn the_order_is_the_deployment_and_then_what_belongs_to_it() {
    for recording in recordings() {
        let description = recording.description();
        let Ok(made) = manifests(&description) else { continue };
        let kinds: Vec<&str> = made.dependents.iter().map(|object| object["kind"].as_str().unwrap()).collect();
        assert!(
            kinds.starts_with(&["Service"]) && kinds.ends_with(&["ConfigMap"]),
            "{}: {kinds:?}",
            recording.file
        );
        for object in made.owned_by("u") {
            let owner = &object["metadata"]["ownerReferences"][0];
            assert_eq!((&owner["uid"], &owner["name"]), (&json!("u"), &made.deployment["metadata"]["name"]));
        }
        if let Mode::Application(application) = &description.mode {
            assert!(!matches!(&application.program, Program::Script { .. }));
        }
    }
}
