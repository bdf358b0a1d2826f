//! Single choices: a key or two, checked, with what Flink's client takes where they are unset.

use domain::flink_memory::{JobManagerMemory, MemoryFault};
use serde_json::{Map, Value, json};

use super::{Account, Ports, Resources, Service, Words};
use crate::description::Exposure;
use crate::fault::short;
use crate::keys;
use crate::names;
use crate::options::{Options, Pairs};

impl Options<'_> {
    pub(super) fn memory<T>(&mut self, memory: Result<T, MemoryFault>) -> Option<T> {
        memory.map_err(|fault| self.report.key(&fault.key, fault.message)).ok()
    }

    pub(super) fn replicas(&mut self, highly_available: bool) -> u32 {
        const KEY: &str = "kubernetes.jobmanager.replicas";
        if !self.version.at_least(1, 14) {
            return 1;
        }
        let Some(text) = self.text(KEY) else { return 1 };
        match text.parse::<u32>() {
            Ok(replicas) if replicas > 1 && !highly_available => {
                let message = format!("{replicas} JobManagers need high availability: turn it on, or leave this key out");
                self.report.key(KEY, message);
                1
            }
            Ok(replicas) if (1..=100).contains(&replicas) => replicas,
            _ => {
                self.report.key(
                    KEY,
                    format!("'{}' is not a number of JobManagers: expected 1 or more", short(&text)),
                );
                1
            }
        }
    }

    pub(super) fn ports(&mut self) -> Ports {
        let rest = self.port("rest.port", 8081);
        Ports {
            rest,
            rest_target: self.port("rest.bind-port", rest),
            rpc: self.port("jobmanager.rpc.port", 6123),
            blob: self.port("blob.server.port", 6124),
        }
    }

    pub(super) fn resources(&mut self, memory: Option<&JobManagerMemory>) -> Resources {
        let cpu_key = keys::cpu("jobmanager", self.version);
        let cpu = self.number(&cpu_key, f64::MIN_POSITIVE).unwrap_or(1.0);
        let (mut cpu_factor, mut memory_factor) = (1.0, 1.0);
        if self.version.at_least(1, 15) {
            for role in ["jobmanager", "taskmanager"] {
                let mut factor = |name: &str| self.number(&format!("kubernetes.{role}.{name}.limit-factor"), 1.0);
                let (cpu, memory) = (factor("cpu"), factor("memory"));
                if role == "jobmanager" {
                    (cpu_factor, memory_factor) = (cpu.unwrap_or(1.0), memory.unwrap_or(1.0));
                }
            }
        }
        let memory = memory.map_or(0, JobManagerMemory::process) >> 20;
        Resources {
            cpu,
            cpu_limit: cpu * cpu_factor,
            memory,
            memory_limit: whole(memory, memory_factor),
        }
    }

    pub(super) fn account(&mut self, role: &str) -> Account {
        let keys = [
            format!("kubernetes.{role}.service-account"),
            "kubernetes.service-account".to_owned(),
        ];
        let given = keys.iter().find_map(|key| self.object(key));
        Account {
            chosen: given.is_some(),
            name: given.unwrap_or_else(|| "default".to_owned()),
        }
    }

    pub(super) fn object(&mut self, key: &str) -> Option<String> {
        let name = self.text(key)?;
        if let Err(message) = names::object(&name) {
            self.report.key(key, message);
        }
        Some(name)
    }

    pub(super) fn folder(&mut self, key: &str, default: &str) -> String {
        let folder = self.text(key).unwrap_or_else(|| default.to_owned());
        if let Err(message) = names::path(&folder) {
            self.report.key(key, message);
        }
        folder
    }

    pub(super) fn pull_policy(&mut self) -> Option<String> {
        let policy = self.text(keys::PULL_POLICY)?;
        let known = ["IfNotPresent", "Always", "Never"];
        let word = known.iter().find(|word| word.eq_ignore_ascii_case(&policy));
        if word.is_none() {
            let message = format!("'{}' is not a pull policy: expected Always, IfNotPresent or Never", short(&policy));
            self.report.key(keys::PULL_POLICY, message);
        }
        word.map(|word| (*word).to_owned())
    }

    pub(super) fn pull_secrets(&mut self) -> Vec<String> {
        let names = self.list(keys::PULL_SECRETS);
        for name in &names {
            if let Err(message) = names::object(name) {
                self.report.key(keys::PULL_SECRETS, message);
            }
        }
        names
    }

    pub(super) fn words(&mut self, key: &str, value: Option<fn(&str) -> Result<(), String>>) -> Words {
        let words: Words = self.map(key).into_iter().collect();
        for (name, text) in &words {
            let checked = names::key(name).and_then(|()| value.map_or(Ok(()), |check| check(text)));
            if let Err(message) = checked {
                self.report.key(key, message);
            }
        }
        words
    }

    pub(super) fn tolerations(&mut self, key: &str) -> Vec<Value> {
        let maps = self.maps(key);
        maps.into_iter().map(|pairs| self.toleration(key, pairs)).collect()
    }

    pub(super) fn toleration(&mut self, key: &str, pairs: Pairs) -> Value {
        let mut toleration = Map::new();
        for (name, text) in pairs {
            let shown = short(&text);
            let value = match name.as_str() {
                "key" | "value" => Ok(Value::from(text)),
                "operator" if ["Exists", "Equal"].contains(&text.as_str()) => Ok(Value::from(text)),
                "effect" if ["NoSchedule", "PreferNoSchedule", "NoExecute"].contains(&text.as_str()) => Ok(Value::from(text)),
                "tolerationSeconds" => text.parse::<i64>().map(Value::from).map_err(|_| "expected a whole number"),
                "operator" => Err("expected Exists or Equal"),
                "effect" => Err("expected NoSchedule, PreferNoSchedule or NoExecute"),
                _ => Err("a toleration has key, operator, value, effect and tolerationSeconds"),
            };
            match value {
                Ok(value) => {
                    toleration.insert(name, value);
                }
                Err(expected) => self.report.key(key, format!("{}:{shown}: {expected}", short(&name))),
            }
        }
        Value::Object(toleration)
    }

    pub(super) fn environment(&mut self, prefix: &str) -> Vec<Value> {
        let mut environment = Vec::new();
        for (key, setting) in self.configuration.iter() {
            let Some(name) = key.strip_prefix(prefix) else { continue };
            if let Err(message) = names::variable(name) {
                self.report.key(key, message);
            }
            environment.push(json!({"name": name, "value": setting.text()}));
        }
        environment
    }

    pub(super) fn secret_environment(&mut self) -> Vec<Value> {
        let maps = self.maps(keys::SECRET_VARIABLES);
        let mut environment = Vec::new();
        for pairs in maps {
            let words: Words = pairs.into_iter().collect();
            let part = |name: &str| words.get(name).map(String::as_str).unwrap_or_default();
            let (name, secret, field) = (part("env"), part("secret"), part("key"));
            for message in [names::variable(name), names::object(secret), names::file(field)]
                .into_iter()
                .filter_map(Result::err)
            {
                let message = format!("{message} (each entry is env:NAME,secret:NAME,key:NAME)");
                self.report.key(keys::SECRET_VARIABLES, message);
            }
            environment.push(json!({"name": name, "valueFrom": {"secretKeyRef": {"name": secret, "key": field}}}));
        }
        environment
    }

    pub(super) fn owners(&mut self) -> Vec<Value> {
        const KEY: &str = "kubernetes.jobmanager.owner.reference";
        let mut owners = Vec::new();
        for pairs in self.maps(KEY) {
            let mut owner = Map::new();
            for (name, text) in pairs {
                let value = match name.as_str() {
                    "apiVersion" | "kind" | "name" | "uid" => Value::from(text),
                    "controller" | "blockOwnerDeletion" => Value::from(text.eq_ignore_ascii_case("true")),
                    _ => {
                        self.report
                            .key(KEY, format!("'{}' is not a field of an owner reference", short(&name)));
                        continue;
                    }
                };
                owner.insert(name, value);
            }
            if ["apiVersion", "kind", "name", "uid"]
                .iter()
                .any(|field| !owner.contains_key(*field))
            {
                self.report.key(KEY, "an owner reference has apiVersion, kind, name and uid");
            }
            owners.push(Value::Object(owner));
        }
        owners
    }

    /// Objects to mount, with their paths.
    pub(super) fn mounted(&mut self, key: &str, known: bool) -> Pairs {
        if !known {
            return Pairs::new();
        }
        let pairs = self.map(key);
        for (name, path) in &pairs {
            for message in [names::object(name), names::path(path)].into_iter().filter_map(Result::err) {
                self.report.key(key, message);
            }
        }
        pairs
    }

    pub(super) fn exposure(&mut self) -> Exposure {
        let headless = self.version.at_least(1, 15);
        let default = if headless { Exposure::ClusterIp } else { Exposure::LoadBalancer };
        let Some(text) = self.text(keys::EXPOSED_TYPE) else {
            return default;
        };
        let known = Exposure::ALL
            .into_iter()
            .filter(|exposure| headless || *exposure != Exposure::HeadlessClusterIp);
        let words: Vec<&str> = known.clone().map(Exposure::word).collect();
        match known.into_iter().find(|exposure| exposure.word().eq_ignore_ascii_case(&text)) {
            Some(exposure) => exposure,
            None => {
                let message = format!(
                    "'{}' is not a way to expose the REST endpoint that Flink {} knows: expected one of {}",
                    short(&text),
                    self.version,
                    words.join(", ")
                );
                self.report.key(keys::EXPOSED_TYPE, message);
                default
            }
        }
    }

    pub(super) fn service(&mut self, service: &str, annotated: bool) -> Service {
        let key = |name: &str| format!("kubernetes.{service}-service.{name}");
        Service {
            labels: if self.version.at_least(2, 2) {
                self.words(&key("labels"), Some(names::label))
            } else {
                Words::new()
            },
            annotations: if annotated {
                self.words(&key("annotations"), None)
            } else {
                Words::new()
            },
        }
    }
}

/// A number of MiB times a factor, cut to a whole number as Flink's client does.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "Flink computes with a double, and MiB are far below its precision"
)]
fn whole(mebibytes: u64, factor: f64) -> u64 {
    (mebibytes as f64 * factor) as u64
}
