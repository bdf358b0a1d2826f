//! `streamwright target …`

mod text;

use std::path::Path;

use domain::target::{MAX_KUBECONFIG_BYTES, MAX_TEMPLATE_BYTES};
use reqwest::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::client::{Client, escape, refusal};
use super::grant::{self, Granted};
use super::print::{self, at, show};
use crate::cli::{AccessFlags, Allowed, OneTarget, TargetAdd, TargetChange, TargetCommand, TargetFlags, TargetTest};
use crate::failure::Failure;
use crate::rbac;

use text::{checks, list, text};

/// Runs `target …`.
///
/// # Errors
/// Exit code 1 for a test in which something fails; else as the server says.
pub async fn run(command: TargetCommand) -> Result<(), Failure> {
    match command {
        TargetCommand::Rbac(asked) => rbac::run(&asked),
        TargetCommand::Add(add) => self::add(*add).await,
        TargetCommand::Change(change) => self::change(*change).await,
        TargetCommand::List { platform } => {
            let client = Client::of(&platform.into())?;
            let page = client.send(Method::GET, "/api/v1/targets", None).await?.body;
            print::body(client.format, &page, list);
            Ok(())
        }
        TargetCommand::Show(one) => {
            let (client, target) = found(one).await?;
            print::body(client.format, &target, text);
            Ok(())
        }
        TargetCommand::Test(asked) => test(asked).await,
        TargetCommand::Remove(one) => {
            let (client, target) = found(one).await?;
            client.send(Method::DELETE, &path(&target, ""), None).await?;
            eprintln!("Removed target {}.", at(&target, "name"));
            Ok(())
        }
        TargetCommand::Grant(asked) => {
            let client = Client::of(&asked.platform.into())?;
            let target = read(&client, &asked.target).await?;
            grant::allow(&client, &granted(target), asked.to).await
        }
        TargetCommand::Revoke(asked) => {
            let client = Client::of(&asked.platform.into())?;
            let target = read(&client, &asked.target).await?;
            grant::withdraw(&client, &granted(target), &asked.teams).await
        }
    }
}

async fn test(asked: TargetTest) -> Result<(), Failure> {
    let client = Client::of(&asked.platform.into())?;
    let target = read(&client, &asked.target).await?;
    let body = json!({ "probe": asked.probe, "flinkVersion": asked.flink });
    let mut report = client.send(Method::POST, &path(&target, "/test"), Some(&body)).await?.body;
    if asked.probe {
        report = probed(&client, &target).await?;
    }
    print::body(client.format, &report, checks);
    let probe_ok = !asked.probe || report["probe"]["ok"] == json!(true);
    if report["ok"] == json!(true) && probe_ok {
        Ok(())
    } else {
        Err(Failure::answer_no(""))
    }
}

/// Follows a probe to its end, telling what goes on; Ctrl-C cancels it, and its pod goes.
async fn probed(client: &Client, target: &Value) -> Result<Value, Failure> {
    let mut told = String::new();
    let mut cancelled = false;
    let mut interrupt = std::pin::pin!(tokio::signal::ctrl_c());
    loop {
        let report = read(client, at(target, "id")).await?["test"].clone();
        let probe = &report["probe"];
        if at(probe, "sentence") != told {
            at(probe, "sentence").clone_into(&mut told);
            eprintln!("  {told}");
        }
        if probe["running"] != json!(true) {
            return Ok(report);
        }
        tokio::select! {
            () = tokio::time::sleep(std::time::Duration::from_millis(700)) => {}
            _ = &mut interrupt, if !cancelled => {
                cancelled = true;
                eprintln!("  Cancelling; the pod is being deleted.");
                // It may be over by now.
                client.exchange(Method::DELETE, &path(target, "/probe"), None, &[]).await?;
            }
        }
    }
}

/// A target for the commands that grant.
fn granted(target: Value) -> Granted {
    Granted {
        what: format!("the target {}", at(&target, "name")),
        path: path(&target, "/grant"),
        now: target,
    }
}

/// The path of a target that was read.
fn path(target: &Value, rest: &str) -> String {
    format!("/api/v1/targets/{}{rest}", escape(at(target, "id")))
}

/// A target by name or id.
///
/// # Errors
/// As the server says.
pub async fn read(client: &Client, named: &str) -> Result<Value, Failure> {
    let route = format!("/api/v1/targets/{}", escape(named));
    Ok(client.send(Method::GET, &route, None).await?.body)
}

async fn found(one: OneTarget) -> Result<(Client, Value), Failure> {
    let client = Client::of(&one.platform.into())?;
    let target = read(&client, &one.target).await?;
    Ok((client, target))
}

async fn add(add: TargetAdd) -> Result<(), Failure> {
    let client = Client::of(&add.platform.into())?;
    let Some(access) = access(&add.access)? else {
        return Err(Failure::usage("give one of --kubeconfig, --kubeconfig-file and --in-cluster"));
    };
    let mut body = json!({ "name": add.name, "namespace": add.namespace, "access": access });
    if let Some(context) = &add.access.context {
        body["context"] = json!(context);
    }
    over(&mut body, &add.flags)?;
    let made = client.send(Method::POST, "/api/v1/targets", Some(&body)).await?.body;
    print::body(client.format, &made, |made| {
        let name = at(made, "name");
        format!(
            "{}\nTest it:           streamwright target test {name}\nLet teams use it:  streamwright target grant {name} --team TEAM\n",
            text(made)
        )
    });
    Ok(())
}

async fn change(change: TargetChange) -> Result<(), Failure> {
    let client = Client::of(&change.platform.into())?;
    let before = read(&client, &change.target).await?;
    let mut body = kept(&before);
    if let Some(access) = access(&change.access)? {
        if at(&access, "kind") == "in_cluster" {
            body["context"] = Value::Null;
        }
        body["access"] = access;
    }
    for (key, given) in [
        ("name", &change.rename),
        ("namespace", &change.namespace),
        ("context", &change.access.context),
    ] {
        if let Some(given) = given {
            body[key] = json!(given);
        }
    }
    for (field, gone) in [("images", &change.without_images), ("configuration", &change.without_configuration)] {
        for key in gone {
            if body[field].as_object_mut().and_then(|keys| keys.remove(key)).is_none() {
                return Err(Failure::usage(format!(
                    "the target has no '{key}' in its {field}; nothing was changed"
                )));
            }
        }
    }
    over(&mut body, &change.flags)?;
    let changed = put(&client, &before, &body).await?;
    print::body(client.format, &changed, text);
    Ok(())
}

/// Writes a target over what was read of it.
///
/// # Errors
/// As the server says, also where somebody else has changed it meanwhile.
pub async fn put(client: &Client, before: &Value, body: &Value) -> Result<Value, Failure> {
    let tag = format!("\"{}\"", show(before, "revision"));
    let route = path(before, "");
    let answer = client.exchange(Method::PUT, &route, Some(body), &[("if-match", &tag)]).await?;
    match answer.status {
        StatusCode::PRECONDITION_FAILED => Err(Failure::refused(
            "somebody has changed the target meanwhile; nothing was overwritten: look at it and repeat the command",
        )),
        status if status.is_success() => Ok(answer.body),
        _ => Err(refusal(&answer)),
    }
}

/// What the server shows of a target, as it takes it: a kubeconfig that is not named stays.
fn kept(shown: &Value) -> Value {
    let mut body = shown.clone();
    if let Some(keys) = body.as_object_mut() {
        for answered in ["id", "allTeams", "teams", "test", "createdAt", "revision"] {
            keys.remove(answered);
        }
    }
    body
}

fn access(flags: &AccessFlags) -> Result<Option<Value>, Failure> {
    if let Some(file) = &flags.kubeconfig {
        let text = file_text("--kubeconfig", file, MAX_KUBECONFIG_BYTES)?;
        return Ok(Some(json!({ "kind": "kubeconfig", "kubeconfig": text })));
    }
    if let Some(path) = &flags.kubeconfig_file {
        return Ok(Some(json!({ "kind": "file", "path": path })));
    }
    Ok(flags.in_cluster.then(|| json!({ "kind": "in_cluster" })))
}

/// A file of at most so many bytes; the message names the flag that named it, and nothing of its content.
///
/// # Errors
/// Exit code 2 when it cannot be read, is too long, empty or not text.
pub fn file_text(flag: &str, file: &Path, most: usize) -> Result<String, Failure> {
    let text = super::connection::read_most(flag, file, most as u64)?;
    if text.trim().is_empty() {
        return Err(Failure::usage(format!("{flag}: {} is empty", file.display())));
    }
    Ok(text)
}

/// Writes what flags say over a body.
fn over(body: &mut Value, flags: &TargetFlags) -> Result<(), Failure> {
    for (key, given) in [
        ("serviceAccount", &flags.service_account),
        ("stateRoot", &flags.state_root),
        ("artifactUrl", &flags.artifact_url),
    ] {
        if let Some(given) = given {
            body[key] = json!(given);
        }
    }
    for (field, pairs) in [("images", &flags.images), ("configuration", &flags.configuration)] {
        if pairs.is_empty() {
            continue;
        }
        let mut keys = body[field].as_object().cloned().unwrap_or_default();
        let given: Map<String, Value> = pairs.iter().map(|(key, value)| (key.clone(), json!(value))).collect();
        keys.extend(given);
        body[field] = Value::Object(keys);
    }
    for (key, flag, file) in [
        ("jobManagerTemplate", "--job-manager-template", &flags.job_manager_template),
        ("taskManagerTemplate", "--task-manager-template", &flags.task_manager_template),
    ] {
        match file {
            Some(file) if file.as_os_str().is_empty() => body[key] = Value::Null,
            Some(file) => body[key] = json!(file_text(flag, file, MAX_TEMPLATE_BYTES)?),
            None => {}
        }
    }
    if flags.no_high_availability || flags.high_availability {
        body["highAvailability"] = json!(flags.high_availability);
    }
    policy(body, flags);
    ingress(body, flags)
}

/// An empty host takes the whole Ingress away; an empty value takes that of its own away.
fn ingress(body: &mut Value, flags: &TargetFlags) -> Result<(), Failure> {
    let empty = |text: &Option<String>| text.as_deref().is_some_and(str::is_empty);
    if empty(&flags.ingress_host) {
        body["ingress"] = Value::Null;
        return Ok(());
    }
    let mut keys = body["ingress"].as_object().cloned().unwrap_or_default();
    let named = [
        ("host", &flags.ingress_host),
        ("class", &flags.ingress_class),
        ("tlsSecret", &flags.ingress_tls_secret),
    ];
    if named.iter().all(|(_, given)| given.is_none()) && flags.ingress_annotations.is_empty() {
        return Ok(());
    }
    for (key, given) in named {
        if let Some(given) = given {
            keys.insert(key.to_owned(), json!(given));
        }
    }
    let mut annotations = keys.get("annotations").and_then(Value::as_object).cloned().unwrap_or_default();
    for (key, value) in &flags.ingress_annotations {
        if value.is_empty() {
            annotations.remove(key);
        } else {
            annotations.insert(key.clone(), json!(value));
        }
    }
    keys.insert("annotations".to_owned(), Value::Object(annotations));
    if !keys.contains_key("host") {
        return Err(Failure::usage("an Ingress needs a host: give --ingress-host"));
    }
    body["ingress"] = Value::Object(keys);
    Ok(())
}

fn policy(body: &mut Value, flags: &TargetFlags) {
    let mut policy = body["policy"].as_object().cloned().unwrap_or_default();
    if !flags.allow.is_empty() {
        policy.insert("privileged".to_owned(), json!(flags.allow.contains(&Allowed::Privileged)));
        policy.insert("hostNamespaces".to_owned(), json!(flags.allow.contains(&Allowed::HostNamespaces)));
    }
    for (key, given) in [("hostPaths", &flags.host_paths), ("serviceAccounts", &flags.service_accounts)] {
        if !given.is_empty() {
            let given: Vec<&String> = given.iter().filter(|text| !text.is_empty()).collect();
            policy.insert(key.to_owned(), json!(given));
        }
    }
    body["policy"] = Value::Object(policy);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_named_stays_and_what_is_empty_goes() {
        let shown = json!({
            "id": "target_1", "name": "lab", "access": { "kind": "kubeconfig" }, "namespace": "flink", "images": { "2.2": "a" },
            "policy": { "privileged": true, "hostPaths": ["/a"] }, "stateRoot": "s3://a/b", "jobManagerTemplate": "x",
            "allTeams": true, "teams": [], "test": {}, "createdAt": "now", "revision": 3,
        });
        let mut body = kept(&shown);
        let flags = TargetFlags {
            images: vec![("2.3".to_owned(), "b".to_owned())],
            host_paths: vec![String::new()],
            state_root: Some(String::new()),
            job_manager_template: Some(std::path::PathBuf::new()),
            allow: vec![Allowed::HostNamespaces],
            ..TargetFlags::default()
        };
        over(&mut body, &flags).unwrap();
        assert_eq!(
            body,
            json!({
                "name": "lab", "access": { "kind": "kubeconfig" }, "namespace": "flink", "images": { "2.2": "a", "2.3": "b" },
                "policy": { "privileged": false, "hostNamespaces": true, "hostPaths": [] }, "stateRoot": "", "jobManagerTemplate": null,
            })
        );
    }
}
