//! The handle: starts the simulated cluster and scripts it from inside a test.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

use crate::cluster::{Cluster, JobReport};
use crate::fault::Fault;
use crate::job::{Job, JobState};
use crate::listen::{BreakableListener, Breaker};
use crate::options::{JobPlan, SavepointPlan, SimOptions};
use crate::record::Record;
use crate::{control, gate, rest};

/// The cluster behind a lock that is held for the time of a computation only.
#[derive(Clone)]
pub(crate) struct Shared(Arc<Mutex<Cluster>>);

impl Shared {
    /// The cluster.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Cluster> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a new life of the JobManager keeps.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct RestartOptions {
    /// Jobs that had not ended go on, as with high availability; else all are forgotten.
    pub keep_jobs: bool,
    /// Uploaded jars stay.
    pub keep_jars: bool,
    /// The new life lists no jobs for this time, as while it recovers them.
    pub recover_ms: i64,
}

/// A simulated Flink session cluster. Ends when it is dropped.
pub struct Flink {
    url: String,
    pub(crate) shared: Shared,
    server: Option<tokio::task::JoinHandle<()>>,
}

impl Flink {
    /// A second handle, which does not end the cluster when it is dropped.
    pub(crate) const fn view(shared: Shared) -> Self {
        Self {
            url: String::new(),
            shared,
            server: None,
        }
    }

    /// Starts it; it listens when this returns.
    ///
    /// # Errors
    /// When the version is none or the address is taken.
    pub async fn start(options: SimOptions) -> anyhow::Result<Self> {
        let version = options.version.parse()?;
        let address = options.listen;
        let listener = TcpListener::bind(address)
            .await
            .with_context(|| format!("cannot listen on {address}"))?;
        let url = format!("http://{}", listener.local_addr()?);
        let shared = Shared(Arc::new(Mutex::new(Cluster::new(options, version))));
        let app = gate::guard(rest::router(shared.clone()), shared.clone()).merge(control::router(shared.clone()));
        let service = app.into_make_service_with_connect_info::<Breaker>();
        let server = tokio::spawn(async move {
            axum::serve(BreakableListener(listener), service).await.ok();
        });
        Ok(Self {
            url,
            shared,
            server: Some(server),
        })
    }

    /// Its REST address, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The UUID in `web.tmpdir`.
    #[must_use]
    pub fn incarnation(&self) -> String {
        self.shared.lock().incarnation.clone()
    }

    /// Adds a fault behind those that are there.
    pub fn fault(&self, fault: Fault) {
        self.shared.lock().faults.push(fault);
    }

    /// Removes all faults.
    pub fn clear_faults(&self) {
        self.shared.lock().faults.clear();
    }

    /// Breaks every connection from now on, or answers again.
    pub fn set_down(&self, down: bool) {
        self.shared.lock().down = down;
    }

    /// Another life of the JobManager: new incarnation, triggers forgotten.
    pub fn restart(&self, options: &RestartOptions) {
        self.shared.lock().restart(options.keep_jobs, options.keep_jars, options.recover_ms);
    }

    /// How jobs go from now on that no plan of their own names.
    pub fn set_plan(&self, plan: JobPlan) {
        self.shared.lock().plan = plan;
    }

    /// How jobs of a name go from now on.
    pub fn set_plan_of(&self, name: &str, plan: JobPlan) {
        self.shared.lock().plans.insert(name.to_owned(), plan);
    }

    /// How savepoints go from now on.
    pub fn set_savepoints(&self, plan: SavepointPlan) {
        self.shared.lock().savepoints = plan;
    }

    /// Registers another number of TaskManagers with so many slots each.
    pub fn set_slots(&self, task_managers: u32, slots: u32) {
        let mut cluster = self.shared.lock();
        cluster.task_managers = task_managers;
        cluster.slots.total = task_managers * slots;
    }

    /// Puts a job into a state; FAILED with an exception's text. Answers whether the job is known.
    pub fn set_job(&self, id: &str, state: JobState, failure: Option<&str>) -> bool {
        self.shared.lock().change(id, |job, now, slots| match (state, failure) {
            (JobState::Failed, why) => job.fail(
                why.unwrap_or("java.lang.RuntimeException: failed by the test").to_owned(),
                now,
                slots,
            ),
            (JobState::Running, _) => job.run_now(now, slots),
            _ => job.enter(state, now, slots),
        })
    }

    /// Makes the JobManager forget a job.
    pub fn forget_job(&self, id: &str) -> bool {
        self.shared.lock().remove(id)
    }

    /// Puts running jobs on the cluster that nobody submitted; answers their ids.
    pub fn add_running(&self, count: u32, name: &str) -> Vec<String> {
        let mut cluster = self.shared.lock();
        let now = cluster.settle();
        let ids = (0..count).map(|_| uuid::Uuid::now_v7().simple().to_string());
        let mut added = Vec::new();
        for id in ids {
            let mut job = Job::new(id.clone(), name.to_owned(), JobPlan::default(), 1, now);
            job.run_now(now, &mut cluster.slots);
            cluster.add(job);
            added.push(id);
        }
        added
    }

    /// Runs `main` of an application whose job has this id.
    pub(crate) fn main(&self, id: &str, configuration: &BTreeMap<String, String>) {
        let mut cluster = self.shared.lock();
        let now = cluster.settle();
        *cluster.main_executions.entry(id.to_owned()).or_default() += 1;
        let key = |name: &str| configuration.get(name).cloned();
        let name = key("pipeline.name").unwrap_or_else(|| "job".to_owned());
        let parallelism = key("parallelism.default").and_then(|number| number.parse().ok()).unwrap_or(1);
        let mut job = Job::new(id.to_owned(), name.clone(), cluster.plan_for(&name), parallelism, now);
        job.restored_from = key("execution.state-recovery.path").or_else(|| key("execution.savepoint.path"));
        job.configuration.clone_from(configuration);
        cluster.add(job);
    }

    /// Its endpoints, for one who stands before it.
    pub(crate) fn router(&self) -> Router {
        gate::guard(rest::router(self.shared.clone()), self.shared.clone())
    }

    /// All jobs that the JobManager knows.
    #[must_use]
    pub fn jobs(&self) -> Vec<JobReport> {
        self.shared.lock().report()
    }

    /// One job.
    #[must_use]
    pub fn job(&self, id: &str) -> Option<JobReport> {
        self.jobs().into_iter().find(|job| job.id == id)
    }

    /// How often `main` was run for a job id, over all lives of the JobManager.
    #[must_use]
    pub fn main_executions(&self, id: &str) -> u32 {
        self.shared.lock().main_executions.get(id).copied().unwrap_or(0)
    }

    /// How often `main` was run for any job, over all lives of the JobManager.
    #[must_use]
    pub fn all_main_executions(&self) -> u32 {
        self.shared.lock().main_executions.values().sum()
    }

    /// The requests so far, without those to `/__sim`.
    #[must_use]
    pub fn record(&self) -> Record {
        self.shared.lock().record.clone()
    }

    /// Starts the record anew.
    pub fn clear_record(&self) {
        self.shared.lock().record = Record::from_now();
    }

    /// Waits until something of the cluster is so, looking every 10 ms.
    ///
    /// # Errors
    /// After `limit`, naming what was waited for and the requests so far.
    pub async fn wait(&self, what: &str, limit: Duration, is_so: impl Fn(&Self) -> bool) -> anyhow::Result<()> {
        let looks = limit.as_millis() / 10;
        for _ in 0..=looks {
            if is_so(self) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        anyhow::bail!("{what}: not so after {limit:?}; requests: {:?}", self.record().counts)
    }

    /// Runs until it is ended from outside.
    pub async fn serve(mut self) {
        if let Some(server) = &mut self.server {
            server.await.ok();
        }
    }
}

impl Drop for Flink {
    fn drop(&mut self) {
        if let Some(server) = &self.server {
            server.abort();
        }
    }
}
