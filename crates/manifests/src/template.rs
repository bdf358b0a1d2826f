//! Pod templates: YAML from people, read into a JSON tree with every fault at its place.
//!
//! The JobManager's is merged here; the TaskManagers' goes to the JobManager as it was written, so what Flink would
//! stumble over there is found here. Numbers and words where Kubernetes wants a text (labels, environment, arguments)
//! are that text, as Flink's client reads them.

use std::collections::BTreeSet;

use files::place::Point;
use files::yaml::{self, Content, Node, Style};
use serde_json::{Map, Number, Value};

use crate::description::PodTemplate;
use crate::fault::{Finding, Report, short};

/// Flink's container.
pub(crate) const MAIN: &str = "flink-main-container";
/// Largest template, in bytes.
const MAX_BYTES: usize = 256 * 1024;

/// Mappings of which every value is a text.
const TEXT_MAPS: [&str; 8] = [
    "labels",
    "annotations",
    "nodeSelector",
    "matchLabels",
    "limits",
    "requests",
    "volumeAttributes",
    "data",
];
/// Fields that are texts, or lists of texts.
const TEXTS: [&str; 24] = [
    "name",
    "value",
    "key",
    "values",
    "image",
    "command",
    "args",
    "path",
    "mountPath",
    "subPath",
    "host",
    "hostname",
    "subdomain",
    "secretName",
    "claimName",
    "serviceAccountName",
    "serviceAccount",
    "priorityClassName",
    "runtimeClassName",
    "nodeName",
    "topologyKey",
    "sizeLimit",
    "hostnames",
    "storageClassName",
];
/// Lists of the specification whose items have names of their own.
const NAMED_LISTS: [&str; 3] = ["containers", "initContainers", "volumes"];

/// Reads a template; none if it is unusable.
pub(crate) fn read(template: &PodTemplate, report: &mut Report) -> Option<Map<String, Value>> {
    let before = report.faults.len();
    let mut reader = Reader { template, report };
    let root = reader.root(&template.text)?;
    reader.check(&root);
    let value = value(&root, "", "");
    match value {
        Value::Object(map) if report.faults.len() == before => Some(map),
        _ => None,
    }
}

struct Reader<'a> {
    template: &'a PodTemplate,
    report: &'a mut Report,
}

impl Reader<'_> {
    fn fault(&mut self, at: Point, message: impl Into<String>) {
        self.report.fault(self.template.at(at), message);
    }

    fn root(&mut self, text: &str) -> Option<Node> {
        if text.len() > MAX_BYTES {
            self.fault(
                Point::WHOLE,
                format!("it has {} bytes: a pod template has at most {MAX_BYTES}", text.len()),
            );
            return None;
        }
        let stream = yaml::parse(text);
        for (at, message) in stream.faults {
            self.fault(at, message);
        }
        let mut documents = stream.documents.into_iter();
        let Some(first) = documents.next() else {
            if self.report.faults.is_empty() {
                self.fault(Point::WHOLE, "it is empty: expected a Pod, or no template");
            }
            return None;
        };
        if let Some(second) = documents.next() {
            self.fault(second.at, "a second document begins here: a pod template is one");
            return None;
        }
        if !matches!(first.content, Content::Map(_)) {
            self.fault(
                first.at,
                "this is no mapping: expected a Pod with apiVersion, kind, metadata and spec",
            );
            return None;
        }
        Some(first)
    }

    fn check(&mut self, root: &Node) {
        self.no_merging(root);
        self.word(root, "apiVersion", "v1");
        self.word(root, "kind", "Pod");
        if let Content::Map(entries) = &root.content {
            for (key, _) in entries {
                if !["apiVersion", "kind", "metadata", "spec", "status"].contains(&key.text.as_str()) {
                    let message = format!("'{}' is not a field of a Pod: expected metadata or spec", short(&key.text));
                    self.fault(key.at, message);
                }
            }
        }
        if let Some(metadata) = self.map(root, "metadata") {
            for field in ["labels", "annotations"] {
                if let Some(map) = self.map(metadata, field) {
                    self.texts(map, field);
                }
            }
        }
        if let Some(spec) = self.map(root, "spec") {
            self.spec(spec);
        }
    }

    /// `<<` is no part of YAML 1.2, and not every reader of this template would follow it.
    fn no_merging(&mut self, root: &Node) {
        let mut open = vec![root];
        while let Some(node) = open.pop() {
            match &node.content {
                Content::Map(entries) => {
                    for (key, value) in entries {
                        if key.text == "<<" {
                            self.fault(key.at, "mappings are not merged with '<<' here: write the fields out");
                        }
                        open.push(value);
                    }
                }
                Content::List(items) => open.extend(items),
                Content::Scalar(..) => {}
            }
        }
    }

    fn word(&mut self, root: &Node, field: &str, expected: &str) {
        match get(root, field).map(|node| (&node.content, node.at)) {
            Some((Content::Scalar(text, _), _)) if text == expected => {}
            Some((Content::Scalar(text, _), at)) => {
                let message = format!(
                    "the {field} is '{}': a pod template is a Pod, with {field}: {expected}",
                    short(text)
                );
                self.fault(at, message);
            }
            Some((_, at)) => self.fault(at, format!("the {field} is not a word: expected {expected}")),
            None => self.fault(root.at, format!("the {field} is missing: expected {field}: {expected}")),
        }
    }

    /// A field that is a mapping if it is there.
    fn map<'n>(&mut self, of: &'n Node, field: &str) -> Option<&'n Node> {
        let node = get(of, field)?;
        match &node.content {
            Content::Map(_) => Some(node),
            Content::Scalar(text, Style::Plain) if is_null(text) => None,
            _ => {
                self.fault(node.at, format!("'{field}' is not a mapping"));
                None
            }
        }
    }

    fn texts(&mut self, map: &Node, field: &str) {
        let Content::Map(entries) = &map.content else { return };
        for (key, value) in entries {
            if !matches!(value.content, Content::Scalar(..)) {
                self.fault(value.at, format!("the value of '{}' in '{field}' is not a text", short(&key.text)));
            }
        }
    }

    /// Mappings of a field that is a list if it is there.
    fn items<'n>(&mut self, of: &'n Node, field: &str) -> Vec<&'n Node> {
        let Some(node) = get(of, field) else { return Vec::new() };
        let Content::List(items) = &node.content else {
            if !matches!(&node.content, Content::Scalar(text, Style::Plain) if is_null(text)) {
                self.fault(node.at, format!("'{field}' is not a list"));
            }
            return Vec::new();
        };
        for item in items.iter().filter(|item| !matches!(item.content, Content::Map(_))) {
            self.fault(item.at, format!("this item of '{field}' is not a mapping"));
        }
        items.iter().filter(|item| matches!(item.content, Content::Map(_))).collect()
    }

    fn spec(&mut self, spec: &Node) {
        if let Some(map) = self.map(spec, "nodeSelector") {
            self.texts(map, "nodeSelector");
        }
        for field in ["tolerations", "imagePullSecrets"] {
            self.items(spec, field);
        }
        for field in NAMED_LISTS {
            let items = self.items(spec, field);
            self.names(&items, field);
            if field == "volumes" {
                continue;
            }
            for container in items {
                for field in ["env", "ports", "volumeMounts"] {
                    self.items(container, field);
                }
                if let Some(resources) = self.map(container, "resources") {
                    for field in ["limits", "requests"] {
                        self.map(resources, field);
                    }
                }
            }
        }
    }

    fn names(&mut self, items: &[&Node], field: &str) {
        let mut seen = BTreeSet::new();
        for item in items {
            match get(item, "name").map(|node| (&node.content, node.at)) {
                Some((Content::Scalar(name, _), at)) => {
                    if !seen.insert(name.clone()) {
                        self.fault(at, format!("the name '{}' stands twice in '{field}'", short(name)));
                    }
                }
                _ => self.fault(item.at, format!("this item of '{field}' has no name")),
            }
        }
    }
}

/// A finding for each field of Flink's container that Flink replaces.
pub(crate) fn find_replaced(template: &PodTemplate, report: &mut Report) {
    let stream = yaml::parse(&template.text);
    let Some(spec) = stream.documents.first().and_then(|root| get(root, "spec")) else {
        return;
    };
    let containers = match get(spec, "containers").map(|node| &node.content) {
        Some(Content::List(items)) => items.as_slice(),
        _ => &[],
    };
    let is_main = |node: &&Node| matches!(get(node, "name").map(|name| &name.content), Some(Content::Scalar(name, _)) if name == MAIN);
    let main = containers.iter().find(is_main);
    let of_main = ["image", "command", "args"].map(|field| (main, field));
    let of_spec = ["restartPolicy", "hostNetwork"].map(|field| (Some(spec), field));
    for (of, field) in of_main.into_iter().chain(of_spec) {
        let Some(node) = of.and_then(|of| get(of, field)) else { continue };
        report.findings.push(Finding {
            code: "replaced_field",
            subject: template.at(node.at),
            message: format!("Flink sets '{field}' itself: this value is not used"),
            suggestion: None,
        });
    }
}

fn get<'n>(node: &'n Node, field: &str) -> Option<&'n Node> {
    match &node.content {
        Content::Map(entries) => entries.iter().find(|(key, _)| key.text == field).map(|(_, value)| value),
        _ => None,
    }
}

fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

/// The JSON of a node below the field `field` of the mapping `parent`.
fn value(node: &Node, parent: &str, field: &str) -> Value {
    match &node.content {
        Content::Scalar(text, Style::Plain) if TEXTS.contains(&field) || TEXT_MAPS.contains(&parent) => {
            if is_null(text) {
                Value::Null
            } else {
                Value::from(text.as_str())
            }
        }
        Content::Scalar(text, Style::Plain) => plain(text),
        Content::Scalar(text, _) => Value::from(text.as_str()),
        Content::List(items) => items.iter().map(|item| value(item, parent, field)).collect(),
        Content::Map(entries) => {
            let entries = entries.iter().map(|(key, node)| (key.text.clone(), value(node, field, &key.text)));
            Value::Object(entries.filter(|(_, value)| !value.is_null()).collect())
        }
    }
}

/// A scalar without quotes, as Kubernetes reads it: an integer that begins with 0 is octal (`defaultMode: 0644`).
fn plain(text: &str) -> Value {
    if is_null(text) {
        return Value::Null;
    }
    match text {
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let octal = digits
        .strip_prefix("0o")
        .or_else(|| digits.strip_prefix('0').filter(|rest| !rest.is_empty()));
    if let Some(number) = octal.and_then(|octal| i64::from_str_radix(octal, 8).ok()) {
        return Value::from(if text.starts_with('-') { -number } else { number });
    }
    if digits.starts_with(|c: char| c.is_ascii_digit()) {
        if let Ok(number) = text.trim_start_matches('+').parse::<i64>() {
            return Value::from(number);
        }
        let decimal = digits.bytes().all(|byte| byte.is_ascii_digit() || b".eE+-".contains(&byte));
        if let Some(number) = text.parse::<f64>().ok().filter(|_| decimal).and_then(Number::from_f64) {
            return Value::Number(number);
        }
    }
    Value::from(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Role;
    use serde_json::json;

    fn read_of(text: &str) -> Result<Value, Vec<String>> {
        let mut report = Report::default();
        let template = PodTemplate {
            role: Role::JobManager,
            of_job: false,
            text: text.to_owned(),
        };
        match read(&template, &mut report) {
            Some(map) => Ok(Value::Object(map)),
            None => Err(report.faults.iter().map(ToString::to_string).collect()),
        }
    }

    #[test]
    fn texts_are_texts_and_numbers_numbers() {
        let text = "
apiVersion: v1
kind: Pod
metadata:
  labels: {version: 1.10, on: true}
spec:
  nodeSelector: {n: 07}
  terminationGracePeriodSeconds: 30
  tolerations: [{key: k, tolerationSeconds: 5}]
  volumes: [{name: v, configMap: {name: c, defaultMode: 0644}}, {name: e, emptyDir: }]
  containers:
  - name: a
    args: [1, true, 0x10]
    env: [{name: A, value: 8081}, {name: B, value: \"x\"}]
    ports: [{containerPort: 8081}]
    resources: {limits: {cpu: 0.5}}
    securityContext: {runAsNonRoot: true}
";
        let read = read_of(text).unwrap();
        assert_eq!(
            read,
            json!({
                "apiVersion": "v1", "kind": "Pod",
                "metadata": {"labels": {"version": "1.10", "on": "true"}},
                "spec": {
                    "nodeSelector": {"n": "07"},
                    "terminationGracePeriodSeconds": 30,
                    "tolerations": [{"key": "k", "tolerationSeconds": 5}],
                    "volumes": [{"name": "v", "configMap": {"name": "c", "defaultMode": 420}}, {"name": "e"}],
                    "containers": [{
                        "name": "a", "args": ["1", "true", "0x10"],
                        "env": [{"name": "A", "value": "8081"}, {"name": "B", "value": "x"}],
                        "ports": [{"containerPort": 8081}],
                        "resources": {"limits": {"cpu": "0.5"}},
                        "securityContext": {"runAsNonRoot": true},
                    }],
                },
            })
        );
    }

    #[test]
    fn what_is_no_template_is_refused_with_its_place() {
        let pod = "apiVersion: v1\nkind: Pod\n";
        let deep = format!("{pod}spec: {}1{}\n", "[".repeat(60), "]".repeat(60));
        let bomb: String = (1..12).fold(format!("{pod}a0: &a0 [x,x,x,x,x,x,x,x,x]\n"), |text, n| {
            let before = format!("*a{},", n - 1).repeat(9);
            format!("{text}a{n}: &a{n} [{before}]\n")
        });
        let table: [(&str, &str); 18] = [
            ("", "pod template of the JobManager: it is empty"),
            ("a: [", "this is not YAML"),
            ("just words", "line 1, column 1: this is no mapping"),
            ("apiVersion: v1\nkind: Deployment\n", "line 2, column 7: the kind is 'Deployment'"),
            ("apiVersion: apps/v1\nkind: Pod\n", "line 1, column 13: the apiVersion is 'apps/v1'"),
            ("spec: {}\n", "the kind is missing"),
            (&format!("{pod}---\n{pod}"), "line 4, column 1: a second document begins here"),
            (&format!("{pod}specs: {{}}\n"), "line 3, column 1: 'specs' is not a field of a Pod"),
            (&format!("{pod}spec: []\n"), "'spec' is not a mapping"),
            (&format!("{pod}spec: {{containers: {{name: a}}}}\n"), "'containers' is not a list"),
            (
                &format!("{pod}spec:\n  containers:\n  - image: a\n"),
                "line 5, column 5: this item of 'containers' has no name",
            ),
            (
                &format!("{pod}spec:\n  volumes:\n  - name: a\n  - name: a\n"),
                "line 6, column 11: the name 'a' stands twice in 'volumes'",
            ),
            (
                &format!("{pod}metadata:\n  labels: {{a: [b]}}\n"),
                "the value of 'a' in 'labels' is not a text",
            ),
            (&format!("{pod}spec:\n\thostNetwork: true\n"), "a tab cannot indent YAML"),
            (
                &format!("{pod}metadata: &m {{name: a}}\nspec: {{<<: *m}}\n"),
                "line 4, column 8: mappings are not merged",
            ),
            (&deep, "nested more than"),
            (&bomb, "grow beyond all bounds"),
            (&format!("{pod}# {}", "x".repeat(300_000)), "a pod template has at most"),
        ];
        for (text, expected) in table {
            let faults = read_of(text).unwrap_err();
            assert!(faults.iter().any(|fault| fault.contains(expected)), "{expected}: {faults:?}");
        }
    }
}
