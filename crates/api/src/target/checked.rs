//! A target as it is sent, and what it must be before it is kept.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use domain::draft::owned_key;
use domain::ports::PortError;
use domain::secret::Secret;
use domain::target::{
    Ingress, KUBECONFIG_PURPOSE, KubernetesAccess, KubernetesDefaults, KubernetesPlace, MAX_KUBECONFIG_BYTES, Target as Known,
};
use http::StatusCode;
use manifests::Role;
use serde::{Deserialize, Deserializer, Serialize};
use store::NewTarget as New;
use utoipa::ToSchema;

use super::{TargetIngress, TargetPath, TargetPolicy, find};
use crate::app::App;
use crate::configuration::Configuration;
use crate::extract::{Body, Path};
use crate::problem::{Problem, sentence};
use crate::{template, text};

/// Most entries of a list or map.
const MOST: usize = 100;
/// Longest path, address or name of a context, in bytes.
const LONGEST: usize = 2_048;

/// How the API server is reached.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum NewTargetAccess {
    /// By a kubeconfig that is sent. It may name no file and no program.
    Kubeconfig {
        /// Its text; at most 256 KiB. Left out with a target that has one: the stored one. Never answered.
        #[serde(default)]
        kubeconfig: Option<String>,
    },
    /// By a kubeconfig on the server's host, read again when it changes.
    File {
        /// Absolute path.
        path: String,
    },
    /// By the service account of the pod that the server runs in.
    InCluster {},
}

/// A target as it is to be.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewTarget {
    /// Name, unique in the platform.
    pub name: String,
    /// How the API server is reached.
    #[serde(deserialize_with = "access")]
    pub access: NewTargetAccess,
    /// The context of the kubeconfig; its current one unless told.
    pub context: Option<String>,
    /// The namespace of all objects.
    pub namespace: String,
    /// Images by Flink version, `2.2.1` or `2.2`; else the official image of the version.
    #[serde(default)]
    pub images: BTreeMap<String, String>,
    /// Service account of the pods; the namespace's own unless told.
    pub service_account: Option<String>,
    /// Where jobs keep their state, e.g. `s3://bucket/flink`. With it comes high availability.
    pub state_root: Option<String>,
    /// Whether JobManagers recover by themselves, where there is a state root.
    #[serde(default = "yes")]
    pub high_availability: bool,
    /// Flink configuration of every cluster.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, String>)]
    pub configuration: Configuration,
    /// Pod template of the JobManager, YAML.
    pub job_manager_template: Option<String>,
    /// Pod template of the TaskManagers, YAML.
    pub task_manager_template: Option<String>,
    /// What pods may have.
    #[serde(default)]
    pub policy: TargetPolicy,
    /// Where pods reach this server for artifacts; its public address unless told.
    pub artifact_url: Option<String>,
    /// The Ingress of each cluster's web UI; none unless told.
    pub ingress: Option<TargetIngress>,
}

const fn yes() -> bool {
    true
}

/// An access, or an error that does not repeat what was sent.
pub(super) fn access<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NewTargetAccess, D::Error> {
    let sent = serde_json::Value::deserialize(deserializer)?;
    if !matches!(sent["kubeconfig"], serde_json::Value::Null | serde_json::Value::String(_)) {
        return Err(serde::de::Error::custom("the kubeconfig is not a text"));
    }
    if !sent.is_object() {
        return Err(serde::de::Error::custom("expected an object with 'kind'"));
    }
    serde_json::from_value(sent).map_err(serde::de::Error::custom)
}

/// A kubeconfig to compare with the kept one.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewKubeconfig {
    /// Its text.
    #[serde(deserialize_with = "kubeconfig")]
    pub kubeconfig: String,
}

/// Whether a kubeconfig is another one.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct KubeconfigDifference {
    /// Whether it is not the kept one, or none is kept.
    pub differs: bool,
}

/// A text, or an error that does not repeat what was sent.
fn kubeconfig<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    match serde_json::Value::deserialize(deserializer)? {
        serde_json::Value::String(text) => Ok(text),
        _ => Err(serde::de::Error::custom("expected a string")),
    }
}

/// Whether a kubeconfig is another one than the kept one, for those who keep theirs in files; changes nothing.
///
/// # Errors
/// 404, 503 when what is kept cannot be opened.
#[utoipa::path(
    post,
    path = "/targets/{target}/kubeconfig/compare",
    tag = "targets",
    request_body = NewKubeconfig,
    responses((status = 200, description = "Compared", body = KubeconfigDifference)),
)]
pub async fn compare_kubeconfig(
    State(app): State<App>,
    Path(path): Path<TargetPath>,
    Body(asked): Body<NewKubeconfig>,
) -> Result<Json<KubeconfigDifference>, Problem> {
    let of = find(&app, &path.target).await?;
    let KubernetesAccess::Kubeconfig { sealed } = &of.place.access else {
        return Ok(Json(KubeconfigDifference { differs: true }));
    };
    let kept = app
        .ports
        .vault
        .open(KUBECONFIG_PURPOSE, sealed)
        .map_err(|error| vault_unavailable(&error))?;
    let differs = kept.expose().trim() != asked.kubeconfig.trim();
    Ok(Json(KubeconfigDifference { differs }))
}

fn vault_unavailable(error: &PortError) -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "vault_unavailable", sentence(&error.to_string()))
}

fn bad(code: &str, field: &str, why: &str) -> Problem {
    Problem::unprocessable(code, sentence(why)).field(field)
}

/// A text that is there, with a bound.
fn given(field: &str, text: Option<String>) -> Result<Option<String>, Problem> {
    let Some(text) = text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    if text.len() > LONGEST || text.chars().any(char::is_control) {
        let why = format!("'{field}' has at most {LONGEST} bytes and no control characters");
        return Err(bad("bad_text", field, &why));
    }
    Ok(Some(text))
}

impl NewTargetAccess {
    /// The access to keep: with its kubeconfig sealed, or the one that is kept already.
    fn checked(self, app: &App, before: Option<&KubernetesAccess>) -> Result<KubernetesAccess, Problem> {
        let text = match self {
            Self::InCluster {} => return Ok(KubernetesAccess::InCluster),
            Self::File { path } => return file(path),
            Self::Kubeconfig { kubeconfig } => kubeconfig,
        };
        let field = "access.kubeconfig";
        let Some(text) = text.filter(|text| !text.trim().is_empty()) else {
            let kept = before.filter(|access| matches!(access, KubernetesAccess::Kubeconfig { .. }));
            return kept.cloned().ok_or_else(|| {
                Problem::unprocessable("missing_field", "The kubeconfig is missing.")
                    .field(field)
                    .hint("Paste what `kubectl config view --raw --minify --flatten` prints, or name a file on the server.")
            });
        };
        text::no_nul(field, &text)?;
        if text.len() > MAX_KUBECONFIG_BYTES {
            let why = format!(
                "The kubeconfig has {} bytes; {} KiB is the most",
                text.len(),
                MAX_KUBECONFIG_BYTES / 1024
            );
            return Err(
                bad("too_long", field, &why).hint("`kubectl config view --raw --minify --flatten` writes only the current context.")
            );
        }
        let sealed = app.ports.vault.seal(KUBECONFIG_PURPOSE, &Secret::new(text));
        sealed
            .map(|sealed| KubernetesAccess::Kubeconfig { sealed })
            .map_err(|error| vault_unavailable(&error))
    }
}

fn file(path: String) -> Result<KubernetesAccess, Problem> {
    let field = "access.path";
    let path = given(field, Some(path))?.ok_or_else(|| bad("missing_field", field, "The path of the kubeconfig is missing"))?;
    if !path.starts_with('/') || path.split('/').any(|part| part == "..") {
        return Err(bad("bad_path", field, "It is an absolute path on the server's host, without '..'"));
    }
    Ok(KubernetesAccess::File { path })
}

/// Where a target is, as it is sent for a target or for a test.
pub(super) async fn place(
    app: &App,
    (access, context, namespace): (NewTargetAccess, Option<String>, String),
    before: Option<&KubernetesPlace>,
) -> Result<KubernetesPlace, Problem> {
    manifests::check_namespace(&namespace)
        .map_err(|why| bad("bad_namespace", "namespace", &why).hint("`kubectl get namespaces` lists those of the cluster."))?;
    let place = KubernetesPlace {
        access: access.checked(app, before.map(|place| &place.access))?,
        context: given("context", context)?,
        namespace,
    };
    if place.access == KubernetesAccess::InCluster && place.context.is_some() {
        let why = "Only a kubeconfig has contexts: inside its own cluster the server is its service account";
        return Err(bad("not_for_access", "context", why));
    }
    Ok(place)
}

/// The field of an access that a problem is about.
fn field_of(access: &KubernetesAccess) -> &'static str {
    match access {
        KubernetesAccess::Kubeconfig { .. } => "access.kubeconfig",
        KubernetesAccess::File { .. } => "access.path",
        KubernetesAccess::InCluster => "access",
    }
}

impl NewTarget {
    /// The target as it is kept.
    ///
    /// # Errors
    /// 422 naming the field.
    pub(super) async fn checked(self, app: &App, before: Option<&Known>) -> Result<New, Problem> {
        text::name("name", &self.name)?;
        let before = before.map(|target| &target.place);
        let place = place(app, (self.access, self.context, self.namespace), before).await?;
        let service_account = account(self.service_account, &self.policy)?;
        policy(&self.policy)?;
        let policy = self.policy.into();
        let ingress = ingress(self.ingress, &place.namespace)?;
        let defaults = KubernetesDefaults {
            images: images(self.images)?,
            service_account,
            state_root: state_root(self.state_root)?,
            without_high_availability: !self.high_availability,
            configuration: self.configuration.checked("configuration", owned)?,
            job_manager_template: template("jobManagerTemplate", Role::JobManager, self.job_manager_template, &policy)?,
            task_manager_template: template("taskManagerTemplate", Role::TaskManager, self.task_manager_template, &policy)?,
            policy,
            artifact_url: artifact_url(self.artifact_url)?,
            ingress,
        };
        if before != Some(&place) {
            let checked = app.ports.kubernetes.check(&place).await;
            checked.map_err(|error| bad("bad_access", field_of(&place.access), &error.to_string()).hint("Nothing was saved."))?;
        }
        Ok(New {
            name: self.name,
            place,
            defaults,
        })
    }
}

fn owned(key: &str) -> Option<Problem> {
    let why = match key {
        "high-availability" | "high-availability.type" => Some("it comes with the state root; 'highAvailability' turns it off".to_owned()),
        _ => manifests::owned_key(key).or_else(|| owned_key(key)).map(str::to_owned),
    };
    why.map(|why| Problem::unprocessable("owned_key", format!("The key '{key}' is set by the platform: {why}.")).hint("Remove the key."))
}

fn images(images: BTreeMap<String, String>) -> Result<BTreeMap<String, String>, Problem> {
    if images.len() > MOST {
        return Err(bad("too_many", "images", &format!("A target has at most {MOST} images")));
    }
    for (version, image) in &images {
        let shown: String = version.chars().take(40).collect();
        let field = format!("images.{shown}");
        let parts: Vec<Option<u16>> = version.split('.').map(|part| part.parse().ok()).collect();
        if !(2..=3).contains(&parts.len()) || parts.iter().any(Option::is_none) {
            let why = format!("'{shown}' is not a Flink version: expected one such as 2.2.1, or 2.2 for all of its patches");
            return Err(bad("bad_version", &field, &why));
        }
        manifests::check_image(image)
            .map_err(|why| bad("bad_image", &field, &why).hint("For example registry.example:5000/flink:2.2.1-java17."))?;
    }
    Ok(images)
}

fn account(account: Option<String>, policy: &TargetPolicy) -> Result<Option<String>, Problem> {
    let Some(account) = given("serviceAccount", account)? else {
        return Ok(None);
    };
    manifests::check_object(&account).map_err(|why| bad("bad_service_account", "serviceAccount", &why))?;
    if !policy.service_accounts.is_empty() && !policy.service_accounts.contains(&account) {
        let why = format!("The policy does not allow the service account '{account}'");
        return Err(bad("not_allowed", "serviceAccount", &why).hint("Add it to 'policy.serviceAccounts', or leave that empty."));
    }
    Ok(Some(account))
}

fn policy(policy: &TargetPolicy) -> Result<(), Problem> {
    for (field, list) in [
        ("policy.hostPaths", &policy.host_paths),
        ("policy.serviceAccounts", &policy.service_accounts),
    ] {
        if list.len() > MOST {
            return Err(bad("too_many", field, &format!("'{field}' has at most {MOST} entries")));
        }
    }
    for (index, path) in policy.host_paths.iter().enumerate() {
        let checked = manifests::check_path(path).map_err(|why| bad("bad_path", &format!("policy.hostPaths.{index}"), &why));
        checked.map_err(|problem| problem.hint("For example /mnt/jars: it and everything below may be mounted."))?;
    }
    for (index, account) in policy.service_accounts.iter().enumerate() {
        let field = format!("policy.serviceAccounts.{index}");
        manifests::check_object(account).map_err(|why| bad("bad_service_account", &field, &why))?;
    }
    Ok(())
}

fn ingress(asked: Option<TargetIngress>, namespace: &str) -> Result<Option<Ingress>, Problem> {
    let Some(asked) = asked else { return Ok(None) };
    let host = given("ingress.host", Some(asked.host))?.ok_or_else(|| bad("missing_field", "ingress.host", "The host is missing"))?;
    if asked.annotations.len() > MOST {
        return Err(bad(
            "too_many",
            "ingress.annotations",
            &format!("An Ingress has at most {MOST} annotations"),
        ));
    }
    for (key, value) in &asked.annotations {
        let shown: String = key.chars().take(40).collect();
        let field = format!("ingress.annotations.{shown}");
        text::no_nul(&field, value)?;
        if value.len() > LONGEST {
            let why = format!("The annotation '{shown}' has more than {LONGEST} bytes");
            return Err(bad("too_long", &field, &why));
        }
    }
    let ingress = Ingress {
        class: given("ingress.class", asked.class)?,
        host,
        tls_secret: given("ingress.tlsSecret", asked.tls_secret)?,
        annotations: asked.annotations,
    };
    let checked = manifests::check_ingress(&ingress, namespace);
    checked.map_err(|(field, why)| {
        let field = if field == "tls_secret" { "tlsSecret" } else { field };
        bad("bad_ingress", &format!("ingress.{field}"), &why).hint("For example {{job}}.flink.example.org.")
    })?;
    Ok(Some(ingress))
}

fn state_root(root: Option<String>) -> Result<Option<String>, Problem> {
    let Some(root) = given("stateRoot", root)? else { return Ok(None) };
    let refused = |why: &str| {
        bad("bad_state_root", "stateRoot", why)
            .hint("For example s3://bucket/flink, hdfs://namenode:8020/flink, oss://bucket/flink or file:///mnt/state.")
    };
    let (scheme, rest) = root
        .split_once("://")
        .ok_or_else(|| refused("The state root is a URI with a scheme"))?;
    let word = scheme.starts_with(|c: char| c.is_ascii_lowercase())
        && scheme
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"+-.".contains(&byte));
    if !word || ["http", "https"].contains(&scheme) {
        return Err(refused(&format!("Flink keeps no state at '{scheme}'")));
    }
    if rest.trim_matches('/').is_empty() || rest.chars().any(|c| c.is_whitespace() || matches!(c, '?' | '#')) {
        return Err(refused("The state root names a place, without blanks, '?' and '#'"));
    }
    if scheme == "file" && !rest.starts_with('/') {
        return Err(refused("A folder of the pods is written with three slashes"));
    }
    Ok(Some(root.trim_end_matches('/').to_owned()))
}

fn artifact_url(typed: Option<String>) -> Result<Option<String>, Problem> {
    let Some(typed) = given("artifactUrl", typed)? else {
        return Ok(None);
    };
    let refused = |why: &str| bad("bad_address", "artifactUrl", why).hint("For example http://streamwright.platform.svc:8088.");
    let uri: http::Uri = typed.parse().map_err(|_| refused("This is no address"))?;
    let host = uri.authority().map_or("", |authority| authority.as_str());
    if !matches!(uri.scheme_str(), Some("http" | "https")) || host.is_empty() {
        return Err(refused("The address begins with http:// or https:// and names a host"));
    }
    if host.contains('@') || uri.query().is_some() {
        return Err(refused("The address has no user, password or query"));
    }
    Ok(Some(typed.trim_end_matches('/').to_owned()))
}

fn template(field: &str, role: Role, text: Option<String>, policy: &domain::target::PodPolicy) -> Result<Option<String>, Problem> {
    let Some(text) = template::given(field, text)? else {
        return Ok(None);
    };
    match manifests::check_template(role, &text, policy) {
        Ok(()) => Ok(Some(text)),
        Err(faults) => Err(template::refused(field, &faults, false)),
    }
}
