//! What a request is about, read from its path.

use std::collections::BTreeMap;

use axum::http::{Method, Uri};

/// A request's parts.
#[derive(Debug, Clone, Default)]
pub(crate) struct Route {
    /// `create`, `get`, `list`, `watch`, `patch`, `delete`.
    pub(crate) verb: &'static str,
    /// As faults and records call it.
    pub(crate) endpoint: String,
    /// Its namespace; empty for what has none.
    pub(crate) namespace: String,
    /// `deployments`; empty for what is no resource.
    pub(crate) resource: String,
    /// The object's name; empty for a collection.
    pub(crate) name: String,
    /// What comes behind the name: `log`, `proxy/jobs/overview`.
    pub(crate) rest: String,
    /// The path of the collection.
    pub(crate) collection: String,
    /// Its query.
    pub(crate) query: BTreeMap<String, String>,
}

impl Route {
    pub(crate) fn of(method: &Method, uri: &Uri) -> Self {
        let query = query(uri.query().unwrap_or_default());
        let segments: Vec<&str> = uri.path().trim_matches('/').split('/').collect();
        let begin = match segments.first() {
            Some(&"api") => 2,
            Some(&"apis") => 3,
            _ => segments.len(),
        };
        let (group, parts) = segments.split_at(begin.min(segments.len()));
        let (namespace, parts) = match parts {
            ["namespaces", namespace, parts @ ..] if !parts.is_empty() => (*namespace, parts),
            parts => ("", parts),
        };
        let resource = parts.first().copied().unwrap_or_default();
        let name = parts.get(1).copied().unwrap_or_default();
        let rest = parts.get(2..).unwrap_or_default().join("/");
        let mut collection = format!("/{}", group.join("/"));
        if !namespace.is_empty() {
            collection.push_str(&format!("/namespaces/{namespace}"));
        }
        collection.push_str(&format!("/{resource}"));
        let mut route = Self {
            verb: verb(method, name.is_empty(), query.contains_key("watch")),
            endpoint: String::new(),
            namespace: namespace.to_owned(),
            resource: resource.to_owned(),
            name: name.to_owned(),
            rest,
            collection,
            query,
        };
        route.endpoint = route.named(method, &group.join("/"));
        route
    }

    fn named(&self, method: &Method, group: &str) -> String {
        let method = if self.verb == "watch" { "WATCH" } else { method.as_str() };
        let mut path = format!("/{group}");
        if !self.namespace.is_empty() {
            path.push_str("/namespaces/:id");
        }
        if !self.resource.is_empty() {
            path.push_str(&format!("/{}", self.resource));
        }
        if !self.name.is_empty() {
            path.push_str("/:id");
        }
        if let Some(sub) = self.rest.split('/').next().filter(|sub| !sub.is_empty()) {
            path.push_str(&format!("/{sub}"));
        }
        format!("{method} {path}")
    }

    /// `pods/log`, `deployments`.
    pub(crate) fn kind(&self) -> String {
        match self.rest.split('/').next().filter(|sub| !sub.is_empty()) {
            Some(sub) => format!("{}/{sub}", self.resource),
            None => self.resource.clone(),
        }
    }

    /// A parameter of the query.
    pub(crate) fn parameter(&self, name: &str) -> &str {
        self.query.get(name).map_or("", String::as_str)
    }
}

fn verb(method: &Method, collection: bool, watch: bool) -> &'static str {
    match method.as_str() {
        "POST" => "create",
        "PATCH" => "patch",
        "PUT" => "update",
        "DELETE" => "delete",
        _ if watch => "watch",
        _ if collection => "list",
        _ => "get",
    }
}

fn query(text: &str) -> BTreeMap<String, String> {
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            pair.split_once('=')
                .map_or((decode(pair), String::new()), |(key, value)| (decode(key), decode(value)))
        })
        .collect()
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let coded = (*first == b'%')
            .then(|| {
                after
                    .get(..2)
                    .and_then(|two| u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok())
            })
            .flatten();
        match coded {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(if *first == b'+' { b' ' } else { *first });
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read() {
        for (method, path, endpoint, verb, kind) in [
            (
                "POST",
                "/apis/apps/v1/namespaces/a/deployments",
                "POST /apis/apps/v1/namespaces/:id/deployments",
                "create",
                "deployments",
            ),
            (
                "GET",
                "/api/v1/namespaces/a/pods?watch=true&labelSelector=a%3Db",
                "WATCH /api/v1/namespaces/:id/pods",
                "watch",
                "pods",
            ),
            (
                "GET",
                "/api/v1/namespaces/a/pods/x/log?tailLines=1",
                "GET /api/v1/namespaces/:id/pods/:id/log",
                "get",
                "pods/log",
            ),
            (
                "GET",
                "/api/v1/namespaces/kube-system",
                "GET /api/v1/namespaces/:id",
                "get",
                "namespaces",
            ),
            ("GET", "/version", "GET /version", "list", ""),
        ] {
            let route = Route::of(&method.parse().unwrap(), &path.parse().unwrap());
            assert_eq!((&*route.endpoint, route.verb, &*route.kind()), (endpoint, verb, kind));
        }
        let route = Route::of(
            &Method::GET,
            &"/api/v1/namespaces/a/services/x-rest:rest/proxy/jobs/overview?a=b%2Cc"
                .parse()
                .unwrap(),
        );
        assert_eq!(
            (&*route.name, &*route.rest, route.parameter("a")),
            ("x-rest:rest", "proxy/jobs/overview", "b,c")
        );
    }
}
