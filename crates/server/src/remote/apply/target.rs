//! Targets of documents: what the platform has, and the steps that bring it to the document.

use domain::target::MAX_KUBECONFIG_BYTES;
use files::document::{Policy, Target};
use files::plan::{Plan, Step};
use files::read::Document;
use files::target::TargetNow;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::act::Done;
use crate::failure::Failure;
use crate::remote::client::{Answer, Client, escape, refusal};
use crate::remote::print::{at, items};
use crate::remote::target::file_text;

/// The targets of the platform, as documents.
///
/// # Errors
/// As the server says.
pub async fn all(client: &Client) -> Result<Vec<Target>, Failure> {
    let page = client.send(Method::GET, "/api/v1/targets", None).await?.body;
    Ok(items(&page).iter().map(as_document).collect())
}

/// The plan for a target.
///
/// # Errors
/// As the server says, or when the kubeconfig cannot be read.
pub async fn plan(client: &Client, document: &Document, wanted: &Target) -> Result<Plan, Failure> {
    let now = match find(client, &wanted.name).await? {
        Some(shown) => Some(TargetNow {
            other_kubeconfig: other_kubeconfig(client, document, &shown).await?,
            target: as_document(&shown),
        }),
        None => None,
    };
    Ok(files::target::plan(wanted, now.as_ref()))
}

/// Does one step of a target.
///
/// # Errors
/// As the server says, with the place in the file where it names a field.
pub async fn step(client: &Client, (document, target): (&Document, &Target), step: &Step, done: &mut Done) -> Result<(), Failure> {
    match step {
        Step::Create => {
            let body = body(document, target, None)?;
            accepted(document, client.exchange(Method::POST, "/api/v1/targets", Some(&body), &[]).await?)?;
            done.words.push("created".to_owned());
        }
        Step::Change => {
            let before = there(client, target).await?;
            let body = body(document, target, Some(&before))?;
            let tag = format!("\"{}\"", before["revision"]);
            let changed = client
                .exchange(Method::PUT, &path(&before, ""), Some(&body), &[("if-match", &tag)])
                .await?;
            if changed.status == StatusCode::PRECONDITION_FAILED {
                return Err(Failure::refused(
                    "somebody has changed it meanwhile; nothing was overwritten: look at the difference and apply again",
                ));
            }
            accepted(document, changed)?;
            done.words.push("changed".to_owned());
        }
        Step::Grant => {
            let before = there(client, target).await?;
            let teams = target.teams.clone().unwrap_or_default();
            let body = json!({ "allTeams": target.all_teams, "teams": teams });
            accepted(
                document,
                client.exchange(Method::PUT, &path(&before, "/grant"), Some(&body), &[]).await?,
            )?;
            done.words.push("granted".to_owned());
        }
        // A target gets no other steps.
        _ => {}
    }
    Ok(())
}

fn path(shown: &Value, rest: &str) -> String {
    format!("/api/v1/targets/{}{rest}", at(shown, "id"))
}

async fn find(client: &Client, name: &str) -> Result<Option<Value>, Failure> {
    let route = format!("/api/v1/targets/{}", escape(name));
    let answer = client.exchange(Method::GET, &route, None, &[]).await?;
    match answer.status {
        StatusCode::NOT_FOUND => Ok(None),
        status if status.is_success() => Ok(Some(answer.body)),
        _ => Err(refusal(&answer)),
    }
}

async fn there(client: &Client, target: &Target) -> Result<Value, Failure> {
    let found = find(client, &target.name).await?;
    found.ok_or_else(|| Failure::refused(format!("the target '{}' is gone: apply again", target.name)))
}

/// Whether the kubeconfig that a document names is not the server's, which does not say what its own is.
async fn other_kubeconfig(client: &Client, document: &Document, shown: &Value) -> Result<bool, Failure> {
    let Some(text) = kubeconfig(document)? else { return Ok(false) };
    let route = path(shown, "/kubeconfig/compare");
    let compared = client.send(Method::POST, &route, Some(&json!({ "kubeconfig": text }))).await?;
    Ok(compared.body["differs"] == json!(true))
}

fn kubeconfig(document: &Document) -> Result<Option<String>, Failure> {
    let file = document.files.get("kubeconfigFrom");
    let place = document.at("kubeconfigFrom").to_string();
    file.map(|file| file_text(&place, file, MAX_KUBECONFIG_BYTES)).transpose()
}

/// A target as the API takes it.
fn body(document: &Document, target: &Target, before: Option<&Value>) -> Result<Value, Failure> {
    let access = match (kubeconfig(document)?, &target.kubeconfig_file, target.in_cluster) {
        (Some(text), ..) => json!({ "kind": "kubeconfig", "kubeconfig": text }),
        (None, Some(path), _) => json!({ "kind": "file", "path": path }),
        (None, None, true) => json!({ "kind": "in_cluster" }),
        (None, None, false) => before.map(|before| before["access"].clone()).unwrap_or_default(),
    };
    Ok(json!({
        "name": target.name,
        "access": access,
        "context": target.context,
        "namespace": target.namespace,
        "images": target.images,
        "serviceAccount": target.service_account,
        "stateRoot": target.state_root,
        "highAvailability": target.high_availability.unwrap_or(true),
        "configuration": target.config,
        "jobManagerTemplate": target.job_manager_template,
        "taskManagerTemplate": target.task_manager_template,
        "policy": {
            "privileged": target.policy.privileged,
            "hostNamespaces": target.policy.host_namespaces,
            "hostPaths": target.policy.host_paths,
            "serviceAccounts": target.policy.service_accounts,
        },
        "artifactUrl": target.artifact_url,
        "ingress": target.ingress,
    }))
}

/// An answer, or its refusal with the place of the field that it names.
fn accepted(document: &Document, answer: Answer) -> Result<(), Failure> {
    if answer.status.is_success() {
        return Ok(());
    }
    let field = match at(&answer.body, "field") {
        "access.kubeconfig" => "kubeconfigFrom".to_owned(),
        "access.path" => "kubeconfigFile".to_owned(),
        "access" => "inCluster".to_owned(),
        field => field.replacen("configuration", "config", 1),
    };
    let refused = refusal(&answer);
    let place = document.at(&field);
    if field.is_empty() || place == document.place {
        return Err(refused);
    }
    Err(Failure::refused(format!("{place}: {}", refused.message)))
}

/// What the server shows of a target, in the words of the files. A kubeconfig that was sent is not among them.
fn as_document(shown: &Value) -> Target {
    let text = |key: &str| shown[key].as_str().map(str::to_owned);
    let pairs = |key: &str| serde_json::from_value(shown[key].clone()).unwrap_or_default();
    let policy = &shown["policy"];
    let list = |key: &str| serde_json::from_value(policy[key].clone()).unwrap_or_default();
    let all_teams = shown["allTeams"] == json!(true);
    let teams = shown["teams"].as_array().into_iter().flatten();
    let teams: Vec<String> = teams.map(|team| at(team, "name").to_owned()).collect();
    Target {
        kubeconfig_file: (at(shown, "access/kind") == "file").then(|| at(shown, "access/path").to_owned()),
        in_cluster: at(shown, "access/kind") == "in_cluster",
        context: text("context"),
        namespace: at(shown, "namespace").to_owned(),
        images: pairs("images"),
        service_account: text("serviceAccount"),
        state_root: text("stateRoot"),
        high_availability: (shown["highAvailability"] == json!(false)).then_some(false),
        config: pairs("configuration"),
        job_manager_template: text("jobManagerTemplate"),
        task_manager_template: text("taskManagerTemplate"),
        policy: Policy {
            privileged: policy["privileged"] == json!(true),
            host_namespaces: policy["hostNamespaces"] == json!(true),
            host_paths: list("hostPaths"),
            service_accounts: list("serviceAccounts"),
        },
        artifact_url: text("artifactUrl"),
        ingress: serde_json::from_value(shown["ingress"].clone()).ok(),
        teams: (!all_teams).then_some(teams),
        all_teams,
        ..Target::named(at(shown, "name").to_owned())
    }
}
