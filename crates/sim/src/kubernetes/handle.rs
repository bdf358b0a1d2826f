//! The handle: starts the API server and scripts it from inside a test.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::controller;
use super::pod_fault::{self, PodFault};
use super::serve::{Shared, router};
use super::world::{World, collection};
use crate::Flink;
use crate::fault::Fault;
use crate::listen::{BreakableListener, Breaker};
use crate::options::{JobPlan, SavepointPlan};
use crate::record::Record;

/// The certificate of an authority that has signed nothing. Clients that are given one need not read those of the whole host.
const AUTHORITY: &str = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUJmekNDQVNXZ0F3SUJBZ0lVWmJkeUR1TkFGOWdqVFdsbzFtakJCUWt3dHJNd0NnWUlLb1pJemowRUF3SXcKRkRFU01CQUdBMVVFQXd3SmMybHRkV3hoZEdWa01DQVhEVEkyTVRFeU16QXpNemN5TjFvWUR6SXhNall4TURNdwpNRE16TnpJM1dqQVVNUkl3RUFZRFZRUUREQWx6YVcxMWJHRjBaV1F3V1RBVEJnY3Foa2pPUFFJQkJnZ3Foa2pPClBRTUJCd05DQUFRVUZjZmZ4ZGEzc3dRd0NMQlVSZnJ5QUxMa3BxbThJenJKSmRhWjZUMHZIMWdYeCt5dWFncnUKVktkc2NYdG1rVmdCekJreDdxVnU0azRXK3RldXpuYjlvMU13VVRBZEJnTlZIUTRFRmdRVXY2V1h0TGI4ZHB6egpwOFY1ekhUbWhCN0x0V2N3SHdZRFZSMGpCQmd3Rm9BVXY2V1h0TGI4ZHB6enA4VjV6SFRtaEI3THRXY3dEd1lEClZSMFRBUUgvQkFVd0F3RUIvekFLQmdncWhrak9QUVFEQWdOSUFEQkZBaUVBNGJSbWF2L2dkVUdxVjIwRkJ5NnAKdmFOamRkWXdsaHgra2FVQ2dJQnlCY3NDSUcrS0lTdWlseGtkNTYra0dLQzBoT1FBOEpCRXp4QjJDVzZQa3QwdApucWlFCi0tLS0tRU5EIENFUlRJRklDQVRFLS0tLS0K";

/// How a simulated API server starts.
#[derive(Debug, Clone)]
pub struct KubernetesOptions {
    /// Address to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// How the jobs of its Flinks go.
    pub plan: JobPlan,
    /// How their savepoints go.
    pub savepoints: SavepointPlan,
    /// Services get an address at which their Flink really listens; else they are reached through the API server only.
    pub direct: bool,
    /// Time between bookmarks.
    pub bookmark_ms: u64,
    /// Controllers and Flinks act; else objects are only stored.
    pub controllers: bool,
}

impl Default for KubernetesOptions {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            plan: JobPlan::default(),
            savepoints: SavepointPlan::default(),
            direct: false,
            bookmark_ms: 1_000,
            controllers: true,
        }
    }
}

/// A simulated API server of Kubernetes, and the Flinks on it. Ends when it is dropped.
pub struct Kubernetes {
    url: String,
    shared: Shared,
    tasks: Vec<JoinHandle<()>>,
}

impl Kubernetes {
    /// Starts it; it listens when this returns. There are the namespaces `kube-system` and `default`.
    ///
    /// # Errors
    /// When the address is taken.
    pub async fn start(options: KubernetesOptions) -> anyhow::Result<Self> {
        let address = options.listen;
        let listener = TcpListener::bind(address)
            .await
            .with_context(|| format!("cannot listen on {address}"))?;
        let url = format!("http://{}", listener.local_addr()?);
        let controllers = options.controllers;
        let shared = Shared::new(World::new(options));
        let service = router(shared.clone()).into_make_service_with_connect_info::<Breaker>();
        let mut tasks = vec![tokio::spawn(async move {
            axum::serve(BreakableListener(listener), service).await.ok();
        })];
        if controllers {
            tasks.push(tokio::spawn(controller::run(shared.clone())));
        }
        Ok(Self { url, shared, tasks })
    }

    /// Its address, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A kubeconfig for it, with a token.
    #[must_use]
    pub fn kubeconfig(&self, token: &str) -> String {
        let url = &self.url;
        format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: sim\n\
             clusters: [{{name: sim, cluster: {{server: \"{url}\", certificate-authority-data: {AUTHORITY}}}}}]\n\
             contexts: [{{name: sim, context: {{cluster: sim, user: sim}}}}]\n\
             users: [{{name: sim, user: {{token: \"{token}\"}}}}]\n"
        )
    }

    /// Adds a namespace.
    pub fn add_namespace(&self, name: &str) {
        self.shared.with(|world| world.add_namespace(name));
    }

    /// Adds a fault behind those that are there; an endpoint is `POST /apis/apps/v1/namespaces/:id/deployments`.
    pub fn fault(&self, fault: Fault) {
        self.shared.with(|world| world.faults.push(fault));
    }

    /// Removes all faults; answers how many had not been met.
    pub fn clear_faults(&self) -> usize {
        self.shared.with(|world| std::mem::take(&mut world.faults).len())
    }

    /// Breaks every connection from now on, or answers again.
    pub fn set_down(&self, down: bool) {
        self.shared.with(|world| world.down = down);
    }

    /// Takes this token only from now on.
    pub fn set_token(&self, token: &str) {
        self.shared.with(|world| world.token = Some(token.to_owned()));
    }

    /// We may not do this any more: `create`, `pods/log`.
    pub fn deny(&self, verb: &str, kind: &str) {
        self.shared.with(|world| world.denied.insert((verb.to_owned(), kind.to_owned())));
    }

    /// Service accounts may not do this any more.
    pub fn deny_accounts(&self, verb: &str, kind: &str) {
        self.shared
            .with(|world| world.denied_accounts.insert((verb.to_owned(), kind.to_owned())));
    }

    /// We may do everything again.
    pub fn allow_all(&self) {
        self.shared.with(|world| {
            world.denied.clear();
            world.denied_accounts.clear();
        });
    }

    /// Ends all watches; they may go on where they were.
    pub fn cut_watches(&self) {
        self.shared.with(|world| world.watches += 1);
    }

    /// Watches stay open and tell nothing, or tell again.
    pub fn hold_watches(&self, hold: bool) {
        self.shared.with(|world| world.hold_watches = hold);
    }

    /// Forgets the past: watches and pages that go on from before now are told 410.
    pub fn forget_past(&self) {
        self.shared.with(|world| {
            world.version += 1;
            world.oldest = world.version;
        });
    }

    /// What belongs to something deleted stays, or goes again.
    pub fn hold_garbage(&self, hold: bool) {
        self.shared.with(|world| {
            world.hold_garbage = hold;
            world.collect();
        });
    }

    /// Pods of JobManagers have this status from now on and do not begin, or begin again.
    pub fn set_pod_status(&self, status: Option<Value>) {
        self.shared.with(|world| world.pod_status = status);
    }

    /// No pod can be created, for this reason, or again.
    pub fn set_no_pods(&self, why: Option<&str>) {
        self.shared.with(|world| world.no_pods = why.map(str::to_owned));
    }

    /// What a pod has logged, in this life or the one before.
    pub fn set_log(&self, pod: &str, previous: bool, text: &str) {
        self.shared.with(|world| {
            world.logged += 1;
            world.logs.insert((pod.to_owned(), previous), text.to_owned());
        });
    }

    /// What a pod logs now, of an init container `pod/container`. Three lines each have the same time, twelve the same second.
    pub fn log(&self, pod: &str, text: &str) {
        self.shared.with(|world| {
            world.logged += 1;
            world.logs.entry((pod.to_owned(), false)).or_default().push_str(text);
        });
    }

    /// Breaks the connections of all logs that are followed.
    pub fn cut_logs(&self) {
        self.shared.with(|world| world.log_cuts += 1);
    }

    /// How many logs are followed.
    #[must_use]
    pub fn followed_logs(&self) -> usize {
        self.shared.with(|world| world.following)
    }

    /// This is wrong with the pods of JobManagers from now on, or nothing is any more.
    pub fn set_pod_fault(&self, fault: Option<PodFault>) {
        self.shared.with(|world| pod_fault::set(world, fault));
    }

    /// An object, of `deployments` or another kind.
    #[must_use]
    pub fn object(&self, namespace: &str, kind: &str, name: &str) -> Option<Value> {
        self.shared.with(|world| world.get(&collection(namespace, kind), name).cloned())
    }

    /// The names of all objects of a kind.
    #[must_use]
    pub fn names(&self, namespace: &str, kind: &str) -> Vec<String> {
        self.shared.with(|world| {
            world
                .objects
                .get(&collection(namespace, kind))
                .map(|all| all.keys().cloned().collect())
                .unwrap_or_default()
        })
    }

    /// Stores an object as somebody else would, without looking at it.
    pub fn put(&self, namespace: &str, kind: &str, mut object: Value) -> Value {
        let name = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        object["metadata"]["namespace"] = namespace.into();
        self.shared.with(|world| world.put(&collection(namespace, kind), &name, object))
    }

    /// Takes an object away as somebody else would, with what belongs to it.
    pub fn remove(&self, namespace: &str, kind: &str, name: &str) {
        self.shared.with(|world| {
            world.remove(&collection(namespace, kind), name);
            world.collect();
        });
    }

    /// The Flink of a cluster, once its JobManager has begun.
    #[must_use]
    pub fn flink(&self, namespace: &str, name: &str) -> Option<Arc<Flink>> {
        self.shared.with(|world| {
            let uid = world.get(&collection(namespace, "deployments"), name)?["metadata"]["uid"]
                .as_str()?
                .to_owned();
            world.flinks.get(&uid).cloned()
        })
    }

    /// The requests so far.
    #[must_use]
    pub fn record(&self) -> Record {
        self.shared.with(|world| world.record.clone())
    }

    /// Starts the record anew.
    pub fn clear_record(&self) {
        self.shared.with(|world| world.record = Record::from_now());
    }

    /// Waits until something is so, looking every 10 ms.
    ///
    /// # Errors
    /// After `limit`, naming what was waited for and the requests so far.
    pub async fn wait(&self, what: &str, limit: Duration, is_so: impl Fn(&Self) -> bool) -> anyhow::Result<()> {
        for _ in 0..=limit.as_millis() / 10 {
            if is_so(self) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        anyhow::bail!("{what}: not so after {limit:?}; requests: {:?}", self.record().counts)
    }

    /// Runs until it is ended from outside.
    pub async fn serve(mut self) {
        if let Some(server) = self.tasks.first_mut() {
            server.await.ok();
        }
    }
}

impl Drop for Kubernetes {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}
