//! Whether Flink clusters can run at a place: asked of the API server, question by question.

use domain::ports::PortError;
use domain::target::{CheckOutcome, TargetCheck, TargetReport};
use futures::StreamExt;
use serde_json::{Value, json};

use crate::api::{Api, segment};
use crate::fault::Fault;
use crate::look::system_uid;

/// Questions that are asked at once.
const AT_ONCE: usize = 6;

/// Kind and verbs: everything that this crate does.
const OURS: [(&str, &[&str]); 8] = [
    ("deployments", &["create", "get", "list", "watch", "delete", "patch"]),
    ("configmaps", &["create", "get", "list", "delete"]),
    ("services", &["create", "get", "list", "delete"]),
    ("secrets", &["create", "get", "list", "delete"]),
    ("pods", &["get", "list", "watch"]),
    ("pods/log", &["get"]),
    ("events", &["list", "watch"]),
    ("services/proxy", &["get"]),
];

/// What a JobManager does, and TaskManagers with high availability.
const THEIRS: [(&str, &[&str]); 3] = [
    ("pods", &["create", "get", "list", "watch", "delete"]),
    ("configmaps", &["create", "get", "list", "watch", "update", "patch", "delete"]),
    ("deployments", &["get", "delete"]),
];

/// See [`domain::ports::KubernetesControl::test`].
pub async fn test(api: &Api, service_account: Option<&str>) -> Result<TargetReport, PortError> {
    let version = api.get("/version").await?;
    let account = service_account.unwrap_or("default");
    segment(account)?;
    let (mut checks, system_uid) = (vec![namespace(api).await?], system_uid(api).await?);
    checks.extend(permissions(api, &OURS, None).await?);
    checks.push(account_exists(api, account).await?);
    checks.extend(permissions(api, &THEIRS, Some(account)).await?);
    Ok(TargetReport {
        version: version["gitVersion"].as_str().unwrap_or("unknown").to_owned(),
        system_uid,
        checks,
    })
}

fn check(what: impl Into<String>, outcome: CheckOutcome, message: impl Into<String>) -> TargetCheck {
    TargetCheck {
        what: what.into(),
        outcome,
        message: message.into(),
    }
}

async fn namespace(api: &Api) -> Result<TargetCheck, Fault> {
    let name = api.namespace();
    let what = format!("namespace {name}");
    Ok(match api.get(&format!("/api/v1/namespaces/{name}")).await {
        Ok(seen) if seen["metadata"]["deletionTimestamp"].is_null() => check(what, CheckOutcome::Ok, ""),
        Ok(_) => check(
            what,
            CheckOutcome::Failed,
            format!("the namespace '{name}' is being deleted: name another one"),
        ),
        Err(fault) if fault.absent() => check(
            what,
            CheckOutcome::Failed,
            format!("there is no namespace '{name}': create it, or name another one"),
        ),
        Err(fault) if fault.forbidden() => check(what, CheckOutcome::NotTested, "we may not read namespaces"),
        Err(fault) => return Err(fault),
    })
}

async fn account_exists(api: &Api, account: &str) -> Result<TargetCheck, Fault> {
    let what = format!("service account {account}");
    let namespace = api.namespace();
    Ok(match api.get(&api.object("serviceaccounts", account)?).await {
        Ok(_) => check(what, CheckOutcome::Ok, ""),
        Err(fault) if fault.absent() => {
            let message =
                format!("there is no service account '{account}' in namespace '{namespace}': create it, or name another one in the target");
            check(what, CheckOutcome::Failed, message)
        }
        Err(fault) if fault.forbidden() => check(what, CheckOutcome::NotTested, "we may not read service accounts"),
        Err(fault) => return Err(fault),
    })
}

async fn permissions(
    api: &Api,
    asked: &[(&'static str, &'static [&'static str])],
    account: Option<&str>,
) -> Result<Vec<TargetCheck>, Fault> {
    let pairs = asked.iter().flat_map(|(kind, verbs)| verbs.iter().map(|verb| (*kind, *verb)));
    let questions: Vec<_> = pairs.map(|(kind, verb)| permission(api, kind, verb, account)).collect();
    let mut answers = futures::stream::iter(questions).buffered(AT_ONCE);
    let mut checks = Vec::new();
    while let Some(answer) = answers.next().await {
        checks.push(answer?);
    }
    Ok(checks)
}

async fn permission(api: &Api, kind: &str, verb: &str, account: Option<&str>) -> Result<TargetCheck, Fault> {
    let namespace = api.namespace();
    let (path, question) = question(namespace, kind, verb, account);
    let what = account.map_or_else(|| format!("{verb} {kind}"), |account| format!("{account}: {verb} {kind}"));
    let answer = match api.post(&path, &question).await {
        Err(fault) if fault.forbidden() => {
            return Ok(check(
                what,
                CheckOutcome::NotTested,
                "we may not ask the API server who may do what",
            ));
        }
        answer => answer?,
    };
    if answer["status"]["allowed"] == true {
        return Ok(check(what, CheckOutcome::Ok, ""));
    }
    let why = answer["status"]["reason"]
        .as_str()
        .filter(|why| !why.is_empty())
        .map_or_else(String::new, |why| format!(" ({why})"));
    let who = account.map_or_else(|| "we".to_owned(), |account| format!("the service account '{account}'"));
    let message = format!(
        "{who} may not {verb} {kind} in namespace '{namespace}'{why}: bind a role that allows it, such as the ClusterRole 'edit', in this namespace"
    );
    Ok(check(what, CheckOutcome::Failed, message))
}

fn question(namespace: &str, kind: &str, verb: &str, account: Option<&str>) -> (String, Value) {
    let (resource, sub) = kind.split_once('/').unwrap_or((kind, ""));
    let group = if resource == "deployments" { "apps" } else { "" };
    let attributes = json!({"namespace": namespace, "verb": verb, "group": group, "resource": resource, "subresource": sub});
    let api = "/apis/authorization.k8s.io/v1";
    let object = |kind: &str, spec: Value| json!({"apiVersion": "authorization.k8s.io/v1", "kind": kind, "metadata": {}, "spec": spec});
    let Some(account) = account else {
        return (
            format!("{api}/selfsubjectaccessreviews"),
            object("SelfSubjectAccessReview", json!({ "resourceAttributes": attributes })),
        );
    };
    let mut review = object(
        "LocalSubjectAccessReview",
        json!({
            "resourceAttributes": attributes,
            "user": format!("system:serviceaccount:{namespace}:{account}"),
            "groups": ["system:serviceaccounts", format!("system:serviceaccounts:{namespace}"), "system:authenticated"],
        }),
    );
    review["metadata"]["namespace"] = namespace.into();
    (format!("{api}/namespaces/{namespace}/localsubjectaccessreviews"), review)
}
