//! `streamwright target …`

use std::path::Path;

use domain::target::{MAX_KUBECONFIG_BYTES, MAX_TEMPLATE_BYTES};
use reqwest::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::client::{Client, escape, refusal};
use super::grant::{self, Granted};
use super::print::{self, at, items, show, table};
use crate::cli::{AccessFlags, Allowed, OneTarget, TargetAdd, TargetChange, TargetCommand, TargetFlags};
use crate::failure::Failure;
use crate::rbac;

/// Columns of a terminal that nothing is wider than.
const COLUMNS: usize = 80;

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
        TargetCommand::Test(one) => {
            let (client, target) = found(one).await?;
            let report = client.send(Method::POST, &path(&target, "/test"), Some(&json!({}))).await?.body;
            print::body(client.format, &report, checks);
            if report["ok"] == json!(true) {
                Ok(())
            } else {
                Err(Failure::answer_no(""))
            }
        }
        TargetCommand::Remove(one) => {
            let (client, target) = found(one).await?;
            client.send(Method::DELETE, &path(&target, ""), None).await?;
            eprintln!("Removed target {}.", at(&target, "name"));
            Ok(())
        }
        TargetCommand::Grant(asked) => {
            let client = Client::of(&asked.platform.into())?;
            let target = read(&client, &asked.target).await?;
            let choice = (asked.teams, asked.only, asked.all_teams);
            grant::allow(&client, &granted(target), choice).await
        }
        TargetCommand::Revoke(asked) => {
            let client = Client::of(&asked.platform.into())?;
            let target = read(&client, &asked.target).await?;
            grant::withdraw(&client, &granted(target), &asked.teams).await
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

/// Who may use a target, in a few words.
fn teams(target: &Value) -> String {
    let teams = target["teams"].as_array().into_iter().flatten();
    let names: Vec<&str> = teams.map(|team| at(team, "name")).collect();
    match (target["allTeams"] == json!(true), names.is_empty()) {
        (true, _) => "all".to_owned(),
        (false, true) => "none".to_owned(),
        (false, false) => names.join(", "),
    }
}

/// What the last test said, in a word.
fn tested(target: &Value) -> &'static str {
    let test = &target["test"];
    match (test["ok"].as_bool(), test["outdated"].as_bool()) {
        (None, _) => "not tested",
        (_, Some(true)) => "changed since",
        (Some(true), _) => "ok",
        (Some(false), _) => "failed",
    }
}

fn list(page: &Value) -> String {
    let row = |target: &Value| {
        vec![
            show(target, "name"),
            show(target, "namespace"),
            tested(target).to_owned(),
            teams(target),
            show(target, "stateRoot"),
        ]
    };
    let rows: Vec<_> = items(page).iter().map(row).collect();
    if rows.is_empty() {
        return "There are no targets. `streamwright target rbac` prints the roles that a\nnamespace needs, `streamwright target add` adds one.\n"
            .to_owned();
    }
    table(&["NAME", "NAMESPACE", "TEST", "TEAMS", "STATE"], &rows)
}

fn pairs(text: &mut String, label: &str, of: &Value) {
    for (key, value) in of.as_object().into_iter().flatten() {
        text.push_str(&format!("{label:<17}{key}={}\n", value.as_str().unwrap_or_default()));
    }
}

fn text(target: &Value) -> String {
    let access = match at(target, "access/kind") {
        "file" => format!("kubeconfig {} on the server", at(target, "access/path")),
        "in_cluster" => "service account of the server's pod".to_owned(),
        _ => "kubeconfig, kept sealed".to_owned(),
    };
    let mut text = format!("{}  {}\n", at(target, "name"), at(target, "id"));
    let mut line = |label: &str, value: &str| {
        if !value.is_empty() {
            text.push_str(&format!("{label:<17}{value}\n"));
        }
    };
    line("access", &access);
    line("context", at(target, "context"));
    line("namespace", at(target, "namespace"));
    line("service account", at(target, "serviceAccount"));
    let state = at(target, "stateRoot");
    let available = target["highAvailability"] == json!(true);
    line("state root", state);
    line(
        "high availability",
        match (state.is_empty(), available) {
            (true, _) => "no: there is no state root",
            (false, true) => "yes",
            (false, false) => "no",
        },
    );
    line("artifact address", at(target, "artifactUrl"));
    line("pods may", &allowed(&target["policy"]));
    for (label, key) in [("JobManager pod", "jobManagerTemplate"), ("TaskManager pod", "taskManagerTemplate")] {
        let lines = at(target, key).lines().count();
        line(
            label,
            &if lines == 0 {
                String::new()
            } else {
                format!("template of {lines} lines")
            },
        );
    }
    line("teams", &teams(target));
    line("test", tested(target));
    pairs(&mut text, "image", &target["images"]);
    pairs(&mut text, "config", &target["configuration"]);
    text
}

fn allowed(policy: &Value) -> String {
    let list = |key: &str| policy[key].as_array().cloned().unwrap_or_default();
    let mut words = Vec::new();
    if policy["privileged"] == json!(true) {
        words.push("be privileged".to_owned());
    }
    if policy["hostNamespaces"] == json!(true) {
        words.push("use the node's network, processes and ports".to_owned());
    }
    let paths: Vec<String> = list("hostPaths").iter().filter_map(Value::as_str).map(str::to_owned).collect();
    if !paths.is_empty() {
        words.push(format!("mount {} of the node", paths.join(", ")));
    }
    let accounts: Vec<String> = list("serviceAccounts")
        .iter()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    if !accounts.is_empty() {
        words.push(format!("be {} only", accounts.join(" or ")));
    }
    words.join("; ")
}

/// A report: each check on a line, and below it how to mend what failed.
fn checks(report: &Value) -> String {
    let mut text = String::new();
    let all = report["checks"].as_array().cloned().unwrap_or_default();
    for check in &all {
        let word = match at(check, "outcome") {
            "ok" => "ok",
            "failed" => "FAILED",
            _ => "not tested",
        };
        text.push_str(&format!("{word:<11} {}\n", at(check, "what")));
        for line in wrapped(at(check, "message"), COLUMNS - 12) {
            text.push_str(&format!("{:12}{line}\n", ""));
        }
    }
    let failed = all.iter().filter(|check| at(check, "outcome") == "failed").count();
    let version = at(report, "version");
    let server = if version.is_empty() {
        String::new()
    } else {
        format!("Kubernetes {version}: ")
    };
    text.push_str(&match failed {
        0 => format!("{server}Flink clusters can run there.\n"),
        1 => format!("{server}1 check failed.\n"),
        n => format!("{server}{n} checks failed.\n"),
    });
    text
}

/// A text in lines of at most so many characters; words stay whole.
fn wrapped(text: &str, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= most => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_read_at_80_columns() {
        let long =
            "your account may not create deployments in the namespace 'flink': apply the roles that `streamwright target rbac` prints";
        let report = json!({ "ok": false, "version": "v1.34.4", "checks": [
            { "what": "read the version", "outcome": "ok", "message": "" },
            { "what": "create deployments", "outcome": "failed", "message": long },
            { "what": "pods: create pods", "outcome": "not_tested", "message": "we may not ask" },
        ]});
        let text = checks(&report);
        assert!(text.lines().all(|line| line.chars().count() <= COLUMNS), "{text}");
        assert_eq!(
            text,
            "ok          read the version
FAILED      create deployments
            your account may not create deployments in the namespace 'flink':
            apply the roles that `streamwright target rbac` prints
not tested  pods: create pods
            we may not ask
Kubernetes v1.34.4: 1 check failed.
"
        );
    }

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
