//! What the API server holds: objects by collection, their versions, and what has changed for those who watch.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use serde_json::{Value, json};

use super::answer::Refusal;
use super::handle::KubernetesOptions;
use super::pod_fault::PodFault;
use super::strict;
use crate::Flink;
use crate::fault::Fault;
use crate::record::Record;

/// Changes that are remembered.
const REMEMBERED: usize = 100_000;

/// A change, for those who watch.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) version: u64,
    pub(crate) collection: String,
    pub(crate) kind: &'static str,
    pub(crate) object: Value,
}

/// Everything.
pub(crate) struct World {
    pub(crate) options: KubernetesOptions,
    /// The version of the last change.
    pub(crate) version: u64,
    /// Who asks for what came before it is told 410.
    pub(crate) oldest: u64,
    /// By collection, then by name.
    pub(crate) objects: BTreeMap<String, BTreeMap<String, Value>>,
    pub(crate) changes: Vec<Change>,
    pub(crate) faults: Vec<Fault>,
    pub(crate) record: Record,
    pub(crate) down: bool,
    /// The token that is taken; any where unset.
    pub(crate) token: Option<String>,
    /// Verb and kind that we may not.
    pub(crate) denied: BTreeSet<(String, String)>,
    /// Verb and kind that service accounts may not.
    pub(crate) denied_accounts: BTreeSet<(String, String)>,
    /// What belongs to something deleted stays for now.
    pub(crate) hold_garbage: bool,
    /// Watches of an earlier number end.
    pub(crate) watches: u64,
    /// Watches tell nothing for now.
    pub(crate) hold_watches: bool,
    /// Status of pods of JobManagers that do not come up.
    pub(crate) pod_status: Option<Value>,
    /// Why no pod can be created.
    pub(crate) no_pods: Option<String>,
    /// Logs by pod, of an init container by `pod/container`; and of their lives before.
    pub(crate) logs: HashMap<(String, bool), String>,
    /// Grows with each change of a log.
    pub(crate) logged: u64,
    /// Logs that are followed of an earlier number break, or end.
    pub(crate) log_cuts: u64,
    /// Logs that are followed.
    pub(crate) following: usize,
    /// What is wrong with every new pod of a JobManager.
    pub(crate) pod_fault: Option<PodFault>,
    /// By the Deployment's uid.
    pub(crate) flinks: HashMap<String, Arc<Flink>>,
}

/// The path of a collection.
pub(crate) fn collection(namespace: &str, resource: &str) -> String {
    let group = match resource {
        "deployments" => "/apis/apps/v1",
        "ingresses" => "/apis/networking.k8s.io/v1",
        _ => "/api/v1",
    };
    if namespace.is_empty() {
        return format!("{group}/{resource}");
    }
    format!("{group}/namespaces/{namespace}/{resource}")
}

impl World {
    pub(crate) fn new(options: KubernetesOptions) -> Self {
        let mut world = Self {
            options,
            version: 100,
            oldest: 0,
            objects: BTreeMap::new(),
            changes: Vec::new(),
            faults: Vec::new(),
            record: Record::from_now(),
            down: false,
            token: None,
            denied: BTreeSet::new(),
            denied_accounts: BTreeSet::new(),
            hold_garbage: false,
            watches: 0,
            hold_watches: false,
            pod_status: None,
            no_pods: None,
            logs: HashMap::new(),
            logged: 0,
            log_cuts: 0,
            following: 0,
            pod_fault: None,
            flinks: HashMap::new(),
        };
        for name in ["kube-system", "default"] {
            world.add_namespace(name);
        }
        world
    }

    /// A namespace with its service account.
    pub(crate) fn add_namespace(&mut self, name: &str) {
        self.put(
            "/api/v1/namespaces",
            name,
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}),
        );
        let account = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": name}});
        self.put(&collection(name, "serviceaccounts"), "default", account);
    }

    pub(crate) fn get(&self, collection: &str, name: &str) -> Option<&Value> {
        self.objects.get(collection)?.get(name)
    }

    /// All objects of a kind in all namespaces, with their collections.
    pub(crate) fn all(&self, resource: &str) -> Vec<(String, Value)> {
        let suffix = format!("/{resource}");
        let of = self.objects.iter().filter(|(collection, _)| collection.ends_with(&suffix));
        of.flat_map(|(collection, objects)| objects.values().map(|object| (collection.clone(), object.clone())))
            .collect()
    }

    /// Stores an object without looking at it; its version grows.
    pub(crate) fn put(&mut self, collection: &str, name: &str, mut object: Value) -> Value {
        self.version += 1;
        let kind = if self.get(collection, name).is_some() {
            "MODIFIED"
        } else {
            "ADDED"
        };
        let meta = &mut object["metadata"];
        if meta["uid"].is_null() {
            meta["uid"] = uuid::Uuid::now_v7().to_string().into();
            meta["creationTimestamp"] = now().into();
        }
        meta["resourceVersion"] = self.version.to_string().into();
        self.change(collection, kind, object.clone());
        self.objects
            .entry(collection.to_owned())
            .or_default()
            .insert(name.to_owned(), object.clone());
        object
    }

    fn change(&mut self, collection: &str, kind: &'static str, object: Value) {
        if self.changes.len() >= REMEMBERED {
            self.changes.drain(..REMEMBERED / 2);
            self.oldest = self.changes.first().map_or(self.oldest, |first| first.version - 1);
        }
        self.changes.push(Change {
            version: self.version,
            collection: collection.to_owned(),
            kind,
            object,
        });
    }

    /// Creates what somebody sent.
    pub(crate) fn create(&mut self, collection: &str, resource: &str, mut object: Value) -> Result<Value, Refusal> {
        let namespace = collection.split('/').nth_back(1).unwrap_or_default().to_owned();
        let name = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        if self.get("/api/v1/namespaces", &namespace).is_none() {
            return Err(Refusal::absent("namespaces", &namespace));
        }
        if object["metadata"]["namespace"].as_str().is_some_and(|said| said != namespace) {
            let message = "the namespace of the provided object does not match the namespace sent on the request";
            return Err(Refusal::new(400, "BadRequest", message));
        }
        if self.get(collection, &name).is_some() {
            let message = format!("{} \"{name}\" already exists", super::answer::qualified(resource));
            return Err(Refusal::new(409, "AlreadyExists", message).about(resource, &name));
        }
        if let Some(wrong) = strict::wrong_object(resource, &object) {
            return Err(Refusal::invalid(resource, &name, &wrong));
        }
        object["metadata"]["namespace"] = namespace.into();
        if resource == "services" && object["spec"]["clusterIP"].is_null() {
            // Nobody listens there: the way over the API server is the one that works.
            object["spec"]["clusterIP"] = format!("127.255.0.{}", self.version % 250 + 1).into();
        }
        Ok(self.put(collection, &name, object))
    }

    /// Deletes an object, and what belongs to it.
    pub(crate) fn delete(&mut self, collection: &str, resource: &str, name: &str, options: &Value) -> Result<Value, Refusal> {
        let there = self.get(collection, name).ok_or_else(|| Refusal::absent(resource, name))?;
        let uid = there["metadata"]["uid"].clone();
        let wanted = &options["preconditions"]["uid"];
        if !wanted.is_null() && *wanted != uid {
            let (wanted, uid) = (wanted.as_str().unwrap_or_default(), uid.as_str().unwrap_or_default());
            let message = format!(
                "Operation cannot be fulfilled on {} \"{name}\": the UID in the precondition ({wanted}) does not match the UID in record ({uid}). The object might have been deleted and then recreated",
                super::answer::qualified(resource)
            );
            return Err(Refusal::new(409, "Conflict", message).about(resource, name));
        }
        self.remove(collection, name);
        self.collect();
        Ok(json!({"kind": "Status", "apiVersion": "v1", "status": "Success", "details": {"name": name, "kind": resource, "uid": uid}}))
    }

    /// Takes an object away.
    pub(crate) fn remove(&mut self, collection: &str, name: &str) {
        let Some(mut object) = self.objects.get_mut(collection).and_then(|objects| objects.remove(name)) else {
            return;
        };
        self.version += 1;
        object["metadata"]["resourceVersion"] = self.version.to_string().into();
        self.change(collection, "DELETED", object);
    }

    /// Removes what belongs to something that is gone, unless that is held back.
    pub(crate) fn collect(&mut self) {
        while !self.hold_garbage {
            let uids: BTreeSet<String> = self
                .everything()
                .filter_map(|(_, _, object)| text(&object["metadata"]["uid"]))
                .collect();
            let orphan = |object: &Value| {
                let owners = object["metadata"]["ownerReferences"].as_array().filter(|owners| !owners.is_empty());
                owners.is_some_and(|owners| {
                    owners
                        .iter()
                        .all(|owner| text(&owner["uid"]).is_none_or(|uid| !uids.contains(&uid)))
                })
            };
            let orphans = self.everything().filter(|(_, _, object)| orphan(object));
            let orphans: Vec<(String, String)> = orphans.map(|(collection, name, _)| (collection.clone(), name.clone())).collect();
            if orphans.is_empty() {
                return;
            }
            for (collection, name) in orphans {
                self.remove(&collection, &name);
            }
        }
    }

    fn everything(&self) -> impl Iterator<Item = (&String, &String, &Value)> {
        self.objects
            .iter()
            .flat_map(|(collection, objects)| objects.iter().map(move |(name, object)| (collection, name, object)))
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// Now, as Kubernetes writes it.
pub(crate) fn now() -> String {
    let text = domain::time::Millis(crate::clock::now()).rfc3339();
    text.split('.').next().map_or_else(|| text.clone(), |seconds| format!("{seconds}Z"))
}
