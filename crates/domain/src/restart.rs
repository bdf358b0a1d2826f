//! Restart policies: how a job is kept running. A policy is not what runs, so it belongs to the job and no release
//! carries it; a change holds from the next failure on.
//!
//! Failures are counted by the time of their end, from the runs of the newest intent: what a user starts or replaces
//! begins at none. Nothing is remembered but the runs themselves and the run after which the policy gave up.

use serde::{Deserialize, Serialize};

use crate::id::RunId;
use crate::job::Desired;
use crate::run::{Outcome, Run, RunEnd, Source, StartFrom};
use crate::snapshot::{Snapshot, SnapshotKind, SnapshotState};
use crate::status::{JobFacts, seconds};
use crate::time::{HOUR, MINUTE, Millis, SECOND};

/// After which ends a job is restarted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RestartWhen {
    /// After none.
    #[default]
    Never,
    /// After a failure.
    Failed,
    /// After a failure, and where a run is gone and nobody knows how it ended, as when its JobManager was killed.
    FailedOrLost,
}

/// From which state a restart goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RestartState {
    /// From the newest checkpoint or savepoint of the run that failed; where it made none, from what it started from.
    #[default]
    Latest,
    /// With empty state.
    None,
}

/// How a job is kept running.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestartPolicy {
    /// After which ends.
    pub when: RestartWhen,
    /// Restarts within the window, 1 to 100; one more failure is a crash loop.
    pub limit: u32,
    /// Milliseconds in which failures are counted.
    pub window: i64,
    /// Milliseconds before the first restart.
    pub initial_delay: i64,
    /// Each delay is so many times the one before, 1 to 10.
    pub factor: u32,
    /// Longest delay in milliseconds.
    pub maximum_delay: i64,
    /// Each delay is up to so many percent longer or shorter, 0 to 50, so that jobs that failed together do not
    /// come back together. The same for the same run.
    pub jitter: u32,
    /// From which state.
    pub state: RestartState,
}

impl Default for RestartPolicy {
    fn default() -> Self {
        Self {
            when: RestartWhen::Never,
            limit: 5,
            window: 10 * MINUTE,
            initial_delay: 10 * SECOND,
            factor: 2,
            maximum_delay: 5 * MINUTE,
            jitter: 10,
            state: RestartState::Latest,
        }
    }
}

/// A policy that cannot be kept: which field, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct InvalidPolicy {
    /// The field's name in the API.
    pub field: &'static str,
    /// What is wrong with it.
    pub why: String,
}

impl RestartPolicy {
    /// Checks the policy.
    ///
    /// # Errors
    /// The first field that cannot be kept.
    pub fn check(&self) -> Result<(), InvalidPolicy> {
        let refuse = |field, why: &str| {
            Err(InvalidPolicy {
                field,
                why: why.to_owned(),
            })
        };
        if !(1..=100).contains(&self.limit) {
            return refuse("limit", "The limit is 1 to 100 restarts; to restart never, say so in 'when'.");
        }
        if !(MINUTE..=24 * HOUR).contains(&self.window) {
            return refuse("windowSeconds", "The window is 60 s to 24 h (86400 s).");
        }
        if !(SECOND..=HOUR).contains(&self.initial_delay) {
            return refuse("initialDelaySeconds", "The first delay is 1 s to 1 h (3600 s).");
        }
        if !(1..=10).contains(&self.factor) {
            return refuse("factor", "The factor is 1 to 10.");
        }
        if !(self.initial_delay..=HOUR).contains(&self.maximum_delay) {
            return refuse(
                "maximumDelaySeconds",
                "The longest delay is no shorter than the first one and at most 1 h (3600 s).",
            );
        }
        if self.jitter > 50 {
            return refuse("jitterPercent", "The jitter is 0 to 50 percent.");
        }
        let waited: i64 = (1..=self.limit).map(|number| self.delay(number)).sum();
        if waited >= self.window {
            return Err(InvalidPolicy {
                field: "windowSeconds",
                why: format!(
                    "{} restarts wait {} together, which is no less than the window of {}: the limit would never be reached.",
                    self.limit,
                    seconds(waited),
                    seconds(self.window)
                ),
            });
        }
        Ok(())
    }

    /// The delay before the restart of this number, without jitter.
    fn delay(&self, number: u32) -> i64 {
        let factor = i64::from(self.factor).saturating_pow(number.saturating_sub(1));
        self.initial_delay.saturating_mul(factor).min(self.maximum_delay)
    }

    /// The delay after a run, with the jitter that its id decides.
    fn delay_after(&self, run: RunId, number: u32) -> i64 {
        let delay = self.delay(number);
        // The last bytes of a UUIDv7 are random.
        let share = i64::from(run.0.as_bytes()[15]) - 128;
        delay + delay * i64::from(self.jitter) / 100 * share / 128
    }

    /// Whether it restarts after an end of this kind.
    fn counts(&self, run: &Run, end: &RunEnd) -> bool {
        // The answer to a user's own start goes to the user: the same jar would be refused again.
        let refused_start = end.source == Source::Submission && run.attempt == 1;
        let ended = match end.outcome {
            Outcome::Failed => self.when != RestartWhen::Never && !refused_start,
            Outcome::Unknown => self.when == RestartWhen::FailedOrLost && end.source != Source::User,
            _ => false,
        };
        ended && run.stop_intent.is_none()
    }
}

/// After this run the policy gave up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GivenUp {
    /// The run.
    pub run_id: RunId,
    /// When.
    pub at: Millis,
    /// Why, as a sentence.
    pub reason: String,
}

/// What is known of a job's restarts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RestartFacts {
    /// The policy.
    pub policy: RestartPolicy,
    /// Where it gave up.
    pub given_up: Option<GivenUp>,
    /// Ends of the runs of the newest intent that failed or were lost, in any order.
    pub failures: Vec<Millis>,
}

/// What the policy says after the newest run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// It is restarted.
    Restart {
        /// Not before.
        at: Millis,
        /// The how-manieth restart within the window, from 1.
        number: u32,
    },
    /// It has failed too often.
    CrashLoop {
        /// Why, as a sentence.
        reason: String,
    },
}

/// What the policy says now; nothing while it sleeps: an operation is open, a stop was asked for, the run is alive or
/// was seen alive, or its end is none that counts.
#[must_use]
pub fn next(facts: &JobFacts) -> Option<Next> {
    let restart = facts.restart.as_ref()?;
    let run = facts.run.as_ref()?;
    let end = run.end.as_ref()?;
    let wanted = facts.job.desired
        == Desired::Running {
            release_id: run.release_id,
        };
    let asleep = facts.lifecycle.is_some() || facts.savepoint.is_some() || run.ghost_since.is_some();
    let spent = restart.given_up.as_ref().is_some_and(|given| given.run_id == run.id);
    if !wanted || asleep || spent || run.generation != facts.job.generation || !restart.policy.counts(run, end) {
        return None;
    }
    let policy = &restart.policy;
    let counted = restart
        .failures
        .iter()
        .filter(|at| **at <= end.at && end.at.since(**at) < policy.window);
    let number = u32::try_from(counted.count()).unwrap_or(u32::MAX).max(1);
    if number > policy.limit {
        let reason = format!(
            "It failed {number} times in {}, so it is not restarted any more. The last time: {}",
            seconds(policy.window),
            end.reason
        );
        return Some(Next::CrashLoop { reason });
    }
    Some(Next::Restart {
        at: end.at.plus(policy.delay_after(run.id, number)),
        number,
    })
}

/// When the next restart falls due.
#[must_use]
pub fn due_at(facts: &JobFacts) -> Option<Millis> {
    match next(facts)? {
        Next::Restart { at, .. } => Some(at),
        Next::CrashLoop { .. } => None,
    }
}

/// "attempt 2 of 5 in 10 min".
#[must_use]
pub fn attempt_words(policy: &RestartPolicy, number: u32) -> String {
    format!("attempt {number} of {} in {}", policy.limit, seconds(policy.window))
}

/// From which state a run is restarted, chosen among its snapshots.
///
/// # Errors
/// Why not at all: it had checkpoints and their files are gone, so starting would lose its state.
pub fn restart_from(policy: &RestartPolicy, run: &Run, snapshots: &[Snapshot]) -> Result<StartFrom, String> {
    if policy.state == RestartState::None {
        return Ok(StartFrom::None);
    }
    let own = || snapshots.iter().filter(|known| known.run_id == run.id);
    // What cannot be verified from here may well be there: starting without it would lose it for certain.
    let newest = own()
        .filter(|known| matches!(known.state, SnapshotState::Complete | SnapshotState::Unverified))
        .filter(|known| known.path.is_some())
        .max_by_key(|known| (known.completed_at, known.created_at));
    let lost = own().any(|known| known.kind == SnapshotKind::Checkpoint && known.state == SnapshotState::Failed);
    match newest.and_then(|known| known.path.clone()) {
        Some(path) => Ok(StartFrom::Path { path }),
        None if lost => Err("The checkpoints of the run that failed are gone, and a restart without them would lose its state.".to_owned()),
        None => Ok(run.restore_path.clone().map_or(StartFrom::None, |path| StartFrom::Path { path })),
    }
}
