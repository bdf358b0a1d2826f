//! Targets and their tests as people read them, in 80 columns.

use serde_json::{Value, json};

use crate::remote::print::{at, items, show, table};

/// Columns of a terminal that nothing is wider than.
const COLUMNS: usize = 80;

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

/// The targets as a table.
#[must_use]
pub fn list(page: &Value) -> String {
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

/// One target.
#[must_use]
pub fn text(target: &Value) -> String {
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
    line("web UI", &ingress(&target["ingress"]));
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

/// The Ingress of a target in a few words.
fn ingress(ingress: &Value) -> String {
    if ingress.is_null() {
        return String::new();
    }
    let class = at(ingress, "class");
    let tls = at(ingress, "tlsSecret");
    let mut text = format!("Ingress {}", at(ingress, "host"));
    if !class.is_empty() {
        text.push_str(&format!(", class {class}"));
    }
    if !tls.is_empty() {
        text.push_str(&format!(", TLS by the Secret {tls}"));
    }
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
#[must_use]
pub fn checks(report: &Value) -> String {
    let mut text = String::new();
    let list = |checks: &Value| checks.as_array().cloned().unwrap_or_default();
    let all = [list(&report["checks"]), list(&report["probe"]["checks"])].concat();
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
}
