//! A kubeconfig as text, and who it says we are: pure. What would run a program of this host, or read a file of it where the text
//! came from outside, is refused in words that name the field. Nothing of a text is quoted that could be a secret.

use std::path::{Path, PathBuf};

use domain::secret::Secret;
use domain::target::MAX_KUBECONFIG_BYTES;
use serde_json::Value;

/// Where an API server is, and who we are there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// Base address, `https://host:port/prefix`.
    pub server: String,
    /// What signed its certificate.
    pub authority: Option<Part>,
    /// Its certificate is not looked at.
    pub insecure: bool,
    /// The name in its certificate, where that is not the address's.
    pub tls_name: Option<String>,
    /// A certificate of ours, and its key.
    pub client: Option<(Part, Part)>,
    /// What is sent with each request.
    pub proof: Proof,
}

/// What is sent with each request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Proof {
    /// Nothing.
    #[default]
    None,
    /// A bearer token.
    Token(Secret),
    /// A bearer token in a file that somebody renews.
    TokenFile(PathBuf),
    /// User and password.
    Basic(String, Secret),
}

/// A text in PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// In the kubeconfig itself.
    Here(Secret),
    /// In a file.
    File(PathBuf),
}

/// Where a text came from.
#[derive(Debug, Clone, Copy)]
pub enum Origin<'a> {
    /// From outside: it may name nothing of this host.
    Outside,
    /// From a file of this host: paths in it begin in its folder.
    Host(&'a Path),
}

/// Reads one.
///
/// # Errors
/// What is wrong with it, and what to do.
pub fn read(text: &str, context: Option<&str>, origin: Origin<'_>) -> Result<Identity, String> {
    let config = parse(text)?;
    let chosen = choose(&config, context)?;
    let cluster = named(&config, "clusters", "cluster", word(chosen, "cluster"))?;
    let user = match word(chosen, "user") {
        Some(name) => named(&config, "users", "user", Some(name))?,
        None => &Value::Null,
    };
    refuse_programs(user)?;
    let server = server(cluster)?;
    if word(cluster, "proxy-url").is_some() {
        return Err(
            "the cluster has a 'proxy-url': a proxy before an API server is not supported, give an address that is reached directly"
                .to_owned(),
        );
    }
    let authority = part(cluster, "certificate-authority", origin)?;
    Ok(Identity {
        server,
        authority,
        insecure: cluster["insecure-skip-tls-verify"] == true,
        tls_name: word(cluster, "tls-server-name").map(str::to_owned),
        client: client(user, origin)?,
        proof: proof(user, origin)?,
    })
}

fn parse(text: &str) -> Result<Value, String> {
    if text.len() > MAX_KUBECONFIG_BYTES {
        return Err(format!(
            "the kubeconfig is larger than {} KiB: leave out the contexts that are not meant",
            MAX_KUBECONFIG_BYTES >> 10
        ));
    }
    let mut budget = serde_saphyr::budget::Budget::default();
    (budget.max_depth, budget.max_nodes, budget.max_events) = (32, 20_000, 60_000);
    (budget.max_aliases, budget.max_anchors) = (100, 100);
    let mut limits = serde_saphyr::options::AliasLimits::default();
    limits.max_total_replayed_events = 20_000;
    let options = serde_saphyr::options! { budget: Some(budget), alias_limits: limits, with_snippet: false };
    let config: Value = serde_saphyr::from_str_with_options(text, options).map_err(|error| not_yaml(&error))?;
    if !config.is_object() {
        return Err("this is no kubeconfig: it is not a mapping with 'clusters', 'contexts' and 'users'".to_owned());
    }
    Ok(config)
}

/// The library's own words could quote the text.
fn not_yaml(error: &serde_saphyr::Error) -> String {
    let at = error.location().map_or_else(String::new, |at| format!(" at line {}", at.line()));
    let too_much = format!("the kubeconfig has too many anchors, aliases, nodes or levels{at}: write it without anchors");
    match error {
        serde_saphyr::Error::MultipleDocuments { .. } => format!("the kubeconfig has a second document{at}: give one only"),
        // A limit that is met inside of an alias comes as an error of that alias.
        serde_saphyr::Error::Budget { .. } | serde_saphyr::Error::AliasError { .. } => too_much,
        other if other.to_string().contains("limit exceeded") => too_much,
        serde_saphyr::Error::DuplicateMappingKey { .. } => format!("the kubeconfig has a key twice{at}"),
        _ => format!("the kubeconfig is not YAML{at}"),
    }
}

fn word<'a>(of: &'a Value, key: &str) -> Option<&'a str> {
    of[key].as_str().filter(|text| !text.is_empty())
}

fn choose<'a>(config: &'a Value, context: Option<&str>) -> Result<&'a Value, String> {
    let names = names(config, "contexts");
    let there = if names.is_empty() {
        "it has none".to_owned()
    } else {
        format!("there are {names}")
    };
    let Some(name) = context.or_else(|| word(config, "current-context")) else {
        return Err(format!("the kubeconfig has no current context: name one, {there}"));
    };
    entry(config, "contexts", name)
        .map(|entry| &entry["context"])
        .ok_or_else(|| format!("the kubeconfig has no context '{}': {there}", short(name)))
}

fn entry<'a>(config: &'a Value, list: &str, name: &str) -> Option<&'a Value> {
    config[list].as_array()?.iter().find(|entry| entry["name"] == name)
}

fn named<'a>(config: &'a Value, list: &str, kind: &str, name: Option<&str>) -> Result<&'a Value, String> {
    let name = name.ok_or_else(|| format!("the context names no {kind}"))?;
    entry(config, list, name)
        .map(|entry| &entry[kind])
        .ok_or_else(|| format!("the kubeconfig has no {kind} '{}', which the context names", short(name)))
}

fn names(config: &Value, list: &str) -> String {
    let entries = config[list].as_array().into_iter().flatten();
    let names: Vec<String> = entries
        .filter_map(|entry| word(entry, "name"))
        .take(20)
        .map(|name| format!("'{}'", short(name)))
        .collect();
    names.join(", ")
}

fn short(name: &str) -> String {
    name.chars().filter(|character| !character.is_control()).take(80).collect()
}

fn server(cluster: &Value) -> Result<String, String> {
    let server = word(cluster, "server").ok_or("the cluster has no 'server': the address of its API server")?;
    let server = server.trim_end_matches('/');
    let uri: Option<http::Uri> = server.parse().ok();
    let host = uri.as_ref().and_then(http::Uri::host).is_some_and(|host| !host.is_empty());
    let scheme = uri
        .as_ref()
        .and_then(http::Uri::scheme_str)
        .is_some_and(|scheme| matches!(scheme, "https" | "http"));
    let plain = uri
        .as_ref()
        .and_then(http::Uri::authority)
        .is_some_and(|authority| !authority.as_str().contains('@'));
    if host && scheme && plain {
        Ok(server.to_owned())
    } else {
        Err(format!(
            "the cluster's 'server' is no address such as https://host:6443: '{}'",
            short(server)
        ))
    }
}

fn refuse_programs(user: &Value) -> Result<(), String> {
    if !user["exec"].is_null() {
        return Err(
            "the user has an 'exec' plugin: this server runs no program of a kubeconfig. Make a service account with a token, or a client certificate, and name that"
                .to_owned(),
        );
    }
    if !user["auth-provider"].is_null() {
        return Err("the user has an 'auth-provider': use a token of a service account or a client certificate instead".to_owned());
    }
    for key in ["as", "as-uid", "as-groups", "as-user-extra"] {
        if !user[key].is_null() {
            return Err(format!(
                "the user has '{key}': impersonation is not supported, give the credentials of the user that is meant"
            ));
        }
    }
    Ok(())
}

/// `KEY-data` in base64, or `KEY` as a path.
fn part(of: &Value, key: &str, origin: Origin<'_>) -> Result<Option<Part>, String> {
    let field = format!("{key}-data");
    if let Some(coded) = word(of, &field) {
        let decoded = decode(coded).filter(|text| text.contains("-----BEGIN "));
        let text = decoded.ok_or_else(|| format!("'{field}' is not the base64 of a text in PEM"))?;
        return Ok(Some(Part::Here(Secret::new(text))));
    }
    word(of, key)
        .map(|path| file(key, path, origin))
        .transpose()
        .map(|path| path.map(Part::File))
}

fn file(key: &str, path: &str, origin: Origin<'_>) -> Result<PathBuf, String> {
    match origin {
        Origin::Host(folder) => Ok(folder.join(path)),
        Origin::Outside => Err(format!(
            "'{key}' names a file: a kubeconfig that is pasted holds everything itself. `kubectl config view --flatten --minify --raw` writes it so"
        )),
    }
}

fn decode(text: &str) -> Option<String> {
    use base64::Engine;
    let text: String = text.split_whitespace().collect();
    let bytes = base64::engine::general_purpose::STANDARD.decode(text).ok()?;
    String::from_utf8(bytes).ok()
}

fn client(user: &Value, origin: Origin<'_>) -> Result<Option<(Part, Part)>, String> {
    match (part(user, "client-certificate", origin)?, part(user, "client-key", origin)?) {
        (Some(certificate), Some(key)) => Ok(Some((certificate, key))),
        (None, None) => Ok(None),
        (Some(_), None) => Err("the user has a client certificate without 'client-key-data'".to_owned()),
        (None, Some(_)) => Err("the user has a client key without 'client-certificate-data'".to_owned()),
    }
}

fn proof(user: &Value, origin: Origin<'_>) -> Result<Proof, String> {
    if let Some(token) = word(user, "token") {
        return sendable("token", token).map(Proof::Token);
    }
    if let Some(path) = word(user, "tokenFile") {
        return file("tokenFile", path, origin).map(Proof::TokenFile);
    }
    match (word(user, "username"), word(user, "password")) {
        (Some(name), Some(password)) => Ok(Proof::Basic(name.to_owned(), Secret::new(password.to_owned()))),
        (None, None) => Ok(Proof::None),
        _ => Err("the user has one of 'username' and 'password' without the other".to_owned()),
    }
}

/// A token that fits into a header.
///
/// # Errors
/// Which field is not one.
pub fn sendable(field: &str, token: &str) -> Result<Secret, String> {
    let token = token.trim();
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(format!("'{field}' is no token: it is empty, or has blanks or line breaks in it"));
    }
    Ok(Secret::new(token.to_owned()))
}
