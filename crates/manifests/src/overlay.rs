//! Pod templates over one another: the target's, and over it the job's, by the rule by which Flink's own parts are merged
//! into a template. Mappings are merged field by field; of lists with names what has the same name is replaced, and
//! containers of one name are merged themselves; everything else is replaced.

use files::place::Point;
use serde_json::{Map, Value};

use crate::description::{Description, PodTemplate};
use crate::fault::{Report, Role};
use crate::pod::merge;
use crate::template;

/// Lists of which an item replaces the one with the same field; without a field, both stay.
const LISTS: [(&str, &str); 12] = [
    ("volumes", "name"),
    ("env", "name"),
    ("ports", "name"),
    ("volumeMounts", "mountPath"),
    ("volumeDevices", "devicePath"),
    ("imagePullSecrets", "name"),
    ("resourceClaims", "name"),
    ("hostAliases", "ip"),
    ("envFrom", ""),
    ("tolerations", ""),
    ("readinessGates", ""),
    ("topologySpreadConstraints", ""),
];
/// Lists whose items are merged with those of the same name, in their place.
const CONTAINERS: [&str; 2] = ["containers", "initContainers"];
/// Mappings that are one choice of several, so that two of them make none.
const CHOICES: [&str; 7] = [
    "livenessProbe",
    "readinessProbe",
    "startupProbe",
    "postStart",
    "preStop",
    "seccompProfile",
    "appArmorProfile",
];
/// Both names of one field.
const ACCOUNTS: [&str; 2] = ["serviceAccountName", "serviceAccount"];

/// The template of a role's pods: all of its templates, later ones over earlier ones. None where there is none that can be read.
pub(crate) fn of(role: Role, description: &Description, report: &mut Report) -> Option<Map<String, Value>> {
    let mut all: Option<Map<String, Value>> = None;
    for template in description.templates_of(role) {
        if !description.version.at_least(1, 13) {
            report.fault(template.at(Point::WHOLE), "Flink 1.12 knows no pod templates");
        }
        let Some(read) = template::read(template, report) else { continue };
        all = Some(match all {
            Some(under) => lay(under, read),
            None => read,
        });
    }
    all
}

/// One template over another.
pub(crate) fn lay(mut under: Map<String, Value>, over: Map<String, Value>) -> Map<String, Value> {
    if ACCOUNTS.iter().any(|field| over.contains_key(*field)) {
        ACCOUNTS.iter().for_each(|field| drop(under.remove(*field)));
    }
    for (field, value) in over {
        match (under.remove(&field), value) {
            (Some(Value::Object(below)), Value::Object(above)) if !CHOICES.contains(&field.as_str()) => {
                under.insert(field, Value::Object(lay(below, above)));
            }
            (Some(Value::Array(below)), Value::Array(above)) => {
                if CONTAINERS.contains(&field.as_str()) {
                    under.insert(field, Value::Array(containers(below, above)));
                } else if let Some((_, key)) = LISTS.iter().find(|(list, _)| *list == field) {
                    under.insert(field.clone(), Value::Array(below));
                    merge(&mut under, &field, above, key);
                } else {
                    under.insert(field, Value::Array(above));
                }
            }
            (_, value) => {
                under.insert(field, value);
            }
        }
    }
    under
}

fn containers(mut below: Vec<Value>, above: Vec<Value>) -> Vec<Value> {
    for container in above {
        let same = below.iter_mut().find(|known| known["name"] == container["name"]);
        match (same, container) {
            (Some(Value::Object(known)), Value::Object(container)) => *known = lay(std::mem::take(known), container),
            (_, container) => below.push(container),
        }
    }
    below
}

/// Findings for what Flink replaces in the templates of a role's pods.
pub(crate) fn find_replaced(role: Role, description: &Description, report: &mut Report) {
    for template in description.templates_of(role) {
        template::find_replaced(template, report);
    }
}

impl Description {
    /// The templates of a role's pods, in order.
    pub(crate) fn templates_of(&self, role: Role) -> impl Iterator<Item = &PodTemplate> {
        self.templates.iter().filter(move |template| template.role == role)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn laid(under: &Value, over: &Value) -> Value {
        let [Value::Object(under), Value::Object(over)] = [under, over].map(Clone::clone) else {
            panic!()
        };
        Value::Object(lay(under, over))
    }

    #[test]
    #[allow(clippy::too_many_lines, reason = "one table")]
    fn what_has_the_same_name_is_replaced_and_the_rest_stays() {
        let table = [
            (
                "mappings by field",
                json!({"metadata": {"labels": {"a": "1", "b": "1"}}, "spec": {"nodeSelector": {"n": "1"}}}),
                json!({"metadata": {"labels": {"b": "2"}, "annotations": {"c": "3"}}}),
                json!({"metadata": {"labels": {"a": "1", "b": "2"}, "annotations": {"c": "3"}}, "spec": {"nodeSelector": {"n": "1"}}}),
            ),
            (
                "volumes by name, as a whole",
                json!({"volumes": [{"name": "jars", "emptyDir": {}}, {"name": "other", "emptyDir": {}}]}),
                json!({"volumes": [{"name": "jars", "persistentVolumeClaim": {"claimName": "c"}}]}),
                json!({"volumes": [{"name": "other", "emptyDir": {}}, {"name": "jars", "persistentVolumeClaim": {"claimName": "c"}}]}),
            ),
            (
                "variables by name, mounts by path, containers by name in their place",
                json!({"containers": [
                    {"name": "main", "image": "i", "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "1"}],
                     "volumeMounts": [{"name": "x", "mountPath": "/x/"}, {"name": "y", "mountPath": "/y"}]},
                    {"name": "side", "image": "s"},
                ]}),
                json!({"containers": [
                    {"name": "new", "image": "n"},
                    {"name": "main", "env": [{"name": "A", "valueFrom": {}}], "volumeMounts": [{"name": "z", "mountPath": "/x"}]},
                ]}),
                json!({"containers": [
                    {"name": "main", "image": "i", "env": [{"name": "B", "value": "1"}, {"name": "A", "valueFrom": {}}],
                     "volumeMounts": [{"name": "y", "mountPath": "/y"}, {"name": "z", "mountPath": "/x"}]},
                    {"name": "side", "image": "s"},
                    {"name": "new", "image": "n"},
                ]}),
            ),
            (
                "init containers keep their order",
                json!({"initContainers": [{"name": "one", "image": "1"}, {"name": "two", "image": "2"}]}),
                json!({"initContainers": [{"name": "one", "image": "3"}, {"name": "three", "image": "3"}]}),
                json!({"initContainers": [{"name": "one", "image": "3"}, {"name": "two", "image": "2"}, {"name": "three", "image": "3"}]}),
            ),
            (
                "ports by name; those without one all stay",
                json!({"ports": [{"containerPort": 1}, {"name": "p", "containerPort": 2}]}),
                json!({"ports": [{"containerPort": 3}, {"name": "p", "containerPort": 4}]}),
                json!({"ports": [{"containerPort": 1}, {"containerPort": 3}, {"name": "p", "containerPort": 4}]}),
            ),
            (
                "lists without names are joined, once each",
                json!({"tolerations": [{"key": "a"}, {"key": "b"}], "envFrom": [{"secretRef": {"name": "s"}}]}),
                json!({"tolerations": [{"key": "a"}, {"key": "c"}], "envFrom": [{"secretRef": {"name": "t"}}]}),
                json!({"tolerations": [{"key": "b"}, {"key": "a"}, {"key": "c"}],
                       "envFrom": [{"secretRef": {"name": "s"}}, {"secretRef": {"name": "t"}}]}),
            ),
            (
                "other lists and choices of one are replaced",
                json!({"command": ["a", "b"], "livenessProbe": {"exec": {}, "periodSeconds": 1}, "securityContext": {"runAsUser": 1, "fsGroup": 1}}),
                json!({"command": ["c"], "livenessProbe": {"httpGet": {}}, "securityContext": {"runAsUser": 2}}),
                json!({"command": ["c"], "livenessProbe": {"httpGet": {}}, "securityContext": {"runAsUser": 2, "fsGroup": 1}}),
            ),
            (
                "an account under either of its names",
                json!({"serviceAccountName": "a"}),
                json!({"serviceAccount": "b"}),
                json!({"serviceAccount": "b"}),
            ),
        ];
        for (what, under, over, expected) in table {
            assert_eq!(laid(&under, &over), expected, "{what}");
            assert_eq!(laid(&under, &json!({})), under, "{what}: nothing over it");
            assert_eq!(laid(&json!({}), &over), over, "{what}: over nothing");
        }
    }
}
