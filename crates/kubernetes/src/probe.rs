//! A pod for a moment: whether the image can be pulled, whether quota and admission let it in, whether it reaches what it asks
//! for. Whatever happens it is deleted again, by uid, and what an earlier one left, too.

use std::time::{Duration, Instant};

use domain::log::ContainerLog;
use domain::ports::{PodProbe, PodRole, PortError, ProbeWatcher};
use domain::target::{CheckOutcome, TargetCheck};
use serde_json::{Value, json};

use crate::api::{Api, encode};
use crate::fault::{Fault, Refusal};
use crate::sight::main_container;
use crate::{cause, delete, log};

/// What is looked at, as it is called in a report.
const ADMITTED: &str = "probe pod: quota and admission";
const PULLED: &str = "probe pod: pull the image";
const REACHES: &str = "probe pod: reach this server for artifacts";
/// Tries of the pod after which it does not reach anything.
const TRIES: usize = 3;
/// Why the rest is not known after a cancel.
const CANCELLED: &str = "the probe was cancelled";
/// Most bytes of its log that are read.
const LOG: usize = 4_096;
/// How often a pod that is being deleted is looked for.
const GONE_LOOKS: u32 = 60;

/// See [`domain::ports::KubernetesControl::probe`].
pub async fn probe(api: &Api, pause: Duration, probe: &PodProbe, watcher: &dyn ProbeWatcher) -> Result<Vec<TargetCheck>, PortError> {
    watcher.told("Removing what an earlier probe has left.").await;
    remove(api, &probe.label, pause).await?;
    let outcome = run(api, pause, probe, watcher).await;
    watcher.told("Deleting the probe pod.").await;
    match (outcome, remove(api, &probe.label, pause).await) {
        (outcome, Ok(())) => outcome,
        (Err(why), Err(left)) => Err(PortError::GiveUp(format!("{why}; and the pod could not be deleted: {left}"))),
        (Ok(mut checks), Err(left)) => {
            let message = format!(
                "{left}: the next probe tries again, or delete the pods with the label {}",
                probe.label
            );
            checks.push(check("probe pod: deletion", CheckOutcome::Failed, message));
            Ok(checks)
        }
    }
}

fn check(what: &str, outcome: CheckOutcome, message: impl Into<String>) -> TargetCheck {
    TargetCheck {
        what: what.to_owned(),
        outcome,
        message: message.into(),
    }
}

/// What is known at the end: what nobody came to is not tested.
fn report(known: Vec<TargetCheck>, why: &str) -> Vec<TargetCheck> {
    let mut checks = known;
    for what in [ADMITTED, PULLED, REACHES] {
        if checks.iter().all(|check| check.what != what) {
            checks.push(check(what, CheckOutcome::NotTested, why));
        }
    }
    checks
}

async fn run(api: &Api, pause: Duration, probe: &PodProbe, watcher: &dyn ProbeWatcher) -> Result<Vec<TargetCheck>, PortError> {
    if !watcher.told("Creating the probe pod.").await {
        return Ok(report(Vec::new(), CANCELLED));
    }
    let refused = |refusal: &Refusal, why: &str| {
        let said = check(ADMITTED, CheckOutcome::Failed, cause::not_created(&refusal.message));
        Ok(report(vec![said], why))
    };
    let made = match api.post(&api.path("pods"), &probe.pod).await {
        Err(Fault::Refused(refusal)) => return refused(&refusal, "there is no pod"),
        made => made?,
    };
    let text = |key: &str| made["metadata"][key].as_str().unwrap_or_default();
    let (name, uid) = (text("name"), text("uid"));
    let mut map = probe.map.clone();
    map["metadata"]["ownerReferences"] = json!([{"apiVersion": "v1", "kind": "Pod", "name": name, "uid": uid}]);
    match api.post(&api.path("configmaps"), &map).await {
        Err(Fault::Refused(refusal)) => refused(&refusal, "the pod has no ConfigMap to start with"),
        made => {
            made?;
            let follow = Follow {
                api,
                pause,
                probe,
                name,
                uid,
            };
            let (checks, why) = follow.to_the_end(watcher).await?;
            Ok(report([vec![check(ADMITTED, CheckOutcome::Ok, "")], checks].concat(), &why))
        }
    }
}

/// A pod that was created.
struct Follow<'a> {
    api: &'a Api,
    pause: Duration,
    probe: &'a PodProbe,
    name: &'a str,
    uid: &'a str,
}

impl Follow<'_> {
    /// What was found, and why the rest was not looked at.
    async fn to_the_end(&self, watcher: &dyn ProbeWatcher) -> Result<(Vec<TargetCheck>, String), PortError> {
        let patience = Duration::from_secs(u64::from(self.probe.patience_seconds));
        let begin = Instant::now();
        loop {
            let pod = match self.api.get(&self.api.object("pods", self.name)?).await {
                Ok(pod) if pod["metadata"]["uid"] == self.uid => pod,
                Err(fault) if !fault.absent() => return Err(fault.into()),
                _ => {
                    return Ok((
                        Vec::new(),
                        "the pod was deleted by somebody else, or by another probe of this target".to_owned(),
                    ));
                }
            };
            let sentence = match self.judged(&pod).await {
                Seen::Waits(sentence) => sentence,
                Seen::Over(checks, why) => return Ok((checks, why)),
            };
            if begin.elapsed() >= patience {
                return Ok((
                    late(&pod, format!("after {} s: {sentence}", patience.as_secs())),
                    "the pod did not start".to_owned(),
                ));
            }
            if !watcher.told(&sentence).await {
                return Ok((Vec::new(), CANCELLED.to_owned()));
            }
            tokio::time::sleep(self.pause).await;
        }
    }

    async fn judged(&self, pod: &Value) -> Seen {
        if started(pod) {
            // It has one container, as a JobManager has.
            let log = ContainerLog {
                pod: self.name.to_owned(),
                role: PodRole::JobManager,
                init: None,
                life: 0,
                previous: false,
            };
            let said = log::tail(self.api, &log, LOG).await.unwrap_or_default();
            return judge(pod, &[], (&said, self.probe.asks));
        }
        let events = self.api.list("events", &about(self.name)).await;
        let events = events.map(|list| list.items).unwrap_or_default();
        let events: Vec<&Value> = events.iter().collect();
        judge(pod, &events, ("", self.probe.asks))
    }
}

/// What is known of a pod that has had its time.
fn late(pod: &Value, why: String) -> Vec<TargetCheck> {
    if started(pod) {
        return vec![check(PULLED, CheckOutcome::Ok, ""), check(REACHES, CheckOutcome::Failed, why)];
    }
    vec![check(PULLED, CheckOutcome::Failed, why)]
}

fn about(name: &str) -> String {
    format!("fieldSelector={}", encode(&format!("involvedObject.name={name}")))
}

/// Whether its program has begun, so that there is a log.
fn started(pod: &Value) -> bool {
    let state = main_container(pod).map(|main| &main["state"]);
    state.is_some_and(|state| !state["running"].is_null() || !state["terminated"].is_null())
}

/// What is seen of a probe's pod.
#[derive(Debug, PartialEq)]
enum Seen {
    /// It may still change, as a sentence.
    Waits(String),
    /// What was found, and why the rest was not looked at.
    Over(Vec<TargetCheck>, String),
}

/// Words of a container that nothing mends but another target.
const STUCK: [&str; 8] = [
    "ImagePullBackOff",
    "InvalidImageName",
    "ErrImageNeverPull",
    "ImageInspectError",
    "CreateContainerConfigError",
    "CreateContainerError",
    "RunContainerError",
    "StartError",
];
/// Those of them that come when the image is there.
const AFTER_IMAGE: [&str; 4] = [
    "CreateContainerConfigError",
    "CreateContainerError",
    "RunContainerError",
    "StartError",
];

/// What a pod shows; `log` is what it has said, and whether it asks for anything.
fn judge(pod: &Value, events: &[&Value], (log, asks): (&str, bool)) -> Seen {
    let pulled = || check(PULLED, CheckOutcome::Ok, "");
    let state = main_container(pod).map_or(&Value::Null, |main| &main["state"]);
    let reason = state["waiting"]["reason"].as_str().unwrap_or_default();
    let ended = &state["terminated"];
    if STUCK.contains(&reason) || STUCK.contains(&ended["reason"].as_str().unwrap_or_default()) {
        let why = cause::of_pod(pod, events).unwrap_or_else(|| format!("the container does not start: {reason}"));
        let has_image = !ended.is_null() || AFTER_IMAGE.contains(&reason);
        let checks = if has_image {
            vec![pulled(), check("probe pod: start", CheckOutcome::Failed, why)]
        } else {
            vec![check(PULLED, CheckOutcome::Failed, why)]
        };
        return Seen::Over(checks, "the pod did not start".to_owned());
    }
    if !ended.is_null() {
        if !asks {
            return Seen::Over(
                vec![pulled()],
                "nobody said where pods reach this server: set the target's artifact address, or the server's public address".to_owned(),
            );
        }
        let reached = match ended["exitCode"].as_i64() {
            Some(0) => check(REACHES, CheckOutcome::Ok, ""),
            _ => check(REACHES, CheckOutcome::Failed, last_words(log, ended)),
        };
        return Seen::Over(vec![pulled(), reached], String::new());
    }
    let tries: Vec<&str> = log
        .lines()
        .filter(|line| line.contains(": try ") || line.starts_with("try "))
        .collect();
    if let (true, Some(last)) = (tries.len() >= TRIES, tries.last()) {
        let why = format!(
            "pods do not reach it: {}. Set the target's artifact address to one that they reach.",
            plain(last)
        );
        return Seen::Over(vec![pulled(), check(REACHES, CheckOutcome::Failed, why)], String::new());
    }
    Seen::Waits(if !state["running"].is_null() {
        tries
            .last()
            .map_or_else(|| "The pod runs.".to_owned(), |line| format!("The pod runs: {}.", plain(line)))
    } else if let Some(cause) = cause::of_pod(pod, events) {
        cause
    } else if pod["spec"]["nodeName"].is_string() {
        "The image is being pulled.".to_owned()
    } else {
        "The pod waits for a node.".to_owned()
    })
}

/// Why the program ended, in its own words.
fn last_words(log: &str, ended: &Value) -> String {
    let line = log.lines().rev().find(|line| !line.trim().is_empty());
    let said = line.or_else(|| ended["message"].as_str().and_then(|said| said.lines().last()));
    match said {
        Some(line) => plain(line),
        None => format!("the container ended with exit code {}, and said nothing", ended["exitCode"]),
    }
}

fn plain(line: &str) -> String {
    let line = line.trim().trim_start_matches("fetch: ").trim_end_matches('.');
    let line = line.rsplit_once("; the next in ").map_or(line, |(line, _)| line);
    line.chars().take(600).collect()
}

/// Deletes the pods of a label, and waits until they are gone.
async fn remove(api: &Api, label: &str, pause: Duration) -> Result<(), PortError> {
    let query = format!("labelSelector={}", encode(label));
    for look in 0..GONE_LOOKS {
        let left = api.list("pods", &query).await?.items;
        if left.is_empty() {
            return Ok(());
        }
        for pod in left
            .iter()
            .filter(|pod| look == 0 || pod["metadata"]["deletionTimestamp"].is_null())
        {
            let meta = &pod["metadata"];
            let (name, uid) = (meta["name"].as_str().unwrap_or_default(), meta["uid"].as_str().unwrap_or_default());
            delete::remove(api, &api.object("pods", name)?, uid).await?;
        }
        tokio::time::sleep(pause).await;
    }
    Err(PortError::Retry("the probe pod is still being deleted".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(state: Value) -> Value {
        json!({
            "metadata": {"name": "p", "uid": "u"},
            "spec": {"nodeName": "n"},
            "status": {"phase": "Pending", "containerStatuses": [{"name": "flink-main-container", "image": "flink:x", "state": state}]},
        })
    }

    #[test]
    fn each_state_of_the_pod() {
        let try_line = |n: u32| {
            format!("fetch: try {n} for probe from http://a:1: the connection to http://a:1 failed (Connection refused); the next in 1 s\n")
        };
        let (one, three) = (try_line(1), [try_line(1), try_line(2), try_line(3)].concat());
        let waiting = |reason: &str| pod(json!({"waiting": {"reason": reason, "message": "not found"}}));
        let ended = |code: i64| pod(json!({"terminated": {"exitCode": code, "reason": "Completed"}}));
        let running = || pod(json!({"running": {}}));
        for (seen, log, asks, expected) in [
            (waiting("ContainerCreating"), "", true, None),
            (waiting("ErrImagePull"), "", true, None),
            (
                waiting("ImagePullBackOff"),
                "",
                true,
                Some((PULLED, CheckOutcome::Failed, "cannot be pulled")),
            ),
            (
                waiting("CreateContainerConfigError"),
                "",
                true,
                Some(("probe pod: start", CheckOutcome::Failed, "cannot be made")),
            ),
            (
                pod(json!({"terminated": {"exitCode": 128, "reason": "StartError", "message": "no java"}})),
                "",
                true,
                Some(("probe pod: start", CheckOutcome::Failed, "")),
            ),
            (running(), "", true, None),
            (running(), one.as_str(), true, None),
            (
                running(),
                three.as_str(),
                true,
                Some((REACHES, CheckOutcome::Failed, "Connection refused")),
            ),
            (ended(0), "", true, Some((REACHES, CheckOutcome::Ok, ""))),
            (
                ended(1),
                "fetch: cannot fetch probe from http://a: it answers 404\n",
                true,
                Some((REACHES, CheckOutcome::Failed, "it answers 404")),
            ),
            (ended(137), "", true, Some((REACHES, CheckOutcome::Failed, "exit code 137"))),
            (ended(0), "", false, Some((PULLED, CheckOutcome::Ok, ""))),
        ] {
            match (judge(&seen, &[], (log, asks)), expected) {
                (Seen::Waits(sentence), None) => assert!(!sentence.is_empty()),
                (Seen::Over(checks, _), Some((what, outcome, words))) => {
                    let found = checks
                        .iter()
                        .find(|check| check.what == what)
                        .unwrap_or_else(|| panic!("{seen}: {checks:?}"));
                    assert_eq!(found.outcome, outcome, "{seen}");
                    assert!(found.message.contains(words), "{seen}: {}", found.message);
                }
                other => panic!("{seen} {log}: {other:?}"),
            }
        }
    }
}
