//! Whether Flink clusters can run at a place: asked of the API server, question by question.

use domain::ports::PortError;
use domain::target::{CheckOutcome, POD_PERMISSIONS, Permission, SERVER_PERMISSIONS, TargetCheck, TargetReport};
use futures::StreamExt;
use serde_json::{Value, json};

use crate::api::{Api, segment};
use crate::fault::Fault;
use crate::look::system_uid;

/// Questions that are asked at once.
const AT_ONCE: usize = 6;

/// See [`domain::ports::KubernetesControl::test`].
pub async fn test(api: &Api, service_account: Option<&str>) -> Result<TargetReport, PortError> {
    let version = api.get("/version").await?;
    let account = service_account.unwrap_or("default");
    segment(account)?;
    let system_uid = system_uid(api).await?;
    let mut checks = vec![namespace(api).await?, identity(system_uid.as_deref())];
    checks.extend(permissions(api, SERVER_PERMISSIONS, None).await?);
    checks.push(account_exists(api, account).await?);
    checks.extend(permissions(api, POD_PERMISSIONS, Some(account)).await?);
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

fn identity(system_uid: Option<&str>) -> TargetCheck {
    let what = "identity of the cluster";
    match system_uid {
        Some(_) => check(what, CheckOutcome::Ok, ""),
        None => check(
            what,
            CheckOutcome::NotTested,
            "we may not get the namespace 'kube-system', whose uid says which cluster this is: another cluster at the same address would not be \
             noticed. 'streamwright target rbac --cluster-identity' writes the ClusterRole for it",
        ),
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

async fn permissions(api: &Api, asked: &'static [Permission], account: Option<&str>) -> Result<Vec<TargetCheck>, Fault> {
    let pairs = asked.iter().flat_map(|of| of.verbs.iter().map(move |verb| (of, *verb)));
    let questions: Vec<_> = pairs.map(|(of, verb)| permission(api, of, verb, account)).collect();
    let mut answers = futures::stream::iter(questions).buffered(AT_ONCE);
    let mut checks = Vec::new();
    while let Some(answer) = answers.next().await {
        checks.push(answer?);
    }
    Ok(checks)
}

async fn permission(api: &Api, of: &Permission, verb: &str, account: Option<&str>) -> Result<TargetCheck, Fault> {
    let (namespace, kind) = (api.namespace(), of.resource);
    let (path, question) = question(namespace, of, verb, account);
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
    let refused = format!("{who} may not {verb} {kind} in namespace '{namespace}'{why}");
    Ok(match of.only {
        // Whether that is missed here nobody has asked: Flink clusters run without it elsewhere.
        Some(only) => check(what, CheckOutcome::NotTested, format!("{refused}: it is needed for {only} only")),
        None => check(
            what,
            CheckOutcome::Failed,
            format!(
                "{refused}: bind a role that allows it, such as the ClusterRole 'edit' or what 'streamwright target rbac' writes, in this namespace"
            ),
        ),
    })
}

fn question(namespace: &str, of: &Permission, verb: &str, account: Option<&str>) -> (String, Value) {
    let (resource, sub) = of.resource.split_once('/').unwrap_or((of.resource, ""));
    let attributes = json!({"namespace": namespace, "verb": verb, "group": of.group, "resource": resource, "subresource": sub});
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
