//! The state of the simulated JobManager: jars, jobs, triggers, faults and the record of requests.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::flink_version::VersionNumber;
use serde::Serialize;

use crate::clock;
use crate::fault::Fault;
use crate::job::{Job, JobState, Slots, Tasks};
use crate::options::{JobPlan, SavepointPlan, SimOptions};
use crate::record::Record;
use crate::savepoint::Trigger;

/// A jar that was uploaded.
#[derive(Debug, Clone)]
pub(crate) struct Jar {
    pub(crate) name: String,
    pub(crate) uploaded: i64,
}

/// Everything the JobManager knows.
pub(crate) struct Cluster {
    pub(crate) version: VersionNumber,
    pub(crate) incarnation: String,
    pub(crate) task_managers: u32,
    pub(crate) slots: Slots,
    pub(crate) plan: JobPlan,
    pub(crate) plans: HashMap<String, JobPlan>,
    pub(crate) savepoints: SavepointPlan,
    pub(crate) jars: BTreeMap<String, Jar>,
    pub(crate) jobs: HashMap<String, Job>,
    pub(crate) triggers: HashMap<(String, String), Trigger>,
    pub(crate) main_executions: HashMap<String, u32>,
    pub(crate) faults: Vec<Fault>,
    pub(crate) record: Record,
    /// Every connection breaks: the JobManager is down.
    pub(crate) down: bool,
    /// Until then the JobManager lists no jobs, as one that recovers them.
    pub(crate) recovering_until: i64,
    /// Shown in `/jobmanager/config`.
    pub(crate) configuration: BTreeMap<String, String>,
    forget_ended_after_ms: i64,
    /// Jobs that time alone may change.
    moving: BTreeSet<String>,
}

/// A job as the simulator knows it, for tests.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JobReport {
    /// Flink job id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its state now.
    pub state: JobState,
    /// Whether all its tasks run.
    pub tasks_running: bool,
    /// Parallelism that it was run with.
    pub parallelism: u32,
    /// Configuration that it was run with.
    pub configuration: BTreeMap<String, String>,
    /// The path that it started from.
    pub restored_from: Option<String>,
    /// Paths of its savepoints.
    pub savepoints: Vec<String>,
}

impl Cluster {
    pub(crate) fn new(options: SimOptions, version: VersionNumber) -> Self {
        Self {
            version,
            incarnation: new_incarnation(),
            task_managers: options.task_managers,
            slots: Slots {
                total: options.task_managers * options.slots,
                used: 0,
            },
            plan: options.plan,
            plans: HashMap::new(),
            savepoints: options.savepoints,
            jars: BTreeMap::new(),
            jobs: HashMap::new(),
            triggers: HashMap::new(),
            main_executions: HashMap::new(),
            faults: Vec::new(),
            record: Record::from_now(),
            down: false,
            recovering_until: 0,
            configuration: options.configuration,
            forget_ended_after_ms: options.forget_ended_after_ms,
            moving: BTreeSet::new(),
        }
    }

    /// Brings all jobs to where they are now.
    pub(crate) fn settle(&mut self) -> i64 {
        let now = clock::now();
        // A job that ends frees slots for one that was looked at before it.
        loop {
            let used = self.slots.used;
            let (jobs, slots) = (&mut self.jobs, &mut self.slots);
            self.moving.retain(|id| {
                let Some(job) = jobs.get_mut(id) else { return false };
                job.advance(now, slots);
                !job.at_rest()
            });
            if self.slots.used >= used {
                break;
            }
        }
        now
    }

    /// Forgets jobs that ended long ago.
    pub(crate) fn forget(&mut self, now: i64) {
        let oldest = now - self.forget_ended_after_ms;
        self.jobs.retain(|_, job| job.ended_at().is_none_or(|ended| ended > oldest));
    }

    /// A job, brought to where it is now; none when it is not known (or not yet, after a restart).
    pub(crate) fn job(&mut self, id: &str) -> Option<&mut Job> {
        let now = self.settle();
        if now < self.recovering_until {
            return None;
        }
        self.jobs.get_mut(id)
    }

    /// Puts a job on the cluster.
    pub(crate) fn add(&mut self, job: Job) {
        if !job.at_rest() {
            self.moving.insert(job.id.clone());
        }
        self.jobs.insert(job.id.clone(), job);
        self.settle();
    }

    /// Changes a job and its slots.
    pub(crate) fn change(&mut self, id: &str, how: impl FnOnce(&mut Job, i64, &mut Slots)) -> bool {
        let now = self.settle();
        let Some(job) = self.jobs.get_mut(id) else { return false };
        how(job, now, &mut self.slots);
        if !job.at_rest() {
            self.moving.insert(id.to_owned());
        }
        self.settle();
        true
    }

    /// Forgets a job.
    pub(crate) fn remove(&mut self, id: &str) -> bool {
        let Some(mut job) = self.jobs.remove(id) else { return false };
        job.give_back(&mut self.slots);
        true
    }

    /// Another life of the JobManager.
    pub(crate) fn restart(&mut self, keep_jobs: bool, keep_jars: bool, recover_ms: i64) {
        let now = self.settle();
        self.incarnation = new_incarnation();
        self.triggers.clear();
        self.recovering_until = now + recover_ms;
        if !keep_jars {
            self.jars.clear();
        }
        if keep_jobs {
            self.jobs.retain(|_, job| !job.state.ended());
        } else {
            self.jobs.clear();
            self.moving.clear();
            self.slots.used = 0;
        }
    }

    /// How a job of this name goes.
    pub(crate) fn plan_for(&self, name: &str) -> JobPlan {
        self.plans.get(name).unwrap_or(&self.plan).clone()
    }

    /// All jobs, for tests.
    pub(crate) fn report(&mut self) -> Vec<JobReport> {
        self.settle();
        let mut rows: Vec<JobReport> = self.jobs.values().map(report).collect();
        rows.sort_by(|a, b| a.id.cmp(&b.id));
        rows
    }
}

fn report(job: &Job) -> JobReport {
    JobReport {
        id: job.id.clone(),
        name: job.name.clone(),
        state: job.state,
        tasks_running: job.tasks == Tasks::Running,
        parallelism: job.parallelism,
        configuration: job.configuration.clone(),
        restored_from: job.restored_from.clone(),
        savepoints: job.savepoints.iter().map(|saved| saved.path.clone()).collect(),
    }
}

fn new_incarnation() -> String {
    uuid::Uuid::now_v7().to_string()
}
