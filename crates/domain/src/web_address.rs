//! Where a browser finds Flink's web UI of a cluster: decided from what was seen of the ways there, never guessed. Where
//! there is no such address it is said why, and the command that makes one.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::cluster::{Cluster, Look, TargetKind};

/// Which of a node's addresses a `NodePort` is reached at; Flink reads it from 1.14 on.
pub const NODE_ADDRESS_TYPE: &str = "kubernetes.rest-service.exposed.node-port-address-type";

/// What the API server shows of the ways to a cluster's web UI.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct WebSight {
    /// The service of its REST endpoint.
    pub service: Option<ServiceSight>,
    /// The Ingress that was made with it.
    pub ingress: Option<IngressSight>,
}

/// A service as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ServiceSight {
    /// Kubernetes' word: `ClusterIP`, `NodePort`, `LoadBalancer`.
    pub kind: String,
    /// Whether its name leads to the pods themselves.
    pub headless: bool,
    /// Its port.
    pub port: u16,
    /// Its port on each node.
    pub node_port: Option<u16>,
    /// Addresses and names that a load balancer has given it.
    pub balanced: Vec<String>,
    /// The node that the JobManager runs on, where the service has a port there.
    pub node: Option<NodeSight>,
}

/// Addresses of a node.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct NodeSight {
    /// Inside of its network.
    pub internal: Option<String>,
    /// From outside; unset also where we may not read nodes.
    pub external: Option<String>,
}

/// An Ingress as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct IngressSight {
    /// The host that it is for.
    pub host: String,
    /// The class of its controller; unset: the cluster's usual one.
    pub class: Option<String>,
    /// Whether it is spoken to by TLS.
    pub tls: bool,
    /// Whether a controller has taken it up: it has an address.
    pub taken: bool,
    /// Why it could not be read.
    pub unread: Option<String>,
}

impl WebSight {
    /// Whether nothing is waited for.
    #[must_use]
    pub fn settled(&self) -> bool {
        let ingress = self.ingress.as_ref().is_none_or(|ingress| ingress.taken);
        let service = self.service.as_ref().is_some_and(|service| match service.kind.as_str() {
            "LoadBalancer" => !service.balanced.is_empty(),
            "NodePort" => service.node.is_some(),
            _ => true,
        });
        ingress && service
    }
}

/// Where a browser finds a web UI, or why nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebAddress {
    /// The address; unset where none is known to work.
    pub url: Option<String>,
    /// What the address is, or why there is none.
    pub sentence: String,
    /// Whether `streamwright port-forward` makes one.
    pub forward: bool,
}

/// Decides it from the newest look.
#[must_use]
pub fn web_address(cluster: &Cluster, look: &Look) -> WebAddress {
    if !look.reachable() || cluster.rest_url.is_none() {
        return WebAddress {
            url: None,
            sentence: "Its JobManager does not answer, so there is no web UI to open.".to_owned(),
            forward: false,
        };
    }
    let found = match cluster.target {
        TargetKind::Local => Err("It listens on the server's own host only.".to_owned()),
        TargetKind::Standalone => standalone(cluster),
        TargetKind::Kubernetes => in_kubernetes(cluster, look),
    };
    let (url, sentence) = match found {
        Ok((url, sentence)) => (Some(url), sentence),
        Err(sentence) => (None, sentence),
    };
    WebAddress {
        url,
        sentence,
        forward: true,
    }
}

/// The command that makes an address: of a job, else of a cluster by its name.
#[must_use]
pub fn forward_command(job: Option<&str>, cluster: &str) -> String {
    let dash = |name: &str| name.starts_with('-');
    match job {
        Some(job) => format!("streamwright port-forward {}{}", if dash(job) { "-- " } else { "" }, word(job)),
        None => format!(
            "streamwright port-forward --cluster{}{}",
            if dash(cluster) { "=" } else { " " },
            word(cluster)
        ),
    }
}

/// A text as one word of a shell.
fn word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// An address with its sentence, or why there is none.
type Found = Result<(String, String), String>;

fn standalone(cluster: &Cluster) -> Found {
    let url = cluster.rest_url.clone().unwrap_or_default();
    if of_this_host(&url) {
        return Err("The cluster was added by an address of the server's own host.".to_owned());
    }
    let asks = if cluster.connection.is_some() {
        "; it asks for what was entered with it"
    } else {
        ""
    };
    Ok((format!("{url}/"), format!("The address by which the cluster was added{asks}.")))
}

/// Whether an address leads to the host of whoever asks.
fn of_this_host(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split('/').next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.rsplit_once(':').map_or(authority, |(host, _)| host),
    };
    match host.parse::<IpAddr>() {
        Ok(ip) => ip.is_loopback() || ip.is_unspecified(),
        Err(_) => host.is_empty() || host == "localhost" || host.ends_with(".localhost"),
    }
}

fn in_kubernetes(cluster: &Cluster, look: &Look) -> Found {
    let web = look.kubernetes.as_ref().and_then(|kubernetes| kubernetes.web.as_ref());
    let nothing = WebSight::default();
    let web = web.unwrap_or(&nothing);
    let of_service = || service(web.service.as_ref(), cluster);
    match web.ingress.as_ref().map(ingress) {
        Some(Ok(found)) => Ok(found),
        // What is there already is better than what is waited for.
        Some(Err(waits)) => of_service().map_err(|_| waits),
        None => of_service(),
    }
}

fn ingress(ingress: &IngressSight) -> Found {
    let scheme = if ingress.tls { "https" } else { "http" };
    if ingress.taken {
        let sentence = format!("The host of its Ingress; it must lead to the Ingress controller{}.", class(ingress));
        return Ok((format!("{scheme}://{}/", ingress.host), sentence));
    }
    if let Some(why) = &ingress.unread {
        return Err(format!("The Ingress for {} could not be read: {why}.", ingress.host));
    }
    Err(format!(
        "Waiting for an Ingress controller{} to take up the Ingress for {}: it has no address yet.",
        class(ingress),
        ingress.host
    ))
}

fn class(ingress: &IngressSight) -> String {
    let class = ingress.class.as_deref();
    class.map_or_else(String::new, |class| format!(" of class '{class}'"))
}

fn service(service: Option<&ServiceSight>, cluster: &Cluster) -> Found {
    let Some(service) = service else {
        return Err("Its service has not been seen yet.".to_owned());
    };
    match service.kind.as_str() {
        "ClusterIP" if service.headless => {
            Err("Its service is a headless ClusterIP: its name leads to the pod inside of Kubernetes only.".to_owned())
        }
        "ClusterIP" => Err("Its service is a ClusterIP, which is reached inside of Kubernetes only.".to_owned()),
        "LoadBalancer" => match service.balanced.first() {
            Some(host) => Ok((at(host, service.port), "The address of its load balancer.".to_owned())),
            None => Err("Waiting for the load balancer: it has given the service no address yet.".to_owned()),
        },
        "NodePort" => node(service, cluster),
        other => Err(format!("Its service is of type {other}, which leads to no web UI.")),
    }
}

/// The node that the JobManager runs on answers under each traffic policy of the service.
fn node(service: &ServiceSight, cluster: &Cluster) -> Found {
    let Some(port) = service.node_port else {
        return Err("Waiting for Kubernetes to give its service a port of the nodes.".to_owned());
    };
    let Some(node) = &service.node else {
        return Err("Waiting for the JobManager's pod: its node is not known yet.".to_owned());
    };
    let external = node.external.as_ref().map(|host| (host, "A port of the JobManager's node."));
    let internal = node.internal.as_ref().map(|host| {
        let sentence =
            "A port of the JobManager's node at its internal address: it works where your browser reaches the network of the nodes.";
        (host, sentence)
    });
    let found = match cluster.configuration.get(NODE_ADDRESS_TYPE).map(String::as_str) {
        Some("ExternalIP") => external.ok_or("The JobManager's node shows no external address, which the configuration asks for."),
        Some("InternalIP") => internal.ok_or("The JobManager's node shows no internal address, which the configuration asks for."),
        _ => external.or(internal).ok_or("The JobManager's node shows no address."),
    };
    let (host, sentence) = found.map_err(str::to_owned)?;
    Ok((at(host, port), sentence.to_owned()))
}

fn at(host: &str, port: u16) -> String {
    if host.contains(':') {
        format!("http://[{host}]:{port}/")
    } else {
        format!("http://{host}:{port}/")
    }
}

#[cfg(test)]
#[path = "web_address_tests.rs"]
mod tests;
