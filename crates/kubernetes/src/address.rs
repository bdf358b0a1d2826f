//! Where the REST endpoint of a cluster is reached from here: the service itself where it answers as this very cluster, else its path
//! at the API server. What was found is remembered for a while, with the ways to the web UI that were seen beside it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use domain::connection::Connection;
use domain::ports::RestAddress;
use domain::target::KubernetesPlace;
use domain::web_address::WebSight;
use futures::stream::{FuturesOrdered, StreamExt};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::access::Clients;
use crate::api::{Api, path};
use crate::fault::Fault;
use crate::web;

/// How long a service may take to answer.
const QUICK: Duration = Duration::from_millis(400);
/// How long a service's own address is used without looking again.
const DIRECT_HOLDS: Duration = Duration::from_secs(60);
/// How long the way over the API server is used at first without looking for a shorter one; each time it is twice as long.
const PROXY_HOLDS: Duration = Duration::from_secs(10);
/// How long anything is used while a way to the web UI is waited for.
const WAITING_HOLDS: Duration = Duration::from_secs(5);
/// How often it doubles.
const DOUBLINGS: u32 = 6;
/// Most that is read of an answer while looking.
const GLANCE: u64 = 256 * 1024;
/// Clusters of a place that are remembered.
const KEPT: usize = 10_000;

/// Addresses that were found, by place, cluster and the Deployment's uid.
#[derive(Default)]
pub struct Addresses {
    known: Mutex<HashMap<KubernetesPlace, HashMap<String, Known>>>,
}

struct Known {
    uid: String,
    direct: Option<String>,
    web: WebSight,
    /// The node of the JobManager's pod when it was looked.
    node: Option<String>,
    until: Instant,
    tries: u32,
}

/// Where a cluster is reached, from here and by browsers.
#[derive(Default)]
pub struct Reached {
    /// From here; nothing while it has no service.
    pub address: Option<RestAddress>,
    /// By browsers.
    pub web: Option<WebSight>,
}

/// The cluster whose address is looked for.
pub struct Wanted<'a> {
    /// Its name.
    pub name: &'a str,
    /// The uid of its Deployment.
    pub uid: &'a str,
    /// Its pods.
    pub pods: &'a [&'a Value],
    /// The host of the Ingress that it was made with.
    pub ingress: Option<&'a str>,
}

impl Addresses {
    /// Where a cluster is reached.
    pub async fn of(&self, clients: &Clients, place: &KubernetesPlace, api: &Api, wanted: Wanted<'_>) -> Result<Reached, Fault> {
        let (direct, web) = match self.known(place, &wanted) {
            Some(known) => known,
            None => {
                let service = match api.get(&api.object("services", &format!("{}-rest", wanted.name))?).await {
                    Err(fault) if fault.absent() => return Ok(Reached::default()),
                    service => service?,
                };
                let (direct, web) = tokio::join!(direct(&service, &wanted), web::seen(api, &service, &wanted));
                self.remember(place, &wanted, (direct.clone(), web.clone()));
                (direct, web)
            }
        };
        let address = match direct {
            Some(url) => RestAddress {
                url,
                connection: Connection::default(),
            },
            None => through_api_server(clients, place, wanted.name)?,
        };
        Ok(Reached {
            address: Some(address),
            web: Some(web),
        })
    }

    fn known(&self, place: &KubernetesPlace, wanted: &Wanted<'_>) -> Option<(Option<String>, WebSight)> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let known = known.get(place)?.get(wanted.name)?;
        let holds = known.uid == wanted.uid && known.until > Instant::now() && known.node == web::node_name(wanted.pods);
        holds.then(|| (known.direct.clone(), known.web.clone()))
    }

    fn remember(&self, place: &KubernetesPlace, wanted: &Wanted<'_>, (direct, web): (Option<String>, WebSight)) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let clusters = known.entry(place.clone()).or_default();
        let now = Instant::now();
        if clusters.len() >= KEPT {
            clusters.retain(|_, one| one.until > now);
        }
        let before = clusters
            .get(wanted.name)
            .filter(|one| one.uid == wanted.uid)
            .map_or(0, |one| one.tries);
        let (holds, tries) = match direct {
            Some(_) => (DIRECT_HOLDS, 0),
            None => (PROXY_HOLDS * 2_u32.pow(before), (before + 1).min(DOUBLINGS)),
        };
        let holds = if web.settled() { holds } else { holds.min(WAITING_HOLDS) };
        let one = Known {
            uid: wanted.uid.to_owned(),
            direct,
            web,
            node: web::node_name(wanted.pods),
            until: now + holds,
            tries,
        };
        clusters.insert(wanted.name.to_owned(), one);
    }
}

/// The path of a cluster's service at the API server.
fn through_api_server(clients: &Clients, place: &KubernetesPlace, name: &str) -> Result<RestAddress, Fault> {
    let (server, connection) = clients.connection(place)?;
    let services = path(&place.namespace, "services");
    Ok(RestAddress {
        url: format!("{server}{services}/{name}-rest:rest/proxy"),
        connection,
    })
}

/// The first of the service's own addresses at which this cluster answers.
async fn direct(service: &Value, wanted: &Wanted<'_>) -> Option<String> {
    let tries = candidates(service, wanted.pods).into_iter().map(|address| async move {
        let answers = tokio::time::timeout(QUICK, answers(&address, wanted.name)).await;
        matches!(answers, Ok(Ok(true))).then(|| format!("http://{address}"))
    });
    let mut tries: FuturesOrdered<_> = tries.collect();
    while let Some(found) = tries.next().await {
        if found.is_some() {
            return found;
        }
    }
    None
}

/// The port of a service that leads to the REST endpoint.
pub fn rest_port(service: &Value) -> Option<&Value> {
    service["spec"]["ports"].as_array()?.iter().find(|port| port["name"] == "rest")
}

/// Addresses and names that a load balancer has given a service or an Ingress.
pub fn balanced(object: &Value) -> impl Iterator<Item = &str> {
    let all = object["status"]["loadBalancer"]["ingress"].as_array().into_iter().flatten();
    all.filter_map(|one| one["ip"].as_str().or_else(|| one["hostname"].as_str()))
}

/// The pods of the JobManager.
pub fn job_managers<'a>(pods: &'a [&'a Value]) -> impl Iterator<Item = &'a Value> {
    let all = pods.iter().copied();
    all.filter(|pod| pod["metadata"]["labels"]["component"] == "jobmanager")
}

/// `host:port` of a service, best first: its own address, then from outside, then its pods'.
fn candidates(service: &Value, pods: &[&Value]) -> Vec<String> {
    let spec = &service["spec"];
    let Some(port) = rest_port(service) else {
        return Vec::new();
    };
    let number = |key: &str| port[key].as_u64().filter(|number| *number > 0);
    let Some(own) = number("port") else { return Vec::new() };
    let at = |host: &str, port: u64| {
        let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        format!("{host}:{port}")
    };
    let mut all = Vec::new();
    let cluster = spec["clusterIP"].as_str().filter(|ip| !ip.is_empty() && *ip != "None");
    all.extend(cluster.map(|ip| at(ip, own)));
    all.extend(balanced(service).map(|host| at(host, own)));
    let managers: Vec<&Value> = job_managers(pods).collect();
    if let Some(node_port) = number("nodePort") {
        all.extend(
            managers
                .iter()
                .filter_map(|pod| pod["status"]["hostIP"].as_str())
                .map(|ip| at(ip, node_port)),
        );
    }
    let target = number("targetPort").unwrap_or(own);
    all.extend(
        managers
            .iter()
            .filter_map(|pod| pod["status"]["podIP"].as_str())
            .map(|ip| at(ip, target)),
    );
    all.truncate(8);
    all
}

/// Whether a JobManager of this cluster answers there: addresses of a cluster may be somebody else's here.
async fn answers(address: &str, name: &str) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET /jobmanager/config HTTP/1.1\r\nHost: {address}\r\nAccept: application/json\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(GLANCE).read_to_end(&mut answer).await?;
    Ok(names(&String::from_utf8_lossy(&answer), name))
}

fn names(answer: &str, name: &str) -> bool {
    let tight: String = answer.split_whitespace().collect();
    tight.contains(&format!(r#""key":"kubernetes.cluster-id","value":"{name}""#))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn addresses_of_each_kind_of_service() {
        let pod = json!({"metadata": {"labels": {"component": "jobmanager"}}, "status": {"podIP": "10.1.0.7", "hostIP": "192.0.2.1"}});
        let ports = json!([{"name": "rest", "port": 8081, "targetPort": 8082, "nodePort": 30001}]);
        let without_node = json!([{"name": "rest", "port": 8081, "targetPort": 8082}]);
        for (service, expected) in [
            (
                json!({"spec": {"clusterIP": "10.0.0.5", "ports": without_node}}),
                vec!["10.0.0.5:8081", "10.1.0.7:8082"],
            ),
            (json!({"spec": {"clusterIP": "None", "ports": without_node}}), vec!["10.1.0.7:8082"]),
            (
                json!({"spec": {"clusterIP": "fd00::5", "ports": ports}}),
                vec!["[fd00::5]:8081", "192.0.2.1:30001", "10.1.0.7:8082"],
            ),
            (
                json!({"spec": {"clusterIP": "10.0.0.5", "ports": without_node}, "status": {"loadBalancer": {"ingress": [{"hostname": "lb.example.org"}]}}}),
                vec!["10.0.0.5:8081", "lb.example.org:8081", "10.1.0.7:8082"],
            ),
            (
                json!({"spec": {"clusterIP": "10.0.0.5", "ports": [{"name": "other", "port": 1}]}}),
                vec![],
            ),
            (json!({}), vec![]),
        ] {
            assert_eq!(candidates(&service, &[&pod]), expected, "{service}");
        }
    }

    #[test]
    fn another_cluster_at_the_address_is_not_ours() {
        let answer = "HTTP/1.1 200 OK\r\n\r\n[{\"key\": \"kubernetes.cluster-id\", \"value\": \"sw-a\"}]";
        assert!(names(answer, "sw-a"));
        assert!(!names(answer, "sw-ab") && !names(answer, "sw"));
    }
}
