//! A bed whose job runs in a cluster of its own, in a namespace of a simulated API server.

#![allow(dead_code, reason = "each test binary uses its own part of it")]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use domain::artifact::PinnedArtifact;
use domain::draft::{JobSpec, Mode};
use domain::grant::Grant;
use domain::id::{ClusterId, RunId};
use domain::target::{KubernetesAccess, KubernetesDefaults, KubernetesPlace};
use serde_json::{Value, json};
use sim::{Fault, FaultKind, Kubernetes, KubernetesOptions};
use store::{NewDraft, NewRelease, NewTarget};

use crate::bed::{Bed, HANG};

/// The namespace.
pub const NAMESPACE: &str = "flink";
/// The one target.
pub const TARGET: &str = "sim";
/// The request that makes a Deployment.
pub const DEPLOYMENTS: &str = "POST /apis/apps/v1/namespaces/:id/deployments";
const VERSION: &str = "2.2.1";
const KINDS: [&str; 6] = ["deployments", "pods", "services", "configmaps", "secrets", "ingresses"];

/// Server, API server, and a job with a release that is an application.
pub struct Namespace {
    /// The server, its job and its folder.
    pub bed: Bed,
    /// The API server.
    pub sim: Kubernetes,
}

impl Namespace {
    /// A released application; the server does not run yet.
    pub async fn new() -> Self {
        Self::with(&[]).await
    }

    /// The same with configuration of the job.
    pub async fn with(configuration: &[(&str, &str)]) -> Self {
        let made = Self::bare().await;
        let configuration = configuration.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        let configuration = configuration.collect();
        made.release(|spec| spec.configuration = configuration, Vec::new()).await;
        made
    }

    /// An application whose state is where the server cannot look.
    pub async fn remote(configuration: &[(&str, &str)]) -> Self {
        let made = Self::at(Some("s3://bucket/state")).await;
        let configuration = configuration.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        let configuration = configuration.collect();
        made.release(|spec| spec.configuration = configuration, Vec::new()).await;
        made
    }

    /// Starts or stops a session cluster.
    pub async fn act(&mut self, cluster: &str, verb: &str) {
        let asked = self.bed.post(&format!("/clusters/{cluster}/{verb}"), &json!({}), verb).await;
        let operation = asked.unwrap().1;
        let ended = self.bed.until_ended(operation["id"].as_str().unwrap()).await.unwrap();
        assert_eq!(ended["state"], "succeeded", "{ended:#}\n{}", self.bed.log());
    }

    /// Makes what is in the namespace somebody else's: the same objects under another name, without our marks.
    pub fn copy(&self, name: &str, copy: &str) {
        for kind in ["configmaps", "services", "deployments"] {
            for known in self.sim.names(NAMESPACE, kind).iter().filter(|known| known.contains(name)) {
                let text = self.sim.object(NAMESPACE, kind, known).unwrap().to_string();
                let mut object: Value = serde_json::from_str(&text.replace(name, copy)).unwrap();
                let meta = object["metadata"].take();
                object["metadata"] = json!({"name": meta["name"], "labels": meta["labels"]});
                object.as_object_mut().unwrap().remove("status");
                self.sim.put(NAMESPACE, kind, object);
            }
        }
    }

    /// The target, and a job whose release has nothing to do with it.
    pub async fn bare() -> Self {
        Self::at(None).await
    }

    /// The same with state at a place that the server cannot read, such as `s3://…`.
    pub async fn at(state_root: Option<&str>) -> Self {
        let sim = Kubernetes::start(KubernetesOptions::default()).await.unwrap();
        sim.add_namespace(NAMESPACE);
        let bed = Bed::new(VERSION).await;
        let file = bed.folder().join("kubeconfig");
        std::fs::write(&file, sim.kubeconfig("token")).unwrap();
        let store = bed.store().await;
        let target = NewTarget {
            name: TARGET.to_owned(),
            place: KubernetesPlace {
                access: KubernetesAccess::File {
                    path: file.to_str().unwrap().to_owned(),
                },
                context: None,
                namespace: NAMESPACE.to_owned(),
            },
            defaults: KubernetesDefaults {
                state_root: Some(state_root.map_or_else(|| format!("file://{}/state", bed.folder().display()), str::to_owned)),
                ..KubernetesDefaults::default()
            },
        };
        let target = store.create_target(target).await.unwrap();
        store.grant_target(target.id, Grant::AllTeams).await.unwrap();
        store.close().await;
        Self { bed, sim }
    }

    /// Changes what holds for every cluster of the target; only while the server does not run.
    pub async fn defaults(&self, change: impl FnOnce(&mut KubernetesDefaults)) {
        let store = self.bed.store().await;
        let known = store.target_by_name(TARGET).await.unwrap();
        let mut new = NewTarget {
            name: known.name,
            place: known.place,
            defaults: known.defaults,
        };
        change(&mut new.defaults);
        store.change_target(known.id, None, new).await.unwrap().unwrap();
        store.close().await;
    }

    /// Another release of the job, an application unless `change` says otherwise; only while the server does not run.
    pub async fn release(&self, change: impl FnOnce(&mut JobSpec), artifacts: Vec<PinnedArtifact>) {
        let store = self.bed.store().await;
        let team_id = store.teams().await.unwrap()[0].id;
        let job = store.job_by_name(team_id, "job").await.unwrap().unwrap();
        let known = store.newest_release(team_id, job.id).await.unwrap();
        let mut spec = JobSpec {
            cluster_id: None,
            target_id: Some(store.target_by_name(TARGET).await.unwrap().id),
            flink_version: Some(VERSION.parse().unwrap()),
            mode: Mode::Application,
            ..known.content.spec.clone()
        };
        change(&mut spec);
        let draft = NewDraft {
            team_id,
            job_id: job.id,
            base_revision: None,
            spec: spec.clone(),
            saved_by: known.created_by,
        };
        let draft_revision = store.save_draft(draft).await.unwrap().revision;
        let new = NewRelease {
            team_id,
            job_id: job.id,
            draft_revision,
            content: domain::release::ReleaseContent {
                spec,
                artifacts,
                ..known.content
            },
            findings: Vec::new(),
            overridden: false,
            note: String::new(),
            created_by: known.created_by,
        };
        store.create_release(new).await.unwrap();
        store.close().await;
    }

    /// A job that runs.
    pub async fn running(configuration: &[(&str, &str)]) -> Self {
        let mut made = Self::with(configuration).await;
        made.bed.start(None).await;
        made.bed.done("start", &json!({})).await;
        made
    }

    /// Everything in the namespace, as `kind/name`.
    pub fn objects(&self) -> BTreeSet<String> {
        let named = |kind| {
            self.sim
                .names(NAMESPACE, kind)
                .into_iter()
                .map(move |name| format!("{kind}/{name}"))
        };
        KINDS.into_iter().flat_map(named).collect()
    }

    /// The one Deployment.
    pub fn deployment(&self) -> String {
        let mut names = self.sim.names(NAMESPACE, "deployments");
        assert_eq!(names.len(), 1, "{names:?}");
        names.remove(0)
    }

    /// The one Flink.
    pub fn flink(&self) -> Arc<sim::Flink> {
        self.sim.flink(NAMESPACE, &self.deployment()).expect("its JobManager runs")
    }

    /// Waits until a job is as it should be.
    pub async fn until(&self, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        let began = Instant::now();
        loop {
            let job = self.bed.job().await;
            if is_so(&job) {
                return job;
            }
            assert!(began.elapsed() < HANG, "{what}: {job:#}\n{:?}\n{}", self.objects(), self.bed.log());
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }

    /// Waits until nothing but this is left in the namespace, and the job stands nowhere.
    pub async fn until_left(&self, left: &BTreeSet<String>) {
        let gone = |job: &Value| job["cluster"].is_null() && self.objects() == *left;
        self.until("something is left", gone).await;
    }

    /// Waits until nothing is left.
    pub async fn until_nothing_left(&self) {
        self.until_left(&BTreeSet::new()).await;
    }

    /// Waits until the newest run has ended; answers it.
    pub async fn until_run_ended(&self) -> Value {
        let job = self.until("the run goes on", |job| job["run"]["endedAt"].is_string()).await;
        job["run"].clone()
    }
}

/// The name of a run's Deployment.
pub fn deployment_of(run: &Value) -> String {
    let id: RunId = run["id"].as_str().unwrap().parse().unwrap();
    format!("sw-{}", ClusterId(id.0).base32())
}

/// An answer of the API server itself.
pub fn refusal(endpoint: &str, code: u16, reason: &str, message: &str) -> Fault {
    let body = json!({
        "kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason, "message": message,
        "details": {"name": "it"},
    });
    let kind = FaultKind::Answer {
        status: code,
        content_type: "application/json".to_owned(),
        body: body.to_string(),
        act: false,
    };
    Fault::on(endpoint, kind)
}

/// A cluster of somebody else under a name of ours.
pub fn stranger(name: &str) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": name, "labels": {"app": "billing", "owner": "somebody"}},
        "spec": {"replicas": 0, "template": {"spec": {"containers": [{"name": "web", "image": "nginx"}]}}},
    })
}
