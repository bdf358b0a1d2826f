//! One simulated job: its states as a function of the time that has passed, so that a job costs nothing
//! between two looks.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::options::JobPlan;

/// Flink's words for the state of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs, reason = "Flink's own words")]
pub enum JobState {
    Initializing,
    Created,
    Running,
    Failing,
    Failed,
    Cancelling,
    Canceled,
    Finished,
    Restarting,
    Suspended,
    Reconciling,
}

impl JobState {
    /// All of them, in the order in which Flink lists their times.
    pub(crate) const ALL: [(Self, &'static str); 11] = [
        (Self::Restarting, "RESTARTING"),
        (Self::Reconciling, "RECONCILING"),
        (Self::Initializing, "INITIALIZING"),
        (Self::Cancelling, "CANCELLING"),
        (Self::Failing, "FAILING"),
        (Self::Created, "CREATED"),
        (Self::Finished, "FINISHED"),
        (Self::Running, "RUNNING"),
        (Self::Suspended, "SUSPENDED"),
        (Self::Failed, "FAILED"),
        (Self::Canceled, "CANCELED"),
    ];

    /// Flink's word.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(state, _)| *state == self).map_or("", |(_, word)| word)
    }

    /// Whether nothing follows.
    #[must_use]
    pub const fn ended(self) -> bool {
        matches!(self, Self::Failed | Self::Canceled | Self::Finished | Self::Suspended)
    }
}

/// How far the tasks are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tasks {
    /// No slot yet.
    Scheduled,
    /// On their way.
    Deploying,
    /// All run.
    Running,
    /// None is left.
    Ended,
}

/// One failure in the job's history.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    pub(crate) at: i64,
    pub(crate) message: String,
}

/// A savepoint that was completed.
#[derive(Debug, Clone)]
pub(crate) struct Taken {
    pub(crate) at: i64,
    pub(crate) path: String,
}

/// The cluster's slots.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Slots {
    pub(crate) total: u32,
    pub(crate) used: u32,
}

impl Slots {
    pub(crate) const fn free(self) -> u32 {
        self.total.saturating_sub(self.used)
    }
}

/// A job on the simulated cluster.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) plan: JobPlan,
    pub(crate) parallelism: u32,
    pub(crate) configuration: BTreeMap<String, String>,
    pub(crate) restored_from: Option<String>,
    pub(crate) state: JobState,
    pub(crate) since: i64,
    pub(crate) tasks: Tasks,
    pub(crate) started_at: i64,
    pub(crate) running_since: Option<i64>,
    pub(crate) failures: Vec<Failure>,
    pub(crate) savepoints: Vec<Taken>,
    pub(crate) times: BTreeMap<JobState, i64>,
    holds_slots: bool,
}

impl Job {
    /// A job that was just submitted.
    pub(crate) fn new(id: String, name: String, plan: JobPlan, parallelism: u32, now: i64) -> Self {
        Self {
            id,
            name,
            plan,
            parallelism,
            configuration: BTreeMap::new(),
            restored_from: None,
            state: JobState::Initializing,
            since: now,
            tasks: Tasks::Scheduled,
            started_at: now,
            running_since: None,
            failures: Vec::new(),
            savepoints: Vec::new(),
            times: BTreeMap::from([(JobState::Initializing, now)]),
            holds_slots: false,
        }
    }

    /// When it ended.
    pub(crate) fn ended_at(&self) -> Option<i64> {
        self.state.ended().then_some(self.since)
    }

    /// Whether time alone changes nothing any more.
    pub(crate) const fn at_rest(&self) -> bool {
        let bounded = self.plan.finish_after_ms.is_some() || self.plan.fail_after_ms.is_some();
        self.state.ended() || (matches!(self.state, JobState::Running) && matches!(self.tasks, Tasks::Running) && !bounded)
    }

    /// Puts it into a state at a time.
    pub(crate) fn enter(&mut self, state: JobState, at: i64, slots: &mut Slots) {
        self.state = state;
        self.since = at;
        self.times.insert(state, at);
        if state.ended() {
            self.tasks = Tasks::Ended;
            self.give_back(slots);
        } else if matches!(
            state,
            JobState::Restarting | JobState::Failing | JobState::Created | JobState::Initializing
        ) {
            self.tasks = Tasks::Scheduled;
            self.running_since = None;
            self.give_back(slots);
        }
    }

    /// FAILED, with an exception.
    pub(crate) fn fail(&mut self, message: String, at: i64, slots: &mut Slots) {
        self.failures.push(Failure { at, message });
        self.enter(JobState::Failed, at, slots);
    }

    /// All tasks run, at once.
    pub(crate) fn run_now(&mut self, at: i64, slots: &mut Slots) {
        self.enter(JobState::Running, at, slots);
        self.take_slots(slots);
        self.tasks = Tasks::Running;
        self.running_since = Some(at);
    }

    /// The state that the time asks for.
    pub(crate) fn advance(&mut self, now: i64, slots: &mut Slots) {
        while !self.at_rest() && self.step(now, slots) {}
    }

    fn step(&mut self, now: i64, slots: &mut Slots) -> bool {
        match (self.state, self.tasks) {
            (JobState::Initializing, _) => self.due(now, self.plan.initializing_ms, |job, at| {
                match job.restored_from.as_deref().and_then(missing) {
                    Some(why) => job.fail(why, at, slots),
                    None => job.enter(JobState::Running, at, slots),
                }
            }),
            (JobState::Running, Tasks::Scheduled) if slots.free() >= self.parallelism => {
                self.take_slots(slots);
                self.tasks = Tasks::Deploying;
                true
            }
            (JobState::Running, Tasks::Deploying) => self.due(now, self.plan.deploying_ms, |job, at| {
                job.tasks = Tasks::Running;
                job.running_since = Some(at);
                job.since = at;
            }),
            (JobState::Running, Tasks::Running) => match (self.plan.finish_after_ms, self.plan.fail_after_ms) {
                (Some(after), _) => self.due(now, after, |job, at| job.enter(JobState::Finished, at, slots)),
                (None, Some(after)) => {
                    let why = self
                        .plan
                        .failure
                        .clone()
                        .unwrap_or_else(|| "java.lang.RuntimeException: it was planned so".to_owned());
                    self.due(now, after, |job, at| job.fail(why, at, slots))
                }
                (None, None) => false,
            },
            (JobState::Cancelling, _) => self.due(now, self.plan.cancel_ms, |job, at| job.enter(JobState::Canceled, at, slots)),
            _ => false,
        }
    }

    fn due(&mut self, now: i64, after: i64, then: impl FnOnce(&mut Self, i64)) -> bool {
        let at = self.since + after;
        if now < at {
            return false;
        }
        then(self, at);
        true
    }

    const fn take_slots(&mut self, slots: &mut Slots) {
        if !self.holds_slots {
            self.holds_slots = true;
            slots.used += self.parallelism;
        }
    }

    /// Frees its slots.
    pub(crate) const fn give_back(&mut self, slots: &mut Slots) {
        if self.holds_slots {
            self.holds_slots = false;
            slots.used = slots.used.saturating_sub(self.parallelism);
        }
    }
}

/// Why a path on this host cannot be restored from.
fn missing(path: &str) -> Option<String> {
    let folder = crate::savepoint::on_disk(path)?;
    (!folder.join("_metadata").is_file()).then(|| {
        format!(
            "org.apache.flink.runtime.client.JobInitializationException: Could not start the JobMaster.\nCaused by: java.io.FileNotFoundException: Cannot find checkpoint or savepoint file/directory '{path}' on file system 'file'."
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(plan: JobPlan) -> (Job, Slots) {
        (
            Job::new("a".repeat(32), "orders".into(), plan, 2, 1_000),
            Slots { total: 4, used: 0 },
        )
    }

    #[test]
    fn a_job_walks_to_running_and_to_its_end() {
        let plan = JobPlan {
            initializing_ms: 10,
            deploying_ms: 20,
            finish_after_ms: Some(100),
            ..JobPlan::default()
        };
        let (mut job, mut slots) = job(plan);
        job.advance(1_009, &mut slots);
        assert_eq!(job.state, JobState::Initializing);
        job.advance(1_015, &mut slots);
        assert_eq!((job.state, job.tasks, slots.free()), (JobState::Running, Tasks::Deploying, 2));
        job.advance(1_030, &mut slots);
        assert_eq!((job.tasks, job.running_since), (Tasks::Running, Some(1_030)));
        job.advance(9_999, &mut slots);
        assert_eq!((job.state, job.ended_at(), slots.used), (JobState::Finished, Some(1_130), 0));
    }

    #[test]
    fn a_job_waits_for_slots() {
        let (mut first, mut slots) = job(JobPlan::default());
        slots.total = 3;
        first.advance(1_000, &mut slots);
        let (mut second, _) = job(JobPlan::default());
        second.advance(1_000, &mut slots);
        assert_eq!((second.state, second.tasks), (JobState::Running, Tasks::Scheduled));
        first.enter(JobState::Canceled, 2_000, &mut slots);
        second.advance(2_000, &mut slots);
        assert_eq!(second.tasks, Tasks::Running);
    }

    #[test]
    fn a_missing_savepoint_fails_the_job() {
        let (mut job, mut slots) = job(JobPlan::default());
        job.restored_from = Some("file:///nowhere/at/all".into());
        job.advance(1_000, &mut slots);
        assert_eq!(job.state, JobState::Failed);
        assert!(job.failures[0].message.contains("/nowhere/at/all"));
    }
}
